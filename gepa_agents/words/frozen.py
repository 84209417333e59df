"""The base of every record: frozen, strict about unknown keys, plain JSON on the outside."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Frozen", "JsonValue"]


class Frozen(BaseModel):
    """An immutable record. Unknown keys are an error, so that a misspelt name is never silently ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")
