"""The pytest plugin in sessions of its own: a real LangGraph agent, real files, real workers."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import gepa_agents_cli.project
import gepa_agents_langgraph
import langgraph.prebuilt
import pytest

from gepa_agents.ports import plugins
from tests.journeys.gate_project import CALL, TASKS, made, write

pytest_plugins = ["pytester"]
Inside = Callable[..., pytest.RunResult]
LOADED = gepa_agents_cli.project, gepa_agents_langgraph, langgraph.prebuilt
"""A session inside this process forgets what it imports, and would import these anew."""

STRICT = ("--strict-markers", "--strict-config", "-W", "error")
ALONE = (
    *(*STRICT, "-p", "gepa_agents_pytest.plugin", "-p", "pytest_asyncio.plugin"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
"""For a session without the plugins of others, which would be imported anew each time."""


@pytest.fixture
def inside(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Inside:
    """Runs a session inside this process."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return lambda *arguments: pytester.runpytest_inprocess(*ALONE, *arguments)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """The project, in the folder that the session runs in."""
    return write(pytester.path)


def gate(pytester: pytest.Pytester, *tests: str) -> None:
    """Write a test file of these tests."""
    pytester.makepyfile(test_gate="\n\n".join(("import pytest", "mark = pytest.mark.agent_suite", *tests)))


def text(outcome: pytest.RunResult) -> str:
    """Everything that the session printed."""
    return "\n".join(outcome.outlines)


def test_a_suite_passes_or_fails_with_the_worst_tasks_and_their_steps(
    inside: Inside, pytester: pytest.Pytester, project: Path
) -> None:
    """The tuned candidate passes; the agent as it stands fails, with score, steps and what the metric said."""
    gate(
        pytester,
        '@mark("gepa.toml", candidate="good.yaml", min_score=0.8)\ndef test_tuned(): pass',
        '@mark("gepa.toml", min_score=0.4)\ndef test_own(agent_suite): assert agent_suite.run("test-0").score == 0.5',
    )
    outcome = inside()
    outcome.assert_outcomes(passed=1, failed=1)
    said = text(outcome)
    assert "gepa.toml, the agent as it stands, test: score 0.333, at least 0.4 expected" in said
    assert "2 of 6 tasks scored below 0.4, the worst first:" in said
    assert 'called refund(order="SO-3", amount=12)' in said
    assert "metric: nobody looked the order up" in said
    assert "gate.py" not in said.replace("test_gate.py", "")
    assert re.search(
        r"test_tuned: gepa.toml, good.yaml, test: score 0\.833 \(95 % interval .* on 6 tasks, 0 of 6", said
    )
    assert made(project) == sorted([*TASKS, *TASKS])


def test_each_task_is_a_test_of_its_own(inside: Inside, pytester: pytest.Pytester, project: Path) -> None:
    """With `agent_run` a test runs once a task; assertions fail with the calls, and a body's own show the steps."""
    gate(
        pytester,
        '@mark("gepa.toml", candidate="good.yaml")\n'
        "def test_order(agent_run):\n"
        '    agent_run.assert_not_called("refund", before="find_order")\n'
        '    agent_run.assert_not_called("refund", more_than=1)',
        '@mark("gepa.toml", candidate="good.yaml", tasks="test-[01]", repeats=2)\n'
        "async def test_text(agent_run):\n"
        '    assert "SO-1" in agent_run.text',
        '@mark("gepa.toml", candidate="good.yaml", tasks="test-2", min_score=0.9)\ndef test_score(agent_run): pass',
    )
    outcome = inside("-o", "asyncio_mode=auto", "-v")
    outcome.assert_outcomes(passed=6, failed=5)
    outcome.stdout.fnmatch_lines_random(
        ["*test_order?test-0? PASSED*", "*test_order?test-2? FAILED*", "*test_text?test-0-1? PASSED*"]
    )
    said = text(outcome)
    assert "refund was called 2 times, at most 1 expected" in said
    assert 'step 5: refund(order="SO-3", amount=12)' in said
    assert "- Captured steps call -" in said
    assert "score 0.5, at least 0.9 expected" in said
    assert made(project) == sorted([*TASKS, *TASKS[:2]])


def test_workers_share_the_rollouts(pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pytest-xdist no rollout is made twice, by whichever worker a test on it runs; JUnit has the properties."""
    gate(
        pytester,
        'pytestmark = mark("gepa.toml")',
        "@mark(min_score=0.3)\ndef test_suite(agent_suite): assert agent_suite.evaluation.faults == 0",
        "@mark(min_score=0.3, max_usd=5)\ndef test_again(): pass",
        "def test_called(agent_run): agent_run.assert_called('refund', arguments={'amount': 12})",
        "def test_within(agent_run): agent_run.assert_within(steps=5, tokens=30, usd=0.03, seconds=60)",
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    outcome = pytester.runpytest_subprocess(*ALONE, "-p", "xdist.plugin", "-n", "2", "--junitxml=junit.xml")
    outcome.assert_outcomes(passed=14)
    assert made(project) == sorted(TASKS)
    assert sum("score 0.333" in line for line in outcome.outlines) == 2
    cases = {one.get("name"): one for one in ElementTree.parse(project / "junit.xml").iter("testcase")}
    suite = {one.get("name"): one.get("value") for one in cases["test_suite"].iter("property")}
    assert (suite["score"], suite["tasks"], suite["failed"], suite["tokens"]) == ("0.333333", "6", "0", "140")
    assert suite["usd"] == str(round(14 * CALL, 6))
    run = {one.get("name"): one.get("value") for one in cases["test_called[test-2]"].iter("property")}
    assert (run["task"], run["usd"]) == ("test-2", "0.03")


def test_a_recording_answers_offline(inside: Inside, pytester: pytest.Pytester, project: Path) -> None:
    """With `[calls]` in the file the rollouts are made from a recording: no model is asked, each repeat has its own."""
    calls = '[calls]\nfile = "calls.jsonl"\nmode = "{}"\n'
    toml = (project / "gepa.toml").read_text()
    gate(
        pytester,
        '@mark("gepa.toml", repeats=2, tasks="test-[01]")\ndef test_it(agent_run): agent_run.assert_within(steps=3)',
    )
    for mode in ("record", "replay"):
        (project / "gepa.toml").write_text(toml + calls.format(mode))
        inside().assert_outcomes(passed=4)
        agent = project / "desk_agent.py"
        agent.write_text(agent.read_text().replace("order = messages[1]", "raise SystemError  # "))
    (project / "calls.jsonl").unlink()
    outcome = inside()
    outcome.assert_outcomes(errors=4)


def test_two_candidates_share_a_recording(inside: Inside, pytester: pytest.Pytester, project: Path) -> None:
    """One session may record what two of them ask, in one file."""
    toml = (project / "gepa.toml").read_text()
    gate(
        pytester,
        '@mark("gepa.toml", tasks="test-0")\ndef test_own(agent_run): pass',
        '@mark("gepa.toml", tasks="test-0", candidate="good.yaml")\ndef test_tuned(agent_run): pass',
    )
    for mode in ("fill", "replay"):
        (project / "gepa.toml").write_text(toml + f'[calls]\nfile = "calls.jsonl"\nmode = "{mode}"\n')
        inside().assert_outcomes(passed=2)


def test_money_ends_before_the_cap(inside: Inside, pytester: pytest.Pytester, project: Path) -> None:
    """A suite that `max_usd` does not cover is an error that says how far it came, and no further rollout starts."""
    (project / "gepa.toml").write_text((project / "gepa.toml").read_text() + "[settings]\nconcurrency = 1\n")
    gate(
        pytester,
        '@mark("gepa.toml", max_usd=0.05, min_score=0.1)\ndef test_suite(): pass',
        '@mark("gepa.toml", max_usd=0.05, tasks="test-[0-5]")\ndef test_each(agent_run): pass',
        '@mark("gepa.toml", max_usd=9)\ndef test_rich(): pass',
    )
    outcome = inside("-k", "not rich")
    outcome.assert_outcomes(passed=2, errors=5)
    assert "max_usd does not cover all of the suite: 2 rollouts cost $0.0400 of $0.0500" in text(outcome)
    assert made(project) == sorted(TASKS[:2])
    inside("-k", "rich").assert_outcomes(passed=1, deselected=7)


def test_money_needs_prices(
    inside: Inside, pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cap that can't be kept is an error that names the model, and ends after the first rollout."""
    monkeypatch.setattr(plugins, "factories", lambda _group: iter(()))  # a vendor's list takes seconds to load
    toml = (project / "gepa.toml").read_text()
    (project / "gepa.toml").write_text(toml.replace('"simulated-desk"', '"another"'))
    gate(pytester, '@mark("gepa.toml", max_usd=1)\ndef test_each(agent_run): pass')
    outcome = inside()
    outcome.assert_outcomes(errors=len(TASKS))
    assert "no price is known for `simulated-desk`; give it in gepa.toml" in text(outcome)
    assert made(project) == sorted(TASKS[:1])


def test_a_run_that_raised_fails(inside: Inside, pytester: pytest.Pytester) -> None:
    """Its own test fails with the fault, whatever the body says; the suite counts it."""
    project = write(pytester.path, "break SO-7")
    gate(
        pytester,
        '@mark("gepa.toml", tasks="test-6")\ndef test_each(agent_run): agent_run.assert_not_called("refund")',
        '@mark("gepa.toml")\ndef test_suite(agent_suite): assert agent_suite.evaluation.faults == 1',
        '@mark("gepa.toml", tasks="test-6")\ndef test_all_broken(): pass',
    )
    outcome = inside()
    outcome.assert_outcomes(passed=1, failed=1, errors=1)
    assert "failed (agent): RuntimeError: the till is closed" in text(outcome)
    assert "all 1 rollouts of gepa.toml, the agent as it stands, test failed" in text(outcome)
    assert len(made(project)) == len(TASKS) + 1


def test_what_stops_a_suite_stops_it_for_all(inside: Inside, pytester: pytest.Pytester) -> None:
    """A metric that raises is an error of every test on the suite, and is paid for once."""
    project = write(pytester.path, unjudged=True)
    gate(
        pytester,
        '@mark("gepa.toml")\ndef test_each(agent_run): pass',
        '@mark("gepa.toml")\ndef test_suite(agent_suite): pass',
    )
    outcome = inside()
    outcome.assert_outcomes(errors=len(TASKS) + 1)
    assert "ZeroDivisionError: on purpose" in text(outcome)
    assert made(project) == [TASKS[0]]


MISTAKES = {
    '@mark("gep.toml")': "there is no file gep.toml in ",
    '@mark("gepa.toml", candidate="x.yaml")': "there is no file x.yaml in ",
    '@mark("gepa.toml", minimum=1)': "has no minimum; it has file, candidate, split, tasks",
    '@mark("gepa.toml", "good.yaml")': "takes the file and then names",
    "@mark()": "names no file",
    '@mark("gepa.toml", repeats=0)': "repeats should be 1 or more",
    '@mark("gepa.toml", min_score="high")': "min_score should be a number",
    '@mark("gepa.toml", max_usd=0)': "max_usd should be greater than 0",
    '@mark("gepa.toml", split="dev")': "split should be one of train, val, test",
    '@mark("gepa.toml", tasks="x-*")': "no task of test is named x-*; there are test-0",
    '@mark("gepa.toml", tasks=3)': "tasks should be a pattern",
    "@mark(3)": "file should be a path",
    "": "mark it: @pytest.mark.agent_suite(",
}


@pytest.mark.parametrize("fixture", ["agent_suite", "agent_run"])
def test_a_mistake_is_one_sentence(inside: Inside, pytester: pytest.Pytester, project: Path, fixture: str) -> None:
    """What can't be used is named with the way out, without a traceback of ours, and nothing is run."""
    for number, mark in enumerate(MISTAKES):
        test = f"import pytest\nmark = pytest.mark.agent_suite\n\n{mark}\ndef test({fixture}): pass"
        pytester.makepyfile(**{f"test_{number}": test})
    outcome = inside("--continue-on-collection-errors")
    outcome.assert_outcomes(errors=len(MISTAKES))
    printed = text(outcome)
    for said in MISTAKES.values():
        assert said in printed
    assert "Traceback" not in printed
    assert "plugin.py" not in printed
    assert made(project) == []


def test_two_projects_are_not_mixed_up(inside: Inside, pytester: pytest.Pytester) -> None:
    """A module that another project has taken the name of is an error, not the other project's agent."""
    for name in ("one", "two"):
        (pytester.path / name).mkdir()
        write(pytester.path / name)
    gate(pytester, '@mark("one/gepa.toml")\ndef test_1(): pass', '@mark("two/gepa.toml")\ndef test_2(): pass')
    outcome = inside()
    outcome.assert_outcomes(passed=1, errors=1)
    assert "another module `desk_agent` is loaded already, from" in text(outcome)


def test_secrets_stay_out_of_the_log(inside: Inside, pytester: pytest.Pytester, project: Path) -> None:
    """Messages mask what the settings mask; the assertions see the real thing."""
    gate(
        pytester,
        '@mark("gepa.toml", candidate="good.yaml", tasks="test-0")\n'
        "def test_mail(agent_run):\n"
        "    (found,) = [step.result for step in agent_run.trajectory.tools() if step.tool == 'find_order']\n"
        "    assert '@' in found\n"
        "    agent_run.assert_called('lookup')",
    )
    said = text(inside())
    assert "lookup was not called" in said
    assert "find_order answered: SO-1 of [email 1] cost 12 EUR" in said
    assert "ada@lovelace.net" not in said


def test_a_suite_without_gates_is_not_disturbed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours is imported but the plugin, and nothing is printed, with warnings as errors."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others' plugins import what they like
    pytester.makepyfile(
        "import sys\n"
        "def test_it():\n"
        "    loaded = {name.split('.')[0] for name in sys.modules}\n"
        "    assert 'gepa_agents_pytest' in loaded\n"
        "    assert not loaded & {'gepa_agents', 'langgraph', 'litellm', 'pydantic', 'opentelemetry', 'filelock'}\n"
    )
    outcome = pytester.runpytest_subprocess("-p", "gepa_agents_pytest.plugin", *STRICT)
    outcome.assert_outcomes(passed=1)
    assert "agent suites" not in text(outcome)


def test_pytest_finds_the_plugin() -> None:
    """The distribution offers it as an entry point."""
    assert [one.value for one in entry_points(group="pytest11", name="gepa_agents")] == ["gepa_agents_pytest.plugin"]
