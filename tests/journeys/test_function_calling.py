"""The function-calling example: its tasks are the leaderboard's, its checker tells right from wrong and says why."""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.prompts import ChatPromptTemplate

from gepa_agents import Budget, Rollout, Settings, Task, TaskSuite, optimize
from tests.chat_server import ChatServer, Reply

pytest.importorskip("bfcl_eval", reason="pip install --no-deps bfcl-eval==2026.3.23 brings the tasks and their checker")


HERE = Path(__file__).parents[2] / "examples" / "function_calling"
MODULES = ("agent", "bfcl", "metric", "simulated_reflection")


@pytest.fixture(scope="module")
def example() -> Iterator[SimpleNamespace]:
    """The example's modules, imported as its own folder sees them and forgotten afterwards."""
    hidden = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
    sys.path.insert(0, str(HERE))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    finally:
        sys.path.remove(str(HERE))
        for name in MODULES:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


@pytest.fixture(scope="module")
def suite(example: SimpleNamespace) -> TaskSuite:
    """The tasks that the example writes."""
    return TaskSuite.of(Task.model_validate(task) for task in example.bfcl.tasks())


@pytest.fixture
def model(example: SimpleNamespace, suite: TaskSuite, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A scripted model behind HTTP that calls the right function only if its prompt asks for JSON."""
    tasks = (*suite.train, *suite.val, *suite.test)
    answers = {task.input["question"]: right(example, task) for task in tasks}

    def answer(question: str) -> Reply:
        system = server.requests[-1]["messages"][0]["content"]
        return Reply(answers[question] if "JSON object" in system else "Let me explain how to do that.")

    with ChatServer(model="local", answer=answer) as server:
        monkeypatch.setattr(example.agent.model, "api_base", server.url)
        monkeypatch.setattr(example.agent.model, "api_key", server.key)
        yield server


def right(example: SimpleNamespace, task: Task) -> str:
    """The right reply to a task."""
    return json.dumps(example.metric.right_call(task.input["functions"], task.expected["ground_truth"]))


def judged(example: SimpleNamespace, task: Task, reply: str) -> tuple[float, str]:
    """What the metric says about a reply, as the graph parses it."""
    output = {"reply": reply, **example.agent.parse({"reply": reply})}
    return example.metric.score(task, Rollout(candidate="", task=task.id, output=output))


def test_selection_is_the_same_on_every_machine(example: SimpleNamespace, suite: TaskSuite) -> None:
    """The selection depends on ids and seed only, fills the three splits as promised, and has no task twice."""
    assert example.bfcl.tasks() == example.bfcl.tasks()
    assert [len(suite.train), len(suite.val), len(suite.test)] == [24, 24, 40]
    assert [task.id for task in suite.train[:3]] == ["simple_python_150", "simple_python_381", "simple_python_6"]
    assert example.bfcl.tasks(seed=1) != example.bfcl.tasks()


def test_right_calls_pass(example: SimpleNamespace, suite: TaskSuite) -> None:
    """The call that the metric shows as right is right by the leaderboard's checker, for every task."""
    for task in (*suite.train, *suite.val, *suite.test):
        assert judged(example, task, right(example, task)) == (1.0, "The call is right."), task.id


def test_form_of_the_reply_is_forgiven_around_the_call(example: SimpleNamespace, suite: TaskSuite) -> None:
    """A call is found in a code block and between other words."""
    task = suite.train[0]
    assert judged(example, task, f"Sure!\n```json\n{right(example, task)}\n```\nAnything else?")[0] == 1.0
    assert judged(example, task, f"Given {{x}}: {right(example, task)}")[0] == 1.0


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("", "The reply is empty"),
        ("The roots are -1 and -1.5.", "prose or program code"),
        ('{"name": "calculate_roi", "arguments": {"deposit": 10', "not valid"),
        ('{"name": "calculate_roi", "description": "ROI", "parameters": {"type": "dict"}}', "repeats the definition"),
        ('{"deposit": 1000, "years": 1}', "does not have the form of a call"),
        ('{"name": "roi", "arguments": {"deposit": 1000}}', "There is no function `roi`"),
        ('{"name": "calculate_roi", "arguments": {"deposit": 1000}}', "'annual_interest_rate'"),
        (
            '{"name": "calculate_roi", "arguments": {"deposit": "1000", "annual_interest_rate": 0.03, "years": 1}}',
            "wrong type",
        ),
        (
            '{"name": "calculate_roi", "arguments": {"deposit": 1000, "annual_interest_rate": 3, "years": 1}}',
            "wrong value",
        ),
        (
            '{"name": "calculate_roi", "arguments": {"deposit": 1000, "annual_interest_rate": 0.03, "years": 1, "x": 1}'
            "}",
            "Unexpected parameter: 'x'",
        ),
        (
            '{"name": "calculate_roi", "arguments": {"deposit": {"type": "integer", "description": "Deposit"}, '
            '"annual_interest_rate": 0.03, "years": 1}}',
            "repeat the definition",
        ),
    ],
)
def test_wrong_replies_get_told_why(example: SimpleNamespace, suite: TaskSuite, reply: str, said: str) -> None:
    """Each kind of wrong reply scores 0, and the feedback names that kind and shows the right reply."""
    task = suite.train[0]
    value, feedback = judged(example, task, reply)
    assert value == 0.0
    assert said in feedback
    assert f"The right reply is: {right(example, task)}" in feedback


def test_wrong_function_is_named(example: SimpleNamespace, suite: TaskSuite) -> None:
    """A call of another function that was on offer is wrong, and the feedback names both."""
    task = next(task for task in suite.train if task.expected["category"] == "multiple")
    wanted = json.loads(right(example, task))["name"]
    other = next(function["name"] for function in task.input["functions"] if function["name"] != wanted)
    value, feedback = judged(example, task, json.dumps({"name": other, "arguments": {}}))
    assert value == 0.0
    assert f"`{other}`" in feedback
    assert f"asks for `{wanted}`" in feedback


def test_checker_leaves_no_stand_in_behind(example: SimpleNamespace) -> None:
    """Loading the checker without the leaderboard's registry of models leaves the import system as it was."""
    example.metric.checker()
    assert not isinstance(sys.modules.get(example.metric.REGISTRY), ModuleType)


def test_graph_shows_functions_and_finds_the_call(
    example: SimpleNamespace, suite: TaskSuite, model: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP, the model gets prompt and function listing in its system message, and its call comes back parsed."""
    task = suite.test[0]
    before = asyncio.run(example.agent.graph.ainvoke(task.input))
    assert before["call"] is None
    monkeypatch.setattr(
        example.agent, "PROMPT", ChatPromptTemplate([("system", "A JSON object!\n{functions}"), ("user", "{question}")])
    )
    after = asyncio.run(example.agent.graph.ainvoke(task.input))
    assert after["call"] == json.loads(right(example, task))
    function = task.input["functions"][0]
    first, second = (request["messages"][0]["content"] for request in model.requests)
    assert first.startswith(
        f"You are a helpful assistant.\n\nFunctions:\n{function['name']}: {function['description']}\n"
    )
    assert second.startswith(f"A JSON object!\n{function['name']}: ")


def test_reflection_repairs_the_form(
    example: SimpleNamespace, suite: TaskSuite, model: ChatServer, tmp_path: Path
) -> None:
    """What reviewers said of the form reaches the prompt, the slot is kept, and unseen tasks are solved."""
    few = TaskSuite(train=suite.train[:4], val=suite.val[:3], test=suite.test[:3])
    result = optimize(
        wrap(example.agent.graph),
        few,
        metric=example.metric.score,
        reflection_lm=example.simulated_reflection.reflect,
        budget=Budget(rollouts=40),
        settings=Settings(concurrency=1, max_iterations=3),
        run=tmp_path,
    )
    assert result.test is not None
    assert (result.test.baseline, result.test.tuned) == (0.0, 1.0)
    text = result.best.texts["caller.system"]
    assert "must be one JSON object" in text
    assert text.endswith("You are a helpful assistant.\n\nFunctions:\n{functions}")
    assert [slot.name for slot in result.best.components[0].slots] == ["functions"]
