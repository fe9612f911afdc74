"""What was approved in an earlier import is published from the later one as the same tasks, under the same names."""

from pathlib import Path

import orjson

from core.store import Store
from tests.curation.carrying import MORE, Later
from tests.curation.reviewing import BEN, Table
from tests.publishing.approved import publish_folder
from tests.publishing.unpacked import list_files, unpack_tasks


def test_carried_trials_are_published_as_the_same_tasks_under_the_same_names(store: Store, tmp_path: Path) -> None:
    table = Table(store)
    table.must("reject_hint", hint_id=table.find("give up").id, reason="Too vague")
    table.must("approve_trial", by=BEN)
    table.must("approve_trial", trial_id=table.other_id)
    # in another order, behind a new trial
    later = Later(table, [MORE, *table.rows[::-1]])
    later.carry()
    publish_folder(store, table.dataset, tmp_path / "old")
    publish_folder(store, later.dataset, tmp_path / "new")
    old, new = (
        {name: list_files(path) for name, path in unpack_tasks(tmp_path / which, tmp_path / f"{which} tasks").items()}
        for which in ("old", "new")
    )
    assert sorted(new) == sorted(old) == ["flights-0000", "flights-0001"]
    for name, files in old.items():
        theirs, ours = orjson.loads(files.pop("metadata.json")), orjson.loads(new[name].pop("metadata.json"))
        assert new[name] == files
        assert ours | {"source_revision": ""} == theirs | {"source_revision": ""}
        assert ours["reviewed"]
