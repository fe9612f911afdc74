import pytest

from core.models import Message, Role
from core.traces.parting import MOST_CHARACTERS, MOST_TURNS, find_parting


def run(*commands: str, said: str = "Let me see.") -> list[Message]:
    """An attempt that runs these commands; a turn that begins with `>` only talks."""
    messages = [Message(role=Role.USER, content="Task: mend it")]
    for command in commands:
        text = command[1:] if command.startswith(">") else f"{said}\n```bash\n{command}\n```"
        messages += [Message(role=Role.ASSISTANT, content=text), Message(role=Role.USER, content="<output>ok</output>")]
    return messages


def test_they_part_at_the_first_turn_that_does_something_else() -> None:
    parting = find_parting(run("make", "sed -i s/a/b/ x", "make"), run("make", "rm x", "make"))
    assert parting.is_apart
    assert parting == ([(1, 1)], 3, 3)


def test_what_is_said_around_a_call_is_no_difference() -> None:
    parting = find_parting(run("make", "rm  x", said="First."), run("make", "rm x", "ls", said="Then, I think:"))
    assert parting == ([(1, 1), (3, 3)], None, 5)


def test_a_look_around_that_only_one_took_is_no_parting() -> None:
    parting = find_parting(run("ls -la", "make", "rm x"), run("make", "cat x", "git status", "touch x"))
    assert parting.shared == [(3, 1)]
    assert (parting.one, parting.other) == (5, 3)


def test_a_step_that_only_one_took_is_the_parting_although_they_meet_again() -> None:
    parting = find_parting(run("pip install x", "make", "rm x"), run("make", "rm x"))
    assert parting == ([], 1, 1)


def test_who_stops_early_does_nothing_more() -> None:
    assert find_parting(run("make"), run("make", "rm x")) == ([(1, 1)], None, 3)


def test_a_last_word_instead_of_a_deed_is_where_it_goes_its_own_way() -> None:
    assert find_parting(run("make", ">It is done."), run("make", "rm x")) == ([(1, 1)], 3, 3)


def test_who_did_the_same_parts_by_what_is_said() -> None:
    assert find_parting(run("make", ">Yes."), run("make", ">No.")) == ([(1, 1)], 3, 3)
    assert find_parting(run(">Hello.", ">Yes."), run(">Hello.", ">No.")) == ([(1, 1)], 3, 3)


def test_thoughts_noted_down_by_a_tool_are_talk() -> None:
    think = '><tool_call>\n{"name": "think", "arguments": {"thought": "%s"}}\n</tool_call>'
    call = '><tool_call>\n{"name": "get_order", "arguments": {"id": "%s"}}\n</tool_call>'
    one, other = run(think % "a", call % "1", call % "2"), run(call % "1", think % "b", call % "3")
    assert find_parting(one, other) == ([(3, 1)], 5, 5)


@pytest.mark.parametrize("commands", [(), ("make",), (">Hello.",), ("make", ">Done.", "ls")])
def test_equal_attempts_are_not_apart(commands: tuple[str, ...]) -> None:
    parting = find_parting(run(*commands), run(*commands))
    assert not parting.is_apart
    assert len(parting.shared) >= sum(not command.startswith(">") for command in commands)


def test_the_two_sides_can_be_exchanged() -> None:
    one, other = run("ls", "make", "rm x", ">Done."), run("make", "cat x", "touch y")
    there, back = find_parting(one, other), find_parting(other, one)
    assert [(b, a) for a, b in there.shared] == back.shared
    assert (there.one, there.other) == (back.other, back.one)


def test_huge_attempts_are_compared_in_a_bounded_way() -> None:
    long = run(*(f"echo {index}" for index in range(MOST_TURNS + 50)))
    assert len(find_parting(long, long).shared) == MOST_TURNS
    huge = Message(role=Role.ASSISTANT, content="```bash\n" + "x" * MOST_CHARACTERS + "\n```")
    assert find_parting([*run("make"), huge], run("make")).one == 3
