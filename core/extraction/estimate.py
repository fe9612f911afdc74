"""What a batch will take, reckoned before its launch: requests, tokens, cost and time, beside one call per row."""

from typing import NamedTuple

from core.extraction.contrast_prompt import CONTRAST_INPUT_LIMIT
from core.extraction.cutting import MIN_INPUT_LIMIT
from core.extraction.prices import Price, get_cost_usd, load_prices
from core.models import RequestKind
from core.store import Store
from core.store.batch_models import BatchConfig, ChosenContrasts, ChosenTotals, CutReckoning, Estimate, TypicalReply
from core.traces.report import CHARACTERS_PER_TOKEN

PROMPT_CHARACTERS = 6_050
"""The static part of the prompt, the lines around the trace, and the answer's schema: servers bill it like the rest.
A test holds it to the prompt."""
CHARACTERS_PER_MESSAGE = 22
"""What the numbering of one message adds, on average; a test holds it to the prompt."""
CUT_SHARE = 0.97
"""How much of the input limit an attempt takes that is cut to it: whole turns leave. A test holds it to the cut."""
CONTRAST_CHARACTERS = 6_400
"""The same of a request that compares two attempts; a test holds it to the prompt."""
CONTRAST_CHARACTERS_PER_MESSAGE = 25
ASSUMED_CONTRAST_TOKENS = 400
"""Of one answer to it: a few hints with their quotes."""
ASSUMED_ANSWER_TOKENS = 700
"""Of one answer, as long as the model has not answered here: a dozen hints with their quotes."""
ASSUMED_LATENCY_SECONDS = 10.0
NO_CONTRASTS = ChosenContrasts(0, 0, 0)
REPLIES_TO_TRUST = 20
"""So many earlier replies of the model, and their averages are taken instead."""
BATCH_API_DISCOUNT = 0.5
"""OpenAI's Batch API takes half the price."""


def describe_estimate(estimate: Estimate, config: BatchConfig) -> list[str]:
    """An estimate in a few lines, with what it rests on."""
    basis = "measured here" if estimate.is_measured else "assumed"
    cost = _describe_cost(estimate.cost_usd, config)
    merges = ", and one short request for each trial with hints to merge," if config.suggest_merges else ""
    kinds = f" ({estimate.attempts:,} attempts, {estimate.contrasts:,} comparisons)" if estimate.contrasts else ""
    return [
        f"{estimate.requests:,} requests{kinds}, about {estimate.tokens_in:,} tokens in and "
        f"{estimate.tokens_out:,} out ({estimate.answer_tokens:,} an answer, {basis}): {cost}, "
        f"{describe_seconds(estimate.seconds)} ({estimate.limited_by}).",
        f"One call per row would be {estimate.row_requests:,} requests and {estimate.row_tokens_in:,} tokens in: "
        f"{_describe_cost(estimate.row_cost_usd, config)}.",
        f"Prices of {load_prices().as_of}. Retries{merges} come on top; what was answered before is not sent again.",
    ]


def describe_seconds(seconds: float) -> str:
    """A length of time in the unit that fits, e.g. `40 s`, `about 20 min`, `about 3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _describe_cost(cost_usd: float | None, config: BatchConfig) -> str:
    if cost_usd is None:
        return f"the price of {config.model} is not known (--price-in, --price-out)"
    return f"${cost_usd:,.2f}"


class Typical(NamedTuple):
    """What one answer is reckoned with."""

    tokens_out: float
    latency_seconds: float
    is_measured: bool
    contrast_tokens_out: float = ASSUMED_CONTRAST_TOKENS


def estimate_batch(store: Store, dataset_id: int, config: BatchConfig, *, price: Price | None) -> Estimate:
    """What a batch over exactly this selection will take with the `llm` extractor.

    Retries and repairs come on top; what was answered before comes off, since it is not sent again.

    Args:
        store: Holds the attempts, and the model's earlier replies.
        dataset_id: The dataset.
        config: Model, selection and limits.
        price: Of the model; None if it is not known, and then there is no cost.
    """
    most = max(config.input_limit, MIN_INPUT_LIMIT) * CHARACTERS_PER_TOKEN
    reckoning = CutReckoning(CHARACTERS_PER_MESSAGE, most, round(most * CUT_SHARE))
    totals = store.batches.sum_chosen(dataset_id, config, reckoning)
    most_compared = min(config.input_limit, CONTRAST_INPUT_LIMIT) * CHARACTERS_PER_TOKEN
    contrasts = store.batches.sum_contrasts(dataset_id, config, most_characters=most_compared)
    typical = _find_typical(store, config)
    return build_estimate(totals, config, price=price, typical=typical, contrasts=contrasts)


def build_estimate(
    totals: ChosenTotals,
    config: BatchConfig,
    *,
    price: Price | None,
    typical: Typical,
    contrasts: ChosenContrasts = NO_CONTRASTS,
) -> Estimate:
    """The arithmetic of `estimate_batch`."""
    requests = totals.attempts + contrasts.contrasts
    around = contrasts.contrasts * CONTRAST_CHARACTERS + contrasts.messages * CONTRAST_CHARACTERS_PER_MESSAGE
    tokens_in = _count_tokens(totals.attempts, totals.characters)
    tokens_in += (contrasts.characters + around) // CHARACTERS_PER_TOKEN
    task_share = totals.task_characters * totals.rows // max(totals.attempts, 1)
    row_characters = totals.row_characters + totals.row_messages * CHARACTERS_PER_MESSAGE + task_share
    row_tokens_in = _count_tokens(totals.rows, row_characters)
    tokens_out = round(totals.attempts * typical.tokens_out + contrasts.contrasts * typical.contrast_tokens_out)
    seconds, limited_by = _find_time(requests, tokens_in + tokens_out, config, typical)
    return Estimate(
        attempts=totals.attempts,
        contrasts=contrasts.contrasts,
        requests=requests,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_usd=_find_cost(price, config, tokens_in, tokens_out),
        seconds=seconds,
        limited_by=limited_by,
        answer_tokens=round(typical.tokens_out),
        is_measured=typical.is_measured,
        row_requests=totals.rows,
        row_tokens_in=row_tokens_in,
        row_cost_usd=_find_cost(price, config, row_tokens_in, round(totals.rows * typical.tokens_out)),
    )


def _count_tokens(requests: int, characters: int) -> int:
    return (characters + requests * PROMPT_CHARACTERS) // CHARACTERS_PER_TOKEN


def _find_typical(store: Store, config: BatchConfig) -> Typical:
    contrast = _find_trusted(store, config, RequestKind.CONTRAST)
    known = _find_trusted(store, config, RequestKind.ATTEMPT)
    return Typical(
        # a first answer is no longer than it may be
        tokens_out=min(known.tokens_out if known else ASSUMED_ANSWER_TOKENS, config.output_limit),
        latency_seconds=known.latency_seconds if known else ASSUMED_LATENCY_SECONDS,
        is_measured=known is not None,
        contrast_tokens_out=min(contrast.tokens_out if contrast else ASSUMED_CONTRAST_TOKENS, config.output_limit),
    )


def _find_trusted(store: Store, config: BatchConfig, kind: RequestKind) -> TypicalReply | None:
    known = store.answers.find_typical_reply(config.model or "", kind=kind)
    return known if known is not None and known.replies >= REPLIES_TO_TRUST else None


def _find_time(requests: int, tokens: int, config: BatchConfig, typical: Typical) -> tuple[float, str]:
    if config.way == "batch_api":
        return 24 * 3600.0, "the Batch API answers within 24 hours"
    times = {
        f"{config.max_rpm:,} requests a minute": requests / config.max_rpm * 60,
        f"{config.batch_size:,} requests at once": requests * typical.latency_seconds / config.batch_size,
    }
    if config.max_tpm is not None:
        times[f"{config.max_tpm:,} tokens a minute"] = tokens / config.max_tpm * 60
    limited_by = max(times, key=lambda words: times[words])
    # the last request is answered one latency after it was sent
    return times[limited_by] + (typical.latency_seconds if requests else 0.0), limited_by


def _find_cost(price: Price | None, config: BatchConfig, tokens_in: int, tokens_out: int) -> float | None:
    cost = get_cost_usd(price, tokens_in=tokens_in, tokens_cached=0, tokens_out=tokens_out)
    return cost if cost is None or config.way != "batch_api" else cost * BATCH_API_DISCOUNT
