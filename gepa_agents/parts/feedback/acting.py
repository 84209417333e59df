"""Which tools act on the world, by their names, and which sentences claim that something was done.

English names and sentences only: in another language nothing is recognised, so nothing is claimed to be wrong.
"""

import re
from collections.abc import Iterator

_ACTS = re.compile(
    r"add|apply|approve|archive|assign|book|buy|cancel|change|charge|clear|close|confirm|"
    r"create|delete|disable|edit|enable|escalate|file|forward|insert|issue|modify|move|open|"
    r"order|pay|place|post|publish|purchase|refund|register|remove|rename|reply|reschedule|"
    r"reserve|reset|schedule|send|set|submit|transfer|update|upgrade|upload|write"
)
_THINGS = re.compile(r"book|charge|file|issue|order|place|post|reply|schedule|transfer")
"""What is done, and also what it is done to: `order_pizza` acts, `order_status` does not."""
_ABOUT = re.compile(r"details?|history|info|information|price|state|status|summary|total")
_HANDS_OVER = re.compile(r"(?:transfer|hand_?off|delegate|route|return)_?(?:back_?)?_?to", re.IGNORECASE)
_READS = re.compile(
    r"calculate|check|compute|count|describe|fetch|find|get|list|load|look|lookup|query|read|retrieve|search|show|view"
)
_WORKS = re.compile(
    r"access|analy[sz]e|begin|call|collect|compose|continue|determine|draft|examine|execute|extract|filter|gather|group|"
    r"identify|inspect|make|obtain|perform|plot|prepare|proceed|request|review|run|see|sort|start|sum|try|use|verify"
)
_DONE = (
    "added|approved|archived|assigned|booked|cancell?ed|changed|charged|closed|created|deleted|escalated|filed|"
    "forwarded|issued|modified|moved|paid|placed|posted|published|purchased|refunded|registered|removed|renamed|"
    "replied|rescheduled|reserved|scheduled|sent|submitted|transferred|updated|upgraded|uploaded"
)
_CLAIM = re.compile(
    rf"(?:\b(?:has|have)\s+(?:now\s+|all\s+)?been\s+(?:successfully\s+)?|"
    rf"\b(?:I|we)(?:\s+have|'ve)\s+(?:now\s+)?(?:successfully\s+)?|\bsuccessfully\s+)({_DONE})\b|"
    rf"\b({_DONE})\s+successfully\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\?|\b(?:if|once|when|after|until|unless|would|should|could|may|might|whether|not|never|no|none|nothing|cannot|"
    r"unable|already|confirm|verify|ensure|make sure|check(?:ing)?|suggest)\b|n't\b",
    re.IGNORECASE,
)
"""What makes a sentence a question, a condition, a denial, an instruction, or a report of how things stood before."""
_TROUBLE = re.compile(
    r"n't\b|\b(?:not|no|cannot|unable|fail\w*|errors?|sorry|apologi\w+|unfortunately|issue|problem|however|instead|"
    r"limit\w*|impossible|invalid|incorrect|wrong|insufficient|unavailable|missing|provide|denied|refused|reject\w*|"
    r"unknown|rather than|another|alternative\w*|mistake|oversight|trouble|difficult\w*)\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"^[^\w\n]*Action:|[\"'](?:action|action_input|tool_name|arguments)[\"']\s*:", re.IGNORECASE | re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def acts(tool: str) -> bool:
    """Whether a tool changes something, as its first telling word has it: `delete_order` does, `get_order` does not."""
    words = _words(tool)
    telling = next((word for word in words if _ACTS.fullmatch(word) or _READS.fullmatch(word)), "")
    if _THINGS.fullmatch(telling) and any(_READS.fullmatch(word) or _ABOUT.fullmatch(word) for word in words):
        return False
    return _ACTS.fullmatch(telling) is not None


def works(text: str) -> bool:
    """Whether a text begins with a verb of what tools do: `search for …`, not `be happy to help`."""
    first = re.match(
        r"(?:now |next |first |then |also |again |quickly |go ahead and |try to |need to )*(\w+)", text.casefold()
    )
    return first is not None and bool(
        _ACTS.fullmatch(first[1]) or _READS.fullmatch(first[1]) or _WORKS.fullmatch(first[1])
    )


def _words(tool: str) -> list[str]:
    return re.split(r"[^a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", tool).casefold())


def hands_over(tool: str) -> bool:
    """Whether calling it passes the task to another agent, as LangGraph's supervisors and swarms name such tools."""
    return _HANDS_OVER.match(tool) is not None


def claims(text: str) -> Iterator[tuple[str, str]]:
    """The sentences that say that something was done, each with its participle: `("… has been sent.", "sent")`."""
    for sentence in sentences(text):
        match = _CLAIM.search(sentence)
        if match is not None and not _OPEN.search(sentence):
            yield sentence, (match[1] or match[2]).casefold()


def reports(text: str, sentence: str, done: str, role: str) -> bool:
    """Whether a message that a model was given says itself that something is `done`, as a state that a `sentence` may
    repeat: in that word or, for what a tool answered, in all the others that tell."""
    if role == "tool":
        said = text.casefold()
        telling = [
            word for word in re.findall(r"[^\W\d_]{4,}", sentence.casefold()) if word not in (done, "have", "been")
        ]
        return done in said or (bool(telling) and all(word in said for word in telling))
    state = rf"\b(?:has been|have been|had been|was|were|is|are|got|already)\s+(?:\w+\s+)?{re.escape(done)}\b"
    return role == "user" and re.search(state, text, re.IGNORECASE) is not None


def admits(text: str) -> bool:
    """Whether a text says, in any way, that something went wrong or is missing."""
    return _TROUBLE.search(text) is not None


def plans(text: str) -> bool:
    """Whether a reply holds a call written as text, so that it was not meant as the last word."""
    return _WRITTEN.search(text) is not None


def sentences(text: str) -> list[str]:
    """The sentences of a text, roughly."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]
