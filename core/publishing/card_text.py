"""Pieces of a card that no name can break: its YAML, code spans, and numbers in words. Pure."""

import unicodedata
from typing import Any

import yaml

from core.publishing.layouts import DATA_PATH, HINTS_PATH
from core.publishing.names import is_licence

_LONGEST_NAME = 200
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def build_yaml(licence: str | None, *, tasks: int) -> str:
    """The block in front of a card: licence, tags, and both configurations.

    Args:
        licence: Identifier of a licence; any other text is given as the name of a licence that the Hub does not know.
        tasks: How many rows the default configuration has.
    """
    head: dict[str, Any] = {}
    if licence and is_licence(licence):
        head["license"] = licence
    elif licence:
        head |= {"license": "other", "license_name": licence[:_LONGEST_NAME]}
    head |= {"tags": ["trace-hints", "harbor"], "size_categories": [_describe_size(tasks)]}
    head["configs"] = [
        {"config_name": name, **more, "data_files": [{"split": "train", "path": path}]}
        for name, more, path in (("default", {"default": True}, DATA_PATH), ("hints", {}, HINTS_PATH))
    ]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=False)}---"


def show_code(text: str) -> str:
    """A name as a code span on one line; nothing in it is markup, and it cannot end the span."""
    plain = " ".join(text.replace("`", "'").split())
    visible = "".join("\ufffd" if unicodedata.category(char)[0] == "C" else char for char in plain)
    return f"`{visible[:_LONGEST_NAME] or '-'}`"


def describe_share(part: int, whole: int) -> str:
    """A number and its share in whole percents, e.g. `3 (12 %)`."""
    return f"{part} ({round(100 * part / whole)} %)"


def _describe_size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "1M<n<10M")
