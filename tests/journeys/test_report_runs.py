"""Reports of runs of every kind in a real browser: reviewed, with objectives, unbeaten, priced, broken off, large."""

import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from gepa_agents_langgraph import wrap
from gepa_agents_report import report
from langgraph.graph import END, START, StateGraph

from gepa_agents import Candidate, History
from gepa_agents.words.component import Anatomy
from tests import report_runs
from tests.report_reader import Reader, chromium
from tests.report_run import OWN, written


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[[Path], Reader]]:
    """Opens the report of a run folder; nothing may go wrong, and nothing but the file is asked for."""
    readers: list[Reader] = []

    def open_(folder: Path) -> Reader:
        file = tmp_path / "report.html"
        file.write_text(report(folder), encoding="utf-8")
        readers.append(Reader(browser, file.as_uri()))
        return readers[-1]

    yield open_
    for reader in readers:
        assert reader.wrong == []
        assert [asked for asked in reader.asked if not asked.startswith(("data:", "file:"))] == []
        reader.close()


def test_a_reviewers_refusal_is_told(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """A proposal that a person refused stands among the rejected ones with that reason, and the reflections say it."""
    report_runs.reviewed(tmp_path / "run")
    reader = opened(tmp_path / "run")
    reader.page.locator("#rejected").check()
    assert "refused in review" in reader.said("#part-family")
    reader.page.locator("#part-reflections summary", has_text="refused in review").first.click()
    assert "too vague for us" in reader.said("#part-reflections")


def test_several_objectives_can_be_plotted(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """The metric's own objectives can be put on both axes; the table has each candidate."""
    report_runs.objectives(tmp_path / "run")
    reader = opened(tmp_path / "run")
    for axis, wanted in (("x", "brevity"), ("y", "rules")):
        reader.page.locator(f"#plot-{axis}").select_option(wanted)
    reader.page.locator("#part-plot summary").click()
    assert reader.page.locator("#part-plot tbody tr").count() == reader.page.locator("#part-family li").count() > 1
    assert reader.page.locator("#part-plot thead th").all_inner_texts()[1:3] == ["brevity", "rules"]


def test_points_that_lie_on_each_other_can_all_be_reached(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """A click where several candidates lie asks which; each of them can be chosen."""
    reader = opened(written(tmp_path / "run", candidates=4))
    reader.page.locator("#plot-x").select_option("politeness")
    reader.page.locator("#plot-y").select_option("politeness")
    reader.until("Chart.getChart('chart-plot')?.options.scales.x.title.text === 'politeness'")
    reader.page.locator("#chart-plot").scroll_into_view_if_needed()
    place = reader.page.evaluate(
        "(({x, y}) => ({x, y}))(Chart.getChart('chart-plot').getDatasetMeta(0).data[0].getProps(['x', 'y'], true))"
    )
    reader.page.locator("#chart-plot").click(position=place)
    reader.page.locator("#near").wait_for()
    assert reader.page.locator("#near button").count() == 4
    reader.page.locator("#near button", has_text="#2").click()
    assert "#2" in reader.said("#shown")


def test_each_new_sentence_names_the_tasks_that_it_served(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """Below a new sentence stand the candidate that brought it and exactly the tasks whose feedback named it."""
    report_runs.objectives(tmp_path / "run")
    reader = opened(tmp_path / "run")
    with History.open(tmp_path / "run") as run:
        result = run.finished()
        first = next(one for one in result.candidates if "R6" in one.config.texts.get("planner.system", ""))
        tuned = {rollout.task for rollout in run.rollouts(result.best.candidate.id)}
        lacked = {
            rollout.task
            for rollout in run.rollouts(Candidate({}).id)
            if rollout.score and "Follow rule R6." in rollout.score.by_component.values()
        }
    row = reader.page.locator("#part-configuration ins", has_text="Follow rule R6.")
    beside = row.locator("xpath=following-sibling::*[1]")
    assert f"came with #{first.number}" in beside.inner_text()
    if beside.locator("summary").count():
        beside.locator("summary").click()
    brought, *served = beside.locator("button").all()
    assert {one.inner_text() for one in served} == lacked & tuned
    brought.click()
    reader.page.locator("#part-reflections details[open] pre").first.wait_for()
    assert "Follow rule R6." in reader.said("#part-reflections details[open]")
    task = served[0].inner_text()
    served[0].click()
    assert f"Task {task}" == reader.said("#pair")
    assert "Follow rule R6." in reader.said(".pair section")


def test_a_new_line_break_is_no_change(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """Texts are compared by sentences: what was only moved to a line of its own is neither gone nor new."""
    reader = opened(written(tmp_path / "run"))
    assert reader.page.locator("#part-configuration del").count() == 0
    kept = reader.page.locator("#part-configuration .diff > span").all_inner_texts()
    assert kept == ["Answer the question.", "Be brief."]


def test_an_unbeaten_agent_is_told_so(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """Where nothing beat the baseline the verdict says to keep it, and no figure is called tuned."""
    report_runs.unbeaten(tmp_path / "run")
    reader = opened(tmp_path / "run")
    assert reader.said("h1") == "Nothing beat the agent as it stands"
    assert "tuned" not in reader.said(".figures").replace("tuned on", "")
    assert "No text is changed" in reader.said("#part-agent")


def test_prices_that_are_known_are_told_in_dollars(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """Cost, learning curve and ledger are in dollars; calls without a price make them a lower bound."""
    report_runs.paid(tmp_path / "run")
    reader = opened(tmp_path / "run")
    assert "Cost of the search: $0." in reader.said("#sentence")
    assert "Against money" in reader.said("#part-learning")
    assert "$0." in reader.said("#part-ledger tbody tr >> nth=-1")


def test_a_search_that_broke_off_says_why(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """When the reflection model stops answering, the report of what there is names the reason."""
    report_runs.stopped(tmp_path / "run")
    reader = opened(tmp_path / "run")
    assert "the provider is gone" in reader.said("header") + reader.said(".figures")


def test_a_graph_of_ten_nodes_is_drawn_without_overlaps(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    """Branches, a loop, a subgraph: every node has a box of its own, none lies on another, and no edge crosses one."""
    graph = _ten()
    built = wrap(graph).anatomy([])
    anatomy = Anatomy(nodes=built.nodes, edges=built.edges, components=(OWN,))
    reader = opened(written(tmp_path / "run", anatomy=anatomy))
    boxes = reader.page.evaluate(
        "[...document.querySelectorAll('#part-agent svg g rect')].map((one) => one.getBBox())"
        ".map(({x, y, width, height}) => [x, y, x + width, y + height])"
    )
    assert len(boxes) == len(built.nodes) + 2 >= 12
    for at, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top
    crossed = reader.page.evaluate(
        """(boxes) => [...document.querySelectorAll('#part-agent svg > path')].some((path) =>
        [...Array(200).keys()].some((at) => { const {x, y} = path.getPointAtLength(path.getTotalLength() * at / 199);
        return boxes.some(([l, t, r, b]) => x > l + 2 && x < r - 2 && y > t + 2 && y < b - 2); }))""",
        boxes,
    )
    assert not crossed
    assert reader.page.locator("#part-agent svg > path").count() == len(built.edges)
    assert "1 of 1 text changed" in (reader.page.locator("#part-agent svg .changed").text_content() or "")


class Said(TypedDict):
    """What the nodes pass on."""

    said: Annotated[list[str], operator.add]


def _ten() -> Any:
    """A graph of ten nodes, one of which is a subgraph."""

    def nothing(_state: Said) -> Said:
        return {"said": []}

    inner = StateGraph(Said)
    inner.add_node("look", nothing)
    inner.add_node("read", nothing)
    inner.add_edge(START, "look")
    inner.add_edge("look", "read")
    inner.add_edge("read", END)
    graph = StateGraph(Said)
    for name in ("triage", "plan", "search", "code", "check", "writer", "review"):
        graph.add_node(name, nothing)
    graph.add_node("research", inner.compile())
    graph.add_edge(START, "triage")
    graph.add_conditional_edges("triage", lambda _state: "plan", ["plan", "writer"])
    for name in ("search", "code", "research"):
        graph.add_edge("plan", name)
        graph.add_edge(name, "check")
    graph.add_conditional_edges("check", lambda _state: "writer", ["plan", "writer"])
    graph.add_edge("writer", "review")
    graph.add_conditional_edges("review", lambda _state: END, ["writer", END])
    return graph.compile()
