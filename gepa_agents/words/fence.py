"""Fences around text that is data: what stands inside can't end its fence."""


def fenced(text: str) -> str:
    """The text between lines of backticks, more of them than any run of backticks in it (CommonMark, fenced code)."""
    run = longest = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
