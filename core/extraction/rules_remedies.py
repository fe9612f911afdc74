"""What to do instead of what failed: what worked afterwards, or what the error itself is about."""

import re
from typing import Any

from core.extraction.rules_tools import HARNESS_TOOLS, get_name
from core.extraction.rules_trial import TrialDigest
from core.extraction.rules_wording import (
    find_written_file,
    is_inline_script,
    list_libraries,
    list_names,
    read_arguments,
    shorten_command,
)
from core.traces.actions import Action, Fix

_WORD = re.compile(r"[a-z]{4,}")
_SAYS_LITTLE = frozenset(("total", "number", "type", "name", "with", "from", "that", "this", "value"))
_NO_MODULE = re.compile(r"No module named ['\"]?([\w.-]+)")
_UNDEFINED = re.compile(r"undefined name '(\w+)'")
_PLACE = re.compile(r"line \d+|:\d+:")


def describe_remedy(trial: TrialDigest, failed: Action, fix: Fix | None, error: str) -> str:
    """A bare infinitive, `""` where nothing is known that would help anybody."""
    known = _describe_fix(trial, failed, fix) if fix is not None else ""
    return known or _read_error(failed, error)


def _describe_fix(trial: TrialDigest, failed: Action, fix: Fix) -> str:
    if fix.change is not None:
        return _describe_change(trial, fix.change, failed)
    if not failed.is_shell:
        return _describe_arguments(failed, fix.worked)
    if get_name(failed) == "edit":
        return "" if _UNDEFINED.search(failed.error) else _describe_edit(failed, fix.worked)
    if is_inline_script(fix.worked) or find_written_file(fix.worked):
        return ""
    command = shorten_command(fix.worked.command)
    if command == shorten_command(failed.command) or command.endswith(" ...") or trial.gives_away(command):
        return ""
    return f"run `{command}`, which worked"


def _describe_change(trial: TrialDigest, change: Action, failed: Action) -> str:
    written = find_written_file(change)
    if written:
        return f"mend `{written}` before the next try"
    if get_name(change) == "edit":
        return "mend the file with `edit` before the next try"
    command = shorten_command(change.command)
    if is_inline_script(change):
        libraries = list_libraries(change)
        return f"mend its input with {list_names(libraries[:2])} before the next try" if libraries else ""
    if trial.gives_away(command):
        return ""
    if command.endswith(" ...") and not change.is_install:
        return ""
    again = "before the next try" if get_name(change) != get_name(failed) else "first"
    return f"run `{command}` {again}"


def _describe_arguments(failed: Action, worked: Action) -> str:
    """Which arguments differ between the call that failed and the one that worked; never their values."""
    before, after = read_arguments(failed), read_arguments(worked)
    changed = [key for key in after if key in before and before[key] != after[key]]
    added = [key for key in after if key not in before]
    left_out = [key for key in before if key not in after]
    parts = [_describe_changed(key, before[key], after[key]) for key in changed[:3]]
    parts += [f"give {list_names(added[:3])}"] if added else []
    parts += [f"leave out {list_names(left_out[:3])}"] if left_out else []
    return " and ".join(parts)


def _describe_changed(key: str, before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list) and len(before) != len(after):
        more = "more" if len(after) > len(before) else "fewer"
        return f"give {more} items in `{key}` ({len(after)} worked, {len(before)} did not)"
    return f"change `{key}`, which worked"


def _describe_edit(failed: Action, worked: Action) -> str:
    one, other = _find_range(failed), _find_range(worked)
    if one and other and one != other and (other[1] - other[0]) > (one[1] - one[0]):
        return "replace the whole block, with its first and last line, so that indentation and brackets fit"
    return "send it with the indentation and brackets of the lines around"


def _find_range(action: Action) -> tuple[int, int] | None:
    match = re.match(r"\s*edit\s+(\d+):(\d+)", action.command)
    return (int(match[1]), int(match[2])) if match else None


def _read_error(failed: Action, error: str) -> str:
    """What an error says of its own remedy, where nothing is known to have worked."""
    name = get_name(failed)
    if match := _NO_MODULE.search(error):
        if "." in match[1]:
            return "mend the import: no module of that name is there"
        return f"install `{match[1]}` or do without it: it is not there"
    if "not been booted with systemd" in error:
        return "run the program itself: no systemd is there to start it"
    if match := _UNDEFINED.search(error):
        return f"import or define `{match[1]}` in the same edit"
    if name in HARNESS_TOOLS and name != "think":
        return "find out why it was refused before the next try"
    if failed.is_shell and ("No such file or directory" in error or "not found" in error.lower()):
        return "list the folder first and use a path that is there"
    if name == "edit":
        return "send it with the indentation and brackets of the lines around"
    if not failed.is_shell:
        keys = _find_blamed(failed, error)
        return f"change {list_names(keys)}, which the message is about" if keys else "stop and change the plan"
    if is_inline_script(failed) or find_written_file(failed):
        libraries = list_libraries(failed)
        return f"mend the script where it uses {list_names(libraries[:2])}" if libraries else ""
    return "mend the line that the message names" if _PLACE.search(error) else ""


def _find_blamed(failed: Action, error: str) -> list[str]:
    """The arguments whose names share a word with the error."""
    said = {word.rstrip("s") for word in _WORD.findall(error.lower())} - _SAYS_LITTLE
    keys = read_arguments(failed)
    return [key for key in keys if said & {word.rstrip("s") for word in _WORD.findall(key.lower())}][:1]
