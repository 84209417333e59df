"""Laws of a judge's answer, of what it is shown, and of rows: whatever comes, nothing is misread."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from gepa_agents_evaluators.answer import Unreadable, Verdict, read
from gepa_agents_evaluators.transcript import quoted, steps
from hypothesis import given
from hypothesis import strategies as st

from gepa_agents.words.rows import read as read_rows
from tests.rollouts import call, case, ran, said

NAMES = ("correct", "brief")
PIECES = st.sampled_from(
    [
        *(f'<{kind} criterion="{name}">' for kind in ("reason", "score") for name in (*NAMES, "other")),
        *("</reason>", "</score>", "<reason>", "<score>", "4", "0", " 2 ", "5", "-1", "well", "\n", "<scores>"),
    ]
)
WORDS = st.text("ab<>/ \n\"'`", min_size=1).filter(lambda text: "<" not in text and text.strip())
SCORES = st.integers(0, 4)


@given(st.lists(PIECES).map("".join) | st.text())
def test_any_answer_is_a_whole_verdict_or_none(answer: str) -> None:
    """Every criterion has a score on the scale and a reason, or the answer is refused with a sentence."""
    found = read(answer, NAMES, 4)
    if isinstance(found, Unreadable):
        assert found.reason
        return
    assert set(found.scores) == set(found.reasons) == set(NAMES)
    assert all(0 <= score <= 4 for score in found.scores.values())
    assert all(found.reasons.values())


@given(st.permutations(NAMES), SCORES, SCORES, WORDS, st.text("ab \n"))
def test_what_is_written_in_form_is_read_to_the_letter(
    order: list[str], one: int, other: int, reason: str, between: str
) -> None:
    """In whatever order the criteria stand, and whatever prose is around them."""
    scores = dict(zip(NAMES, (one, other), strict=True))
    parts = [
        f'<{kind} criterion="{name}">{said}</{kind}>'
        for name in order
        for kind, said in (("reason", reason), ("score", scores[name]))
    ]
    assert read(between.join(parts), NAMES, 4) == Verdict(scores=scores, reasons=dict.fromkeys(NAMES, reason.strip()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.integers(0, 200))
def test_what_a_judge_is_shown_stays_in_its_fence(value: object, limit: int) -> None:
    """Whatever it is and however short; and it can be sent."""
    written = quoted(value, limit)  # type: ignore[arg-type]
    fence, *_ = written.split("\n", 1)
    assert set(fence) == {"`"}
    assert written.count(fence) == 2
    assert written.endswith(f"\n{fence}")
    written.encode()


@given(st.lists(st.tuples(st.text(max_size=3000), st.text(max_size=3000)), max_size=30), st.integers(500, 20_000))
def test_steps_fit_their_size(texts: list[tuple[str, str]], limit: int) -> None:
    """But for the joints between them, and for a sentence on what is left out."""
    deeds = [
        step
        for one, other in texts
        for step in (said(one, calls=[call("look", {"q": other})]), ran("look", None, other))
    ]
    told = steps(case(*deeds, score=None).rollout, limit)
    assert len(told) <= limit + 2 * 3 * len(texts) + 100


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1)


@given(st.lists(st.lists(CELLS.filter(lambda cell: cell.strip()[:1] not in ("{", "[")), min_size=3, max_size=3)))
def test_a_table_comes_back_as_a_spreadsheet_wrote_it(rows: list[list[str]]) -> None:
    """Whatever stands in the cells: commas, quotes, line ends; and JSON lines hold the same."""
    names = ["a", "b", "c"]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([names, *rows])
    whole = [dict(zip(names, row, strict=True)) for row in rows]
    with TemporaryDirectory() as folder:
        table, lines = Path(folder, "t.csv"), Path(folder, "t.jsonl")
        table.write_text(file.getvalue(), encoding="utf-8", newline="")
        lines.write_text("\n".join(map(json.dumps, whole)), encoding="utf-8")
        assert [row.value for row in read_rows(table)] == [row.value for row in read_rows(lines)] == whole
