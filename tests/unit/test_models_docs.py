"""The page about models: its Python runs, its TOML is a `gepa.toml`."""

import re
import tomllib
from pathlib import Path

import pytest
from gepa_agents_cli.config import PriceTable, ReflectionTable

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_runs(code: str) -> None:
    """Each block stands by itself and needs no network."""
    exec(compile(code, "docs/models.md", "exec"), {})


@pytest.mark.parametrize("code", blocks("toml"))
def test_the_toml_is_accepted(code: str) -> None:
    """Each block is a table that the command line takes."""
    document = tomllib.loads(code)
    assert document.keys() <= {"reflection", "prices"}
    if "reflection" in document:
        ReflectionTable.model_validate(document["reflection"])
    for price in document.get("prices", {}).values():
        PriceTable.model_validate(price)
