"""Everything that may go wrong between us and the Hub: the repository is unchanged or complete, and the message says
which; the next try succeeds; nothing is published twice; no decision is lost.

Each case has a repository of its own that holds an earlier publication; one hint was edited since.
"""

from pathlib import Path
from typing import Any

import pytest

from core.store import open_store
from tests.publishing.hub_steps import run_steps
from tests.standins.hub import HubServer

TABLE = "data/train"
"""Loaded only when the commit is read back."""
SHORT = {"call_seconds": 1.0, "base_seconds": 4.0}
"""Hub's own client waits in real time between its tries at anything but the commit."""
# what goes wrong, what the message says of its cause, and whether the commit is in place all the same
BEFORE: dict[str, tuple[dict[str, Any], str]] = {
    "401 whoami": ({"faults": [{"fault": "401", "stage": "whoami"}]}, "refused the token (401)"),
    "403 access": ({"faults": [{"fault": "403", "stage": "access"}]}, "may not write"),
    "404 preupload": ({"faults": [{"fault": "404", "stage": "preupload"}]}, "refused (404"),
    "401 commit": ({"faults": [{"fault": "401", "stage": "commit"}]}, "refused the token (401)"),
    "403 commit": ({"faults": [{"fault": "403", "stage": "commit"}]}, "may not write"),
    "404 commit": ({"faults": [{"fault": "404", "stage": "commit"}]}, "refused (404"),
    "409 for good": ({"faults": [{"fault": "409", "stage": "commit"}]}, "refused (409"),
    "412 for good": ({"faults": [{"fault": "412", "stage": "commit"}]}, "refused (412"),
    "429 for too long": (
        {"faults": [{"fault": "429", "stage": "commit", "retry_after": 4000}]}, "asks to wait 4000 seconds",
    ),
    "500 for good": ({"faults": [{"fault": "500", "stage": "commit"}]}, "in trouble (500"),
    "503 for good": ({"faults": [{"fault": "503", "stage": "preupload"}], "limits": SHORT}, "did not answer"),
    "preupload drops": ({"faults": [{"fault": "drop", "stage": "preupload"}], "limits": SHORT}, "did not answer"),
    "upload drops": ({"faults": [{"fault": "drop", "stage": "UPLOAD"}], "limits": SHORT}, ""),
    "upload refused": ({"faults": [{"fault": "403", "stage": "UPLOAD"}], "limits": SHORT}, ""),
    "commit drops": ({"faults": [{"fault": "drop", "stage": "commit"}]}, "broke off"),
    "preupload hangs": ({"faults": [{"fault": "hang", "stage": "preupload"}], "limits": SHORT}, "did not answer"),
    "disk full": ({"full": "building tasks"}, "cannot be written"),
    "decided meanwhile": ({"look": True, "meanwhile": 1}, "not what the preview showed"),
    "changed meanwhile": ({"look": True, "intrude_before": {"notes.md": "x"}}, "Somebody changed"),
    "changed just now": ({"intrude": {"notes.md": "x"}}, "Somebody else changed"),
    "cancelled": ({"stop": "uploading"}, "cancelled"),
}  # fmt: skip
AFTER: dict[str, tuple[dict[str, Any], str]] = {
    "read back drops": ({"faults": [{"fault": "drop", "path": TABLE}], "limits": SHORT}, "could not be read back"),
    "read back refused": ({"faults": [{"fault": "500", "path": TABLE}], "limits": SHORT}, "could not be read back"),
    "read back hangs": ({"faults": [{"fault": "hang", "path": TABLE}], "limits": SHORT}, "could not be read back"),
    "disk full at the end": ({"full": "reading back"}, "could not be read back"),
}
PASSING: dict[str, dict[str, Any]] = {
    "409 once": {"faults": [{"fault": "409", "stage": "commit", "first": 1}]},
    "429 seconds": {"faults": [{"fault": "429", "stage": "commit", "first": 1, "retry_after": 30}]},
    "429 date": {"faults": [{"fault": "429", "stage": "commit", "first": 1, "retry_after_date_seconds": 60}]},
    "500 once": {"faults": [{"fault": "500", "stage": "commit", "first": 1}]},
    "503 once": {"faults": [{"fault": "503", "stage": "info", "first": 1}]},
    "504 after the commit": {"faults": [{"fault": "commit_then_504", "first": 1}]},
    "dropped after the commit": {"faults": [{"fault": "commit_then_drop", "first": 1}]},
    "preupload drops once": {"faults": [{"fault": "drop", "stage": "preupload", "first": 1}]},
    "commit hangs once": {
        "faults": [{"fault": "hang", "stage": "commit", "first": 1}],
        "limits": {"call_seconds": 0.5},
    },
    "read back drops once": {"faults": [{"fault": "drop", "path": TABLE, "first": 1}]},
}
STAGES = ("checking the target", "building tasks", "uploading", "committing", "reading back")


def name_repo(case: str) -> str:
    return f"tester/{case.replace(' ', '-')}"


def count_decisions(home: Path) -> int:
    with open_store(home) as store:
        return store.words.find_last_decision()


def count_unsettled(home: Path) -> int:
    with open_store(home) as store:
        return sum(row.state in ("pending", "unverified") for row in store.publications.list_publications(limit=500))


def set_upload(step: dict[str, Any], *, xet: bool) -> dict[str, Any]:
    """The step with the name that this way of uploading has."""
    stage = "xet" if xet else "lfs"
    faults = [{**rule, "stage": stage} if rule.get("stage") == "UPLOAD" else rule for rule in step.get("faults", [])]
    return {**step, "faults": faults}


def list_problems(hub: HubServer, case: str, step: dict[str, Any], cause: str, intruded: int) -> list[str]:
    """What is not as it should be after the try that met the fault; none is good."""
    repo, ours, message = name_repo(case), step["commits"] - 2 - intruded, step.get("message", "")
    if case in PASSING:
        expected = {
            "it failed": "error" not in step,
            "not committed once": ours == 1,
            "lied": not step.get("unchanged"),
        }
    elif case in AFTER:
        expected = {
            "not committed once": ours == 1,
            "the commit is not named": f"Commit {hub_head(hub, repo, step)} is in {repo}" in message,
            "not noted as unverified": step["states"][0] == "unverified",
        }
    else:
        said = f"{repo} is unchanged." in message or "Nothing was published" in message
        expected = {"committed": ours == 0, "does not say that nothing was published": said}
    expected["another cause is named"] = cause in message
    return [problem for problem, is_good in expected.items() if not is_good]


def hub_head(hub: HubServer, repo: str, step: dict[str, Any]) -> str:
    """The head as it was after a step."""
    number: int = step["commits"] - 1
    return hub.commits(repo)[number].sha


def list_problems_of_next_try(hub: HubServer, case: str, step: dict[str, Any], intruded: int) -> list[str]:
    """What is not as it should be after the next try, which meets no fault; none is good."""
    expected = {
        "the next try failed": "error" not in step,
        "not published exactly once": step["commits"] == 3 + intruded,
        "not noted as published": step["states"][0] == "published",
        "files are missing": len(hub.files(name_repo(case))) == len(hub.files("tester/other")) + intruded,
    }
    return [problem for problem, is_good in expected.items() if not is_good]


# in portions, each of a size that a busy machine gets through
PORTIONS = {
    "before the commit, 1": [*BEFORE][::2],
    "before the commit, 2": [*BEFORE][1::2],
    "after the commit": [*AFTER],
    "passing": [*PASSING],
    # the rest is the same code: what differs is how large files go and come
    "xet": ["upload drops", "upload refused", "read back drops", "504 after the commit", "cancelled"],
}


@pytest.mark.parametrize("portion", PORTIONS)
def test_whatever_goes_wrong_the_repository_is_unchanged_or_complete_and_the_next_try_succeeds(
    hub: HubServer, home: Path, portion: str
) -> None:
    names, xet = PORTIONS[portion], portion == "xet"
    given = {**BEFORE, **AFTER, **{case: (step, "") for case, step in PASSING.items()}}
    cases = {name: given[name] for name in names}
    run_steps(hub, home, *({"repo": name_repo(case)} for case in cases), xet=xet)
    run_steps(hub, home, {"repo": "tester/other", "change": 0}, xet=xet)
    decisions = count_decisions(home)
    steps = []
    for case, (step, _) in cases.items():
        steps += [{"repo": name_repo(case), **set_upload(step, xet=xet)}, {"repo": name_repo(case)}]
    found = run_steps(hub, home, *steps, xet=xet)
    problems = []
    for (case, (step, cause)), first, second in zip(cases.items(), found[::2], found[1::2], strict=True):
        intruded = int("intrude" in step or "intrude_before" in step)
        wrong = list_problems(hub, case, first, cause, intruded) + list_problems_of_next_try(
            hub, case, second, intruded
        )
        problems += [(case, wrong, first, second)] if wrong else []
    assert problems == []
    assert count_decisions(home) == decisions + ("decided meanwhile" in cases)
    assert count_unsettled(home) == 0
    if portion == "passing":
        waited = {case: found[2 * number]["slept"] for number, case in enumerate(cases)}
        assert waited["429 seconds"] == pytest.approx(30, abs=1)
        assert 55 < waited["429 date"] <= 60


def test_a_process_killed_at_any_stage_leaves_all_or_nothing_and_its_job_goes_on(hub: HubServer, home: Path) -> None:
    repos = {stage: name_repo(stage) for stage in STAGES}
    run_steps(hub, home, *({"repo": repo} for repo in repos.values()), xet=False)
    run_steps(hub, home, {"repo": "tester/other", "change": 0}, xet=False)
    decisions = count_decisions(home)
    killing = [{"repo": repo, "kill": stage} for stage, repo in repos.items()]
    found = run_steps(hub, home, *killing, *({"repo": repo} for repo in repos.values()), xet=False)
    killed, again = found[: len(STAGES)], found[len(STAGES) :]
    assert [step["commits"] - 2 for step in killed] == [0, 0, 0, 0, 1]
    assert [step["commits"] - 2 for step in again] == [1] * len(STAGES), "each is made once"
    assert [step["unchanged"] for step in again] == [False] * len(STAGES), "the job's own commit is its own"
    assert [step["revision"] for step in again] == [hub.commits(repo)[-1].sha for repo in repos.values()]
    assert count_decisions(home) == decisions
    assert count_unsettled(home) == 0
