"""Reads the recorded runs of tau-bench (Yao et al. 2024, MIT): gpt-4o as an airline's agent, four tries a task."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.diagnosis import rules
from benchmarks.diagnosis.conversation import Conversation, declared
from benchmarks.diagnosis.trace import Trace, case
from gepa_agents import Task, ToolCall
from gepa_agents.words.frozen import JsonValue

IDENTIFIERS = ("user_id", "reservation_id", "payment_id")
"""Arguments that take what only the customer or a tool can tell."""
NOT_TEXT = ("flights", "passengers", "payment_methods", "total_baggages", "nonfree_baggages")
BOOKING = "user_id origin destination flight_type cabin flights passengers payment_methods"
ANY: dict[str, JsonValue] = {}
TOOLS = (
    declared("get_user_details", "user_id"),
    declared("get_reservation_details", "reservation_id"),
    declared("search_direct_flight", "origin destination date"),
    declared("search_onestop_flight", "origin destination date"),
    declared(
        "book_reservation", f"{BOOKING} total_baggages nonfree_baggages insurance", **dict.fromkeys(NOT_TEXT, ANY)
    ),
    declared("update_reservation_flights", "reservation_id cabin flights payment_id", flights=ANY),
    declared(
        "update_reservation_baggages",
        "reservation_id total_baggages nonfree_baggages payment_id",
        **dict.fromkeys(NOT_TEXT, ANY),
    ),
    declared("update_reservation_passengers", "reservation_id passengers", passengers=ANY),
    declared("cancel_reservation", "reservation_id"),
    declared("send_certificate", "user_id amount", amount=ANY),
    declared("transfer_to_human_agents", "summary"),
    declared("list_all_airports"),
    declared("calculate", "expression"),
    declared("think", "thought"),
)


def read(folder: Path) -> Iterator[Trace]:
    """All runs."""
    with gzip.open(folder / "gpt-4o-airline.json.gz", "rt", encoding="utf-8") as lines:
        for record in json.load(lines):
            yield _trace(record)


def _trace(record: dict[str, Any]) -> Trace:
    turns = record["traj"]
    run = Conversation(turns[0]["content"], TOOLS)
    made: dict[str, ToolCall] = {}
    known, invents = turns[0]["content"], False
    answered: list[tuple[ToolCall, str]] = []
    said = [turn.get("content") or "" for turn in turns if turn["role"] == "assistant" and not turn.get("tool_calls")]
    for turn in turns[1:]:
        text = turn.get("content") or ""
        known += text if turn["role"] != "assistant" else ""
        if turn["role"] == "user":
            run.user(text)
        elif turn["role"] == "assistant":
            calls = [_call(call) for call in turn.get("tool_calls") or ()]
            made |= {call.id: call for call in calls}
            invents = invents or any(value not in known for call in calls for value in _identifiers(call.arguments))
            run.replies(text, calls)
        else:
            call = made[turn["tool_call_id"]]
            answered.append((call, text))
            run.answers(call, text)
    name = f"tau_bench/airline/gpt-4o/{record['task_id']}/{record['trial']}"
    task = Task(id=f"airline/{record['task_id']}", input=record["info"]["task"]["instruction"])
    final = next((turn["content"] or "" for turn in reversed(turns) if turn["role"] == "assistant"), "")
    trajectory = run.trajectory()
    gold = {action["name"] for action in record["info"]["task"]["actions"]}
    return Trace(
        name,
        "recorded",
        "tau_bench/airline/gpt-4o",
        case(task, trajectory, final, float(record["reward"])),
        {
            **rules.labels([(call.name, call.arguments, answer) for call, answer in answered], said),
            **_labels(gold, answered, record["reward"] == 1),
            "invented_argument": invents,
        },
    )


def _labels(gold: set[str], answered: list[tuple[ToolCall, str]], solved: bool) -> dict[str, bool]:
    return {
        "tool_error": any(answer.startswith("Error:") for _, answer in answered),
        "invalid_arguments": any("argument" in answer for _, answer in answered if answer.startswith("Error:")),
        "unknown_tool": any(answer.startswith("Unknown action") for _, answer in answered),
        "missing_tool": not solved and bool(gold - {call.name for call, _ in answered}),
        "step_limit": False,
    }


def _identifiers(arguments: JsonValue) -> Iterator[str]:
    """The ids of users, reservations and payments in arguments, however deep."""
    if isinstance(arguments, list):
        for part in arguments:
            yield from _identifiers(part)
    elif isinstance(arguments, dict):
        for name, value in arguments.items():
            if name in IDENTIFIERS:
                yield str(value)
            else:
                yield from _identifiers(value)


def _call(call: dict[str, Any]) -> ToolCall:
    function = call["function"]
    return ToolCall(id=call["id"], name=function["name"], arguments=json.loads(function["arguments"]))
