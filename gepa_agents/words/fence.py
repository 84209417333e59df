"""Fences around text that is data: what stands inside can't end its fence."""

import re

RUNS = re.compile("`+")


def fenced(text: str) -> str:
    """The text between lines of backticks, more of them than any run of backticks in it (CommonMark, fenced code)."""
    longest = max(map(len, RUNS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
