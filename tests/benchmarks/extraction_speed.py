"""How many attempts a second are answered, validated and saved, and what that costs beside the bare client."""

import tempfile
from pathlib import Path

import orjson

from tests.benchmarks.extraction_bench import LEAN, Rows, Server, make_workspace, print_table, repeat, run_in_process
from tests.benchmarks.extraction_run import Figures, Order

LATENCY_SECONDS = 0.05
PRODUCT, BARE = "run_batch", "bare client"


def measure_speed(*, attempts: int = 2_000, runs: int = 3, server: str = LEAN, profile: Path | None = None) -> Rows:
    """Medians of the product and of the bare client, which posts the same bodies; prints them as a table."""
    with make_workspace(attempts=attempts) as home:
        found = repeat(runs, lambda: _measure_both(home, server=server, profile=profile))
    print_table(
        f"Speed: {attempts:,} attempts of {found[PRODUCT]['characters']:,.0f} characters, latency "
        f"{LATENCY_SECONDS * 1000:.0f} ms, 100 at once, server {server}, medians of {runs}",
        ("client", "requests per second", "client CPU ms per attempt", "peak MB", "client's CPU share",
         "server's CPU share", "server's CPU ms per request"),
        [
            (name, row["per_second"], row["cpu_ms"], row["peak_mb"], row["client_share"], row["server_share"],
             row["server_ms"])
            for name, row in found.items()
        ],
    )  # fmt: skip
    return found


def _measure_both(home: Path, *, server: str, profile: Path | None) -> Rows:
    with tempfile.TemporaryDirectory() as folder, Server(server, latency_seconds=LATENCY_SECONDS) as llm:
        product = _measure(llm, Order(base_url=llm.base_url, home=home, profile=profile))
        bodies = llm.save_bodies(Path(folder) / "bodies.jsonl")
        llm.reset()
        bare = _measure(llm, Order(base_url=llm.base_url, bodies=bodies))
    return {PRODUCT: product, BARE: bare}


def _measure(llm: Server, order: Order) -> dict[str, float]:
    began = llm.get_cpu_seconds()
    found = run_in_process(order)
    server_cpu = llm.get_cpu_seconds() - began
    requests = llm.get("requests")
    characters = sum(len(item["content"]) for item in _list_messages(requests[0]["body"]))
    return _build_row(found, server_cpu, requests=len(requests)) | {"characters": characters}


def _list_messages(body: str) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = orjson.loads(body)["messages"]
    return messages


def _build_row(found: Figures, server_cpu: float, *, requests: int) -> dict[str, float]:
    return {
        "done": found.done,
        "failed": found.failed,
        "hints": found.hints,
        "requests": requests,
        "per_second": requests / found.seconds,
        "cpu_ms": found.cpu_seconds / max(found.done, 1) * 1000,
        "peak_mb": found.peak_mb,
        "client_share": found.cpu_seconds / found.seconds,
        "server_share": server_cpu / found.seconds,
        "server_ms": server_cpu / requests * 1000,
    }
