"""The tasks of a publication as the manifest's own lines, in a file: memory does not grow with their number."""

import json
import os
from collections.abc import Iterator
from typing import IO

from core.publishing.manifest import ManifestTask, dump_json


class TaskLines:
    """Written while tasks are built, read as often as is needed, in publishing order; twins behind their tasks.

    One reader at a time: they share the place in the file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """An empty file; whoever opened it closes it."""
        self._file = file
        self._count = 0

    def add(self, task: ManifestTask) -> None:
        """One more task."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(dump_json(task._asdict()).encode() + b"\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ManifestTask]:
        return (ManifestTask(**json.loads(line)) for line in self.iterate_lines())

    def iterate_lines(self) -> Iterator[bytes]:
        """The lines, without their ends."""
        self._file.seek(0)
        for line in self._file:
            yield line[:-1]
