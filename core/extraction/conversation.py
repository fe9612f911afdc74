"""One request's exchange with the model, from the first try to an answer or a reason. Every reply is kept.

Invalid: one repair round with what was wrong. Truncated: once more with a larger limit. Refused: failed with that
reason. What was answered before a run ended is read again instead of asked again.
"""

from typing import Any

from core.extraction.bodies import hash_body
from core.extraction.exchange import FATAL, Status
from core.extraction.output_modes import WEAKER_MODE, OutputMode
from core.extraction.parameters import find_refused_parameter
from core.extraction.sending import send_until_answered
from core.extraction.talk import Outcome, Talk
from core.extraction.wording import Wording

LARGER_OUTPUT_FACTOR = 4


def build_first_body(talk: Talk, wording: Wording, outcome: Outcome) -> dict[str, Any]:
    """The question as the server is asked it first; its hash, which a reply is found again by, goes to the outcome."""
    body = talk.build_body(wording.messages, form=wording.form, output_limit=talk.output_limit)
    outcome.body_hash = hash_body(body)
    return body


async def ask(talk: Talk, wording: Wording, body: dict[str, Any], outcome: Outcome) -> None:
    """Ask one question until there is an answer or a reason why there is none.

    Args:
        talk: What the whole batch shares.
        wording: What is asked.
        body: From `build_first_body`.
        outcome: Filled as replies come in, so that nothing paid for is lost if this is cancelled.
    """
    messages, form, output_limit = wording.messages, wording.form, talk.output_limit
    body_hash = outcome.body_hash
    is_repair = is_longer = False
    while True:
        kind = "repair" if is_repair else "longer" if is_longer else wording.kind.value
        known = talk.find_answered(outcome, body_hash)
        exchange = known or await send_until_answered(talk, body, outcome, kind=kind, body_hash=body_hash)
        if exchange.status is Status.MODE_UNSUPPORTED and _find_plainer_mode(talk, body):
            pass  # asked again in it
        elif exchange.status is Status.PARAMETER_REFUSED:
            _learn_refused(talk, exchange.text)  # asked again without it
        elif exchange.status is Status.TRUNCATED and not is_longer:
            is_longer, output_limit = True, output_limit * LARGER_OUTPUT_FACTOR
        elif exchange.status is Status.ANSWERED:
            try:
                outcome.hints, outcome.answer = wording.read(exchange.text), exchange.text
            except ValueError as error:
                if is_repair:
                    _fail(outcome, "invalid after repair", str(error))
                    return
                is_repair = True
                messages = [*messages, *_build_repair(exchange.text, str(error))]
            else:
                if known is None:
                    # found again under the first question, also if it took a repair or a larger limit
                    outcome.replies[-1] = outcome.replies[-1]._replace(valid=True, body_hash=outcome.body_hash)
                outcome.reason, outcome.detail = None, ""
                return
        else:
            detail = exchange.describe_failure(output_limit=output_limit)
            _fail(outcome, exchange.status, detail, is_fatal=exchange.status in FATAL)
            return
        body = talk.build_body(messages, form=form, output_limit=output_limit)
        body_hash = hash_body(body)
        if not is_repair and not is_longer:
            outcome.body_hash = body_hash


def _find_plainer_mode(talk: Talk, body: dict[str, Any]) -> bool:
    """True if the question can be asked in another mode than the one that its body was built in."""
    used = body.get("response_format", {}).get("type", OutputMode.TEXT)
    # many requests learn it at the same time; only the first one changes the mode, and the others follow
    if used == talk.mode and talk.mode in WEAKER_MODE:
        talk.mode = WEAKER_MODE[talk.mode]
        talk.save_mode(talk.mode)
    return bool(used != talk.mode)


def _learn_refused(talk: Talk, said: str) -> None:
    parameter = find_refused_parameter(said)
    # as with modes, the first request that learns it saves it, and the others follow
    if parameter is not None and parameter not in talk.refused:
        talk.refused.add(parameter)
        talk.save_refused(parameter)


def _build_repair(answer: str, problem: str) -> list[dict[str, Any]]:
    wish = f"Your answer cannot be read: {problem}\nAnswer again with one JSON object that follows the schema."
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": wish}]


def _fail(outcome: Outcome, reason: Status | str, detail: str, *, is_fatal: bool = False) -> None:
    outcome.reason, outcome.detail = reason, detail[:1000]
    outcome.is_fatal = outcome.is_fatal or is_fatal
