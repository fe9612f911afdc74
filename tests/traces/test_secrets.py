import pytest

from core.store import Store
from core.traces.secrets import count_secrets, mask_secrets
from tests.builders import import_list, make_prefix_rows

# made up, and put together so that no scanner takes this file for a leak
BODY = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7jKl0n"
SECRETS = {
    "AWS access key": "AKIA" + "ABCDEFGH23456789",
    "GitHub token": "ghp_" + BODY[:36],
    "GitLab token": "glpat-" + BODY[:20],
    "API key": "sk-" + "proj-" + BODY,
    "Stripe key": "sk_live_" + BODY[:24],
    "Hugging Face token": "hf_" + BODY[:34],
    "Slack token": "xoxb-" + "123456789012-" + BODY[:24],
    "Google API key": "AIza" + BODY[:35],
    "npm token": "npm_" + BODY[:36],
    "SendGrid key": "SG." + BODY[:22] + "." + BODY[:40],
    "JSON web token": "eyJ" + BODY[:20] + ".eyJ" + BODY[:20] + "." + BODY[:20],
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE" + BODY + "\n-----END RSA " + "PRIVATE KEY-----",
}
PLACES = {
    "alone": "{}",
    "assigned": "export KEY={}",
    "quoted": '"key": "{}",',
    "in a URL": "https://x:{}@h.example",
    "after an escaped line break": '{{"keystrokes": "cat .env\\n{}\\n"}}',
    "after an escaped tab": "key\\t{}",
    "after an escaped bracket": "\\u003c{}\\u003e",
    "coloured": "\x1b[01;31m\x1b[K{}\x1b[m",
    "green": "\x1b[32m{}\x1b[0m",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_counted_and_masked_wherever_it_stands(kind: str, place: str) -> None:
    text = f"before {place.format(SECRETS[kind])} after"
    assert count_secrets(text) == {kind: 1}
    masked = mask_secrets(text)
    assert SECRETS[kind] not in masked
    assert BODY[:10] not in masked
    assert f"[masked: {kind}]" in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task-sk-learn and risk-averse-people-are-everywhere-in-this-town",
        "AKIA is a prefix, hf_ too, sk- as well, and ghp_ is one",
        "the public key: -----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "d" + "AKIA" + "ABCDEFGH23456789",
    ],
)
def test_text_without_a_secret_stays_the_same(text: str) -> None:
    assert not count_secrets(text)
    assert mask_secrets(text) is text


def test_beginnings_of_secrets_by_the_thousand_are_masked() -> None:
    # quadratic work would run into the time limit that every test has
    text = "-----BEGIN PRIVATE KEY-----" * 4_000 + "sk-" * 100_000 + "eyJ" * 100_000
    assert "PRIVATE KEY" not in mask_secrets(text)
    assert count_secrets(text)["private key"] >= 1


def test_secrets_are_counted_once_per_attempt_not_once_per_row(store: Store) -> None:
    rows = make_prefix_rows(["Task: x", f"echo {SECRETS['AWS access key']}", "ok", "done", "ok", "bye"])
    assert import_list(store, rows).report.secrets == {"AWS access key": 1}
