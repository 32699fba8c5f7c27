"""Everything that can go wrong in a way a person can mend.

    RelookError
    ├── InputError          a file, folder or value given by a person cannot be used
    │   ├── ImageError      an image cannot be read
    │   ├── FormatError     a label or prediction file cannot be read
    │   └── ModelError      a model or checkpoint cannot be loaded
    ├── UnknownNameError    no entry of that name in a registry
    ├── NotFoundError       a project, image, object or decision that does not exist
    ├── ConflictError       the thing changed or exists already
    ├── ExplanationError    a map could not be computed, or says nothing
    ├── StoreError          the database cannot be used
    ├── LimitError          too large for this machine or for the settings
    ├── BusyError           more is asked at once than there is room for
    ├── TooSlowError        an answer would take longer than whoever asks is to wait
    └── Cancelled           a person asked to stop; what is finished is kept

A message says what was found, what was expected, where, and what to do. Errors are caught in three places:
`components/session.py`, `cli/__main__.py` and `endpoint/`.
"""

from __future__ import annotations


class RelookError(Exception):
    """A problem told in one sentence, with the way out.

    Attributes:
        message: What was found and what was expected, a full sentence.
        where: The file, line or object it concerns; empty when the message names it.
        remedy: What to do about it; empty when nothing can be done.
    """

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    @property
    def told(self) -> str:
        """The sentences for whoever looks at a page."""
        return str(self)

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head} {self.remedy}" if self.remedy else head


class InputError(RelookError):
    """A file, folder or value given by a person cannot be used."""


class ImageError(InputError):
    """An image cannot be read."""


class FormatError(InputError):
    """A label or prediction file cannot be read."""


class ModelError(InputError):
    """A model or checkpoint cannot be loaded."""


class UnknownNameError(InputError):
    """No entry of that name in a registry."""

    def __init__(self, kind: str, name: str, *, known: list[str]) -> None:
        super().__init__(f"There is no {kind} named '{name}'.", remedy=f"Known: {', '.join(known)}.")


class NotFoundError(RelookError):
    """A project, image, object or decision that does not exist."""


class ConflictError(RelookError):
    """The thing changed or exists already."""


class ExplanationError(RelookError):
    """A map could not be computed, or says nothing."""


class StoreError(RelookError):
    """The database cannot be used.

    `where` is a place on the server: it is for whoever runs that, in the log and on the command line.
    """

    @property
    def told(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message


class LimitError(RelookError):
    """Too large for this machine or for the settings."""


class BusyError(RelookError):
    """More is asked at once than there is room for; the same request may be sent again.

    Attributes:
        retry_after: After so many seconds there should be room.
    """

    def __init__(self, message: str, *, retry_after: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy or f"Send the request again in {retry_after} s.")
        self.retry_after = retry_after


class TooSlowError(RelookError):
    """The answer would take longer than whoever asks is to wait."""


class Cancelled(RelookError):
    """A person asked to stop; what is finished is kept."""
