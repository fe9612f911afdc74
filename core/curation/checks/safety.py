"""What must not leave: secrets, personal paths, and words that would do harm to whoever reads or runs them."""

import re
from collections.abc import Sequence

from core.curation.checks.finding import block, list_fields, may_hold, show
from core.curation.context import TrialContext, fold_words
from core.curation.secret_scan import find_secret
from core.models import Finding, Hint

TEMPLATE_WORDS = 8
"""So many words in a row that the prompt template has and the task has not are taken from the template."""
_HOME = re.compile(r"(?:(?<![\w.-])/(?:home|Users)/|\b[A-Za-z]:\\{1,2}Users\\{1,2})([A-Za-z0-9][\w.-]{0,62})", re.ASCII)
_NOBODY = frozenset(
    {
        *("root", "user", "users", "username", "name", "you", "yourname", "your-name", "your_name", "me", "shared"),
        *("ubuntu", "debian", "agent", "app", "runner", "node", "vscode", "jovyan", "sandbox", "linuxbrew", "ec2-user"),
        *("public", "default", "guest", "test", "git", "www-data", "postgres", "openhands", "swe-agent", "swe-bench"),
    }
)
"""Accounts that images and systems come with, and stand-ins for a name: nobody's home."""
_SHELL = r"(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+(?:\S+=\S+\s+)*)?(?:/\S*/)?(?:ba|z|da|k|a)?sh\b"
_INTERPRETER = r"(?:sudo\s+(?:-\S+\s+)*)?(?:/\S*/)?(?:python[\d.]*|perl|ruby|node|php)\b(?:\s+-)?\s*(?=$|[\n;&|\"'`)])"
_DOWNLOAD = r"(?:curl|wget|fetch|aria2c|http)\b"
_PIPED = re.compile(
    rf"{_DOWNLOAD}[^\n;]*?\|(?:[^\n;|]*\|)*\s*(?:{_SHELL}|{_INTERPRETER})"
    rf"|(?:{_SHELL}|source|\.|eval)\s+[^\n;]*?(?:<\(|\$\(|`)\s*(?:sudo\s+)?{_DOWNLOAD}"
    r"|\b(?:iex|Invoke-Expression)\b[^\n]*\b(?:iwr|irm|curl|wget|Invoke-WebRequest|DownloadString)\b"
    r"|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^\n]*\|\s*(?:iex|Invoke-Expression)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PIPED_PIECES = ("curl", "wget", "fetch", "aria2c", "http", "iex", "iwr", "irm", "invoke-")
"""Each such command holds one of them: see `may_hold`."""
_PREVIOUS = r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|system|safety|other|your)"
_ORDERS = r"(?:instruction|prompt|message|rule|guideline|direction|directive|command|context|polic(?:y|ie))s?"
_TO_MODEL = re.compile(
    rf"\b(?:ignore|disregard|forget|override|bypass|discard)\s+(?:(?:all|any|every|each|the|of|my|these|those|your)\s+)*"
    rf"{_PREVIOUS}\s+(?:\w+\s+)?{_ORDERS}\b"
    r"|\b(?:ignore|disregard|forget)\s+(?:everything|all|anything)\s+(?:above|before|you\b|that\s+was\s+said|so\s+far)"
    r"|\b(?:you\s+are|act)\s+now\s+(?:a|an|the|in|as)\b|\bpretend\s+(?:to\s+be|that\s+you\s+are|you\s+are)\b"
    r"|\b(?:reveal|print|output|repeat|show|leak)\s+(?:me\s+)?(?:your|the)\s+(?:system|hidden|initial)\s+prompt\b"
    r"|\b(?:as|since\s+you\s+are|you\s+are)\s+an?\s+(?:AI|large)\s+(?:language\s+)?(?:model|assistant)\b"
    r"|\b(?:dear|attention|note\s+to\s+the|to\s+the)\s+(?:AI|LLM|language\s+model|assistant|model\s+reading)\b"
    r"|\bnew\s+(?:system\s+)?instructions?\s*:|\bsystem\s+(?:prompt|override)\s*:|\b(?:developer|jailbreak|DAN)\s+mode\b"
    r"|\bdo\s+not\s+(?:tell|inform|mention\s+(?:this|it)\s+to)\s+the\s+(?:user|reviewer|human|person)\b"
    r"|<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>"
    r"|</?(?:system|assistant)(?:_prompt|_message)?>|^\s*#{0,4}\s*(?:system|assistant)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_TO_MODEL_PIECES = (
    *("ignore", "disregard", "forget", "override", "bypass", "discard", "are now", "act now", "pretend", "prompt"),
    *("ai model", "ai assistant", "ai language", "large model", "large assistant", "large language"),
    *("dear ai", "attention ai", "to the ai", "llm", "language model", "model reading", "the assistant"),
    *("dear assistant", "attention assistant", "instruction", "developer mode", "jailbreak mode", "dan mode"),
    *("do not tell", "do not inform", "do not mention", "<|", "inst]", "sys>>"),
    *("<system", "</system", "system:", "system :", "<assistant", "</assistant", "assistant:", "assistant :"),
)
"""Each such instruction holds one of them: see `may_hold`."""
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]|(?<![\\W_])\u200d(?![\\W_])"
)


def check_secrets(hint: Hint, context: TrialContext) -> list[Finding]:
    """`secret` (block, never overridden): a key, token or private key stands in the words."""
    if not context.may_hold_secret and any(item is hint for item in context.hints):
        return []
    found = [(place, find_secret(words)) for place, words in list_fields(hint.text)]
    return [block(hint, "secret", f"It holds a secret: {kind}.", place) for place, kind in found if kind is not None]


def check_personal_paths(hint: Hint, context: TrialContext) -> list[Finding]:
    """`personal-path` (block): a person's folder such as `/home/NAME`, which the task text does not name.

    Not `/root`, nor the accounts that images come with.
    """
    found: dict[str, str] = {}
    for place, words in list_fields(hint.text):
        for match in _HOME.finditer(words):
            path = match.group().rstrip(".-")
            if match.group(1).rstrip(".-").casefold() not in _NOBODY and path not in context.task_text:
                found.setdefault(path, place)
    return [block(hint, "personal-path", f"{show(path)} is a person's folder.", place) for path, place in found.items()]


def check_download_into_shell(hint: Hint, context: TrialContext) -> list[Finding]:
    """`download-into-shell` (block): it would run whatever a server sends. To say what to avoid is no harm."""
    return [
        block(hint, "download-into-shell", f"{show(match.group())} runs whatever the server sends.", place)
        for place, words in list_fields(hint.text)
        if place not in ("avoid", "when", "symptom") and (match := _find(_PIPED, _PIPED_PIECES, words)) is not None
    ]


def check_instructions_to_model(hint: Hint, context: TrialContext) -> list[Finding]:
    """`instructions-to-model` (block): it speaks to the model that will read it, or hides characters from a person."""
    findings: list[Finding] = []
    for place, words in list_fields(hint.text):
        match = _find(_TO_MODEL, _TO_MODEL_PIECES, words)
        if match is not None:
            message = f"{show(match.group())} is an instruction to the model that reads it."
            findings.append(block(hint, "instructions-to-model", message, place))
        elif not words.isascii() and _INVISIBLE.search(words) is not None:
            message = "It holds characters that nobody sees; a model reads them."
            findings.append(block(hint, "instructions-to-model", message, place))
    return findings


def check_prompt_template(hint: Hint, context: TrialContext) -> list[Finding]:
    """`prompt-template` (block): eight words in a row that only the agent's prompt template has."""
    findings: list[Finding] = []
    for place, words in list_fields(hint.text):
        runs = _list_runs(words)
        own = (run for run in runs if any(run in text for text in context.template_words))
        run = next((run for run in own if run not in context.task_words), None)
        if run is not None:
            message = f"{show(run.strip())} is text of the agent's prompt template."
            findings.append(block(hint, "prompt-template", message, place))
    return findings


def _find(pattern: re.Pattern[str], pieces: Sequence[str], words: str) -> re.Match[str] | None:
    return pattern.search(words) if may_hold(words, pieces) else None


def _list_runs(words: str) -> list[str]:
    found = fold_words(words).split()
    return [f" {' '.join(found[i : i + TEMPLATE_WORDS])} " for i in range(len(found) - TEMPLATE_WORDS + 1)]
