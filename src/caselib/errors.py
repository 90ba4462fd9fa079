"""The errors the rooms raise, each worded for the person who will read it.

Rooms raise these and nothing else for conditions that a user or operator can mend; the web layer turns
``status`` into an answer and the command line into an exit code. Nothing here knows about HTTP frameworks.
"""


class CaselibError(Exception):
    """Something the reader can mend: ``message`` says what happened and where, ``remedy`` what to do."""

    status = 400

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class BadSetting(CaselibError):
    """A setting is not written as it must be, so that nothing can begin."""


class NotFound(CaselibError):
    """What was asked for does not exist, or must not be known to exist by the one who asks."""

    status = 404


class Gone(CaselibError):
    """What was asked for was here, and was taken away on purpose."""

    status = 410


class Forbidden(CaselibError):
    """The actor lacks the right to do this."""

    status = 403


class Conflict(CaselibError):
    """Somebody else changed the thing first, or its state no longer allows the action."""

    status = 409


class Unavailable(CaselibError):
    """A part the answer needs is not ready (no index yet, database not migrated)."""

    status = 503


class Overloaded(Unavailable):
    """The database is busy or the disk full: nothing was done, and trying again later is right. Its cause says which."""
