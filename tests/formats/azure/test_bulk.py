"""The fast reader of label files says exactly what the careful one says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plain_content import to_plain
from domain.prediction import Task
from formats.azure.bulk import BulkReader
from formats.azure.image_fields import declared_size
from formats.azure.labels import LabelReader
from formats.azure.plain_lines import PLAIN_LINES
from formats.azure.validate import check_crossings

tasks = pytest.mark.parametrize("task", list(Task))

PREFIX = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/"
URLS = [
    *(f"{PREFIX}{name}" for name in ("a.jpg", "b.jpg", "c:d.jpg", 'q".jpg', "é.jpg", "\\.jpg", "x//y.jpg", "")),
    *("a.jpg", "https://x/a.jpg", "azureml://subscriptions//paths/a.jpg", "AmlDatastore://d/a.jpg", "", " ", None, 5),
]
NAMES = st.sampled_from(["can", "a:b", "é", 'a":b', "\\", "", " ", "\u2028", None, 3, True, 1.5])
NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, 0.0, -0.0, 1.0, 0.5, 1.0000000000000002, -1e-9, "0.5", None, True, 300, 1e300, float("nan")]
    ),
    st.floats(0, 1),
)
DETAILS = st.one_of(
    st.just({"format": "jpg", "width": "499px", "height": "666px"}),
    st.dictionaries(
        st.sampled_from(["format", "width", "height", "depth"]),
        st.sampled_from(["jpg", "gif", [], {}, None, 400, "400px", "0px", "x:y", 0, -1, 2**70, 400.0, True, "400.0px"]),
    ),
    st.sampled_from([None, [], "jpg"]),
)
CROWD = st.sampled_from([0, 1, True, False, 2, "1", None, 1.0])


def boxes() -> st.SearchStrategy[Any]:
    numbers = {key: st.one_of(st.floats(0, 1), NUMBERS) for key in ("topX", "topY", "bottomX", "bottomY")}
    good = {"topX": st.floats(0, 0.4), "topY": st.floats(0, 0.4), "bottomX": st.floats(0.5, 1), "bottomY": st.just(1)}
    more = {"isCrowd": CROWD, "polygon": st.sampled_from([[], [[0.1, 0.1, 0.5, 0.1, 0.5, 0.5]]]), "by": st.just("Eve")}
    plain = st.fixed_dictionaries({"label": st.sampled_from(["can", "a:b"]), **good}, optional={"isCrowd": CROWD})
    return st.one_of(plain, plain, st.fixed_dictionaries({"label": NAMES, **numbers}, optional=more))


def rings() -> st.SearchStrategy[Any]:
    ring = st.one_of(
        st.lists(st.floats(0, 1), min_size=6, max_size=6),
        st.just([0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.9]),
        st.sampled_from(
            [[], [0.1, 0.2], [0.1] * 6, [0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.1], [0.1] * 7, "x", [2.0] * 6]
        ),
    )
    return st.fixed_dictionaries(
        {"label": st.one_of(st.just("can"), NAMES), "polygon": st.lists(ring, max_size=2)},
        optional={"isCrowd": CROWD, "bbox": st.just("null"), "topX": NUMBERS},
    )


LABELS = {
    Task.DETECTION: st.lists(boxes(), max_size=3),
    Task.SEGMENTATION: st.lists(rings(), max_size=3),
    Task.CLASSIFICATION: st.one_of(st.just("can"), NAMES),
    Task.MULTILABEL: st.lists(st.one_of(st.sampled_from(["can", "jar", "jug"]), NAMES), max_size=3),
}


def values(task: Task) -> st.SearchStrategy[dict[str, Any]]:
    label = st.one_of(*[LABELS[task]] * 4, *LABELS.values(), st.sampled_from([None, {}, 1.5]))
    plain = {"image_url": st.sampled_from(URLS[:5]), "label": LABELS[task]}
    return st.one_of(
        st.fixed_dictionaries(plain, optional={"image_details": st.just({"format": "jpg", "width": 4, "height": 3})}),
        st.fixed_dictionaries(
            {}, optional={"image_url": st.sampled_from(URLS), "label": label, "image_details": DETAILS, "n": st.just(1)}
        ),
    )


@st.composite
def lines(draw: st.DrawFn, task: Task) -> bytes:
    value = draw(values(task))
    spaced = draw(st.sampled_from([(", ", ": "), (",", ":"), (",", " : "), (",\t", "\t:")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=spaced)
    raw = text.encode(errors="surrogatepass")
    kind = draw(st.sampled_from(["as it is"] * 6 + ["cut", "flipped", "twice", "padded", "garbage", "blank"]))
    if kind == "cut":
        return raw[: draw(st.integers(0, len(raw)))]
    if kind == "flipped":
        place = draw(st.integers(0, len(raw) - 1))
        return raw[:place] + draw(st.binary(min_size=1, max_size=2)) + raw[place + 1 :]
    if kind == "twice":  # the first key of some object stands there again
        return raw.replace(b"{", b'{"label":"x:y",' if draw(st.booleans()) else b'{"image_url":"a.jpg","width":1,', 1)
    if kind == "padded":
        return b" " + raw + draw(st.sampled_from([b" ", b"\r", b"\t\r", b" x", b"\0", b"\x0c"]))
    return {"garbage": draw(st.binary(max_size=20)), "blank": b"  "}.get(kind, raw)


def files(task: Task) -> st.SearchStrategy[list[bytes]]:
    start = st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf", b"PK\x03\x04"])
    made = st.tuples(start, st.lists(lines(task), max_size=9))
    return made.map(lambda parts: [(b"" if i else parts[0]) + line + b"\n" for i, line in enumerate(parts[1])])


def same(a: Any, b: Any) -> bool:
    return repr(a) == repr(b)  # NaN equals itself here, and 1 is not 1.0


@pytest.mark.parametrize("read_for", [*Task, None])
@tasks
@given(data=st.data())
def test_records_and_findings_are_those_of_the_careful_reader(task: Task, read_for: Task | None, data: st.DataObject):
    wanted = data.draw(st.sampled_from([task, task, task, read_for]))
    file = data.draw(files(task))
    careful = LabelReader("f.jsonl", wanted)
    records = list(careful.read(file))
    reader = BulkReader("f.jsonl", wanted, needs_ids=data.draw(st.booleans()))
    whole = [line.removesuffix(b"\n") for line in file]
    blocks = list(reader.read(whole[start : start + 3] for start in range(0, len(whole), 3)))

    found = [(block, index) for block in blocks for index in range(len(block))]
    assert [block.numbers[i] for block, i in found] == [record.line for record in records]
    for (block, i), record in zip(found, records, strict=True):
        plain = None if record.content is None else to_plain(record.content)
        got = block.plain_of(i)
        assert json.dumps(got) == json.dumps(plain)
        assert (block.urls[i], block.text_of(i)) == (record.image_url, record.text)
        assert block.findings_of(i) == record.findings
        assert block.size_of(i) == declared_size(record.fields)
        assert block.crossings_of(i, file="f", task=wanted) == check_crossings(record, file="f")
        if wanted is not None:
            assert same(block.record_of(i, task=wanted), record)
    assert reader.file_findings() == careful.file_findings()


@tasks
def test_what_azure_writes_is_decoded_straight(task: Task):
    label = {
        Task.DETECTION: [{"label": "can", "topX": 0.1, "topY": 0, "bottomX": 1, "bottomY": 0.5, "isCrowd": 0}],
        Task.SEGMENTATION: [{"label": "can", "isCrowd": 1, "polygon": [[0.1, 0.1, 0.5, 0.1, 0.5, 0.5]]}],
        Task.CLASSIFICATION: "can",
        Task.MULTILABEL: ["can", "jar"],
    }[task]
    for details in ({}, {"image_details": {"format": "jpg", "width": "400px", "height": 300}}):
        line = {"image_url": f"{PREFIX}a.jpg", **details, "label": label}
        for text in (
            json.dumps(line),
            json.dumps(line, indent=1).replace("\n", ""),
            json.dumps(line).replace("can", "é"),
        ):
            assert PLAIN_LINES[task]().decode(text.encode()) is not None
        assert PLAIN_LINES[task]().decode(json.dumps(line).replace("can", "\\u00e9").encode()) is not None
        assert PLAIN_LINES[task]().decode(json.dumps(line).replace("can", "\\u0000").encode()) is None
