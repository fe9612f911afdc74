"""The worker's heartbeat: renews its lease from a thread, and notices when the lease is somebody else's."""

import logging
import threading
import time

from core.errors import WorkspaceBusyError, WorkspaceFullError
from core.settings import Settings
from core.store import open_store
from core.store.database import FILE_NAME
from core.store.lease import LEASE_SECONDS

HEARTBEAT_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Heart(threading.Thread):
    """Renews the lease on a connection of its own, whatever the worker is busy with."""

    def __init__(self, settings: Settings, epoch: int) -> None:
        """Not beating yet.

        Args:
            settings: Of the workspace.
            epoch: Of the lease that is renewed.
        """
        super().__init__(daemon=True, name="heartbeat")
        self.epoch = epoch
        self.lost = threading.Event()
        """Somebody else owns the lease, or may: nothing more may be sent or saved."""
        self.should_leave = threading.Event()
        """Somebody asked this worker to hand over."""
        self._home = settings.home
        self._stopped = threading.Event()
        self._beaten_at = time.monotonic()

    def run(self) -> None:
        """Beat until it is stopped, or the lease is lost."""
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            if not (self._home / FILE_NAME).exists():
                self.lost.set()
                return
            try:
                if not self._beat():
                    self.lost.set()
                    return
            except (WorkspaceFullError, WorkspaceBusyError) as error:
                # taking over is a write, too: as long as there is no room, or somebody holds the file, nobody can
                logger.warning("the heartbeat has to wait: %s", error)
            except Exception as error:
                # whatever it is: a heart that dies in silence would leave a worker that nobody can trust
                logger.warning("the heartbeat cannot be written: %s", error)
                if time.monotonic() - self._beaten_at > LEASE_SECONDS:
                    # somebody else may have taken over by now
                    self.lost.set()
                    return

    def _beat(self) -> bool:
        """True if the lease is still ours."""
        with open_store(self._home) as store:
            if not store.leases.renew(self.epoch, clock=time.time):
                return False
            lease = store.leases.find_lease()
            if lease is not None and lease.should_leave:
                self.should_leave.set()
        self._beaten_at = time.monotonic()
        return True

    def stop(self) -> None:
        """Beat no more."""
        self._stopped.set()
        self.join(timeout=10)
