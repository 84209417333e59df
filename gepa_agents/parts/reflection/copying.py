"""Guards against learning train tasks by heart: their answers, their ids and numbers, long pieces of their input.

What is copied has to be specific to count: it stands in few train tasks, and it is long or has a form that ordinary
words do not have. What the parent's text says already is no copy. Nor is what was said about another task that does not
hold it, or what a rule of the metric names: that is general.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gepa_agents.parts.reflection.spans import Rows, Words
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task

WHOLE, ANSWER, INPUT = 5, 6, 10
"""Words in a row that are a whole answer or input, a piece of an answer, and a piece of an input."""
FEW = 0.05
"""A value that stands in more than this share of the train tasks (and in more than one) is shared, not specific."""
FAMILY = 3
"""So many different values of one form are values of a variable, such as order numbers; fewer may be constants."""

MADE_OF = 0.5
"""Share of words out of the expected answer from which on a quotation of the feedback is that answer."""

_TOKEN = re.compile(r"[A-Za-z0-9](?:[\w.@:/+-]*\w)?")
_DATE_OR_TIME = re.compile(
    r"(?:\d{4}-\d\d(?:-\d\d)?|\d\d?[./]\d\d?[./]\d{2,4})?(?:T|\b)(?:\d\d?:\d\d(?::\d\d)?)?Z?", re.ASCII
)
_ROUND = re.compile(r"\d{1,3}0{2,}|(?:19|20)\d\d")
_RULE = re.compile(r"\b(?:must|always|never|only|should|shall|cannot|may not|do not|don't)\b", re.IGNORECASE)
_IDENTIFIES = re.compile(r"(?=.*\d)(?=.*[^\d]).{3,}|\d{5,}", re.DOTALL)
"""Ids that are no ordinary words or numbers."""
_NAME = re.compile(r"(?:[A-Z][\w'’-]*\s){1,4}[A-Z][\w'’.-]*")


class Train:
    """The train tasks, as far as a text could copy from them."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._few = max(1, int(len(tasks) * FEW))
        self._tokens: Counter[str] = Counter()
        self._forms: dict[str, set[str]] = {}
        self._names: Counter[str] = Counter()
        self._wanted = {task.id: frozenset(_words(task.expected)) for task in tasks}
        """By task: the words of which its expected answer is made, those of long texts left aside."""
        self._ids = [task.id for task in tasks if _IDENTIFIES.fullmatch(task.id)]
        whole: Counter[str] = Counter()
        answers: Counter[int] = Counter()
        inputs: Counter[int] = Counter()
        self.holds: dict[str, frozenset[str]] = {}
        """By task: the tokens in it."""
        for task in tasks:
            given, wanted = list(_leaves(task.input)), list(_leaves([task.expected, task.metadata]))
            tokens = {token for leaf in (task.id, *given, *wanted) for token in _tokens(leaf)}
            self.holds[task.id] = frozenset(tokens)
            self._tokens.update(tokens)
            for token in tokens:
                self._forms.setdefault(_form(token), set()).add(token)
            self._names.update({leaf.strip() for leaf in wanted if _NAME.fullmatch(leaf.strip())})
            whole.update(
                {plain for leaf in (*given, *wanted) if WHOLE <= (plain := Words(leaf).plain).count(" ") + 1 < INPUT}
            )
            answers.update(Rows(ANSWER, wanted).seen)
            inputs.update(Rows(INPUT, given).seen)
        self._whole = [text for text, count in whole.items() if count <= self._few]
        self._answers = _rare(answers, self._few, ANSWER)
        self._inputs = _rare(inputs, self._few, INPUT)

    def copied(
        self, text: str, known: Sequence[str], rollouts: Sequence[Rollout], feedback: Sequence[str]
    ) -> str | None:
        """What `text` copies from few train tasks, quoted; None when it copies nothing.

        `known` are texts that may be quoted. `feedback` is what the metric said of `rollouts`.
        """
        words, familiar = Words(text), "\n".join(known)
        given = rules(feedback)
        for rows in (self._answers, self._inputs):
            for span in words.shared(rows, [Rows(rows.length, [*known, *given])]):
                return text[span.start : span.end]
        allowed = Words("\n".join([*known, *given])).plain
        names = (name for name, count in self._names.items() if count <= self._few)
        for name in names:
            if _stands(name, text) and not _stands(name, familiar) and not any(name in rule for rule in given):
                return name
        for plain in self._whole:
            if _stands(plain, words.plain) and not _stands(plain, allowed):
                return plain
        for one in self._ids:
            if _stands(one, text) and not _stands(one, familiar):
                return one
        for rollout in rollouts:
            if (shown := self._shown(words, rollout, known)) is not None:
                return shown
        for token in dict.fromkeys(_tokens(text)):
            if token not in familiar and self._specific(token) and not self._general(token, given, rollouts):
                return token
        return None

    def _shown(self, words: Words, rollout: Rollout, known: Sequence[str]) -> str | None:
        """What a text repeats of the feedback on a rollout, where that tells the expected answer in other words."""
        wanted = self._wanted.get(rollout.task, frozenset())
        feedback = rollout.score.feedback if rollout.score is not None else ""
        for span in words.shared(Rows(ANSWER, [feedback]), [Rows(ANSWER, known)]):
            taken = words.text[span.start : span.end]
            row = Words(taken).plain.split()
            if sum(word in wanted for word in row) >= len(row) * MADE_OF:
                return taken
        return None

    def _specific(self, token: str) -> bool:
        return 0 < self._tokens[token] <= self._few

    def _general(self, token: str, given: Sequence[str], rollouts: Sequence[Rollout]) -> bool:
        if len(self._forms[_form(token)]) < FAMILY and any(token in rule for rule in given):
            return True
        others = (one for one in rollouts if token not in self.holds.get(one.task, frozenset()))
        return any(token in told for one in others for told in _told(one))


def rules(feedback: Sequence[str]) -> list[str]:
    """The sentences in what the metric said that hold for every task."""
    return [sentence for said in feedback for sentence in _sentences(said) if _RULE.search(sentence)]


def _rare(rows: Counter[int], few: int, length: int) -> Rows:
    rare = Rows(length, ())
    rare.seen = frozenset(row for row, count in rows.items() if count <= few)
    return rare


def _stands(part: str, text: str) -> bool:
    """Whether `part` stands in the text, and not within a longer word or number."""
    if part not in text:
        return False
    return re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", text) is not None


def _told(rollout: Rollout) -> Iterator[str]:
    if rollout.score is not None:
        yield rollout.score.feedback
    yield from (step.result or step.error or "" for step in rollout.trajectory.tools())


def _words(expected: JsonValue) -> Iterator[str]:
    """The words of an answer's keys and short values."""
    match expected:
        case dict():
            yield from Words(" ".join(expected)).plain.split()
            for part in expected.values():
                yield from _words(part)
        case list():
            for part in expected:
                yield from _words(part)
        case _:
            row = [word for leaf in _leaves(expected) for word in Words(leaf).plain.split()]
            yield from row if len(row) < WHOLE else ()


def _leaves(value: JsonValue) -> Iterator[str]:
    """The texts and numbers in plain data."""
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int() | float():
            yield str(value)
        case list():
            for part in value:
                yield from _leaves(part)
        case dict():
            for part in value.values():
                yield from _leaves(part)


def _tokens(text: str) -> Iterator[str]:
    """The words of a text that have the form of data: numbers of some length, identifiers, addresses."""
    for match in _TOKEN.finditer(text):
        token = match[0]
        digits = sum(map(str.isdigit, token))
        if _DATE_OR_TIME.fullmatch(token) or _ROUND.fullmatch(token):
            continue
        if re.fullmatch(r"[\d.,:/+-]+", token):
            if digits >= 5 or (digits >= 4 and "." in token):
                yield token
        elif (digits >= 3 and len(token) >= 4) or (digits >= 2 and len(token) >= 6) or ("@" in token and "." in token):
            yield token


def _form(token: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", token))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+|\n+", text)
