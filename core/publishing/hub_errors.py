"""The Hub's errors in sentences that say what to do. Tokens are never in them."""

import json

from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from core.errors import PublishError, TraceHintsError, UsageError
from core.traces.secrets import mask_secrets

NO_TOKEN = "Publishing to the Hub needs a token. Set HF_TOKEN to one that may write, or publish to a folder instead."


def translate_error(error: Exception, repo: str) -> TraceHintsError:
    """What went wrong with a repository, as one of our errors."""
    if isinstance(error, TraceHintsError):
        return error
    if isinstance(error, LocalTokenNotFoundError):
        return UsageError(NO_TOKEN)
    if isinstance(error, HFValidationError):
        return UsageError(f'"{repo}" is no repository name. Give owner/name.')
    if isinstance(error, OfflineModeIsEnabled):
        return PublishError("HF_HUB_OFFLINE is set, so nothing can be published. Unset it, or publish to a folder.")
    if isinstance(error, HfHubHTTPError):
        return _translate_status(error, repo)
    if isinstance(error, json.JSONDecodeError):
        return PublishError("The answer was not the Hub's. Check HF_ENDPOINT and the network, then publish again.")
    return PublishError(
        f"The Hub could not be reached, or broke off ({_first_line(error)}). Check the connection, then publish again."
    )


def _translate_status(error: HfHubHTTPError, repo: str) -> TraceHintsError:
    status = error.response.status_code
    if isinstance(error, RepositoryNotFoundError):
        return PublishError(f"{repo} is not there, or the token may not see it. Check the name and HF_TOKEN.")
    if status == 401:
        return PublishError("The Hub refused the token (401). Set HF_TOKEN to a valid one that may write.")
    if status == 403:
        return PublishError(
            f"The token may not write to {repo} (403: {_describe(error)}). "
            f"Set HF_TOKEN to a token with write access to {repo.split('/')[0]}."
        )
    if status == 429:
        return PublishError("The Hub has had too many requests (429). Publish again in a few minutes.")
    if status >= 500:
        return PublishError(f"The Hub is in trouble ({status}: {_describe(error)}). Publish again later.")
    return PublishError(f"The Hub refused ({status}: {_describe(error)}). Mend what it names, then publish again.")


def _describe(error: HfHubHTTPError) -> str:
    return mask_secrets(" ".join((error.server_message or "no reason given").split())[:300]).rstrip(".")


def _first_line(error: Exception) -> str:
    return mask_secrets((str(error).splitlines() or [type(error).__name__])[0][:300]).rstrip(".")
