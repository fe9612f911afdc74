import pytest

from core.models import Outcome
from core.traces.outcomes import build_outcome, build_result_key, read_result

OUTCOMES: dict[Outcome, list[object]] = {
    Outcome.SUCCESS: ["1.0", "1", 1, 1.0, True, "True", "true", " 1.0 ", "2.5", "1e0"],
    Outcome.PARTIAL: ["0.5", 0.5, 0.833, "0.001", "9e-1"],
    Outcome.FAILURE: ["0.0", "0", 0, 0.0, False, "False", "-1", "-0.0"],
    Outcome.ERROR: [
        "AgentTimeoutError",
        "VerifierTimeoutError",
        "RuntimeError",
        "KeyboardInterrupt",
        "SystemExit",
        "StopIteration",
        "subprocess.TimeoutExpired",
        "asyncio.exceptions.CancelledError",
        "ContextLengthExceededError",
        "ExceptionGroup",
    ],
    Outcome.UNKNOWN: [
        "",
        None,
        "nan",
        float("nan"),
        "NaN",
        "null",
        "None",
        " ",
        "pending",
        "n/a",
        "Skipped",
        [1],
        "1_0",
    ],
}


@pytest.mark.parametrize(
    ("value", "outcome"), [(value, outcome) for outcome, values in OUTCOMES.items() for value in values]
)
def test_each_result_has_its_outcome(value: object, outcome: Outcome) -> None:
    assert build_outcome(read_result(value)) is outcome


@pytest.mark.parametrize("values", [["1", 1, 1.0, True, "1.0", "True", "1.00"], ["0", 0.0, 0, False, "-0.0", "false"]])
def test_one_number_in_several_notations_is_one_result(values: list[object]) -> None:
    assert len({build_result_key(read_result(value)) for value in values}) == 1


@pytest.mark.parametrize("value", [None, "", "nan", float("nan"), "NaN", "none", "null", " "])
def test_no_value_is_equal_to_nothing_and_differs_from_nothing(value: object) -> None:
    assert build_result_key(read_result(value)) is None


def test_names_of_exceptions_are_compared_exactly() -> None:
    keys = {build_result_key(name) for name in ("AgentTimeoutError", "VerifierTimeoutError", "agenttimeouterror")}
    assert len(keys) == 3


@pytest.mark.parametrize("value", ["1.0", "AgentTimeoutError", "", "nan", "whatever it says"])
def test_the_raw_value_is_kept(value: str) -> None:
    assert read_result(value) == value
