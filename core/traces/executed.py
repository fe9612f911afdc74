"""What was executed: actions, and what they amount to together."""

from dataclasses import dataclass

from core.traces.programs import get_family


@dataclass(frozen=True, slots=True)
class Action:
    """One call that was executed."""

    message: int
    """Index of the assistant message."""
    tool: str
    """The function's name of a tool call; for a bare command line its first program that is no builtin."""
    command: str
    """As a person would read it: the command line, or the name and its arguments as JSON."""
    is_shell: bool
    """True for command lines, also those given to a tool such as `execute_bash`."""
    observation: int | None
    """Index of the message that answered; None if there is none."""
    failed: bool
    error: str
    """The line of the observation that says that it failed, verbatim; `""` if it did not."""
    programs: tuple[str, ...]
    """Every program of the command line, in order, wrappers left out: `sudo -E python -m pytest` runs
    `("python", "pytest")`. Empty for other calls."""
    program: str
    """The program that the command line is about, `""` if there is none."""
    is_install: bool
    """True if the command line installs something."""
    shows_only: bool
    """True if the command line only displays something (`cat`, `ls`, `git log`)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a person may rightly call this tool by: the tool and the programs it ran."""
        return tuple(dict.fromkeys((self.tool, *self.programs)))

    @property
    def family(self) -> str:
        """What two attempts at the same thing have in common: the program without its version, or the tool."""
        return get_family(self.program) if self.program else self.tool


@dataclass(frozen=True, slots=True)
class Loop:
    """The same thing failing again and again."""

    actions: tuple[Action, ...]
    """At least two failures, in order."""
    same_action: bool
    """True if the very same action failed each time; False if one tool failed for one cause."""
    is_nested: bool
    """True if a longer loop of the list holds all of these actions."""

    @property
    def messages(self) -> tuple[int, ...]:
        """Indexes of the assistant messages, in order."""
        return tuple(dict.fromkeys(action.message for action in self.actions))

    @property
    def tool(self) -> str:
        """The tool or program that failed."""
        return self.actions[0].program or self.actions[0].tool

    @property
    def error(self) -> str:
        """What the first failure said."""
        return self.actions[0].error


@dataclass(frozen=True, slots=True)
class Fix:
    """An error and the action after which it was gone."""

    failures: tuple[Action, ...]
    """What failed before, in order; the last one is the closest to what worked."""
    change: Action | None
    """What made the difference if it was not the action itself: an install, or an edit in between."""
    worked: Action

    @property
    def failed(self) -> Action:
        """The last failure before it worked."""
        return self.failures[-1]
