"""Azure AutoML for Images: label files and prediction files as JSON Lines (formats.md sections 1, 2 and 4).

The modules of this package take the contract from here: only direct children of `formats` import `formats.base`.
"""

from __future__ import annotations

from formats.base import ImageMatch, ParsedFile, Record

__all__ = ["ImageMatch", "ParsedFile", "Record"]
