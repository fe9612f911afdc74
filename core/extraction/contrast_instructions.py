"""The words that ask for what made the difference between two attempts; they share what a hint is with the others."""

from core.extraction.contrast_answer import (
    MOST_COMPARED_CRITERIA,
    MOST_COMPARED_PITFALLS,
    MOST_COMPARED_STEPS,
    MOST_COMPARED_TOOLS,
)
from core.extraction.instructions import DATA_NOTE, HOW_TO_PROVE, NEVER_WRITE, WHAT_HINTS_ARE

_BOUNDS = (
    f"At most {MOST_COMPARED_TOOLS} tool, {MOST_COMPARED_STEPS} steps, {MOST_COMPARED_PITFALLS} pitfalls and "
    f"{MOST_COMPARED_CRITERIA} criterion."
)
CONTRAST_PROMPT = f"""\
You compare two recorded attempts of AI agents at the same task, one that succeeded and one that failed. Find what made
the difference, and write hints for the next agent that gets the same task.

Begin where they part. What did the one do there that the other did not? Follow both from there, and look for the answer
of a program or tool that shows that this is why the one failed. A difference that changed nothing is no hint, and what
both did is none either. If the messages do not show what made the difference, empty lists are the right answer.

{WHAT_HINTS_ARE}
{_BOUNDS}
A step is what the successful attempt did and the failed one did not. A pitfall is what the failed attempt did; its
`instead` is what the successful one did in the same situation.

{HOW_TO_PROVE}`attempt` and `message` are what stands above the message: A2 and 12 for
[A2 message 12, user]. Best prove a hint from both: what the one did, and what came of the other's way.

{NEVER_WRITE}
`parted` says in two sentences where the two parted and why that decided the outcome.

{DATA_NOTE}
Answer with one JSON object and nothing else."""

CONTRAST_CUT_NOTE = """\
The attempts are too long to be shown whole. Lines in square brackets say where something is left out: never quote them,
and do not take what you cannot see for something that was not done."""
