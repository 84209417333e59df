"""A whole optimization, recorded and replayed from nothing: no network, no model, the same decisions."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_langgraph import wrap
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from gepa_agents import (
    Budget,
    GraphConfig,
    History,
    MetricError,
    MissingRecording,
    Recording,
    TaskSuite,
    evaluate,
    optimize,
)
from gepa_agents.words.settings import Settings
from gepa_agents.words.task import Split, Task
from tests.chat_server import ChatServer, Reply
from tests.langgraph_zoo import Log, Scripted, says

HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk"
OFFLINE = """
import socket
import sys

sys.path.insert(0, {folder!r})


def refuse(*_args, **_kwargs):
    raise AssertionError("a live call")


socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse

import simulated
import simulated_reflection

simulated.SimulatedHelpdesk._generate = refuse
simulated.SimulatedHelpdesk._agenerate = refuse
refuse.__module__, refuse.__qualname__ = "simulated_reflection", "reflect"
simulated_reflection.reflect = refuse

from gepa_agents_cli import main

main()
"""
"""The command line, in a process in which nothing can be reached and every model raises."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The help desk, with few tasks and a small budget."""
    folder = tmp_path / "helpdesk"
    shutil.copytree(HELPDESK, folder, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    tasks = TaskSuite.load(folder / "tasks.jsonl")
    kept = (("train", tasks.train), ("val", tasks.val[:8]), ("test", tasks.test[:8]))
    lines = [task.model_copy(update={"split": split}).model_dump_json() for split, found in kept for task in found]
    (folder / "tasks.jsonl").write_text("\n".join(lines))
    toml = (folder / "gepa.toml").read_text()
    (folder / "gepa.toml").write_text(re.sub(r"^rollouts = \d+", "rollouts = 60", toml, flags=re.M))
    return folder


def command(folder: Path, *arguments: str, offline: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `gepa-agents`."""
    code = OFFLINE.format(folder=str(folder)) if offline else "from gepa_agents_cli import main; main()"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def told(folder: Path) -> dict[str, Any]:
    """Everything that a run decided and found, but for the time that it took."""
    with History.open(folder) as run:
        rollouts = [json.loads(one.model_dump_json()) for one in run.rollouts()]
        return {
            "decisions": [decision.model_dump() for decision in run.decisions()],
            "rollouts": {json.dumps([one["candidate"], one["task"], one["repeat"]]): timeless(one) for one in rollouts},
            "reflections": [json.loads(one.model_dump_json()) for one in run.reflections()],
        }


def timeless(value: Any) -> Any:
    """Plain data without what a clock says."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key not in ("seconds", "started")}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def test_an_optimization_is_replayed_with_no_network_and_no_model(desk: Path):
    """The same decisions, rollouts, reflections and texts, from the recording alone; then one changed byte is told."""
    recorded = command(desk, "optimize", "gepa.toml", "--yes", "--run", "one", "--record", "calls.jsonl")
    assert recorded.returncode == 0, recorded.stderr
    before = (desk / "calls.jsonl").read_bytes()

    replayed = command(desk, "optimize", "gepa.toml", "--yes", "--run", "two", "--replay", "calls.jsonl", offline=True)
    assert replayed.returncode == 0, replayed.stderr
    assert told(desk / "one") == told(desk / "two")
    assert len(told(desk / "one")["decisions"]) >= 2
    assert (desk / "one" / "tuned.yaml").read_text() == (desk / "two" / "tuned.yaml").read_text()
    assert re.search(r"calls +\d+ answered, \d+ live \(calls.jsonl\)", replayed.stdout)
    assert (desk / "calls.jsonl").read_bytes() == before

    agent = (desk / "helpdesk.py").read_text()
    (desk / "helpdesk.py").write_text(agent.replace("You are a friendly writer.", "You are a friendly writer!"))
    changed = command(desk, "evaluate", "gepa.toml", "--replay", "calls.jsonl", offline=True)
    assert changed.returncode == 2
    assert "has no call of the model `simulated-helpdesk` like this one in node `reply`, task `" in changed.stderr
    assert "`messages.0.content` is 'You are a friendly writer! Write the reply to the custo…'" in changed.stderr
    assert "and was 'You are a friendly writer. Write the reply to the custo…'" in changed.stderr
    assert "Traceback" not in changed.stderr


def test_a_recording_that_is_no_recording_is_one_sentence(desk: Path):
    """As every mistake at the command line."""
    for arguments, said in (
        (("--replay", "tasks.jsonl"), "this is no recording of calls"),
        (("--replay", "nowhere.jsonl"), "there is no recording nowhere.jsonl"),
        (("--replay", "a.jsonl", "--record", "b.jsonl"), "exclude each other"),
    ):
        done = command(desk, "evaluate", "gepa.toml", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


class Remote(BaseChatModel):
    """A chat model behind HTTP, as OpenAI's is."""

    url: str
    key: str

    @property
    def _llm_type(self) -> str:
        return "remote"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        import openai

        with openai.OpenAI(base_url=self.url, api_key=self.key, max_retries=0) as client:
            turns: Any = [{"role": "system" if m.type == "system" else "user", "content": m.text} for m in messages]
            done = client.chat.completions.create(model="tiny", messages=turns)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(str(done.choices[0].message.content)))])


SENT: list[str] = []


@tool
def send(address: str, text: str) -> str:
    """Send a mail: what must not happen while prompts are tuned."""
    SENT.append(address)
    return f"sent to {address}"


def mailer(url: str, key: str) -> Any:
    """A graph that asks a model over HTTP, and sends a mail with what it says."""

    def write(state: MessagesState) -> dict[str, Any]:
        said = Remote(url=url, key=key).invoke([SystemMessage("You write mails."), *state["messages"]])
        mail = {"address": str(state["messages"][0].text), "text": "Good day."}
        return {"messages": [said, HumanMessage(send.invoke(mail))]}

    builder = StateGraph(MessagesState)
    builder.add_node("write", write)
    builder.add_edge(START, "write")
    return builder.compile(name="mailer")


def answer(prompt: str) -> Reply:
    """Writes the mail; as reflection model, asks for thanks."""
    if "<text>" in prompt or "You write mails" in prompt:
        return Reply("<diagnosis>No thanks.</diagnosis><text>You write mails. Always say thanks.</text>")
    return Reply(f"Dear {prompt}")


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """Answers the agent and the reflection model."""
    with ChatServer(answer=answer) as server:
        yield server


def suite() -> TaskSuite:
    """Mails to write."""
    splits: tuple[Split, ...] = ("train", "val", "test")
    return TaskSuite.of(
        [Task(id=f"{split}-{n}", input=f"{split}{n}", split=split) for split in splits for n in range(4)]
    )


def polite(task: Task, rollout: Any) -> tuple[float, str]:
    """Whether the mail was sent; the simulated model never says thanks."""
    return float(f"sent to {task.input}" in rollout.text) / 2, "say thanks"


def test_models_behind_http_are_replayed_and_nothing_is_sent(server: ChatServer, tmp_path: Path):
    """The agent's and the reflection model's, which goes through LiteLLM; no mail is sent, no key is written."""
    SENT.clear()
    file, results = tmp_path / "calls.jsonl", []
    reflection = {"model": "openai/tiny", "api_base": server.url, "api_key": server.key, "retries": 0}
    for mode in ("record", "replay"):
        with Recording(file, mode) as calls:  # type: ignore[arg-type]
            result = optimize(
                wrap(mailer(server.url, server.key), calls=calls),
                suite(),
                metric=calls.metric(polite),
                reflection_lm=calls.model(reflection),
                budget=Budget(rollouts=60),
                settings=Settings(max_iterations=2),
                run=tmp_path / mode,
            )
        results.append(result)
        if mode == "record":
            asked, sent = len(server.requests), len(SENT)

    assert told(tmp_path / "record") == told(tmp_path / "replay")
    assert results[0].best.texts == results[1].best.texts
    assert len(server.requests) == asked > 10
    assert len(SENT) == sent > 4
    assert server.key not in file.read_text()


def test_prompts_are_tuned_live_while_the_tools_are_replayed(server: ChatServer, tmp_path: Path):
    """A new prompt is a new question to the model, and the mail of before is not sent again."""
    SENT.clear()
    file, tuned = tmp_path / "calls.jsonl", GraphConfig()
    with Recording(file) as calls:
        agent = wrap(mailer(server.url, server.key), calls=calls)
        evaluate(agent, suite().val, metric=polite)
    sent, asked = list(SENT), len(server.requests)
    anatomy = {"components": [{"name": "write.system", "kind": "prompt", "text": "You write mails.", "node": "write"}]}
    tuned = GraphConfig.model_validate({**anatomy, "texts": {"write.system": "You write mails. Say thanks."}})

    with Recording(file, "replay", models="live") as calls:
        agent = wrap(mailer(server.url, server.key), calls=calls)
        score = evaluate(agent, suite().val, metric=polite, config=tuned)
    assert score.mean == 0.5
    assert len(server.requests) == asked + len(suite().val)
    assert "Say thanks." in json.dumps(server.requests[-1])
    with Recording(file, "replay", models="live") as calls, pytest.raises(MissingRecording, match="the tool `send`"):
        evaluate(wrap(mailer(server.url, server.key), calls=calls), suite().test, metric=polite, config=tuned)
    with Recording(file, "replay", models="live", missing="fail") as calls:
        failed = evaluate(wrap(mailer(server.url, server.key), calls=calls), suite().test, metric=polite, config=tuned)
    assert failed.faults == len(suite().test)
    assert sent == SENT


def test_a_recording_goes_on_with_its_run(tmp_path: Path):
    """Interrupted in the middle, both are gone on with; the whole is replayed from an empty folder."""
    judged = []

    def strict(task: Task, rollout: Any) -> float:
        judged.append(task.id)
        if len(judged) == 6:
            raise RuntimeError("the plug was pulled")
        return 0.5

    def reflect(prompt: str) -> str:
        return "<diagnosis>Dull.</diagnosis><text>You write letters. Be brief.</text>"

    def tuned(mode: Any, run: str, metric: Any) -> Any:
        graph = StateGraph(MessagesState)
        model = Scripted(log=log, reply=says("Dear all"))
        graph.add_node(
            "write",
            lambda state: {"messages": [model.invoke([SystemMessage("You write letters."), *state["messages"]])]},
        )
        graph.add_edge(START, "write")
        with Recording(tmp_path / "calls.jsonl", mode) as calls:
            return optimize(
                wrap(graph.compile(name="letters"), calls=calls),
                suite(),
                metric=metric,
                reflection_lm=calls.model(reflect),
                budget=Budget(rollouts=60),
                settings=Settings(max_iterations=2),
                run=tmp_path / run,
            )

    log = Log()
    with pytest.raises(MetricError, match="the plug was pulled"):
        tuned("record", "one", strict)
    tuned("record", "one", strict)
    log.calls.clear()
    tuned("replay", "two", lambda _task, _rollout: 0.5)
    assert log.calls == []
    assert told(tmp_path / "one") == told(tmp_path / "two")
