"""The report in a real browser: it draws, clicks and keys work, nothing is fetched, and hostile texts stay texts.

Needs playwright and Chromium; skipped where one is not there.
"""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gepa_agents_report import report, serve

from gepa_agents.parts.runs.journal import Journal
from tests.report_reader import Reader, chromium
from tests.report_run import HOSTILE, OWN, written

WIDTHS = (360, 800, 1400)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


def saved(folder: Path, **options: Any) -> str:
    """The address of a report of a run."""
    file = folder / "report.html"
    file.write_text(report(written(folder / "run", **options)), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved(tmp_path_factory.mktemp("plain"), candidates=7, known=3)


@pytest.fixture
def reader(browser: Any, url: str) -> Iterator[Reader]:
    """Somebody who reads the report of an ordinary run; nothing may go wrong, and nothing but the file is asked for."""
    reader = Reader(browser, url)
    yield reader
    assert reader.wrong == []
    assert [asked for asked in reader.asked if not asked.startswith("data:")] == [url]
    reader.close()


def test_it_draws_every_part(reader: Reader) -> None:
    """The verdict comes first; graph, charts, tree, matrix, flips, reflections, ledger and settings are there."""
    assert reader.said("h1") == "The tuned agent is better"
    heads = reader.page.locator("main h2").all_inner_texts()
    assert heads == [
        "The verdict in figures",
        "The agent",
        "What changed: #6, the tuned agent",
        "Learning",
        "Candidates",
        "Tasks by candidates",
        "Tasks that flipped",
        "Reflections",
        "Ledger",
        "Repeat it",
    ]
    assert reader.page.locator("#part-agent svg rect").count() == 4
    for name in ("rollouts", "usd", "plot"):
        drawn = f"Chart.getChart('chart-{name}').data.datasets.map((set) => set.data.length)"
        reader.until(f"!!(window.Chart && Chart.getChart('chart-{name}'))")
        assert sum(reader.page.evaluate(drawn)) >= 7
    assert reader.page.locator("#part-matrix tbody tr").count() == 6
    assert reader.page.locator("#part-reflections details").count() == 6
    assert reader.page.locator("#part-matrix td.i").count() == 3 * 5
    assert "3.11" in reader.said("#part-repeat")


def test_a_click_on_a_point_shows_that_configuration(reader: Reader) -> None:
    """A point of the plot, and a button in the table beside it, show the configuration that they stand for."""
    reader.until("!!(window.Chart && Chart.getChart('chart-plot'))")
    canvas = reader.page.locator("#chart-plot")
    canvas.scroll_into_view_if_needed()
    x, y, number = reader.page.evaluate(
        "(() => { const chart = Chart.getChart('chart-plot'); const {x, y} = chart.getDatasetMeta(0).data[1];"
        " return [x, y, chart.data.datasets[0].data[1].number]; })()"
    )
    assert f"#{number}" not in reader.said("#shown")
    canvas.click(position={"x": x, "y": y})
    # Chart.js hears a click in the next frame.
    reader.until(f"document.getElementById('shown').textContent.includes('#{number}')")
    assert f"Rule {number}." in reader.said("#part-configuration ins >> nth=-1")
    assert reader.page.evaluate("document.activeElement.id") == "shown"
    reader.page.locator("#part-plot summary").click()
    reader.page.locator("#part-plot table button", has_text="#0").click()
    assert "nothing is changed" in reader.said("#part-configuration")


def test_the_plot_takes_any_two_objectives(reader: Reader) -> None:
    """The metric's own objectives and what a rollout costs can be put on either axis."""
    for axis, wanted in (("x", "usd"), ("y", "politeness")):
        reader.page.locator(f"#plot-{axis}").select_option(wanted)
    reader.until(
        "Chart.getChart('chart-plot')?.options.scales.y.title.text === 'politeness'"
        " && Chart.getChart('chart-plot').options.scales.x.title.text === 'dollars of a rollout'"
    )


def test_a_flip_opens_both_trajectories(reader: Reader) -> None:
    """A task that flipped shows what it asked, and the steps of both sides up to where they part."""
    button = reader.page.locator("#part-flips table button").first
    task = button.inner_text()
    button.click()
    assert task in reader.said("#pair")
    sides = reader.page.locator(".pair section")
    assert sides.count() == 2
    for number, side in enumerate(sides.all()):
        assert side.locator(".steps > li").count() == 2
        assert f"Candidate {number * 6} on {task}" in side.inner_text()
    assert reader.page.get_by_text("from here on they differ").count() == 2


def test_rejected_proposals_are_shown_on_request(reader: Reader) -> None:
    """The tree shows accepted candidates, and rejected proposals when they are asked for."""
    rows = reader.page.locator("#part-family li")
    assert rows.count() == 7
    reader.page.locator("#rejected").check()
    assert rows.count() == 8
    assert "no better on the minibatch" in reader.said("#part-family .out")


def test_everything_is_in_reach_of_the_keyboard(reader: Reader) -> None:
    """Tab goes from the link over the head to every control in turn, and Enter does what a click does."""
    reader.page.keyboard.press("Tab")
    assert "Skip to the report" in reader.page.evaluate("document.activeElement.textContent")
    reader.page.keyboard.press("Enter")
    names = set()
    for _ in range(120):
        reader.page.keyboard.press("Tab")
        names.add(reader.page.evaluate("document.activeElement.id || document.activeElement.textContent.slice(0, 40)"))
    choices = {"plot-x", "plot-y", "configuration-of", "split", "before", "after"}
    assert choices | {"rejected", "only-flipped", "q1"} <= names
    reader.page.locator("#part-flips table button").first.focus()
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "pair"


def test_it_can_be_read_aloud(reader: Reader) -> None:
    """Pictures have a text, controls a name, tables a caption and heads; no level of heading is left out."""
    page = reader.page
    assert (
        page.locator("canvas:not([aria-label]), main > section > div > * > svg[role=img]:not([aria-label])").count()
        == 0
    )
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every((one) => one.caption && one.querySelector('th'))"
    )
    assert page.evaluate(
        "[...document.querySelectorAll('select, input')].every((one) => one.labels.length && one.labels[0].textContent)"
    )
    assert page.evaluate("[...document.querySelectorAll('button')].every((one) => one.textContent.trim())")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_makes_the_page_scroll_sideways(browser: Any, url: str, width: int, scheme: str) -> None:
    """On a phone, a tablet and a desk, light and dark, only regions of their own scroll sideways."""
    reader = Reader(browser, url, viewport={"width": width, "height": 800}, color_scheme=scheme)
    reader.page.locator("#part-flips table button").first.click()
    assert reader.page.evaluate("document.documentElement.scrollWidth") == width
    ink, paper = reader.page.evaluate(
        "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
    )
    bright = [sum(int(part) for part in value[4:-1].split(",")) for value in (ink, paper)]
    assert (bright[0] > bright[1]) == (scheme == "dark")
    assert reader.wrong == []
    reader.close()


def test_hostile_texts_stay_texts(browser: Any, tmp_path: Path) -> None:
    """Markup in whatever agent, tasks, tools and models say is shown letter by letter; what turns text is marked."""
    reader = Reader(browser, saved(tmp_path, says=lambda number, name: f"{name} {number} {HOSTILE}", name=HOSTILE))
    reader.page.locator("#part-flips table button").first.click()
    for summary in reader.page.locator("summary").all():
        summary.click()
    assert reader.page.evaluate("window.hurt") is None
    assert reader.page.locator("main img, main script, main style, main b").count() == 0
    shown = reader.said(".pair")
    assert "<script>window.hurt = 1</script>" in shown
    assert "U+202E" in shown
    assert "\u202e" not in reader.page.evaluate("document.body.innerText")
    assert reader.wrong == []
    assert len([asked for asked in reader.asked if not asked.startswith("data:")]) == 1
    reader.close()


def test_a_long_text_is_cut_with_a_way_to_see_more(browser: Any, tmp_path: Path) -> None:
    """Of a long text the beginning is shown; a button shows the rest, and its name says how much that is."""
    reader = Reader(browser, saved(tmp_path, says=lambda number, name: f"{number} {name} " + "word " * 3000 + "end"))
    reader.page.locator("#part-flips table button").first.click()
    assert "end" not in reader.said(".steps pre >> nth=1")
    reader.page.locator(".steps button", has_text="Show all 15,0").first.click()
    assert reader.said(".steps pre >> nth=1").rstrip().endswith("end")
    reader.close()


def test_a_watched_run_is_updated_in_place(browser: Any, tmp_path: Path) -> None:
    """An empty folder says what to do; the run appears by itself; what is open and looked at stays so to the end."""
    folder = tmp_path / "run"
    server = serve(folder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        reader = Reader(browser, server.url)
        assert reader.said("h1") == "No run yet"
        assert "gepa-agents optimize" in reader.said("#sentence")
        with Journal(folder, {}):
            reader.until("document.getElementById('headline').textContent === 'Just begun'")
        written(folder, finished=False)
        page = reader.page
        reader.until("document.getElementById('headline').textContent === 'Not finished'")
        page.locator("#part-family button").first.click()
        page.locator("#part-reflections summary").first.click()
        page.evaluate("document.getElementById('candidates').scrollIntoView()")
        where = page.evaluate("document.getElementById('candidates').getBoundingClientRect().top")
        written(folder)
        reader.until("document.getElementById('headline').textContent === 'The tuned agent is better'")
        assert abs(page.evaluate("document.getElementById('candidates').getBoundingClientRect().top") - where) < 1
        assert page.locator("#part-reflections details").first.get_attribute("open") is not None
        assert reader.said("#shown") == "The agent as it stands"
        assert OWN.name in reader.said("#part-agent")
        assert reader.wrong == []
        assert all(asked.startswith((server.url, "data:")) for asked in reader.asked)
        reader.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
