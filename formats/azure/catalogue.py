"""Every code a label file (JL) or prediction file (PR) can be given, with its severity: the one table."""

from __future__ import annotations

from dataclasses import dataclass

from domain.finding import Severity
from formats.base import Rule

_RULES = (
    Rule("JL001", Severity.ERROR, "The line is not one valid JSON object"),
    Rule("JL002", Severity.ERROR, "image_url is missing, empty or incomplete"),
    Rule("JL003", Severity.WARNING, "image_url does not name a place in an Azure datastore"),
    Rule("JL004", Severity.ERROR, "label is missing"),
    Rule("JL005", Severity.ERROR, "The label does not fit the task of the file"),
    Rule("JL006", Severity.ERROR, "A box coordinate is missing, not a number or outside 0 to 1"),
    Rule("JL007", Severity.ERROR, "A box is empty or upside down"),
    Rule("JL008", Severity.ERROR, "A polygon cannot be used"),
    Rule("JL008b", Severity.ERROR, "Azure would drop a part of a polygon"),
    Rule("JL009", Severity.WARNING, "Kept, but worth a look"),
    Rule("JL010", Severity.ERROR, "Class names are partly text and partly numbers"),
    Rule("JL011", Severity.WARNING, "The image file is missing, ambiguous or unreadable"),
    Rule("JL012", Severity.ERROR, "The file holds no usable object"),
    Rule("JL013", Severity.WARNING, "A number is NaN or infinite"),
    Rule("JL014", Severity.ERROR, "The file is written in another notation"),
    Rule("JL015", Severity.WARNING, "A line in another notation was read as what it obviously is"),
    Rule("PR001", Severity.ERROR, "The line is neither JSON nor a Python literal"),
    Rule("PR002", Severity.ERROR, "The image is not named"),
    Rule("PR003", Severity.WARNING, "The image was predicted on an earlier line"),
    Rule("PR004", Severity.ERROR, "The line holds no prediction of a known shape"),
    Rule("PR005", Severity.ERROR, "The prediction does not fit the task of the file"),
    Rule("PR006", Severity.ERROR, "Classes and probabilities do not pair up"),
    Rule("PR007", Severity.ERROR, "A score is missing, not a number or outside 0 to 1"),
    Rule("PR008", Severity.ERROR, "A box coordinate is missing or not a number"),
    Rule("PR009", Severity.WARNING, "Kept, but worth a look"),
    Rule("PR010", Severity.ERROR, "A box is empty or upside down"),
    Rule("PR011", Severity.WARNING, "A part of a polygon cannot be drawn and is left out"),
    Rule("PR012", Severity.ERROR, "A class name is missing or not text"),
    Rule("PR013", Severity.WARNING, "A number is NaN or infinite"),
    Rule("PR014", Severity.WARNING, "A box lies far outside the image"),
)

CATALOGUE: dict[str, Rule] = {rule.code: rule for rule in _RULES}
"""Code -> rule, in reading order. JL011 becomes an error where an image folder was given (`formats.azure.validate`)."""


@dataclass(frozen=True, slots=True)
class RemarkRule:
    """A remark that is made once per file with a count, because it may concern every line.

    Attributes:
        code: Catalogue entry.
        message: Template with {detail} and {times}.
        remedy: A full sentence.
        has_example: {detail} is only an example, so that all occurrences count together.
    """

    code: str
    message: str
    remedy: str
    has_example: bool = False


REMARKS: dict[str, RemarkRule] = {
    "byte order mark": RemarkRule(
        "JL001",
        "The file starts with a byte order mark; Azure's reader refuses its first line.",
        "Save it as UTF-8 without BOM; what Relook exports has none.",
    ),
    "url": RemarkRule(
        "JL003",
        "image_url starts with {detail}; Azure expects azureml://.../paths/... or AmlDatastore://... ({times}).",
        "Export with a URL prefix, or write the datastore address of the images.",
    ),
    "number as text": RemarkRule(
        "JL009",
        "A number is written as text, such as {detail} ({times}).",
        "Azure converts it; write plain numbers to be safe.",
        has_example=True,
    ),
    "crowd": RemarkRule(
        "JL009",
        "isCrowd is {detail}; expected 0 or 1 ({times}).",
        'Write 0 or 1; Azure takes true, "true", "True" and "1" as 1, and everything else as 0.',
    ),
    "unknown key": RemarkRule(
        "JL009", "The key {detail} is unknown to Azure, which ignores it ({times}).", "Nothing to do: it is kept."
    ),
    "closed ring": RemarkRule(
        "JL009",
        "A polygon repeats its first point at the end ({times}).",
        "Nothing to do: Azure takes open and closed rings.",
    ),
    "polygon beside box": RemarkRule(
        "JL009",
        "An object has a polygon; Azure then ignores its box keys and takes the polygon's box ({times}).",
        "Remove the polygons, or use the file for instance segmentation.",
    ),
    "image format": RemarkRule(
        "JL009",
        "The image format is {detail}; Azure names jpg, jpeg, png, jpe, jfif, bmp, tif and tiff ({times}).",
        "Check that the training platform can read these images.",
    ),
    "prediction byte order mark": RemarkRule(
        "PR009", "The file starts with a byte order mark.", "Nothing to do: it is skipped."
    ),
    "python literal": RemarkRule(
        "PR009", "A line is a Python literal instead of JSON ({times}).", "Nothing to do: it is read all the same."
    ),
    "prediction number as text": RemarkRule(
        "PR009",
        "A number is written as text, such as {detail} ({times}).",
        "Write plain numbers to be safe.",
        has_example=True,
    ),
    "class twice": RemarkRule(
        "PR009",
        "The class {detail} is listed twice on a line; the higher probability is kept ({times}).",
        "Give every class of the model its own name.",
    ),
}
"""Kind -> how it is worded, once per file."""
