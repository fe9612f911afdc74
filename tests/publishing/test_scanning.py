import pytest

from core.curation.secret_scan import _PLUGINS
from core.publishing.scanning import find_secret, find_secret_file

KEY = "AKIA" + "QWERTYUIOPASDFGH"
SECRETS = {
    "aws": KEY,
    "aws secret": "aws_secret_access_key = '" + "a1B2" * 10 + "'",
    "github": "ghp_" + "a1B2" * 9,
    "openai": "sk-" + "a1B2" * 5 + "T3BlbkFJ" + "a1B2" * 5,
    "hugging face": "hf_" + "a1B2" * 9,
    "private key": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
    "private key in JSON": '"-----BEGIN RSA PRIVATE KEY-----\\nabc"',
    "mailchimp": "a1b2" * 8 + "-us12",
    "stripe": "sk_live_" + "a1B2" * 6,
    "slack token": "xoxb-" + "1234567890-" * 2 + "a1b2c3",
    "slack webhook in capitals": "HTTPS://HOOKS.SLACK.COM/SERVICES/" + "T0000/B0000/ABCDEF",
    "slack webhook": "https://hooks.slack.com/services/" + "T0000/B0000/abcdef",
    "telegram": "1234567890:" + "a1B2c" * 7,
    "twilio": "SK" + "a1b2" * 8,
    "npm": "//registry.example/:_authToken=npm_" + "a1B2" * 9,
    "discord": "M" + "a1b2" * 6 + ".abcdef." + "a1b2c3d4e" * 3,
}
HARMLESS = [
    "The password is hunter2.",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "https://user:password@example.com/",
    "API_KEY=$API_KEY",
    "See 8.8.8.8",
    "https://huggingface.co/datasets/a/b",
    "",
]


@pytest.mark.parametrize("name", SECRETS)
def test_secret_is_found_anywhere_in_a_text(name: str) -> None:
    kind = find_secret(f"first line\nuse {SECRETS[name]} here\nlast line")
    assert kind is not None
    assert SECRETS[name] not in kind


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_not_held_back(text: str) -> None:
    assert find_secret(text) is None


def test_first_file_with_a_secret_is_named() -> None:
    contents = {"a.bin": b"\xff\x00", "tests/test.sh": f"x={KEY}".encode(), "z": KEY.encode()}
    assert find_secret_file(contents) == ("tests/test.sh", "AWS access key")
    assert find_secret_file({f"{KEY}.txt": b""}) == (f"{KEY}.txt", "AWS access key")
    assert find_secret_file({"a": b"b"}) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le"])
def test_secret_in_a_file_of_wider_letters_is_found(encoding: str) -> None:
    assert find_secret_file({"notes.txt": f"key: {KEY}".encode(encoding)}) == ("notes.txt", "AWS access key")


def test_every_plugin_can_be_loaded() -> None:
    assert len({name for _, name in _PLUGINS}) == len(_PLUGINS)
