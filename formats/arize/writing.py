"""Writing fitted records as an Arize table and the schema beside it (formats.md 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from domain.errors import InputError
from domain.prediction import Task, count_things
from formats.arize.columns import PREFIXES, Columns, EmbeddingColumns, ObjectColumns
from formats.arize.row_cells import CONTENT_TYPES, LINK, TYPES, VECTOR, Row, row_of
from formats.arize.schema_json import render_schema, schema_path
from formats.arize.table_file import SPLITS, is_csv
from formats.arize.table_writers import CsvTable, ParquetTable
from formats.base import Record, Role, WriteOptions, Writing

_BATCH = 1024


@dataclass(frozen=True, slots=True)
class _Pair:
    """What one row says about one image: a prediction, its actual, or both."""

    prediction: Record | None
    label: Record | None

    @property
    def kind(self) -> str:
        predictions, actuals, both = SPLITS
        if self.prediction is None:
            return actuals
        return predictions if self.label is None else both


def write_table(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write the table at `path`, its schema beside it.

    Where a row must not lack one side (boxes, outlines, several classes), images with a prediction only, an actual
    only or both go to tables of their own: the first at `path`, the others at NAME.predictions, NAME.actuals or
    NAME.both. Arize joins them by their prediction ids.
    """
    if is_csv(path) and options.task is not Task.CLASSIFICATION:
        raise InputError(
            f"A CSV has no place for {options.task.in_words}.", where=path.name, remedy="Name the file *.parquet."
        )
    splits = options.task is not Task.CLASSIFICATION
    tables: dict[str, _Table] = {}
    counted = objects = 0
    with ExitStack() as stack:
        for pair in _pair_up(records):
            kind = pair.kind if splits else "both"
            if kind not in tables:
                place = path if not tables else path.with_name(f"{path.stem}.{kind}{path.suffix}")
                tables[kind] = stack.enter_context(_Table(place, kind, options))
            tables[kind].add(pair)
            sides = [record for record in (pair.prediction, pair.label) if record is not None]
            counted += len(sides)
            objects += sum(count_things(record.content) for record in sides)
        if not tables:
            tables["both"] = stack.enter_context(_Table(path, "both", options))
    return Writing(tuple(file for table in tables.values() for file in table.files), counted, objects)


def _pair_up(records: Iterable[Record]) -> Iterator[_Pair]:
    """Join every label with the first prediction of its image, where they bear the same id."""
    for _, group in groupby((record for record in records if record.content is not None), key=_join_key):
        own = list(group)
        predictions = [record for record in own if record.role is Role.PREDICTION]
        labels = [record for record in own if record.role is Role.LABEL]
        for index in range(max(len(predictions), len(labels))):
            yield _Pair(
                predictions[index] if index < len(predictions) else None,
                labels[index] if index < len(labels) else None,
            )


def _join_key(record: Record) -> tuple[object, ...]:
    return record.image_url, record.facts.prediction_id, record.size


@dataclass(slots=True)
class _Table:
    """One table being written; its schema is written last, when it is known which columns hold anything."""

    path: Path
    kind: str
    options: WriteOptions
    rows: list[Row] = field(default_factory=list[Row])
    filled: set[str] = field(default_factory=set[str])
    writer: Any = None

    def __enter__(self) -> Self:
        self.writer = (CsvTable if is_csv(self.path) else ParquetTable)(self.path, self._types())
        return self

    def __exit__(self, *error: object) -> None:
        self._flush()
        self.writer.close()
        if error[0] is None:
            schema_path(self.path).write_text(render_schema(self._columns()), encoding="utf-8")

    @property
    def files(self) -> tuple[Path, ...]:
        return self.path, schema_path(self.path)

    def add(self, pair: _Pair) -> None:
        row = row_of(pair.prediction, pair.label, self.options)
        self.filled.update(name for name, value in row.items() if value is not None)
        self.rows.append(row)
        if len(self.rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self.rows:
            self.writer.write(self.rows)
            self.rows = []

    def _types(self) -> Mapping[str, str]:
        other = {"predictions": "actual_", "actuals": "prediction_"}.get(self.kind, " ")
        content = CONTENT_TYPES[self.options.task]
        own = {name: kind for name, kind in content.items() if not name.startswith(other)}
        plain = {name: kind for name, kind in TYPES.items() if name != VECTOR or not is_csv(self.path)}
        return {**plain, **own}

    def _columns(self) -> Columns:
        names = self._types()
        plain = [name for name in ("prediction_id", "timestamp", "version") if name in self.filled]
        content = [name for name in CONTENT_TYPES[self.options.task] if name in names]
        has_objects = self.options.task.has_objects
        labels = [] if has_objects else [name for name in content if name in self.filled]
        has_vectors = VECTOR in self.filled
        embedding = EmbeddingColumns("image_embedding", VECTOR, link_to_data=LINK)
        declared = {*plain, *labels, *(content if has_objects else ()), *((VECTOR, LINK) if has_vectors else ())}
        meant = Columns(
            prefixes=PREFIXES,
            exclude=tuple(name for name in names if name not in declared and not name.startswith("tag/")),
            embeddings=(embedding,) if has_vectors else (),
            predicted=_object_columns("prediction", content) if has_objects else None,
            actual=_object_columns("actual", content) if has_objects else None,
            has_outlines=self.options.task is Task.SEGMENTATION,
        )
        return replace(meant, **{name: name for name in (*plain, *labels)})


def _object_columns(side: str, names: list[str]) -> ObjectColumns | None:
    coordinates = next((name for name in names if name in {f"{side}_bboxes", f"{side}_polygons"}), "")
    scores = f"{side}_scores"
    return ObjectColumns(coordinates, f"{side}_categories", scores if scores in names else "") if coordinates else None
