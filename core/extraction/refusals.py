"""What a person is told when a model's server refuses everything, the same words whichever way a batch is sent."""

from core.errors import ModelServerError, UsageError
from core.traces.secrets import mask_secrets


def build_address_error(error: Exception) -> UsageError:
    """The client cannot be built for this address."""
    return UsageError(f"OPENAI_BASE_URL is not an address ({error}). Set it to one like http://host:8000/v1.")


def build_key_error(server: str, said: str) -> ModelServerError:
    """The server does not take the key.

    Args:
        server: Its address.
        said: By the server; may be empty.
    """
    return ModelServerError(f"The server {server} refused the key{quote(said)}. Set OPENAI_API_KEY to a valid one.")


def build_credit_error(server: str, said: str) -> ModelServerError:
    """Whoever pays for the key has nothing left."""
    return ModelServerError(f"The account at {server} has no credit left{quote(said)}. Top it up, then resume.")


def build_same_words_error(server: str, said: str, *, times: int) -> ModelServerError:
    """So many requests in a row were refused in the same way, so the others would be, too."""
    return ModelServerError(
        f"The server {server} refused {times} requests in a row with the same words{quote(said)}. Put right what "
        "they name and resume; what failed by it can be retried."
    )


def build_model_error(server: str, model: str, said: str) -> ModelServerError:
    """The server does not know the model."""
    return ModelServerError(
        f'The server {server} has no model "{model}"{quote(said)}. Choose another one with --model.'
    )


def build_unreachable_error(server: str, said: str) -> ModelServerError:
    """The server never answered anything."""
    return ModelServerError(
        f"The server {server} cannot be reached{quote(said)}. Check OPENAI_BASE_URL and that the server runs."
    )


def build_outage_error(server: str, said: str) -> ModelServerError:
    """The server answered, and then nothing more."""
    return ModelServerError(
        f"The server {server} does not answer any more{quote(said)}. What it answered is kept; resume when it is back."
    )


def hide_key(text: str, key: str) -> str:
    """What a server said, without our key and without what looks like another one."""
    return mask_secrets(text.replace(key, "[masked: API key]") if key else text)


def quote(said: str) -> str:
    """What a server said, in brackets; nothing if it said nothing."""
    said = said.strip().rstrip(".")
    return f" ({said})" if said else ""
