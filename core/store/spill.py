"""Answers that the workspace had no room for: kept in a file beside it until there is. Nothing paid for is lost.

Room for the file itself is held free by a reserve, which is given up when the disk is full.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from core.models import RequestKind
from core.store.batch_models import Answer, Reply

RESERVE_BYTES = 16 * 1024 * 1024


def list_spills(home: Path) -> list["Spill"]:
    """What any batch of a workspace left, oldest batch first."""
    ids = sorted(int(path.stem.rpartition("-")[2]) for path in home.glob("answers-of-batch-*.jsonl"))
    return [Spill(home, batch_id) for batch_id in ids]


class Spill:
    """The answers of one batch that are not in the workspace yet."""

    def __init__(self, home: Path, batch_id: int) -> None:
        """Nothing is read or written yet.

        Args:
            home: Folder of the workspace.
            batch_id: The batch.
        """
        self.batch_id = batch_id
        self._path = home / f"answers-of-batch-{batch_id}.jsonl"
        self._reserve = home / "reserve"

    def hold_room(self) -> None:
        """Set room aside; without any to spare, the file has to do with what is there."""
        if self._reserve.exists():
            return
        try:
            with self._reserve.open("wb") as reserve:
                os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)
        except OSError:
            # half a reserve would only take the last room
            with suppress(OSError):
                self._reserve.unlink(missing_ok=True)

    def append(self, answers: Sequence[Answer]) -> None:
        """Keep answers, safe from a power cut when this returns.

        Raises:
            OSError: Not even the reserve was enough.
        """
        self._reserve.unlink(missing_ok=True)
        option = orjson.OPT_APPEND_NEWLINE
        lines = b"".join(orjson.dumps(answer._asdict(), default=tuple, option=option) for answer in answers)
        with self._path.open("ab") as file:
            size = file.tell()
            try:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # half a line would spoil the next one
                os.truncate(self._path, size)
                raise

    def read(self) -> list[Answer]:
        """The answers that wait here; a line that a crash cut in half is not one."""
        if not self._path.exists():
            return []
        whole = [line for line in self._path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        return [_build_answer(line) for line in whole]

    def clear(self) -> None:
        """All of them are in the workspace now."""
        self._path.unlink(missing_ok=True)


def _build_answer(line: bytes) -> Answer:
    values = orjson.loads(line)
    values["replies"] = [Reply(*reply) for reply in values["replies"]]
    return Answer(**{**values, "kind": RequestKind(values.get("kind", RequestKind.ATTEMPT))})
