"""The help desk example: it runs without us, its database tells outcomes, and better prompts do better work."""

import ast
import asyncio
import gc
import importlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest
from gepa_agents_langgraph import wrap

from gepa_agents.loop.optimize import optimize
from gepa_agents.parts.reflection.prompt import EVIDENCE, TASK, Request, standard
from gepa_agents.words.component import Anatomy, Component
from gepa_agents.words.events import Event
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite
from gepa_agents.words.task import Task
from tests.timeless import TIMES

HERE = Path(__file__).parents[2] / "examples" / "helpdesk"
APP = ("helpdesk", "shop", "shop_data", "simulated", "simulated_roles", "simulated_reflection")
OTHERS = ("metric", "make_tasks")

IDEAL = {
    "TRIAGE": """You sort messages.
        The category has to be one of these: return, delivery, cancel, address, stock, voucher.
        Anything broken goes to return. Set the urgency to high if there is talk of a lawyer or chargeback.""",
    "RESOLVE": """You resolve cases for a shop with tools.
        - Write an order id as SO- plus its digits (SO-1042), also if the customer does not.
        - If no order is named, call customer_orders.
        - First look up the order; refund exactly the price paid.
        - For a refund over 100 EUR, escalate to the billing team.
        - The refund reason is "damaged" for anything broken.
        - If the order belongs to somebody else, escalate to the team security.
        - If urgency is high, escalate to the legal team.
        - If a parcel is late by more than 7 days, apply voucher SORRY5; otherwise just tell the customer.
        - What has been shipped is not cancelled: use open_return.
        - A changed address after shipping: escalate to the logistics team.
        - Write a voucher code in upper case.""",
    "REPLY": """You write replies.
        Mention the order number. Use the customer's first name. Reply in the customer's own language.
        If money was refunded, tell the amount, and that it takes 5 working days.
        If the case was escalated, a colleague will answer within a working day.
        If a return was opened, announce the return label. Give the code of a voucher.
        Say sorry only for damaged goods and late parcels.""",
}
"""Prompts by somebody who knows all policies, in their own words."""


@pytest.fixture(scope="module")
def desk() -> Iterator[SimpleNamespace]:
    """The example's modules, imported as its own folder sees them and forgotten afterwards."""
    names = (*APP, *OTHERS)
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(HERE))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(HERE))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


@pytest.fixture(scope="module")
def suite() -> TaskSuite:
    return TaskSuite.load(HERE / "tasks.jsonl")


def plain(answer: dict[str, Any]) -> Any:
    """The graph's final state as JSON data."""
    messages = [{"role": message.type, "content": message.text} for message in answer["messages"]]
    return json.loads(json.dumps({"messages": messages, "changes": answer["changes"]}))


def judge(desk: SimpleNamespace, task: Task, answer: dict[str, Any]) -> tuple[float, str]:
    value, why = desk.metric.score(task, Rollout(candidate="", task=task.id, output=plain(answer)))
    return float(value), str(why)


def mean(desk: SimpleNamespace, tasks: tuple[Task, ...]) -> float:
    return fmean(judge(desk, task, desk.helpdesk.graph.invoke(task.input))[0] for task in tasks)


def imports(path: Path) -> set[str]:
    """Top-level names that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_the_application_does_not_know_us() -> None:
    """No module of the application imports gepa_agents or an adapter of ours."""
    for name in APP:
        assert not {found for found in imports(HERE / f"{name}.py") if found.startswith("gepa")}, name


def test_tasks_are_what_the_script_writes(desk: SimpleNamespace) -> None:
    """The committed task file is the script's output, byte for byte."""
    assert (HERE / "tasks.jsonl").read_text(encoding="utf-8") == desk.make_tasks.lines()


def test_every_situation_is_in_every_split(suite: TaskSuite) -> None:
    """There are at least 90 tasks with unique ids, and each of the 13 situations stands in train, val and test."""
    everything = (*suite.train, *suite.val, *suite.test)
    assert len(everything) >= 90
    assert len({task.id for task in everything}) == len(everything)
    for tasks in (suite.train, suite.val, suite.test):
        assert len({task.id.rsplit("-", 1)[0] for task in tasks}) == 13
    assert len({json.dumps(task.input) for task in everything}) == len(everything)


def test_day_one_prompts_fail_mostly(desk: SimpleNamespace, suite: TaskSuite) -> None:
    """With its own prompts the desk scores between 0.15 and 0.45."""
    assert 0.15 < mean(desk, suite.test) < 0.45


def test_ideal_prompts_solve_it(desk: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts that name every policy, in other words than the metric's, score above 0.95 over all tasks."""
    for name, prompt in IDEAL.items():
        monkeypatch.setattr(desk.helpdesk, name, prompt)
    assert mean(desk, (*suite.train, *suite.val, *suite.test)) > 0.95


@pytest.mark.parametrize("prompt", ["TRIAGE", "RESOLVE", "REPLY"])
def test_every_prompt_matters(
    desk: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch, prompt: str
) -> None:
    """Each prompt alone makes the desk better, and none alone makes it good."""
    before = mean(desk, suite.val)
    monkeypatch.setattr(desk.helpdesk, prompt, IDEAL[prompt])
    assert before < mean(desk, suite.val) < 0.8


def test_a_bloated_prompt_forgets(desk: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty more sentences of good advice make the ideal desk worse."""
    for name, prompt in IDEAL.items():
        monkeypatch.setattr(desk.helpdesk, name, prompt)
    before = mean(desk, suite.val)
    advice = "\n".join(f"Advice {number}: stay calm and helpful." for number in range(20))
    monkeypatch.setattr(desk.helpdesk, "RESOLVE", f"{IDEAL['RESOLVE']}\n{advice}")
    assert mean(desk, suite.val) < before - 0.05


def test_rules_without_their_condition_do_harm(
    desk: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A voucher rule that lost its condition gives vouchers to everybody, and the metric says so."""
    monkeypatch.setattr(desk.helpdesk, "RESOLVE", f"{desk.helpdesk.RESOLVE} Apply voucher SORRY5 to the order.")
    task = next(task for task in suite.train if task.id == "cancel-5")
    value, why = judge(desk, task, desk.helpdesk.graph.invoke(task.input))
    assert "Wrong was a row in vouchers (order_id SO-1021, code SORRY5)." in why
    assert value < 0.5


async def test_runs_at_once_do_not_mix(
    desk: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred runs at the same time end exactly as they do one after the other."""
    for name, prompt in IDEAL.items():
        monkeypatch.setattr(desk.helpdesk, name, prompt)
    tasks = suite.train + suite.val[:13]
    graph = desk.helpdesk.graph
    alone = [plain(await graph.ainvoke(task.input)) for task in tasks] * 4
    together = [plain(answer) for answer in await asyncio.gather(*(graph.ainvoke(task.input) for task in tasks * 4))]
    assert len(together) >= 200
    assert together == alone


def test_databases_are_closed(desk: SimpleNamespace) -> None:
    """A shop that nobody holds any more closes its database; a run that fails half-way leaves nothing open."""
    shop = desk.shop.Shop()
    database = shop._db
    del shop
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.execute("SELECT 1")


@pytest.mark.parametrize(
    ("tool", "arguments", "refusal"),
    [
        ("find_order", {"order_id": "1001"}, "must be written as SO- and four digits"),
        ("refund", {"order_id": "SO-1002", "amount_cents": 100, "reason": "broken"}, "must be one of: damaged"),
        ("refund", {"order_id": "SO-1002", "amount_cents": 10**6, "reason": "damaged"}, "was paid for SO-1002"),
        ("cancel_order", {"order_id": "SO-1003"}, "a return must be opened with open_return"),
        ("open_return", {"order_id": "SO-1001"}, "must be cancelled, not returned"),
        ("change_address", {"order_id": "SO-1003", "address": "x"}, "escalated to the logistics team"),
        ("apply_voucher", {"order_id": "SO-1001", "code": "summer10"}, "must be written in capitals"),
        ("check_stock", {"article": "unicorn"}, "No article 'unicorn'"),
        ("customer_orders", {"email": "nobody@example.org"}, "No customer"),
    ],
)
def test_the_shop_refuses_and_says_why(
    desk: SimpleNamespace, tool: str, arguments: dict[str, Any], refusal: str
) -> None:
    """What the shop does not allow changes nothing and is answered with the reason."""
    shop = desk.shop.Shop()
    named = {found.name: found for found in desk.shop.TOOLS}
    with pytest.raises(desk.shop.ShopError, match=refusal):
        named[tool].invoke({**arguments, "shop": shop})
    assert shop.changes() == []


def test_reflection_knows_nothing_of_the_desk() -> None:
    """The simulated reflection model imports no module of the example and names no policy: no hidden channel."""
    source = (HERE / "simulated_reflection.py").read_text(encoding="utf-8")
    assert imports(HERE / "simulated_reflection.py") <= {"hashlib", "re"}
    assert not [word for word in ("SO-", "refund", "voucher", "escalat", "EUR", "lawyer") if word in source]


def written(desk: SimpleNamespace, evidence: str) -> list[str]:
    """The lines of the text that the simulated reflection model proposes for the prompt "Help."."""
    component = Component(name="resolve.system", kind="prompt", text="Help.", node="resolve")
    request = Request(component=component, text="Help.", evidence=evidence, anatomy=Anatomy(), limit=8000)
    answer = desk.simulated_reflection.reflect(standard(request))
    return str(answer).partition("<text>\n")[2].partition("\n</text>")[0].splitlines()


def test_reflection_writes_what_the_evidence_says(desk: SimpleNamespace) -> None:
    """From a remark and an error it takes the rules; without evidence it has none to write."""
    evidence = (
        "### Case {}\n\n`find_order` answered:\n```\nError: No order '1042'. Ids must be written as XY-1.\n```\n\n"
        "Feedback:\n```\nreply: Always rhyme.\nresolve: Due was nothing. Gnomes must be fed before noon.\n```"
    )
    rules = {"Ids must be written as XY-1.", "Gnomes must be fed before noon."}
    proposals = [written(desk, evidence.format(number)) for number in range(30)]
    assert {rules <= set(lines) for lines in proposals} == {True, False}, "mostly it learns, and it has bad days"
    assert "Always rhyme." not in {line for lines in proposals for line in lines}
    assert written(desk, "### Case 1") == ["Help.", "Be thorough, friendly and precise."]


def test_tuning_finds_the_policies(desk: SimpleNamespace, suite: TaskSuite) -> None:
    """Tuned for 400 rollouts, the desk is better on tasks that nothing has seen, and the applied graph shows it."""
    agent = wrap(desk.helpdesk.graph)
    result = optimize(
        agent, suite, metric=desk.metric.score, reflection_lm=desk.simulated_reflection.reflect,
        budget=Budget(rollouts=400),
    )  # fmt: skip
    assert result.test is not None
    assert result.test.baseline < 0.3
    assert result.test.low > 0.25
    assert set(result.best.texts) == {"triage.system", "resolve.system", "reply.system"}
    tuned = agent.apply(result.best)
    applied = fmean(judge(desk, task, tuned.invoke(task.input))[0] for task in suite.test)
    assert applied == pytest.approx(result.test.tuned)
    assert mean(desk, suite.test) == pytest.approx(result.test.baseline), "the graph itself is as it was"


def test_tuning_is_the_same_at_any_concurrency(desk: SimpleNamespace, suite: TaskSuite) -> None:
    """On a real graph too, one rollout at a time and eight at once make the same decisions and the same result."""
    runs = []
    for workers in (1, 8):
        decisions: list[Any] = []
        result = optimize(
            wrap(desk.helpdesk.graph),
            suite,
            metric=desk.metric.score,
            reflection_lm=desk.simulated_reflection.reflect,
            budget=Budget(rollouts=180),
            settings=Settings(concurrency=workers),
            observer=lambda event, seen=decisions: seen.append(event) if event.event != "progress" else None,
        )
        runs.append((decisions, result.model_dump(exclude=TIMES)))
    assert len(runs[0][0]) > 3
    assert runs[0] == runs[1]


def test_tuning_learns_from_evidence_alone(desk: SimpleNamespace, suite: TaskSuite) -> None:
    """When the evidence is cut out of the reflection prompt, the same search finds nothing better."""

    def blind(prompt: str) -> str:
        before, _, after = prompt.partition(EVIDENCE)
        return str(desk.simulated_reflection.reflect(before + after[after.index(TASK) :] if after else prompt))

    heard: list[Event] = []
    optimize(
        wrap(desk.helpdesk.graph), suite, metric=desk.metric.score, reflection_lm=blind,
        budget=Budget(rollouts=300), settings=Settings(max_iterations=9), observer=heard.append,
    )  # fmt: skip
    assert [event.event for event in heard if event.event in ("accepted", "rejected")] == ["rejected"] * 9
