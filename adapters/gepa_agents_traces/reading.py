"""The way in: files of traces, read to rollouts in bounded memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from gepa_agents.words.case import Case
from gepa_agents_traces.assembling import Assembler
from gepa_agents_traces.files import records
from gepa_agents_traces.pile import Pile
from gepa_agents_traces.tally import Tally


class Reading:
    """The runs in some files, in order of their starts; iterate once. `tally` counts along, and is whole at the end."""

    def __init__(self, paths: Sequence[Path], score: str = "") -> None:
        self._paths = paths
        self._score = score
        self.tally = Tally()

    def __iter__(self) -> Iterator[Case]:
        assembler = Assembler(self.tally, self._score)
        with Pile(self.tally) as pile:
            pile.take(records(self._paths, self.tally))
            for spans, remarks in pile.traces():
                try:
                    case = assembler.case(spans, remarks)
                except (ValidationError, RecursionError):
                    # Values that no trace of a real run holds: nesting without end, keys that are no texts.
                    self.tally.broken += len(spans)
                    continue
                if case is not None:
                    yield _numbered(case, pile)


def _numbered(case: Case, pile: Pile) -> Case:
    """The same task again is the next repeat."""
    rollout = case.rollout
    times = pile.times(f"{rollout.candidate} {rollout.task}")
    return case.model_copy(update={"rollout": rollout.model_copy(update={"repeat": max(rollout.repeat, times)})})


def read(*paths: str | Path, score: str = "") -> Reading:
    """The runs in files of traces.

    Each file is OTLP (JSON lines, one JSON document, protobuf), or JSON of LangSmith runs, Langfuse observations or
    traces, Phoenix spans, or scores of any of them; packed with gzip or not. `score` names the score that counts where
    a trace has several. Iterating raises `ConfigError` for a file that can't be opened; what can't be understood in
    a file is counted in `tally`, with its place.
    """
    return Reading([Path(path) for path in paths], score)
