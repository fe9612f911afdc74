"""(a) Planted facts: what was put into made-up traces is found, by the rules and by everything after a model's reply.

The model's replies are recorded here, good hints and bad ones; the server that sends them is the stand-in.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from core.curation.curate import curate_dataset
from core.extraction.batch import run_batch
from core.models import (
    Dataset,
    EvidenceStatus,
    Extractor,
    Finding,
    Hint,
    PitfallText,
    Severity,
    StrategyText,
    ToolText,
)
from core.progress import no_progress
from core.store import Store, open_store
from core.store.batch_models import BatchConfig
from tests.quality.planted_stories import (
    CHECKED,
    DECISIVE,
    FIRST_REPLY,
    FIX,
    FIX_ERROR,
    INSTALLED,
    LOOP_ERROR,
    SECRET,
    TOOL,
    Story,
    list_stories,
)
from tests.quality.rows import QualityRow
from tests.standins.llm import LlmServer
from tests.standins.llm_answers import answer_minimal
from tests.workspaces import create_batch, import_sample, make_settings

INVENTED_TOOL = "spark-submit"
INVENTED_QUOTE = "the totals were signed by the auditor"


class _Trial:
    """A planted trial after extraction and curation."""

    def __init__(self, store: Store, trial_id: int) -> None:
        self.hints = store.curation.list_hints(trial_id)
        self._findings = store.curation.list_findings(trial_id)

    def find(self, wanted: Callable[[Hint], bool]) -> Hint | None:
        return next((hint for hint in self.hints if wanted(hint)), None)

    def is_blocked(self, hint: Hint) -> bool:
        return any(_blocks(finding, hint) for finding in self._findings)

    def is_good(self, hint: Hint | None) -> bool:
        """True if it is there, proven, and nothing blocks it."""
        proven = hint is not None and any(item.status is not EvidenceStatus.MISSING for item in hint.evidence)
        return hint is not None and proven and not self.is_blocked(hint)


Probe = Callable[[_Trial], bool]


def list_planted_rows() -> list[QualityRow]:
    """Found or not, over all notations: first by the rules, then what is made of a model's replies."""
    stories = list_stories()
    return [
        *_count("rules", _RULES_PROBES, _run(stories, extractor=Extractor.RULES)),
        *_count("model", _MODEL_PROBES, _run(stories, extractor=Extractor.LLM)),
    ]


def list_missed() -> list[str]:
    """Every planted fact that was not found, as `rules: loop in react`; empty if all were."""
    stories = list_stories()
    missed: list[str] = []
    for who, probes, extractor in (("rules", _RULES_PROBES, Extractor.RULES), ("model", _MODEL_PROBES, Extractor.LLM)):
        for story, trial in zip(stories, _run(stories, extractor=extractor), strict=True):
            missed += [f"{who}: {name} in {story.notation}" for name, probe in probes.items() if not probe(trial)]
    return missed


def _count(who: str, probes: dict[str, Probe], trials: list[_Trial]) -> Iterable[QualityRow]:
    for name, probe in probes.items():
        yield QualityRow(f"{who}: {name}", sum(map(probe, trials)), len(trials))


def _run(stories: list[Story], *, extractor: Extractor) -> list[_Trial]:
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "home") as store:
        source = Path(folder) / "planted.jsonl"
        rows = [row for story in stories for row in story.rows]
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        dataset = import_sample(store, source)
        _extract(store, dataset, extractor)
        curate_dataset(store, dataset)
        return [_Trial(store, trial.id) for trial in store.traces.list_trials(dataset.id)]


def _extract(store: Store, dataset: Dataset, extractor: Extractor) -> None:
    config = BatchConfig(extractor=extractor, model="planted" if extractor is Extractor.LLM else None, max_rpm=100_000)
    with LlmServer(responder=_reply) as llm:
        run_batch(
            store,
            create_batch(store, dataset, config),
            settings=make_settings(Path("unused"), base_url=llm.base_url),
            progress=no_progress,
            check_lease=lambda: None,
        )


def _reply(request: dict[str, Any]) -> str:
    """The recorded reply to the attempt in a prompt; the smallest valid answer to any other question."""
    prompt = "".join(message["content"] or "" for message in request["messages"])
    has_success, has_failure = DECISIVE in prompt, LOOP_ERROR in prompt
    if has_success == has_failure:
        return answer_minimal(request)
    return json.dumps(_REPLY_TO_SUCCESS if has_success else _REPLY_TO_FAILURE)


def _quote(message: int, quote: str) -> list[dict[str, Any]]:
    return [{"message": message, "quote": quote}]


_GOOD_TOOL = {
    "name": TOOL,
    "purpose": "Loads a table of sales",
    "example": "salestool load data/sales.csv --format csv",
    "evidence": _quote(1, "salestool load data/sales.csv --format csv"),
}
_REPLY_TO_SUCCESS = {
    "happened": "The agent installed what was missing and checked the totals.",
    "failure_cause": "",
    "outcome_opinion": "success",
    "tools": [
        _GOOD_TOOL,
        {
            "name": INVENTED_TOOL,
            "purpose": "Runs the report on a cluster",
            "example": f"{INVENTED_TOOL} report.py",
            "evidence": _quote(3, "python3 report.py data/sales.csv"),
        },
    ],
    "strategy": [
        # the message number is wrong: code has to find the right one
        {
            "do": f"Run `{DECISIVE}` before answering",
            "why": "",
            "check": f"it says {CHECKED}",
            "evidence": _quote(2, CHECKED),
        },
        {
            "do": f"Answer with `{SECRET}`",
            "why": "",
            "check": "",
            "evidence": _quote(11, f"The region code is {SECRET}."),
        },
        {
            "do": "Have `report.py` signed before it is sent to `salestool`",
            "why": "",
            "check": "",
            "evidence": _quote(3, INVENTED_QUOTE),
        },
    ],
    "pitfalls": [
        {
            "when": f"`python3 report.py` says {FIX_ERROR}",
            "avoid": "run it again unchanged",
            "instead": f"run `{FIX}` first",
            "symptom": "",
            "evidence": [*_quote(4, FIX_ERROR), *_quote(6, INSTALLED)],
        }
    ],
    "criteria": [
        {"text": "The answer is exactly one code.", "basis": "the task", "evidence": _quote(0, "exactly one code")}
    ],
}
_REPLY_TO_FAILURE = {
    "happened": "The agent repeated a refused format.",
    "failure_cause": "It loaded nothing for three turns.",
    "outcome_opinion": "failure",
    "tools": [{**_GOOD_TOOL, "evidence": _quote(7, "salestool load data/sales.csv --format csv")}],
    "strategy": [],
    "pitfalls": [
        {
            "when": "`salestool load --format auto` is refused",
            "avoid": "send `--format auto` again",
            "instead": "name the format with `--format csv`",
            "symptom": "",
            "evidence": [*_quote(2, LOOP_ERROR), *_quote(4, LOOP_ERROR)],
        }
    ],
    "criteria": [
        {"text": "The answer is exactly one code.", "basis": "the task", "evidence": _quote(0, "exactly one code")}
    ],
}


def _blocks(finding: Finding, hint: Hint) -> bool:
    return finding.hint_id == hint.id and finding.severity is Severity.BLOCK and not finding.overridden


def _says(hint: Hint, *words: str) -> bool:
    return all(word in hint.text.model_dump_json() for word in words)


def _find_tool(trial: _Trial, name: str) -> Hint | None:
    return trial.find(lambda hint: isinstance(hint.text, ToolText) and hint.text.name == name)


def _find_pitfall(trial: _Trial, *words: str) -> Hint | None:
    return trial.find(lambda hint: isinstance(hint.text, PitfallText) and _says(hint, *words))


def _find_step(trial: _Trial, word: str) -> Hint | None:
    return trial.find(lambda hint: isinstance(hint.text, StrategyText) and _says(hint, word))


def _is_kept_out(trial: _Trial, word: str) -> bool:
    """True if no hint with this word could be published as it is."""
    return all(trial.is_blocked(hint) for hint in trial.hints if _says(hint, word))


def _counts_both(trial: _Trial) -> bool:
    hint = _find_tool(trial, TOOL)
    return hint is not None and len(hint.attempt_ids) == 2


def _is_repointed(trial: _Trial) -> bool:
    hint = _find_step(trial, DECISIVE)
    return hint is not None and any(
        item.status is EvidenceStatus.REPOINTED and item.message == 10 for item in hint.evidence
    )


def _is_chatter_kept_out(trial: _Trial) -> bool:
    return not any(_says(hint, FIRST_REPLY) for hint in trial.hints)


_RULES_PROBES: dict[str, Probe] = {
    "tool that worked": lambda trial: trial.is_good(_find_tool(trial, TOOL)),
    "loop": lambda trial: trial.is_good(_find_pitfall(trial, "format auto", "3 times", "--format csv")),
    "error then fix": lambda trial: trial.is_good(_find_pitfall(trial, "tabulate", FIX)),
    "decisive step": lambda trial: trial.is_good(_find_step(trial, DECISIVE)),
    "support of both attempts": _counts_both,
    "secret answer kept out": lambda trial: _is_kept_out(trial, SECRET),
    "chatter kept out": _is_chatter_kept_out,
}
_MODEL_PROBES: dict[str, Probe] = {
    "tool that worked": lambda trial: trial.is_good(_find_tool(trial, TOOL)),
    "loop": lambda trial: trial.is_good(_find_pitfall(trial, "--format auto", "--format csv")),
    "error then fix": lambda trial: trial.is_good(_find_pitfall(trial, "tabulate", FIX)),
    "decisive step, its quote pointed at the right message": _is_repointed,
    "support of both attempts": _counts_both,
    "secret answer kept out": lambda trial: _is_kept_out(trial, SECRET),
    "invented tool kept out": lambda trial: _is_kept_out(trial, INVENTED_TOOL),
    "invented quote kept out": lambda trial: _is_kept_out(trial, "signed"),
}
