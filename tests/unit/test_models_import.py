"""What loading the adapters costs: LiteLLM is not loaded before it is used."""

import json
import subprocess
import sys


def loaded(code: str) -> list[str]:
    """The modules of a fresh interpreter after running `code`."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not done.stderr
    modules: list[str] = json.loads(done.stdout)
    return modules


def test_importing_the_adapter_does_not_load_litellm() -> None:
    """`import gepa_agents_litellm` is light and silent: no LiteLLM, no OpenAI, no HTTP client."""
    modules = loaded("import gepa_agents_litellm")
    assert not {"litellm", "openai", "httpx", "aiohttp", "langchain_core"} & set(modules)
    assert len(modules) < 700, "LiteLLM alone is 2,500"


def test_asking_for_something_else_does_not_load_litellm() -> None:
    """A function or an object of the user's own is recognised as nothing of LiteLLM's without loading it."""
    modules = loaded(
        "from gepa_agents_litellm import language_model, prices\n"
        "assert [language_model(value) for value in (len, None, 5, {'a': 1})] == [None] * 4\n"
        "prices()"
    )
    assert "litellm" not in modules


def test_resolving_a_function_does_not_load_litellm() -> None:
    """A run with a function for reflection never pays for LiteLLM."""
    modules = loaded(
        "from gepa_agents.parts.models.resolve import language_model\nassert language_model(len).name == 'builtins.len'"
    )
    assert "litellm" not in modules


def test_loading_litellm_goes_nowhere_and_prints_nothing() -> None:
    """LiteLLM is loaded with its own price list: no socket is opened, nothing is printed."""
    code = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('the network was asked')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        "from gepa_agents_litellm.vendor import litellm\n"
        "litellm()"
    )
    assert "litellm" in loaded(code)
