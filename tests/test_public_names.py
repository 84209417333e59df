"""What the packages offer: documented, complete, and without side effects."""

import importlib
import inspect
import subprocess
import sys

import pytest

PAGES = (
    "gepa_agents",
    "gepa_agents_cli",
    "gepa_agents_datasets",
    "gepa_agents_evaluators",
    "gepa_agents_gepa",
    "gepa_agents_langgraph",
    "gepa_agents_langsmith",
    "gepa_agents_litellm",
    "gepa_agents_mlflow",
    "gepa_agents_patch",
    "gepa_agents_pytest",
    "gepa_agents_report",
    "gepa_agents_traces",
)


@pytest.mark.parametrize("name", PAGES)
def test_everything_offered_is_there_and_documented(name: str):
    """`__all__` names what exists, and each class and function says what it is for."""
    page = importlib.import_module(name)
    assert list(page.__all__) == sorted(page.__all__)
    for offered in page.__all__:
        value = getattr(page, offered)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), offered
            assert "Protocol" not in (inspect.getdoc(value) or "")[:30], f"{offered} needs words of its own"


def test_everything_public_is_offered():
    """Nothing that the core's page imports is left out of `__all__`."""
    import gepa_agents

    ours = {
        name
        for name, value in vars(gepa_agents).items()
        if getattr(value, "__module__", "").startswith("gepa_agents") and not inspect.ismodule(value)
    }
    assert ours == {name for name in gepa_agents.__all__ if getattr(gepa_agents, name).__module__.startswith("gepa")}


def test_importing_the_core_is_light_and_quiet(tmp_path):
    """It loads no framework and no vendor, prints nothing, writes nothing."""
    script = (
        "import gepa_agents, sys; print(len(sys.modules)); print(*sorted(name.split('.')[0] for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    count, names = done.stdout.splitlines()
    loaded = set(names.split())
    assert not loaded & {"langgraph", "langchain", "langchain_core", "litellm", "openai", "typer", "rich", "httpx"}
    assert int(count) < 600
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_importing_an_adapter_loads_no_vendor(tmp_path):
    """LiteLLM takes seconds to import; it is loaded when a model is first asked, not before."""
    script = (
        "import gepa_agents_litellm, gepa_agents_cli, sys; print('litellm' in sys.modules, 'langgraph' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
