"""How a model is called, validated once."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator

from gepa_agents.words.errors import ConfigError
from gepa_agents.words.frozen import Frozen, JsonValue

OURS = frozenset(
    {"model", "messages", "stream", "n", "api_base", "base_url", "api_key", "temperature", "max_tokens", "timeout"}
    | {"retries", "num_retries", "max_retries"}
)
"""What can't stand in `extra`: it is an option of its own, or would change what comes back."""


class Options(Frozen):
    """How a model is called. What is not given is left to the vendor."""

    api_base: str | None = None
    """Address of the server, when it is not the vendor's own: `http://localhost:8000/v1`."""
    api_key: SecretStr | None = None
    """The key; without it the vendor's environment variable is read. Shown nowhere."""
    temperature: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, gt=0)
    """The longest answer, in tokens; reasoning models count their reasoning."""
    timeout: float = Field(default=180.0, gt=0, allow_inf_nan=False)
    """Seconds for one attempt, from the request to the end of the answer."""
    retries: int = Field(default=5, ge=0)
    """How often a call that failed for a passing reason is made again."""
    extra: dict[str, JsonValue] = {}
    """Further parameters of `litellm.completion`, such as `reasoning_effort`."""

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if taken := sorted(OURS & extra.keys()):
            raise ValueError(f"{', '.join(taken)} can't stand in extra")
        return extra

    @classmethod
    def checked(cls, model: str, given: Mapping[str, object]) -> Self:
        """The options of a model from a table; raises `ConfigError` that names model and option, never a value."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"option `{where}` of the language model `{model}`: {first['msg']}; "
                f"the options are {', '.join(cls.model_fields)}"
            ) from None  # The chained error would show the value, which may be the key.

    def arguments(self) -> dict[str, object]:
        """The arguments of `litellm.acompletion`. LiteLLM's own retries are off: they would multiply ours."""
        given: dict[str, object] = {
            "api_base": self.api_base,
            "api_key": None if self.api_key is None else self.api_key.get_secret_value(),
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        return {**self.extra, **chosen, "timeout": self.timeout, "num_retries": 0, "max_retries": 0}
