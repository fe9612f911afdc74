"""What is wrong with a hint, as findings. Each check is a small pure function; `CHECKS` lists them all.

To add one: write the function in the file of its subject, give its code and severity in the docstring, add it here.
"""

from collections.abc import Callable

from core.curation.checks.grounding import (
    check_has_verified_quote,
    check_quotes_found,
    check_step_worked,
    check_strange_hosts,
)
from core.curation.checks.leaks import check_answer_values, check_copied_run, check_replay
from core.curation.checks.safety import (
    check_download_into_shell,
    check_instructions_to_model,
    check_personal_paths,
    check_prompt_template,
    check_secrets,
)
from core.curation.checks.tools import check_example_was_run, check_tool_was_executed
from core.curation.checks.trial_wide import (
    check_contradiction,
    check_near_duplicate,
    check_repeated_elsewhere,
    check_too_many,
)
from core.curation.checks.wording import (
    check_generic,
    check_harness_words,
    check_open_fence,
    check_pitfall_has_instead,
    check_too_long,
)
from core.curation.context import TrialContext
from core.models import Finding, Hint

Check = Callable[[Hint, TrialContext], list[Finding]]
CHECKS: tuple[Check, ...] = (
    check_has_verified_quote,
    check_quotes_found,
    check_tool_was_executed,
    check_answer_values,
    check_copied_run,
    check_replay,
    check_secrets,
    check_personal_paths,
    check_download_into_shell,
    check_instructions_to_model,
    check_prompt_template,
    check_step_worked,
    check_example_was_run,
    check_harness_words,
    check_generic,
    check_pitfall_has_instead,
    check_near_duplicate,
    check_contradiction,
    check_repeated_elsewhere,
    check_strange_hosts,
    check_too_long,
    check_too_many,
    check_open_fence,
)
NEVER_OVERRIDDEN = frozenset({"secret"})


def check_hint(hint: Hint, context: TrialContext) -> list[Finding]:
    """Everything the checks say of one hint, in the order of `CHECKS`."""
    return [finding for check in CHECKS for finding in check(hint, context)]


def check_hints(context: TrialContext) -> list[Finding]:
    """Everything the checks say of a trial's hints; of rejected ones too, because a person may take that back."""
    return [finding for hint in context.hints for finding in check_hint(hint, context)]
