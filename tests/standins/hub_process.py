"""The Hub in a process of its own, with the same helpers as `HubServer`.

Example:
    with HubProcess() as hub:
        hub.add_dataset("acme/traces", {"README.md": b"# Traces"})
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.standins.hub import WRITE_TOKEN, client_environment, read_content
from tests.standins.process import StandInProcess


class HubProcess(StandInProcess):
    """A Hub in a process of its own, controlled over HTTP."""

    def __init__(self, *arguments: str) -> None:
        """Prepare the process; the arguments are those of `python -m tests.standins.hub`."""
        super().__init__("tests.standins.hub", *arguments)

    def environment(self, *, home: Path, token: str | None = WRITE_TOKEN, xet: bool = True) -> dict[str, str]:
        """See `HubServer.environment`."""
        return client_environment(self.url, home=home, token=token, xet=xet)

    def add_dataset(self, repo_id: str, files: Mapping[str, bytes | str | Path], **options: Any) -> str:
        """The sha of the commit, see `HubServer.add_dataset` for the options."""
        encoded = {path: base64.b64encode(read_content(it)).decode() for path, it in files.items()}
        sha: str = self.post("datasets", {"repo": repo_id, "files": encoded, **options})["sha"]
        return sha

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """Path -> content at a revision."""
        answer = self.get(f"files?{urlencode({'repo': repo_id, 'revision': revision})}")
        return {path: base64.b64decode(text) for path, text in answer.items()}

    def commits(self, repo_id: str, revision: str = "main") -> list[dict[str, Any]]:
        """The history, oldest first, each with `sha`, `parent`, `title`, ... and the names of its `files`."""
        commits: list[dict[str, Any]] = self.get(f"commits?{urlencode({'repo': repo_id, 'revision': revision})}")
        return commits
