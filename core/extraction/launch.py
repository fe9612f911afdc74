"""What must be true before a batch is launched; found out without loading the model's client."""

from urllib.parse import urlsplit

from core.errors import UsageError
from core.extraction.prices import find_price
from core.settings import Settings


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
    url = urlsplit(settings.openai_base_url or "https://api.openai.com/v1")
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        raise UsageError("OPENAI_BASE_URL is no address of a server. Set it to one such as http://localhost:8000/v1.")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise UsageError("OPENAI_API_KEY holds characters that no key has. Copy it again, without spaces around it.")


def check_budget(model: str, budget_usd: float | None) -> None:
    """Refuse a budget that could not be held.

    Raises:
        UsageError: The model's price is unknown.
    """
    if budget_usd is not None and find_price(model) is None:
        raise UsageError(
            f"The price of {model} is not known, so a budget cannot be held. Leave --budget out, or use a model whose "
            "price stands in core/extraction/prices.json."
        )
