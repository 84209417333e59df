"""Finds the prompts of one node in its model calls: exact where a template was reported, inferred where not."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gepa_agents.words.component import Component, Slot, Unreachable
from gepa_agents.words.trajectory import ModelStep, Template, Trajectory
from gepa_agents_langgraph.clustering import Sample, cluster
from gepa_agents_langgraph.inference import infer
from gepa_agents_langgraph.patterns import WORDS, Pattern, threes
from gepa_agents_langgraph.prompts import author_part

FIXED = {"system": 2, "user": 4}
"""Words that must be fixed for a text to be a prompt, by role."""
NAMED = 'name it in the node: prompt("a name", "the text with {slots}", slot=value)'


@dataclass(frozen=True)
class Call:
    """A model call, and the number of the trajectory it is from."""

    run: int
    step: ModelStep


def registered(trajectories: Sequence[Trajectory]) -> list[Component]:
    """The prompts that the author named, in order of their first use; one used in several nodes belongs to none."""
    found: dict[str, tuple[Template, dict[str, None]]] = {}
    for trajectory in trajectories:
        for visit in trajectory.nodes():
            for template in visit.templates:
                if template.name:
                    found.setdefault(template.name, (template, {}))[1][visit.node] = None
    return [
        _component(name, next(iter(nodes)) if len(nodes) == 1 else "", template.role, _pattern(template), named=True)
        for name, (template, nodes) in found.items()
    ]


@dataclass
class NodeTexts:
    """The texts that one node sent to its model."""

    node: str
    calls: Sequence[Call]
    named: Sequence[Component]
    """Prompts that the author named; what came from them is not found a second time."""
    appended: Sequence[str]
    constants: Collection[str]
    """The texts in the node's code."""
    unreachable: list[Unreachable] = field(default_factory=list[Unreachable])

    def components(self, trajectories: Sequence[Trajectory]) -> list[Component]:
        """The node's prompts: `node.system`, `node.system#2`, …, then `node.user`, …"""
        found: list[Component] = []
        for role in ("system", "user"):
            samples = self._samples(role)
            exact = [pattern for pattern in self._templates(trajectories, role) if _matches(pattern, samples)]
            rest = [
                sample for sample in samples if not any(pattern.match(sample.text) is not None for pattern in exact)
            ]
            inferred = [pattern for members in cluster(rest) if (pattern := self._inferred(members, rest, role))]
            for number, pattern in enumerate([*exact, *inferred], 1):
                name = f"{self.node}.{role}" + (f"#{number}" if number > 1 else "")
                found.append(_component(name, self.node, role, pattern))
        if not found and not self.unreachable and not any(one.node in ("", self.node) for one in self.named):
            self.unreachable.append(self._without())
        return found

    def _without(self) -> Unreachable:
        """Why no prompt was found."""
        if not any(message.text for call in self.calls for message in call.step.messages):
            return Unreachable(
                node=self.node,
                reason="what its model was sent is not in the traces",
                remedy="have the instrumentation record messages, or look at the graph itself with `inspect`",
            )
        return Unreachable(
            node=self.node,
            reason="its model is called without a prompt of the author's",
            remedy="give it a system prompt, however short, to have it tuned",
        )

    def _samples(self, role: str) -> list[Sample]:
        """The texts of that role that are the author's and unnamed. A user's text counts when it is all there is."""
        named = [Pattern.of(component) for component in self.named]
        samples = []
        for call in self.calls:
            for text in _texts(call.step, role):
                own, _ = author_part(text, self.appended)
                if own.strip() and not any(pattern.match(own) is not None for pattern in named):
                    samples.append(Sample(call.run, own))
        return samples

    def _templates(self, trajectories: Sequence[Trajectory], role: str) -> Iterator[Pattern]:
        """The templates that the framework reported for this node, without those that are slots only."""
        visits = (visit for trajectory in trajectories for visit in trajectory.nodes() if visit.node == self.node)
        reported = (one for visit in visits for one in visit.templates if one.role == role and not one.name)
        for template in dict.fromkeys(reported):
            pattern = _pattern(template)
            if _words(pattern) >= FIXED[role]:
                yield pattern

    def _inferred(self, members: Sequence[str], samples: Sequence[Sample], role: str) -> Pattern | None:
        """The pattern behind the members of a cluster; None for what may be data of the run."""
        pattern = infer(members)
        runs = {sample.run for sample in samples if sample.text in members}
        if role == "user" and not self._is_code(pattern):
            self._refuse(role, "it is the task's own text, or differs wholly in each run")
            return None
        if pattern.slots and _words(pattern) < FIXED[role]:
            self._refuse(role, "it differs wholly in each run")
            return None
        if len(runs) == 1 < len({call.run for call in self.calls}) and not self._is_constant(pattern):
            self._refuse(role, "it was seen in one run only, and is not in the node's code")
            return None
        return pattern

    def _is_constant(self, pattern: Pattern) -> bool:
        return pattern.stands_in(self._words_of_code)

    @cached_property
    def _words_of_code(self) -> set[tuple[str, ...]]:
        return {three for text in self.constants for three in threes(text)}

    def _is_code(self, pattern: Pattern) -> bool:
        """Whether the fixed parts of a lone user message stand in the node's code, so that they are no task's text."""
        return _words(pattern) >= FIXED["user"] and self._is_constant(pattern)

    def _refuse(self, role: str, why: str) -> None:
        refused = Unreachable(node=self.node, reason=f"its {role} prompt can't be told from data: {why}", remedy=NAMED)
        if refused not in self.unreachable:
            self.unreachable.append(refused)


def _texts(step: ModelStep, role: str) -> Iterator[str]:
    if role == "user":
        if len(step.messages) == 1 and step.messages[0].role == "user":
            yield step.messages[0].text
        return
    yield from (message.text for message in step.messages if message.role == "system")


def _matches(pattern: Pattern, samples: Sequence[Sample]) -> bool:
    return any(pattern.match(sample.text) is not None for sample in samples)


def _words(pattern: Pattern) -> int:
    return sum(len(WORDS.findall(part)) for part in pattern.parts)


def _pattern(template: Template) -> Pattern:
    return Pattern(template.text, tuple(name for name in template.variables if f"{{{name}}}" in template.text))


def _component(name: str, node: str, role: str, pattern: Pattern, named: bool = False) -> Component:
    return Component(
        name=name,
        kind="prompt",
        text=pattern.text,
        node=node,
        role="user" if role == "user" else "system",
        slots=tuple(Slot(name=slot) for slot in dict.fromkeys(pattern.slots)),
        registered=named,
    )
