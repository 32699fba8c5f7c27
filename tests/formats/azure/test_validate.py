"""Label files held against the images they are about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.finding import Finding, Severity
from formats.azure.labels import parse_labels
from formats.azure.validate import validate_labels
from formats.base import ImageMatch

URL = "azureml://datastores/shelf/paths/img/a.jpg"
RING = [0.1, 0.1, 0.5, 0.1, 0.5, 0.4]


def write(label: object, url: object = URL, **more: object) -> bytes:
    return json.dumps({"image_url": url, "label": label, **more}, separators=(",", ":")).encode()


def polygon(*rings: object) -> list[dict[str, Any]]:
    return [{"label": "kettle", "polygon": list(rings)}]


def at(finding: Finding, line: bytes) -> str:
    """What stands at the place the finding names."""
    assert finding.column is not None
    return line.decode()[finding.column - 1 :]


IMAGES = {"img/a.jpg": (40, 30), "img/broken.jpg": (0, 0)}


def find_image(url: str) -> ImageMatch:
    name = url.rsplit("/", 1)[-1]
    if name == "two.jpg":
        return ImageMatch(None, 1, ("a/two.jpg", "b/two.jpg"))
    return ImageMatch(f"img/{name}", 2) if f"img/{name}" in IMAGES else ImageMatch(None)


def validate(*lines: bytes) -> list[Finding]:
    parsed = parse_labels(lines, file="train.jsonl")
    return validate_labels(parsed, file="train.jsonl", known_images=IMAGES, find_image=find_image)


@pytest.mark.parametrize(
    ("name", "word"), [("gone.jpg", "No image file"), ("two.jpg", "a/two.jpg, b/two.jpg"), ("broken.jpg", "read")]
)
def test_jl011_is_an_error_once_the_images_are_known(name: str, word: str) -> None:
    (finding,) = validate(write("x", url=f"azureml://datastores/d/paths/{name}"))
    assert (finding.code, finding.severity, finding.line, finding.column) == ("JL011", Severity.ERROR, 1, 14)
    assert word in finding.message


def test_declared_and_real_size_are_compared() -> None:
    right, wrong = {"width": "40px", "height": 30}, {"width": 30, "height": 40}
    assert validate(write("x", image_details=right)) == []
    (finding,) = validate(write("x", image_details=wrong))
    assert (finding.code, finding.message) == ("JL009", "The line declares 30x40 pixels, the file has 40x30.")


def test_one_image_under_two_addresses_is_noticed() -> None:
    findings = validate(write("x"), write("y", url="AmlDatastore://d/img/a.jpg"))
    assert [(each.code, each.line) for each in findings] == [("JL009", 2)]


def test_a_polygon_that_crosses_itself_is_a_warning() -> None:
    bow_tie = [0.1, 0.1, 0.5, 0.5, 0.5, 0.1, 0.1, 0.5]
    line = write([*polygon(RING), *polygon(bow_tie)])
    (finding,) = validate(line)
    assert (finding.code, finding.annotation, finding.severity) == ("JL009", 1, Severity.WARNING)
    assert at(finding, line).startswith("[[0.1,0.1,0.5,0.5")


def test_closed_and_touching_rings_do_not_cross_themselves() -> None:
    touching = [0.1, 0.1, 0.3, 0.3, 0.5, 0.1, 0.5, 0.5, 0.3, 0.3, 0.1, 0.5, 0.1, 0.1]
    assert [each.message for each in validate(write(polygon(touching)))] == [
        "A polygon repeats its first point at the end (once)."
    ]
