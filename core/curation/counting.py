"""Counts over a whole dataset: which hints stand word by word on many trials with other tasks."""

from collections import defaultdict
from collections.abc import Callable

from core.curation.checks.trial_wide import MANY_TRIALS, REPEATED, build_repeated
from core.store import Store

HINTS_AT_ONCE = 200
"""Findings changed in one transaction."""


def count_repeated(store: Store, dataset_id: int, *, check_lease: Callable[[], None] = lambda: None) -> None:
    """Count anew, and bring the findings that say so up to date.

    Trials with equal task texts are the same task: that they share a hint says nothing against it.

    Args:
        store: Where the hints are.
        dataset_id: The dataset.
        check_lease: Called before every write; raises when another worker took over.
    """
    tasks = {trial.id: hash(trial.source_task_text) for trial in store.traces.list_trials(dataset_id)}
    hints = store.repeated.list_words(dataset_id, code=REPEATED)
    found: dict[str, set[int]] = defaultdict(set)
    for hint in hints:
        found[hint.words_key].add(tasks[hint.trial_id])
    counts = {key: len(members) for key, members in found.items() if len(members) > MANY_TRIALS}
    others = {key: count - 1 for key, count in counts.items()}
    changes = [
        (hint, build_repeated(hint.hint_id, others[hint.words_key]) if hint.words_key in others else None)
        for hint in hints
        if others.get(hint.words_key) != hint.said
    ]
    with store.repeated.write():
        check_lease()
        store.repeated.save_counts(dataset_id, counts)
    for begin in range(0, len(changes), HINTS_AT_ONCE):
        with store.repeated.write():
            check_lease()
            store.repeated.save_findings(REPEATED, changes[begin : begin + HINTS_AT_ONCE])
