import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.models import Dataset, Grouping
from core.publishing.names import build_folder_name, check_prefix, check_repo_name, default_prefix, describe_source


@pytest.mark.parametrize("name", ["owner/name", "name", "A-b_c.d/E.f-g_h", "a/b", "123", "_a/b_", "a/" + "x" * 96])
def test_names_that_the_hub_takes(name: str) -> None:
    check_repo_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "a/", "/a", "a/b/c", "a b/c", "a/b c", "-a/b", "a/-b", "a/b-", ".a", "a.", "a--b", "a..b/c"),
        *("a/b.git", "a/b.ipynb", "café/x", "a/" + "x" * 97, "https://huggingface.co/datasets/a/b", "datasets/a/b"),
        *("a/b\n", "a/b?"),
    ],
)
def test_malformed_repository_name_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="is no repository name. Give owner/name") as raised:
        check_repo_name(name)
    assert raised.value.exit_code == 2


@settings(deadline=None)
@given(st.text(alphabet="aB1._-/ é\n", max_size=12))
def test_every_name_we_take_is_one_that_the_client_takes(name: str) -> None:
    try:
        check_repo_name(name)
    except UsageError:
        return
    try:
        validate_repo_id(name)
    except HFValidationError as error:  # pragma: no cover - the claim failed
        pytest.fail(str(error))


@pytest.mark.parametrize(
    ("dataset", "prefix"),
    [
        ("taskmaster2-gpt5mini", "taskmaster2-gpt5mini-hints"),
        ("my traces (v2)", "my-traces-v2-hints"),
        ("../..", "dataset-hints"),
        ("数据", "dataset-hints"),
        ("-a-", "a-hints"),
        ("x" * 300, "x" * 94 + "-hints"),
    ],
)
def test_default_prefix_is_safe_as_a_folder(dataset: str, prefix: str) -> None:
    assert default_prefix(dataset) == prefix
    check_prefix(prefix)


@settings(deadline=None)
@given(st.text())
def test_every_default_prefix_is_accepted(name: str) -> None:
    check_prefix(default_prefix(name))


@pytest.mark.parametrize("prefix", ["", "a/b", "..", ".a", "a b", "x" * 101, "a\n"])
def test_prefix_that_is_no_folder_is_a_usage_error(prefix: str) -> None:
    with pytest.raises(UsageError, match="cannot begin the name of a folder"):
        check_prefix(prefix)


def test_folder_has_four_digits_or_more() -> None:
    assert [build_folder_name("p", number) for number in (0, 9_999, 10_000)] == ["p-0000", "p-9999", "p-10000"]


def test_files_folders_of_this_machine_are_not_published() -> None:
    dataset = Dataset(
        id=1,
        key="k",
        name="traces",
        source="/home/ann/work/traces.jsonl",
        source_kind="file",
        group_by=Grouping.TRIAL_NAME,
        markers=[],
        ready=True,
        created_utc="",
    )
    assert describe_source(dataset) == "traces.jsonl"
    assert describe_source(dataset.model_copy(update={"source": "a/b", "source_kind": "hub"})) == "a/b"
