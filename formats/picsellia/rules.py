"""What Picsellia's SDK refuses, and what it lets through although it cannot be meant (formats.md 6.1 to 6.3)."""

from __future__ import annotations

from domain.finding import Severity
from formats.base import EXCHANGE_RULES, Rule

_ERRORS = {
    "PI001": "The lists of a prediction are missing or differ in length (incoherent lists)",
    "PI002": "There are not as many texts as classes",
    "PI003": "A class is not a whole number from 0 (the SDK takes negative ones)",
    "PI004": "A score is not between 0 and 1 (the SDK takes any, NaN too)",
    "PI005": "A box is not four whole numbers (the SDK takes three)",
    "PI006": "A box is empty or upside down; its order is top, left, bottom, right (the SDK takes it)",
    "PI007": "A mask is not a list of at least three points of two whole numbers (the SDK takes one point)",
    "PI008": "The latency is missing, or not a number from 0",
    "PI009": "A shadow prediction has no latency",
    "PI010": "The shadow prediction is of another kind than the prediction",
    "PI011": "The height or width is missing, or not a whole number above 0",
    "PI012": "The content type is neither IMAGE/PNG nor IMAGE/JPEG",
    "PI013": "The source, tags or timestamp are of the wrong kind",
}

PICSELLIA_RULES: tuple[Rule, ...] = (
    *EXCHANGE_RULES,
    *(Rule(code, Severity.ERROR, title) for code, title in _ERRORS.items()),
    Rule("PI050", Severity.WARNING, "A shadow latency without a shadow prediction is ignored"),
    Rule("PI051", Severity.WARNING, "The payload holds a shadow prediction only"),
    Rule("PI052", Severity.WARNING, "A timestamp looks like milliseconds"),
    Rule("PI053", Severity.INFO, "Keys that Relook has no place for are left out"),
)

CHAMPION = "champion"
SHADOW = "shadow"
CONTENT_TYPES = {".png": "IMAGE/PNG", ".jpg": "IMAGE/JPEG", ".jpeg": "IMAGE/JPEG"}
