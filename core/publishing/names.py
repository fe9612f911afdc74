"""Names that leave the machine: repositories, folders of tasks, and sources. Pure, no network."""

import re
from pathlib import PurePath

from core.errors import UsageError
from core.models import Dataset

MAX_REPO_NAME = 96
MAX_PREFIX = 100
_REPO_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_PREFIX = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,39}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def check_repo_name(name: str) -> None:
    """Accept `owner/name`, or `name` alone for the token's own user.

    Raises:
        UsageError: The Hub would not take this name.

    Source: huggingface_hub, `validate_repo_id`.
    """
    parts = name.split("/")
    is_valid = (
        len(parts) <= 2
        and all(_REPO_PART.fullmatch(part) and len(part) <= MAX_REPO_NAME for part in parts)
        and not any(wrong in name for wrong in ("--", ".."))
        and not name.endswith((".git", ".ipynb"))
    )
    if not is_valid:
        raise UsageError(
            f'"{name[:200]}" is no repository name. Give owner/name, of letters, digits, ".", "_" and "-" '
            'that neither begin nor end with "." or "-", without "--" and "..".'
        )


def default_prefix(dataset_name: str) -> str:
    """The dataset's name + `-hints`, safe as the name of a folder.

    Example: `my traces (v2)` gives `my-traces-v2-hints`.
    """
    safe = _UNSAFE.sub("-", dataset_name).strip("-._")[: MAX_PREFIX - len("-hints")].rstrip("-._")
    return f"{safe or 'dataset'}-hints"


def check_prefix(prefix: str) -> None:
    """Accept what is safe as the beginning of a folder's name on every system.

    Raises:
        UsageError: It is empty, too long, or holds other characters.
    """
    if not _PREFIX.fullmatch(prefix) or len(prefix) > MAX_PREFIX:
        raise UsageError(
            f'"{prefix[:200]}" cannot begin the name of a folder. Give a prefix of at most {MAX_PREFIX} letters, '
            'digits, ".", "_" and "-".'
        )


def is_licence(text: str) -> bool:
    """True for what may be the identifier of a licence, e.g. `apache-2.0`."""
    return _LICENCE.fullmatch(text) is not None


def check_licence(text: str) -> None:
    """Accept the identifier of a licence.

    Raises:
        UsageError: It is none.
    """
    if not is_licence(text):
        raise UsageError(f'"{text[:200]}" is no licence. Give its identifier, e.g. apache-2.0, mit or cc-by-4.0.')


def build_folder_name(prefix: str, number: int) -> str:
    """The folder of a task, e.g. `flights-hints-0007`; four digits or more."""
    return f"{prefix}-{number:04d}"


def build_twin_name(folder: str) -> str:
    """The folder of the same task without hints, e.g. `flights-hints-0007-plain`."""
    return f"{folder}-plain"


def describe_source(dataset: Dataset) -> str:
    """The source as it is published: a Hub id, or a file's name without the folders of this machine."""
    return dataset.source if dataset.source_kind == "hub" else PurePath(dataset.source).name
