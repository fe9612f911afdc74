"""What both stand-ins share: running in a thread, records of requests, faults, and `/_control/` over HTTP."""

import asyncio
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from tests.standins.faults import Fault, FaultSchedule
from tests.standins.records import Record, Records
from tests.standins.wire import Reply, Request, json_reply, listening

_HOST = "127.0.0.1"
_START_TIMEOUT_SECONDS = 20.0


class StandIn(ABC):
    """A server in a thread of its own, to be used as a context manager."""

    KNOWN_FAULTS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *, port: int = 0, faults: Iterable[Fault | Mapping[str, Any]] = ()) -> None:
        self._port = port
        self.records = Records()
        self.faults = FaultSchedule(self.KNOWN_FAULTS)
        self.faults.set(faults)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._startup_error: BaseException | None = None

    @property
    def url(self) -> str:
        """Where the server listens, e.g. `http://127.0.0.1:40123`; a stop and a new start keep it."""
        return f"http://{_HOST}:{self._port}"

    @property
    def requests(self) -> list[Record]:
        """A copy of the requests so far, in order of arrival."""
        return list(self.records.all)

    @property
    def max_concurrency(self) -> int:
        """How many requests have been under way at once, at most."""
        return self.records.max_concurrency

    def count(self, *, status: int | None) -> int:
        """How many requests were answered with this status; None counts dropped and unanswered ones."""
        return sum(record.status == status for record in self.requests)

    def set_faults(self, *rules: Fault | Mapping[str, Any]) -> None:
        """Replace the fault rules; without arguments nothing goes wrong any more. See `Fault`."""
        self.faults.set(rules)

    def reset(self) -> None:
        """Forget requests and faults; settings and contents stay."""
        self.records.clear()
        self.faults.set(())

    def start(self) -> Self:
        """Listen, and return once connections are accepted."""
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(_START_TIMEOUT_SECONDS) or self._startup_error:
            raise RuntimeError(f"the stand-in did not start: {self._startup_error}")
        return self

    def stop(self) -> None:
        """Stop listening and cut what is under way; harmless when stopped already."""
        if self._thread and self._loop and self._stopping and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    async def answer(self, request: Request, record: Record) -> Reply | None:
        """The reply to a request; None drops the connection."""

    def control(self, request: Request) -> Reply:
        """The reply to `/_control/...`; subclasses add their own and leave the rest to this."""
        match request.method, request.path.removeprefix("/_control/"):
            case "POST", "faults":
                self.faults.set(request.json())
                return json_reply({"rules": len(self.faults.rules)})
            case "GET", "requests":
                with_body = request.query.get("bodies", ["1"])[-1] != "0"
                return json_reply([record.to_dict(with_body=with_body) for record in self.requests])
            case "GET", "stats":
                return json_reply(self.records.stats())
            case "POST", "reset":
                self.reset()
                return json_reply({})
        return json_reply({"error": f"no such control: {request.method} {request.path}"}, status=404)

    async def _handle(self, request: Request) -> Reply | None:
        if request.path.startswith("/_control/"):
            try:
                return self.control(request)
            except (ValueError, TypeError, KeyError) as error:
                return json_reply({"error": f"{type(error).__name__}: {error}"}, status=400)
        record = self.records.open(request)
        reply: Reply | None = None
        try:
            reply = await self.answer(request, record)
        except Exception:  # a mistake in a stand-in must show up in the test's output, not as a silent drop
            traceback.print_exc()
            reply = json_reply({"error": traceback.format_exc()}, status=500)
        finally:
            self.records.close(record, reply)
        return reply

    def _run(self, started: threading.Event) -> None:
        try:
            asyncio.run(self._serve(started))
        except OSError as error:
            self._startup_error = error
            started.set()

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with listening(self._handle, host=_HOST, port=self._port) as self._port:
            started.set()
            await self._stopping.wait()
