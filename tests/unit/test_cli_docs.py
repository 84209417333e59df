"""`docs/cli.md` says what the command line does: every command, option, key, default and exit code."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.config import JudgeTable, ModelTable, Tables, keys
from gepa_agents_cli.errors import MEANING
from pydantic_core import PydanticUndefined
from typer.testing import CliRunner

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
COMMANDS = ("init", "inspect", "optimize", "evaluate", "judge", "export", "report", "watch", "diff", "ingest")


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    return re.split(r"^#+ ", DOCS.split(f" {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def rows(title: str) -> list[tuple[str, str]]:
    """First two cells of each row of the table below a heading."""
    return re.findall(r"^\| `?([^|`]+?)`? \| `?([^|]+?)`? \|", section(title), flags=re.M)[1:]


@pytest.mark.parametrize("table", Tables.model_fields)
def test_every_key_of_gepa_toml_stands_there_with_its_default(table: str) -> None:
    """The reference can't drift from the models that read the file."""
    documented = dict(rows('[prices."model name"]' if table == "prices" else f"[{table}]"))
    known = keys(table)
    assert list(documented) == list(known)
    for name, field in known.items():
        if field.default is PydanticUndefined:
            assert documented[name] == "required"
        elif field.default is None:
            assert documented[name] == "–"
        else:
            default = str(field.default) if isinstance(field.default, Path) else field.default
            assert documented[name] == json.dumps(default)


def test_a_judge_has_its_own_keys_with_their_defaults() -> None:
    """Beside those of a model, which stand under `[reflection]`."""
    own = {name: field for name, field in JudgeTable.model_fields.items() if name not in ModelTable.model_fields}
    assert rows("[metric.judge]") == [(name, json.dumps(field.default)) for name, field in own.items()]


def test_the_example_is_a_gepa_toml() -> None:
    """The block that people copy is read by the models."""
    block = re.search(r"```toml\n(.*?)```", DOCS, flags=re.S)
    assert block is not None
    tables = Tables.model_validate(tomllib.loads(block[1]))
    assert set(tables.model_fields_set) == set(Tables.model_fields)


def test_every_exit_code_is_explained() -> None:
    """The table of exit codes is the one that `--help` prints."""
    assert rows("Exit codes") == [(str(code.value), meaning) for code, meaning in MEANING.items()]
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    for code, meaning in MEANING.items():
        assert f"{code.value}  {meaning}" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_described(command: str) -> None:
    """What `--help` offers stands in the command's section, and nothing else."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    offered = set(re.findall(r"^\s+(?:-\w, )?(--\w+)", shown, flags=re.M)) - {"--help"}
    usage = section(command).split("```")[1]
    assert set(re.findall(r"--\w+", usage)) == offered
