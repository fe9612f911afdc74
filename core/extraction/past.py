"""What earlier runs sent in the last minute: the limits of a server know nothing of our runs."""

import math

from core.extraction.limiter import WINDOW_SECONDS, RateLimiter
from core.store import Store
from core.store.batch_models import Batch
from core.store.batches import THROUGHPUT_SECONDS

UNSEEN_SECONDS = 1.5
"""So long before its end a killed run may have told last what it sent."""


def recall(store: Store, batch: Batch, limiter: RateLimiter, *, server: str, now_unix: float) -> None:
    """Have the limiter count what was sent to this server lately, by this batch or another one.

    Args:
        store: Of the workspace.
        batch: As it was before this run.
        limiter: Of this run, which has sent nothing yet.
        server: Its address.
        now_unix: This moment.
    """
    rows = store.batches.list_throughput_of(server, since_unix=now_unix - WINDOW_SECONDS)
    for row in rows:
        # only the few seconds are known in which it was: the last of them is never too early
        seconds_ago = max(now_unix - row.at_unix - THROUGHPUT_SECONDS, 0.0)
        limiter.add_past(seconds_ago=seconds_ago, requests=row.sent, tokens=row.tokens)
    live = batch.live
    if live is not None and now_unix - live.at_unix < WINDOW_SECONDS:
        # figures that are still there are a killed run's: what it had under way is counted like the rest
        answered = sum(row.answered for row in rows)
        tokens = sum(row.tokens for row in rows) / answered if answered else 0.0
        unseen = math.ceil(live.rpm / 60 * UNSEEN_SECONDS)
        limiter.add_past(seconds_ago=0.0, requests=unseen, tokens=round(tokens * (live.in_flight + unseen)))
