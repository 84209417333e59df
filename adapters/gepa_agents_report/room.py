"""How much still fits into the file, and each text once."""

import re
import zlib

LONGEST = 20_000
"""Characters of a text that are kept; of a longer one the beginning and the end."""
_LONE = re.compile("[\ud800-\udfff]")


class Texts:
    """Texts by position, each kept once and cut where it is very long."""

    def __init__(self, longest: int = LONGEST) -> None:
        """`longest` is how many characters of a text are kept."""
        self._longest = longest
        self._positions = dict[str, int]()
        self._texts = list[str]()

    def add(self, text: str) -> int:
        """The position of a text."""
        kept = self.shortened(text)
        position = self._positions.setdefault(kept, len(self._texts))
        if position == len(self._texts):
            self._texts.append(kept)
        return position

    def shortened(self, text: str, longest: int = LONGEST) -> str:
        """The text as it is kept, not added; at most `longest` characters of it."""
        return cut(_LONE.sub("\ufffd", text), min(longest, self._longest))

    def all(self) -> tuple[str, ...]:
        """The texts in the order of their positions."""
        return tuple(self._texts)

    def since(self, position: int) -> str:
        """What was added from a position on, together."""
        return "\n".join(self._texts[position:])

    def __len__(self) -> int:
        return len(self._texts)

    def drop(self, position: int) -> None:
        """Forget what was added from a position on."""
        for text in self._texts[position:]:
            del self._positions[text]
        del self._texts[position:]


def cut(text: str, longest: int = LONGEST) -> str:
    """The text; of a very long one its beginning and its end, and between them how much is missing."""
    if len(text) <= longest:
        return text
    head, tail = longest * 3 // 4, longest // 4
    return f"{text[:head]}\n\n[… {len(text) - head - tail:,} characters left out …]\n\n{text[-tail:]}"


class Room:
    """Bytes that are left of a file, as they count when all is compressed together and written in base64."""

    def __init__(self, size: int) -> None:
        self.left = size
        self._compressor = zlib.compressobj(6)

    def take(self, text: str) -> bool:
        """Take room for a text; False, and none taken, where there is not enough."""
        trial = self._compressor.copy()
        size = len(trial.compress(text.encode()) + trial.flush(zlib.Z_SYNC_FLUSH)) * 4 // 3
        if size > self.left:
            return False
        self.left -= size
        self._compressor = trial
        return True
