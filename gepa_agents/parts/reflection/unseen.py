"""Characters that nobody sees: they smuggle words past a reader, and split words that a guard would know.

Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt, version 15), the blank sign of Braille,
marks of annotation, controls and halves of characters. Some of them belong to ordinary writing in their place: joiners
in emoji, Persian and the scripts of India, variation selectors behind emoji and Chinese characters.
"""

import re
import unicodedata

_IGNORED = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
IGNORED = re.compile(f"[{_IGNORED}]")
_FORMATS = r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"
"""The other signs of the category of formats: marks around numbers, and how hieroglyphs are joined."""
_UNSEEN = re.compile(rf"[{_IGNORED}{_FORMATS}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_JOINED = re.compile(
    r"[\u0600-\u10ff\u1200-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
    r"\ufe0f\U0001f3fb-\U0001f3ff]"
)
"""Letters and marks that a joiner may follow, and what may stand between an emoji and its joiner."""
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_OTHER_EMOJI = "ℹ‼⁉〰〽"
_KEYCAP = "\u20e3"


def unseen(text: str) -> list[str]:
    """The characters in `text` that nobody sees and that do not belong where they stand; each once, in order."""
    found = (match for match in _UNSEEN.finditer(text) if not _belongs(text, match.start()))
    return list(dict.fromkeys(match[0] for match in found))


def plain(text: str) -> str:
    """Without such characters, and each sign in its ordinary form (NFKC): `ｆｕｌｌ` is `full`."""
    return unicodedata.normalize("NFKC", IGNORED.sub("", text))


def _belongs(text: str, at: int) -> bool:
    sign, before = text[at], text[at - 1] if at else " "
    emoji = unicodedata.category(before).startswith("S") or before in _OTHER_EMOJI
    if sign in "\u200c\u200d":
        return emoji or _JOINED.match(before) is not None
    if sign in "\ufe0e\ufe0f":
        return emoji or text[at + 1 : at + 2] == _KEYCAP
    if "\ufe00" <= sign <= "\ufe0d" or "\U000e0100" <= sign <= "\U000e01ef":
        return _HAN.match(before) is not None
    return "\u180b" <= sign <= "\u180f" and "\u1800" <= before <= "\u18aa"
