"""One tiny call before anything is paid for, so that a dead or wrong model is found first."""

from gepa_agents.ports.language_model import Completion, LanguageModel
from gepa_agents.words.errors import GepaError, ModelError

PROMPT = "This is a test of the connection. Answer with the one word: ready"


async def preflight(model: LanguageModel) -> Completion:
    """Ask the model one short question; what it answers is of no matter.

    Raises `ModelError` (of the kind that the model raised) that says what is wrong and what to do.
    """
    try:
        completion: object = await model.complete(PROMPT)
    except ModelError as error:
        raise type(error)(
            f"the language model `{model.name}` does not work, and nothing has been spent on rollouts yet: {error}"
        ) from error
    except GepaError:
        raise  # a model that is replayed says itself what is missing
    except Exception as error:
        said = " ".join(str(error).split())
        raise ModelError(
            f"the language model `{model.name}` raised {type(error).__name__}: {said}; "
            "mend its `complete`, which may raise ModelError only"
        ) from error
    if not isinstance(completion, Completion):
        raise ModelError(
            f"the language model `{model.name}` answered with {type(completion).__name__}; "
            "let its `complete` return a Completion"
        )
    return completion
