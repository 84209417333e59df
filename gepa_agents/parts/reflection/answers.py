"""A guard against short expected answers that were learnt by heart: a list of them, or one beside its task's own words.

A short answer alone is no copy: a text may name a city. Nor are labels, which tasks share: those the text has to name.
Longer answers are looked for as rows of words, in `copying`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from gepa_agents.parts.reflection.spans import Words
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task

LONGEST = 4
"""Words of a short answer."""
OPEN = 0.5
"""Where more than this share of the tasks has an answer of its own, the answers are no labels."""
MANY, A_HUNDRED = 3, 100
"""So many tasks' own answers in one text are a list of them; one more for each hundred of tasks, as chance has it."""
RARE = 50
"""A word or a pair of words is a task's own where one task has it, and one more for so many tasks."""
NEAR = 8
"""Words to both sides of an answer in which its task's own words are looked for."""
_EVERYWHERE = re.compile(
    "about|after|all|also|and|any|are|because|been|before|both|but|can|could|did|does|each|every|for|from|get|give|given|"
    "had|has|have|her|here|him|his|how|into|its|just|let|like|made|make|many|may|more|most|much|must|not|now|off|one|only|"
    "other|our|out|over|per|please|same|say|see|she|should|show|some|such|take|tell|than|that|the|their|them|then|there|"
    "these|they|this|those|through|too|two|under|use|used|very|want|was|were|what|when|where|which|while|who|whom|whose|"
    "why|will|with|would|you|your"
)
"""Words of English that say nothing about a task, even where one task alone has them."""
_ORDINARY = re.compile(r"[a-zà-ÿ]+|\d|\d{1,3}0{2,}|(?:19|20)\d\d")
"""A word in small letters, a digit, a round number, a year."""
_DIGITS = 4


class Answers:
    """The short answers that are each of one train task only."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        places: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
        for task in tasks:
            for place, answer in _leaves(task.expected):
                places[place].setdefault(task.id, []).append(answer)
        self._many = MANY + len(tasks) // A_HUNDRED
        self._owner: dict[str, str] = {}
        """By the words of an answer: its task."""
        self._ordinary: set[str] = set()
        """Ordinary words and numbers: they count only beside two of their task's words."""
        self._numbers: set[str] = set()
        """Numbers of some digits: many may stand in a text, so that they count only beside a word of their task's."""
        for given in places.values():
            self._settle(given)
        inputs = {task.id: set(_telling(task.input)) for task in tasks}
        shared = Counter(one for own in inputs.values() for one in own)
        few = max(1, len(tasks) // RARE)
        self._telling = {task: {one for one in own if shared[one] <= few} for task, own in inputs.items()}
        """By task: the words and pairs of words that are its own."""

    def _settle(self, given: dict[str, list[str]]) -> None:
        """Take up the answers of one place in `expected`, by task, unless they are labels."""
        rows = {task: {Words(answer).plain: answer for answer in answers} for task, answers in given.items()}
        count = Counter(row for own in rows.values() for row in own)
        own = {row: (task, answer) for task, these in rows.items() for row, answer in these.items() if count[row] == 1}
        if len({task for task, _ in own.values()}) <= len(rows) * OPEN:
            return
        for row, (task, answer) in own.items():
            if row and row.count(" ") < LONGEST:
                self._owner[row] = task
                if row.isdigit() and len(row) < _DIGITS:
                    self._numbers.add(row)
                if _ORDINARY.fullmatch(answer.strip()):
                    self._ordinary.add(row)

    def learnt(self, text: str, known: Sequence[str], rollouts: Sequence[Rollout]) -> str | None:
        """What is learnt by heart in `text`, in a sentence; None when nothing is.

        `known` are texts that may be quoted, such as the parent and the metric's rules. What the metric says of other
        tasks' `rollouts`, too, is no single task's.
        """
        if not self._owner:
            return None
        words, familiar = Words(text), f" {Words(chr(10).join(known)).plain} "
        said = {one.task: f" {Words(one.score.feedback).plain} " for one in rollouts if one.score is not None}
        listed: dict[str, str] = {}
        for start, end, row in self._found(words):
            task = self._owner[row]
            if f" {row} " in familiar or any(f" {row} " in told for other, told in said.items() if other != task):
                continue
            beside = [
                (at, one)
                for at, one in _around(words.every, start, end)
                if one in self._telling[task] and f" {one} " not in familiar and not set(one.split()) & set(row.split())
            ]
            if len({one for _, one in beside}) > (row in self._ordinary):
                places = [at + place for at, one in beside for place in range(len(one.split()))]
                quoted = " ".join(words.between(min(start, *places), max(end - 1, *places)).split())
                return f"“{quoted}” is the answer to a single task: state the rule by which such answers are found"
            if row not in self._ordinary | self._numbers:
                listed[row] = words.between(start, end - 1)
        if len({self._owner[row] for row in listed}) < self._many:
            return None
        some = ", ".join(f"“{' '.join(answer.split())}”" for answer in list(listed.values())[: self._many])
        return f"{some} are each the answer to a single task: state the rule by which such answers are found"

    def _found(self, words: Words) -> Iterator[tuple[int, int, str]]:
        """Where an answer stands in a text: the first word, the one after the last, and the answer."""
        every = words.every
        for start in range(len(every)):
            for end in range(min(start + LONGEST, len(every)), start, -1):
                if (row := " ".join(every[start:end])) in self._owner:
                    yield start, end, row
                    break


def _around(every: Sequence[str], start: int, end: int) -> Iterator[tuple[int, str]]:
    """The words and pairs of words on both sides of a row, each with its place."""
    for first, last in ((max(0, start - NEAR), start), (end, min(len(every), end + NEAR))):
        yield from ((first + at, one) for at, one in _singles_and_pairs(every[first:last]))


def _singles_and_pairs(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Those that can tell something: no words that are everywhere, no single letters."""
    tells = [
        not _EVERYWHERE.fullmatch(word) and (len(word) > 2 or (word.isdigit() and len(word) > 1)) for word in words
    ]
    yield from ((at, word) for at, word in enumerate(words) if tells[at])
    yield from ((at, f"{words[at]} {words[at + 1]}") for at in range(len(words) - 1) if tells[at] and tells[at + 1])


def _leaves(value: JsonValue, place: str = "") -> Iterator[tuple[str, str]]:
    """The texts and numbers of an answer, by where they stand in it."""
    match value:
        case str():
            yield place, value
        case int() | float() if not isinstance(value, bool):
            yield place, str(value)
        case list():
            for part in value:
                yield from _leaves(part, place)
        case dict():
            for key, part in value.items():
                yield from _leaves(part, f"{place}.{key}")
        case _:
            return


def _telling(value: JsonValue) -> Iterator[str]:
    for _, text in _leaves(value):
        yield from (one for _, one in _singles_and_pairs(Words(text).every))
