from pathlib import Path

import pytest

from tests.cli.conftest import KEY
from tests.commands import build_environment, run_core
from tests.standins.hub import READ_TOKEN, WRITE_TOKEN, HubServer
from tests.standins.llm import LlmServer
from tests.workspaces import SAMPLE

RULES = ("--extractor", "rules")


def check(home: Path, *arguments: str, code: int, says: str, **values: str) -> None:
    done = run_core(*arguments, environment=build_environment(home, **values))
    assert done.code == code, done.err
    assert says in done.err
    assert done.out == ""
    assert len([line for line in done.err.splitlines() if line.startswith("Error: ")]) <= 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("augment", "--review"), "OPENAI_API_KEY"),
        (("augment", "--review"), "--extractor rules"),
        (("augment", *RULES), "--repo-name"),
        (("augment", *RULES, "--repo-name", "not a name"), "not a name"),
        (("augment", *RULES, "--repo-name", "a/b/c"), "a/b/c"),
        (("augment", *RULES, "--repo-name", "me/tasks"), "HF_TOKEN"),
        (("augment", "--max-rpm", "0", "--review"), "--max-rpm"),
        (("augment", "--batch-size", "many", "--review"), "--batch-size"),
        (("augment", "--extractor", "magic"), "--extractor"),
        (("augment", "--nonsense"), "--nonsense"),
        (("extract", "--dataset", "nothing", *RULES), "no dataset"),
        (("publish", "--dataset", "nothing", "--output-dir", "x"), "no dataset"),
        (("nonsense",), "nonsense"),
        (("augment", "--review", "--batch-size", "9" * 20), "--batch-size"),
        (("augment", *RULES, "--output-dir", ""), "--output-dir"),
        (("augment", *RULES, "--output-dir", "x", "--dataset-prefix", "../x"), "../x"),
        (("augment", *RULES, "--output-dir", "x", "--tasks", "/nowhere"), "/nowhere"),
        (("publish", "--dataset", "x", "--export-hints", "hints.xlsx"), "neither .jsonl nor .csv"),
        (("publish", "--dataset", "x", "--output-dir", "x", "--license", "Mine!"), "no licence"),
        (("publish", "--dataset", "x", "--output-dir", "x", "--max-task-mb", "257"), "at most 256"),
        (
            ("publish", "--dataset", "x", "--output-dir", "x", "--min-pass-rate", "1", "--max-pass-rate", "0"),
            "--min-pass-rate is above",
        ),
        (("publish", "--dataset", "x", "--output-dir", "x", "--max-pass-rate", "2"), "between 0 and 1"),
        (("publish", "--dataset", "x", "--output-dir", "x", "--layout", "zip"), "--layout"),
        (("import", ""), "source"),
        ((), "COMMAND"),
    ],
)
def test_wrong_command_line_or_environment_ends_with_2(
    home: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    check(home, *arguments, code=2, says=says, HF_HOME=str(tmp_path / "hf"))


def test_a_budget_without_a_known_price_ends_with_2(home: Path) -> None:
    check(
        home, "augment", "--review", "--budget", "1", "--model", "my-own",
        code=2, says="price of my-own", OPENAI_API_KEY=KEY,
    )  # fmt: skip


def test_a_missing_file_ends_with_1_and_names_it(home: Path) -> None:
    check(home, "augment", *RULES, "--review", "--dataset", "gone.jsonl", code=1, says="no file gone.jsonl")


def test_a_file_without_episode_rows_is_refused_with_its_missing_columns(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text('{"trial_name": "t", "steps": []}\n')
    check(home, "import", str(path), code=1, says="columns episode and conversations missing")
    assert run_core("status", "--json", environment=build_environment(home)).json == []


def test_an_empty_file_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    check(home, "import", str(tmp_path / "empty.jsonl"), code=1, says="no rows")


def test_a_refused_key_ends_with_1_and_does_not_show_it(home: Path, llm: LlmServer) -> None:
    wrong = "sk-wrong-key-9876543210"
    done = run_core(
        "augment", "--review", "--dataset", str(SAMPLE),
        environment=build_environment(home, OPENAI_API_KEY=wrong, OPENAI_BASE_URL=llm.base_url),
    )  # fmt: skip
    assert done.code == 1
    assert "refused the key" in done.err
    assert wrong not in done.err + done.out


def test_an_unreachable_server_ends_with_1(home: Path, llm: LlmServer) -> None:
    llm.stop()
    check(
        home, "augment", "--review", "--dataset", str(SAMPLE),
        code=1, says="cannot be reached", OPENAI_BASE_URL=llm.base_url,
    )  # fmt: skip
    llm.start()


def test_a_missing_or_private_repository_ends_with_1(home: Path, tmp_path: Path, hub: HubServer) -> None:
    values = {**hub.environment(home=tmp_path / "hf", token=None), "HF_TOKEN": ""}
    check(home, "import", "nobody/nothing", code=1, says="no dataset nobody/nothing", **values)


def test_a_token_that_may_only_read_ends_with_1_and_changes_nothing(home: Path, tmp_path: Path, hub: HubServer) -> None:
    values = hub.environment(home=tmp_path / "hf", token=READ_TOKEN)
    check(
        home, "augment", *RULES, "--dataset", str(SAMPLE), "--repo-name", "tester/tasks",
        code=1, says="HF_TOKEN", **values,
    )  # fmt: skip


def test_a_repository_of_somebody_else_ends_with_1(home: Path, tmp_path: Path, hub: HubServer) -> None:
    values = hub.environment(home=tmp_path / "hf", token=WRITE_TOKEN)
    check(
        home, "augment", *RULES, "--dataset", str(SAMPLE), "--repo-name", "somebody/tasks",
        code=1, says="somebody/tasks", **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "garbage"),
        ("OPENAI_BASE_URL", "ftp://host/v1"),
        ("OPENAI_BASE_URL", "http://user:word@host/v1"),
        ("OPENAI_API_KEY", "sk-\u00fcn\u00ef"),
    ],
)
def test_a_key_or_address_that_cannot_be_one_ends_with_2(home: Path, name: str, value: str) -> None:
    check(home, "augment", "--review", "--dataset", str(SAMPLE), code=2, says=name, **{name: value})


def test_an_address_without_its_path_is_not_blamed_on_the_model(home: Path, llm: LlmServer) -> None:
    check(
        home, "augment", "--review", "--dataset", str(SAMPLE), "--max-trials", "1",
        code=1, says="OPENAI_BASE_URL", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=llm.base_url.removesuffix("/v1"),
    )  # fmt: skip


def test_a_name_too_long_for_a_path_is_refused(home: Path) -> None:
    check(home, "import", "x" * 300 + ".jsonl", code=1, says="no file")
