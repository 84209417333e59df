"""What a user can set about a run: how much it may cost, and how the search behaves."""

from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from gepa_agents.words.frozen import Frozen


class Budget(Frozen):
    """The cap over everything a run pays for, all models together. At least one limit; the first that is reached stops.

    A proposal starts only if what it may cost is covered, and a call only while something is left, so rollouts, tokens
    and dollars are not passed by more than the calls in flight.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)

    rollouts: int | None = Field(default=None, gt=0)
    """Runs of the agent, those of the closing test included."""
    usd: float | None = Field(default=None, gt=0)
    """US dollars; needs a known price for every model that is called."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens read and written, by task, judge and reflection models."""
    seconds: float | None = Field(default=None, gt=0)
    """Wall time: no proposal starts that would not leave time for the closing test. A resume adds up."""

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if self.rollouts is self.usd is self.tokens is self.seconds is None:
            raise ValueError("give at least one of rollouts, usd, tokens, seconds")
        return self


class Settings(Frozen):
    """How the search behaves. The defaults are what `benchmarks/search` found best; `Settings.paper()` is GEPA as it
    was published (arXiv 2507.19457)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)

    seed: int = 0
    """Decides every random choice; the same seed gives the same run at any concurrency."""
    minibatch: int = Field(default=6, gt=0)
    """Train tasks that a proposal is drawn from and tried on (paper: b = 3)."""
    merges: int = Field(default=5, ge=0)
    """How many merged candidates may be tried (paper: 5)."""
    component_choice: Literal["blame", "round_robin"] = "blame"
    """Which component a proposal rewrites: the one that the minibatch's traces blame, or the next in turn (paper)."""
    rewrites: int = Field(default=3, gt=0)
    """Components that a proposal may rewrite at once, each after its own evidence; only those that are to blame, and
    one only while nothing gains (paper: 1)."""
    val_block: int | None = Field(default=6, gt=0)
    """A child is run on so many val tasks at a time, until it is clear whether it gains on its parent; None runs every
    child on all of val and keeps it (paper)."""
    ahead: int = Field(default=1, gt=0)
    """Proposals under way at once. More use more workers, and each builds on less: proposal n knows what was decided
    up to n - ahead. Changes the outcome, in the same way on every machine."""
    recheck: int | None = Field(default=None, ge=0)
    """Further rollouts, at most, for the few candidates that could be the best, before one is chosen. A number is kept
    back from the search for it. None keeps nothing back: as many as val has tasks, of what the search left because it
    pays for no further proposal. 0 chooses by what is known."""
    concurrency: int = Field(default=8, gt=0)
    """Rollouts at once, those of all proposals together. Changes the speed, never the outcome."""
    tune: tuple[Literal["prompts", "tools"], ...] = ("prompts",)
    """`prompts`: the nodes' prompts. `tools`: descriptions of tools and their arguments."""
    components: tuple[str, ...] = ("*",)
    """Which components may change, as shell patterns over their names (`writer.*`)."""
    mask: tuple[Literal["secrets", "emails", "phones", "cards", "ibans"], ...] = (
        "secrets",
        "emails",
        "phones",
        "cards",
        "ibans",
    )
    """What is replaced by a placeholder such as `[email 1]` before a trace is kept or shown to the reflection model.
    The agent and the metric see the real thing. Leave out a kind that the tasks are about, or give `()` for none."""
    rollout_timeout: float | None = Field(default=300.0, gt=0)
    """Seconds after which a rollout counts as failed; None waits for ever."""
    failure_score: float = 0.0
    """What a rollout with a fault counts for when candidates are compared; the fault itself stays visible. A metric
    that gives less than this without its being set here is refused: failures would count as better."""
    perfect_score: float | None = 1.0
    """The most that the metric gives. A minibatch on which every score reaches this teaches nothing and is skipped.
    None, where nobody knows it, skips never; what a run lacks is then measured by the best score seen so far."""
    max_iterations: int | None = Field(default=None, gt=0)
    """Stop after so many proposals; None leaves it to the budget. A run that goes on may have another number: with a
    smaller one than it has decided on, it proposes nothing more, and what was decided stays."""
    reflection_style: Literal["standard", "brief"] = "standard"
    """`brief` is a short, structured reflection prompt for small reflection models."""
    evidence_tokens: int = Field(default=6000, gt=200)
    """Size of the evidence in one reflection prompt, in tokens (estimated at four characters each)."""
    max_text_chars: int = Field(default=8000, gt=0)
    """A proposed text may not be longer than this."""
    max_growth: float = Field(default=2.5, gt=1)
    """Nor longer than so many times its parent, but for short ones, which may grow to 6000 characters. Of 42 texts that
    real models wrote from a full text, the middle one was 1.26 times as long, the longest 2.09 times."""
    reflection_failures: int = Field(default=5, gt=0)
    """So many reflections without a usable text in a row stop the run, with what it has and the reason."""
    frontier: Literal["tasks", "objectives", "both"] = "tasks"
    """Where a candidate must be best to be built on: on a val task (paper), in its mean of an objective, or either."""
    objectives: tuple[str, ...] = ()
    """For a frontier of objectives, which ones beside the score: names that the metric uses in `Score.objectives`, and
    from the traces `tokens`, `usd`, `seconds`, `steps`, `tool_errors` (fewer is better). With `seconds` the same seed
    is no longer the same run: another machine takes another time. A resumed run reads its times, and goes on exactly.
    """

    @classmethod
    def paper(cls, **changes: object) -> Self:
        """The paper's algorithm, with `changes` of other settings: small minibatches, components in turn and one at a
        time, every promising child on all of val, and the best mean wins."""
        published = {"minibatch": 3, "component_choice": "round_robin", "rewrites": 1, "val_block": None, "recheck": 0}
        return cls.model_validate({**published, **changes})

    @model_validator(mode="after")
    def _steered(self) -> Self:
        if self.frontier == "tasks" and self.objectives:
            raise ValueError(
                "objectives steer only where frontier is `objectives` or `both`; set it, or leave them out"
            )
        if self.frontier != "tasks" and not self.objectives:
            raise ValueError(f"frontier `{self.frontier}` needs objectives beside the score, such as `tokens`")
        return self
