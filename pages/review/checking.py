"""What the checks say of words that are being typed; nothing is saved."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.curation.checking import check_draft
from core.models import HintText
from core.store import Store
from pages.review.outgoing import TextWanted

_TEXT: TypeAdapter[HintText] = TypeAdapter(HintText)


def check_words(store: Store, wanted: TextWanted) -> dict[str, Any]:
    """Findings by hint, as plain data, for the words in the editor."""
    findings: dict[str, list[Any]] = {}
    for hint in store.curation.list_hints(wanted.trial_id):
        text = read_text(wanted.texts.get(hint.id))
        if text is not None:
            findings[hint.id] = [item.model_dump(mode="json") for item in check_draft(store, hint, text)]
    return {"n": wanted.n, "trial_id": wanted.trial_id, "findings": findings}


def read_text(words: dict[str, Any] | None) -> HintText | None:
    """The words of an editor; None if they make no hint."""
    try:
        return None if words is None else _TEXT.validate_python(words)
    except ValidationError:
        return None
