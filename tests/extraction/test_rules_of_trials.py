"""What the rules find by comparing the attempts of a trial."""

import json
from typing import TypeVar

from core.extraction.attempt import AttemptInput
from core.extraction.rules import extract_trial_by_rules
from core.models import (
    CriterionText,
    HintText,
    Message,
    Outcome,
    PitfallText,
    Role,
    StrategyText,
    ToolText,
)

T = TypeVar("T", ToolText, StrategyText, PitfallText, CriterionText)
TASK = "Task: Refund the second charge of order A-17. You must not cancel the order."


def make_attempt(
    number: int, outcome: Outcome, *turns: str, task: str = TASK, tools: str | None = None
) -> AttemptInput:
    """An attempt that begins with the task; then calls and answers in turn."""
    roles = (Role.ASSISTANT, Role.TOOL)
    said = [Message(role=roles[i % 2], content=text) for i, text in enumerate(turns)]
    return AttemptInput(
        attempt_id=number,
        conversation_id=str(number),
        task_text=task,
        outcome=outcome,
        messages=[Message(role=Role.USER, content=task), *said],
        tool_definitions=tools,
    )


def call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def run(command: str) -> str:
    return call("bash", command=command)


def texts_of(*attempts: AttemptInput) -> dict[int, list[HintText]]:
    return {each: [hint.text for hint in hints.hints] for each, hints in extract_trial_by_rules(list(attempts)).items()}


def pick(kind: type[T], texts: list[HintText]) -> list[T]:
    return [text for text in texts if isinstance(text, kind)]


LOOKED_UP = (
    call("get_order", order_id="A-17"),
    json.dumps({"order_id": "A-17", "payments": [{"payment_id": "pay_9931"}, {"payment_id": "pay_9932"}]}),
    call("issue_refund", payment_id="pay_9932"),
    json.dumps({"status": "refunded"}),
    "Refunded pay_9932.",
)
CANCELLED = (call("get_order", order_id="A-17"), LOOKED_UP[1], call("cancel_order", order_id="A-17"), "ok", "Done.")


def test_strategy_is_what_successes_share_and_failures_lack() -> None:
    found = texts_of(
        make_attempt(1, Outcome.SUCCESS, *LOOKED_UP),
        make_attempt(2, Outcome.FAILURE, *CANCELLED),
        make_attempt(3, Outcome.SUCCESS, *LOOKED_UP),
    )
    look, refund = pick(StrategyText, found[1])
    assert look.do == "Call `get_order` with `order_id`"
    assert look.check == "the answer names the `payment_id` for `issue_refund` in `payments`"
    assert refund.do == "Call `issue_refund` with `payment_id`"
    assert refund.why == "Done in 2 of 2 successful attempts and 0 of 1 failed ones"
    assert pick(StrategyText, found[2]) == []


def test_attempts_that_show_the_same_propose_the_same_words() -> None:
    found = texts_of(make_attempt(1, Outcome.SUCCESS, *LOOKED_UP), make_attempt(2, Outcome.SUCCESS, *LOOKED_UP))
    assert found[1] == found[2] != []


def test_steps_that_failed_attempts_took_as_often_are_no_strategy() -> None:
    found = texts_of(make_attempt(1, Outcome.SUCCESS, *LOOKED_UP), make_attempt(2, Outcome.FAILURE, *LOOKED_UP))
    assert pick(StrategyText, found[1]) == []


def test_success_that_executed_nothing_has_no_strategy() -> None:
    found = texts_of(
        make_attempt(1, Outcome.SUCCESS, "I cannot do that."), make_attempt(2, Outcome.FAILURE, *CANCELLED)
    )
    assert pick(StrategyText, found[1]) == []
    assert pick(ToolText, found[1]) == []


def test_what_only_failed_attempts_changed_is_a_pitfall() -> None:
    found = texts_of(
        make_attempt(1, Outcome.SUCCESS, *LOOKED_UP),
        make_attempt(2, Outcome.FAILURE, *CANCELLED),
        make_attempt(3, Outcome.SUCCESS, *LOOKED_UP),
    )
    [pitfall] = pick(PitfallText, found[2])
    assert (pitfall.avoid, pitfall.instead) == (
        "call `cancel_order` in this task",
        "do without it, as the 2 successful attempts did",
    )
    assert pick(PitfallText, found[1]) == []


def test_tools_of_failed_attempts_alone_are_not_recommended() -> None:
    found = texts_of(make_attempt(1, Outcome.FAILURE, *CANCELLED), make_attempt(2, Outcome.FAILURE, *CANCELLED))
    assert pick(ToolText, found[1]) == pick(ToolText, found[2]) == []


def test_examples_hold_no_value_of_this_case() -> None:
    found = texts_of(make_attempt(1, Outcome.SUCCESS, *LOOKED_UP))
    tools = {tool.name: tool for tool in pick(ToolText, found[1])}
    assert tools["issue_refund"].example == 'issue_refund {"payment_id": "..."}'
    assert "pay_9932" not in json.dumps([text.model_dump() for text in found[1]])


def test_purpose_is_the_tools_own_description_and_what_it_answers() -> None:
    described = [{"type": "function", "function": {"name": "get_order", "description": "Get an order. More words."}}]
    attempt = make_attempt(1, Outcome.SUCCESS, *LOOKED_UP, tools=json.dumps(described))
    [tool] = [each for each in pick(ToolText, texts_of(attempt)[1]) if each.name == "get_order"]
    assert tool.purpose == "Get an order. Answers with `order_id`, `payments`"


def test_value_of_the_final_answer_is_in_no_hint() -> None:
    attempt = make_attempt(
        1, Outcome.SUCCESS, run("decode --key k93x --in a.bin"), "flag{s3cr3t}", run("submit flag{s3cr3t}"), "ok",
        "The flag is flag{s3cr3t}, found with k93x.",
    )  # fmt: skip
    words = json.dumps([text.model_dump() for text in texts_of(attempt)[1]])
    assert "decode" in words
    assert "s3cr3t" not in words
    assert "k93x" not in words


def test_same_failure_in_several_attempts_is_one_pitfall_with_the_way_out_of_one() -> None:
    failing = (call("pay", amount=1), "Error: amount 1 is too small")
    found = texts_of(
        make_attempt(1, Outcome.FAILURE, *failing, *failing, "No."),
        make_attempt(2, Outcome.SUCCESS, *failing, call("pay", amount=500), '{"paid": true}', "Yes."),
    )
    [first], [second] = pick(PitfallText, found[1]), pick(PitfallText, found[2])
    assert first == second
    assert first.when == "`pay` answers “Error: amount ... is too small”"
    assert first.instead == "change `amount`, which worked"


def test_missing_programs_are_one_pitfall_and_no_tools() -> None:
    attempt = make_attempt(
        1, Outcome.SUCCESS, run("mvn test"), "bash: mvn: command not found", run("javac A.java"),
        "bash: javac: command not found", run("git commit -am fix"), "1 file changed", "Done.",
    )  # fmt: skip
    found = texts_of(attempt)[1]
    [pitfall] = pick(PitfallText, found)
    assert pitfall.when == "a command needs `javac` or `mvn`"
    assert [tool.name for tool in pick(ToolText, found)] == ["git"]


def test_program_that_was_installed_later_is_mended_not_missing() -> None:
    attempt = make_attempt(
        1, Outcome.SUCCESS, run("jq . a.json"), "bash: jq: command not found", run("apt-get install -y jq"),
        "Setting up jq", run("jq . a.json"), "{}", "Done.",
    )  # fmt: skip
    [pitfall] = pick(PitfallText, texts_of(attempt)[1])
    assert pitfall.instead == "run `apt-get install -y jq` before the next try"


def test_prose_that_the_shell_ran_is_named_as_such() -> None:
    failing = (run("DISCUSSION\nLet me look"), "bash: DISCUSSION: command not found")
    [pitfall] = pick(PitfallText, texts_of(make_attempt(1, Outcome.FAILURE, *failing, *failing, "x"))[1])
    assert pitfall.avoid == "write prose into the command"


def test_folder_of_a_person_is_in_no_words() -> None:
    attempt = make_attempt(1, Outcome.SUCCESS, run("pytest /home/maria/app/test_a.py"), "1 passed", "Done.")
    words = json.dumps([text.model_dump() for text in texts_of(attempt)[1]])
    assert "pytest" in words
    assert "maria" not in words


def test_criteria_are_demands_and_not_the_story() -> None:
    task = (
        "Task: I noticed that the export is broken. This is required for work. Save the result to `/app/out.csv`.\n"
        "- The file must have exactly 3 columns.\nKeep the error <0.5C. Thank you."
    )
    texts = pick(CriterionText, texts_of(make_attempt(1, Outcome.UNKNOWN, "Done.", task=task))[1])
    assert [text.text for text in texts] == [
        "Save the result to `/app/out.csv`.",
        "The file must have exactly 3 columns.",
        "Keep the error <0.5C.",
    ]


def test_no_more_hints_than_a_person_reads() -> None:
    turns = [text for n in range(30) for text in (run(f"tool{chr(97 + n % 26)}x --flag"), f"done {n}")]
    found = texts_of(make_attempt(1, Outcome.SUCCESS, *turns, "Done."))[1]
    assert len(pick(ToolText, found)) == 5
    assert 0 < len(pick(StrategyText, found)) <= 7


def test_strategy_never_replays_the_whole_solution() -> None:
    turns = [
        text for name in ("load", "clean", "join", "check", "report") for text in (run(f"{name}x --all data"), "ok")
    ]
    found = texts_of(make_attempt(1, Outcome.SUCCESS, *turns, "Done."))[1]
    steps = " ".join(step.do for step in pick(StrategyText, found))
    assert 0 < sum(f"{name}x --all data" in steps for name in ("load", "clean", "join", "check", "report")) <= 3


def test_command_that_failed_attempts_ran_as_often_is_no_step() -> None:
    loaded = (run("loadx --all data"), "ok")
    found = texts_of(
        make_attempt(1, Outcome.SUCCESS, *loaded, run("checkx --strict"), "ok", "Done."),
        make_attempt(2, Outcome.FAILURE, *loaded, "Done."),
    )
    assert [step.do for step in pick(StrategyText, found[1])] == ["Run `checkx --strict`"]
