"""What Harbor asks of a task folder, as far as it can be said without Harbor. Pure.

Source: Harbor 0.25, `Task.is_valid_dir` and `TaskConfig`.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from core.publishing.archive import TaskFiles
from core.publishing.task_folders import INSTRUCTION, TASK_TOML

TEST_SCRIPTS = frozenset({"tests/test.sh", "tests/test.bat"})
_OWN_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*/[a-zA-Z0-9][a-zA-Z0-9._-]*")


def list_harbor_problems(files: TaskFiles) -> list[str]:
    """Why Harbor would not run a task, in sentences; empty if nothing speaks against it.

    A task without a verifier is no problem: Harbor runs it with `--disable-verification`.
    """
    contents = files.contents
    problems = []
    if INSTRUCTION not in contents:
        problems.append(f"It has no {INSTRUCTION}.")
    elif not _is_utf8(contents[INSTRUCTION]):
        problems.append(f"Its {INSTRUCTION} is not UTF-8, so Harbor cannot read it.")
    if TASK_TOML not in contents:
        return [*problems, f"It has no {TASK_TOML}, so Harbor does not take it for a task."]
    try:
        config = tomllib.loads(contents[TASK_TOML].decode())
    except (ValueError, RecursionError):
        return [*problems, f"Its {TASK_TOML} is not valid, so Harbor cannot read it."]
    return problems + _list_config_problems(config, contents)


def _list_config_problems(config: Mapping[str, Any], contents: Mapping[str, bytes]) -> list[str]:
    problems = []
    environment = config.get("environment")
    image = environment.get("docker_image") if isinstance(environment, dict) else None
    if not image and not any(path.startswith("environment/") for path in contents):
        problems.append("It has neither a folder environment nor a docker_image, so Harbor cannot start it.")
    task = config.get("task")
    name = task.get("name") if isinstance(task, dict) else None
    if task is not None and not (isinstance(name, str) and _OWN_NAME.fullmatch(name) and ".." not in name):
        problems.append(f'The name in its {TASK_TOML} is not of the form "org/name", so Harbor refuses it.')
    return problems


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
