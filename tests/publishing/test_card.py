import pytest

from core.models import Dataset, Grouping
from core.publishing.card import CardFacts, build_card, choose_licence
from core.publishing.manifest import parse_manifest
from core.publishing.task_rows import TasksIdentity

DATASET = Dataset(
    id=1,
    key="k",
    name="traces",
    source="acme/traces",
    source_kind="hub",
    revision="abc",
    group_by=Grouping.TRIAL_NAME,
    markers=[],
    ready=True,
    created_utc="",
)


@pytest.mark.parametrize(
    ("with_verifier", "sentence"),
    [
        (0, "The tasks have no verifier"),
        (1, "1 of 2 tasks have the verifier of their source task"),
        (2, "Each task has the verifier of its source task"),
    ],
)
def test_card_says_which_tasks_have_a_verifier(with_verifier: int, sentence: str) -> None:
    assert sentence in build_card(DATASET, CardFacts(tasks=2, with_verifier=with_verifier), example="p-0000")


def test_licence_is_carried_only_where_it_holds_for_everything() -> None:
    assert choose_licence("mit", None) == "mit"
    assert choose_licence("mit", TasksIdentity("t", licence="mit")) == "mit"
    assert choose_licence("mit", TasksIdentity("t", licence="gpl-3.0")) is None
    assert choose_licence(None, TasksIdentity("t", licence="mit")) is None


def test_name_of_a_source_cannot_leave_its_code_span() -> None:
    named = DATASET.model_copy(update={"source": "a`b\n# c"})
    assert "# Tasks with hints from `a'b # c`\n" in build_card(named, CardFacts(tasks=1), example="p")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"no json", b"\xff", b'{"schema_version": 1, "tasks": []}'])
def test_file_that_only_bears_the_manifests_name_is_not_ours(content: bytes) -> None:
    assert parse_manifest(content) is None
