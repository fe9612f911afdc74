"""Whether a quote really stands there: what counts as the same text, and what does not."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.evidence import QuotableAttempt
from core.curation.quotable import normalise_quote
from core.models import EvidenceStatus, Message, Quote, Role

EXACT, REPOINTED, MISSING = EvidenceStatus.EXACT, EvidenceStatus.REPOINTED, EvidenceStatus.MISSING
KEY = "AKIA" + "ABCDEFGH23456789"
TERMINUS = (
    "You are an AI assistant tasked with solving command-line tasks in a Linux environment.\n"
    "Format your response as JSON.\n\nTask Description:\nSort the list by name.\n\n"
    "Current terminal state:\nroot@box:/app# \n"
)


def check(quote: str, *texts: str, message: int = 0) -> tuple[EvidenceStatus, int]:
    messages = [Message(role=Role.USER, content=text) for text in texts]
    evidence = QuotableAttempt(7, messages).check(Quote(message=message, quote=quote))
    assert (evidence.attempt_id, evidence.quote) == (7, quote)
    return evidence.status, evidence.message


FOUND = {
    "verbatim": ("cat notes.txt", "$ cat notes.txt\nhello"),
    "other white space": ("a  b\n\tc", "x a b c y"),
    "over line ends": ("first second", "first\r\n   second"),
    "no-break spaces": ("10 000 rows", "10\u00a0000\u202frows"),
    "colours in the text": ("error: no such file", "\x1b[01;31merror\x1b[0m: no such\x1b[K file"),
    "colours in the quote": ("\x1b[1merror\x1b[0m", "an error"),
    "titles and other sequences": ("ready", "\x1b]0;window title\x07ready\x1b(B"),
    "composed letters": ("cafe\u0301", "café au lait"),
    "ligatures": ("final office", "ﬁnal oﬃce"),
    "full-width letters": ("ABC", "ＡＢＣ"),
    "JSON text as it stands": (r'"keystrokes": "ls -la\n"', r'{"keystrokes": "ls -la\n"}'),
    "JSON text decoded": ('echo "hi"', r'{"keystrokes": "echo \"hi\"\n"}'),
    "JSON line breaks decoded": ("cat <<EOF line EOF", r'{"keystrokes": "cat <<EOF\nline\nEOF\n"}'),
    "JSON characters decoded": ("naïve café", r'{"text": "na\u00efve caf\u00e9"}'),
    "JSON surrogate pairs decoded": ("rocket 🚀 launch", r'{"text": "rocket \ud83d\ude80 launch"}'),
    "JSON slashes decoded": ("https://a.example/b", r'{"url": "https:\/\/a.example\/b"}'),
    "masked as the model saw it": ("export KEY=[masked: AWS access key]", f"export KEY={KEY}"),
    "masked and decoded": ('KEY="[masked: AWS access key]"', rf'{{"keystrokes": "KEY=\"{KEY}\"\n"}}'),
    "three characters": ("abc", "xabcx"),
    "the same digits": ("paid 255 of 4875", "you paid 255 of 4875."),
    "digits at the end of a text": ("total 30", "total 30"),
    "digits before a full stop": ("costs 30", "It costs 30. Pay."),
    "full-width digits": ("12 apples", "１２ apples"),
}


@pytest.mark.parametrize(("quote", "text"), FOUND.values(), ids=FOUND)
def test_a_quote_is_found_whatever_its_white_space_colours_and_escapes(quote: str, text: str) -> None:
    assert check(quote, text) == (EXACT, 0)


NOT_FOUND = {
    "other words": ("cat readme.txt", "cat notes.txt"),
    "other case": ("error", "ERROR"),
    "words in another order": ("b a c", "a b c"),
    "words left out": ("the end", "the very end"),
    "another digit": ("paid 250", "paid 255"),
    "digits that go on": ("error code 40", "error code 404"),
    "digits that began before": ("04 not found", "404 not found"),
    "a fraction cut off": ("price is 3", "price is 3.5"),
    "a fraction without its beginning": ("5 euros", "3.5 euros"),
    "a superscript is no digit": ("10 102 m", "10 10² m"),
    "a subscript is no digit": ("H2O", "H₂O"),
    "a circled digit is no digit": ("step 1 is", "step ① is"),
    "a fraction sign": ("1⁄2 of it", "½ of it"),
    "too short": ("ab", "ab"),
    "blank": ("  \n ", "a  \n b"),
    "nothing": ("", "abc"),
    "nothing but colour": ("\x1b[31m\x1b[0m", "\x1b[31mabc"),
}


@pytest.mark.parametrize(("quote", "text"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_quote_that_differs_is_missing(quote: str, text: str) -> None:
    assert check(quote, text) == (MISSING, 0)


def test_a_long_quote_may_be_cut_inside_a_number() -> None:
    line = "word " * 40 + "12345"
    assert check(line[:-2], line) == (EXACT, 0)


def test_a_number_may_stand_elsewhere_in_the_text_as_a_whole() -> None:
    assert check("code 40", "code 404, then code 40") == (EXACT, 0)


# --- the place


def test_a_quote_that_stands_elsewhere_once_is_pointed_there() -> None:
    assert check("needle", "hay", "hay needle hay", "hay", message=0) == (REPOINTED, 1)


def test_a_quote_that_stands_elsewhere_twice_is_missing() -> None:
    assert check("needle", "hay", "needle", "needle", message=0) == (MISSING, 0)


def test_a_quote_at_its_place_is_exact_however_often_it_stands_elsewhere() -> None:
    assert check("needle", "needle", "needle", "needle", message=1) == (EXACT, 1)


@pytest.mark.parametrize("message", [-1, 3, 10_000])
def test_a_place_that_is_none_is_mended_or_kept_as_given(message: int) -> None:
    assert check("needle", "hay", "needle", message=message) == (REPOINTED, 1)
    assert check("nowhere", "hay", "needle", message=message) == (MISSING, message)


def test_no_attempt_no_quote() -> None:
    assert check("needle") == (MISSING, 0)


# --- templates prove nothing


def test_a_quote_from_the_prompt_template_proves_nothing() -> None:
    assert check("Format your response as JSON.", TERMINUS, "ok") == (MISSING, 0)
    assert check("root@box:/app#", TERMINUS, "ok") == (MISSING, 0)


def test_the_task_inside_a_template_can_be_quoted() -> None:
    assert check("Sort the list by name.", TERMINUS, "ok") == (EXACT, 0)


@pytest.mark.parametrize(
    "opening", ["SETTING: You are an autonomous programmer.", "SETTING: You are a skilled hacker."]
)
def test_a_template_without_a_task_cannot_be_quoted_at_all(opening: str) -> None:
    assert check("use the special interface", f"{opening} Please use the special interface.") == (MISSING, 0)


def test_a_quote_that_stands_only_in_a_template_is_told_apart_from_one_that_stands_nowhere() -> None:
    attempt = QuotableAttempt(
        7, [Message(role=Role.USER, content=TERMINUS), Message(role=Role.ASSISTANT, content="ok")]
    )
    assert attempt.stands_in_template("Format your  response as JSON.")
    assert not attempt.stands_in_template("never said")
    assert not attempt.stands_in_template("Sort the list by name.\nAnd more.")
    plain = QuotableAttempt(7, [Message(role=Role.USER, content="Format your response as JSON.")])
    assert not plain.stands_in_template("Format your response as JSON.")


def test_what_the_harness_says_of_itself_behind_an_issue_proves_nothing() -> None:
    text = "ISSUE:\nThe parser fails.\n\nINSTRUCTIONS:\nNow, you're going to solve this issue on your own."
    assert check("The parser fails.", text) == (EXACT, 0)
    assert check("solve this issue on your own", text) == (MISSING, 0)


def test_a_quote_that_the_template_and_an_answer_share_points_at_the_answer() -> None:
    assert check("Format your response as JSON.", TERMINUS, "Format your response as JSON.") == (REPOINTED, 1)


# --- nearly the same words


def check_near(quote: str, *texts: str, message: int = 0) -> tuple[str, int, str]:
    messages = [Message(role=Role.USER, content=text) for text in texts]
    evidence = QuotableAttempt(7, messages).check(Quote(message=message, quote=quote))
    return evidence.status.value, evidence.message, evidence.quote


LINE = "pip could not find a version that satisfies the requirement openai-whisper==20231117"
NEAR = {
    "a letter left out": "pip could not find a version that satisfes the requirement openai-whisper==20231117",
    "a word in another case": "Pip could not find a version that satisfies the requirement openai-whisper==20231117",
    "a word left out": "pip could not find version that satisfies the requirement openai-whisper==20231117",
    "another mark": "pip could not find a version, that satisfies the requirement: openai-whisper==20231117",
}


@pytest.mark.parametrize("quote", NEAR.values(), ids=NEAR)
@pytest.mark.parametrize("around", ["{}", "before it\n{} and after", "x " * 40_000 + "{} " + "y " * 40_000])
def test_nearly_the_same_words_are_replaced_by_the_true_ones(quote: str, around: str) -> None:
    assert check_near(quote, around.format(LINE)) == ("approximate", 0, LINE)
    assert check_near(LINE, around.format(LINE))[0] == "exact"


def test_what_replaced_a_quote_is_found_as_an_exact_quote() -> None:
    text = '{"keystrokes": "grep -rn \\"def load_config\\" src/ | head\\n", "duration": 1}'
    status, index, quote = check_near('grep -rn "def load_confg" src/ | head', text)
    assert (status, index) == ("approximate", 0)
    assert quote == 'grep -rn "def load_config" src/ | head'
    assert check(quote, text) == (EXACT, 0)


@pytest.mark.parametrize("digits", ["20231118", "2023111", "202311177", "20 231117"])
def test_other_digits_are_never_nearly_the_same(digits: str) -> None:
    quote = f"pip could not find a version that satisfes the requirement openai-whisper=={digits}"
    assert check_near(quote, LINE) == ("missing", 0, quote)


def test_half_the_words_are_not_nearly_the_same() -> None:
    quote = "pip could find a version of the requirement"
    assert check_near(quote, LINE) == ("missing", 0, quote)


def test_nearly_the_same_words_elsewhere_count_only_if_they_stand_there_once() -> None:
    quote = NEAR["a letter left out"]
    assert check_near(quote, "hay", LINE, "hay") == ("approximate", 1, LINE)
    assert check_near(quote, "hay", LINE, LINE) == ("missing", 0, quote)
    assert check_near(quote, "hay", LINE, LINE, message=2) == ("approximate", 2, LINE)


def test_nearly_the_words_of_a_template_prove_nothing() -> None:
    quote = "You are an AI assistant tasked with solving command-line task in a Linux environment."
    assert check_near(quote, TERMINUS)[0] == "missing"


def test_a_secret_never_stands_in_a_quote() -> None:
    line = f"export AWS_ACCESS_KEY_ID={KEY} before the upload starts"
    masked = line.replace(KEY, "[masked: AWS access key]")
    assert check_near(line, line) == ("exact", 0, masked)
    assert check_near(masked, line) == ("exact", 0, masked)
    assert check_near(masked.replace("upload", "uplod"), line) == ("approximate", 0, masked)


def test_a_long_attempt_of_megabytes_is_searched_in_a_moment() -> None:
    line = "".join(f"{number:x} some words of a log that goes on and on\n" for number in range(20_000))
    messages = [Message(role=Role.TOOL, content=line) for _ in range(2)]
    attempt = QuotableAttempt(7, messages)
    begin = process_time()
    for quote in (
        "words that nobody ever said in this log of the",
        "a" * 300,
        "some words of a log that goes on and off " * 20,
    ):
        assert attempt.check(Quote(message=0, quote=quote)).status is MISSING
    assert process_time() - begin < 10


def test_the_closest_text_is_offered_for_a_quote_that_was_not_found() -> None:
    messages = [Message(role=Role.USER, content=text) for text in ("hello", "ran: " + LINE, "bye")]
    found = QuotableAttempt(0, messages).find_closest(
        "could not find a version that satisfies requirement whisper==2023"
    )
    assert found is not None
    assert found.message == 1
    assert "could not find a version that satisfies" in found.quote
    assert 0.5 <= found.ratio < 1
    assert check(found.quote, messages[1].content) == (EXACT, 0)
    assert QuotableAttempt(0, messages).find_closest("quite another thing altogether, zzz") is None
    assert QuotableAttempt(0, messages).find_closest("") is None


# --- properties

any_text = st.text(max_size=60) | st.text(alphabet="a1 .\\u\x1b[m\ud800{}\n", max_size=60)


@given(st.lists(any_text, max_size=3), any_text, st.integers(-2, 4))
def test_no_text_of_any_kind_makes_the_check_raise(texts: list[str], quote: str, message: int) -> None:
    messages = [Message.model_construct(role=Role.USER, content=text, call_ids=(), answers=None) for text in texts]
    attempt = QuotableAttempt(7, messages)
    evidence = attempt.check(Quote(message=message, quote=quote))
    assert (evidence.status is MISSING) or 0 <= evidence.message < len(texts)
    attempt.stands_in_template(quote)
    found = attempt.find_closest(quote)
    assert found is None or 0 <= found.message < len(texts)


@given(st.text(alphabet="abc 12.", min_size=14, max_size=80), st.text(alphabet="abc 12.", max_size=60))
def test_whatever_replaces_a_quote_has_its_digits_and_is_found(quote: str, text: str) -> None:
    status, index, found = check_near(quote, text)
    if status == "approximate":
        assert check(found, text) == (EXACT, index)
        assert re.findall(r"\d+", found) == re.findall(r"\d+", quote)


text_parts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\\\x1b"), max_size=30)


@given(text_parts, text_parts, text_parts)
def test_whatever_is_cut_out_at_word_boundaries_is_found_again(before: str, quote: str, after: str) -> None:
    if len(normalise_quote(quote)) >= 3:
        assert check(quote, f"{before} {quote} {after}")[0] is EXACT


@given(st.text(max_size=50))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_quote(normalise_quote(text)) == normalise_quote(text)


@given(st.integers(0, 120), st.integers(0, 1_200))
def test_numbers_are_found_only_as_whole_numbers(wanted: int, there: int) -> None:
    status, _ = check(f"number {wanted}", f"the number {there} is it")
    assert (status is EXACT) == (wanted == there)
