"""Words that say nothing of a task: stock phrases, and words of the harness. To add one, add a line here."""

import re

_STOCK = (
    r"be (?:very |more )?(?:careful|thorough|precise|systematic|patient|mindful)(?: with| about| when| of)?",
    r"pay (?:close |careful |special )?attention(?: to)?",
    r"(?:carefully )?read (?:through )?(?:the|all|your) (?:entire |whole |full )?(?:task|instructions?|prompt|question|"
    r"requirements?)(?: (?:text|description|statement))?(?: (?:carefully|closely|thoroughly|first|again))*",
    r"(?:double|re|cross)-?\s?check (?:everything|(?:your|the|all) (?:work|answers?|results?|output|solution|code))",
    r"(?:always )?(?:verify|validate|check|review) (?:your|the|all) (?:final )?(?:work|answers?|results?|output|"
    r"solution|code)(?: (?:carefully|thoroughly|before (?:you )?(?:finish|submit)(?:ting|ing)?))*",
    r"(?:make sure|ensure) (?:that )?(?:everything|it all|it|all|the (?:solution|code|result|output))"
    r" (?:works?|is (?:correct|right|fine|done|complete|working))(?: (?:correctly|properly|as expected))?",
    r"test (?:(?:your|the) (?:code|work|solution) )?(?:thoroughly|carefully|properly)",
    r"think (?:step by step|carefully|before (?:you )?act(?:ing)?|it through)",
    r"(?:carefully )?follow (?:the|all|your) (?:instructions?|guidelines|requirements?|steps)"
    r"(?: (?:carefully|closely|exactly))?",
    r"plan (?:ahead|(?:your|the) (?:work|steps|approach|solution))(?: (?:carefully|first))*",
    r"take (?:your time|a systematic approach)",
    r"handle (?:all )?(?:errors?|edge cases|exceptions) (?:gracefully|properly|carefully|appropriately)",
    r"(?:use|follow|apply) (?:the |industry )?best practices",
    r"(?:stay focused|keep it simple|do your best|keep going|try again|do not give up|don't give up)",
    r"break (?:the (?:problem|task|work)|it) (?:down )?into (?:smaller |manageable |simple )*(?:steps|parts|pieces)",
    r"understand (?:the|all) (?:problem|task|requirements?|context)"
    r"(?: (?:fully|first|well|clearly|before (?:you )?\w+))*",
    r"avoid (?:common |making |any )*(?:mistakes|errors)",
    r"work (?:carefully|systematically|methodically)",
    r"as (?:needed|appropriate|required|necessary)",
)
STOCK_PHRASES = re.compile(rf"\b(?:{'|'.join(_STOCK)})\b", re.IGNORECASE)
"""Advice that is true of any task."""

_HARNESS = (
    r"\bverifiers?\b",
    r"\brewards?\b",
    r"\bgraders?\b",
    r"\bgrading\b",
    r"\bhidden tests?\b",
    r"\b(?:test|evaluation) harness\b",
    r"\boracle\b",
    r"\bground[- ]truth\b",
    r"\bevaluation (?:script|suite|tests?)\b",
    r"\btest_outputs?\.py\b",
    r"\brun[-_]tests\.sh\b",
    r"(?<![\w.-])/?tests/[\w./-]*",
    r"\breward\.(?:txt|json)\b",
    r"/logs/verifier\b",
    r"\btask_complete\b",
    r"\bepisode-\d+\b",
    r"\brollouts?\b",
)
HARNESS_WORDS = re.compile("|".join(_HARNESS), re.IGNORECASE)
"""What whoever solves the task never sees. Source: Harbor's task format, and what RL calls its parts."""
HARNESS_PIECES = (
    *("verifier", "reward", "grader", "grading", "hidden test", "harness", "oracle", "truth", "evaluation "),
    *("test_output", "run-tests.sh", "run_tests.sh", "tests/", "task_complete", "episode-", "rollout"),
)
"""Each of these words holds one of them: see `may_hold`."""

COMMON_VERBS = frozenset(
    {
        *("find", "test", "sort", "cat", "head", "tail", "make", "open", "edit", "create", "python"),
        *("search", "read", "write", "run", "set", "time", "kill", "cut", "join", "split", "look", "which"),
        *("who", "date", "file", "touch", "source", "watch", "more", "less", "top", "at", "link", "sleep"),
        *("wait", "think", "submit", "finish", "exit", "echo", "install", "type", "expand", "comm", "clear"),
        *("goto", "calculate", "command", "bash", "terminal", "true", "false", "yes", "no", "in", "is", "do"),
        *("for", "if", "on", "as", "of", "or", "and", "the", "to", "up", "go", "get", "put", "add", "show"),
        *("list", "check", "use", "call"),
    }
)
"""Programs whose names are ordinary words."""
