"""Everything that can go wrong on purpose, and what the command line exits with.

    BenchBuilderError
    ├── SettingsError          2   a wrong value in the settings: names file and key
    │   └── UsageError         2   a wrong word on the command line or in a flow's parameters
    ├── NothingToRunError      6   no prompts, no models, no version: nothing could run
    ├── WarehouseError         1   the database cannot be used
    │   ├── StateDirError      2   its folder cannot be made or written
    │   ├── LockTimeoutError   1   another run holds a lock for too long (passing: a step is retried)
    │   └── CheckFailedError   5   sql/checks found rows that must not exist
    ├── SourceError            2   a source as a whole cannot be read (a bad record is a rejection, not an error)
    ├── EndpointError          6   a model cannot be asked at all: no permission, unknown there, no weights
    │   └── EndpointOutError   6   nobody has answered past the deadline (passing: a step is retried)
    ├── IncompleteError        3   a step left work undone that a later run takes up
    │   ├── BudgetError        4   the cap in USD or in calls was reached
    │   └── CancelledRunError  130 somebody stopped the run
    ├── NotConvergedError      5   the verdicts have no finite best fit: there is no board to print
    └── WithheldError          5   a gate keeps a board from being published

`Unparsable` is not an exception: a reply that cannot be read is a value, stored and counted beside the readable ones.
"""

from dataclasses import dataclass


class BenchBuilderError(Exception):
    """The root. `exit_code` is what the command line ends with."""

    exit_code = 1


class SettingsError(BenchBuilderError):
    """A wrong value in the settings; the message names file and key."""

    exit_code = 2


class UsageError(SettingsError):
    """A wrong word on the command line or in a flow's parameters."""


class NothingToRunError(BenchBuilderError):
    """There is nothing to work on: no prompts, no models, no benchmark version."""

    exit_code = 6


class WarehouseError(BenchBuilderError):
    """The database or the folder that holds it cannot be used."""


class StateDirError(WarehouseError):
    """The folder of the settings' state_dir cannot be made or written."""

    exit_code = 2


class LockTimeoutError(WarehouseError):
    """Another run holds a lock for longer than we wait."""


class CheckFailedError(WarehouseError):
    """A query of sql/checks returned rows."""

    exit_code = 5


class SourceError(BenchBuilderError):
    """A source as a whole cannot be read. A single bad record is a rejection instead."""

    exit_code = 2


class EndpointError(BenchBuilderError):
    """A model cannot be asked at all: no permission, unknown to its endpoint, its weights missing."""

    exit_code = 6


class EndpointOutError(EndpointError):
    """Nobody has answered at an endpoint past its deadline."""


class IncompleteError(BenchBuilderError):
    """A step left work undone that a later run takes up."""

    exit_code = 3


class BudgetError(IncompleteError):
    """The cap in USD or in calls was reached; everything paid for is kept."""

    exit_code = 4


class CancelledRunError(IncompleteError):
    """Somebody stopped the run."""

    exit_code = 130


class NotConvergedError(BenchBuilderError):
    """The likelihood has no single finite maximum: a style decides every game, or one style repeats another."""

    exit_code = 5


class WithheldError(BenchBuilderError):
    """A gate keeps a board from being published."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Unparsable:
    """A reply that cannot be read: a value, never a tie and never a zero.

    Attributes:
        reason: a short word for counting, e.g. ``no_verdict``.
        text: the end of the reply, at most 200 characters, for a person to look at.
    """

    reason: str
    text: str = ""
