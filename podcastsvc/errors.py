"""The six kinds of failure; each carries a message fit for the person who caused it.

Rooms raise these and know no status codes. ``web/errors.py`` holds the one table from kind to
status, page and log level; ``cli.py`` prints the message and exits with 1.
"""

from collections.abc import Mapping
from datetime import datetime


class Failure(Exception):
    """Base of the six kinds. ``message`` is one or two plain sentences: what is wrong, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Failure):
    """What was asked for does not exist, or the asker may not know that it does."""


class NotAllowed(Failure):
    """The asker is known and may not do this."""


class TooMany(NotAllowed):
    """A limit is used up until an instant (aware, UTC); not a kind of its own, but answered with another status."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class Conflict(Failure):
    """The thing has changed or exists already; reading it again shows how."""


class Invalid(Failure):
    """Input that cannot be used. ``fields`` maps a form field or file position to its own message."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class Unavailable(Failure):
    """Something outside is away or too slow. Trying later helps; ``retry_after_seconds`` is at most 30 (rule F11)."""

    def __init__(self, message: str, retry_after_seconds: int = 10) -> None:
        super().__init__(message)
        self.retry_after_seconds = min(retry_after_seconds, 30)


class Misconfigured(Failure):
    """A setting, key or permission is wrong; the operator has to act."""
