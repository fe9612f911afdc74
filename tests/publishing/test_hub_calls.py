from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
)

from core.errors import JobStopped, PublishError, UsageError
from core.publishing.hub_calls import Calls, Clock, HubTimeoutError, Limits, find_retry_after, is_passing
from core.publishing.hub_errors import translate_error

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class SteppingClock:
    """Time that passes only by sleeping, and a little with each look."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def build_error(status: int, *, message: str = "", **headers: str) -> HfHubHTTPError:
    response = httpx2.Response(status, headers=headers, request=httpx2.Request("GET", "http://hub"))
    return HfHubHTTPError("it failed", response=response, server_message=message)


def make_calls(clock: SteppingClock, *, on_wait: Callable[[], None] = lambda: None, **limits: float) -> Calls:
    own = Clock(clock.monotonic, clock.sleep, lambda: NOON)
    return Calls(Limits(**limits), clock=own, on_wait=on_wait)


def fail_first(*errors: Exception) -> Callable[[], str]:
    waiting = list(errors)

    def call() -> str:
        if waiting:
            raise waiting.pop(0)
        return "done"

    return call


def test_passing_trouble_is_tried_again_with_longer_pauses() -> None:
    clock = SteppingClock()
    errors = [build_error(503), httpx2.ConnectError("x"), ConnectionError("xet"), TimeoutError()]
    assert make_calls(clock).run(fail_first(*errors)) == "done"
    assert clock.slept == pytest.approx(1 + 2 + 4 + 8, abs=0.1)


def test_fifth_failure_is_the_last() -> None:
    with pytest.raises(HfHubHTTPError):
        make_calls(SteppingClock()).run(fail_first(*[build_error(500)] * 5))


@pytest.mark.parametrize("error", [build_error(403), build_error(404), ValueError("name"), RuntimeError("lfs")])
def test_refusal_is_not_tried_again(error: Exception) -> None:
    clock = SteppingClock()
    with pytest.raises(type(error)):
        make_calls(clock).run(fail_first(error))
    assert clock.slept == 0


def test_hub_that_asks_for_more_time_than_there_is_is_told_at_once() -> None:
    clock = SteppingClock()
    with pytest.raises(PublishError, match="asks to wait 700 seconds, but publishing may take only 600"):
        make_calls(clock).run(fail_first(build_error(429, **{"Retry-After": "700"})))
    assert clock.slept == 0


def test_larger_publication_may_take_longer() -> None:
    assert Limits().allow(0) == 600
    assert Limits().allow(100_000_000) == 2_600


def test_call_that_never_returns_is_given_up_and_can_be_cancelled_before() -> None:
    import threading

    forever = threading.Event()
    with pytest.raises(HubTimeoutError, match="did not answer in time"):
        make_calls(SteppingClock(), call_seconds=0.001).run_once(forever.wait)

    def stop() -> None:
        raise JobStopped("cancelled")

    with pytest.raises(JobStopped):
        make_calls(SteppingClock(), on_wait=stop).run_once(forever.wait)
    calls = make_calls(SteppingClock(), on_wait=stop, call_seconds=0.001)
    calls.forbid_stopping()
    with pytest.raises(HubTimeoutError):
        calls.run_once(forever.wait)
    forever.set()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 12:01:30", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_holds_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert find_retry_after(build_error(429, **{"Retry-After": value}), now=NOON) == seconds
    assert find_retry_after(OSError(), now=NOON) is None


def test_what_may_pass_and_what_may_not() -> None:
    assert is_passing(LocalEntryNotFoundError("offline"))
    assert not is_passing(OfflineModeIsEnabled("set"))
    assert not is_passing(LocalTokenNotFoundError("none"))


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (LocalTokenNotFoundError("x"), UsageError, "needs a token"),
        (HFValidationError("x"), UsageError, "is no repository name"),
        (OfflineModeIsEnabled("x"), PublishError, "HF_HUB_OFFLINE is set"),
        (build_error(401), PublishError, "refused the token"),
        (build_error(429), PublishError, "too many requests"),
        (build_error(413, message="too large"), PublishError, "The Hub refused (413: too large). Mend"),
        (RuntimeError("Error while uploading"), PublishError, "broke off (Error while uploading)"),
        (ConnectionError(), PublishError, "broke off (ConnectionError)"),
        (PublishError("ours"), PublishError, "ours"),
    ],
)
def test_every_error_is_a_sentence_that_says_what_to_do(error: Exception, kind: type[Exception], sentence: str) -> None:
    translated = translate_error(error, "a/b")
    assert type(translated) is kind
    assert sentence in str(translated)


def test_tokens_in_answers_are_masked() -> None:
    token = "hf_" + "a1B2" * 9
    for error in (build_error(500, message=f"bad {token}"), RuntimeError(f"bad {token}")):
        assert token not in str(translate_error(error, "a/b"))
