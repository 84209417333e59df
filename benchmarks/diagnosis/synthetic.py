"""Plays the scenes: simulated runs with a seeded fault, and sound ones, each in several variants."""

import asyncio
from collections.abc import Iterator, Sequence

from langchain_core.messages import AIMessage

from benchmarks.diagnosis.scenes import FAULTS, ORDERS, SOUND, Order, Script
from benchmarks.diagnosis.shop import Scene, play
from benchmarks.diagnosis.trace import Trace
from gepa_agents import Task
from gepa_agents.parts.feedback.findings import CHECKS
from gepa_agents.words.frozen import JsonValue

ALL = (*CHECKS, "missing_tool", "costly_run")
"""The checks that are measured; every simulated run is labelled for each."""


def read(orders: Sequence[Order] = ORDERS) -> Iterator[Trace]:
    """All scenes, played; each in as many variants as there are orders."""
    yield from asyncio.run(_play(orders))


async def _play(orders: Sequence[Order]) -> list[Trace]:
    played = []
    for faults, script in FAULTS.items():
        played += [await _trace(f"fault/{faults.split()[-1]}", faults.split(), script, order) for order in orders]
    for name, script in SOUND.items():
        title, _, faults = name.partition(": ")
        played += [await _trace(f"sound/{title}", faults.split(), script, order) for order in orders]
    return played


async def _trace(name: str, faults: Sequence[str], script: Script, order: Order) -> Trace:
    asked, lines, answers = script(order)
    needs = ["cancel_order", "send_mail"] if " and tell " in asked else None
    metadata: dict[str, JsonValue] = {"tools": list(needs)} if needs else {}
    task = Task(id=f"{name}/{order.number}", input=asked, metadata={**metadata, "template": f"{name}/{order.number}"})
    case = await play(Scene(task, _parts(lines), answers, limit=20 if "step_limit" in faults else 60))
    labels = {check: check in faults for check in ALL}
    return Trace(f"synthetic/{name}/{order.number}", "synthetic", "synthetic/shop", case, labels)


def _parts(lines: Sequence[AIMessage]) -> dict[str, Sequence[AIMessage]]:
    """One agent says all lines, unless it hands over: then support says the first and the desks go on in turn."""
    if not any(call["name"].startswith("transfer") for line in lines for call in line.tool_calls):
        return {"agent": lines}
    parts: dict[str, list[AIMessage]] = {"support": [], "billing": []}
    speaker = "support"
    for line in lines:
        parts[speaker].append(line)
        targets = [call["name"].removeprefix("transfer_to_") for call in line.tool_calls if "transfer" in call["name"]]
        speaker = targets[0] if targets else speaker
    if len(lines) == 2:  # for ever: nobody ever says anything else
        return {"support": parts["support"], "billing": parts["billing"]}
    return {name: said or [AIMessage(content="Hello.")] for name, said in parts.items()}
