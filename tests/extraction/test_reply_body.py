from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.extraction.exchange import RETRIED, Status
from core.extraction.reply_body import read_count, read_exchange
from core.extraction.result_lines import parse_result

GOOD = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
ODD_CHOICES: list[Any] = [[None], ["x"], [[]], {"a": 1}, "abc", 5, [{"message": "hi"}], [{"message": None}], [{}]]
ODD_USAGES: list[Any] = [
    [1],
    "12",
    True,
    {"prompt_tokens": [1], "completion_tokens": {}},
    {"prompt_tokens": -5, "completion_tokens": True},
    {"prompt_tokens": 10**15, "completion_tokens": 2.5},
    {"prompt_tokens": None, "prompt_tokens_details": 5},
    {"prompt_tokens_details": {"cached_tokens": "many"}},
]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CHOICE = st.fixed_dictionaries(
    {},
    optional={
        "finish_reason": ANY_JSON,
        "message": ANY_JSON | st.fixed_dictionaries({}, optional={"content": ANY_JSON, "refusal": ANY_JSON}),
    },
)
USAGE = st.fixed_dictionaries(
    {},
    optional={
        "prompt_tokens": ANY_JSON,
        "completion_tokens": ANY_JSON,
        "prompt_tokens_details": ANY_JSON | st.fixed_dictionaries({"cached_tokens": ANY_JSON}),
    },
)
BODY = ANY_JSON | st.fixed_dictionaries(
    {},
    optional={
        "choices": ANY_JSON | st.lists(CHOICE | ANY_JSON, max_size=2),
        "usage": ANY_JSON | USAGE,
        "error": ANY_JSON | st.fixed_dictionaries({}, optional={"code": ANY_JSON, "message": ANY_JSON}),
    },
)
"""Anything at all, and what is nearly a completion."""


@hypothesis_settings(max_examples=400, deadline=None)
@given(body=BODY, http_status=st.integers(200, 599))
def test_no_body_of_any_shape_raises_and_every_one_is_kept_with_counts_that_can_be_stored(
    body: Any, http_status: int
) -> None:
    raw = orjson.dumps(body).decode()
    exchange = read_exchange(http_status, raw)
    assert exchange.raw == raw
    assert isinstance(exchange.status, Status)
    assert isinstance(exchange.text, str)
    for count in (exchange.tokens_in, exchange.tokens_cached, exchange.tokens_out):
        assert type(count) is int
        assert 0 <= count <= 1_000_000_000


@hypothesis_settings(max_examples=200, deadline=None)
@given(body=BODY, code=ANY_JSON)
def test_a_line_of_results_keeps_the_reply_whatever_its_body(body: Any, code: Any) -> None:
    line = {"custom_id": "a", "response": {"status_code": code, "body": body}, "error": "lost"}
    result = parse_result(orjson.dumps(line))
    assert result is not None
    assert result.exchange is not None
    expected = "lost" if body is None else body
    assert result.exchange.raw == (expected if isinstance(expected, str) else orjson.dumps(expected).decode())


@pytest.mark.parametrize("choices", ODD_CHOICES, ids=repr)
def test_a_reply_without_a_readable_message_is_empty_and_asked_for_again(choices: Any) -> None:
    exchange = read_exchange(200, orjson.dumps({"choices": choices, "usage": {"prompt_tokens": 7}}).decode())
    assert exchange.status is Status.EMPTY
    assert exchange.status in RETRIED
    assert exchange.tokens_in == 7


@pytest.mark.parametrize("usage", ODD_USAGES, ids=repr)
def test_an_answer_is_read_whatever_is_said_of_its_usage(usage: Any) -> None:
    exchange = read_exchange(200, orjson.dumps(GOOD | {"usage": usage}).decode())
    assert (exchange.status, exchange.text) == (Status.ANSWERED, "{}")
    assert (exchange.tokens_in, exchange.tokens_cached, exchange.tokens_out) == (0, 0, 0)


@pytest.mark.parametrize(
    ("value", "count"), [(12, 12), ("12", 12), (12.0, 12), (12.5, 0), (-1, 0), (True, 0), (None, 0), ("1e3", 0)]
)
def test_a_count_is_read_from_what_clearly_is_one(value: Any, count: int) -> None:
    assert read_count(value) == count


def test_a_content_in_parts_is_read_as_one_text() -> None:
    parts = [{"type": "text", "text": '{"a"'}, {"type": "image"}, None, {"type": "text", "text": ": 1}"}]
    body = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
    exchange = read_exchange(200, orjson.dumps(body).decode())
    assert (exchange.status, exchange.text) == (Status.ANSWERED, '{"a": 1}')


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "slow down", "code": 429}, Status.RATE_LIMITED),
        ({"message": "Rate limit exceeded, try again"}, Status.RATE_LIMITED),
        ({"message": "Provider overloaded", "code": 503}, Status.SERVER_ERROR),
        ({"message": "Provider returned error"}, Status.SERVER_ERROR),
        ({"message": "prompt is too long: 210000 tokens"}, Status.TOO_LONG),
        ("upstream failed", Status.SERVER_ERROR),
    ],
)
def test_an_error_with_status_200_is_told_in_the_servers_words(error: Any, status: Status) -> None:
    exchange = read_exchange(200, orjson.dumps({"error": error}).decode())
    assert exchange.status is status
    assert exchange.text == (error if isinstance(error, str) else error["message"])
