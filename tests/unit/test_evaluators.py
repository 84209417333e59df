"""Others' evaluators as metrics, with the real packages (extra `evaluators`) and with functions of the same form."""

from typing import Any

import pytest
from gepa_agents_evaluators import from_evaluator, messages, visits

from gepa_agents import ConfigError, MetricError, Rollout, Score, Task, Usage
from gepa_agents.words.trajectory import NodeStep, Trajectory
from tests.rollouts import call, case, ran, said, user, wrong_refund

TASK = Task(id="t1", input="Order SO-1 is broken.", expected="Dear customer, all is well.")


def rolled(*steps: Any, output: Any = "Dear customer, all is well.") -> Rollout:
    """A rollout of these steps."""
    return case(*steps, score=None, output=output).rollout


def openevals() -> Any:
    """The package, or the reason why not."""
    return pytest.importorskip("openevals", reason="needs the extra `evaluators`")


def agentevals(module: str) -> Any:
    """A module of the package, or the reason why not."""
    return pytest.importorskip(f"agentevals.{module}", reason="needs the extra `evaluators`")


async def test_openevals_functions_are_metrics() -> None:
    """Exact match and string distance, sync and async: their result is the score."""
    package = openevals()
    exact = from_evaluator(package.exact_match)
    assert await exact(TASK, rolled()) == Score(value=1.0)
    assert (await exact(TASK, rolled(output="Sorry."))) == Score(value=0.0, feedback="exact_match is 0")
    from openevals.exact import exact_match_async
    from openevals.string.levenshtein import levenshtein_distance

    assert (await from_evaluator(exact_match_async)(TASK, rolled())).value == 1.0
    near = await from_evaluator(levenshtein_distance)(TASK, rolled(output="Dear customer, all is good."))
    assert 0.7 < near.value < 1.0
    assert near.feedback.startswith("levenshtein_distance is 0.")


async def test_openevals_json_match_compares_the_state() -> None:
    """With `outputs="state"` the evaluator reads what the graph left; each key is a result, and so an objective."""
    openevals()
    from openevals.json import create_json_match_evaluator

    metric = from_evaluator(create_json_match_evaluator(aggregator=None), outputs="state")
    task = TASK.model_copy(update={"expected": {"city": "Bern", "nights": 2}})
    score = await metric(task, rolled(output={"city": "Bern", "nights": 3}))
    assert (score.value, set(score.objectives.values())) == (0.5, {0.0, 1.0})
    named = next(name for name, number in score.objectives.items() if number == 1.0)
    wanted = from_evaluator(create_json_match_evaluator(aggregator=None), outputs="state", value=named)
    assert (await wanted(task, rolled(output={"city": "Bern", "nights": 3}))).value == 1.0


def judge_model() -> Any:
    """A chat model that is a script: it gives every answer half the score, and counts its tokens."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langchain_core.runnables import RunnableLambda

    class Simulated(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "simulated"

        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
            said = AIMessage(
                '{"reasoning": "It is half right.", "score": 0.5}',
                usage_metadata={"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
                response_metadata={"model_name": "tiny"},
            )
            return ChatResult(generations=[ChatGeneration(message=said)])

        def with_structured_output(self, schema: Any, **kwargs: Any) -> Any:
            import json

            return self | RunnableLambda(lambda message: json.loads(message.content))

    return Simulated()


class TinyPrices:
    """One model's price: a dollar per hundred tokens."""

    def usd(self, model: str, usage: Usage) -> float | None:
        return usage.tokens / 100 if model == "tiny" else None


@pytest.mark.parametrize("kind", ["create_llm_as_judge", "create_async_llm_as_judge"])
async def test_an_openevals_judge_brings_its_reasons_and_its_bill(kind: str) -> None:
    """The comment is feedback, and what its LangChain model cost is in the score, priced."""
    openevals()
    from openevals import llm

    prompt = "Is {outputs} right for {inputs}? Expected: {reference_outputs}"
    evaluator = getattr(llm, kind)(prompt=prompt, judge=judge_model(), continuous=True, feedback_key="right")
    score = await from_evaluator(evaluator, prices=TinyPrices())(TASK, rolled())
    assert score == Score(
        value=0.5,
        feedback="It is half right.",
        usage=Usage(calls=1, input_tokens=100, output_tokens=10, usd=1.1),
    )
    unknown = judge_model()
    evaluator = getattr(llm, kind)(prompt=prompt, judge=unknown, continuous=True)
    usage = (await from_evaluator(evaluator, prices=NoPrices())(TASK, rolled())).usage
    assert (usage.unpriced_calls, usage.usd) == (1, 0.0)


class NoPrices:
    """Knows no model."""

    def usd(self, model: str, usage: Usage) -> float | None:
        del model, usage
        return None


async def test_agentevals_reads_our_trajectories_as_messages() -> None:
    """A tool call with other arguments than the reference is told from the same one; order counts where it should."""
    match = agentevals("trajectory.match")
    reference = [
        {"role": "user", "content": "Order SO-1 is broken."},
        {"role": "assistant", "tool_calls": [{"function": {"name": "refund", "arguments": '{"amount": 12}'}}]},
        {"role": "tool", "content": "refunded"},
        {"role": "assistant", "content": "Done."},
    ]
    task = TASK.model_copy(update={"expected": reference})
    right = rolled(
        said(given=[user("Order SO-1 is broken.")], calls=[call("refund", {"amount": 12})]),
        ran("refund", {"amount": 12}, "refunded"),
        said("All done."),
    )
    wrong = rolled(
        said(calls=[call("refund", {"amount": 13})]), ran("refund", {"amount": 13}, "refunded"), said("All done.")
    )
    for maker in (match.create_trajectory_match_evaluator, match.create_async_trajectory_match_evaluator):
        strict = from_evaluator(maker(trajectory_match_mode="strict"), outputs="messages")
        assert (await strict(task, right)).value == 1.0
        assert await strict(task, wrong) == Score(value=0.0, feedback="trajectory_strict_match is 0")
        loose = maker(trajectory_match_mode="superset", tool_args_match_mode="ignore")
        assert (await from_evaluator(loose, outputs="messages")(task, wrong)).value == 1.0


async def test_agentevals_reads_the_order_of_nodes() -> None:
    """Its graph trajectory evaluators compare the nodes that were visited."""
    graph = agentevals("graph_trajectory.strict")
    nodes = tuple(NodeStep(node=name, started=number, seconds=1) for number, name in enumerate(("plan", "act")))
    rollout = rolled().model_copy(update={"trajectory": Trajectory(steps=nodes)})
    task = TASK.model_copy(update={"expected": {"results": [], "steps": [["__start__", "plan", "act"]]}})
    metric = from_evaluator(graph.graph_trajectory_strict_match, outputs="visits")
    assert (await metric(task, rollout)).value == 1.0
    assert (await metric(task, rolled())).value == 0.0
    assert visits(rollout)["steps"] == [["__start__", "plan", "act"]]


async def test_an_agentevals_trajectory_judge_reads_the_conversation() -> None:
    """Its prompt holds what the tools answered; the reasons come back as feedback."""
    llm = agentevals("trajectory.llm")
    metric = from_evaluator(
        llm.create_trajectory_llm_as_judge(judge=judge_model(), continuous=True), outputs="messages", prices=NoPrices()
    )
    task = TASK.model_copy(update={"expected": "Dear customer, your order is refunded."})
    score = await metric(task, rolled(*wrong_refund()))
    assert (score.value, score.feedback) == (0.5, "It is half right.")


async def test_a_langsmith_evaluator_of_run_and_example() -> None:
    """It finds the inputs, the outputs, what was expected, and the tools among the child runs."""
    from langsmith.evaluation import EvaluationResult, run_evaluator

    def right(run: Any, example: Any) -> dict[str, Any]:
        tools = [child.name for child in run.child_runs if child.run_type == "tool"]
        assert example.inputs == {"input": "Order SO-1 is broken."}
        return {"score": run.outputs["output"] == example.outputs["output"], "comment": f"called {tools}"}

    score = await from_evaluator(right)(TASK, rolled(*wrong_refund()))
    assert score == Score(value=1.0, feedback="called ['refund', 'refund']")

    @run_evaluator
    def decorated(run: Any, example: Any) -> EvaluationResult:
        return EvaluationResult(key="polite", score=0.25, comment=run.outputs["output"])

    assert await from_evaluator(decorated)(TASK, rolled(output="Hm.")) == Score(value=0.25, feedback="Hm.")


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (True, Score(value=1.0)),
        (0.5, Score(value=0.5)),
        ((0.5, "why"), Score(value=0.5, feedback="why")),
        ({"score": 0.5}, Score(value=0.5, feedback="function is 0.5")),
        ({"key": "score", "score": 0.5}, Score(value=0.5)),
        ({"key": "a", "score": None, "value": 0.5, "comment": "why"}, Score(value=0.5, feedback="why")),
        (
            [{"key": "a", "score": 0.0, "comment": "why"}, {"key": "b", "score": 1}],
            Score(value=0.5, feedback="a is 0: why\nb is 1", objectives={"a": 0.0, "b": 1.0}),
        ),
        (
            {"results": [{"key": "score", "score": 0.25}, {"key": "b", "score": True}]},
            Score(value=0.25, feedback="score is 0.25\nb is 1", objectives={"b": 1.0}),
        ),
    ],
)
async def test_results_of_every_form_are_read(answer: Any, score: Score) -> None:
    """Numbers, truth values, pairs, one result, several: one score."""

    def function(outputs: str) -> Any:
        return answer

    assert await from_evaluator(function)(TASK, rolled()) == score


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned None; it should give a score"),
        ("good", "returned 'good'; it should give a score"),
        ([], r"returned \[\]"),
        (10**400, "gave `score` inf; a score must be finite"),
        ([1, {"key": "a", "score": float("nan")}], "gave `a` nan; a score must be finite"),
        ({"key": "a", "score": None}, "gave `a` None for a score"),
        ({"key": "a", "score": "high"}, "gave `a` 'high' for a score"),
    ],
)
async def test_an_answer_without_a_number_is_never_a_score(answer: Any, said: str) -> None:
    """It is an error that names the evaluator."""

    async def function(outputs: str, **kwargs: Any) -> Any:
        return answer

    with pytest.raises(MetricError, match=said):
        await from_evaluator(function)(TASK, rolled())


async def test_the_named_result_counts_and_a_wrong_name_is_said() -> None:
    """Of several results."""

    def function(inputs: str) -> Any:
        return [{"key": "a", "score": 0.0}, {"key": "b", "score": 1}]

    assert (await from_evaluator(function, value="b")(TASK, rolled())).value == 1.0
    with pytest.raises(MetricError, match="gave no result `c`; it gave a, b"):
        await from_evaluator(function, value="c")(TASK, rolled())


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [
        (3, "3 is no evaluator"),
        (lambda outputs, context: 1, "needs `context`"),
        (lambda: 1, "takes none of them"),
    ],
)
def test_what_is_no_evaluator_is_said_at_once(evaluator: Any, said: str) -> None:
    """Before anything is run."""
    with pytest.raises(ConfigError, match=said):
        from_evaluator(evaluator)
    with pytest.raises(ConfigError, match="outputs='all' is not known"):
        from_evaluator(len, outputs="all")  # type: ignore[arg-type]


def test_messages_are_one_conversation() -> None:
    """What was asked, what models said, what tools answered, in order and without system prompts."""
    task = TASK.model_copy(
        update={"input": {"messages": [["system", "Be kind."], {"type": "human", "content": "Hi."}, "And?"]}}
    )
    steps = (
        said("", calls=[call("refund", {"a": 1}, "")]),
        ran("refund", {"a": 1}, error="ValueError: no", call_id=""),
        ran("log", None, "ok", call_id="x"),
    )
    turns = messages(task, rolled(*steps))
    assert [turn["role"] for turn in turns] == ["user", "user", "assistant", "assistant", "tool", "assistant", "tool"]
    assert turns[4]["content"] == "Error: ValueError: no"
    assert turns[6] == {"role": "tool", "tool_call_id": "x", "name": "log", "content": "ok"}
