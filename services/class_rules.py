"""What a class may be called, and what may be said about it."""

from __future__ import annotations

import unicodedata

from domain.errors import ConflictError, InputError

LONGEST_NAME = 200
LONGEST_GUIDELINE = 4000


class NameTakenError(ConflictError):
    """Another class bears the name: the two can be merged.

    Attributes:
        name: The class that was to be renamed.
        into: The class that bears the name already.
    """

    def __init__(self, name: str, into: str) -> None:
        super().__init__(
            f"There is a class '{shorten(into)}' already.",
            remedy=f"Merge '{shorten(name)}' into it, or choose another name.",
        )
        self.name = name
        self.into = into


def check_class_name(text: str) -> str:
    """Return the name as it is stored: without white space around it and with one space for many, in Unicode's NFC.

    Raises:
        InputError: It is empty, too long, or holds what cannot be shown.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise InputError("The class has no name.", remedy="Type one.")
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"The name has {len(name):,} characters; at most {LONGEST_NAME} fit: {shorten(name)}.",
            remedy="Shorten it, and put the rest into the guideline.",
        )
    check_storable(name, "The name")
    return name


def shorten(text: str, longest: int = 60) -> str:
    """Text as it fits into a sentence."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def check_storable(text: str, what: str) -> None:
    """Refuse control characters and halves of characters.

    Raises:
        InputError: There is one.
    """
    odd = next((sign for sign in text if unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t"), "")
    if odd:
        raise InputError(
            f"{what} holds the control character U+{ord(odd):04X}, which cannot be shown.", remedy="Take it out."
        )


def is_colour(text: str) -> bool:
    """Whether `text` is "#RRGGBB"."""
    return len(text) == 7 and text[0] == "#" and all(sign in "0123456789abcdefABCDEF" for sign in text[1:])
