"""The house stands: imports point down, parts do not know each other, frameworks stay on their shelf."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FLOORS = {"words": 0, "ports": 1, "parts": 2, "loop": 3}
FRAMEWORKS = {"langgraph", "langchain", "langchain_core", "litellm", "gepa", "typer", "rich"}
ADAPTERS = {path.name for path in (REPOSITORY / "adapters").iterdir() if path.is_dir() and path.name.startswith("gepa")}
LONGEST = 350
"""Lines of a module."""


def modules() -> dict[str, Path]:
    """All modules of the distribution, by their import names."""
    found = {}
    for root in (REPOSITORY, REPOSITORY / "adapters"):
        for path in sorted(root.glob("gepa_agents*/**/*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(source: str, known: set[str]) -> Iterator[str]:
    """What a module imports, anywhere in it; of our own, the module and not the name in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)


def place(module: str) -> tuple[str, str]:
    """Floor and part of a module of ours: `("parts", "frontier")`, `("testing", "")`, `("gepa_agents_cli", "")`."""
    top, *rest = module.split(".")
    if top != "gepa_agents":
        return top, ""
    if not rest:
        return "page", ""
    return rest[0], rest[1] if rest[0] == "parts" and len(rest) > 1 else ""


def fault(importer: str, imported: str) -> str | None:
    """Why this import may not be; None when it may."""
    top = imported.split(".")[0]
    if top in FRAMEWORKS:
        return None if importer.split(".")[0] in ADAPTERS else "frameworks are imported on the shelf only"
    if top != "gepa_agents" and top not in ADAPTERS:
        return None
    (floor, part), (other, other_part) = place(importer), place(imported)
    if floor == other and part == other_part:
        return None
    if floor in FLOORS:
        if other == "parts" and floor == "parts":
            return "parts do not import each other"
        return None if other in FLOORS and FLOORS[other] < FLOORS[floor] else "imports point down"
    if floor == "page":
        return None if other in FLOORS else "the public page offers the core"
    if floor == "testing":
        return None if other in ("page", *FLOORS) else "testing stands on the core alone"
    if floor == "gepa_agents_cli":
        return None
    if floor == "gepa_agents_pytest" and other in ("testing", "gepa_agents_cli"):
        return None  # it reads gepa.toml as the command line does, and hands out what `testing` has
    return None if other in ("words", "ports", "page") else "an adapter knows words, ports and the public page"


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str):
    """Each module imports only from the floors below its own."""
    source = MODULES[module].read_text(encoding="utf-8")
    faults = [f"{name}: {why}" for name in imports(source, set(MODULES)) if (why := fault(module, name))]
    assert faults == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("gepa_agents.words.task", "gepa_agents.loop.optimize"),
        ("gepa_agents.ports.agent", "gepa_agents.parts.runs.journal"),
        ("gepa_agents.parts.frontier.merge", "gepa_agents.parts.runs.journal"),
        ("gepa_agents.loop.pool", "gepa_agents_langgraph"),
        ("gepa_agents.loop.pool", "litellm"),
        ("gepa_agents_langgraph.agent", "gepa_agents.loop.evolution"),
        ("gepa_agents_langgraph.agent", "gepa_agents_litellm"),
        ("gepa_agents.testing.agent_contract", "gepa_agents_langgraph.agent"),
    ],
)
def test_a_step_upwards_is_noticed(importer: str, imported: str):
    """The test above can fail: each kind of forbidden import is seen."""
    assert fault(importer, imported)


def test_there_is_no_cycle():
    """No module reaches itself through what it imports."""
    graph = {
        module: {name for name in imports(path.read_text(encoding="utf-8"), set(MODULES)) if name in MODULES} - {module}
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " → ".join((*above, module))
        if module not in done:
            for imported in sorted(graph[module]):
                visit(imported, (*above, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_modules_stay_short_and_say_what_they_are_for(module: str):
    """One idea a file, with a docstring that says which."""
    source = MODULES[module].read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(source)), "a module's docstring says what it is for"
