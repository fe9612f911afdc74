"""One measured run in a process of its own: `python -m tests.benchmarks.extraction_run JSON`, see `Order`.

Time and CPU are those of the run alone; what is loaded and opened before it is not in them. The peak of the memory is
the whole process's.
"""

import asyncio
import cProfile
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from pydantic import BaseModel

from core.models import Extractor
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from tests.workspaces import create_batch, make_settings

MODEL = "gpt-4o-mini"
KEY = "sk-benchmark-0123456789"


class Order(BaseModel):
    """What one process is to do."""

    base_url: str
    batch_size: int = 100
    home: Path | None = None
    """A workspace with one dataset: a batch over it is run. None: the bare client sends the bodies."""
    bodies: Path | None = None
    """One request's body per line."""
    max_rpm: int = 1_000_000
    profile: Path | None = None
    """Where cProfile's figures go; they cost time of their own."""


class Figures(BaseModel):
    """What one process measured."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    done: int
    failed: int
    hints: int


def run_order(order: Order) -> Figures:
    """Do it in this process."""
    return _run_batch(order, order.home) if order.home else _run_bare(order)


def _run_batch(order: Order, home: Path) -> Figures:
    # what every run needs once, loaded before the clock starts
    import core.extraction.llm_run  # noqa: F401
    from core.extraction.batch import run_batch
    from core.worker import relax_collector

    relax_collector()

    settings = make_settings(home, base_url=order.base_url, key=KEY)
    config = BatchConfig(extractor=Extractor.LLM, model=MODEL, batch_size=order.batch_size, max_rpm=order.max_rpm)
    with open_store(home) as store:
        batch = create_batch(store, store.traces.list_datasets()[0], config)
        check_lease = _take_lease(store)

        def progress(stage: str, *, done: int = 0, total: int | None = None, failed: int = 0) -> None:
            # what the worker does, too
            check_lease()
            store.jobs.find_wanted(batch.job_id)
            store.jobs.save_progress(batch.job_id, stage=stage, done=done, total=total, failed=failed)

        def run() -> None:
            run_batch(store, batch, settings=settings, progress=progress, check_lease=check_lease)

        seconds, cpu_seconds = _measure(run, order.profile)
        counts, usage = store.batches.count_requests(batch.id), store.batches.get_usage(batch.id)
    return _build_figures(seconds, cpu_seconds, done=counts.done, failed=counts.failed, hints=usage.hints)


def _take_lease(store: Store) -> Callable[[], None]:
    epoch = store.leases.acquire(owner="benchmark", pid=os.getpid(), fingerprint="", clock=time.time)
    assert epoch is not None
    return lambda: store.leases.check(epoch)


def _run_bare(order: Order) -> Figures:
    assert order.bodies is not None
    bodies = [orjson.loads(line) for line in order.bodies.read_bytes().splitlines()]
    import httpx2
    import openai

    client = openai.AsyncOpenAI(
        api_key=KEY,
        base_url=order.base_url,
        max_retries=0,
        http_client=openai.DefaultAioHttpClient(
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        ),
    )
    left = iter(bodies)

    async def work() -> None:
        for body in left:
            response = await client.post("/chat/completions", cast_to=httpx2.Response, body=body)
            assert orjson.loads(response.text)["choices"]

    async def work_all() -> None:
        await asyncio.gather(*(work() for _ in range(order.batch_size)))
        await client.close()

    seconds, cpu_seconds = _measure(lambda: asyncio.run(work_all()), order.profile)
    return _build_figures(seconds, cpu_seconds, done=len(bodies), failed=0, hints=0)


def _measure(run: Callable[[], None], profile: Path | None) -> tuple[float, float]:
    """Seconds of the clock and of the CPU."""
    began, began_cpu = time.perf_counter(), _get_cpu_seconds()
    if profile is None:
        run()
    else:
        with cProfile.Profile() as profiler:
            run()
        profiler.dump_stats(profile)
    return time.perf_counter() - began, _get_cpu_seconds() - began_cpu


def _get_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _build_figures(seconds: float, cpu_seconds: float, *, done: int, failed: int, hints: int) -> Figures:
    return Figures(
        seconds=seconds, cpu_seconds=cpu_seconds, peak_mb=_get_peak_mb(), done=done, failed=failed, hints=hints
    )


def _get_peak_mb() -> float:
    # not ru_maxrss: Linux counts in it what the process had that started this one
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (kilobytes,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return kilobytes * 1024 / 1e6


if __name__ == "__main__":
    print(run_order(Order.model_validate_json(sys.argv[1])).model_dump_json())
