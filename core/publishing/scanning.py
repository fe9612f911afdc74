"""Keys, tokens and private keys in what is about to leave. There is no override.

`detect-secrets` runs with the plugins that know a vendor's format; those that guess from entropy or from words such
as "password" would keep harmless tasks from being published for ever.
"""

from collections.abc import Mapping
from functools import cache

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from core.traces.secrets import count_secrets

_PLUGINS: tuple[type[BasePlugin], ...] = (
    AWSKeyDetector,
    AzureStorageKeyDetector,
    DiscordBotTokenDetector,
    GitHubTokenDetector,
    GitLabTokenDetector,
    JwtTokenDetector,
    MailchimpDetector,
    NpmDetector,
    OpenAIDetector,
    PrivateKeyDetector,
    PypiTokenDetector,
    SendGridDetector,
    SlackDetector,
    SquareOAuthDetector,
    StripeDetector,
    TelegramBotTokenDetector,
    TwilioKeyDetector,
)


def find_secret(text: str) -> str | None:
    """The kind of the first secret in a text, in words, or None. The secret itself is never returned."""
    ours = next(iter(count_secrets(text)), None)
    if ours is not None:
        return ours
    return next((name for name, plugin in _list_plugins() if next(iter(plugin.analyze_string(text)), None)), None)


def find_secret_file(contents: Mapping[str, bytes]) -> tuple[str, str] | None:
    """Path and kind of the first secret among files, names included, or None."""
    for path, content in contents.items():
        kind = find_secret(f"{path}\n{content.decode('utf-8', 'replace')}")
        if kind is not None:
            return path, kind
    return None


@cache
def _list_plugins() -> tuple[tuple[str, BasePlugin], ...]:
    return tuple((str(plugin.secret_type), plugin()) for plugin in _PLUGINS)
