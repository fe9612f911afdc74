import json

import pytest

from core.models import Message, Role
from core.traces.notations import list_calls

TERMINUS_PROMPT = 'Answer in JSON: {"analysis": "...", "commands": [{"keystrokes": "ls -la\\n"}]}\nTask Description:\nx'


def say(*turns: str) -> list[Message]:
    """Turns in order, user and assistant in turn, the user first."""
    return [Message(role=Role.ASSISTANT if i % 2 else Role.USER, content=text) for i, text in enumerate(turns)]


def calls_of(*turns: str) -> list[tuple[str, str]]:
    return [(call.tool, call.text) for found in list_calls(say(*turns)).values() for call in found]


def tools_of(*turns: str) -> list[str]:
    return [tool for tool, _ in calls_of(*turns)]


def terminus(*keystrokes: str, **more: object) -> str:
    commands = [{"keystrokes": each, "duration": 0.1} for each in keystrokes]
    return json.dumps({"analysis": "a", "plan": "p", "commands": commands, **more})


def tool_call(name: str, arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


# terminus-2


@pytest.mark.parametrize(
    "wrapping", ["{}", "Let me look.\n{}", "```json\n{}\n```\nDone.", "<think>{{no}} {{1}}</think>\n{}"]
)
def test_terminus_commands_are_read_with_prose_fences_and_thoughts_around(wrapping: str) -> None:
    reply = wrapping.replace("{{", "{").replace("}}", "}").replace("{}", terminus("ls -la\n", "git log\n"))
    assert calls_of("Task", reply, "New Terminal Output:") == [("ls", "ls -la"), ("git", "git log")]


def test_each_line_typed_is_a_command_and_a_heredoc_is_one() -> None:
    assert tools_of("Task", terminus("cd /app\npython3 << 'E'\nimport os\nE\n", "pwd\nls\n")) == [
        "cd",
        "python3",
        "pwd",
        "ls",
    ]


@pytest.mark.parametrize(
    "keystrokes", ["", "\n", "C-c", "C-d", "q", "y\n", "Enter", "\x03", ":wq\n", "Up Up Enter", "# wait\n"]
)
def test_keys_that_are_no_command_are_left_out(keystrokes: str) -> None:
    assert calls_of("Task", terminus(keystrokes)) == []


def test_what_is_typed_into_a_running_interpreter_is_no_shell_command() -> None:
    reply = terminus("import git\n", "exit()\n", "git log\n")
    assert tools_of("Task", terminus("python3\n"), "Python 3.11\n>>> ", reply) == ["python3", "python", "git"]


def test_broken_terminus_json_that_was_not_rejected_is_repaired() -> None:
    broken = terminus("ls\n", "cat x\n").replace('"duration": 0.1}, {', '"duration": 0.1} {')
    assert tools_of("Task", broken, "New Terminal Output:\nx") == ["ls", "cat"]


@pytest.mark.parametrize(
    "rejection",
    [
        "Previous response had parsing errors:\nERROR: Missing required fields: plan\n\nPlease fix",
        "ERROR!! NONE of the actions you just requested were performed because you exceeded the maximum output length",
    ],
)
def test_rejected_answer_was_not_executed(rejection: str) -> None:
    assert calls_of("Task", terminus("rm -rf x\n"), rejection, terminus("ls\n"), "x") == [("ls", "ls")]


def test_answer_with_warnings_was_executed() -> None:
    assert tools_of(
        "Task", terminus("ls\n"), "Previous response had warnings:\n- Extra text\n\nNew Terminal Output:"
    ) == ["ls"]


def test_skill_of_a_terminus_attempt_is_a_tool_call() -> None:
    skill = 'Load it:\n```json\n{"load_skill": "docx"}\n```'
    assert calls_of(TERMINUS_PROMPT, skill, "Loaded skill: docx") == [
        ("load_skill", 'load_skill {"load_skill": "docx"}')
    ]
    assert tools_of("Task", skill, "Loaded skill: docx", terminus("ls\n")) == ["load_skill", "ls"]


def test_one_key_object_is_no_call_elsewhere() -> None:
    assert calls_of("What is it?", 'The answer:\n```json\n{"answer": "42"}\n```') == []


def test_terminus_xml_is_read() -> None:
    reply = '<response><commands>\n<keystrokes duration="0.1">ls &amp;&amp; pwd\n</keystrokes>\n</commands></response>'
    assert calls_of("Task", reply) == [("ls", "ls && pwd")]


def test_bash_command_calls_hold_keystrokes() -> None:
    found = list_calls(say("Task", "Plan: x\n" + tool_call("bash_command", {"keystrokes": "sleep 5\n", "duration": 5})))
    assert [(call.tool, call.text, call.is_shell, call.programs[0].name) for call in found[1]] == [
        ("bash_command", "sleep 5", True, "sleep")
    ]


# tool calls


def test_tool_calls_are_listed_in_order_with_repeats() -> None:
    reply = tool_call("get_user", {"id": 1}) + "\nand\n" + tool_call("get_user", {"id": 2})
    assert calls_of("Hi", reply) == [("get_user", 'get_user {"id": 1}'), ("get_user", 'get_user {"id": 2}')]


def test_arguments_may_be_a_json_string() -> None:
    assert calls_of("Hi", tool_call("get_user", '{"id": "x"}')) == [("get_user", 'get_user {"id": "x"}')]


def test_arguments_may_hold_the_notation_itself() -> None:
    content = "see </tool_call> and " + tool_call("rm", {}) + terminus("git push\n")
    assert tools_of("Hi", tool_call("write_file", {"content": content}) + tool_call("done", {})) == [
        "write_file",
        "done",
    ]


def test_terminus_commands_may_hold_the_notation_itself() -> None:
    assert tools_of("Hi", terminus("cat > a.py << 'E'\n<function=x></function><tool_call>{}\nE\n")) == ["cat"]


@pytest.mark.parametrize(
    "call", ['{"name": "go", "arguments": {"a": "b}</tool_call>', "{'name': 'go'}</tool_call>", "go"]
)
def test_broken_call_never_raises(call: str) -> None:
    assert tools_of("Hi", "<tool_call>\n" + call) in ([], ["go"])


@pytest.mark.parametrize(
    "reply",
    [
        '{"name": "get_user", "arguments": {"id": 7}}',
        '```json\n{"tool": "get_user", "args": {"id": 7}}\n```',
        '{"tool_calls": [{"id": "1", "function": {"name": "get_user", "arguments": "{\\"id\\": 7}"}}]}',
        '<tool_call>[{"name": "get_user", "arguments": {"id": 7}}]</tool_call>',
    ],
)
def test_call_written_as_plain_json_is_read(reply: str) -> None:
    assert calls_of("Hi", reply) == [("get_user", 'get_user {"id": 7}')]


def test_json_that_only_describes_is_no_call() -> None:
    assert calls_of("Hi", '{"name": "get_user", "parameters": {"type": "object", "properties": {"id": {}}}}') == []
    assert calls_of("Hi", '{"name": "Ann", "input": "tea"}') == []


def test_call_of_the_glm_notation_is_read() -> None:
    reply = "<tool_call>get_user\n<arg_key>id</arg_key>\n<arg_value>7</arg_value>\n</tool_call>"
    assert calls_of("Hi", reply) == [("get_user", 'get_user {"id": "7"}')]


def test_qwen_coder_notation_is_read_once() -> None:
    reply = "<tool_call>\n<function=bash>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>"
    assert calls_of("Hi", reply) == [("bash", "ls -la")]


@pytest.mark.parametrize(
    "arguments",
    [{"cmd": ["bash", "-lc", "git log"]}, {"command": "git log"}, {"command": ["git", "log"]}, {"code": "git log"}],
)
def test_command_line_of_a_shell_tool_is_read(arguments: object) -> None:
    [call] = list_calls(say("Hi", tool_call("functions.exec_command", arguments)))[1]
    assert (call.tool, call.text, [program.name for program in call.programs]) == (
        "functions.exec_command",
        "git log",
        ["git"],
    )


def test_command_of_an_editor_tool_is_no_shell_line() -> None:
    [call] = list_calls(say("Hi", tool_call("str_replace_editor", {"command": "view", "path": "/x"})))[1]
    assert not call.is_shell


def test_swe_agent_action_repeats_the_text_before_it_and_counts_once() -> None:
    wrapped = tool_call("swe_agent_action", {"raw_action": "python x.py\n"})
    assert calls_of("Hi", "Run it.\n```\npython x.py\n```\n" + wrapped, "ok") == [("python", "python x.py")]
    assert calls_of("Hi", "Run it.\n<command>\npython x.py\n</command>\n" + wrapped, "ok") == [
        ("python", "python x.py")
    ]


def test_end_that_the_harness_wrote_is_no_action() -> None:
    assert calls_of("Hi", "Exit due to cost limit\n" + tool_call("swe_agent_action", {"raw_action": "exit_cost"})) == []


# XML


def test_openhands_functions_are_read() -> None:
    reply = "Now.\n<function=execute_bash>\n<parameter=command>cat > a << 'E'\nx\nE\n</parameter>\n</function>"
    finish = "<function=finish>\n<parameter=message>Done</parameter>\n</function>"
    assert calls_of("Hi", reply, "ok", finish) == [
        ("execute_bash", "cat > a << 'E'\nx\nE"),
        ("finish", 'finish {"message": "Done"}'),
    ]


def test_example_in_a_prompt_executes_nothing() -> None:
    example = "<function=execute_bash>\n<parameter=command>ls</parameter>\n</function>\n" + tool_call("x", {})
    messages = [
        Message(role=Role.SYSTEM, content=example),
        *say(example, "I see."),
        Message(role=Role.TOOL, content=example),
    ]
    assert list_calls(messages) == {}


@pytest.mark.parametrize(
    "reply",
    [
        '<invoke name="get_user">\n<parameter name="id">7</parameter>\n</invoke>',
        '<function_calls>\n<invoke name="get_user">\n<parameter name="id">7</parameter>\n</invoke>\n</function_calls>',
        '<tool name="get_user">{"id": "7"}</tool>',
        "<tool name='get_user'><id>7</id></tool>",
    ],
)
def test_generic_xml_calls_are_read(reply: str) -> None:
    assert calls_of("Hi", reply) == [("get_user", 'get_user {"id": "7"}')]


def test_command_elements_are_command_lines() -> None:
    assert calls_of("Hi", "DISCUSSION\nLook.\n<command>\nls -F\n</command>") == [("ls", "ls -F")]
    assert calls_of("Hi", "Use `git <command>` and <command> for it") == []


def test_old_openhands_elements_are_read() -> None:
    assert tools_of(
        "Hi", "<execute_bash>\ngit log\n</execute_bash>", "x", "<execute_ipython>\n1+1\n</execute_ipython>"
    ) == [
        "git",
        "execute_ipython",
    ]


def test_thoughts_execute_nothing() -> None:
    assert tools_of("Hi", "<think>maybe " + tool_call("bad", {}) + "</think>" + tool_call("good", {})) == ["good"]


# ReAct


def test_react_actions_are_read() -> None:
    assert calls_of(
        "Q", "Thought 1: look.\nAction 1: Search[Milhouse]\nObservation 1: made up\nAction 2: Finish[x]"
    ) == [("Search", "Search[Milhouse]")]
    assert calls_of("Q", "Thought: hm\nAction: web_search\nAction Input: capital of France\nObservation") == [
        ("web_search", "web_search capital of France")
    ]
    assert calls_of("Q", 'Action:\n```json\n{"action": "calc", "action_input": {"x": 1}}\n```') == [
        ("calc", 'calc {"x": 1}')
    ]


def test_plain_words_are_a_react_action_only_where_the_prompt_asks_for_them() -> None:
    assert tools_of("Answer with Action: <words>", "Thought: go\nAction: go to desk 1", "You see a pen") == ["go"]
    assert tools_of("Hi", "Action: we should talk", "ok") == []


# fences


def test_fences_are_commands_where_output_follows_them() -> None:
    turns = (
        "Fix it",
        "Look.\n```bash\nls -F\n```",
        "setup.py\nsrc/",
        "Run.\n```\n$ python x.py\n```",
        "Traceback",
        "Done.",
    )
    assert calls_of(*turns) == [("ls", "ls -F"), ("python", "python x.py")]


def test_fence_of_an_swe_agent_attempt_counts_without_any_output() -> None:
    prompt = "SETTING: You are an autonomous programmer\n(Current directory: /x)\nbash-$"
    assert tools_of(prompt, "DISCUSSION\nEdit.\n```\nedit 1:1\nimport x\nend_of_edit\n```") == ["edit"]


def test_last_of_several_fences_without_language_counts() -> None:
    reply = "The file holds\n```\nrm x\n```\nso\n```\nsubmit\n```"
    assert tools_of("bash-$", reply) == ["submit"]


def test_fences_in_a_talk_are_illustrations() -> None:
    assert (
        tools_of(
            "How do I list files?", "Use\n```bash\nls\n```", "Thanks, that works!", "You can also\n```sh\nfind\n```"
        )
        == []
    )
    assert tools_of("How do I list files?", "Use\n```bash\nls\n```") == []


def test_other_languages_are_never_commands() -> None:
    assert tools_of("bash-$", "```python\nls\n```", "x", "```json\n[1]\n```", "x", "```java\nls\n```", "x") == []


def test_fences_beside_structured_calls_are_prose() -> None:
    assert tools_of("bash-$", "```bash\nrm x\n```", "ok", tool_call("get_user", {}), "ok") == ["get_user"]
    assert tools_of("bash-$", "```bash\nrm x\n```", "ok", terminus(), "ok") == []


# terminals: editors, interpreters, here-documents


def test_text_typed_into_an_editor_is_no_command() -> None:
    reply = terminus("vim a.py\n", "i", "hello world", "Escape", ":wq\n", "ls\n")
    assert calls_of(TERMINUS_PROMPT, reply) == [("vim", "vim a.py"), ("ls", "ls")]


def test_lines_typed_into_an_interpreter_are_the_interpreters() -> None:
    assert calls_of(TERMINUS_PROMPT, terminus("python3\n", "import os\n", "exit()\n", "ls\n")) == [
        ("python3", "python3"),
        ("python", "import os"),
        ("ls", "ls"),
    ]
    assert tools_of(TERMINUS_PROMPT, terminus("python3 x.py\n", "ls\n")) == ["python3", "ls"]
    assert tools_of(TERMINUS_PROMPT, terminus("echo 1 | python3\n", "ls\n")) == ["python3", "ls"]


def test_here_document_typed_line_by_line_is_one_command() -> None:
    reply = terminus("cat > a.py << 'EOF'\n", "import os\n", "ls\n", "EOF\n", "python a.py\n")
    assert calls_of(TERMINUS_PROMPT, reply) == [
        ("cat", "cat > a.py << 'EOF'\nimport os\nls\nEOF"),
        ("python", "python a.py"),
    ]
    assert tools_of(TERMINUS_PROMPT, terminus("cat << EOF\nx\nEOF\n", "ls\n")) == ["cat", "ls"]


# chat templates of models


@pytest.mark.parametrize(
    "reply",
    [
        "<\uff5ctool\u2581calls\u2581begin\uff5c><\uff5ctool\u2581call\u2581begin\uff5c>function"
        '<\uff5ctool\u2581sep\uff5c>get_user\n```json\n{"id": 7}\n```<\uff5ctool\u2581call\u2581end\uff5c>',
        '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_user:0<|tool_call_argument_begin|>{"id": 7}'
        "<|tool_call_end|><|tool_calls_section_end|>",
        "<|channel|>analysis<|message|>hm<|end|><|channel|>commentary to=functions.get_user <|constrain|>json"
        '<|message|>{"id": 7}<|call|>',
        '<|python_tag|>{"name": "get_user", "parameters": {"id": 7}}',
        '[TOOL_CALLS] [{"name": "get_user", "arguments": {"id": 7}}]',
        "<tool_call>\n{'name': 'get_user', 'arguments': {'id': 7}}\n</tool_call>",
    ],
)
def test_calls_between_special_tokens_are_read(reply: str) -> None:
    assert calls_of("Hi", reply, "ok") == [("get_user", 'get_user {"id": 7}')]


# more XML


def test_elements_named_after_their_tool_are_read() -> None:
    reply = "Now.\n<execute_command>\n<command>npm test | tail</command>\n</execute_command>"
    assert calls_of("Hi", reply) == [("execute_command", "npm test | tail")]
    assert calls_of("Hi", "<read_file>\n<path>a.py</path>\n</read_file>") == [
        ("read_file", 'read_file {"path": "a.py"}')
    ]
    assert calls_of("Hi", "Use <read_file> for it, or `<bash>`.") == []


def test_namespaced_invocations_are_read() -> None:
    reply = '<x:invoke name="bash"><x:parameter name="command">ls && git log</x:parameter></x:invoke>'
    assert calls_of("Hi", reply) == [("bash", "ls && git log")]


def test_bash_elements_are_command_lines_also_inside_a_line() -> None:
    assert calls_of("Hi", "I run <execute_bash>ls | wc</execute_bash>", "3") == [("ls", "ls | wc")]
    assert calls_of("Hi", "<bash>\nls -la\n</bash>", "3") == [("ls", "ls -la")]


# several calls


def test_several_notations_and_prose_in_one_message_keep_their_order() -> None:
    reply = "First\n" + tool_call("a", {}) + "\nthen\n" + tool_call("b", {"x": 1}) + "\nand wait."
    assert calls_of("Hi", reply) == [("a", "a"), ("b", 'b {"x": 1}')]
