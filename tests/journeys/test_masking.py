"""A real graph whose prompt holds an address of the author's, and a slot that is filled with a customer's."""

from pathlib import Path
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.messages import AIMessage, SystemMessage
from langgraph.graph import START, MessagesState, StateGraph

from gepa_agents import Budget, MetricError, Rollout, Settings, Task, TaskSuite, optimize
from gepa_agents.parts.runs.journal import read
from tests.langgraph_zoo import Log, Scripted

CUSTOMERS = (
    "ann.lee@mail.io",
    "benedikt@stein.net",
    "carla@mail.io",
    "d.okafor@post.ng",
    "eve99@acme.dev",
    "finn_b@mail.io",
    "grace.h@navy.mil",
    "hugo@paris.fr",
    "ines.m@correo.es",
    "joe.k@mail.io",
)


class State(MessagesState):
    """What the desk is given."""

    mail: str


def desk(log: Log) -> Any:
    """Greets, and knows one trick only if its prompt says so."""

    def answer(messages: Any, _tools: Any) -> str:
        system = str(messages[0].text)
        where = "the portal" if "name the portal" in system else "mail"
        return f"Dear {messages[-1].text}, use {where}, or ask help@acme.io."

    model = Scripted(log=log, reply=answer)

    def act(state: State) -> dict[str, Any]:
        system = (
            f"You are the desk of Acme. The customer who writes is {state['mail']}, and nobody else. "
            "If all fails, the customer may write to help@acme.io at any time."
        )
        said = model.invoke([SystemMessage(system), *state["messages"]])
        assert isinstance(said, AIMessage)
        return {"messages": [said]}

    graph = StateGraph(State)
    graph.add_node("desk", act)
    graph.add_edge(START, "desk")
    return graph.compile()


def suite() -> TaskSuite:
    splits = ("train", "train", "train", "val", "val", "val", "val", "test", "test", "test")
    return TaskSuite.of(
        Task.model_validate(
            {
                "id": f"t{number}",
                "split": split,
                "input": {"mail": mail, "messages": [{"role": "user", "content": f"I am {mail}"}]},
            }
        )
        for number, (mail, split) in enumerate(zip(CUSTOMERS, splits, strict=True))
    )


def metric(task: Task, rollout: Rollout) -> tuple[float, str]:
    """Looks at the customer's real address, and quotes it."""
    assert isinstance(task.input, dict)
    right = str(task.input["mail"]) in rollout.text
    assert right, rollout.text
    told = 1.0 if "the portal" in rollout.text else 0.2
    return told, f"{task.input['mail']} must be told of the portal."


class Reflecting:
    """Adds a rule to the current text, whatever it is, and remembers what it was asked."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if "## Current text" not in prompt:
            return "ok"
        text = prompt.split("## Current text\n\n```\n")[1].split("\n```")[0]
        return f"<diagnosis>no portal</diagnosis><text>{text} Always name the portal.</text>"


def on_disk(folder: Path) -> str:
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.rglob("*")) if path.is_file())


def tuned(log: Log, reflecting: Reflecting, **more: Any) -> Any:
    given = {"metric": metric, "budget": Budget(rollouts=40), "settings": Settings(max_iterations=2, merges=0)}
    return optimize(wrap(desk(log)), suite(), reflection_lm=reflecting, **{**given, **more})


def test_a_prompt_keeps_its_addresses_and_the_customers_stay_out_of_everything(tmp_path: Path) -> None:
    """The metric saw them; the journal, the prompts and the tuned text did not. The author's address is still there."""
    log, reflecting = Log(), Reflecting()
    result = tuned(log, reflecting, run=tmp_path / "run")
    (component,) = result.anatomy.components
    assert "help@acme.io" in component.text
    assert [slot.name for slot in component.slots] == ["slot_1"]
    text = result.best.texts[component.name]
    assert "is {slot_1}, and nobody" in text
    assert "help@acme.io at any time. Always name the portal." in text
    sent = [call.system for call in log.calls if "name the portal" in call.system]
    assert sent
    assert all(any(f"is {mail}, and" in system for mail in CUSTOMERS) and "[email" not in system for system in sent)
    for told in (on_disk(tmp_path / "run"), *reflecting.prompts):
        assert not any(mail in told for mail in CUSTOMERS)
        assert "help@acme.io" in told or told == reflecting.prompts[0]
    assert any("[email 1] must be told" in prompt for prompt in reflecting.prompts)
    assert result.best_val == 1.0


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_run_that_breaks_off_in_its_baseline_still_finds_the_real_texts(tmp_path: Path, stop: int) -> None:
    """What can't be read from the journal is run again; the end is that of a run that was never interrupted."""
    judged: list[str] = []

    def breaking(task: Task, rollout: Rollout) -> tuple[float, str]:
        judged.append(task.id)
        if len(judged) == stop:
            raise ValueError("the judge is away")
        return metric(task, rollout)

    settings = Settings(max_iterations=2, merges=0, concurrency=1)
    whole = tuned(Log(), Reflecting(), settings=settings)
    with pytest.raises(MetricError, match="the judge is away"):
        tuned(Log(), Reflecting(), run=tmp_path / "run", metric=breaking, settings=settings)
    resumed = tuned(Log(), Reflecting(), run=tmp_path / "run", settings=settings)
    assert resumed.anatomy == whole.anatomy
    assert resumed.best.texts == whole.best.texts
    assert not any(mail in on_disk(tmp_path / "run") for mail in CUSTOMERS)
    again = Reflecting()
    replayed = tuned(Log(), again, run=tmp_path / "run", settings=settings)
    assert replayed.best.texts == whole.best.texts
    assert again.prompts == []


def test_masking_can_be_switched_off(tmp_path: Path) -> None:
    """Then everything is kept as it is."""
    reflecting = Reflecting()
    settings = Settings(max_iterations=1, merges=0, mask=())
    tuned(Log(), reflecting, run=tmp_path / "run", settings=settings)
    assert "ann.lee@mail.io" in on_disk(tmp_path / "run")


def test_each_rollout_says_what_it_hides(tmp_path: Path) -> None:
    """By its placeholders, in the journal."""
    tuned(Log(), Reflecting(), run=tmp_path / "run")
    with read(tmp_path / "run") as journal:
        bodies = [body for _, body in journal.calls("rollout/")]
    assert bodies
    assert all(Rollout.model_validate_json(body).masked == ("[email 1]",) for body in bodies)
