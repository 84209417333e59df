"""Masks tasks and rollouts. What is masked is what is kept and shown; the agent and the metric see what really was.

A prompt's text is found in what was sent to models, and a tuned one goes back to the agent. So it must be read from
rollouts as they were: `Mask.hides_a_prompt` says which kept ones won't do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gepa_agents.parts.masking.mask import Masked
from gepa_agents.ports.masking import Detector
from gepa_agents.words.component import Anatomy, Component, Unreachable
from gepa_agents.words.frozen import JsonValue
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task

ORDER = ("trajectory", "output", "fault", "score")
"""The parts of a rollout in the order in which they came about, and are masked."""


@dataclass
class Mask:
    """What a run masks, and what it leaves alone."""

    detectors: Sequence[Detector]
    secrets: Sequence[Detector] = ()
    """Those of them that find secrets: a prompt that holds one is not tuned."""
    by_key: bool = True
    """Whether what an object's key names a password is one."""
    own: tuple[str, ...] | None = None
    """The agent's own texts, which the author may put what he likes into; None until they are known."""

    def task(self, task: Task) -> Task:
        """The task as it may be shown, with the placeholders that its rollouts have too."""
        masked = self._masked(())
        shown = masked.data(task.input)
        more = {"expected": masked.data(task.expected), "metadata": masked.data(task.metadata)}
        return task.model_copy(update={"input": shown, **more}) if masked.placeholders else task

    def rollout(self, task: Task, rollout: Rollout, texts: Iterable[str] = ()) -> Rollout:
        """The rollout as it may be kept. `texts` are those that it ran with: they are the author's now."""
        masked = self._masked(texts)
        masked.data(task.input)
        record: dict[str, JsonValue] = rollout.model_dump(mode="json")
        record |= {part: masked.data(record[part]) for part in ORDER}
        if not masked.placeholders:
            return rollout
        return Rollout.model_validate({**record, "masked": sorted({*rollout.masked, *masked.placeholders})})

    def hides_a_prompt(self, rollout: Rollout) -> bool:
        """Whether a placeholder stands where the agent's own texts are read from.

        That is in a system message, in all that a model was sent without one, in a template, or in a tool's definition.
        """
        if not rollout.masked:
            return False
        trajectory = rollout.trajectory
        texts = [template.text for visit in trajectory.nodes() for template in visit.templates]
        for step in trajectory.models():
            system = [message.text for message in step.messages if message.role == "system"]
            texts += system or [message.text for message in step.messages]
            texts += [tool.model_dump_json() for tool in step.tools]
        return any(placeholder in text for text in texts for placeholder in rollout.masked)

    def settle(self, anatomy: Anatomy) -> Anatomy:
        """Learn the agent's own texts; a text that holds a secret is none of them, and can't be tuned."""
        sound = [component for component in anatomy.components if not self._holds_secret(component)]
        self.own = tuple(component.text for component in sound)
        refused = [
            Unreachable(
                node=component.node or component.name,
                reason=f"its text `{component.name}` holds a secret, which tuning would show to the reflection model",
                remedy="keep it out of the text, and rotate it; if it is none, leave `secrets` out of `mask`",
            )
            for component in anatomy.components
            if component not in sound
        ]
        more = {"components": tuple(sound), "unreachable": (*anatomy.unreachable, *refused)}
        return anatomy.model_copy(update=more) if refused else anatomy

    def _holds_secret(self, component: Component) -> bool:
        return any(True for detector in self.secrets for _ in detector.find(component.text))

    def _masked(self, texts: Iterable[str]) -> Masked:
        return Masked(self.detectors, (*(self.own or ()), *texts), self.by_key)
