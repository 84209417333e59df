"""What a call cost: tokens and money. Knows nothing of who was called."""

from gepa_agents.words.frozen import Frozen


class Usage(Frozen):
    """Tokens and money of one or many language-model calls; adds up with `+`."""

    calls: int = 0
    """Model calls made, failed ones included."""
    input_tokens: int = 0
    """Tokens read by the model."""
    output_tokens: int = 0
    """Tokens written by the model, its reasoning included."""
    usd: float = 0.0
    """US dollars, of the calls whose price is known."""
    unpriced_calls: int = 0
    """Calls whose price is not known; while this is above zero, `usd` is a lower bound."""

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            usd=self.usd + other.usd,
            unpriced_calls=self.unpriced_calls + other.unpriced_calls,
        )
