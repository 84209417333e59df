"""What must hold of the journal and the ledger, whatever happens to them."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gepa_agents.parts.runs.journal import Journal
from gepa_agents.parts.runs.ledger import Ledger
from gepa_agents.words.errors import BudgetError
from gepa_agents.words.settings import Budget
from gepa_agents.words.usage import Usage

keys = st.text(min_size=1, max_size=8)
usages = st.builds(
    Usage,
    calls=st.integers(0, 3),
    input_tokens=st.integers(0, 99),
    output_tokens=st.integers(0, 99),
    usd=st.floats(0, 1),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(keys, st.text()), max_size=12), st.integers(0, 12))
def test_what_was_recorded_is_there_after_reopening(tmp_path_factory, calls, cut):
    """However the writes are spread over processes, the last body of each key is read back to the letter."""
    folder = tmp_path_factory.mktemp("run")
    for part in (calls[:cut], calls[cut:]):
        with Journal(folder, {"tasks": "t"}) as journal:
            for key, body in part:
                journal.record(key, body)
    with Journal(folder, {"tasks": "t"}) as journal:
        assert {key: journal.recall(key) for key in dict(calls)} == dict(calls)
        assert dict(journal.calls()) == dict(calls)


@given(st.lists(st.tuples(st.sampled_from(["rollout", "reflection"]), usages), max_size=30), st.randoms())
def test_the_ledger_adds_up(calls, random):
    """Whatever is owed and in whatever order it is booked, the sum is what was paid, and each call counts once."""
    ledger = Ledger(Budget(rollouts=1))
    keys = []
    for number, (kind, usage) in enumerate(calls):
        keys.append(f"{kind}/{number}")
        for _ in range(2):
            ledger.owe(kind, keys[-1], usage)
    assert ledger.paid[0] == sum(kind == "rollout" for kind, _ in calls)
    random.shuffle(keys)
    half = len(keys) // 2
    ledger.book(keys[:half])
    ledger.book(keys[: half + 1])
    ledger.close()
    total = sum((usage for _, usage in calls), Usage())
    assert ledger.rollouts == sum(kind == "rollout" for kind, _ in calls)
    assert ledger.rollouts + ledger.reflections == len(calls)
    assert ledger.usage.tokens == total.tokens
    assert abs(ledger.usage.usd - total.usd) < 1e-9
    assert ledger.paid == (ledger.rollouts, ledger.usage)


@given(st.integers(1, 60), st.integers(0, 20), st.lists(st.integers(1, 9), max_size=30))
def test_steps_that_are_covered_never_pass_the_budget(cap, reserve, steps):
    """A search that asks before each step leaves the reserve untouched, exactly."""
    ledger = Ledger(Budget(rollouts=cap), reserve)
    for number, step in enumerate(steps):
        if ledger.shortage(step, 1, 0.0) is None:
            for place in range(step):
                ledger.owe("rollout", f"{number}/{place}", Usage())
            ledger.close()
    assert ledger.rollouts <= max(cap - reserve, 0)


@given(st.integers(1, 60), st.sets(st.integers(0, 40)), st.lists(st.integers(0, 40), unique=True))
def test_what_is_sunk_is_spent_once(cap, sunk, steps):
    """Whether a step asks for it or not, and whatever is owed meanwhile, a sunk call is one call of the budget."""
    ledger = Ledger(Budget(rollouts=cap))
    for number in sunk:
        ledger.sink("rollout", str(number), Usage(input_tokens=1))
    asked: set[int] = set()
    for number in steps:
        if ledger.shortage(1, 0, 0.0) is None:
            ledger.owe("rollout", str(number), Usage(input_tokens=1))
            asked.add(number)
            assert ledger.paid[0] == ledger.paid[1].tokens == len(sunk | asked)
            ledger.book([str(number)])
            assert ledger.paid[0] == ledger.paid[1].tokens == len(sunk | asked)
    assert ledger.rollouts == len(asked)
    assert len(sunk | asked) <= max(cap, len(sunk))


@given(st.integers(1, 500), st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 10))
def test_tokens_are_overspent_by_one_call_at_most(cap, costs, step):
    """A call starts only while tokens are left, so the cap is passed by less than the last call, booked or owed."""
    ledger = Ledger(Budget(tokens=cap))
    for number, cost in enumerate(costs):
        with suppress(BudgetError):
            ledger.admit()
            ledger.owe("rollout", str(number), Usage(input_tokens=cost))
        if number % step == 0:
            ledger.close()
    ledger.close()
    assert ledger.usage.tokens < cap + max(costs)
