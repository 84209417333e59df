"""The final choice: contenders are run on what none of them learned from, and what val promised is corrected."""

from collections.abc import Callable, Sequence
from random import Random
from typing import ClassVar

import pytest

from gepa_agents.loop.asking import Asking
from gepa_agents.loop.estimate import estimate
from gepa_agents.loop.evolution import Evolution
from gepa_agents.loop.optimize import optimize
from gepa_agents.loop.recheck import allowance, recheck
from gepa_agents.loop.result import Choice
from gepa_agents.loop.rollouts import Rollouts
from gepa_agents.parts.frontier.objectives import SCORE
from gepa_agents.parts.models.function import FunctionModel
from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.parts.statistics import shrinkage
from gepa_agents.words.candidate import Candidate
from gepa_agents.words.component import Anatomy
from gepa_agents.words.errors import BudgetError
from gepa_agents.words.settings import Budget, Settings
from gepa_agents.words.suite import TaskSuite
from tests.landscape import Landscape, metric, reflect, suite

WORDS = ("one", "two", "three")
"""What the candidates of a pool are called; the baseline has no name."""
Truth = Callable[[str, str, int], float]
"""The score of a candidate on a task, at which repeat."""


@pytest.fixture(autouse=True)
def closed():
    """What a test opened is closed after it."""
    yield
    while Scene.opened:
        Scene.opened.pop().close()


class Scene:
    """A pool with given scores on val, in which every further rollout scores as `truth` says."""

    opened: ClassVar[list[Journal]] = []

    def __init__(self, rows: Sequence[Sequence[float | None]], truth: Truth, budget: int = 1000, **settings) -> None:
        self.suite: TaskSuite = suite(train=30, val=len(rows[0]), test=4)
        self.agent = Landscape()
        self.settings = Settings(**settings)
        journal = Journal(None, {})
        self.opened.append(journal)
        ledger = Ledger(Budget(rollouts=budget), self.settings.recheck or 0)

        def judge(task, rollout):
            followed = rollout.output["followed"]
            return truth(WORDS[int(followed[0][1:])] if followed else "", task.id, rollout.repeat)

        self.rollouts = Rollouts(self.agent, judge, journal, ledger, self.settings, lambda _event: None)
        self.evolution = Evolution(
            self.suite,
            Anatomy(components=self.agent.components),
            self.rollouts,
            Asking(FunctionModel(reflect), journal, ledger),
            self.settings,
            lambda _n, _decision: None,
        )
        pool = self.evolution.pool
        for number, row in enumerate(rows):
            found = {position: {SCORE: score} for position, score in enumerate(row) if score is not None}
            texts = {self.agent.components[0].name: f"R{number - 1}"} if number else {}
            pool.add(Candidate(texts), pool.members[: min(number, 1)], found)

    async def learn(self, number: int, tasks: Sequence[int]) -> None:
        """A candidate and the baseline were run on these train tasks when it was accepted."""
        for one in (0, number):
            config = self.evolution.config(self.evolution.pool.members[one].candidate)
            await self.rollouts.run(config, [self.suite.train[task] for task in tasks], "minibatch")
        self.agent.runs.clear()

    async def choose(self, rollouts: int) -> Choice:
        return await recheck(self.evolution, rollouts)


def close(*wins: int, of: int = 10) -> list[list[float]]:
    """A baseline that solves nothing, and candidates that solve their first so many tasks, each from another one on."""
    rows = [[float((task + 3 * shift) % of < won) for task in range(of)] for shift, won in enumerate(wins)]
    return [[0.0] * of, *rows]


async def test_the_truly_better_contender_wins_though_val_prefers_another():
    """Val saw eight of ten for one and seven for two; on further tasks two is right always, one now and then."""
    scene = Scene(close(8, 7), lambda name, task, repeat: float(name == "two" or Random(name + task).random() < 0.3))
    choice = await scene.choose(20)
    assert (choice.leader, choice.number) == (1, 2)
    assert choice.rollouts <= 20


async def test_without_further_rollouts_val_decides():
    """The best expected mean is taken, and nothing is run."""
    scene = Scene(close(8, 7), lambda name, task, repeat: 0.0)
    choice = await scene.choose(0)
    assert (choice.number, choice.rollouts, choice.val) == (1, 0, 0.8)
    assert scene.agent.runs == []


async def test_what_is_expected_lies_below_what_val_says():
    """A winner of equals is expected to be nearer to them than its mean on val."""
    noise = Random(1)
    rows = [[float(noise.random() < 0.5) for _ in range(40)] for _ in range(8)]
    choice = await Scene(rows, lambda name, task, repeat: 0.5).choose(0)
    centre = sum(map(sum, rows)) / 320
    assert centre <= choice.expected < choice.val - 0.02


async def test_a_lead_over_the_baseline_that_does_not_hold_ends_with_the_baseline():
    """On val the child was ahead by one task; on further tasks it fails, and the agent stays as it is."""
    rows = [[1.0] * 6 + [0.0] * 4, [0.0] + [1.0] * 7 + [0.0] * 2]
    choice = await Scene(rows, lambda name, task, repeat: float(name == "")).choose(20)
    assert (choice.leader, choice.number) == (1, 0)


async def test_contenders_are_run_on_the_same_tasks_which_none_of_them_learned_from():
    """Not on test, not on val again while there are train tasks, not on the minibatches of their lineage."""
    scene = Scene(close(8, 7, 6), lambda name, task, repeat: 0.5)
    await scene.learn(1, [0, 1, 2])
    await scene.learn(2, [3, 4, 5])
    choice = await scene.choose(24)
    allowed = {task.id for task in scene.suite.train[6:]}
    by_candidate: dict[str, set[str]] = {}
    for candidate, task in scene.agent.runs:
        assert task in allowed
        by_candidate.setdefault(candidate, set()).add(task)
    ids = {scene.evolution.pool.members[number].candidate.id for number in choice.contenders}
    assert set(by_candidate) == ids
    longest = max(by_candidate.values(), key=len)
    assert all(tasks <= longest for tasks in by_candidate.values())
    assert len(scene.agent.runs) == choice.rollouts <= 24


async def test_when_train_is_used_up_val_is_run_once_more():
    """A small suite's contenders are told apart by a second rollout on val."""
    scene = Scene(close(8, 7), lambda name, task, repeat: float(repeat == 1 and name == "two"))
    await scene.learn(1, range(30))
    choice = await scene.choose(20)
    assert {task for _, task in scene.agent.runs} <= {task.id for task in scene.suite.val}
    assert choice.number == 2


async def test_a_winner_that_val_hardly_knows_is_run_on_the_rest_of_it():
    """Two tasks solved of two make a leader; all of val shows that it is none."""
    rows = [[0.0] * 10, [1.0] * 7 + [0.0] * 3, [1.0, 1.0] + [None] * 8]
    rows[2][8] = 1.0
    rows[1][0] = 0.0
    choice = await Scene(rows, lambda name, task, repeat: 0.0).choose(40)
    assert choice.number == 1
    assert choice.tasks == 10


async def test_who_scores_as_the_leader_everywhere_costs_nothing():
    """Two candidates without any difference on all of val: there is nothing to tell apart, the earlier is taken."""
    scene = Scene([[0.0] * 10, [1.0] * 5 + [0.0] * 5, [1.0] * 5 + [0.0] * 5], lambda name, task, repeat: 1.0)
    choice = await scene.choose(50)
    assert choice.contenders == (1,)
    assert scene.agent.runs == []


async def test_a_budget_that_ends_on_the_way_leaves_a_choice():
    """Rounds that were played to their end count, the broken one does not."""
    scene = Scene(close(8, 7), lambda name, task, repeat: float(name == "two"), budget=5, concurrency=1)
    choice = await scene.choose(20)
    assert choice.number == 1
    assert len(scene.agent.runs) == 5


def test_the_allowance_leaves_the_closing_test_covered():
    """What the search left, up to a pass of val; a number that was kept back comes whatever was left."""
    scene = Scene(close(8, 7), lambda name, task, repeat: 0.0, budget=7)
    assert allowance(scene.evolution) == 7
    scene = Scene(close(8, 7), lambda name, task, repeat: 0.0, budget=500)
    assert allowance(scene.evolution) == 10
    scene = Scene(close(8, 7), lambda name, task, repeat: 0.0, budget=500, recheck=33)
    assert allowance(scene.evolution) == 33
    assert allowance(Scene(close(8, 7), lambda name, task, repeat: 0.0, recheck=0).evolution) == 0


def test_a_kept_back_number_is_counted_before_the_first_rollout():
    """The smallest budget grows by it, and the sentence names it."""
    agent, settings = Landscape(), Settings(recheck=15)
    needed = estimate(suite(), Settings()).floor + 15
    with pytest.raises(BudgetError, match=rf"the re-check 15, the closing test 16; give at least {needed}"):
        optimize(
            agent,
            suite(),
            metric=metric,
            reflection_lm=reflect,
            budget=Budget(rollouts=needed - 1),
            settings=settings,
        )
    assert agent.runs == []


@pytest.mark.parametrize("workers", [1, 7])
def test_the_choice_is_the_same_at_any_concurrency_and_within_the_budget(workers: int):
    """A noisy metric makes contenders; the re-check is made of what the search left, and repeats itself exactly."""

    def noisy(task, rollout):
        score = metric(task, rollout)
        luck = Random(f"{rollout.candidate}{task.id}{rollout.repeat}").random()
        return score.model_copy(update={"value": score.value if luck < 0.7 else 0.0})

    def run(concurrency: int, agent: Landscape):
        settings = Settings(concurrency=concurrency, max_iterations=10)
        return optimize(
            agent, suite(), metric=noisy, reflection_lm=reflect, budget=Budget(rollouts=200), settings=settings
        )

    agent = Landscape(delays=workers > 1)
    result = run(workers, agent)
    assert result.choice == run(3, Landscape()).choice
    assert result.spent.rollouts == len(agent.runs) <= 200
    assert result.best == result.candidates[result.choice.number].config
    held_out = {task.id for task in suite().test}
    assert sum(task in held_out for _, task in agent.runs) in (0, 2 * len(held_out))


def test_optimism_is_taken_out_on_average():
    """Twelve candidates of nearly the same worth, thirty tasks: the best mean is nine points too high, what is
    expected of it less than one and a half, over two hundred pools."""
    random = Random(0)
    raw = corrected = 0.0
    for _ in range(200):
        worths = [0.6 + random.gauss(0, 0.03) for _ in range(12)]
        rows = [[float(random.random() < worth) for _ in range(30)] for worth in worths]
        means = [sum(row) / 30 for row in rows]
        best = max(range(12), key=means.__getitem__)
        raw += (means[best] - worths[best]) / 200
        corrected += (shrinkage.estimates(rows)[best].expected - worths[best]) / 200
    assert raw > 0.09
    assert abs(corrected) < 0.015
