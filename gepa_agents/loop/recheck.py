"""Chooses what a run returns: the few candidates that could be the best are run on tasks that tell which one is.

The best mean on val was chosen for being high, so it is too high, and often it is not the best. The contenders are told
apart by what none of them owes its place to: first val tasks that some of them were not run on yet, then train tasks
that they did not learn from, then val once more. The test split is not touched.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.pool import Member
from gepa_agents.loop.result import Choice
from gepa_agents.parts.statistics.contest import Scoreboard, halved, share
from gepa_agents.parts.statistics.shrinkage import estimates
from gepa_agents.words.errors import BudgetError
from gepa_agents.words.rollout import Rollout
from gepa_agents.words.task import Task


def allowance(evolution: Evolution) -> int:
    """How many further rollouts the choice may take, with the closing test still covered.

    A resumed run that comes to the same end keeps to what was allowed before, whatever the clock says now.
    """
    ledger, journal, setting = evolution.rollouts.ledger, evolution.rollouts.journal, evolution.settings.recheck
    ledger.release(setting or 0)
    recorded = journal.outcome("recheck")
    after, allowed = (-1, 0) if recorded is None else json.loads(recorded)
    if after != ledger.rollouts:
        most, seconds = len(evolution.suite.val) if setting is None else setting, journal.seconds
        allowed = next((n for n in range(most, 0, -1) if ledger.shortage(n, 0, seconds) is None), 0)
        journal.conclude("recheck", json.dumps([ledger.rollouts, allowed]))
    return int(allowed)


async def recheck(evolution: Evolution, rollouts: int) -> Choice:
    """Choose from the pool, with so many further rollouts at most; the pool learns the contenders' new val scores.

    Raises what `Rollouts.run` raises, but where a budget ends the choice is made from what is known.
    """
    leader = evolution.pool.best.number
    contest = _Contest(evolution, rollouts)
    contenders = contest.board.contenders()
    try:
        number = await contest.play(contenders)
    except BudgetError:
        number = contest.board.contenders(contenders)[0]
    chosen, board = evolution.pool.members[number], contest.board
    known = [score for score in board.rows[number][: board.count] if score is not None]
    return Choice(
        number=number,
        candidate=chosen.candidate.id,
        leader=leader,
        contenders=tuple(contenders),
        rollouts=rollouts - contest.left,
        val=sum(known) / len(known),
        tasks=len(known),
        expected=estimates(board.rows, count=board.count)[number].expected,
    )


@dataclass(frozen=True)
class _Place:
    """What a contender may be run on: a column of the scoreboard."""

    task: Task
    repeat: int


class _Contest:
    """The scoreboard, and what is run to fill it."""

    def __init__(self, evolution: Evolution, rollouts: int) -> None:
        self._evolution = evolution
        self._random = Random(f"{evolution.settings.seed}/recheck")
        self._val = list(range(len(evolution.suite.val)))
        self._random.shuffle(self._val)
        self._rows = [_row(member) for member in evolution.pool.members]
        self._fresh: list[_Place] = []
        self.left = rollouts
        """Rollouts that may still be made."""

    @property
    def board(self) -> Scoreboard:
        """All scores so far."""
        return Scoreboard(self._rows, len(self._val))

    async def play(self, contenders: Sequence[int]) -> int:
        """Round after round, until one is left; the winner is then run on all of val, and may lose its place by it."""
        self._prepare(contenders)
        alive = contenders
        while len(alive) > 1 and await self._round(alive, share(len(alive), self.left)):
            alive = self.board.contenders(alive, halved(len(alive)))
        missing = sum(score is None for score in self._rows[alive[0]][: len(self._val)])
        if not 0 < missing <= self.left:
            return alive[0]
        await self._round(alive[:1], missing)
        return self.board.ranked()[0]

    def _prepare(self, contenders: Sequence[int]) -> None:
        """Find the tasks, beyond val, that tell these contenders apart."""
        suite = self._evolution.suite
        learned = self._learned(contenders)
        unseen = [_Place(task, 0) for task in suite.train if task.id not in learned]
        again = [_Place(task, 1) for task in suite.val]
        self._random.shuffle(unseen)
        self._random.shuffle(again)
        self._fresh = unseen + again

    async def _round(self, alive: Sequence[int], rollouts: int) -> int:
        """Run those alive until they share the next few tasks; returns how many rollouts that took."""
        missing: dict[int, list[int]] = {number: [] for number in alive}
        left = rollouts
        for column in self._val:
            lacking = [number for number in alive if self._rows[number][column] is None]
            if len(lacking) <= left:
                left -= len(lacking)
                for number in lacking:
                    missing[number].append(column)
        count = left // len(alive)
        fresh, self._fresh = self._fresh[:count], self._fresh[count:]
        made = {number: await self._made(number, missing[number], fresh) for number in alive}
        for number in range(len(self._rows)):
            self._enter(number, missing.get(number, []), made.get(number) or [None] * len(fresh))
        spent = sum(map(len, made.values()))
        self.left -= spent
        return spent

    def _enter(self, number: int, columns: Sequence[int], made: Sequence[Rollout | None]) -> None:
        """Write down what a candidate did on val tasks that it lacked, and then on fresh tasks (None: not run)."""
        row, value = self._rows[number], self._evolution.rollouts.value
        val = {column: rollout for column, rollout in zip(columns, made, strict=False) if rollout is not None}
        for column, rollout in val.items():
            row[column] = value(rollout)
        row += [None if rollout is None else value(rollout) for rollout in made[len(columns) :]]
        if val:
            self._evolution.pool.extend(number, self._evolution.trials.found(val.keys(), val.values()))

    async def _made(self, number: int, columns: Sequence[int], fresh: Sequence[_Place]) -> list[Rollout]:
        suite, rollouts = self._evolution.suite, self._evolution.rollouts
        config = self._evolution.config(self._evolution.pool.members[number].candidate)
        places = [*(_Place(suite.val[column], 0) for column in columns), *fresh]
        made: list[Rollout] = []
        for repeat in (0, 1):
            tasks = [place.task for place in places if place.repeat == repeat]
            if tasks:
                made += await rollouts.run(config, tasks, "re-check of contenders", repeat)
        return made

    def _learned(self, contenders: Iterable[int]) -> set[str]:
        """Train tasks on which these candidates, or those they descend from, were accepted for beating their parent."""
        members, ledger = self._evolution.pool.members, self._evolution.rollouts.ledger
        learned: set[str] = set()
        line = set(contenders)
        for number in range(len(members) - 1, 0, -1):
            if number not in line:
                continue
            parents = members[number].parents
            line |= set(parents)
            learned |= {
                task.id
                for task in self._evolution.suite.train
                if all(ledger.booked(self._key(one, task)) for one in (number, *parents))
            }
        return learned

    def _key(self, number: int, task: Task) -> str:
        evolution = self._evolution
        return evolution.rollouts.keys(evolution.config(evolution.pool.members[number].candidate), [task])[0]


def _row(member: Member) -> list[float | None]:
    """The scores on val that were really seen."""
    return [score if position in member.known else None for position, score in enumerate(member.scores)]
