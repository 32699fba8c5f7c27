"""The fast reader of prediction files says exactly what the careful one says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plain_content import to_plain
from domain.prediction import Task
from formats.azure.plain_predictions import PlainPredictions
from formats.azure.predictions import PredictionReader

FILES = st.sampled_from(["a.jpg", "b:c.jpg", 'q".jpg', "é.jpg", "", " ", None, 5])
NAMES = st.sampled_from(["can", "a:b", "é", '"', "", " ", None, 3])
SCORES = st.one_of(st.floats(0, 1), st.sampled_from([0, 1, 1.0000001, -1e-7, 2, "0.5", None, True, float("nan")]))
SIDES = st.one_of(st.floats(0, 1), st.sampled_from([0, 1, -0.1, 1.4, 1.6, 300, "0.5", None, 1e308]))
KEYS = ("topX", "topY", "bottomX", "bottomY")
GOOD_BOX = {"topX": st.floats(0, 0.4), "topY": st.just(0), "bottomX": st.floats(0.5, 1), "bottomY": st.just(1)}
CORNERS = st.one_of(st.fixed_dictionaries(GOOD_BOX), st.fixed_dictionaries(dict.fromkeys(KEYS, SIDES)))
OBJECTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"box": CORNERS, "label": st.just("can"), "score": st.floats(0, 1)}),
        st.fixed_dictionaries(
            {"box": CORNERS, "label": NAMES, "score": SCORES},
            optional={"polygon": st.just([[0.1] * 6]), "id": st.just(1)},
        ),
    ),
    max_size=3,
)
CLASSES = st.lists(st.tuples(NAMES, SCORES), max_size=3)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    pairs = draw(CLASSES)
    value: dict[str, Any] = {"filename": draw(FILES)}
    if draw(st.booleans()):
        value["boxes"] = draw(OBJECTS)
    else:
        value |= {"probs": [score for _, score in pairs], "labels": [name for name, _ in pairs]}
    raw = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    kind = draw(st.sampled_from(["whole"] * 5 + ["cut", "twice", "blank", "python"]))
    return {
        "cut": raw[: len(raw) // 2],
        "twice": raw.replace(b"{", b'{"filename":"x:y",', 1),
        "blank": b" ",
        "python": repr(value).encode(),
    }.get(kind, raw)


@pytest.mark.parametrize("task", [*Task, None])
@given(data=st.data())
def test_lines_and_findings_are_those_of_the_careful_reader(task: Task | None, data: st.DataObject):
    file = [line + b"\n" for line in data.draw(st.lists(lines(), max_size=8))]
    careful, quick = PredictionReader("f", task), PredictionReader("f", task)

    records, found = list(careful.read(file)), list(quick.read_plain(file))

    assert [(line.line, line.image_url, line.text, line.findings) for line in found] == [
        (record.line, record.image_url, record.text, record.findings) for record in records
    ]
    for line, record in zip(found, records, strict=True):
        assert json.dumps(line.plain) == json.dumps(None if record.content is None else to_plain(record.content))
        assert line.is_refused == record.is_refused
    assert quick.file_findings() == careful.file_findings()


def test_what_batch_jobs_write_is_decoded_straight():
    box = dict(zip(KEYS, (0.1, 0.2, 0.3, 1.01), strict=True))
    objects = {"filename": "a.jpg", "boxes": [{"box": box, "label": "a:b", "score": 1}]}
    classes = {"filename": "a.jpg", "probs": [0.5, 0], "labels": ["can", "é"]}
    for value, has_objects in ((objects, True), (classes, False)):
        raw = json.dumps(value, ensure_ascii=False).encode()
        assert PlainPredictions(has_objects=has_objects).decode(raw) is not None
        assert PlainPredictions(has_objects=not has_objects).decode(raw) is None
