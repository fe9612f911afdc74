from pathlib import Path

from core.extraction.launch import describe_change, find_server, mark_key
from core.models import Extractor
from core.store.batch_models import Batch, BatchConfig
from tests.workspaces import make_settings

KEY = "sk-first-key-0123456789"
SETTINGS = make_settings(Path("home"), base_url="http://host/v1", key=KEY)


def make_batch(*, extractor: Extractor = Extractor.LLM, server: str | None = "http://host/v1/") -> Batch:
    return Batch(
        id=1,
        job_id=1,
        dataset_id=1,
        extractor=extractor,
        model="m",
        config=BatchConfig(extractor=extractor),
        server=server,
        key_mark=mark_key(SETTINGS),
    )


def test_the_same_server_and_key_need_no_words() -> None:
    assert describe_change(make_batch(), SETTINGS) is None
    assert find_server(make_settings(Path("home"))) == "https://api.openai.com/v1/"


def test_another_server_is_said() -> None:
    other = make_settings(Path("home"), base_url="http://other/v1/", key=KEY)
    words = "So far http://host/v1/ answered this batch; it goes on with http://other/v1/."
    assert describe_change(make_batch(), other) == words


def test_another_key_is_said_and_shown_nowhere() -> None:
    other = make_settings(Path("home"), base_url="http://host/v1", key="sk-second-key-9876543210")
    words = describe_change(make_batch(), other)
    assert words is not None
    assert words.startswith("The key has changed")
    assert KEY not in make_batch().model_dump_json()
    assert len(mark_key(SETTINGS)) == 8


def test_what_never_ran_or_needs_no_server_has_nothing_to_change() -> None:
    other = make_settings(Path("home"), base_url="http://other/v1", key="another")
    assert describe_change(make_batch(server=None), other) is None
    assert describe_change(make_batch(extractor=Extractor.RULES), other) is None
