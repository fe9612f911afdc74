"""Keys, tokens and private keys in hints and in what is published. There is no override.

`detect-secrets` runs with the plugins that know a vendor's format; those that guess from entropy or from words such
as "password" would keep harmless tasks from being published for ever.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

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
_NEEDED = {
    "MailchimpDetector": ("-us",),
    "SlackDetector": ("xox", "hooks.slack.com"),
    "StripeDetector": ("k_live_",),
}
"""What every secret of a slow plugin holds, in lower case: a text without it need not be searched."""


def find_secret(text: str) -> str | None:
    """The kind of the first secret in a text, in words, or None. The secret itself is never returned."""
    ours = next(iter(count_secrets(text)), None)
    if ours is not None:
        return ours
    lower = text.lower()
    return next((plugin.name for plugin in _list_plugins() if plugin.finds(text, lower)), None)


class _Plugin(NamedTuple):
    name: str
    detector: "BasePlugin"
    needed: tuple[str, ...]

    def finds(self, text: str, lower: str) -> bool:
        if self.needed and not any(needed in lower for needed in self.needed):
            return False
        return next(iter(self.detector.analyze_string(text)), None) is not None


@cache
def _list_plugins() -> tuple[_Plugin, ...]:
    # late, and only these: the package imports a lot
    plugins = []
    for module, name in _PLUGINS:
        kind = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        plugins.append(_Plugin(str(kind.secret_type), kind(), _NEEDED.get(name, ())))
    return tuple(plugins)
