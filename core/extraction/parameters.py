"""Parameters of a request that some models refuse. A server's own words say which; from then on it is asked without."""

import re

OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""Of the output limit: a server that does not know the one takes the other."""
_TEMPERATURE = r"\btemperature\b"
# a limit that is only too large is no parameter that is refused
_OUTPUT_LIMIT = r"\bmax_(?:completion_)?tokens\b(?!\W{0,3}(?:larger|greater|bigger|more|above|over|of\b|exceed|\d|>))"
_NAME = rf"(?:{_TEMPERATURE}|{_OUTPUT_LIMIT})"
_BEFORE = r"unsupported|not support(?:ed)?|n't support|not permitted|not allowed|unrecognized|unknown|unexpected"
_AFTER = rf"{_BEFORE}|deprecated|may only|can only|must be 1\b|only the default"
_REFUSED = re.compile(rf"(?:{_BEFORE})[^.]{{0,60}}?(?P<one>{_NAME})|(?P<other>{_NAME})[^.]{{0,60}}?(?:{_AFTER})", re.I)


def find_refused_parameter(said: str) -> str | None:
    """The name of the parameter that a server does not take from us, or None if it says nothing of the kind.

    Args:
        said: The server's words, or the body of its error.
    """
    found = _REFUSED.search(said)
    return None if found is None else (found["one"] or found["other"]).lower()
