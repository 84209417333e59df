"""`Recording`: a file of calls, and what is done with it. Where tape, masks and rules meet."""

import dataclasses
import functools
import inspect
import os
import re
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast, get_args

from gepa_agents.parts.calls.model import RecordedModel
from gepa_agents.parts.calls.rules import Missing, Rules
from gepa_agents.parts.calls.session import TapedSession
from gepa_agents.parts.calls.tape import Tape
from gepa_agents.parts.masking.mask import Kind
from gepa_agents.parts.masking.mask import detectors as built_in
from gepa_agents.parts.masking.pseudonyms import Pseudonyms
from gepa_agents.parts.models.resolve import language_model
from gepa_agents.ports.calls import Session, Simulator, active, guarding, within
from gepa_agents.ports.language_model import LanguageModel
from gepa_agents.ports.masking import Detector
from gepa_agents.ports.metric import Metric
from gepa_agents.words.call import CallMode, Run
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task


@dataclasses.dataclass(frozen=True)
class RecordingSettings:
    """What is seldom changed of a recording."""

    live: tuple[str, ...] = ()
    """Tools and functions, as shell patterns, that are called whatever the mode, and not recorded: those that only work
    on what the graph holds in memory, and agents that are tools of others, whose models are then recorded inside."""
    volatile: tuple[str, ...] = ()
    """Regular expressions for parts of requests that differ in every run, such as the date in a prompt."""
    mask: tuple[Kind, ...] = ("secrets", "emails", "phones", "cards", "ibans")
    """What is not written down, as in `Settings.mask`."""
    detectors: Sequence[Detector] = ()
    """Find more that is not to be written down."""


class Recording:
    """Calls of models, tools and functions in a file: recorded, or answered from it.

    Give it to `wrap(graph, calls=...)`, and the reflection model as `recording.model(...)`. Use it as a context
    manager, or call `close`: then the file's lines are put in order. Docs: docs/replay.md.
    """

    def __init__(
        self,
        file: str | Path,
        mode: CallMode = "record",
        *,
        models: CallMode | None = None,
        tools: CallMode | None = None,
        missing: Missing | Simulator = "stop",
        settings: RecordingSettings | None = None,
    ) -> None:
        """`models` and `tools` (recorded functions too) stand in for `mode` where they are given.

        `missing` says what a call that is to be replayed and is not there does: `"stop"` raises `MissingRecording`,
        `"fail"` lets the rollout fail when it is a tool's, and a function is asked for the tool's answer.
        Raises `RecordingError` for a file that can't be used, `ConfigError` for a mode or pattern that is none.
        """
        chosen = settings or RecordingSettings()
        simulator = missing if callable(missing) else None
        self.rules = Rules(
            models=_mode(models or mode),
            tools=_mode(tools or mode),
            live=chosen.live,
            missing="stop" if callable(missing) else _missing(missing),
            simulator=simulator,
            volatile=[_pattern(text) for text in chosen.volatile],
        )
        self.file = Path(file)
        self.counts: Counter[str] = Counter()
        """How many calls were `answered`, `recorded`, `simulated` or made `live`."""
        found = [*built_in(_kinds(chosen.mask), os.environ), *chosen.detectors]
        self._veil = Pseudonyms(found, by_key="secrets" in chosen.mask)
        self._tape = Tape(self.file, writes=self.rules.writes)
        # Whoever forgets to close it has a tidy file at the latest when the process ends.
        self._closing = weakref.finalize(self, self._tape.close)
        self._own = TapedSession(self._tape, self.rules, self._veil, Run(), self.counts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Put the file in order, and let go of it."""
        self._closing()

    @contextmanager
    def session(self, run: Run, where: Callable[[], str] = str) -> Iterator[Session]:
        """The calls of one run; adapters open it around a run of the agent."""
        session = dataclasses.replace(self._own, run=run, where=where, misses=[])
        with guarding(session), within(session):
            yield session

    def model(self, value: object) -> LanguageModel:
        """A model that reflects or judges, recorded and replayed: whatever `reflection_lm` may be."""
        return RecordedModel(language_model(value), self._opened)

    def metric(self, metric: Metric) -> Metric:
        """The metric, with its calls of LangChain models, tools and `recorded` functions recorded and replayed."""
        if _asynchronous(metric):

            @_standing_for(metric)
            async def judged(task: Task, rollout: Rollout) -> Any:
                with self._judging(rollout) as session:
                    score = await cast(Awaitable[Any], metric(task, rollout))
                session.check()
                return score

            return cast(Metric, judged)

        @_standing_for(metric)
        def judge(task: Task, rollout: Rollout) -> Any:
            with self._judging(rollout) as session:
                score = metric(task, rollout)
            session.check()
            return score

        return cast(Metric, judge)

    def _judging(self, rollout: Rollout) -> AbstractContextManager[Session]:
        return self.session(Run(rollout.candidate, rollout.task, rollout.repeat), lambda: "metric")

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        """The session of the code around a prompt: the agent's or the metric's, or else that of nobody's run."""
        yield active() or self._own


def _asynchronous(metric: Metric) -> bool:
    """Whether it is awaited: an async function, or an object that is called like one."""
    of_object = getattr(type(metric), "__call__", None)  # noqa: B004 - how it is called is asked, not whether
    return inspect.iscoroutinefunction(metric) or inspect.iscoroutinefunction(of_object)


def _standing_for(metric: Metric) -> Callable[[Any], Any]:
    """As `functools.wraps`, for an object, too, whose attributes stay its own."""
    return functools.partial(functools.update_wrapper, wrapped=metric, updated=())


def _kinds(kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    unknown = [kind for kind in kinds if kind not in get_args(Kind)]
    if unknown:
        raise ConfigError(f"mask: {unknown[0]!r} is nothing that can be masked; there are {', '.join(get_args(Kind))}")
    return kinds


def _mode(mode: CallMode) -> CallMode:
    if mode not in ("record", "replay", "fill", "live"):
        raise ConfigError(f"{mode!r} is no mode of a recording; give record, replay, fill or live")
    return mode


def _missing(missing: Missing) -> Missing:
    if missing not in ("stop", "fail"):
        raise ConfigError(f"missing={missing!r}: give stop, fail, or a function that answers in the tool's place")
    return missing


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(f"volatile: {text!r} is no regular expression ({error})") from error
