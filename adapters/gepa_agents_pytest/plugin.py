"""The plugin: a mark, two fixtures, and a verdict after the test. Everything of ours is imported when a mark is met.

A suite that can't be evaluated is an error of the test's set-up; an agent that is not good enough is a failure of the
test itself. pytest from 7.0 on loads this, also for suites that do not use it, so importing it needs no newer name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gepa_agents_pytest.gate import EXAMPLE, MARK, Gate, GateError, gate

if TYPE_CHECKING:
    from gepa_agents.testing.trajectory import AgentRun
    from gepa_agents_pytest.report import Property
    from gepa_agents_pytest.result import SuiteRun
    from gepa_agents_pytest.suites import Suites

SUITE, RUN = "agent_suite", "agent_run"
"""The fixtures."""
FAILURE = pytest.StashKey[str | None]()
"""Why the marked test does not pass, whatever its body says."""
STEPS = pytest.StashKey["AgentRun"]()
"""The run to show where the test's body fails."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, so that `--strict-markers` knows it."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(file, candidate=None, split='test', tasks='*', repeats=1, min_score=None, max_usd=None): evaluate an "
        "agent on the tasks of a gepa.toml; the fixture `agent_suite` is the whole suite, with `agent_run` the test "
        "runs once for each task",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test that asks for neither fixture is about the suite."""
    names = getattr(item, "fixturenames", None)
    if names is not None and item.get_closest_marker(MARK) and not {SUITE, RUN} & set(names):
        names.append(SUITE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each task and repeat, where `agent_run` is asked for."""
    if RUN not in metafunc.fixturenames or metafunc.definition.get_closest_marker(MARK) is None:
        return
    with _clear(pytest.Collector.CollectError):
        wanted = _wanted(metafunc.definition)
        from gepa_agents_pytest.suites import tasks

        pairs = [(task.id, repeat) for task in tasks(wanted) for repeat in range(wanted.repeats)]
    ids = [f"{task}-{repeat}" if wanted.repeats > 1 else task for task, repeat in pairs]
    metafunc.parametrize(RUN, pairs, indirect=True, ids=ids)


@pytest.fixture(scope="session")
def _agent_suites(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> "Iterator[Suites]":
    from gepa_agents_pytest.suites import Suites

    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # a worker of pytest-xdist has a folder below the session's
        folder = folder.parent
    suites = Suites(folder / "agent-suites")
    yield suites
    suites.close()


@pytest.fixture
def agent_suite(request: pytest.FixtureRequest, _agent_suites: "Suites") -> "SuiteRun":
    """The suite that the mark names, evaluated: `score`, `evaluation`, `runs`."""
    from gepa_agents_pytest import report

    with _clear(pytest.fail.Exception):
        wanted = _wanted(request.node)
        suite = _agent_suites.suite(wanted)
    _keep(request.node, report.suite_properties(suite), report.suite_failure(suite, wanted))
    return suite


@pytest.fixture
def agent_run(request: pytest.FixtureRequest, _agent_suites: "Suites") -> "AgentRun":
    """One run of the agent, on one task; the test runs once for each. Has `assert_called` and the like."""
    from gepa_agents_pytest import report

    with _clear(pytest.fail.Exception):
        wanted = _wanted(request.node)
        task, repeat = request.param
        run = _agent_suites.run(wanted, task, repeat)
    _keep(request.node, report.run_properties(run), report.run_failure(run, wanted))
    request.node.stash[STEPS] = run
    return run


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """The verdict, after a body that passed: the test passes only if its suite does."""
    failure = item.stash.get(FAILURE, None)
    if failure is not None:
        pytest.fail(failure, pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """What a body that failed does not say itself: the verdict, or else the steps."""
    error = call.excinfo.value if call.excinfo is not None and call.when == "call" else None
    failure, run = item.stash.get(FAILURE, None), item.stash.get(STEPS, None)
    if error is not None and not isinstance(error, pytest.skip.Exception):
        if failure is not None and failure != str(error):
            item.add_report_section("call", "verdict", failure)
        elif failure is None and run is not None and (told := run.told()) not in str(error):
            item.add_report_section("call", "steps", told)
    yield


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """A line for each suite, passed or not."""
    reports = [one for found in terminalreporter.stats.values() for one in found if getattr(one, "when", "") == "call"]
    suites = [(one.nodeid, dict(one.user_properties)) for one in reports]
    suites = [(name, properties) for name, properties in suites if MARK in properties]
    if suites:
        from gepa_agents_pytest.report import summary

        terminalreporter.section("agent suites", sep="-")
        for name, properties in suites:
            terminalreporter.write_line(f"{name}: {summary(properties)}")


def _wanted(node: pytest.Item) -> Gate:
    found = gate(node, node.config.rootpath)
    if found is None:
        raise GateError(f"{node.name} asks for an agent's run and names none; mark it: {EXAMPLE}")
    return found


def _keep(item: pytest.Item, properties: "list[Property]", failure: str | None) -> None:
    item.user_properties += properties
    item.stash[FAILURE] = failure


@contextmanager
def _clear(kind: type[BaseException]) -> Iterator[None]:
    """What a user got wrong, and what stopped the suite, is one message without our frames."""
    try:
        yield
    except GateError as error:
        raise _plain(kind, str(error)) from None
    except Exception as error:
        from gepa_agents import GepaError

        if isinstance(error, GepaError):
            raise _plain(kind, str(error)) from None
        raise


def _plain(kind: type[BaseException], message: str) -> BaseException:
    return pytest.fail.Exception(message, pytrace=False) if kind is pytest.fail.Exception else kind(message)
