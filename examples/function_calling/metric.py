"""Judges a call by the leaderboard's own checker, and says in words what was wrong with it.

The score is 1.0 for a right call and 0.0 for any other. The words are what reflection learns from, so they name the
kind of mistake in general terms first and show the right reply of that one task last.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from gepa_agents import Rollout, Task

REGISTRY = "bfcl_eval.constants.model_config"
"""The checker asks this module how a vendor's model writes dots in names. It imports the SDKs of all vendors."""
FORM = '{"name": "function_name", "arguments": {"argument_name": value}}'
"""What a call looks like, in general."""
DEFINITION_KEYS = {"description", "parameters", "properties", "required", "type"}
"""Keys of a function's definition that no call has."""


def score(task: Task, rollout: Rollout) -> tuple[float, str]:
    """1.0 and praise, or 0.0 and what was wrong, for what the graph returned on one task."""
    output: Any = rollout.output
    given: Any = task.input
    expected: Any = task.expected
    functions = given["functions"]
    right = json.dumps(right_call(functions, expected["ground_truth"]), ensure_ascii=False)
    call = output.get("call")
    mistake = _call_mistake(call, functions, expected) if call else _form_mistake(output.get("reply", ""))
    return (0.0, f"{mistake} The right reply is: {right}") if mistake else (1.0, "The call is right.")


def right_call(functions: list[dict[str, Any]], ground_truth: list[dict[str, Any]]) -> dict[str, Any]:
    """One call that the checker accepts: of each argument the first allowed value, without what may be left out."""
    (name, allowed), *_ = ground_truth[0].items()
    required = next(function["parameters"]["required"] for function in functions if function["name"] == name)
    given = {key: values for key, values in allowed.items() if key in required or "" not in values}
    return {"name": name, "arguments": {key: _first(values) for key, values in given.items()}}


def _first(values: list[Any]) -> Any:
    value = next(value for value in values if value != "")
    if isinstance(value, dict):
        return {key: _first(allowed) for key, allowed in value.items() if "" not in allowed}
    if isinstance(value, list):
        return [_first([item]) if isinstance(item, dict) else item for item in value]
    return value


def _form_mistake(reply: str) -> str:
    """Why no call could be read from the reply."""
    if not reply.strip():
        return f"The reply is empty. It must be one JSON object of the form {FORM}."
    found = next(_json_objects(reply), None)
    if found is None and re.search(r'\{\s*"', reply):
        return (
            "The reply begins a JSON object that is not valid: it was cut off because it is too long, or it holds "
            "something that JSON does not know. It must be one short, complete JSON object and nothing else."
        )
    if found is None:
        return (
            "The reply is prose or program code without any JSON. It must not explain, answer the question or "
            f"compute: it must be one JSON object of the form {FORM} and nothing else."
        )
    if found.keys() & DEFINITION_KEYS:
        return (
            "The reply repeats the definition of a function. It must call the function: `arguments` must hold the "
            "values from the question, not `type` and `description`."
        )
    return f"The reply's JSON object does not have the form of a call. It must have the form {FORM}."


def _call_mistake(call: dict[str, Any], functions: list[dict[str, Any]], expected: dict[str, Any]) -> str:
    """What is wrong with a call that has the right form; empty when it is right."""
    name, arguments = call["name"], call["arguments"]
    right = next(iter(expected["ground_truth"][0]))
    if name not in {function["name"] for function in functions}:
        return (
            f"There is no function `{name}`. `name` must be copied letter by letter, dots included, from the list of "
            "functions, never from an example."
        )
    if name != right:
        return f"The call is of `{name}`, but the question asks for `{right}`: choose by the functions' descriptions."
    verdict = checker()(functions, [{name: arguments}], expected["ground_truth"], expected["category"])
    if verdict["valid"]:
        return ""
    if any(isinstance(value, dict) and "type" in value and "description" in value for value in arguments.values()):
        return "The arguments repeat the definition (`type`, `description`) instead of giving the question's values."
    return _in_words(verdict)


def _in_words(verdict: Mapping[str, Any]) -> str:
    kind, detail = verdict["error_type"].partition(":")[2], " ".join(str(error) for error in verdict["error"])
    if kind == "missing_required":
        return f"A required argument is missing. {detail}"
    if kind == "missing_optional":
        return f"An argument whose value the question states was left out. {detail.replace('Optional p', 'P')}"
    if kind == "unexpected_param":
        return f"There is an argument that the definition does not list or the question does not give. {detail}"
    if verdict["error_type"].startswith("type_error"):
        return f"An argument has the wrong type: numbers stand without quotes, lists in brackets. {detail}"
    return f"An argument has the wrong value: values must be those of the question. {detail}"


def _json_objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, start = json.JSONDecoder(), text.find("{")
    while start >= 0:
        with suppress(json.JSONDecodeError):
            yield decoder.raw_decode(text, start)[0]
        start = text.find("{", start + 1)


Check = Callable[[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], str], dict[str, Any]]


@cache
def checker() -> Check:
    """The leaderboard's check of a call's syntax tree: `(functions, calls, ground_truth, category) -> verdict`."""
    with _without_registry():
        module = import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
    python = import_module("bfcl_eval.constants.enums").Language.PYTHON

    def check(
        functions: list[dict[str, Any]], calls: list[dict[str, Any]], truth: list[dict[str, Any]], category: str
    ) -> dict[str, Any]:
        verdict: dict[str, Any] = module.ast_checker(functions, calls, truth, python, category, "any")
        return verdict

    return check


@contextmanager
def _without_registry() -> Iterator[None]:
    """While the checker is imported, a stand-in with one model that keeps dots as they are replaces the registry."""
    stand_in = ModuleType(REGISTRY)
    stand_in.MODEL_CONFIG_MAPPING = {"any": SimpleNamespace(underscore_to_dot=False)}  # type: ignore[attr-defined]
    before = sys.modules.get(REGISTRY)
    sys.modules[REGISTRY] = stand_in
    try:
        yield
    finally:
        if before is None:
            del sys.modules[REGISTRY]
        else:
            sys.modules[REGISTRY] = before
