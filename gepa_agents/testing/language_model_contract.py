"""What every `LanguageModel` must do, as tests to inherit. Needs pytest with pytest-asyncio.

class TestMyModel(LanguageModelContract):
    @pytest.fixture
    def model(self) -> LanguageModel: ...

    @pytest.fixture
    def refused(self) -> LanguageModel | None: ...

    @pytest.fixture
    def unavailable(self) -> LanguageModel | None: ...
"""

import asyncio

import pytest

from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.words.errors import ModelError, ModelRefused, ModelUnavailable


class LanguageModelContract:
    """Inherit it, give the fixtures, and pytest runs the tests against your model."""

    counts_tokens = True
    """Set to False for a model that can't know its tokens."""

    @pytest.fixture
    def model(self) -> LanguageModel:
        """A model that works, in front of something that repeats the last word of its prompt."""
        raise NotImplementedError("give a fixture `model`")

    @pytest.fixture
    def refused(self) -> LanguageModel | None:
        """A model that never answers, by a wrong key or the like; None when there is no such thing."""
        raise NotImplementedError("give a fixture `refused`, or one that returns None")

    @pytest.fixture
    def unavailable(self) -> LanguageModel | None:
        """A model whose other side fails and whose retries are used up soon; None when there is no such thing."""
        raise NotImplementedError("give a fixture `unavailable`, or one that returns None")

    def test_is_a_language_model_with_a_name(self, model: LanguageModel) -> None:
        """It has the port's shape, and the same name whenever it is asked."""
        assert isinstance(model, LanguageModel)
        assert model.name
        assert model.name == model.name

    async def test_answers(self, model: LanguageModel) -> None:
        """A prompt gets a completion with the text, in full."""
        completion = await model.complete("Repeat the last word: orange")

        assert isinstance(completion, Completion)
        assert completion.text.strip() == "orange"
        assert not completion.truncated

    async def test_keeps_every_letter(self, model: LanguageModel) -> None:
        """Text beyond ASCII, braces and quotes comes through both ways unchanged."""
        word = "»Grüße{user}'\"\\n{{}}🦜«"
        completion = await model.complete(f"Repeat the last word: {word}")
        assert completion.text.strip() == word

    async def test_takes_long_prompts(self, model: LanguageModel) -> None:
        """A prompt larger than any pipe's or socket's buffer arrives whole."""
        completion = await model.complete("padding " * 40_000 + "end")
        assert completion.text.strip() == "end"

    async def test_concurrent_calls_do_not_mix(self, model: LanguageModel) -> None:
        """Many calls at once each get their own answer."""
        words = [f"word{number}" for number in range(16)]
        completions = await asyncio.gather(*(model.complete(f"Repeat the last word: {word}") for word in words))
        assert [completion.text.strip() for completion in completions] == words

    async def test_counts_what_was_used(self, model: LanguageModel) -> None:
        """A call is counted as one, with its tokens, and with its price or as a call whose price is not known."""
        usage = (await model.complete("Repeat the last word: orange")).usage

        assert usage.calls == 1
        assert usage.usd >= 0
        assert usage.unpriced_calls in (0, 1)
        if self.counts_tokens:
            assert usage.input_tokens > 0
            assert usage.output_tokens > 0

    def test_works_in_one_event_loop_after_another(self, model: LanguageModel) -> None:
        """No call leaves something behind that is bound to its event loop."""
        for word in ("first", "second"):
            completion = asyncio.run(model.complete(f"Repeat the last word: {word}"))
            assert completion.text.strip() == word

    async def test_says_when_it_never_will_answer(self, refused: LanguageModel | None) -> None:
        """What will not pass is `ModelRefused`, in a sentence that names the model."""
        if refused is None:
            pytest.skip("this kind of model is never refused")
        with pytest.raises(ModelRefused) as caught:
            await refused.complete("Repeat the last word: orange")
        _one_sentence(caught.value, refused)

    async def test_says_when_it_might_answer_later(self, unavailable: LanguageModel | None) -> None:
        """What may pass is `ModelUnavailable`, in a sentence that names the model."""
        if unavailable is None:
            pytest.skip("this kind of model is never out of reach")
        with pytest.raises(ModelUnavailable) as caught:
            await unavailable.complete("Repeat the last word: orange")
        _one_sentence(caught.value, unavailable)


def _one_sentence(error: ModelError, model: LanguageModel) -> None:
    assert model.name in str(error)
    assert "\n" not in str(error)
