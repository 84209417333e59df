"""The report of a run: what it says, that it is one page which fetches nothing, and that hostile texts stay texts."""

import base64
import gzip
import hashlib
import json
import random
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from gepa_agents_cli.app import app
from gepa_agents_cli.documents import Reported
from gepa_agents_report import report
from gepa_agents_report.content import Content
from gepa_agents_report.gathering import gather
from gepa_agents_report.page import CHART, CHART_SHA256, CHART_VERSION
from gepa_agents_report.room import Room, Texts, cut
from typer.testing import CliRunner

from gepa_agents import Budget, History, JournalError, Settings, optimize
from gepa_agents.parts.runs.journal import Journal
from tests.landscape import Landscape, metric, reflect, suite
from tests.report_run import HOSTILE, SCRIPT, written

LIMIT = 3_000_000


class Page(HTMLParser):
    """What a parser makes of a page: its elements, and the texts of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.inside.append((self.elements[-1][0] if self.elements else "", data))

    def held(self, tag: str) -> list[str]:
        """The texts in the elements of a kind."""
        return [text for kind, text in self.inside if kind == tag and text.strip()]

    @property
    def content(self) -> Content:
        """What the page's script reads."""
        packed = next(json.loads(text) for text in self.held("script") if text.startswith('"'))
        return Content.model_validate_json(gzip.decompress(base64.b64decode(packed)))


def gathered(folder: Path, room: int | None = None) -> Content:
    with History.open(folder) as run:
        return gather(run) if room is None else gather(run, room)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real optimization."""
    folder = tmp_path_factory.mktemp("searched")
    settings = Settings(seed=1)
    optimize(
        Landscape(),
        suite(),
        metric=metric,
        reflection_lm=reflect,
        budget=Budget(rollouts=200),
        settings=settings,
        run=folder,
    )
    return folder


def test_a_report_says_what_the_run_came_to(searched: Path) -> None:
    """Verdict, candidates, decisions, ledger and settings are those of the run folder."""
    content = Page(report(searched)).content
    with History.open(searched) as run:
        result, decisions = run.finished(), list(run.decisions())
        about = run.about
    assert about is not None
    assert content.verdict.test == result.test
    assert content.verdict.expected == result.choice.expected
    assert [one.id for one in content.candidates] == [one.config.candidate.id for one in result.candidates]
    assert [one.rollouts for one in content.decisions] == [one.rollouts for one in decisions]
    assert content.rollouts == result.spent.rollouts
    assert content.settings == about.settings
    assert content.suite == suite().fingerprint
    assert len(content.reflections) == result.spent.reflections


def test_scores_are_marked_where_they_are_taken_over(searched: Path) -> None:
    """A score is marked as known exactly where the result says that the candidate was run on the val task."""
    content = gathered(searched)
    with History.open(searched) as run:
        candidates = run.finished().candidates
    for one, marks, scores in zip(candidates, content.marks, content.scores, strict=True):
        for at in range(len(one.val)):
            assert (marks[at] == "k") == (at in one.known)
            if marks[at] == "i":
                assert scores[at] == round(one.val[at], 4)


def test_every_flip_comes_with_both_trajectories(searched: Path) -> None:
    """Each task that scored otherwise with the tuned candidate can be read from both sides, step by step."""
    content = gathered(searched)
    before, after = content.scores[0], content.scores[content.chosen]
    flips = [
        at
        for at, mark in enumerate(content.marks[content.chosen])
        if mark == "k" and content.marks[0][at] == "k" and before[at] != after[at]
    ]
    assert flips
    for at in flips:
        left, right = (content.trajectories[f"{number}/{at}"] for number in (0, content.chosen))
        assert left.steps
        assert left.score != right.score


@pytest.mark.parametrize(("low", "headline"), [(0.05, "The tuned agent is better"), (-0.05, "No significant gain")])
def test_no_gain_is_called_no_gain(tmp_path: Path, low: float, headline: str) -> None:
    """An interval that holds zero is no significant gain, in the heading and in the title."""
    page = Page(report(written(tmp_path, low=low)))
    assert page.held("h1") == [headline]
    assert headline in page.held("title")[0]


def test_an_unfinished_run_says_so(tmp_path: Path) -> None:
    """Without a result the report holds what was decided so far, and claims nothing."""
    content = gathered(written(tmp_path, finished=False))
    assert content.verdict.headline == "Not finished"
    assert not content.finished
    assert len(content.candidates) == 4
    assert content.chosen == 3
    assert content.candidates[3].parents == (2, 0)
    assert content.verdict.test is None


def test_before_the_first_decision_there_is_a_report(tmp_path: Path) -> None:
    """A run whose baseline is still under way has a page that says so."""
    with Journal(tmp_path, {}):
        page = Page(report(tmp_path))
    assert page.held("h1") == ["Just begun"]
    assert page.content.candidates == ()


def test_a_merge_in_an_unfinished_run_has_the_texts_of_both_parents(searched: Path) -> None:
    """The texts of each candidate as told from the decisions alone are those that the result gives."""
    from gepa_agents_report import search

    texts = Texts()
    with History.open(searched) as run:
        decided, result = list(run.decisions()), run.finished()
    so_far = search.candidates(decided, None, texts)
    known = texts.all()
    assert [{name: known[at] for name, at in one.texts.items()} for one in so_far] == [
        one.config.texts for one in result.candidates
    ]


def test_the_page_fetches_nothing_and_runs_only_its_own_script(tmp_path: Path) -> None:
    """No element names another file, and the policy allows the page's scripts and style by their hashes alone."""
    page = Page(report(written(tmp_path)))
    policy = next(
        attributes["content"] for tag, attributes in page.elements if attributes.get("http-equiv") and tag == "meta"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    for text in [*(script for script in page.held("script") if not script.startswith('"')), *page.held("style")]:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    named = {value for _, attributes in page.elements for key, value in attributes.items() if key in ("src", "href")}
    assert {value for value in named if value is not None and not value.startswith("#")} == {"data:,"}


def test_hostile_texts_are_no_markup(tmp_path: Path) -> None:
    """Whatever agent, tasks, tools and models say, the page has the same elements as with harmless texts."""
    harmless = Page(report(written(tmp_path / "a")))
    page = report(written(tmp_path / "b", says=lambda number, name: f"{HOSTILE} {number} {name}"))
    hostile = Page(page)
    assert hostile.elements == harmless.elements
    assert SCRIPT not in page
    assert any(HOSTILE in text for text in hostile.content.texts)


def noise(number: int, name: str) -> str:
    """Three thousand characters that no compression makes smaller, in everything that a run holds."""
    return f"{number} {name} " + base64.b64encode(random.Random(f"{number}/{name}").randbytes(2200)).decode()


def test_incompressible_texts_are_cut_until_they_fit(tmp_path: Path) -> None:
    """100 candidates by 200 tasks stay under 3 MB even where every text is noise; the page says what is cut."""
    page = report(written(tmp_path, candidates=100, val=120, test=79, known=2, says=noise))
    assert len(page.encode()) < LIMIT
    content = Page(page).content
    assert "the middle is left out" in content.left_out[0]
    assert content.trajectories
    assert content.reflections


def test_a_large_run_is_a_small_file(tmp_path: Path) -> None:
    """100 candidates by 200 tasks stay under 3 MB; flips have gone in first, and what is left out is said."""
    folder = written(tmp_path, candidates=100, val=120, test=79, known=6)
    page = report(folder)
    assert len(page.encode()) < LIMIT
    content = Page(page).content
    assert len(content.candidates) == 100
    assert len(content.tasks) == 200
    assert {f"{number}/{at}" for at in range(199) for number in (0, 99)} <= set(content.trajectories)


def test_what_has_no_room_is_left_out_and_said(tmp_path: Path) -> None:
    """With little room the first trajectories are those of the largest flips, and a sentence counts the others."""
    folder = written(tmp_path, candidates=5, val=40, test=40)
    content = gathered(folder, room=90_000)
    assert 0 < len(content.trajectories) < 160
    assert any("trajectories are left out" in sentence for sentence in content.left_out)
    assert not gathered(folder).left_out


def test_megabytes_are_cut_in_the_middle(tmp_path: Path) -> None:
    """A text of megabytes keeps its beginning and its end, and says how much is missing."""

    def megabyte(number: int, name: str) -> str:
        return f"begin {number} {name} " + "x" * 1_000_000 + " end"

    content = gathered(written(tmp_path, candidates=2, val=1, test=1, says=megabyte))
    assert max(map(len, content.texts)) < 21_000
    assert any(text.startswith("Found: begin") and text.endswith(" end") for text in content.texts)
    assert "1,000 characters left out" in cut("y" * 3_000, 2_000)


def test_a_lone_surrogate_can_be_written() -> None:
    """Half of a character, as cut-off output has it, becomes the sign for what can't be read."""
    texts = Texts()
    texts.add("\ud800!")
    assert texts.all() == ("\ufffd!",)
    assert Room(1000).take(texts.since(0))


def test_the_chart_library_is_the_one_that_is_named() -> None:
    """Version, hash and licence of the bundled Chart.js are as stated."""
    folder = files("gepa_agents_report")
    library = folder.joinpath(CHART).read_bytes()
    assert hashlib.sha256(library).hexdigest() == CHART_SHA256
    assert f"Chart.js v{CHART_VERSION}".encode() in library[:200]
    assert "MIT License" in folder.joinpath("chart/LICENSE.md").read_text(encoding="utf-8")


def test_our_own_script_is_small_and_never_writes_markup() -> None:
    """Text reaches the page as text nodes only: nothing in our script makes markup of it."""
    scripts = [one for one in files("gepa_agents_report").joinpath("page").iterdir() if one.name.endswith(".js")]
    together = "\n".join(one.read_text(encoding="utf-8") for one in scripts)
    assert len(together) < 60_000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", together)


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    """`report RUN` writes one file and says where; with `--json`, as a record; a folder without a run is an error."""
    folder = written(tmp_path / "run")
    file = tmp_path / "out" / "report.html"
    outcome = CliRunner().invoke(app, ["report", str(folder), "--output", str(file), "--json"], catch_exceptions=False)
    assert outcome.exit_code == 0
    assert Reported.model_validate_json(outcome.stdout).size == file.stat().st_size
    failed = CliRunner().invoke(app, ["report", str(tmp_path), "-o", str(file)])
    assert failed.exit_code == 6
    assert "holds no run" in failed.stderr
    assert CliRunner().invoke(app, ["report", str(folder), "-o", str(tmp_path)]).exit_code == 2


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    """Nothing is made up where there is no run."""
    with pytest.raises(JournalError, match="holds no run"):
        report(tmp_path)
