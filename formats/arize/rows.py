"""A row of an Arize table as records: its actual as a label, its prediction as a prediction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from domain.prediction import Content, Task
from formats.arize.cells import (
    Note,
    as_number,
    as_text,
    check_raw_data,
    check_tag,
    is_missing,
    read_id,
    read_time,
    read_vector,
)
from formats.arize.class_cells import read_actual, read_actual_classes, read_predicted_classes, read_prediction
from formats.arize.columns import HEIGHT, LATENCY, OWN_TAGS, SOURCE, TAGS, WIDTH, Columns
from formats.arize.object_cells import ObjectCells
from formats.base import Facts, FileReport, ReadOptions, Record, Role

Row = Mapping[str, Any]
_LARGEST_SIDE = 10**6


class RowReader:
    """Reads row after row of one table."""

    def __init__(
        self,
        columns: Columns,
        options: ReadOptions,
        report: FileReport,
        *,
        now: float,
        is_multi_label: bool,
        prefix: str = "",
    ) -> None:
        """Read rows with these columns; `prefix` tells the objects of one table from those of another."""
        self._prefix = prefix
        self._columns = columns
        self._options = options
        self._report = report
        self._now = now
        self._is_multi_label = is_multi_label

    @property
    def task(self) -> Task:
        """What the columns are for."""
        if self._columns.has_objects:
            return Task.SEGMENTATION if self._columns.has_outlines else Task.DETECTION
        return Task.MULTILABEL if self._is_multi_label else Task.CLASSIFICATION

    def read(self, line: int, row: Row) -> Iterator[Record]:
        """Yield the label and the prediction of a row; one empty record, with findings, when it holds neither."""
        note = partial(self._note, line)
        columns = self._columns
        name = read_id(row.get(columns.prediction_id), note) if columns.prediction_id else ""
        address = as_text(row.get(columns.link)) or name
        own_id = "" if name == address else name
        facts = self._read_facts(row, own_id, note)
        if not address:
            note("EX002", "Neither a link nor a prediction id names the image.", remedy="Add one of them.")
        size = self._read_size(row, address)
        sides = [(role, *self._read_content(role, line, row, size)) for role in (Role.LABEL, Role.PREDICTION)]
        said = [side for side in sides if side[1] is not None]
        if self._is_empty(row):
            note("AR013", "The row has neither a prediction nor an actual.", remedy="Delete the row.")
        for role, content, ids in said or [(Role.LABEL, None, ())]:
            yield Record(
                line,
                "",
                address,
                content,
                findings=self._report.take(),
                instance_ids=ids,
                role=role,
                size=size,
                facts=facts if role is Role.PREDICTION else Facts(prediction_id=own_id),
            )

    def _is_empty(self, row: Row) -> bool:
        columns = self._columns
        names = (columns.prediction_label, columns.prediction_score, columns.actual_label, columns.actual_score)
        cells = [row.get(name) for name in (*names, *columns.shap_values) if name]
        return not self._is_multi_label and bool(cells) and all(map(is_missing, cells))

    def _note(self, line: int, code: str, message: str, *, annotation: int | None = None, remedy: str = "") -> None:
        self._report.add(code, message, line=line, annotation=annotation, remedy=remedy)

    def _read_content(
        self, role: Role, line: int, row: Row, size: tuple[int, int] | None
    ) -> tuple[Content | None, tuple[str, ...]]:
        columns, note = self._columns, partial(self._note, line)
        is_label = role is Role.LABEL
        objects = columns.actual if is_label else columns.predicted
        if objects is not None:
            prefix = f"{self._prefix}{'a' if is_label else 'p'}{line}"
            return ObjectCells(objects, columns.has_outlines, prefix, note).read(row, size)
        if columns.has_objects:
            return None, ()
        score_column = columns.actual_score if is_label else columns.prediction_score
        score = row.get(score_column)
        if self._is_multi_label:
            read_classes = read_actual_classes if is_label else read_predicted_classes
            return (read_classes(score, note) if score_column else None), ()
        label = row.get(columns.actual_label if is_label else columns.prediction_label)
        return (read_actual if is_label else read_prediction)(label, score, note), ()

    def _read_size(self, row: Row, address: str) -> tuple[int, int] | None:
        sides = [as_number(row.get(name)) for name in (WIDTH, HEIGHT)]
        whole = [int(side) for side in sides if side is not None and side == int(side) and 0 < side <= _LARGEST_SIDE]
        if len(whole) == 2:
            return whole[0], whole[1]
        facts = self._options.find_image(address) if address else None
        return (facts.width, facts.height) if facts is not None else None

    def _read_facts(self, row: Row, name: str, note: Note) -> Facts:
        columns = self._columns
        for tag in columns.tags:
            check_tag(tag, row.get(tag), note)
        for embedding in columns.embeddings:
            check_raw_data(row.get(embedding.raw_data), note)
        vectors = [read_vector(row.get(embedding.vector), note) for embedding in columns.embeddings]
        time = read_time(row.get(columns.timestamp), note, now=self._now) if columns.timestamp else None
        return Facts(
            model=as_text(row.get(columns.version)),
            latency_s=as_number(row.get(LATENCY)),
            timestamp=time,
            prediction_id=name,
            source=as_text(row.get(SOURCE)),
            tags=tuple(self._read_tags(row, note)),
            embedding=vectors[0] if vectors else (),
        )

    def _read_tags(self, row: Row, note: Note) -> Iterator[str]:
        yield from _parse_tags(row.get(TAGS), note)
        prefix = self._columns.prefixes.get("tags", "")
        for column in self._columns.tags:
            if column not in OWN_TAGS and not is_missing(row.get(column)):
                yield f"{column.removeprefix(prefix)}={as_text(row[column])}"


def _parse_tags(value: Any, note: Note) -> list[str]:
    """The tags of a cell that Relook wrote: a JSON list of texts."""
    if is_missing(value):
        return []
    try:
        texts = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        note("EX009", f"{TAGS} is {value!r:.80}, expected a JSON list of texts; it is left out.", remedy="Mend it.")
        return []
    return texts
