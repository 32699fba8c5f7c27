"""What Arize refuses (named after the errors of its own validator), and what it takes although it cannot be meant."""

from __future__ import annotations

from domain.finding import Severity
from formats.base import EXCHANGE_RULES, Rule

_REFUSALS = {
    "AR001": "Missing_Columns: a column that the schema names is not in the file",
    "AR002": "Invalid_Type: an id, time, label or score is of a kind Arize refuses",
    "AR003": "Invalid_Type_Features: a feature or vector is of a kind Arize refuses",
    "AR004": "Invalid_Type_Tags: a tag is of a kind Arize refuses",
    "AR005": "Invalid_SHAP_Suffix: the name of a column ends in _shap",
    "AR006": "Invalid_Type_Columns: boxes, outlines, categories or scores are of a kind Arize refuses",
    "AR007": "Invalid_Missing_Value: an id or time is missing in some rows",
    "AR008": "Invalid_Timestamp_Value: a time is more than 5 years past or 1 year ahead",
    "AR009": "Invalid_String_Length_In_Column: an id has no or more than 512 characters",
    "AR010": "Invalid_Tag_Length: a tag has more than 20,000 characters",
    "AR011": "Invalid_Value_Embedding_Vector_Dimensionality: a vector has one or more than 20,000 numbers",
    "AR012": "Invalid_Value_Embedding_Raw_Data_Too_Long: the text beside a vector has more than 2,000,000 characters",
    "AR013": "Invalid_Record: a row has neither prediction nor actual",
    "AR014": "Missing_Prediction_Id_Column_For_Delayed_Records: actuals alone need an id to be joined by",
    "AR015": "Invalid_Bounding_Boxes_Coordinates",
    "AR016": "Invalid_Bounding_Boxes_Categories",
    "AR017": "Invalid_Bounding_Boxes_Scores",
    "AR018": "Invalid_Polygon_Coordinates",
    "AR019": "Invalid_Polygon_Categories",
    "AR020": "Invalid_Polygon_Scores",
    "AR021": "Invalid_Num_classes_Multi_Class_Map: a row lists no or more than 500 classes",
    "AR022": "Invalid_Multi_Class_Class_Name_Length: a class has no name or one of more than 100 characters",
    "AR023": "Invalid_Multi_Class_Pred_Score_Value: a predicted score is not between 0 and 1",
    "AR024": "Invalid_Multi_Class_Act_Score_Value: an actual score is neither 0 nor 1",
    "AR025": "Duplicate_Columns_In_Dataframe",
    "AR026": "Invalid_Number_Of_Embeddings: more than 30 embeddings",
    "AR027": "Invalid_Prediction_or_Actual_Column_Names_for_Model_Type: labels or scores beside boxes or outlines",
    "AR028": "Invalid_Index: the rows are not numbered from 0",
}

ARIZE_RULES: tuple[Rule, ...] = (
    *EXCHANGE_RULES,
    *(Rule(code, Severity.ERROR, title) for code, title in _REFUSALS.items()),
    Rule("AR050", Severity.ERROR, "Boxes, categories and scores differ in number (Arize does not notice)"),
    Rule("AR051", Severity.WARNING, "A time is text: the file import takes it, the SDK refuses it"),
    Rule("AR052", Severity.WARNING, "Pixels look like fractions (Arize does not notice)"),
    Rule("AR054", Severity.INFO, "A table beside the file belongs to it and is read too"),
    Rule("AR053", Severity.WARNING, "Columns that Relook has no place for are left out"),
)

OLDEST_S = 5 * 365 * 86400
NEWEST_S = 365 * 86400
LONGEST_ID = 512
LONGEST_TAG = 20_000
LONGEST_RAW_DATA = 2_000_000
LARGEST_VECTOR = 20_000
MOST_EMBEDDINGS = 30
MOST_CLASSES = 500
LONGEST_CLASS = 100
