"""A file with one line of 100 MB."""

from __future__ import annotations

from tests.fuzz.checking import Hang, Violation, judge, read, watching
from tests.fuzz.specimens import Specimen

_BYTES = 100 * 1024**2
_SECONDS = 300


def check_long_line(specimens: list[Specimen]) -> list[Violation]:
    """Put a text of 100 MB into the middle of the main file of the first specimen, and read it."""
    specimen = specimens[0]
    name, content = next(file for file in specimen.files if file[1])
    middle = len(content) // 2
    wrong: tuple[str, str] | None = None
    try:
        (specimen.root / name).write_bytes(content[:middle] + b"x" * _BYTES + content[middle:])
        with watching(_SECONDS):
            wrong = judge(read(specimen, specimen.task))
    except Hang:
        wrong = ("hang", f"over {_SECONDS} s")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        wrong = ("raised", f"{type(error).__name__}: {str(error)[:100]}")
    finally:
        specimen.restore()
    return [Violation(-1, *wrong, f"line of 100 MB, {specimen.name}")] if wrong else []
