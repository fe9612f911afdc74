import json

from core.models import Message, Role
from core.traces.actions import Action, action_key, find_fixes, find_loops, list_actions


def call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def run(command: str) -> str:
    return call("swe_agent_action", raw_action=command)


def list_of(*turns: str) -> list[Action]:
    """The actions of calls and answers in turn; the first call is message 1."""
    roles = (Role.ASSISTANT, Role.USER)
    return list_actions(
        [
            Message(role=Role.USER, content="Hi"),
            *(Message(role=roles[i % 2], content=text) for i, text in enumerate(turns)),
        ]
    )


def test_key_ignores_whitespace_and_waiting_times() -> None:
    one, two, three = list_of(run("python  x.py \n"), "x", run("python x.py"), "x", run("python y.py"), "x")
    assert action_key(one) == action_key(two) != action_key(three)
    one, two = list_of(call("go", place="a", timeout=5), "x", call("go", place="a", timeout=60), "x")
    assert action_key(one) == action_key(two)


def test_same_action_failing_again_is_a_loop_whatever_the_error() -> None:
    [loop] = find_loops(
        list_of(run("python x.py"), "ValueError: a", run("ls"), "x", run("python  x.py"), "KeyError: b")
    )
    assert loop.messages == (1, 5)
    assert loop.same_action
    assert loop.error == "ValueError: a"
    assert loop.tool == "python"


def test_one_tool_failing_for_one_cause_is_a_loop() -> None:
    error = "- E999 SyntaxError: unmatched '{}'"
    turns = (run("edit 1:1\na)\nend_of_edit"), error.format(")"), run("edit 1:1\nb]\nend_of_edit"), error.format("]"))
    answers = ["Your proposed edit has introduced new syntax error(s).\n" + each for each in turns[1::2]]
    [loop] = find_loops(list_of(turns[0], answers[0], turns[2], answers[1]))
    assert loop.messages == (1, 3)
    assert not loop.same_action


def test_loop_inside_a_wider_one_is_nested() -> None:
    answer = "Error: flight {} not available"
    turns = [
        (call("book", n=1), answer.format("A1")),
        (call("book", n=2), answer.format("A1")),
        (call("book", n=3), answer.format("B2")),
    ]
    loops = find_loops(list_of(*(text for turn in turns for text in turn)))
    assert [(loop.messages, loop.is_nested) for loop in loops] == [((1, 3, 5), False), ((1, 3), True)]


def test_success_and_different_failures_are_no_loop() -> None:
    assert find_loops(list_of(run("ls"), "x", run("ls"), "x")) == []
    assert find_loops(list_of(run("python x.py"), "ValueError: a", run("python y.py"), "KeyError: b")) == []


def test_line_number_of_the_shell_is_no_difference() -> None:
    [loop] = find_loops(
        list_of(
            run("mvn a"),
            "/bin/bash: line 7: mvn: command not found",
            run("mvn b"),
            "/bin/bash: line 9: mvn: command not found",
        )
    )
    assert loop.messages == (1, 3)


def test_install_of_what_was_missing_is_the_change() -> None:
    [fix] = find_fixes(
        list_of(
            run("python3 << 'E'\nimport whisper\nE"),
            "Traceback (most recent call last):\nModuleNotFoundError: No module named 'whisper'",
            run("pip install openai-whisper"),
            "Successfully installed openai-whisper",
            run("python3 other.py"),
            "ok",
        )
    )
    assert (fix.failed.message, fix.worked.message) == (1, 5)
    assert fix.change is not None
    assert fix.change.message == 3


def test_same_command_after_an_edit_is_a_fix_and_the_edit_its_change() -> None:
    [fix] = find_fixes(
        list_of(
            run("python x.py"),
            "ValueError: a",
            run("cat x.py"),
            "x",
            run("sed -i s/a/b/ x.py"),
            "",
            run("cat x.py"),
            "x",
            run("python x.py"),
            "ok",
        )
    )
    assert (fix.failed.message, fix.worked.message) == (1, 9)
    assert fix.change is not None
    assert fix.change.program == "sed"


def test_same_tool_with_other_arguments_is_a_fix_without_a_change() -> None:
    [fix] = find_fixes(
        list_of(call("book", n=1), "Error: too many", call("book", n=2), "Error: too many", call("book", n=3), "ok")
    )
    assert [each.message for each in fix.failures] == [1, 3]
    assert fix.change is None
    assert fix.worked.message == 5


def test_unrelated_success_of_a_program_is_no_fix() -> None:
    assert (
        find_fixes(list_of(run("git push origin main"), "fatal: no remote", run("git commit -m 'x y z'"), "ok")) == []
    )
    assert find_fixes(list_of(run("python x.py"), "ValueError: a", run("python -c 'print(1)'"), "1")) == []
    assert find_fixes(list_of(run("cat x"), "cat: x: No such file or directory", run("cat y"), "text")) == []


def test_success_that_nobody_saw_is_no_fix() -> None:
    assert find_fixes(list_of(run("python x.py"), "ValueError: a", run("python x.py"))) == []
