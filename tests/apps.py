"""Runs the app as the README does: `streamlit run app.py`, on a free port of this machine."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.commands import PROJECT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""What Chromium needs to run as root and to leave the network alone."""


@contextmanager
def running_app(
    environment: Mapping[str, str], *, log: Path, end_with: signal.Signals = signal.SIGTERM
) -> Iterator[str]:
    """The address of a server that answers, ended at the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"],
            cwd=PROJECT,
            env=dict(environment),
            stdout=file,
            stderr=file,
        )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(end_with)
        process.wait(timeout=20)


def _wait_for(port: int, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
