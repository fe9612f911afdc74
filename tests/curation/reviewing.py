"""A trial with several hints on a desk, and reviewers who act on it through the one door."""

from typing import Any
from uuid import uuid4

from core.curation.curate import curate_dataset
from core.curation.review_actions import ActionResult, ReviewAction, perform
from core.models import (
    Attempt,
    CriterionText,
    Dataset,
    Hint,
    Origin,
    PitfallText,
    StrategyText,
    Suggestion,
    ToolText,
    Trial,
)
from core.store import Store
from tests.builders import import_list, make_row, talk
from tests.curation.proposals import propose, save_proposals

ANN, BEN = "Ann", "Ben"
CALL = '<tool_call>{"name": "sort", "arguments": {"file": "list.txt"}}</tool_call>'
TEXTS = ["Task: sort the list", f"sort list.txt {CALL}", "done: 3 lines", "I checked it twice."]


class Table:
    """Two trials: the first with two attempts and five hints, one of which blocks; the second with one hint."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows = [
            make_row(talk(*TEXTS), trial_name="first", episode="a", result=1.0),
            make_row(talk(*TEXTS[:3], "I gave up."), trial_name="first", episode="b", result=0.0),
            make_row(talk("Task: count", "wc -l"), trial_name="second", result=1.0),
        ]
        self.dataset: Dataset = import_list(store, self.rows).dataset
        self.trial_id, self.other_id = (trial.id for trial in store.traces.list_trials(self.dataset.id))
        one, two = (attempt.id for attempt in self.attempts)
        (three,) = (attempt.id for attempt in store.traces.list_attempts(self.other_id))
        self.proposals = {
            one: [
                propose(ToolText(name="sort", purpose="Sort lines"), "sort list.txt", message=1),
                propose(StrategyText(do="Sort the list."), "sort list.txt", message=1),
                propose(StrategyText(do="Check the result."), "I checked it twice", message=3),
                propose(PitfallText(avoid="guess -x", instead="look"), "never said"),
            ],
            two: [propose(PitfallText(avoid="give up", instead="go on"), "I gave up", message=3)],
            three: [propose(StrategyText(do="Count the lines."), "wc -l", message=1)],
        }
        self.extract()

    def extract(self) -> None:
        save_proposals(self.store, self.dataset, self.proposals)
        curate_dataset(self.store, self.dataset)

    @property
    def attempts(self) -> list[Attempt]:
        return self.store.traces.list_attempts(self.trial_id)

    @property
    def trial(self) -> Trial:
        return self.store.traces.get_trial(self.trial_id)

    @property
    def hints(self) -> list[Hint]:
        return self.store.curation.list_hints(self.trial_id)

    def find(self, start: str) -> Hint:
        """The hint whose first words these are."""
        (hint,) = [hint for hint in self.hints if words_of(hint).startswith(start)]
        return hint

    def act(self, action: str, *, by: str = ANN, **more: Any) -> ActionResult:
        """One action on the first trial, or on the hint that is named."""
        more.setdefault("id", str(uuid4()))
        more.setdefault("trial_id", self.trial_id)
        payload = {name: more.pop(name) for name in list(more) if name not in ReviewAction.model_fields}
        return perform(self.store, ReviewAction(action=action, payload=payload, **more), reviewer=by)

    def must(self, action: str, *, by: str = ANN, **more: Any) -> ActionResult:
        """The same, and it is saved."""
        result = self.act(action, by=by, **more)
        assert result.ok, result.message
        return result

    def suggest(self, *hint_ids: str) -> Suggestion:
        """A model's proposal to make one of these hints."""
        suggestion = Suggestion(
            id=str(uuid4()),
            trial_id=self.trial_id,
            kind="merge" if len(hint_ids) > 1 else "reword",
            hint_ids=list(hint_ids),
            text=StrategyText(do="Sort it, then check it."),
            origin=Origin(extractor="llm", model="merger", prompt_version="merge-1"),
        )
        self.store.suggestions.save_suggestions(self.trial_id, [suggestion])
        return suggestion

    def picture(self) -> dict[str, Any]:
        """Everything that decisions decide, without versions: two equal pictures are the same state."""
        trials = self.store.traces.list_trials(self.dataset.id)
        return {
            trial.name: {
                "status": trial.status,
                "task": trial.edited_task_text,
                "hints": [hint.model_dump(exclude={"version", "position"}) for hint in self.list_hints(trial)],
                "findings": sorted(item.model_dump_json() for item in self.store.curation.list_findings(trial.id)),
                "suggestions": [(it.id, it.state) for it in self.store.suggestions.list_suggestions(trial.id)],
            }
            for trial in trials
        }

    def list_hints(self, trial: Trial) -> list[Hint]:
        return self.store.curation.list_hints(trial.id)


def words_of(hint: Hint) -> str:
    """The first field of a hint's words."""
    match hint.text:
        case ToolText():
            return hint.text.name
        case StrategyText():
            return hint.text.do
        case PitfallText():
            return hint.text.avoid
        case CriterionText():
            return hint.text.text
