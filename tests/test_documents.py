"""Every code block in README, docs and examples does what it says: Python runs, TOML is valid, commands exist."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
import yaml
from gepa_agents_cli.app import app
from gepa_agents_cli.config import Tables
from pydantic import TypeAdapter

from gepa_agents import Task
from tests.chat_server import ChatServer, Reply
from tests.documents import PRELUDES

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/*/README.md", "adapters/README.md", "benchmarks/**/*.md")
    for path in REPOSITORY.glob(pattern)
)
BLOCK = re.compile(
    r"(?:^<!-- prelude: (?P<prelude>\w+) -->\n)?^(?P<fence>`{3,})(?P<kind>\w*)[^\n]*\n(?P<code>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
INSTALLED = (".venv/bin/", "python3 -m venv", "pip install", "export ", "git ", "cd ", "python ", "llama-server ")
"""How lines of shell may start that are not our command's."""


@dataclass(frozen=True)
class Block:
    document: Path
    line: int
    kind: str
    code: str
    prelude: str | None

    def __str__(self) -> str:
        return f"{self.document.relative_to(REPOSITORY)}:{self.line}"


def blocks(*kinds: str) -> list[Block]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text[: match.start("code")].count("\n")
            block = Block(document, line, match["kind"], match["code"], match["prelude"])
            if not kinds or block.kind in kinds:
                found.append(block)
    return found


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_every_block_is_of_a_kind_that_is_tested(block: Block):
    """No block is passed over: what has no language is a picture or printed output, and looks it."""
    assert block.kind in ("python", "toml", "bash", "json", "console", "text", "markdown", "yaml", ""), block.kind
    if not block.kind:
        assert not re.search(r"^(import |from \w+ import |\[\w+\]$|gepa-agents )", block.code, re.MULTILINE)


@pytest.mark.parametrize("document", sorted({block.document for block in blocks("python")}), ids=lambda path: path.name)
def test_python_runs(document: Path, tmp_path: Path):
    """A document's Python blocks run one after the other; `openai/gpt-5` is a server that the test started."""
    code = []
    for block in blocks("python"):
        if block.document == document:
            code.append(block.code)
            if block.prelude:
                PRELUDES[block.prelude](tmp_path)
    rule = "<diagnosis>No price.</diagnosis><text>You help in a shop. Always name the price.</text>"
    with ChatServer(model="gpt-5", answer=lambda _prompt: Reply(rule)) as server:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "\n\n".join(code)],
            cwd=tmp_path,
            env={"PATH": "", "HOME": str(tmp_path), "OPENAI_API_BASE": server.url, "OPENAI_API_KEY": server.key},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_is_valid(block: Block):
    """What stands in a `gepa.toml` block is accepted: whole files as they are, single tables each for itself."""
    document = tomllib.loads(block.code)
    if "agent" in document and "tasks" in document:
        Tables.model_validate(document)
        return
    for table, content in document.items():
        assert table in Tables.model_fields, f"[{table}] is no table of gepa.toml"
        field = Tables.model_fields[table]
        TypeAdapter(field.annotation).validate_python(content)


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_valid(block: Block):
    """Each line of a block of tasks is a task."""
    for line in block.code.splitlines():
        Task.model_validate(json.loads(line))


@pytest.mark.parametrize("block", blocks("bash", "console"), ids=str)
def test_commands_exist(block: Block):
    """Each command line of ours is one that the command takes; others start like what a reader has installed."""
    told = block.code.replace("\\\n", " ").splitlines()
    commands_exist([line for line in told if block.kind == "bash" or line.startswith("$ ")])


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_yaml_can_be_read(block: Block):
    """A workflow's `run` holds commands like any other block of shell."""
    for job in yaml.safe_load(block.code)["jobs"].values():
        commands_exist([line for step in job["steps"] for line in step.get("run", "").splitlines()])


def commands_exist(lines: list[str]) -> None:
    """Each is a command of ours with options that it has, or starts like what a reader has installed."""
    command = typer.main.get_command(app)
    for line in lines:
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if not words:
            continue
        ours = [position for position, word in enumerate(words) if Path(word).name == "gepa-agents"]
        if not ours:
            assert re.sub(r"^(\w+=\S* )+", "", line.removeprefix("$ ")).startswith(INSTALLED), line
            continue
        name, *arguments = words[ours[0] + 1 :]
        assert name in command.commands, line  # type: ignore[attr-defined]
        command.commands[name].make_context(name, arguments)  # type: ignore[attr-defined]


def test_ci_runs_the_test_command_of_the_readme():
    """The second shell block of the README is what CI runs, and it runs every gate."""
    script = [sys.executable, str(REPOSITORY / ".ci/second_block.py"), str(REPOSITORY / "README.md")]
    printed = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert printed.rstrip().endswith(".venv/bin/python -m tests")
    assert printed == blocks("bash")[[block.document.name for block in blocks("bash")].index("README.md") + 1].code


def test_links_lead_somewhere():
    """Every relative link in a document names a file of the repository."""
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
