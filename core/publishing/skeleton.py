"""The files of a task that has no source task: enough for Harbor to run an agent in it, but no verifier.

Source: Harbor's task format (`task.toml`, `environment/Dockerfile`).
"""

import json

_TASK_TOML = """\
version = "1.0"

[metadata]
author_name = {author}
difficulty = "medium"
category = {category}
tags = [{tags}]

[agent]
timeout_sec = 900.0

[verifier]
timeout_sec = 720.0
"""
_DOCKERFILE = """\
FROM ubuntu:24.04

WORKDIR /app

RUN apt-get update \\
    && apt-get install -y --no-install-recommends python3 python3-pip \\
    && rm -rf /var/lib/apt/lists/*
"""


def build_skeleton(dataset_name: str) -> dict[str, bytes]:
    """`task.toml` and `environment/Dockerfile`, the same for every task of a dataset."""
    task_toml = _TASK_TOML.format(
        author=quote_toml("Trace Hints"),
        category=quote_toml("agent-traces"),
        tags=", ".join(quote_toml(tag) for tag in ("trace-hints", dataset_name)),
    )
    return {"task.toml": task_toml.encode(), "environment/Dockerfile": _DOCKERFILE.encode()}


def quote_toml(text: str) -> str:
    """A TOML basic string: JSON's escapes, and DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
