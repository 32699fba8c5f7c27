"""Run by .venv-oracles: what arize's own pandas validator says about a Parquet file and the schema beside it.

    python check_arize.py FILE ... [--now SECONDS] [--typed]

Prints a list of {"accepted": bool, "errors": [names of its error classes], "messages": [...]}. --typed takes the
types of the Parquet file where pandas cannot know them: a column of empty lists.
"""

from __future__ import annotations

import argparse
import datetime
import json
import types
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from arize.pandas.validation import validator
from arize.utils.types import (
    EmbeddingColumnNames,
    Environments,
    InstanceSegmentationActualColumnNames,
    InstanceSegmentationPredictionColumnNames,
    ModelTypes,
    ObjectDetectionColumnNames,
    Schema,
)

SCALARS = (
    "prediction_id",
    "timestamp",
    "prediction_label",
    "prediction_score",
    "actual_label",
    "actual_score",
)
OBJECTS = {
    "object_detection_prediction_column_names": ObjectDetectionColumnNames,
    "object_detection_actual_column_names": ObjectDetectionColumnNames,
    "instance_segmentation_prediction_column_names": InstanceSegmentationPredictionColumnNames,
    "instance_segmentation_actual_column_names": InstanceSegmentationActualColumnNames,
}


def read_schema(path: Path, names: list[str]) -> Schema:
    """The Schema of the SDK from the schema that Relook writes beside a file."""
    fields = json.loads(path.with_name(f"{path.stem}.schema.json").read_text(encoding="utf-8"))

    def starting(key: str) -> list[str]:
        prefix = fields.get(key)
        return [name for name in names if prefix and name.startswith(prefix)]

    embeddings = {
        name: EmbeddingColumnNames(
            vector_column_name=columns["vector"],
            data_column_name=columns.get("raw_data"),
            link_to_data_column_name=columns.get("link_to_data"),
        )
        for entry in fields.get("embedding_features", [])
        for name, columns in entry.items()
    }
    return Schema(
        **{f"{key}_column_name": fields[key] for key in SCALARS if fields.get(key)},
        **{key: names_of(**fields[key]) for key, names_of in OBJECTS.items() if key in fields},
        feature_column_names=starting("features") or None,
        tag_column_names=starting("tags") or None,
        shap_values_column_names={name.removeprefix(fields["shap_values"]): name for name in starting("shap_values")}
        or None,
        embedding_feature_column_names=embeddings or None,
    )


def model_type(schema: Schema, table: pa.Table) -> ModelTypes:
    if any(getattr(schema, key) is not None for key in OBJECTS):
        return ModelTypes.OBJECT_DETECTION
    scores = [name for name in (schema.prediction_score_column_name, schema.actual_score_column_name) if name]
    has_lists = any(name in table.column_names and pa.types.is_list(table.schema.field(name).type) for name in scores)
    return ModelTypes.MULTI_CLASS if has_lists else ModelTypes.SCORE_CATEGORICAL


def set_clock(now: float) -> None:
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.fromtimestamp(now, tz)

    validator.datetime = types.SimpleNamespace(datetime=Clock, timedelta=datetime.timedelta)


def judge(path: Path, *, typed: bool) -> list[object]:
    """The errors `arize.pandas.logger.Client.log` would stop at, in its order."""
    table = pq.read_table(path)
    frame = table.to_pandas()
    schema = read_schema(path, table.column_names)
    kind = model_type(schema, table)
    facts = {"dataframe": frame, "model_id": "relook", "schema": schema, "model_version": "1"}
    production = Environments.PRODUCTION
    checks = validator.Validator
    errors = checks.validate_required_checks(environment=production, **facts)
    errors = errors or checks.validate_params(environment=production, model_type=kind, **facts)
    if errors:
        return errors
    used = frame[[name for name in frame.columns if name in schema.get_used_columns()]]
    arrow = table.schema if typed else pa.Schema.from_pandas(used)
    errors = checks.validate_types(model_type=kind, schema=schema, pyarrow_schema=arrow)
    return errors or checks.validate_values(dataframe=used, environment=production, schema=schema, model_type=kind)


def verdict(path: Path, *, typed: bool) -> dict[str, object]:
    try:
        errors = judge(path, typed=typed)
    except (TypeError, KeyError, ValueError) as error:  # the validator crashes on some tables instead of refusing them
        return {"accepted": False, "errors": [type(error).__name__], "messages": [str(error)]}
    return {
        "accepted": not errors,
        "errors": [repr(error) for error in errors],
        "messages": [error.error_message() for error in errors],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--now", type=float)
    parser.add_argument("--typed", action="store_true")
    wanted = parser.parse_args()
    if wanted.now is not None:
        set_clock(wanted.now)
    print(json.dumps([verdict(file, typed=wanted.typed) for file in wanted.files]))


if __name__ == "__main__":
    main()
