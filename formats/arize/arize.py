"""Arize: tables of predictions and actuals, Parquet or CSV, with the schema beside them (formats.md section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from formats.arize.columns import guess_columns
from formats.arize.fit import fit_record
from formats.arize.rules import ARIZE_RULES
from formats.arize.schema_json import schema_path
from formats.arize.table_file import is_csv
from formats.base import (
    FORMATS,
    OBJECT_TASKS,
    FileReport,
    FileStart,
    Format,
    Loss,
    Losses,
    ReadOptions,
    Record,
    Role,
    WriteOptions,
    Writing,
)


class Arize(Format):
    """Predictions and actuals of all four tasks; a CSV holds multi-class classification only."""

    name = "arize"
    title = "Arize"
    summary = "Parquet or CSV, predictions and actuals"
    unit = "row"
    roles = frozenset({Role.LABEL, Role.PREDICTION})
    pairs = True
    suffix = ".parquet"
    needs_size_for = OBJECT_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.OTHER_CLASSES: "Of one-class predictions only the likeliest class is kept; of lists, the likeliest 500.",
        Loss.CLIPPED: "Arize takes no negative coordinates: objects are moved to the edge of the image.",
        Loss.HOLES: "An outline has no holes: they are filled.",
        Loss.NAMES: "Letters that are no Unicode text become U+FFFD.",
        Loss.SEGMENTS: "An object has one outline: others become objects of their own.",
        Loss.POLYGONS: "Object detection holds boxes only.",
        Loss.CROWD: "There is no crowd flag.",
        Loss.SCORES: "Actuals have no scores.",
        Loss.OBJECTS: "Predictions without a score, and outlines that touch or cross themselves, are refused.",
        Loss.IMAGES: "Images without a class, and in a CSV all boxes, outlines and lists of classes.",
        Loss.FACTS: "Times out of Arize's range, ids above 512 characters; in a CSV, embeddings.",
    }
    rules = ARIZE_RULES

    def recognises(self, start: FileStart) -> bool:
        if start.head.startswith(b"PAR1"):
            return True
        if not is_csv(start.path):
            return False
        first = start.head.split(b"\n", 1)[0].decode(errors="replace").removeprefix("\ufeff")
        names = [name.strip().strip('"') for name in first.strip().split(",")]
        columns = guess_columns(names)
        return schema_path(start.path).is_file() or bool(columns.has_prediction or columns.has_actual)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        from formats.arize.reading import read_table  # noqa: PLC0415  pyarrow is not needed by other formats

        yield from read_table(path, options, report)

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_record(record, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        from formats.arize.writing import write_table  # noqa: PLC0415  pyarrow is not needed by other formats

        return write_table(path, records, options)


FORMATS.register(Arize.name, Arize)
