from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import LimitError
from domain.finding import Severity
from domain.prediction import Instances
from formats import FORMATS
from formats.base import FileReport, ReadOptions
from tests.formats.coco.documents import SQUARE, annotation, document, read, result

VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    [1, 2],
    {"size": [50, 100], "counts": "0"},
    {"size": [50, 100], "counts": [0, 5000]},
    [SQUARE],
    [[1e308] * 6],
    [[10**400] * 6],
]


@pytest.mark.parametrize(
    ("data", "code", "message", "place"),
    [
        (b"", "EX001", "is empty", (None, None)),
        (b" \n ", "EX001", "is empty", (None, None)),
        (b'{"images": [}', "EX001", "This is not JSON", (1, 13)),
        (b'{"images": [],\n "annotations": [],}', "EX001", "trailing comma", (2, 20)),
        (b'{"images": [1, 2', "EX001", "ends in the middle", (1, 17)),
        (b'{"images": []} x', "EX001", "trailing characters", (1, 17)),
        (b'{"images":\n "\xff"}', "EX001", "not UTF-8", (2, None)),
        ('{"images": []}'.encode("utf-16"), "EX001", "not UTF-8", (1, None)),
        (b'{"images":' + b"[" * 200_000, "EX001", "nested too deeply", (None, None)),
        (b"5", "EX001", "neither an object nor a list", (1, None)),
        (b"[]", "EX003", "The document is a list", (None, None)),
        (b'"' + b'\\"' * 100_000, "EX001", "middle", (1, 200_002)),
    ],
)
def test_what_is_no_document_is_told_with_its_place(
    tmp_path: Path, data: bytes, code: str, message: str, place: tuple[int | None, int | None]
) -> None:
    reading = read(tmp_path, data)
    assert reading.records == []
    (finding,) = reading.findings
    assert finding.code == code
    assert message in finding.message
    assert (finding.line, finding.column) == place


def test_a_list_that_stands_twice_is_told(tmp_path: Path) -> None:
    text = json.dumps(document())
    twice = text.replace('"annotations"', '"annotations": [{"id": 8, "bbox": "{,:"}], "annotations"')
    assert read(tmp_path, twice.encode()).codes == ["EX010"]
    assert read(tmp_path, twice.replace("[10, 10", "[NaN, 10").encode()).codes == ["EX005", "EX010"]
    assert read(tmp_path, json.dumps(document(note='"images": [')).encode()).codes == ["EX009"]


def test_a_mark_and_other_line_ends_do_not_matter(tmp_path: Path) -> None:
    text = json.dumps(document(), indent=2).replace("\n", "\r\n")
    assert read(tmp_path, b"\xef\xbb\xbf" + text.encode()).codes == []


def test_a_name_with_half_a_pair_can_be_written_again(tmp_path: Path) -> None:
    images = [{"id": 1, "width": 9, "height": 9, "file_name": "a\ud83d.jpg"}]
    categories = [{"id": 1, "name": "\ude00can NaN"}]
    reading = read(tmp_path, document(images=images, categories=categories))
    assert reading.records[0].image_url == "a\ufffd.jpg"
    assert reading.items[0].label == "\ufffdcan NaN"


def test_a_document_above_the_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.json"
    with file.open("wb") as stream:
        stream.truncate(2 * 1024**3)
    with pytest.raises(LimitError, match="can be read in one piece"):
        list(FORMATS["coco"]().read(file, ReadOptions(), FileReport("big.json")))


@settings(max_examples=300)
@given(data=st.data())
def test_any_value_in_any_place_gives_findings_and_no_error(data: st.DataObject) -> None:
    part = annotation(segmentation=[SQUARE])
    name = data.draw(st.sampled_from(["coco", "coco-results"]))
    where = data.draw(st.sampled_from(sorted({**part, "score": 1})))
    value = data.draw(st.sampled_from(VALUES))
    content: Any = [{**result(segmentation=[SQUARE]), where: value}]
    if name == "coco":
        outer = data.draw(st.sampled_from(["annotations", "images", "categories"]))
        inner = document()[outer][0] if outer != "annotations" else part
        key = where if outer == "annotations" else data.draw(st.sampled_from(sorted(inner)))
        content = document(**{outer: data.draw(st.sampled_from([[{**inner, key: value}], [value], value]))})
    with TemporaryDirectory() as folder:
        reading = read(Path(folder), content, name=name)
    if content != document(annotations=[]):
        check(reading)


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(["coco", "coco-results"]))
def test_broken_bytes_give_findings_and_no_error(seed: int, name: str) -> None:
    whole: Any = document(annotations=[annotation(segmentation=[SQUARE])])
    if name == "coco-results":
        whole = [result(segmentation=[SQUARE], image_id="a.jpg")]
    with TemporaryDirectory() as folder:
        check(read(Path(folder), break_bytes(json.dumps(whole).encode(), seed), name=name))


def break_bytes(data: bytes, seed: int) -> bytes:
    """Flip, cut, double or drop some bytes."""
    chance, broken = random.Random(seed), bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(broken))
        end = place + chance.randint(1, 20)
        change = chance.randrange(4)
        if change == 0:
            broken[place] = chance.randrange(256)
        elif change == 1:
            broken[place:place] = broken[place:end]
        elif change == 2:
            del broken[place:end]
        else:
            broken[place:end] = chance.choice([b"NaN", b"1e999", b"null", b"[[", b"\\ud800", b'"', b"-"])
    return bytes(broken)


def check(reading: Any) -> None:
    """The one object is there, or an error says why not; and what is there can be used."""
    contents = [record.content for record in reading.records]
    objects = sum(len(content.items) for content in contents if isinstance(content, Instances))
    assert objects or Severity.ERROR in {finding.severity for finding in reading.findings}
    for record in reading.records:
        assert record.content is None or record.size is not None
        record.image_url.encode()
