"""Text that a hostile trace may hold, and a workspace that holds all of it in every field that takes text."""

from pathlib import Path

from core.curation.curate import curate_dataset
from core.curation.decisions import approve_trial, new_action_id, reject_hint
from core.models import (
    CriterionText,
    Dataset,
    Finding,
    HintText,
    JobState,
    PitfallText,
    Severity,
    StrategyText,
    ToolText,
)
from core.store import Store, open_store
from core.store.batch_models import Answer, BatchConfig
from tests.builders import make_row, say, write_rows
from tests.curation.proposals import propose, save_proposals
from tests.workspaces import create_batch, import_sample

HOST = "evil.invalid"
"""Nothing may be asked from it."""
_URL = f"http://{HOST}"
HOSTILE = {
    "script": "<script>window.hostile=1;document.title='hostile'</script>",
    "handler": f'<img src={_URL}/a.png onerror="window.hostile=1"><svg onload=window.hostile=1>',
    "link": f'[click](javascript:window.hostile=1) <a href="javascript:window.hostile=1">here</a> {_URL}/plain',
    "markdown image": f"![x]({_URL}/b.png) ![y][z]\n\n[z]: {_URL}/c.png",
    "iframe": f"<iframe src={_URL}/d srcdoc='<script>parent.hostile=1</script>'></iframe><object data={_URL}/e>",
    "style": f"<style>@import '{_URL}/f.css'; *{{display:none!important}} body{{background:url({_URL}/g.png)}}</style>",
    "directive": f":red[red] :material/home: :streamlit: $\\href{{{_URL}}}{{x}}$ <div style='position:fixed;inset:0'>",
    "template": "{{constructor.constructor('window.hostile=1')()}} ${window.hostile=1} <%= 1 %> %s %(name)s {0} {name}",
    "bidi": "access \u202edenied\u202c \u2066isolated\u2069 zero\u200bwidth \u061carabic",
    "ansi": "\x1b[31mred\x1b[0m \x1b]8;;http://evil.invalid\x07link\x1b]8;;\x07 bell\x07 back\x08space \x9b2J",
    "nul": "before\0after",
    "surrogate": "half \ud83d of it",
    "brackets": "[" * 1000 + "]" * 1000 + "{" * 1000 + "(" * 1000,
    "quotes": "' \" ` \\ --> ]]> */ ''' \"\"\" ; DROP TABLE hints; --",
    "line": "x" * 1_000_000,
    "lines": "y\n" * 20_000,
}
RUN = "run it"
"""The quote that every attempt holds."""
SHORT = 2000
"""A reviewer's name or a hint of a million characters is refused elsewhere; what is longer is cut for those fields."""


def fill_workspace(home: Path, folder: Path) -> Dataset:
    """One trial a string: the string in its name, task, conversation, outcome, hints, quotes, findings and errors."""
    path = write_rows(
        folder / "![x](x.png) \u202e<b>.jsonl", [row for text in HOSTILE.values() for row in _list_rows(text)]
    )
    with open_store(home) as store:
        dataset = import_sample(store, path)
        for number, trial in enumerate(store.traces.list_trials(dataset.id)):
            text = normalise(list(HOSTILE.values())[number])[:SHORT]
            attempt_ids = [attempt.id for attempt in store.traces.list_attempts(trial.id)]
            hints = [propose(item, RUN, message=1) for item in list_texts(text)]
            save_proposals(store, dataset, {attempt_ids[0]: [*hints, propose(StrategyText(do=f"Do {text}"), text)]})
        curate_dataset(store, dataset)
        for trial in store.traces.list_trials(dataset.id):
            _decide(store, trial.id)
        _fail_batch(store, dataset)
        store.workspace.save_reviewer(normalise(HOSTILE["markdown image"] + HOSTILE["bidi"])[:80])
    return dataset


def normalise(text: str) -> str:
    """What an import leaves of a string: SQLite takes neither NUL nor lone surrogates."""
    return text.replace("\0", "\u2400").encode("utf-8", "replace").decode()


def list_texts(text: str) -> list[HintText]:
    """A hint of each kind, the string in every field."""
    return [
        ToolText(name=text, purpose=text, example=text),
        StrategyText(do=text, why=text, check=text),
        PitfallText(when=text, avoid=text, instead=text, symptom=text),
        CriterionText(text=text, basis=text),
    ]


def _list_rows(text: str) -> list[dict[str, object]]:
    name = text if len(text) < SHORT else f"{text[:SHORT]} and more"
    return [
        make_row(
            [say("user", f"Task: {text}"), say("assistant", f"{RUN} {text}"), say(text[:50], text), say("tool", text)],
            trial_name=name,
            episode=text[:SHORT],
            result=text[:SHORT],
            task=text[:SHORT],
            model=text[:SHORT],
            agent=text[:SHORT],
            run_id=text[:SHORT],
            trace_source="main",
        )
    ]


def _decide(store: Store, trial_id: int) -> None:
    hints = store.curation.list_hints(trial_id)
    trial = store.traces.get_trial(trial_id)
    text = trial.name[:SHORT]
    finding = Finding(code=text[:40], severity=Severity.WARN, message=text, place=text[:20], hint_id=hints[0].id)
    store.curation.replace_findings(trial_id, [*store.curation.list_findings(trial_id), finding])
    store.curation.add_trial_finding(trial_id, code=text[:40], severity=Severity.WARN, message=text)
    reject_hint(store, hints[-1], reason=text, reviewer=text, action_id=new_action_id())
    if trial.number % 3 == 0:
        approve_trial(store, store.traces.get_trial(trial_id), reviewer=text, action_id=new_action_id())


def _fail_batch(store: Store, dataset: Dataset) -> None:
    """A batch of which every attempt failed with a hostile reason, and that was stopped with one."""
    batch = create_batch(store, dataset, BatchConfig(extractor="llm", model=HOSTILE["markdown image"]))  # type: ignore[arg-type]
    texts = [normalise(text)[:SHORT] for text in HOSTILE.values()]
    answers = [
        Answer(
            request_id=item.id,
            attempt_id=item.attempt_id,
            body_hash=None,
            replies=[],
            content=None,
            sent=1,
            reason=texts[number % len(texts)],
            detail=texts[number % len(texts)],
        )
        for number, item in enumerate(store.answers.list_pending(batch.id, after=0, limit=1000))
    ]
    store.answers.save_answers(batch, answers, prompt_version="p")
    store.jobs.finish_job(batch.job_id, JobState.STOPPED, reason=HOSTILE["handler"] + HOSTILE["bidi"])
