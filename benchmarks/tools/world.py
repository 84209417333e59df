"""Invented agents that call tools, for one question: is it worth tuning the tools' descriptions beside the prompts?

A task is some decisions; each belongs to a node and needs a lesson (`Follow rule R7.`) that stands in no text at first.
Where a lesson may stand, and what it does there, is what the families differ in. A rollout tells which lessons were
missed, at which node and with which tool, never in which text they should be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from benchmarks.search.world import RULE, Reflector, chance
from gepa_agents import Component

ARGUMENT = "value"
"""The one argument of every tool."""
Texts = tuple[str, ...]
"""The text of each component, in the order of the world's."""


@dataclass(frozen=True)
class Lesson:
    """Something that a model must have read to decide well."""

    name: str
    tool: str | None = None
    """The tool it is about; None when it is about the node's own work, and only its prompt can hold it."""
    argument: bool = False
    """Whether it is about the tool's argument: a call without it fails."""
    firm: bool = False
    """Whether the tool's description says the contrary as it stands: the prompt then convinces only now and then."""
    only: str | None = None
    """The one node where it holds: in the tool's description it misleads the other nodes now and then."""


@dataclass(frozen=True)
class Decision:
    """A lesson that is needed in a node."""

    node: str
    lesson: Lesson


@dataclass(frozen=True)
class Job:
    """A task."""

    id: str
    needs: tuple[Decision, ...]


@dataclass(frozen=True, eq=False)
class World:
    """One instance of a family."""

    name: str
    seed: int
    offered: Mapping[str, tuple[str, ...]]
    """The tools of each node."""
    train: tuple[Job, ...]
    val: tuple[Job, ...]
    held_out: tuple[Job, ...]
    reflector: Reflector
    capacity: int | None = None
    """Lines of a text that a model keeps in mind; with more, each is overlooked with chance 1 - capacity/lines."""
    convinces: float = 0.5
    """Chance, for each task, that a prompt wins against a description that says the contrary."""
    misleads: float = 0.5
    """Chance, for each task, that a lesson for another node in a description misleads."""

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """All texts, prompts first."""
        prompts = [
            Component(name=f"{node}.system", kind="prompt", text=f"You are the {node}.", node=node)
            for node in self.offered
        ]
        described = []
        for tool in dict.fromkeys(tool for tools in self.offered.values() for tool in tools):
            nodes = [node for node, tools in self.offered.items() if tool in tools]
            node = nodes[0] if len(nodes) == 1 else ""
            described += [
                Component(
                    name=f"tools.{tool}.description",
                    kind="tool_description",
                    text=f"Does {tool}.",
                    node=node,
                    tool=tool,
                ),
                Component(
                    name=f"tools.{tool}.args.{ARGUMENT}",
                    kind="argument_description",
                    text=f"The {ARGUMENT}.",
                    node=node,
                    tool=tool,
                    argument=ARGUMENT,
                ),
            ]
        return (*prompts, *described)

    def right(self, texts: Mapping[str, str], job: Job) -> list[bool]:
        """Which of a task's decisions are taken well under some texts, given by component."""
        return [self._right(texts, job, decision) for decision in job.needs]

    @lru_cache(maxsize=4096)  # noqa: B019  (a world lives as long as its search)
    def quality(self, texts: Texts) -> float:
        """Mean score on held-out tasks."""
        named = dict(zip((component.name for component in self.components), texts, strict=True))
        scores = [sum(right) / len(right) for job in self.held_out for right in [self.right(named, job)]]
        return sum(scores) / len(scores)

    def _right(self, texts: Mapping[str, str], job: Job, decision: Decision) -> bool:
        lesson, tool = decision.lesson, decision.lesson.tool
        described = f"tools.{tool}.description"
        if tool is not None:
            held_elsewhere = {
                one.lesson.name
                for one in self._only
                if one.lesson.tool == tool and one.node != decision.node and one.lesson.name != lesson.name
            }
            for name in sorted(held_elsewhere & _read(texts[described])):
                if chance(self.seed, "misleads", name, job.id, decision.node) < self.misleads:
                    return False
            holders = (described, f"tools.{tool}.args.{ARGUMENT}") if lesson.argument else (described,)
            if any(self._holds(texts[holder], lesson, job) for holder in holders):
                return True
        if not self._holds(texts[f"{decision.node}.system"], lesson, job):
            return False
        return not lesson.firm or chance(self.seed, "convinces", lesson.name, job.id) < self.convinces

    def _holds(self, text: str, lesson: Lesson, job: Job) -> bool:
        if lesson.name not in _read(text):
            return False
        lines = text.count("\n") + 1
        kept = self.capacity is None or lines <= self.capacity
        return kept or chance(self.seed, "forgets", text, lesson.name, job.id) < (self.capacity or 0) / lines

    @cached_property
    def _only(self) -> frozenset[Decision]:
        jobs = (*self.train, *self.val, *self.held_out)
        return frozenset(decision for job in jobs for decision in job.needs if decision.lesson.only)


@lru_cache(maxsize=20000)
def _read(text: str) -> frozenset[str]:
    return frozenset(RULE.findall(text))
