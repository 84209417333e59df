"""Invented worlds on which search engines are compared: agents whose hidden rules only evidence reveals.

An agent of some components (nodes with a prompt each) obeys only what stands in its texts. A task needs some rules;
what was missed, and which line did harm, stands in the feedback of the component that it concerns, and nowhere else.
So a text gets better only if evidence travelled to whoever wrote it. Nothing here knows an engine.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

RULE = re.compile(r"Follow rule (R\d+)\.")
EXCEPTION = re.compile(r"On tasks of kind (K\d+) do not follow rule (R\d+)\.")
HARM = re.compile(r"Always do (H\d+)\.")


@dataclass(frozen=True)
class Rule:
    """Something that a component has to do on the tasks that need it."""

    name: str
    component: str
    requires: str | None = None
    """A rule of the same component without which this one has no effect."""
    harms: str | None = None
    """A kind of tasks on which following it without an exception costs a point."""


@dataclass(frozen=True)
class Job:
    """A task of a world."""

    id: str
    kind: str
    needs: tuple[Rule, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    score: float
    feedback: Mapping[str, tuple[str, ...]]
    """Sentences for the components that they concern; a component without any did nothing wrong that can be told."""


@dataclass(frozen=True, eq=False)
class World:
    """One instance of a family; all parameters were drawn from the family's ranges by the seed."""

    name: str
    seed: int
    components: tuple[str, ...]
    train: tuple[Job, ...]
    val: tuple[Job, ...]
    held_out: tuple[Job, ...]
    """Tasks on which the true quality of a candidate is computed, at no cost and without noise."""
    binary: bool = False
    """A run scores 1 when everything needed was done, else 0; otherwise the share of what was needed."""
    noise: float = 0.0
    """Chance that a rule which stands in the text is overlooked in a run."""
    capacity: int | None = None
    """Lines of a text that the model keeps in mind; with more, each is overlooked with chance 1 - capacity/lines."""
    told: float = 1.0
    """Chance that feedback names a mistake; a mistake that is not named costs its point all the same."""
    reflector: "Reflector" = field(default_factory=lambda: Reflector("good"))

    @cached_property
    def seeds(self) -> dict[str, str]:
        """The agent's own texts."""
        return {component: f"You are the {component} of an assistant." for component in self.components}

    def run(self, texts: Mapping[str, str], job: Job, repeat: int) -> Outcome:
        """One rollout; `repeat` counts the runs of these texts on this job, each with its own noise."""
        return self._outcome(tuple(texts[component] for component in self.components), job, f"run {repeat}", self.noise)

    @lru_cache(maxsize=4096)  # noqa: B019  (a world lives as long as its search)
    def quality(self, texts: tuple[str, ...]) -> float:
        """Expected score on held-out tasks of texts, given in the components' order; the noise averaged over 3 runs."""
        runs = range(3 if self.noise else 1)
        scores = [self._outcome(texts, job, f"truth {run}", self.noise).score for job in self.held_out for run in runs]
        return sum(scores) / len(scores)

    def _outcome(self, texts: tuple[str, ...], job: Job, run: str, noise: float) -> Outcome:
        read = {component: _read(text) for component, text in zip(self.components, texts, strict=True)}
        feedback: dict[str, list[str]] = {}
        missed = harmed = 0
        for rule in job.needs:
            text = read[rule.component]
            done = rule.name in text.rules and (rule.requires is None or rule.requires in text.rules)
            if done and not self._overlooked(text, rule.name, job, run, noise):
                continue
            missed += 1
            wanting = rule.requires if rule.requires and rule.requires not in text.rules else rule.name
            if wanting not in text.rules and self._is_told(rule.name, job):
                feedback.setdefault(rule.component, []).append(f"Follow rule {wanting}.")
        needed = {rule.name for rule in job.needs}
        for component, text in read.items():
            for name in text.harmful(job.kind, needed, self._harming(component)):
                harmed += 1
                if self._is_told(name, job):
                    spare = f"On tasks of kind {job.kind} do not follow rule {name}."
                    feedback.setdefault(component, []).append(f"Drop {name}." if name.startswith("H") else spare)
        lost = missed + harmed
        score = float(lost == 0) if self.binary else max(0.0, 1 - lost / max(1, len(job.needs)))
        return Outcome(score, {component: tuple(lines) for component, lines in feedback.items()})

    def _overlooked(self, text: "Reading", rule: str, job: Job, run: str, noise: float) -> bool:
        if noise and chance(self.seed, "noise", text.text, rule, job.id, run) < noise:
            return True
        if self.capacity is None or text.lines <= self.capacity:
            return False
        return chance(self.seed, "forgets", text.text, rule, job.id) > self.capacity / text.lines

    def _is_told(self, name: str, job: Job) -> bool:
        return self.told >= 1 or chance(self.seed, "told", name, job.id) < self.told

    @lru_cache(maxsize=64)  # noqa: B019
    def _harming(self, component: str) -> Mapping[str, str]:
        rules = {rule for job in (*self.train, *self.val, *self.held_out) for rule in job.needs}
        return {rule.name: rule.harms for rule in rules if rule.harms is not None and rule.component == component}


@dataclass(frozen=True)
class Reading:
    """What a text makes a component do."""

    text: str
    lines: int
    rules: frozenset[str]
    exceptions: frozenset[tuple[str, str]]
    harms: tuple[str, ...]

    def harmful(self, kind: str, needed: set[str], harming: Mapping[str, str]) -> list[str]:
        """Lines that cost a point on a task of this kind."""
        found = [
            rule
            for rule, harmed in harming.items()
            if harmed == kind and rule in self.rules and rule not in needed and (kind, rule) not in self.exceptions
        ]
        return sorted(found) + [harm for harm in self.harms if chance(harm, kind) < 0.5]


@lru_cache(maxsize=20000)
def _read(text: str) -> Reading:
    return Reading(
        text=text,
        lines=len([line for line in text.splitlines() if line.strip()]),
        rules=frozenset(RULE.findall(text)),
        exceptions=frozenset(EXCEPTION.findall(text)),
        harms=tuple(sorted(set(HARM.findall(text)))),
    )


@dataclass(frozen=True)
class Reflector:
    """A simulated reflection model: rewrites a text from the sentences that it read in its evidence, and errs.

    The same prompt always gets the same answer; different prompts err independently.
    """

    name: str
    hears: float = 1.0
    """Chance that it takes up a sentence of the evidence."""
    garbles: float = 0.0
    """Chance that a sentence it takes up comes out as something of no use."""
    drops: float = 0.0
    """Chance that it loses a line of the current text."""
    chatters: float = 0.0
    """Chance that it adds a line of no use."""
    harms: float = 0.0
    """Chance that it adds a line that does harm."""

    def rewrite(self, current: str, evidence: str, seed: object) -> str:
        """The new text."""
        told = list(dict.fromkeys(re.findall(f"{RULE.pattern}|{EXCEPTION.pattern}|Drop (H\\d+)\\.", evidence)))
        key = (seed, current, evidence)
        first, *lines = [line for line in current.splitlines() if line.strip()]
        kept = [line for line in lines if chance(key, "drops", line) >= self.drops]
        for rule, kind, excepted, harm in told:
            sentence = f"Follow rule {rule}." if rule else f"On tasks of kind {kind} do not follow rule {excepted}."
            if chance(key, "hears", rule, kind, excepted, harm) >= self.hears:
                continue
            if harm:
                kept = [line for line in kept if line != f"Always do {harm}."]
            elif sentence not in kept:
                garbled = chance(key, "garbles", sentence) < self.garbles
                kept.append(f"Mind point J{_number(key, sentence)}." if garbled else sentence)
        if chance(key, "chatters") < self.chatters:
            kept.append(f"Mind point J{_number(key, 'chatter')}.")
        if chance(key, "harms") < self.harms:
            kept.append(f"Always do H{_number(key, 'harm')}.")
        return "\n".join([first, *kept])

    def combine(self, current: str, other: str, evidence: str, seed: object) -> str:
        """One text from two: the current one, rewritten, and what it takes up of the other's lines, with its errors."""
        first, *lines = self.rewrite(current, evidence, (seed, other)).splitlines()
        key = (seed, current, other, evidence)
        for line in other.splitlines()[1:]:
            dropped = any(f"Drop {harm}." in evidence for harm in HARM.findall(line))
            if not line.strip() or line in lines or dropped or chance(key, "hears", line) >= self.hears:
                continue
            garbled = chance(key, "garbles", line) < self.garbles
            lines.append(f"Mind point J{_number(key, line)}." if garbled else line)
        return "\n".join([first, *lines])


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone: the same on every machine, in any order of calls."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _number(*parts: object) -> int:
    return int(chance(*parts) * 1e6)


def mean(values: Sequence[float]) -> float:
    """Mean of some numbers."""
    return sum(values) / len(values)
