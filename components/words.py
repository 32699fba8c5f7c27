"""Numbers as the screens word them (design.md, "Numbers" and "Progress")."""

from __future__ import annotations


def seconds_in_words(seconds: float | None) -> str:
    """An estimate: seconds to 1, from 90 s minutes, from 90 min tenths of an hour."""
    if seconds is None:
        return "estimating"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"


def duration_in_words(seconds: float) -> str:
    """A measured time with three significant digits: "41.2 s", "0.31 s"."""
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"


def estimate_in_words(seconds: float) -> str:
    """A guess before it runs: "under 1 s", "about 41 s", "about 3 min"."""
    if seconds < 1:
        return "under 1 s"
    return f"about {round(seconds)} s" if seconds < 90 else f"about {round(seconds / 60)} min"


def bytes_in_words(size: int) -> str:
    """A file size with three significant digits: "1.12 MB"."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 image", "2 images", "1,204 boxes"."""
    ending = "" if count == 1 else "es" if noun.endswith(("s", "x", "ch")) else "s"
    return f"{count:,} {noun}{ending}"


def as_text(words: str) -> str:
    """Take Markdown's meaning from text that people typed or files hold: a name may be `$x$` or `**a**`."""
    special = "\\`*_{}[]<>()#+-.!|$~:"
    return "".join(f"\\{character}" if character in special else character for character in words)
