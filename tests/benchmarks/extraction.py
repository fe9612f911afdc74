"""`python -m tests.benchmarks.extraction [speed|rate|limit|size|all]`: what a batch with a model takes, as tables.

Each run is a process of its own, and so is the model's stand-in; the tables show medians. Needs Linux's /proc.
"""

from argparse import ArgumentParser
from pathlib import Path

from tests.benchmarks.extraction_bench import LEAN, STAND_IN
from tests.benchmarks.extraction_limits import measure_limit, measure_rate
from tests.benchmarks.extraction_size import measure_size
from tests.benchmarks.extraction_speed import measure_speed

PARTS = ("speed", "rate", "limit", "size")
SERVERS = {"lean": LEAN, "standin": STAND_IN}


def main() -> None:
    """Measure what the command line asks for."""
    parser = ArgumentParser(prog="python -m tests.benchmarks.extraction", description=__doc__)
    parser.add_argument("part", nargs="?", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--runs", type=int, default=3, help="of which the medians are shown")
    parser.add_argument("--attempts", type=int, default=2_000, help="speed: in the batch")
    parser.add_argument("--server", choices=SERVERS, default="lean", help="speed: who answers")
    parser.add_argument("--profile", type=Path, help="speed: a file for cProfile's figures of the last run")
    parser.add_argument("--max-rpm", type=int, default=3_000, help="rate: requests per minute")
    parser.add_argument("--seconds", type=float, default=120, help="rate: how long")
    parser.add_argument("--enforce-rpm", type=int, default=3_000, help="limit: what the server accepts per minute")
    parser.add_argument("--limited-attempts", type=int, default=6_000, help="limit: in the batch")
    parser.add_argument("--window-seconds", type=float, default=1.0, help="limit: window of the lean server")
    options = parser.parse_args()
    parts = PARTS if options.part == "all" else (options.part,)
    if "speed" in parts:
        measure_speed(
            attempts=options.attempts, runs=options.runs, server=SERVERS[options.server], profile=options.profile
        )
    if "rate" in parts:
        measure_rate(max_rpm=options.max_rpm, seconds=options.seconds, runs=options.runs)
    if "limit" in parts:
        measure_limit(
            attempts=options.limited_attempts,
            enforce_rpm=options.enforce_rpm,
            max_rpm=2 * options.enforce_rpm,
            window_seconds=options.window_seconds,
            runs=options.runs,
        )
    if "size" in parts:
        measure_size(runs=options.runs)


if __name__ == "__main__":
    main()
