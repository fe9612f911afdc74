import re
from collections import Counter
from typing import Any

import pytest
import yaml

from core.curation.checks import CHECKS
from core.models import Dataset, Grouping, HintKind, Origin
from core.publishing.card import build_card
from core.publishing.card_facts import Card, CardFacts, SourceFacts, choose_licence, list_checks
from core.publishing.manifest import parse_manifest
from core.publishing.options import HintSelection, Layout, PublishOptions
from core.publishing.task_rows import TasksIdentity
from core.store.overview import StageCounts

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
HOSTILE = "a`b\n# c\n---\nlicense: x\n[x](http://evil.example)<img src=x>\x1b[31m\u202e|"


def make_card(named: str | None = None, tasks_identity: TasksIdentity | None = None, **options: Any) -> Card:
    return Card("p-0000", PublishOptions(prefix="p", **options), SourceFacts(named), tasks_identity)


def read_yaml(card: str) -> dict[str, Any]:
    begin, head, _ = card.split("---\n", 2)
    assert begin == ""
    found: dict[str, Any] = yaml.safe_load(head)
    return found


@pytest.mark.parametrize(
    ("with_verifier", "sentence", "option"),
    [
        (0, "The tasks have no verifier", " --disable-verification"),
        (1, "1 of 2 tasks have the verifier of their source task", " --disable-verification"),
        (2, "Each task has the verifier of its source task", ""),
    ],
)
def test_card_says_which_tasks_have_a_verifier_and_how_they_run(with_verifier: int, sentence: str, option: str) -> None:
    card = build_card(DATASET, CardFacts(tasks=2, with_verifier=with_verifier), make_card())
    assert sentence in card
    assert f"harbor run --path tasks --agent AGENT --model MODEL{option}\n" in card


def test_licence_is_carried_only_where_it_holds_for_everything() -> None:
    assert choose_licence(make_card("mit")) == "mit"
    assert choose_licence(make_card("mit", TasksIdentity("t", licence="mit"))) == "mit"
    assert choose_licence(make_card("mit", TasksIdentity("t", licence="gpl-3.0"))) is None
    assert choose_licence(make_card(None, TasksIdentity("t", licence="mit"))) is None


def test_licence_that_was_asked_for_wins_and_is_said_to_be_the_publishers() -> None:
    card = build_card(DATASET, CardFacts(tasks=1), make_card("mit", licence="apache-2.0"))
    assert read_yaml(card)["license"] == "apache-2.0"
    assert "The publisher names the licence `apache-2.0`." in card


def test_licence_that_is_no_identifier_is_other_with_its_name() -> None:
    card = build_card(DATASET, CardFacts(tasks=1), make_card("Do what: you\n- want"))
    head = read_yaml(card)
    assert (head["license"], head["license_name"]) == ("other", "Do what: you\n- want")
    assert [config["config_name"] for config in head["configs"]] == ["default", "hints"]


def test_hostile_names_stay_inside_their_code_spans() -> None:
    named = DATASET.model_copy(update={"source": HOSTILE, "revision": HOSTILE, "config": HOSTILE, "split": HOSTILE})
    facts = CardFacts(tasks=1, origins={Origin(extractor="llm", model=HOSTILE, prompt_version=HOSTILE)})
    card = build_card(named, facts, make_card(HOSTILE, TasksIdentity(HOSTILE, HOSTILE, HOSTILE)))
    tame = CardFacts(tasks=1, origins={Origin(extractor="llm", model="m", prompt_version="p")})
    plain = build_card(DATASET, tame, make_card("x", TasksIdentity("t", "r", "x")))
    body, plain_body = (text.split("\n---\n", 1)[1] for text in (card, plain))
    outside = re.sub(r"`[^`\n]*`", "", body)
    for piece in ("evil.example", "<img", "\x1b", "\u202e", "license: x"):
        assert piece not in outside
    assert "\x1b" not in card
    assert "\u202e" not in card
    assert body.count("\n#") == plain_body.count("\n#")
    assert body.count("\n") == plain_body.count("\n")
    assert set(read_yaml(card)) == {"license", "license_name", "tags", "size_categories", "configs"}


def test_card_names_source_outcomes_models_and_bounds() -> None:
    facts = CardFacts(
        tasks=2,
        hints=Counter({HintKind.TOOL: 1, HintKind.PITFALL: 3}),
        outcomes=Counter({"success": 3, "failure": 1}),
        origins={Origin(extractor="llm", model="gpt-4o-mini", prompt_version="p1"), Origin(extractor="person")},
    )
    options: dict[str, Any] = {
        "min_pass_rate": 0.25,
        "max_pass_rate": 0.75,
        "hint_selection": HintSelection.WITHOUT_STRATEGY,
    }
    card = build_card(DATASET, facts, make_card(**options))
    for sentence in (
        "Hints: 1 tools, 0 strategy steps, 3 pitfalls, 0 success criteria.",
        "and no strategy.",
        "- Traces: `acme/traces`, revision `abc`.",
        "- Extractor: `llm`, `person`.",
        "- Model: `gpt-4o-mini`.",
        "- Prompt version: `p1`.",
        "- Attempts behind the tasks: 4 (3 success, 0 partial, 1 failure, 0 error, 0 unknown).",
        "- Only tasks whose base pass rate is at least 0.25 and at most 0.75.",
    ):
        assert sentence in card


def test_card_says_what_people_did_with_the_hints() -> None:
    facts = CardFacts(tasks=2, reviewed=2, accepted=6, edited=2, rejected=2)
    source = SourceFacts(None, StageCounts(9, 9, 9, 5, 4, 1, 0, 0, 0))
    card = build_card(DATASET, facts, Card("p-0000", PublishOptions(prefix="p"), source))
    assert "Of the 8 hints that were decided on for them, people edited 2 (25 %) and rejected 2 (25 %)." in card
    assert "Of the source's 9 trials, 4 are approved, 1 rejected and 4 not decided; 2 are here." in card


def test_card_lists_the_checks_there_are() -> None:
    checks = list_checks()
    assert "secret" in checks["block"]
    assert "no-instead" in checks["warn"]
    assert sum(map(len, checks.values())) >= len(CHECKS)
    card = build_card(DATASET, CardFacts(tasks=1), make_card())
    assert all(f"`{code}`" in card for codes in checks.values() for code in codes)


def test_folders_are_loaded_and_run_in_another_way() -> None:
    card = build_card(DATASET, CardFacts(tasks=1, with_verifier=1), make_card(layout=Layout.FOLDERS))
    assert "harbor run --repo https://huggingface.co/datasets/REPOSITORY --agent AGENT --model MODEL\n" in card
    assert "tar.gz" not in card
    assert "e.g. `tasks/p-0000`" in card
    assert ".gitkeep" in card


def test_twins_are_counted_and_explained() -> None:
    card = build_card(DATASET, CardFacts(tasks=2, twins=2), make_card(twins=True))
    assert "Beside them stand 2 twins" in card
    assert "twins" not in build_card(DATASET, CardFacts(tasks=2), make_card())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"no json", b"\xff", b'{"schema_version": 1, "tasks": []}'])
def test_file_that_only_bears_the_manifests_name_is_not_ours(content: bytes) -> None:
    assert parse_manifest(content) is None
