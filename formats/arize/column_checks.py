"""What Arize checks before it looks at a row: that columns are there, and of kinds it takes (formats.md 5.2, 5.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyarrow import types

from formats.arize.columns import Columns, ObjectColumns
from formats.arize.rules import MOST_EMBEDDINGS

Problem = tuple[str, str, str]
"""Code, message, remedy."""

_SCALARS = {"text", "int", "float", "bool", "null"}
_NUMBERS = {"int", "float", "null"}
_NUMBER_LISTS = {"list of float", "list of int"}
_ID_KINDS = {"text", "int"}
_TIME_KINDS = {"int64", "double", "date", "time"}
_SHAP = "_shap"


def kind_of(kind: pa.DataType) -> str:
    """A type of Arrow in a word, as Arize tells types apart: "text", "int", "float", "list of float", "struct"..."""
    if types.is_dictionary(kind):
        return kind_of(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list of {kind_of(kind.value_type)}"
    tests = {
        "text": types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind),
        "int": types.is_signed_integer(kind),
        "float": types.is_float32(kind) or types.is_float64(kind),
        "bool": types.is_boolean(kind),
        "null": types.is_null(kind),
        "date": types.is_date(kind),
        "time": types.is_timestamp(kind),
        "struct": types.is_struct(kind),
    }
    return next((word for word, holds in tests.items() if holds), str(kind))


def check_columns(columns: Columns, names: Iterable[str]) -> Iterator[Problem]:
    """What is wrong with the schema, or with the names of the columns."""
    counts = Counter(names)
    declared = Counter(columns.declared())
    missing = [name for name in declared if name not in counts]
    if missing:
        yield "AR001", f"The file has no column {_listed(missing)}, which the schema names.", "Mend the schema."
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        yield "AR025", f"The file has more than one column {_listed(repeated)}.", "Rename or delete one."
    if columns.has_actual and not columns.has_prediction and not columns.prediction_id:
        yield "AR014", "The file holds actuals only, and no id joins them with predictions.", "Add prediction_id."
    if len(columns.embeddings) > MOST_EMBEDDINGS:
        yield "AR026", f"Found: {len(columns.embeddings)} embeddings. Expected: at most 30.", "Split the file."
    in_vectors = [name for each in columns.embeddings for name in each.names]
    bad = [name for name in (*columns.features, *columns.tags, *in_vectors) if name.endswith(_SHAP)]
    bad += [name for name in columns.shap_values if name.removeprefix(columns.prefixes["shap_values"]).endswith(_SHAP)]
    if bad:
        yield "AR005", f"The name of the column {_listed(bad)} ends in _shap.", "Rename it."
    labels = (columns.prediction_label, columns.prediction_score, columns.actual_label, columns.actual_score)
    if columns.has_objects and any(labels):
        found = _listed([name for name in labels if name])
        yield "AR027", f"Beside boxes or outlines stands {found}.", "Keep labels and objects in files of their own."


def check_types(columns: Columns, schema: pa.Schema) -> Iterator[Problem]:
    """What is wrong with the types of the columns of a Parquet file."""
    kinds = {field.name: kind_of(field.type) for field in schema}
    is_multi = is_multi_label(columns, schema)
    yield from _check(kinds, "AR002", [columns.prediction_id], _ID_KINDS, "texts or whole numbers")
    yield from _check_time(columns, schema, kinds)
    if is_multi:
        yield from _check_class_lists(columns, schema)
    else:
        yield from _check(
            kinds, "AR002", [columns.prediction_label, columns.actual_label], _SCALARS, "texts or numbers"
        )
        yield from _check(kinds, "AR002", [columns.prediction_score, columns.actual_score], _NUMBERS, "numbers")
    yield from _check(kinds, "AR003", columns.features, {*_SCALARS, "list of text"}, "texts, numbers or lists of texts")
    yield from _check(kinds, "AR004", columns.tags, _SCALARS, "texts or numbers")
    vectors = [each.vector for each in columns.embeddings]
    yield from _check(kinds, "AR003", vectors, {"list of float"}, "lists of decimal numbers (float64 or float32)")
    texts = [each.raw_data for each in columns.embeddings]
    yield from _check(kinds, "AR003", texts, {"text", "list of text"}, "texts")
    yield from _check(kinds, "AR003", [each.link_to_data for each in columns.embeddings], {"text"}, "texts")
    for objects in (columns.predicted, columns.actual):
        if objects is not None:
            yield from _check_objects(kinds, objects)


def is_multi_label(columns: Columns, schema: pa.Schema | None) -> bool:
    """Whether the scores are lists of {class_name, score}."""
    if schema is None:
        return False
    scores = (columns.prediction_score, columns.actual_score)
    return any(field.name in scores and kind_of(field.type) == "list of struct" for field in schema)


def _check_objects(kinds: dict[str, str], objects: ObjectColumns) -> Iterator[Problem]:
    nested = {f"list of {kind}" for kind in _NUMBER_LISTS}
    yield from _check(kinds, "AR006", [objects.coordinates, objects.boxes], nested, "lists of lists of numbers")
    yield from _check(kinds, "AR006", [objects.categories], {"list of text"}, "lists of texts")
    yield from _check(kinds, "AR006", [objects.scores], _NUMBER_LISTS, "lists of numbers")


def _check_time(columns: Columns, schema: pa.Schema, kinds: dict[str, str]) -> Iterator[Problem]:
    found = kinds.get(columns.timestamp)
    if found is None:
        return
    exact = str(schema.field(columns.timestamp).type)
    if found == "text":
        yield "AR051", "Times are texts: the file import takes them, the SDK refuses them.", "Write Unix seconds."
    elif found not in _TIME_KINDS and exact not in _TIME_KINDS:
        yield "AR002", f"{columns.timestamp} holds {exact}, expected Unix seconds or times.", "Write float64."


def _check_class_lists(columns: Columns, schema: pa.Schema) -> Iterator[Problem]:
    for name in (columns.prediction_score, columns.actual_score):
        if not name or name not in schema.names:
            continue
        kind = schema.field(name).type
        item = kind.value_type if kind_of(kind) == "list of struct" else None
        fields = {} if item is None else {item.field(index).name: item.field(index) for index in range(item.num_fields)}
        kinds = {key: kind_of(field.type) for key, field in fields.items()}
        if kinds.get("class_name") != "text" or kinds.get("score") not in {"int", "float"} or len(kinds) != 2:
            yield "AR002", f"{name} holds {kind}, expected lists of class_name and score.", "Write such lists."


def _check(
    kinds: dict[str, str], code: str, names: Iterable[str], allowed: set[str], expected: str
) -> Iterator[Problem]:
    for name in names:
        found = kinds.get(name)
        if found is not None and found not in allowed:
            yield code, f"{name} holds {found}, expected {expected}.", "Write the column with that type."


def _listed(names: Iterable[str]) -> str:
    shown = list(dict.fromkeys(names))
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(f"{name!r:.80}" for name in shown[:3]) + more
