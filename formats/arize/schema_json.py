"""The schema beside an Arize file: read as Arize's pages write it, written as strict JSON (formats.md 5.6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from formats.arize.columns import SCALARS, Columns, EmbeddingColumns, ObjectColumns
from formats.arize.rules import ARIZE_RULES
from formats.base import FileReport
from formats.base.files import parse_json, read_document

_LARGEST = 1024**2
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*')
_SIDES = {"predicted": "prediction", "actual": "actual"}
_OBJECT_KEYS = {
    "scores": "scores_column_name",
    "categories": "categories_column_name",
    "boxes": "bounding_boxes_coordinates_column_name",
}


def schema_path(path: Path) -> Path:
    """Where the schema of a file stands."""
    return path.with_name(f"{path.stem}.schema.json")


def read_schema(path: Path, report: FileReport) -> Columns | None:
    """Read the schema beside `path`; None where there is none, or none that can be used (noted)."""
    beside = schema_path(path)
    if not beside.is_file():
        return None
    own = FileReport(beside.name, ARIZE_RULES)
    fields = parse_json(without_comments(read_document(beside, limit=_LARGEST)), own)
    if fields is not None and not isinstance(fields, dict):
        own.add("EX001", "The schema is not a JSON object.", remedy="Write one, or delete the file.")
        fields = None
    columns = parse_schema(fields, own) if fields is not None else None
    report.findings += own.take()
    return columns


def without_comments(data: bytes) -> bytes:
    """A schema as Arize's pages print it, without its // comments; strict JSON stays as it is."""
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        text = data.decode(errors="surrogateescape")
        return _COMMENT.sub(lambda match: match[1] or "", text).encode(errors="surrogateescape")
    return data


def parse_schema(fields: Mapping[str, Any], report: FileReport) -> Columns:
    """The meaning of columns; keys of the wrong kind are noted and left out."""
    predicted, actual, has_outlines = _parse_objects(fields, report)
    plain = Columns(
        prefixes={key: _name(fields, key, report).removesuffix(".*") for key in ("features", "tags", "shap_values")},
        exclude=tuple(name for name in _list(fields, "exclude", report) if isinstance(name, str)),
        embeddings=tuple(_parse_embeddings(fields, report)),
        predicted=predicted,
        actual=actual,
        has_outlines=has_outlines,
    )
    return replace(plain, **{key: _name(fields, key, report) for key in SCALARS})


def _name(fields: Mapping[str, Any], key: str, report: FileReport) -> str:
    value = fields.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    report.add("EX003", f'"{key}" of the schema is {value!r:.80}, expected the name of a column.', remedy="Mend it.")
    return ""


def _list(fields: Mapping[str, Any], key: str, report: FileReport) -> list[Any]:
    value = fields.get(key)
    if value is None or isinstance(value, list):
        return value or []
    report.add("EX003", f'"{key}" of the schema is {value!r:.80}, expected a list.', remedy="Mend it.")
    return []


def _parse_embeddings(fields: Mapping[str, Any], report: FileReport) -> Iterator[EmbeddingColumns]:
    """Both spellings: of the file import, and of the API."""
    named = [
        (name, columns)
        for entry in _list(fields, "embedding_features", report)
        if isinstance(entry, dict)
        for name, columns in entry.items()
    ]
    spelled = [
        (str(entry.get("featureName", "")), entry)
        for entry in _list(fields, "embeddingFeatures", report)
        if isinstance(entry, dict)
    ]
    keys = [("vector", "raw_data", "link_to_data")] * len(named) + [("vectorCol", "rawDataCol", "linkToDataCol")] * len(
        spelled
    )
    for (name, columns), (vector, raw_data, link) in zip([*named, *spelled], keys, strict=True):
        found = columns if isinstance(columns, dict) else {}
        if not isinstance(found.get(vector), str) or not found[vector]:
            report.add("EX003", f"Embedding {name!r:.80} of the schema has no {vector}.", remedy=f"Add {vector}.")
            continue
        yield EmbeddingColumns(name, found[vector], _name(found, raw_data, report), _name(found, link, report))


def _parse_objects(
    fields: Mapping[str, Any], report: FileReport
) -> tuple[ObjectColumns | None, ObjectColumns | None, bool]:
    has_outlines = any(key.startswith("instance_segmentation") for key in fields)
    kind = "instance_segmentation" if has_outlines else "object_detection"
    sides = {side: fields.get(f"{kind}_{word}_column_names") for side, word in _SIDES.items()}
    found: dict[str, ObjectColumns | None] = {}
    for side, value in sides.items():
        names = value if isinstance(value, dict) else {}
        texts = {key: _name(names, column, report) for key, column in _OBJECT_KEYS.items()}
        coordinates = _name(names, "polygon_coordinates_column_name", report) if has_outlines else texts["boxes"]
        found[side] = (
            ObjectColumns(coordinates, texts["categories"], texts["scores"], texts["boxes"] if has_outlines else "")
            if coordinates and texts["categories"]
            else None
        )
        if value is not None and found[side] is None:
            report.add("EX003", f"The {_SIDES[side]} columns of the schema name no coordinates or categories.")
    return found["predicted"], found["actual"], has_outlines


def render_schema(columns: Columns) -> str:
    """The schema as strict JSON. Boxes and outlines, for which the file import has no keys, bear those of the SDK."""
    schema: dict[str, Any] = {**columns.scalars, **columns.prefixes, "exclude": list(columns.exclude)}
    embeddings = [{each.name: _embedding(each)} for each in columns.embeddings]
    if embeddings:
        schema["embedding_features"] = embeddings
    kind = "instance_segmentation" if columns.has_outlines else "object_detection"
    for objects, word in ((columns.predicted, "prediction"), (columns.actual, "actual")):
        if objects is not None:
            first = "polygon_coordinates_column_name" if columns.has_outlines else _OBJECT_KEYS["boxes"]
            names = {first: objects.coordinates, _OBJECT_KEYS["categories"]: objects.categories}
            schema[f"{kind}_{word}_column_names"] = {
                **names,
                **({_OBJECT_KEYS["scores"]: objects.scores} if objects.scores else {}),
            }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _embedding(columns: EmbeddingColumns) -> dict[str, str]:
    parts = {"vector": columns.vector, "raw_data": columns.raw_data, "link_to_data": columns.link_to_data}
    return {key: name for key, name in parts.items() if name}
