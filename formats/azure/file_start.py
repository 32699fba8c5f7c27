"""What the first bytes of a file tell: a byte order mark, or that this is no text at all."""

from __future__ import annotations

from domain.finding import Finding
from formats.azure.catalogue import CATALOGUE, REMARKS

_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_STARTS = (
    ((b"\xff\xfe", b"\xfe\xff"), "UTF-16 text", "Save it as UTF-8."),
    ((b"\x1f\x8b",), "compressed with gzip", "Unpack it first."),
    ((b"PK\x03\x04",), "a ZIP archive", "Unpack it first."),
    ((b"PAR1",), "a Parquet file", "Choose the format it was written in."),
    ((b"\xff\xd8\xff", b"\x89PNG"), "an image", "Choose a file of JSON Lines."),
)


def examine_start(line: bytes, file: str, *, family: str) -> tuple[bytes | None, list[Finding]]:
    """Look at the first line of a file.

    Args:
        line: Its bytes.
        file: The file's name, for the finding.
        family: "JL" or "PR".

    Returns:
        The line without a UTF-8 byte order mark, or None when the file is not text; and what is to say about it.
    """
    if line.startswith(_UTF8_MARK):
        rule = REMARKS["byte order mark" if family == "JL" else "prediction byte order mark"]
        severity = CATALOGUE[rule.code].severity
        return line[3:], [Finding(rule.code, severity, rule.message, file, 1, 1, remedy=rule.remedy)]
    for starts, kind, remedy in _OTHER_STARTS:
        if line.startswith(starts):
            rule = CATALOGUE[f"{family}001"]
            message = f"The file is {kind}; expected JSON Lines as UTF-8 text. Nothing was read."
            return None, [Finding(rule.code, rule.severity, message, file, 1, 1, remedy=remedy)]
    return line, []
