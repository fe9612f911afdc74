import pytest

from core.traces.calls import build_call, build_shell_call
from core.traces.observations import find_failure, split_screen
from core.traces.shell import list_programs


def after_shell(command: str, output: str) -> str:
    return find_failure(output, build_shell_call(command, list_programs(command)))


def after_tool(name: str, output: str) -> str:
    return find_failure(output, build_call(name, {"id": 1}))


TRACEBACK = (
    'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    import whisper\n'
    "ModuleNotFoundError: No module named 'whisper'\n"
)


@pytest.mark.parametrize(
    ("command", "output", "error"),
    [
        ("python x.py", TRACEBACK, "ModuleNotFoundError: No module named 'whisper'"),
        ("python x.py", f"start\n{TRACEBACK}root@x:/app# ", "ModuleNotFoundError: No module named 'whisper'"),
        ("python x.py", 'Traceback (most recent call last):\n  File "x.py"', "Traceback (most recent call last):"),
        ("mvn test", "/bin/bash: line 7: mvn: command not found", "/bin/bash: line 7: mvn: command not found"),
        ("./a.sh", "./a.sh: 3: mvn: not found", "./a.sh: 3: mvn: not found"),
        ("cd x && ls", "bash: cd: x: No such file or directory", "bash: cd: x: No such file or directory"),
        ("cat x", "cat: x: No such file or directory", "cat: x: No such file or directory"),
        (
            "ls y",
            "ls: cannot access 'y': No such file or directory",
            "ls: cannot access 'y': No such file or directory",
        ),
        ("grep -r x y", "grep: y: No such file or directory", "grep: y: No such file or directory"),
        ("git log", "fatal: not a git repository", "fatal: not a git repository"),
        ("git push", "To x\n ! [rejected]\nerror: failed to push some refs", "error: failed to push some refs"),
        ("gcc a.c", "a.c: In function main:\na.c:3:5: error: expected ';'", "a.c:3:5: error: expected ';'"),
        ("npm ci", "npm ERR! code ENOENT\nnpm ERR! x", "npm ERR! code ENOENT"),
        ("mvn test", "[INFO] x\n[INFO] BUILD FAILURE\n", "[INFO] BUILD FAILURE"),
        (
            "systemctl restart nginx",
            "System has not been booted with systemd as init system.\nFailed to connect to bus: Host is down",
            "System has not been booted with systemd as init system.",
        ),
        ("java A", 'Exception in thread "main" java.lang.Error', 'Exception in thread "main" java.lang.Error'),
        (
            "pytest",
            "a\nFAILED tests/t.py::test_x - assert 1 == 2\n= 1 failed in 1s =",
            "FAILED tests/t.py::test_x - assert 1 == 2",
        ),
        ("pytest", "==== 1 failed, 3 passed in 0.1s ====", "==== 1 failed, 3 passed in 0.1s ===="),
        ("apt-get install x", "E: Unable to locate package x", "E: Unable to locate package x"),
        ("make", "x\nmake: *** [all] Error 2", "make: *** [all] Error 2"),
        ("curl http://x", "curl: (6) Could not resolve host: x", "curl: (6) Could not resolve host: x"),
        ("echo abc | base64 -d", "garbagebase64: invalid input", "garbagebase64: invalid input"),
        ("./a", "Segmentation fault (core dumped)", "Segmentation fault (core dumped)"),
        ("./a", "x\n[Command finished with exit code 1]", "[Command finished with exit code 1]"),
        ("./a", "[stdout]\nx\n[exitCode] 3", "[exitCode] 3"),
        ("mysql x", "ERROR 1045 (28000): Access denied for user", "ERROR 1045 (28000): Access denied for user"),
        ("./a", "<returncode>2</returncode>\n<output>\nx\n</output>", "<returncode>2</returncode>"),
        ("submit flag{x}", "Wrong flag!", "Wrong flag!"),
        ("submit flag{x}", "Wrong flag!\n(Open file: n/a)\n(Current directory: /x)\nbash-$", "Wrong flag!"),
        ("vim x", *["Operation 'vim' is not supported by this environment"] * 2),
        ("python x.py", "\nEXECUTION TIMED OUT\n", "EXECUTION TIMED OUT"),
        (
            "python recalc.py",
            'New Terminal Output:\n{\n  "status": "errors_found",\n  "total_errors": 155,\n  "x": {}\n}',
            '"total_errors": 155,',
        ),
        ("open x.py", "File x.py not found", "File x.py not found"),
        (
            "create x.py",
            "Error: File 'x.py' already exists.\n[File: x.py (1 lines total)]\n1:",
            "Error: File 'x.py' already exists.",
        ),
        ("pip install x", *["\x1b[31mERROR: No matching distribution found for x\x1b[0m"] * 2),
    ],
)
def test_failure_of_a_command_is_told_verbatim(command: str, output: str, error: str) -> None:
    found = after_shell(command, output)
    assert found == error
    assert found in output


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("python x.py", "Script completed successfully, no errors. Result: True"),
        ("python x.py", "0 errors\nFitting error (RMSE): 0.1\nError: 0.05\nerror: 3%\nMean error=1.2"),
        ("python x.py", "Error analysis:\nt=1.0s: error=+4.0C"),
        ("python x.py", "Missing values: 0"),
        ("python x.py", "Warning: _curses.error: setupterm: could not find terminfo database"),
        ("python recalc.py", '{\n  "status": "success",\n  "total_errors": 0,\n  "errors": []\n}'),
        ("python x.py", '{"error": null, "ok": true}'),
        ("cat app.log", "error: boom\nTraceback (most recent call last):\nValueError: x\nFAILED\nfatal: x"),
        ("head -5 x.py", "raise ValueError('x')\nSyntaxError: invalid"),
        ("grep -rn Error src", "src/a.py:3:    raise ValueError: x\nError: x"),
        ("grep -c x y", "0\n[Command finished with exit code 1]"),
        ("git log --oneline", "abc fatal: error: fix\nerror: x handling"),
        ("cat x.json", '{"error": "boom"}'),
        ("ls src/test", "ErrorReportTest.java\nfailing\nError: x"),
        ("open a.py", '[File: a.py (3 lines total)]\n1:raise ValueError("x")\n2:error: x'),
        (
            "edit 1:1\nx\nend_of_edit",
            "[File: a.py (3 lines total)]\n1:    except json.JSONDecodeError: x\nFile updated.",
        ),
        ("python x.py", "[The command completed with exit code 0.]\n[Command finished with exit code 0]"),
        ("ls", "bash: cannot set terminal process group (-1): Inappropriate ioctl\nbash: no job control in this shell"),
        (
            "pip install a",
            "ERROR: pip's dependency resolver does not currently take into account x\nSuccessfully installed a",
        ),
        ("./tool --help", "Usage: tool [options]"),
        ("pytest", "==== 3 passed, 0 failed in 0.1s ===="),
        ("python x.py", ""),
        ("python x.py", "Cannot be None: 0\nCould not happen\nFailed tonight\n3 lines"),
        ("python x.py", "Command: python x.py\nStdout: fine\nError: (none)\nExit Code: 0\nSignal: (none)"),
        ("sleep 100", "[The command has no new output after 30 seconds. exit code -1]"),
    ],
)
def test_words_that_are_no_failure(command: str, output: str) -> None:
    assert after_shell(command, output) == ""


def test_rejected_edit_is_told_by_its_cause() -> None:
    output = "Your proposed edit has introduced new syntax error(s).\n\nERRORS:\n- E999 SyntaxError: unmatched ']'\n\nx"
    assert after_shell("edit 1:2\nx\nend_of_edit", output) == "- E999 SyntaxError: unmatched ']'"


def test_exit_code_0_outweighs_weak_words_but_not_a_traceback() -> None:
    footer = "[Command finished with exit code 0]"
    assert after_shell("python x.py; true", f"FAILED x\n{footer}") == ""
    assert after_shell("python x.py; true", f"{TRACEBACK}{footer}") == "ModuleNotFoundError: No module named 'whisper'"


@pytest.mark.parametrize(
    ("name", "output", "error"),
    [
        ("book_flight", "Error: payment amount does not add up", "Error: payment amount does not add up"),
        ("get_user", "Error: user not found", "Error: user not found"),
        ("get_user", '{"error": "no such user"}', '{"error": "no such user"}'),
        ("book_flight", '{"success": false, "message": "x"}', '{"success": false, "message": "x"}'),
        (
            "str_replace_editor",
            "ERROR:\nNo replacement was performed, old_str did not appear",
            "No replacement was performed, old_str did not appear",
        ),
        ("load_skill", "Skill not found: pdf", "Skill not found: pdf"),
        (
            "Search",
            "Observation 1: Could not find [x]. Similar: ['y']",
            "Observation 1: Could not find [x]. Similar: ['y']",
        ),
        ("edit", "Your proposed edit has introduced new syntax error(s).\n\nERRORS:\n- F821 x\n", "- F821 x"),
        ("Read", "text\n[error] tool reported failure", "[error] tool reported failure"),
        (
            "Edit",
            "<tool_use_error>File has not been read yet</tool_use_error>",
            "<tool_use_error>File has not been read yet</tool_use_error>",
        ),
        ("run_tests", f"2 tests\n{TRACEBACK}", "ModuleNotFoundError: No module named 'whisper'"),
        ("transfer", "❌ Failed: no agent", "❌ Failed: no agent"),
    ],
)
def test_failure_of_a_tool_is_told_verbatim(name: str, output: str, error: str) -> None:
    assert after_tool(name, output) == error


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("get_user", '{"name": "x", "errors": [], "error": null}'),
        ("get_reservation", '{"status": "cancelled"}'),
        ("read_file", "1\timport x\nTraceback (most recent call last):\nError: x"),
        ("load_skill", "Loaded skill: docx\n---\n## Common errors\nError: x\nFAILED"),
        ("search_flights", "[]"),
        ("cancel", "Transfer successful"),
        ("think", ""),
    ],
)
def test_results_that_are_no_failure(name: str, output: str) -> None:
    assert after_tool(name, output) == ""


def test_error_of_a_line_of_a_megabyte_is_short() -> None:
    output = "x" * 1_000_000 + " base64: invalid input " + "y" * 1_000_000
    found = after_shell("base64 -d x", output)
    assert found.startswith("base64: invalid input")
    assert len(found) <= 300
    assert found in output


def test_screen_is_split_by_the_prompts_that_echo_the_commands() -> None:
    screen = "old\nroot@x:/app# ls y\nls: cannot access 'y'\nroot@x:/app# pwd\n/app\nroot@x:/app# "
    parts = split_screen(screen, ["ls y", "pwd"])
    assert [part.text for part in parts] == ["ls: cannot access 'y'\n", "/app\nroot@x:/app# "]
    assert [list(part.commands) for part in parts] == [[0], [1]]


def test_last_echo_counts_because_a_screen_shows_earlier_turns() -> None:
    screen = "$ make\nerror: old\n$ make\nok\n$ "
    assert split_screen(screen, ["make"])[0].text == "ok\n$ "


def test_commands_without_an_echo_share_the_output() -> None:
    assert [list(part.commands) for part in split_screen("a\nb\n", ["ls", "pwd"])] == [[0, 1]]


def test_echoed_heredoc_is_no_output() -> None:
    screen = "root@x:/# python3 << 'E'\n> raise ValueError('x')\n> E\nok\n"
    assert split_screen(screen, ["python3 << 'E'\nraise ValueError('x')\nE"])[0].text == "ok\n"
