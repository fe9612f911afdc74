"""A batch as it stands: counts, figures, notices and last answers, made of rows as the worker writes them."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.models import AttemptHints, Extractor, JobState, PitfallText, ProposedHint, ToolText
from core.store import Store, open_store
from core.store.batch_models import BatchConfig, LiveFigures, Throughput
from pages.batches.last_answers import describe_answer
from pages.batches.notices import MEND
from pages.batches.pace import MAX_BARS, find_current, find_seconds_left, list_bars, sum_active_seconds
from pages.batches.words import describe_duration, describe_share, describe_time_left, describe_tokens_short
from tests.pages.batch_states import MODEL, SERVER, BatchMaker, worker_elsewhere
from tests.pages.conftest import OpenPage, list_markdown, list_texts
from tests.workspaces import import_sample

LLM = BatchConfig(extractor=Extractor.LLM, model=MODEL)
LIMITED = BatchConfig(extractor=Extractor.LLM, model=MODEL, max_rpm=60, batch_size=8, budget_usd=10)
IMAGE = "![x](http://127.0.0.1:9/x.png)"


@pytest.fixture
def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The workspace with the sample and a server that nobody reaches; no worker runs what the test makes up."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", SERVER)
    with open_store(home) as opened:
        import_sample(opened)
        with worker_elsewhere(home):
            yield opened


@pytest.fixture
def maker(store: Store) -> BatchMaker:
    return BatchMaker(store, store.traces.get_dataset(1))


def read_figures(app: AppTest) -> dict[str, tuple[str, str]]:
    """Value and note of each figure."""
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def list_badges(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.markdown)


def test_counts_say_what_is_done_failed_in_flight_and_left(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 10)
    maker.fail(batch, 2)
    maker.show_live(batch, in_flight=5)
    shown = list_markdown(open_page("batches"))
    assert "**12** of 26 attempts: 10 done, :red[2 failed], 5 in flight, 9 left" in shown
    assert ":material/autorenew: Running" in shown


def test_figures_stand_beside_their_limits(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.answer(batch, 9, tokens_in=20_000, tokens_cached=8_000, cost_usd=0.25)
    maker.answer(batch, 1, valid=False, cost_usd=0.25)
    maker.answer(batch, 3, reused=True)
    maker.show_live(batch, sent_in_last_minute=59, rpm=60)
    app = open_page("batches")
    assert read_figures(app) == {
        "Requests a minute": ("59", "limit 60, 98 % used"),
        "Tokens": ("184,200", "182 k in (72 k cached), 2,200 out"),
        "Cost": ("$ 2.75", "budget $ 10.00"),
        "Valid at first try": ("90 %", "1 repaired"),
    }
    (details,) = [text for text in list_texts(app) if text.startswith("Answered by")]
    assert details == (
        f"Answered by {SERVER} as JSON schema · Live calls · all attempts · 60 a minute, 8 at once, budget $ 10.00 · "
        "3 answers were known and not paid again"
    )


def test_what_the_server_does_not_take_is_said(maker: BatchMaker, open_page: OpenPage, store: Store) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.answer(batch, 1)
    maker.show_live(batch)
    for name in ("temperature", "max_tokens"):
        store.workspace.save_refused_parameter(server=SERVER, model=MODEL, parameter=name)
    (details,) = [text for text in list_texts(open_page("batches")) if text.startswith("Answered by")]
    assert f"Answered by {SERVER} as JSON schema, without max_tokens and temperature · " in details


def test_old_live_figures_are_not_shown_as_of_now(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.answer(batch, 4)
    maker.show_live(batch, at_unix=time.time() - 60, in_flight=7, blocked_until_unix=time.time() + 60)
    app = open_page("batches")
    assert read_figures(app)["Requests sent"] == ("4", "limit 60 a minute")
    assert "**4** of 26 attempts: 4 done, 22 left" in list_markdown(app)
    assert not any("asked to wait" in text for text in list_texts(app))


def test_live_figures_are_current_for_ten_seconds() -> None:
    live = LiveFigures(at_unix=100.0, in_flight=1, sent_in_last_minute=1, rpm=1)
    assert find_current(live, now_unix=109.0) is live
    assert find_current(live, now_unix=111.0) is None
    assert find_current(None, now_unix=100.0) is None


def test_a_server_that_asks_to_wait_is_quoted_with_the_time(maker: BatchMaker, open_page: OpenPage) -> None:
    until = time.time() + 900
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.show_live(batch, rpm=30, is_slowed=True, blocked_until_unix=until)
    shown = list_texts(open_page("batches"))
    assert f"The server asked to wait until {datetime.fromtimestamp(until).astimezone():%H:%M:%S}." in shown
    assert "The server's own limit of 30 a minute is below the chosen 60, and is kept to." in shown


def test_a_server_that_refused_without_a_time_is_told_with_the_present_speed(
    maker: BatchMaker, open_page: OpenPage
) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.show_live(batch, rpm=60, is_slowed=True, slowed_rpm=42)
    shown = list_texts(open_page("batches"))
    assert any("42 a minute at present, back to 60 by itself" in text for text in shown)
    assert not any("below the chosen" in text for text in shown)


def test_a_server_that_is_away_is_not_said_to_have_asked_for_the_wait(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.show_live(batch, is_away=True, blocked_until_unix=time.time() + 30)
    shown = list_texts(open_page("batches"))
    assert any("does not answer at present; it is asked again at" in text for text in shown)
    assert not any("asked to wait" in text for text in shown)


def test_a_wait_beyond_every_calendar_is_shown_as_far_away(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.show_live(batch, blocked_until_unix=99_999_999_999_999.0)
    year = datetime.now().astimezone().year
    assert any(
        "asked to wait until" in text and str(year + 10)[:3] in text for text in list_texts(open_page("batches"))
    )


def test_a_wait_that_is_over_is_not_mentioned(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.show_live(batch, blocked_until_unix=time.time() - 1)
    assert not any("asked to wait" in text for text in list_texts(open_page("batches")))


def test_the_time_left_comes_from_the_measured_rate(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 6)
    app = open_page("batches")
    assert not any("left" in text for text in list_texts(app)), "nothing was measured yet"
    # 12 to 17 a minute, however long the page takes, and 20 to come
    maker.send(batch, [1] * 24, end_unix=time.time() + 25)
    app.run()
    assert "about 2 min left" in list_texts(app)


def measure(*counts: int, begin: int = 1_000, step: int = 5) -> list[Throughput]:
    """So many were sent and answered every few seconds."""
    return [Throughput(begin + i * step, count, count, 0) for i, count in enumerate(counts)]


def test_a_time_left_needs_ten_measured_seconds() -> None:
    assert find_seconds_left([], left=5, now_unix=1_000) is None
    assert find_seconds_left(measure(3), left=5, now_unix=1_006) is None
    assert find_seconds_left(measure(0, 0, 0), left=5, now_unix=1_015) is None
    assert find_seconds_left(measure(5, 5), left=100, now_unix=1_010) == 100.0


def test_only_the_last_minute_counts() -> None:
    slow_then_fast = measure(*[1] * 12, *[10] * 12)
    assert find_seconds_left(slow_then_fast, left=100, now_unix=1_120) == 50.0


def test_a_run_that_went_on_after_a_pause_is_measured_from_there() -> None:
    before_and_after = measure(50, 50) + measure(5, 5, begin=5_000)
    assert find_seconds_left(before_and_after, left=10, now_unix=5_010) == 10.0


def test_bars_add_up_every_sliding_minute() -> None:
    bars = list_bars(measure(*[5] * 20))
    assert [bar.requests for bar in bars] == [*range(5, 60, 5), *[60] * 9]
    assert bars[0].at_unix == 1_000


def test_a_long_run_is_at_most_sixty_bars_that_hide_no_peak() -> None:
    bars = list_bars(measure(*[1] * 5_000, 900, *[1] * 5_000))
    assert len(bars) <= MAX_BARS
    assert max(bar.requests for bar in bars) == 911


def test_silence_is_shown_and_a_pause_is_not() -> None:
    silent = list_bars(measure(5, begin=1_000) + measure(5, begin=1_200))
    assert [bar.requests for bar in silent][-1] == 5
    assert 0 in [bar.requests for bar in silent]
    paused = list_bars(measure(5, begin=1_000) + measure(5, begin=90_000))
    assert [(bar.at_unix, bar.requests) for bar in paused] == [(1_000, 5), (90_000, 5)]
    assert list_bars([]) == []
    assert sum_active_seconds(measure(5, 0, 5)) == 10


def test_the_chart_says_how_full_the_fullest_minute_was(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(LIMITED)
    maker.run(batch)
    maker.send(batch, [4] * 20)
    app = open_page("batches")
    assert "Requests in any sliding minute" in [heading.value for heading in app.subheader]
    (chart,) = app.get("vega_lite_chart")
    assert chart.proto.alt == "Requests in any sliding minute, 48 at most of 60 allowed"
    assert "strokeDash" in chart.proto.spec
    bars, limit = (pa.ipc.open_stream(dataset.data.data).read_all() for dataset in chart.proto.datasets)
    assert bars["requests"].to_pylist() == [*range(4, 48, 4), *[48] * 9]
    assert limit.to_pylist() == [{"limit": 60, "words": "limit 60 a minute"}]


def test_the_latest_five_answers_are_there_to_read(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 4)
    maker.fail(batch, 1)
    maker.answer(batch, 2, hints=AttemptHints())
    app = open_page("batches")
    shown = list_texts(app)
    assert shown.count("No hints: nothing here was worth one.") == 2
    assert "Failed: refused" in shown
    assert shown.count("\n".join(describe_lines())) == 2
    assert len([button for button in app.button if button.label == "Open trial"]) == 5


def describe_lines() -> list[str]:
    return [
        "Tool: search_flights. Finds flights between two airports",
        "Step: Ask for the date first. Check: The date is in the query.",
        "Pitfall: When the date is missing, don't search with a guess; ask for it.",
    ]


def test_an_answer_leads_to_its_trial(maker: BatchMaker, store: Store, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 8)
    last = store.answers.list_last_answers(batch.id, limit=1)[0]
    trial = store.traces.get_trial(store.traces.get_attempt(last.attempt_id).trial_id)
    assert trial.id != 1, "the page would open the first one anyway"
    maker.end(batch)
    app = open_page("batches")
    app.button(key=f"open_{batch.id}_attempt_{last.attempt_id}").click().run()
    assert not app.exception
    assert app.query_params["trial"] == str(trial.id)


def test_what_a_model_writes_is_shown_word_for_word_and_never_rendered(maker: BatchMaker, open_page: OpenPage) -> None:
    hostile = AttemptHints(
        hints=[
            ProposedHint(text=ToolText(name=IMAGE, purpose=f"{IMAGE}\nsecond line")),
            ProposedHint(text=PitfallText(avoid=IMAGE * 20)),
        ]
    )
    batch = maker.launch(BatchConfig(extractor=Extractor.LLM, model=f"m{IMAGE}"))
    maker.run(batch, server=f"http://h/{IMAGE}")
    maker.answer(batch, 3, hints=hostile)
    maker.fail(batch, 1, reason="refused", detail=IMAGE)
    maker.end(batch, JobState.STOPPED, reason=f"The server said {IMAGE}.")
    app = open_page("batches")
    assert "127.0.0.1:9" not in list_markdown(app)
    assert any(
        text.startswith(f"Tool: {IMAGE}. {IMAGE} second line\nPitfall: Don't {IMAGE}") for text in list_texts(app)
    )
    assert f"Refused: {IMAGE}" in list_texts(app)


def test_a_long_hint_is_cut_for_the_list(maker: BatchMaker, store: Store) -> None:
    batch = maker.launch()
    long = AttemptHints(hints=[ProposedHint(text=ToolText(name="x", purpose="y" * 500))] * 9)
    maker.answer(batch, 1, hints=long)
    lines = describe_answer(store.answers.list_last_answers(batch.id, limit=1)[0])
    assert len(lines) == 3
    assert lines[0].endswith("…")
    assert len(lines[0]) <= 160


def test_hints_that_a_later_batch_replaced_are_not_shown_as_this_one(maker: BatchMaker, store: Store) -> None:
    first, second = maker.launch(), maker.launch()
    maker.answer(first, 1)
    maker.answer(second, 1)
    assert describe_answer(store.answers.list_last_answers(first.id, limit=1)[0]) == [
        "A later batch has replaced these hints."
    ]


def test_a_waiting_batch_says_what_it_waits_for(maker: BatchMaker, open_page: OpenPage) -> None:
    maker.launch()
    app = open_page("batches")
    assert ":material/schedule: Waiting" in list_badges(app)
    assert "begins as soon as the worker is free" in list_texts(app)
    assert read_figures(app)["Valid at first try"] == ("–", "no answer yet")


def test_a_pause_that_was_asked_for_is_said_until_it_is_there(
    maker: BatchMaker, store: Store, open_page: OpenPage
) -> None:
    batch = maker.launch()
    maker.run(batch)
    app = open_page("batches")
    app.button(key=f"pause_{batch.id}").click().run()
    assert "Pausing: what is in flight is waited for and kept." in list_texts(app)
    assert app.button(key=f"pause_{batch.id}").disabled
    maker.end(batch, JobState.PAUSED)
    app.run()
    assert ":material/pause: Paused" in list_badges(app)
    assert not any("Pausing" in text for text in list_texts(app))


def test_another_server_is_said_before_it_goes_on(
    maker: BatchMaker, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.end(batch, JobState.PAUSED)
    app = open_page("batches")
    assert not any("it goes on with" in text for text in list_texts(app))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    app.run()
    assert f"So far {SERVER} answered this batch; it goes on with http://127.0.0.1:9/v1/." in list_texts(app)
    assert app.button(key=f"resume_{batch.id}").label == "Resume"


def test_a_batch_that_went_on_with_another_server_and_key_says_who_answered_how_many(
    maker: BatchMaker, store: Store, open_page: OpenPage
) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 8)
    store.batches.save_server(batch.id, "http://b/v1/", key_mark="11111111")
    maker.answer(batch, 3)
    store.batches.save_server(batch.id, "http://b/v1/", key_mark="22222222")
    store.batches.save_server(batch.id, "http://b/v1/", key_mark="22222222")
    maker.answer(batch, 1)
    words = f"Answered by {SERVER} (8), then by http://b/v1/ (3), then by http://b/v1/ with another key (1)."
    app = open_page("batches")
    assert words in list_texts(app)
    assert any(text.startswith(f"Answered by {SERVER}, then by http://b/v1/ · ") for text in list_texts(app))


def test_a_stopped_batch_says_what_to_do(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch()
    maker.run(batch)
    maker.answer(batch, 1)
    maker.end(batch, JobState.STOPPED, reason="The server refused the key.")
    shown = list_texts(open_page("batches"))
    assert "The server refused the key." in shown
    assert MEND in shown


def test_a_batch_whose_budget_is_spent_goes_on_with_a_higher_one(
    maker: BatchMaker, store: Store, open_page: OpenPage
) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.LLM, model=MODEL, budget_usd=0.5))
    maker.run(batch)
    maker.end(batch, JobState.STOPPED, reason="The budget of $0.5 is spent.")
    app = open_page("batches")
    app.number_input(key=f"more_budget_{batch.id}").set_value(3.0)
    app.button(key=f"resume_with_budget_{batch.id}").click().run()
    assert store.batches.get_batch(batch.id).config.budget_usd == 3.0
    assert store.jobs.get_job(batch.job_id).state is not JobState.STOPPED


def test_a_batch_of_rules_has_neither_tokens_nor_cost(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.RULES))
    maker.run(batch)
    maker.answer(batch, 26, reused=True)
    maker.end(batch)
    app = open_page("batches")
    assert not app.metric
    assert not app.table
    assert any("made by rules, without a model" in text for text in list_texts(app))
    assert app.dataframe[0].value["Limits"].tolist() == [""]


def test_a_batch_at_the_batch_api_says_when_it_is_looked_at_again(
    maker: BatchMaker, store: Store, open_page: OpenPage
) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.LLM, model=MODEL, way="batch_api"))
    maker.run(batch)
    store.jobs.save_progress(batch.job_id, stage="waiting for the server", done=0, total=26, failed=0)
    store.jobs.postpone_job(batch.job_id, seconds=600)
    app = open_page("batches")
    assert any(text.startswith("Waiting for the server. The next look is ") for text in list_texts(app))
    assert read_figures(app)["Requests sent"] == ("0", "Batch API of the server")
    assert "begins as soon as the worker is free" not in list_texts(app)


def test_files_for_another_engine_are_named_as_that(maker: BatchMaker, open_page: OpenPage) -> None:
    batch = maker.launch(BatchConfig(extractor=Extractor.LLM, model=MODEL, way="files", folder="requests"))
    maker.run(batch)
    maker.end(batch, JobState.PAUSED, reason="The requests are in requests. Run them, then read the results.")
    app = open_page("batches")
    assert read_figures(app)["Requests sent"][1] == "Files for another engine"
    assert "The requests are in requests. Run them, then read the results." in list_texts(app)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "about 10 s left"), (34, "about 40 s left"), (55, "about 1 min left"), (61, "about 2 min left")]
    + [(5000, "about 84 min left"), (7200, "about 2 hours left")],
)
def test_the_time_left_is_rounded_up(seconds: float, words: str) -> None:
    assert describe_time_left(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.2, "1 s"), (59, "59 s"), (60, "1 min"), (250, "4 min 10 s"), (7500, "2 h 5 min"), (86400, "24 h")],
)
def test_durations_read_as_a_person_says_them(seconds: float, words: str) -> None:
    assert describe_duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(9_999, "9,999"), (16_400, "16 k"), (999_600, "999,600"), (1_210_000, "1.21 M")]
)
def test_tokens_are_short_where_there_is_little_room(count: int, words: str) -> None:
    assert describe_tokens_short(count) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"), [(59, 60, "98 %"), (999, 1000, "99 %"), (5, 5, "100 %"), (1, 999, "below 1 %")]
)
def test_only_all_of_it_is_hundred_percent(part: int, whole: int, words: str) -> None:
    assert describe_share(part, whole) == words
    assert describe_share(0, 0) == ""
