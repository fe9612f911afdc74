"""Whether a batch keeps to its own limit, and how it fares with a server that holds a lower one."""

from typing import NamedTuple

from tests.benchmarks.extraction_bench import (
    LEAN,
    STAND_IN,
    Rows,
    Server,
    count_most,
    make_workspace,
    print_table,
    repeat,
    run_in_process,
)
from tests.benchmarks.extraction_run import Order

LATENCY_SECONDS = 0.05
CHARACTERS = 6_000
"""Prompts of the half size: here nobody waits for the client."""


def measure_rate(*, max_rpm: int = 3_000, seconds: float = 120, runs: int = 3) -> Rows:
    """What the server sees of a batch that may send so many requests per minute; prints it as a table."""
    attempts = round(max_rpm * seconds / 60)
    with make_workspace(attempts=attempts, characters=CHARACTERS) as home:

        def run() -> Rows:
            with Server(LEAN, latency_seconds=LATENCY_SECONDS) as llm:
                found = run_in_process(Order(base_url=llm.base_url, home=home, max_rpm=max_rpm))
                arrivals = llm.list_arrivals()
            row = {
                "done": found.done,
                "requests": len(arrivals),
                "per_minute": (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) * 60,
                "most_in_minute": count_most(arrivals, 60.0),
                "most_in_second": count_most(arrivals, 1.0),
            }
            return {"run_batch": row}

        found = repeat(runs, run)
    row = found["run_batch"]
    print_table(
        f"Rate: --max-rpm {max_rpm:,} over {seconds:g} s, {attempts:,} attempts, as they arrive; medians of {runs}",
        ("requests", "requests per minute", "of the limit", "most in any 60 s", "most in any 1 s"),
        [
            (
                row["requests"],
                row["per_minute"],
                f"{row['per_minute'] / max_rpm:.1%}",
                row["most_in_minute"],
                row["most_in_second"],
            )
        ],
    )
    return found


class _Case(NamedTuple):
    """One kind of server that refuses."""

    name: str
    module: str
    window_seconds: float
    headers: str | None
    """For the lean server; the stand-in has its own."""

    @property
    def key(self) -> str:
        """Unlike every other case's."""
        return f"{self.headers or 'stand-in'} {self.window_seconds:g}"

    def build_options(self, enforce_rpm: int) -> dict[str, float | str]:
        """How its server is started."""
        options: dict[str, float | str] = {
            "latency_seconds": LATENCY_SECONDS,
            "enforce_rpm": enforce_rpm,
            "window_seconds": self.window_seconds,
        }
        return options if self.headers is None else options | {"headers": self.headers}


def _list_cases(window_seconds: float) -> list[_Case]:
    return [
        _Case("Retry-After and x-ratelimit-* on 429", STAND_IN, 60.0, None),
        _Case("x-ratelimit-* on every reply", LEAN, window_seconds, "every"),
        _Case("Retry-After and x-ratelimit-* on 429", LEAN, window_seconds, "refusals"),
        _Case("none", LEAN, window_seconds, "none"),
    ]


def measure_limit(
    *,
    attempts: int = 6_000,
    enforce_rpm: int = 3_000,
    max_rpm: int = 6_000,
    window_seconds: float = 1.0,
    only_lean: bool = False,
    runs: int = 3,
) -> Rows:
    """How long a batch takes with servers that refuse what is over their limit; prints them as a table.

    Args:
        attempts: In the batch.
        enforce_rpm: What the servers accept per minute.
        max_rpm: What the batch may send per minute.
        window_seconds: Of the lean server: it accepts the rate within any window so long.
        only_lean: Leave out the stand-in, whose window is a minute.
        runs: Of which the medians are shown.
    """
    cases = {case.key: case for case in _list_cases(window_seconds) if not (only_lean and case.module == STAND_IN)}
    with make_workspace(attempts=attempts, characters=CHARACTERS) as home:

        def run(case: _Case) -> dict[str, float]:
            with Server(case.module, **case.build_options(enforce_rpm)) as llm:
                found = run_in_process(Order(base_url=llm.base_url, home=home, max_rpm=max_rpm))
                refused = len(llm.list_arrivals(status=429))
            return {
                "seconds": found.seconds,
                "ideal": attempts / enforce_rpm * 60,
                "least": find_least_seconds(attempts, enforce_rpm, max_rpm, case.window_seconds),
                "refused": refused,
                "done": found.done,
                "failed": found.failed,
            }

        rows = repeat(runs, lambda: {key: run(case) for key, case in cases.items()})
    print_table(
        f"Limit: {attempts:,} attempts, --max-rpm {max_rpm:,}, a server that accepts {enforce_rpm:,} per minute, "
        f"medians of {runs}",
        ("headers", "window s", "seconds", "attempts / rate, s", "ratio", "least possible, s", "429s", "failed"),
        [
            (case.name, case.window_seconds, row["seconds"], row["ideal"], row["seconds"] / row["ideal"], row["least"],
             row["refused"], row["failed"])
            for case, row in zip(cases.values(), rows.values(), strict=True)
        ],
    )  # fmt: skip
    return rows


def find_least_seconds(attempts: int, enforce_rpm: int, max_rpm: int, window_seconds: float) -> float:
    """The least seconds that such a server allows: as much as may be at the start of each window, and then waiting."""
    room = round(enforce_rpm * window_seconds / 60)
    full_windows = (attempts - 1) // room
    return full_windows * window_seconds + (attempts - full_windows * room) / max_rpm * 60
