"""The benchmark of our own bookkeeping runs the engine as it is."""

from pathlib import Path

from benchmarks.bookkeeping.ours import measure


async def test_it_takes_the_time_of_both_kinds_of_iterations(tmp_path: Path) -> None:
    """A small cell has a pool of its size, and figures for what was accepted and what was not."""
    cell = await measure(5, 12, "binary", tmp_path, 4)
    assert cell.accepted > 0
    assert cell.rejected > 0
    assert cell.written > 0
