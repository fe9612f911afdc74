"""The prompt that asks for one wording where hints nearly say the same. It holds no trace, only hints."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from core.extraction.instructions import DATA_NOTE, MERGE_VERSION
from core.extraction.prompt import build_boundary
from core.models import Hint
from core.store import Store
from core.store.batch_models import PendingRequest
from core.traces.secrets import mask_secrets

MERGE_PROMPT = f"""\
You are given hints for an agent, in groups whose members nearly say the same. Write one hint in the place of each
group that really says one thing. Leave out a group whose members say different things, contradict each other or name
different commands, paths or numbers: a group that is left out stays as it is, and that is a good answer.

Take words that are there; add nothing that no member says, and no advice of your own. Keep the kind of the group and
its fields, each one sentence of at most 25 words. In a pitfall `avoid` and `instead` are bare infinitives that read on
in "When {{when}}, don't {{avoid}}; {{instead}}." `group` is the label of the group, as in [G1].

{DATA_NOTE}
Answer with one JSON object and nothing else."""


def load_groups(store: Store, request: PendingRequest) -> dict[str, list[Hint]]:
    """The hints of each group by its label; a group of which less than two are left is none."""
    trial_id = store.traces.get_attempt(request.attempt_id).trial_id
    hints = {hint.id: hint for hint in store.curation.list_hints(trial_id)}
    groups = [[hints[name] for name in ids if name in hints] for ids in orjson.loads(request.subject or "[]")]
    return {f"G{number}": group for number, group in enumerate(groups, 1) if len(group) > 1}


def build_merge_prompt(groups: Mapping[str, Sequence[Hint]], *, secret: bytes) -> list[dict[str, Any]]:
    """The chat messages; the same hints always give the same messages.

    Args:
        groups: The hints of each group by its label.
        secret: The workspace's own, for the boundary.
    """
    lines: list[str] = []
    for label, hints in groups.items():
        lines.append(f"[{label}] {hints[0].kind}")
        lines += [mask_secrets(hint.text.model_dump_json(exclude={"kind"})) for hint in hints]
    text = "\n".join(lines)
    boundary = build_boundary(sha256(text.encode()).hexdigest(), secret=secret, version=MERGE_VERSION)
    framed = f"===== {boundary} HINTS =====\n{text}\n===== {boundary} END ====="
    return [{"role": "system", "content": MERGE_PROMPT}, {"role": "user", "content": framed}]
