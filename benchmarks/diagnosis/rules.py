"""Labels that need no reading: what calls and answers of a recorded run say by themselves.

Written from the definition of a fault and on the raw records, without the code of the checks.
"""

import json
from collections import Counter
from collections.abc import Sequence

from gepa_agents.words.frozen import JsonValue

LOOP, LONGEST = 4, 3
"""So many times in a row, a round of at most so many calls, is a loop."""

Made = tuple[str, JsonValue, str]
"""A call: the tool, its arguments, what it answered."""


def labels(made: Sequence[Made], replies: Sequence[str]) -> dict[str, bool]:
    """What the calls of one agent, and its replies without calls, show."""
    keys = [(tool, json.dumps(arguments, sort_keys=True), answer) for tool, arguments, answer in made]
    exact = {
        "repeated_call": any(times > 1 for times in Counter(keys).values()),
        "endless_loop": any(_rounds(keys, length) for length in range(1, LONGEST + 1)),
        "empty_reply": any(not reply.strip() for reply in replies),
        "back_and_forth": False,  # there is one agent, and nobody to hand over to
    }
    return {**exact, "no_tool": False} if made else exact


def _rounds(keys: Sequence[object], length: int) -> bool:
    """Whether a round of so many calls was made often enough in a row, anywhere."""
    same = 0
    for earlier, later in zip(keys, keys[length:], strict=False):
        same = same + 1 if earlier == later else 0
        if same >= length * (LOOP - 1):
            return True
    return False
