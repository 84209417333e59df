"""What a user may wish of a tuned configuration, in a few words: `cheapest within 1 % of best`. Knows words only.

WISH      := WHAT, or WHAT `within` HOW_FAR `of best`
WHAT      := `best` | `best` OBJECTIVE | `cheapest` | `fastest` | `fewest tokens` | `fewest steps`
             | `fewest tool errors` | `shortest prompt`
HOW_FAR   := a share of the best mean score (`1 %`), or an amount of score (`0.02`)
"""

import re
from typing import Self

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import Frozen

SCORE = "score"
CHARACTERS = "characters"
NAMES = {
    "best": SCORE,
    "cheapest": "usd",
    "fastest": "seconds",
    "fewest tokens": "tokens",
    "fewest steps": "steps",
    "fewest tool errors": "tool_errors",
    "shortest prompt": CHARACTERS,
}
"""What can be asked for in words, and the objective that is meant."""

_WISH = re.compile(r"(?P<what>.+?)(?: within (?P<amount>\d+(?:\.\d+)?|\.\d+) ?(?P<percent>%)? ?of best)?")


class Wish(Frozen):
    """Which objective counts, and how much of the score may be given up for it."""

    by: str
    """`score`, `characters`, or an objective's name."""
    within: float | None = None
    """How far the mean score may lie below the best; None: as far as it likes."""
    relative: bool = False
    """Whether `within` is a share of the best (0.01 is 1 %) or an amount of score."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a wish; `ConfigError` says what is understood."""
        found = _WISH.fullmatch(" ".join(text.split()))
        what = found["what"] if found else ""
        by = NAMES.get(what) or what.removeprefix("best ")
        if found is None or (by == what and what not in NAMES) or "within" in by.split():
            raise ConfigError(
                f"`{text}` is no wish; write {', '.join(map('`{}`'.format, NAMES))} or `best` and the name of an "
                "objective, and, if the score matters, `within 1 % of best` or `within 0.02 of best` after it"
            )
        if found["amount"] is None:
            return cls(by=by)
        amount, relative = float(found["amount"]), found["percent"] is not None
        return cls(by=by, within=amount / 100 if relative else amount, relative=relative)

    def floor(self, best: float) -> float:
        """The mean score that will do, where `best` is the best."""
        if self.within is None:
            return float("-inf")
        return (
            best - self.within * (abs(best) if self.relative else 1) - 1e-9 * max(1.0, abs(best))
        )  # means are rounded
