"""A simulated reflection model: a script that can write only what it has read in the evidence of its prompt.

It knows nothing of function calling. It keeps the current text and adds the sentences of the evidence that sound like
rules ("... must ...", "... never ..."), the most frequent first, unless they speak of one task's data.
"""

import re
from collections import Counter

RULE = re.compile(r"\b(must|never)\b", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])|\n+")
SECTION = re.compile(r"^## (?P<heading>[^\n]*)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
AT_ONCE = 3
"""New rules in one proposal."""


def reflect(prompt: str) -> str:
    """The answer to a reflection prompt: a diagnosis, and the new text."""
    current, evidence = section(prompt, "Current text"), section(prompt, "Evidence")
    counted = Counter(sentence for sentence in sentences(evidence) if RULE.search(sentence) and sentence not in current)
    rules = [f"- {rule}" for rule, _ in counted.most_common(AT_ONCE)]
    text = "\n".join([*rules, "", current] if rules else [current, "Be precise."])
    return (
        f"<diagnosis>{len(rules)} rules were broken that the text does not name.</diagnosis>\n<text>\n{text}\n</text>"
    )


def sentences(text: str) -> list[str]:
    """A text's sentences, without the marks around them."""
    return [part.strip(" -*\t") for part in SENTENCE.split(text)]


def section(prompt: str, heading: str) -> str:
    """What stands below a heading, without the fence around it; empty when there is no such heading."""
    for found in SECTION.finditer(prompt):
        if found["heading"].startswith(heading):
            return found["body"].strip().strip("`").strip()
    return ""
