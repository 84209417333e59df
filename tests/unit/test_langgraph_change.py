"""A saved configuration is refused, with the difference, when the graph's own prompts have changed since."""

from pathlib import Path
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.messages import SystemMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from gepa_agents import GraphConfig, GraphConfigError, TaskSuite, optimize
from gepa_agents.words.settings import Budget
from gepa_agents.words.task import Task
from tests.langgraph_zoo import Log, Scripted, says

OWN = "You help in a shop.\nBe brief, and never rude."
EDITED = "You help in a shop.\nBe brief, and always kind."


def desk(text: str, *, filled: bool = False, late: bool = False) -> Any:
    """A graph of one node whose prompt is `text`: a constant, an f-string, or made while it runs."""
    model = Scripted(log=Log(), reply=says("hello"))
    named = {"text": text}

    def constant(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([SystemMessage(text), *state["messages"]])]}

    def slotted(state: MessagesState) -> dict[str, Any]:
        prompt = f"You help {state['messages'][-1].content!s} in a shop. Be brief."
        return {"messages": [model.invoke([SystemMessage(prompt), *state["messages"]])]}

    def made(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke([SystemMessage(named["text"].replace("shop", "big shop"))])]}

    graph = StateGraph(MessagesState)
    graph.add_node("desk", slotted if filled else made if late else constant)
    graph.add_edge(START, "desk")
    graph.add_edge("desk", END)
    return graph.compile(name="desk")


def tuned(graph: Any, folder: Path) -> GraphConfig:
    """A configuration of that graph with another text, saved and loaded again."""
    tasks = [
        Task(id=str(n), input=f"customer {n} of {n * 7}", split=split)
        for n, split in enumerate(["train", "val", "test"] * 6)
    ]
    result = optimize(
        wrap(graph),
        TaskSuite.of(tasks),
        metric=lambda _task, _rollout: (0.5, "say more"),
        reflection_lm=lambda _prompt: "no text",
        budget=Budget(rollouts=40),
    )
    (component,) = result.anatomy.components
    text = "".join(f"{{{slot.name}}} " for slot in component.slots) + "Tuned."
    config = GraphConfig(components=result.anatomy.components, texts={component.name: text}, graph_id="desk")
    return GraphConfig.load(config.save(folder / "tuned.json"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", [{}, {"filled": True}, {"late": True}])
def test_a_graph_that_did_not_change_takes_it(tmp_path: Path, shape: dict[str, bool]):
    """Whether its prompt is a constant, has slots, or is made while it runs: nothing that is the same is refused."""
    config = tuned(desk(OWN, **shape), tmp_path)
    assert wrap(desk(OWN, **shape)).apply(config)


def test_a_changed_prompt_is_refused_with_the_difference(tmp_path: Path):
    """The sentence names the component and both texts; the note has the whole difference."""
    config = tuned(desk(OWN), tmp_path)
    with pytest.raises(
        GraphConfigError, match=r"`desk.system` was 'Be brief, and never rude.', now it is 'Be brief, and a"
    ) as raised:
        wrap(desk(EDITED)).apply(config)
    assert raised.value.__notes__ == [
        "--- when it was tuned\n+++ now\n@@ -1,2 +1,2 @@\n You help in a shop.\n"
        "-Be brief, and never rude.\n+Be brief, and always kind."
    ]
    with pytest.raises(GraphConfigError, match="the node's code has no text like it"):
        wrap(desk("Bake bread.")).apply(config)


def test_what_is_not_tuned_may_change(tmp_path: Path):
    """A configuration without a text for the changed prompt is taken."""
    config = tuned(desk(OWN), tmp_path).model_copy(update={"texts": {}})
    assert wrap(desk(EDITED)).apply(config)
