"""Which number a trial gets: it names the published folder, so it stays when the source is imported again."""

from collections.abc import Sequence

import orjson

from core.store.part import Part

_SAME_SOURCE = (
    "(SELECT e.id FROM datasets d JOIN datasets e ON e.source_kind = d.source_kind AND e.source = d.source "
    "AND e.config IS d.config AND e.split IS d.split WHERE d.id = ?1 AND e.id <> d.id AND e.ready = 1)"
)
"""The other imports of a dataset's source, whatever their revision, grouping and markers."""


def choose_first(dataset: str, count: str) -> str:
    """SQL for the ids of a dataset's first trials. Numbers may have gaps, so `number < count` would not be it.

    Args:
        dataset: A mark for the dataset's id, e.g. `?1`.
        count: A mark for how many.
    """
    return f"(SELECT f.id FROM trials f WHERE f.dataset_id = {dataset} ORDER BY f.number LIMIT {count})"


class Numbering(Part):
    """Numbers of trials over all imports of one source."""

    def find_next_number(self, dataset_id: int) -> int:
        """The first number that no trial of another import of the same source has; 0 if this is the first import."""
        sql = f"SELECT COALESCE(MAX(number) + 1, 0) FROM trials WHERE dataset_id IN {_SAME_SOURCE}"
        return int(self._value(sql, (dataset_id,)))

    def list_kept(self, dataset_id: int, names: Sequence[str]) -> dict[str, int]:
        """The numbers that trials with these names had in other imports of the same source, the newest import first.

        Workspaces of older versions may have given one number to two trials: then the newer import's trial keeps it.
        """
        rows = self._rows(
            "SELECT t.name, t.number FROM json_each(?2) j "
            f"JOIN trials t ON t.dataset_id IN {_SAME_SOURCE} AND t.name = j.value "
            f"WHERE NOT EXISTS (SELECT 1 FROM trials o WHERE o.dataset_id IN {_SAME_SOURCE} "
            "AND o.dataset_id > t.dataset_id AND o.number = t.number AND o.name <> t.name) "
            "ORDER BY t.dataset_id DESC, t.number",
            (dataset_id, orjson.dumps(list(names)).decode()),
        )
        kept: dict[str, int] = {}
        for row in rows:
            kept.setdefault(row["name"], row["number"])
        return kept
