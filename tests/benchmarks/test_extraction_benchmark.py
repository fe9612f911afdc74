"""The benchmark of the extraction at a tiny size: that it measures, never how fast."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.extraction_bench import LEAN, STAND_IN, Server, count_most
from tests.benchmarks.extraction_limits import find_least_seconds, measure_limit, measure_rate
from tests.benchmarks.extraction_size import measure_size
from tests.benchmarks.extraction_speed import BARE, PRODUCT, measure_speed


def count_rows(printed: str) -> int:
    """Lines of a Markdown table without its head."""
    return sum(line.startswith("| ") for line in printed.splitlines()) - 1


@pytest.mark.parametrize("server", [LEAN, STAND_IN])
def test_speed_shows_the_product_beside_the_bare_client(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = measure_speed(attempts=25, runs=1, server=server)
    assert list(rows) == [PRODUCT, BARE]
    for row in rows.values():
        assert (row["done"], row["failed"], row["requests"]) == (25, 0, 25)
        assert 7_500 < row["characters"] < 8_500
        assert row["peak_mb"] > 10
        assert row["cpu_ms"] > 0
    assert rows[PRODUCT]["hints"] == 25 * 10
    assert count_rows(capsys.readouterr().out) == 2


def test_rate_counts_what_the_server_saw(capsys: pytest.CaptureFixture[str]) -> None:
    row = measure_rate(max_rpm=1_200, seconds=1, runs=1)["run_batch"]
    assert row["done"] == row["requests"] == row["most_in_minute"] == 20
    assert 1 <= row["most_in_second"] <= 20
    assert row["per_minute"] > 0
    assert count_rows(capsys.readouterr().out) == 1


@pytest.mark.soak
def test_limit_counts_what_was_refused_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rows = measure_limit(attempts=30, enforce_rpm=1_200, max_rpm=6_000, window_seconds=0.5, only_lean=True, runs=1)
    assert len(rows) == 3
    for row in rows.values():
        assert (row["done"], row["failed"]) == (30, 0)
        assert (row["ideal"], row["least"]) == pytest.approx((1.5, 1.1))
    assert rows["none 0.5"]["refused"] > 0
    assert count_rows(capsys.readouterr().out) == 3


def test_size_shows_every_call_at_both_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    rows = measure_size(sizes=(100, 200), runs=1)
    assert len(rows) == 7
    assert all(row["small"] > 0 and row["large"] > 0 for row in rows.values())
    assert count_rows(capsys.readouterr().out) == 7


@pytest.mark.parametrize(("headers", "expected"), [("none", set()), ("every", {200, 429}), ("refusals", {429})])
def test_the_lean_server_says_its_limit_where_it_should(headers: str, expected: set[int]) -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    said = set()
    with Server(LEAN, enforce_rpm=1, headers=headers) as llm:
        for _ in range(2):
            try:
                with urlopen(f"{llm.base_url}/chat/completions", data=b"{}") as reply:
                    found = (reply.status, reply.headers)
            except HTTPError as error:
                found = (error.code, error.headers)
            if found[1].get("x-ratelimit-limit-requests"):
                said.add(found[0])
        assert llm.get("stats")["by_status"] == {"200": 1, "429": 1}
    assert said == expected


def test_the_least_time_is_full_windows_and_a_rest() -> None:
    assert find_least_seconds(6_000, 3_000, 6_000, 60.0) == pytest.approx(90)
    assert find_least_seconds(6_000, 3_000, 6_000, 1.0) == pytest.approx(119.5)


def test_a_sliding_window_finds_the_densest_place() -> None:
    assert count_most([0.0, 0.9, 1.0, 1.1, 5.0], 1.0) == 3
    assert count_most([], 1.0) == 0


@pytest.mark.soak
def test_the_command_prints_tables_and_a_profile(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.extraction", "speed", "--runs", "1", "--attempts", "5"]
    done = subprocess.run([*command, "--profile", tmp_path / "profile"], check=True, capture_output=True, text=True)
    assert count_rows(done.stdout) == 2
    assert (tmp_path / "profile").stat().st_size > 0
