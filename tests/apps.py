"""Runs the app as the README does: `streamlit run app.py`, on a free port of this machine."""

import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.settings import PROJECT_ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""What Chromium needs to run as root and to leave the network alone."""


class App:
    """A server that can be killed and started again at the same address."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        self._environment, self._log = dict(environment), log
        with socket.socket() as probe:
            # below the ports that the system hands out, or another test's server may take it before ours does
            probe.bind(("127.0.0.1", 20_000 + secrets.randbelow(12_000)))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def process_id(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        with self._log.open("ab") as file:
            self._process = subprocess.Popen(
                [*command, f"--server.port={self._port}"],
                cwd=PROJECT_ROOT,
                env=self._environment,
                stdout=file,
                stderr=file,
            )
        _wait_for(self._port)

    def kill(self) -> None:
        """As `kill -9`: it cannot finish anything."""
        assert self._process is not None, "it does not run"
        self._process.kill()
        self._process.wait(timeout=20)

    def stop(self, end_with: signal.Signals = signal.SIGTERM) -> None:
        """Whether it runs or not."""
        if self._process is not None:
            self._process.send_signal(end_with)
            self._process.wait(timeout=20)


@contextmanager
def running_app(
    environment: Mapping[str, str], *, log: Path, end_with: signal.Signals = signal.SIGTERM
) -> Iterator[str]:
    """The address of a server that answers, ended at the end of the block."""
    app = App(environment, log=log)
    try:
        app.start()
        yield app.address
    finally:
        app.stop(end_with)


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
