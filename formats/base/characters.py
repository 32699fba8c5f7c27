"""Texts that a kind of file cannot hold letter by letter."""

from __future__ import annotations

import re

from formats.base.fitting import Loss, Losses

NOT_IN_JSON = re.compile("[\0\ud800-\udfff]")  # the zero character: no database takes it
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"


def fit_text(text: str, unfit: re.Pattern[str], losses: Losses, where: str) -> str:
    """Replace the characters a file cannot hold by U+FFFD, noted.

    Args:
        text: A name.
        unfit: Matches each such character.
        losses: Where it is noted.
        where: The place, for the note.
    """
    found = unfit.search(text)
    if found is None:
        return text
    losses.note(Loss.NAMES, where, f"U+{ord(found[0]):04X} in a name becomes U+FFFD")
    return clean(text, unfit)


def clean(text: str, unfit: re.Pattern[str]) -> str:
    """As `fit_text`, without a note."""
    return unfit.sub(_REPLACEMENT, text)
