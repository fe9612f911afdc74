"""What must be true before a batch is launched; found out without loading the model's client."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from urllib.parse import urlsplit

from core.errors import UsageError
from core.extraction.prices import choose_price
from core.models import Extractor
from core.settings import Settings
from core.store.batch_models import Batch, BatchConfig
from core.store.servers import ServedBy

OPENAI_URL = "https://api.openai.com/v1"


def check_has_server(settings: Settings) -> None:
    """Refuse to go on without a model's server.

    Raises:
        UsageError: Neither a key nor an address is set; the message names both ways out.
    """
    if not settings.has_model_server:
        raise UsageError(
            "No model server is set: set OPENAI_API_KEY (or OPENAI_BASE_URL for a server of your own), "
            "or choose --extractor rules, which needs neither."
        )
    url = urlsplit(settings.openai_base_url or OPENAI_URL)
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        raise UsageError("OPENAI_BASE_URL is no address of a server. Set it to one such as http://localhost:8000/v1.")
    key = settings.openai_key
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise UsageError("OPENAI_API_KEY holds characters that no key has. Copy it again, without spaces around it.")


def find_server(settings: Settings) -> str:
    """The address of the model's server, as batches remember it: with a slash at its end."""
    return (settings.openai_base_url or OPENAI_URL).rstrip("/") + "/"


def mark_key(settings: Settings) -> str:
    """Eight digits that tell one key from another; a key cannot be found from so few."""
    return sha256(f"trace-hints {settings.openai_key}".encode()).hexdigest()[:8]


def describe_change(batch: Batch, settings: Settings) -> str | None:
    """What is said when a batch goes on with another server or key than before; None if it does not."""
    server = find_server(settings)
    if batch.extractor is Extractor.RULES or batch.server is None:
        return None
    if batch.server != server:
        return f"So far {batch.server} answered this batch; it goes on with {server}."
    if batch.key_mark is not None and batch.key_mark != mark_key(settings):
        return "The key has changed since this batch ran last; it goes on with the present one."
    return None


def describe_servers(servers: Sequence[ServedBy], *, done: int) -> str | None:
    """Who answered how many requests of a batch, where it went on with another server or key; None if it did not.

    Args:
        servers: In the order in which they were asked.
        done: Requests that are answered by now.
    """
    if len(servers) < 2:
        return None
    ends = [item.done for item in servers[1:]] + [done]
    names = [servers[0].server] + [
        f"{now.server} with another key" if now.server == before.server else now.server
        for before, now in pairwise(servers)
    ]
    counted = [f"{name} ({end - item.done:,})" for name, item, end in zip(names, servers, ends, strict=True)]
    return f"Answered by {', then by '.join(counted)}."


def check_budget(config: BatchConfig, *, is_launched: bool = False) -> None:
    """Refuse a budget that could not be held.

    Args:
        config: Of the batch.
        is_launched: Its prices were given, or not, when it was.

    Raises:
        UsageError: The model's price is unknown.
    """
    if config.budget_usd is None or choose_price(config) is not None:
        return
    advice = "Give it with --price-in and --price-out (USD per million tokens), or leave --budget out."
    if is_launched:
        advice = "This batch was launched without it and can only go on without --budget; launch another with prices."
    raise UsageError(f"The price of {config.model} is not known, so a budget cannot be held. {advice}")
