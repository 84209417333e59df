"""A language model as a metric: it reads a run, judges it by a rubric, and says why."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence

from gepa_agents import (
    Case,
    LanguageModel,
    Prices,
    Rollout,
    Score,
    Task,
    Usage,
    language_model,
    masked,
)
from gepa_agents.ports.calls import active
from gepa_agents.ports.metric import NoVerdict
from gepa_agents.ports.prompting import completed
from gepa_agents_evaluators.answer import Unreadable, Verdict, read
from gepa_agents_evaluators.counting import priced
from gepa_agents_evaluators.prompt import judging, repair
from gepa_agents_evaluators.rubric import ONLY, JudgeSettings, criteria

__all__ = ["Judge"]

Asked = tuple[Verdict | Unreadable, Usage]


class Judge:
    """A metric that asks a language model. `value` is between 0 and 1, the judge's reasons are the feedback.

    With several criteria each is an objective, and the value is their mean.
    """

    def __init__(
        self,
        rubric: str | Mapping[str, str],
        model: object,
        settings: JudgeSettings | None = None,
        *,
        prices: Prices | None = None,
    ) -> None:
        """`rubric` says what a good run does: one text, or one for each criterion by its name. `model` is a LiteLLM
        model name, a callable, a LangChain chat model or any `LanguageModel`; `prices` values its tokens where it does
        not know its price, otherwise an installed price list does.

        Raises `ConfigError` for a rubric that can't be used and for a model that is not known.
        """
        self._criteria = criteria(rubric)
        self._model: LanguageModel = language_model(model)
        self._settings = settings or JudgeSettings()
        self._prices = prices

    @property
    def model(self) -> LanguageModel:
        """The model that judges."""
        return self._model

    @property
    def made_of(self) -> tuple[object, ...]:
        """What decides its scores: the model, the rubric and the settings."""
        return f"{self._model.name} {self._criteria} {self._settings.model_dump_json()}", self.prompt

    def prompt(self, task: Task, rollout: Rollout) -> str:
        """What the model is asked about this rollout."""
        case = masked(Case(task=task, rollout=rollout), self._settings.mask)
        return judging(case, self._criteria, self._settings)

    async def __call__(self, task: Task, rollout: Rollout) -> Score:
        """The judgement, and what it cost.

        An answer that can't be read is asked for once more; after that, raises `NoVerdict`, a `MetricError` that knows
        what was paid: it is never a score.
        Raises `ModelError` when the model does not answer.
        """
        prompt = await asyncio.to_thread(self.prompt, task, rollout)
        asked = await asyncio.gather(*(self._ask(prompt) for _ in range(self._settings.samples)))
        verdicts = [verdict for verdict, _ in asked if isinstance(verdict, Verdict)]
        unread = [verdict.reason for verdict, _ in asked if isinstance(verdict, Unreadable)]
        usage = sum((usage for _, usage in asked), Usage())
        if unread:
            raise NoVerdict(
                f"the judge `{self._model.name}` gave no usable verdict on task `{task.id}`, asked twice: {unread[0]}; "
                "run the same command again, or take a stronger model or a simpler rubric",
                usage,
            )
        return self._score(verdicts, usage)

    async def _ask(self, prompt: str) -> Asked:
        first = await completed(self._model, prompt, active())
        verdict = read(first.text, self._criteria, self._settings.scale)
        usage = await self._priced(first.usage)
        if isinstance(verdict, Verdict):
            return verdict, usage
        second = await completed(self._model, repair(prompt, first.text, verdict.reason), active())
        return read(second.text, self._criteria, self._settings.scale), usage + await self._priced(second.usage)

    async def _priced(self, usage: Usage) -> Usage:
        if not usage.unpriced_calls or not usage.tokens:
            return usage
        # In a thread: a price list may take seconds to load.
        return await asyncio.to_thread(priced, self._model.name, usage, self._prices)

    def _score(self, verdicts: Sequence[Verdict], usage: Usage) -> Score:
        medians = {
            name: statistics.median(verdict.scores[name] for verdict in verdicts) / self._settings.scale
            for name in self._criteria
        }
        return Score(
            value=statistics.fmean(medians.values()),
            feedback="\n".join(self._said(name, medians[name], verdicts) for name in self._criteria),
            objectives={} if ONLY in self._criteria else medians,
            usage=usage,
        )

    def _said(self, name: str, median: float, verdicts: Sequence[Verdict]) -> str:
        """The reason of the verdict that is nearest to the median; where verdicts differ, all of their scores."""
        highest = self._settings.scale
        nearest = min(verdicts, key=lambda verdict: abs(verdict.scores[name] / highest - median))
        scores = [verdict.scores[name] for verdict in verdicts]
        split = (
            f" (judged {len(scores)} times: {', '.join(map(str, scores))} of {highest})" if len(set(scores)) > 1 else ""
        )
        head = f"{name} {median * highest:g} of {highest}: " if name != ONLY else ""
        return f"{head}{nearest.reasons[name]}{split}"
