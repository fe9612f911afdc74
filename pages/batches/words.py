"""A batch's configuration and figures in words. A trial's name may be among them: show them as plain text only."""

from collections.abc import Collection
from math import ceil

from core.store.batch_models import BatchConfig
from pages.shared.labels import describe_cost, describe_count
from pages.shared.unseen import name_unseen

SELECTIONS = {"all": "All", "new": "Without hints", "failed": "Failed before"}
WAYS = {"live": "Live calls", "batch_api": "Batch API"}
"""What the form offers."""
EVERYTHING = "all attempts"
_SELECTED = {"all": EVERYTHING, "new": "attempts without hints", "failed": "attempts that failed before"}
_WAYS = {"live": "Live calls", "files": "Files for another engine", "batch_api": "Batch API of the server"}
_MODES = {"json_schema": "JSON schema", "json_object": "JSON object", "text": "plain text"}
_MINUTE, _HOUR = 60, 3600
_MILLION = 1_000_000


def describe_selection(config: BatchConfig) -> str:
    """Which attempts were chosen, e.g. `attempts without hints, first 20 trials`."""
    parts = [_SELECTED[config.only]]
    if config.first_trials is not None:
        parts.append("first trial" if config.first_trials == 1 else f"first {config.first_trials:,} trials")
    if config.trial is not None:
        parts.append(f"trial {config.trial}")
    if config.min_success is not None or config.max_success is not None:
        parts.append(f"{100 * (config.min_success or 0):.0f} to {100 * (config.max_success or 1):.0f} % successes")
    if config.ask_again:
        parts.append("asked again")
    return ", ".join(parts)


def describe_limits(config: BatchConfig) -> str:
    """What the batch kept to, e.g. `500 a minute, 100 at once, budget $ 10.00`; the budget alone where nobody waits."""
    parts = []
    if config.way == "live":
        parts += [f"{config.max_rpm:,} a minute", f"{config.batch_size:,} at once"]
        parts += [] if config.max_tpm is None else [f"{config.max_tpm:,} tokens a minute"]
    if config.budget_usd is not None:
        parts.append(f"budget {describe_cost(config.budget_usd)}")
    return ", ".join(parts)


def describe_way(config: BatchConfig) -> str:
    """How the requests travel, e.g. `Live calls`."""
    return _WAYS[config.way]


def describe_mode(mode: str, refused: Collection[str]) -> str:
    """How the server is asked, e.g. `JSON schema, without temperature`; a mode that is not known stays as it is.

    Args:
        mode: How it is told the form of the answer.
        refused: Parameters that it does not take.
    """
    without = f", without {' and '.join(sorted(refused))}" if refused else ""
    return _MODES.get(mode, mode) + without


def describe_tokens(count: int) -> str:
    """E.g. `15,921`, and `1.21 M` from a million on."""
    return f"{count:,}" if count < _MILLION else f"{count / _MILLION:,.2f} M"


def describe_tokens_short(count: int) -> str:
    """For where there is little room, e.g. `950`, `16 k`, `1.21 M`."""
    is_between = 10_000 <= count < _MILLION - 500
    return f"{count / 1000:.0f} k" if is_between else describe_tokens(count)


def describe_share(part: float, whole: float) -> str:
    """E.g. `96 %`. Only all of it is 100 %, and only nothing is 0 %; empty without a whole."""
    if not whole:
        return ""
    percent = round(100 * part / whole)
    if part and percent == 0:
        return "below 1 %"
    return f"{min(percent, 99) if part < whole else percent} %"


def describe_duration(seconds: float) -> str:
    """E.g. `12 s`, `4 min 10 s`, `2 h 5 min`."""
    whole = max(round(seconds), 1 if seconds > 0 else 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min" + (f" {whole % _MINUTE} s" if whole % _MINUTE else "")
    hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
    return f"{hours:,} h" + (f" {minutes} min" if minutes else "")


def describe_time_left(seconds: float) -> str:
    """Rounded up, because it is about what is to come, e.g. `about 40 s left`, `about 3 min left`."""
    if seconds <= 50:
        return f"about {max(ceil(seconds / 10), 1) * 10} s left"
    if seconds < 90 * _MINUTE:
        return f"about {ceil(seconds / _MINUTE)} min left"
    return f"about {describe_count(round(seconds / _HOUR), 'hour')} left"


def shorten(line: str, *, characters: int = 160) -> str:
    """One line that shows how a longer text begins."""
    folded = name_unseen(" ".join(line.split()))
    return folded if len(folded) <= characters else folded[: characters - 1].rstrip() + "…"
