"""What a person sees before anything leaves: counts, reasons, files, differences."""

from pathlib import Path

import pytest

from core.curation.decisions import approve_trial
from core.errors import PublishConflictError, PublishError
from core.models import JobKind, TrialStatus
from core.publishing.archive import TaskFiles
from core.publishing.difference import MAX_LINES, build_difference, compare_files
from core.publishing.options import Seen
from core.publishing.preview import build_stamp, find_preview
from core.store import Store
from core.store.previews import KEPT
from tests.publishing.approved import change_hint, import_trials, look, make_approved, propose, publish_folder
from tests.publishing.unpacked import list_files

_PREVIEW = JobKind.PREVIEW


def list_changes(store: Store) -> list[tuple[str, str]]:
    """Folder and change of each task in the newest preview."""
    newest = store.previews.find_preview(max(job.id for job in store.jobs.list_jobs(_PREVIEW)))
    assert newest is not None
    return [(row.folder, row.change) for row in store.previews.list_tasks(newest.id)]


def find_difference(store: Store, folder: str) -> str:
    newest = store.previews.find_preview(store.jobs.list_jobs(_PREVIEW)[0].id)
    assert newest is not None
    return store.previews.find_difference(newest.id, folder) or ""


def test_preview_counts_what_goes_out_and_what_does_not(store: Store, tmp_path: Path) -> None:
    dataset, trials = import_trials(store, 5)
    for trial in trials[:2]:
        propose(store, trial)
        approve_trial(store, store.traces.get_trial(trial.id), reviewer="ada", action_id=f"a{trial.id}")
    store.subjects.save_status(trials[2].id, TrialStatus.REJECTED)
    preview = look(store, dataset, tmp_path / "out")
    assert (preview.trials, preview.tasks, preview.hints, preview.added) == (2, 2, 8, 2)
    assert (preview.undecided, preview.rejected, preview.left_out) == (2, 1, [])
    assert [file.path for file in preview.files][-2:] == ["README.md", "trace_hints.json"]
    assert all(file.size > 0 for file in preview.files)
    assert not (tmp_path / "out").exists(), "a preview writes nothing"
    assert store.publications.list_publications() == []


def test_tasks_are_shown_as_files_with_the_instruction_first(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 4)
    preview = look(store, dataset, tmp_path / "out")
    assert [sample.folder for sample in preview.samples] == ["flights-0000", "flights-0001", "flights-0002"]
    files = {file.path: file.text for file in preview.samples[0].files}
    assert next(iter(files)) == "instruction.md"
    assert "# Hints" in (files["instruction.md"] or "")
    assert "environment/Dockerfile" in files
    assert preview.card.startswith("---\n")


def test_binary_and_long_files_are_not_shown_whole(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store, 1)
    task = tmp_path / "tasks" / "book-0"
    task.mkdir(parents=True)
    (task / "instruction.md").write_text("Book a flight.")
    (task / "task.toml").write_text("")
    (task / "environment").mkdir()
    (task / "environment" / "Dockerfile").write_text("FROM x")
    (task / "tests").mkdir()
    (task / "tests" / "test.sh").write_text("#\n" * 20_000)
    (task / "data.bin").write_bytes(b"\xff\x00")
    (sample,) = look(store, dataset, tmp_path / "out", tasks=str(tmp_path / "tasks")).samples
    files = {file.path: file for file in sample.files}
    assert files["data.bin"].text is None
    assert files["tests/test.sh"].is_cut
    assert len(files["tests/test.sh"].text or "") == 20_000


def test_difference_to_what_is_there_now_is_shown_task_by_task(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store, 4)
    store.subjects.save_status(trials[3].id, TrialStatus.OPEN)
    publish_folder(store, dataset, tmp_path / "out")
    before = list_files(tmp_path / "out")
    assert look(store, dataset, tmp_path / "out").is_same
    assert list_changes(store) == [("flights-0000", "same"), ("flights-0001", "same"), ("flights-0002", "same")]

    change_hint(store, trials[1])
    store.subjects.save_status(trials[2].id, TrialStatus.OPEN)
    store.subjects.save_status(trials[3].id, TrialStatus.APPROVED)
    preview = look(store, dataset, tmp_path / "out")
    assert (preview.added, preview.changed, preview.same, preview.removed) == (1, 1, 1, 1)
    assert preview.removed_trials == ["flight-2"]
    assert not preview.is_same
    assert preview.card_difference.startswith("--- README.md (now)")
    assert list_changes(store) == [
        ("flights-0001", "changed"),
        ("flights-0003", "added"),
        ("flights-0000", "same"),
        ("flights-0002", "removed"),
    ]
    difference = find_difference(store, "flights-0001")
    assert difference.startswith("--- instruction.md (now)\n+++ instruction.md (then)")
    assert "\n-- When the date is missing, don't search with a guess; ask for it once." in difference
    assert "\n+- When the date is unclear, don't guess; ask." in difference
    assert "--- metadata.json (now)" in difference
    assert find_difference(store, "flights-0000") == ""
    assert [sample.folder for sample in preview.samples][:2] == ["flights-0001", "flights-0003"], "what is new first"
    assert list_files(tmp_path / "out") == before


def test_exactly_what_was_seen_is_published_or_nothing(store: Store, tmp_path: Path) -> None:
    dataset, trials = make_approved(store)
    seen = look(store, dataset, tmp_path / "out").seen
    change_hint(store, trials[0])
    with pytest.raises(PublishConflictError, match="not what the preview showed.*Nothing was published"):
        publish_folder(store, dataset, tmp_path / "out", seen=seen)
    assert not (tmp_path / "out").exists()
    seen = look(store, dataset, tmp_path / "out").seen
    assert publish_folder(store, dataset, tmp_path / "out", seen=seen).trials == 2


def test_nothing_to_publish_is_a_preview_too_that_says_why(store: Store, tmp_path: Path) -> None:
    dataset, _ = import_trials(store)
    preview = look(store, dataset, tmp_path / "out")
    assert (preview.tasks, preview.undecided, preview.card, preview.files) == (0, 2, "", [])
    with pytest.raises(PublishError):
        publish_folder(store, dataset, tmp_path / "out", seen=Seen(head=None, manifest_sha256=""))


def test_previews_are_kept_by_job_and_only_the_newest(store: Store, tmp_path: Path) -> None:
    dataset, _ = make_approved(store)
    previews = [look(store, dataset, tmp_path / "out") for _ in range(KEPT + 1)]
    jobs = store.jobs.list_jobs(_PREVIEW)
    assert find_preview(store, jobs[0].id) == previews[-1]
    assert find_preview(store, jobs[-1].id) is None


def test_stamp_changes_with_a_decision(store: Store) -> None:
    _, trials = make_approved(store)
    before = build_stamp(store)
    assert build_stamp(store) == before
    change_hint(store, trials[0])
    assert build_stamp(store) != before


def test_difference_of_equal_texts_is_empty_and_a_long_one_is_cut() -> None:
    assert build_difference("a\nb", "a\nb") == ""
    long = build_difference("", "\n".join(map(str, range(1000))))
    assert len(long.splitlines()) == MAX_LINES + 1
    assert long.endswith("more lines")


def test_files_are_compared_by_kind() -> None:
    before = TaskFiles({"instruction.md": b"a", "old": b"", "image": b"\xff", "same": b"x"})
    after = TaskFiles({"instruction.md": b"b", "new": b"", "image": b"\xfe!", "same": b"x"})
    parts = compare_files(before, after).split("\n\n")
    assert parts[0].endswith("-a\n+b")
    assert parts[1:] == ["Changed, and no text: image (1 bytes now, 2 then)", "Added: new", "Removed: old"]
    assert compare_files(before, before) == "Only the rights of files differ."
