"""What a run ends with."""

from pathlib import Path

from gepa_agents.loop.wish import CHARACTERS, SCORE, Wish
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import ConfigError
from gepa_agents.words.events import Stopped, Tested
from gepa_agents.words.frozen import Frozen
from gepa_agents.words.graph_config import GraphConfig
from gepa_agents.words.usage import Usage


class Scores(Frozen):
    """A candidate of the pool and how it did on val."""

    number: int
    """0 for the baseline, then in the order of acceptance."""
    config: GraphConfig
    parents: tuple[int, ...]
    val: tuple[float, ...]
    """One score for each val task, in the suite's order; where it was not run, what is expected of it."""
    known: tuple[int, ...]
    """Positions of the val tasks that it was run on."""
    on_frontier: bool
    objectives: dict[str, float] = {}
    """Mean over val of the metric's further objectives, and of `tokens`, `usd`, `seconds`, `steps` and `tool_errors` of
    a rollout. Each is higher the better, so what was spent stands below zero. Rollouts with a fault do not count, and
    `usd` is missing while a price is not known."""

    @property
    def mean(self) -> float:
        """Mean score on val."""
        return sum(self.val) / len(self.val)

    @property
    def characters(self) -> int:
        """Length of all tunable texts together, changed or not."""
        candidate = self.config.candidate
        return sum(len(candidate.text(component)) for component in self.config.components)


class Choice(Frozen):
    """How the tuned configuration was chosen, and what its mean on val is worth."""

    number: int
    """The chosen one of the candidates; 0 is the agent as it stands."""
    candidate: str
    """Its id."""
    leader: int
    """The candidate with the best mean on val when the search ended."""
    contenders: tuple[int, ...]
    """Candidates that could have been the best then, the likeliest first."""
    rollouts: int
    """How many further rollouts were looked at to tell them apart."""
    val: float
    """The chosen candidate's mean on the val tasks that it was run on: too high, since it was chosen for being high."""
    tasks: int
    """How many those are."""
    expected: float
    """What val and the further rollouts say of it on all val tasks, corrected for having been chosen from so many."""


class Spent(Frozen):
    """The ledger at the end."""

    rollouts: int
    task: Usage
    """Tokens and money of the agent's models and of judges."""
    reflections: int
    reflection: Usage
    """Tokens and money of the reflection model, the preflight call included."""
    seconds: float

    @property
    def usage(self) -> Usage:
        """Tokens and money of all models together."""
        return self.task + self.reflection


class Result(Frozen):
    """The outcome of `optimize`."""

    best: GraphConfig
    """The tuned configuration. Empty of texts when nothing beat the agent as it stands."""
    choice: Choice
    """Why this one, and what to expect of it."""
    candidates: tuple[Scores, ...]
    """All accepted candidates, the baseline first."""
    anatomy: Anatomy
    test: Tested | None
    """Baseline against tuned on the test split; None when nothing beat the baseline or the budget ran out."""
    stopped: Stopped
    spent: Spent
    folder: Path | None
    """The run folder; None for a run in memory."""

    @property
    def improved(self) -> bool:
        """Whether the interval of the difference on test lies above zero."""
        return self.test is not None and self.test.low > 0

    @property
    def baseline_val(self) -> float:
        """The baseline's mean on val."""
        return self.candidates[0].mean

    @property
    def best_val(self) -> float:
        """The tuned candidate's mean on val: optimistic, since it was chosen for it. `test` is the honest figure, and
        `choice.expected` is what val says when that is taken into account."""
        return self.choice.val

    def choose(self, wish: str) -> GraphConfig:
        """The candidate that serves a purpose best, the baseline included: `choose("cheapest within 1 % of best")`.

        First comes what counts: `best`, `best OBJECTIVE` (one of the metric's), `cheapest`, `fastest`, `fewest tokens`,
        `fewest steps`, `fewest tool errors` or `shortest prompt`; all but the last are means of a rollout on val.
        `within 1 % of best` (of its mean score on val) or `within 0.02 of best` (in points of score) leaves out who
        scores less; without it the score does not matter. Of equals the better score is taken, then the earlier one.

        Raises `ConfigError` for a wish that is not understood, and for an objective that no candidate has.
        """
        wanted = Wish.parse(wish)
        if wanted.by == SCORE:
            return self.best
        rated = [(_rating(scores, wanted.by), scores) for scores in self.candidates]
        able = [(value, scores) for value, scores in rated if value is not None]
        if not able:
            known = sorted({name for scores in self.candidates for name in scores.objectives})
            raise ConfigError(
                f"`{wish}`: no candidate has the objective `{wanted.by}`"
                f"{', since no price is known for its models' if wanted.by == 'usd' else ''}; "
                f"known are {', '.join([SCORE, *known])}"
            )
        floor = wanted.floor(self.candidates[self.choice.number].mean)
        within = [(value, scores) for value, scores in able if scores.mean >= floor]
        if not within:
            raise ConfigError(f"`{wish}`: no candidate that scores so well has the objective `{wanted.by}`")
        return max(within, key=lambda one: (one[0], one[1].mean, -one[1].number))[1].config


def _rating(scores: Scores, by: str) -> float | None:
    """How a candidate does by an objective, higher is better; None when that is not known."""
    return -float(scores.characters) if by == CHARACTERS else scores.objectives.get(by)
