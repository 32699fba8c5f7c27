"""Tables that Arize takes and refuses: what Relook's rules and, over files, arize's own validator say about each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MAY_2021 = 1619827200.0
S0_TIME = 1618590882

SEED_SCHEMA: dict[str, Any] = {
    "prediction_id": "prediction_id",
    "timestamp": "Timestamp",
    "prediction_label": "prediction_label",
    "prediction_score": "prediction_score",
    "actual_label": "actual_label",
    "actual_score": "actual_score",
    "tags": "tag/",
    "features": "feature/",
    "embedding_features": [{"embedding_1": {"vector": "image_vector", "link_to_data": "image_link"}}],
}
SEED_ROW: dict[str, Any] = {
    "prediction_id": ["1"],
    "image_vector": [[1.0, 2.0, 3.0]],
    "image_link": ["https://link-to-my-image.png"],
    "prediction_label": ["car"],
    "actual_label": ["bus"],
    "prediction_score": [0.3],
    "actual_score": [1],
    "Timestamp": [S0_TIME],
}
BOXES_SCHEMA: dict[str, Any] = {
    "prediction_id": "prediction_id",
    "object_detection_prediction_column_names": {
        "bounding_boxes_coordinates_column_name": "prediction_bboxes",
        "categories_column_name": "prediction_categories",
        "scores_column_name": "prediction_scores",
    },
}
BOXES_ROW: dict[str, Any] = {
    "prediction_id": ["1"],
    "prediction_bboxes": [[[10.0, 20.0, 30.0, 40.0]]],
    "prediction_categories": [["bus"]],
    "prediction_scores": [[0.5]],
    "tag/width": [100],
    "tag/height": [100],
}
OUTLINES_SCHEMA: dict[str, Any] = {
    "prediction_id": "prediction_id",
    "instance_segmentation_actual_column_names": {
        "polygon_coordinates_column_name": "actual_polygons",
        "categories_column_name": "actual_categories",
    },
}
OUTLINES_ROW: dict[str, Any] = {
    "prediction_id": ["1"],
    "actual_polygons": [[[10.0, 10.0, 50.0, 10.0, 50.0, 50.0]]],
    "actual_categories": [["bus"]],
    "tag/width": [100],
    "tag/height": [100],
}
LISTS_SCHEMA: dict[str, Any] = {"prediction_id": "prediction_id", "prediction_score": "s", "actual_score": "a"}
LISTS_ROW: dict[str, Any] = {
    "prediction_id": ["1"],
    "s": [[{"class_name": "car", "score": 0.3}, {"class_name": "bus", "score": 0.7}]],
    "a": [[{"class_name": "car", "score": 0.0}, {"class_name": "bus", "score": 1.0}]],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A table.

    Attributes:
        change: Columns that differ from `row`; None takes one away.
        code: Finding of Relook; empty when it takes the table.
        error: Error class of Arize; empty when it takes the table.
        types: Types of columns that pandas and Arrow would not choose themselves.
        schema_change: Keys of the schema that differ; None takes one away.
    """

    change: Mapping[str, Any]
    code: str
    error: str
    row: Mapping[str, Any] = field(default_factory=lambda: SEED_ROW)
    schema: Mapping[str, Any] = field(default_factory=lambda: SEED_SCHEMA)
    types: Mapping[str, pa.DataType] = field(default_factory=dict[str, pa.DataType])
    schema_change: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def fields(self) -> dict[str, Any]:
        merged = {**self.schema, **self.schema_change}
        return {key: value for key, value in merged.items() if value is not None}

    @property
    def table(self) -> pa.Table:
        merged = {**self.row, **self.change}
        return pa.table(
            {name: pa.array(values, self.types.get(name)) for name, values in merged.items() if values is not None}
        )

    def save(self, folder: Path) -> Path:
        """Write the table and its schema; the table's path."""
        path = folder / "case.parquet"
        pq.write_table(self.table, path)
        (folder / "case.schema.json").write_text(json.dumps(self.fields))
        return path


def boxes(code: str, error: str, **change: Any) -> Case:
    return Case(change, code, error, BOXES_ROW, BOXES_SCHEMA)


def outlines(code: str, error: str, ring: list[float]) -> Case:
    return Case({"actual_polygons": [[ring]]}, code, error, OUTLINES_ROW, OUTLINES_SCHEMA)


def lists(code: str, error: str, **change: Any) -> Case:
    return Case(change, code, error, LISTS_ROW, LISTS_SCHEMA)


WIDE = [10.0, 10.0, 50.0, 10.0, 50.0, 50.0, 10.0, 50.0]
CASES: dict[str, Case] = {
    "the row of the documentation": Case({}, "", ""),
    "numbers as ids": Case({"prediction_id": [7]}, "", ""),
    "decimal numbers as ids": Case({"prediction_id": [7.5]}, "AR002", "Invalid_Type"),
    "an empty id": Case({"prediction_id": [""]}, "AR009", "Invalid_String_Length_In_Column"),
    "an id of 513 characters": Case({"prediction_id": ["x" * 513]}, "AR009", "Invalid_String_Length_In_Column"),
    "an id of 512 characters": Case({"prediction_id": ["x" * 512]}, "", ""),
    "a missing id": Case(
        {name: values * 2 for name, values in SEED_ROW.items()} | {"prediction_id": ["1", None]},
        "AR007",
        "Invalid_Missing_Value",
    ),
    "a time more than 5 years past": Case({"Timestamp": [S0_TIME - 6 * 31536000]}, "AR008", "Invalid_Timestamp_Value"),
    "a time more than 1 year ahead": Case({"Timestamp": [S0_TIME + 2 * 31536000]}, "AR008", "Invalid_Timestamp_Value"),
    "milliseconds": Case({"Timestamp": [S0_TIME * 1000]}, "AR008", "Invalid_Timestamp_Value"),
    "a time as text": Case({"Timestamp": ["2021-04-16T16:34:42Z"]}, "AR051", "Invalid_Type"),
    "a missing time": Case(
        {name: values * 2 for name, values in SEED_ROW.items()} | {"Timestamp": [S0_TIME, None]},
        "AR007",
        "Invalid_Missing_Value",
    ),
    "a list as label": Case({"prediction_label": [["car"]]}, "AR002", "Invalid_Type"),
    "a score as text": Case({"prediction_score": ["0.3"]}, "AR002", "Invalid_Type"),
    "a score above 1": Case({"prediction_score": [1.7]}, "EX012", ""),
    "labels that are numbers": Case({"prediction_label": [1], "actual_label": [True]}, "", ""),
    "nothing said": Case(
        {"prediction_label": [None], "prediction_score": [None], "actual_label": [None], "actual_score": [None]},
        "AR013",
        "Invalid_Record",
    ),
    "an actual alone": Case(
        {"prediction_label": None, "prediction_score": None},
        "",
        "",
        schema_change={"prediction_label": None, "prediction_score": None},
    ),
    "an actual alone without id": Case(
        {"prediction_id": None, "prediction_label": None, "prediction_score": None},
        "AR014",
        "Missing_Prediction_Id_Column_For_Delayed_Records",
        schema_change={"prediction_id": None, "prediction_label": None, "prediction_score": None},
    ),
    "a column that is not there": Case({}, "AR001", "Missing_Columns", schema_change={"actual_score": "ACTUAL_SCORE"}),
    "a vector of whole numbers": Case({"image_vector": [[1, 2, 3]]}, "AR003", "Invalid_Type_Features"),
    "a vector of half floats": Case(
        {"image_vector": [[1.0, 2.0]]},
        "AR003",
        "Invalid_Type_Features",
        types={"image_vector": pa.list_(pa.float16())},
    ),
    "a vector of one number": Case({"image_vector": [[1.0]]}, "AR011", "Invalid_Value_Embedding_Vector_Dimensionality"),
    "a vector of 20,001 numbers": Case(
        {"image_vector": [[1.0] * 20_001]}, "AR011", "Invalid_Value_Embedding_Vector_Dimensionality"
    ),
    "empty vectors only": Case({"image_vector": [[]]}, "AR003", "Invalid_Type_Features"),
    "links that are missing": Case({"image_link": [None]}, "AR003", "Invalid_Type_Features"),
    "a local path as link": Case({"image_link": ["photos/1.jpg"]}, "", ""),
    "a feature named _shap": Case({"feature/state_shap": ["ca"]}, "AR005", "Invalid_SHAP_Suffix"),
    "a feature that is a list of numbers": Case({"feature/x": [[1.0]]}, "AR003", "Invalid_Type_Features"),
    "a feature that is a list of texts": Case({"feature/x": [["a"]]}, "AR053", ""),
    "a tag that is a list": Case({"tag/x": [["a"]]}, "AR004", "Invalid_Type_Tags"),
    "a tag of 20,001 characters": Case({"tag/x": ["a" * 20_001]}, "AR010", "Invalid_Tag_Length"),
    "boxes": boxes("", ""),
    "no box": boxes(
        "AR006", "Invalid_Type_Columns", prediction_bboxes=[[]], prediction_categories=[[]], prediction_scores=[[]]
    ),
    "an inverted box": boxes("AR015", "Invalid_Bounding_Boxes_Coordinates", prediction_bboxes=[[[30.0, 20, 10, 40]]]),
    "a negative box": boxes("AR015", "Invalid_Bounding_Boxes_Coordinates", prediction_bboxes=[[[-1.0, 20, 10, 40]]]),
    "a box of three numbers": boxes("AR015", "Invalid_Bounding_Boxes_Coordinates", prediction_bboxes=[[[1.0, 2, 3]]]),
    "a box in fractions": boxes("AR052", "", prediction_bboxes=[[[0.1, 0.2, 0.3, 0.4]]]),
    "a box of NaN": boxes("EX005", "", prediction_bboxes=[[[float("nan"), 0.2, 0.3, 0.4]]]),
    "two boxes and one category": boxes("AR050", "", prediction_bboxes=[[[10.0, 20, 30, 40], [1.0, 2, 3, 4]]]),
    "a category that is missing": boxes(
        "AR016",
        "Invalid_Bounding_Boxes_Categories",
        prediction_bboxes=[[[10.0, 20, 30, 40]] * 2],
        prediction_categories=[["bus", None]],
        prediction_scores=[[0.5, 0.5]],
    ),
    "an empty category": boxes("EX004", "", prediction_categories=[[""]]),
    "a score of a box above 1": boxes("AR017", "Invalid_Bounding_Boxes_Scores", prediction_scores=[[1.5]]),
    "labels beside boxes": Case(
        {"prediction_label": ["car"]},
        "AR027",
        "Invalid_Prediction_or_Actual_Column_Names_for_Model_Type",
        BOXES_ROW,
        BOXES_SCHEMA,
        schema_change={"prediction_label": "prediction_label"},
    ),
    "an outline": outlines("", "", WIDE),
    "a closed outline": outlines("AR018", "Invalid_Polygon_Coordinates", [*WIDE, 10.0, 10.0]),
    "an outline that crosses itself": outlines(
        "AR018", "Invalid_Polygon_Coordinates", [10.0, 10.0, 50.0, 50.0, 50.0, 10.0, 10.0, 50.0]
    ),
    "an outline that touches itself": outlines(
        "AR018", "Invalid_Polygon_Coordinates", [10.0, 10.0, 50.0, 10.0, 50.0, 50.0, 30.0, 10.0]
    ),
    "an outline there and back": outlines("AR018", "Invalid_Polygon_Coordinates", [10.0, 10.0, 50.0, 50.0, 10.0, 10.0]),
    "an outline of two points": outlines("AR018", "Invalid_Polygon_Coordinates", [10.0, 10.0, 50.0, 10.0]),
    "an outline of five numbers and two": outlines("AR018", "Invalid_Polygon_Coordinates", [1.0, 1, 5, 1, 5, 5, 7]),
    "a negative outline": outlines("AR018", "Invalid_Polygon_Coordinates", [-1.0, 10.0, 50.0, 10.0, 50.0, 50.0]),
    "lists of classes": lists("", ""),
    "an empty list of classes": lists(
        "AR021", "KeyError", **{name: [*values, values[0] if name != "s" else []] for name, values in LISTS_ROW.items()}
    ),
    "a class of 101 characters": lists(
        "AR022", "Invalid_Multi_Class_Class_Name_Length", s=[[{"class_name": "x" * 101, "score": 0.5}]]
    ),
    "a class scored above 1": lists(
        "AR023", "Invalid_Multi_Class_Pred_Score_Value", s=[[{"class_name": "car", "score": 1.5}]]
    ),
    "an actual class scored a half": lists(
        "AR024", "Invalid_Multi_Class_Act_Score_Value", a=[[{"class_name": "car", "score": 0.5}]]
    ),
}
