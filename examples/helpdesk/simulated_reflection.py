"""A simulated reflection model: a script that can write only what it has read in the evidence of its prompt.

It knows nothing of the desk, its policies or its simulated chat model. From the evidence it takes sentences that sound
like rules ("... must ...", "always ..."), from a reviewer's words or an error, and adds them to the current text.
Like a model it has bad days: some proposals are useless, some lose a rule, some overstate one.
"""

import hashlib
import re

RULE = re.compile(r"\b(must|always|never|only|should)\b", re.IGNORECASE)
REMARK = re.compile(r"^\W*(?:feedback\W+)?(\w+): (?=\S)", re.IGNORECASE)
"""A reviewer's remark about one part of the agent: `reply: Always ...`."""
ERROR = re.compile(r"^\W*(Noticed: .*failed|Error)\b")
"""What a tool refused, as evidence shows it."""
CONDITION = re.compile(r",? \b(above|when|whenever|if|after|before|more than|over) [^,.:]*", re.IGNORECASE)
CURRENT, EVIDENCE = "## Current text", "## Evidence"
AT_ONCE = 4
"""New rules in one proposal."""


def reflect(prompt: str) -> str:
    """The answer to a reflection prompt: a diagnosis, and the new text."""
    name, current, evidence = _component(prompt), _section(prompt, CURRENT), _section(prompt, EVIDENCE)
    mood = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:2]) % 10
    known = _sentences(current)
    lessons = [lesson for lesson in _lessons(evidence, name) if lesson not in known][:AT_ONCE]
    if not lessons or mood == 0:
        proposal, why = [*known, "Be thorough, friendly and precise."], "No rule stands out."
    elif mood == 1:
        proposal, why = [*known, *(CONDITION.sub("", lesson) for lesson in lessons)], "Rules were too careful."
    elif mood == 2 and len(known) > 2:
        proposal, why = [*known[:1], *known[2:], *lessons[:1]], "Some rules seemed too many."
    else:
        proposal, why = [*known, *lessons], f"{len(lessons)} rules were broken that the text does not name."
    return f"<diagnosis>{why}</diagnosis>\n<text>\n{chr(10).join(proposal)}\n</text>"


def _lessons(evidence: str, component: str) -> list[str]:
    """Rules in the evidence that concern the component, the most frequent first."""
    found: dict[str, int] = {}
    for line in evidence.splitlines():
        remark = REMARK.match(line)
        if remark and remark.group(1).lower() in component.lower():
            text = line[remark.end() :]
        elif ERROR.match(line):
            text = line
        else:
            continue
        for sentence in _sentences(text):
            if RULE.search(sentence):
                found[sentence] = found.get(sentence, 0) + 1
    return sorted(found, key=lambda sentence: -found[sentence])


def _sentences(text: str) -> list[str]:
    """A text's sentences, without the bullets, quotes and line ends around them."""
    parts = re.split(r"(?<=[.!?])[\"'`]?\s+|\\n|\n+", text)
    return [part for part in (part.strip(" -*\t\"'`") for part in parts) if part]


def _component(prompt: str) -> str:
    found = re.search(r"name is `([^`]+)`", prompt)
    return found.group(1) if found else ""


def _section(prompt: str, heading: str) -> str:
    """What stands under a heading, without the fences."""
    found = re.search(rf"^{heading}\n(.*?)(?=^## |\Z)", prompt, re.MULTILINE | re.DOTALL)
    return re.sub(r"^```+.*$", "", found.group(1), flags=re.MULTILINE) if found else ""
