"""Settings and budgets: what is refused."""

import pytest
from pydantic import ValidationError

from gepa_agents import Budget, Settings

NUMBERS = ("failure_score", "perfect_score", "rollout_timeout", "max_growth")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_setting_is_a_finite_number(name: str, number: float) -> None:
    """No file can hold another, and no score can be compared with it."""
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: number})


@pytest.mark.parametrize("name", ["usd", "seconds"])
def test_a_budget_is_finite(name: str) -> None:
    """A limit that is never reached is none."""
    with pytest.raises(ValidationError, match="should be a finite number"):
        Budget.model_validate({name: float("inf")})
