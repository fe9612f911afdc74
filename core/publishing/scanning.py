"""Keys, tokens and private keys in what is about to leave. There is no override.

`detect-secrets` runs with the plugins that know a vendor's format; those that guess from entropy or from words such
as "password" would keep harmless tasks from being published for ever.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from core.traces.secrets import count_secrets

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

_PLUGINS = (
    ("aws", "AWSKeyDetector"),
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("jwt", "JwtTokenDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("npm", "NpmDetector"),
    ("openai", "OpenAIDetector"),
    ("private_key", "PrivateKeyDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)
"""Module and class."""


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
def _list_plugins() -> tuple[tuple[str, "BasePlugin"], ...]:
    # late, and only these: the package imports a lot
    classes = (getattr(import_module(f"detect_secrets.plugins.{module}"), name) for module, name in _PLUGINS)
    return tuple((str(plugin.secret_type), plugin()) for plugin in classes)
