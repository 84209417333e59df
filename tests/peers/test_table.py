"""The table in benchmarks/peers.md says what the tests beside it do."""

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE.parents[1] / "benchmarks" / "peers.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<theirs>`test_.*?) \| (?P<shared>yes|partly|no) \| (?P<ours>.+?) \|$", re.MULTILINE)


def rows(*shared: str) -> list[str]:
    """Their tests in the table under these verdicts."""
    named = (re.findall(r"`(test_\w+)`", row["theirs"]) for row in ROW.finditer(TABLE) if row["shared"] in shared)
    return [name for names in named for name in names]


def answered() -> set[str]:
    """Their tests that the docstrings of ours name."""
    found: set[str] = set()
    for path in HERE.glob("test_*.py"):
        for told in re.findall(r"(?:Answers to|Differs from) (.*?)\"\"\"", path.read_text(encoding="utf-8"), re.DOTALL):
            found.update(re.findall(r"\btest_\w+(?!\.py|\w)", told))
    return found


def test_every_row_is_read():
    """A row that is not of the table's form would be counted by nobody."""
    lines = [line for line in TABLE.splitlines() if line.startswith("| `test_")]
    assert len(list(ROW.finditer(TABLE))) == len(lines)


def test_no_test_stands_twice():
    """Each of theirs has one verdict."""
    named = rows("yes", "partly", "no")
    assert sorted(named) == sorted(set(named))


def test_what_is_shared_is_tested():
    """A yes stands on a test of ours that names theirs; every test that ours name is in the table, and not as a no."""
    assert set(rows("yes")) <= answered()
    assert answered() <= set(rows("yes", "partly"))


def test_the_numbers_are_right():
    """The page's own sums are those of its rows."""
    told = re.search(r"Of the (\d+) tests .*? (\d+) ask .*? (\d+) ask .*? (\d+) concern", TABLE, re.DOTALL)
    assert told
    counts = [len(rows(verdict)) for verdict in ("yes", "partly", "no")]
    assert [int(number) for number in told.groups()] == [sum(counts), *counts]
