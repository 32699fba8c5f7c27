"""The `inputs,labels` table: classes and masks, of others and of Relook, and what writing it loses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.finding import Finding
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, FileReport, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at
from formats.base.masks import rasterise
from formats.eazyml.eazyml import EazyML

BOX = Box(0.1, 0.1, 0.5, 0.5)
RING = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
OTHER = (0.6, 0.6, 0.9, 0.6, 0.9, 0.9)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)


def read(path: Path, **options: object) -> tuple[list[Record], list[Finding]]:
    report = FileReport(path.name, EazyML.rules)
    records = list(EazyML().read(path, ReadOptions(**options), report))
    return records, [*(each for record in records for each in record.findings), *report.findings]


def write(folder: Path, records: list[Record], task: Task, classes: tuple[str, ...]) -> Losses:
    eazyml, losses, options = EazyML(), Losses(), WriteOptions(task, classes)
    fitted = [record for each in records if (record := eazyml.fit(each, options, losses)) is not None]
    eazyml.write(folder, iter(fitted), options)
    found, findings = read(folder)
    assert findings == []
    assert [(each.image_url, each.role, each.size) for each in found] == [
        (each.image_url, each.role, each.size) for each in fitted
    ]
    for one, other in zip(fitted, found, strict=True):
        assert shapes(one.content) == shapes(other.content)
    return losses


def shapes(content: Content | None) -> object:
    if isinstance(content, Instances):
        return [(item.label, item.box, item.polygons) for item in content.items]
    return content


def label(content: Content, name: str = "photos/1.jpg") -> Record:
    return Record(1, "", name, content, size=(40, 30))


@pytest.mark.parametrize(
    "text",
    [
        "inputs,labels\na.jpg,can\nb.jpg,milk bottle\n",
        "\ufeffinputs,labels\r\na.jpg,can\r\nb.jpg,milk bottle\r\n",
        ",inputs,labels\n0,a.jpg,can\n1,b.jpg,milk bottle\n",
        'labels,inputs\n"can","a.jpg"\n"milk bottle","b.jpg"\n',
    ],
)
def test_tables_of_classes_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert EazyML().recognises(look_at(path))
    records, findings = read(path)
    assert findings == []
    assert [(each.image_url, each.content) for each in records] == [
        ("a.jpg", Labels({"can": 1.0})),
        ("b.jpg", Labels({"milk bottle": 1.0})),
    ]


def test_what_is_wrong_is_told_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b"inputs,labels,split\n,can,a\nb.jpg,,a\nc.jpg\nd.jpg,c\xe4n,a\n")
    records, findings = read(path)
    assert [(each.code, each.line) for each in findings] == [
        ("EX002", 2),
        ("EX004", 3),
        ("EX001", 4),
        ("EX001", 5),
        ("EX009", 1),
    ]
    assert [each.content for each in records[1:]] == [None, None, None]


def test_a_table_without_its_columns_says_so(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("image,class\na.jpg,can\n")
    assert not EazyML().recognises(look_at(path))
    assert [(each.code, each.line) for each in read(path)[1]] == [("EX003", 1)]


def mask_table(folder: Path, label_cell: str) -> Path:
    path = folder / "train.csv"
    path.write_text(f"inputs,labels\na.jpg,{label_cell}\n")
    return path


MASK = np.zeros((6, 8), dtype=np.uint8)
MASK[1:5, 2:7] = 1
MASK[2:4, 3:5] = 0


@pytest.mark.parametrize(
    ("name", "values"),
    [("m.png", MASK * 255), ("m.png", MASK), ("m.npy", MASK * 0.75), ("m.csv", MASK * 0.5), ("m.npy", MASK[None])],
)
def test_masks_become_outlines_with_their_holes(tmp_path: Path, name: str, values: np.ndarray) -> None:
    (tmp_path / "masks").mkdir()
    if name.endswith(".png"):
        Image.fromarray(values).save(tmp_path / "masks" / name)
    elif name.endswith(".npy"):
        np.save(tmp_path / "masks" / name, values)
    else:
        np.savetxt(tmp_path / "masks" / name, values, delimiter=",")
    records, findings = read(mask_table(tmp_path, f"/home/someone/data/masks/{name}"), classes={0: "tumour"})
    assert findings == []
    content = records[0].content
    assert isinstance(content, Instances)
    assert [item.label for item in content.items] == ["tumour"]
    assert records[0].size == (8, 6)
    assert len(content.items[0].polygons) == 2
    assert np.array_equal(rasterise(content.items[0].polygons, 6, 8), MASK.astype(bool))


def test_an_unnamed_mask_says_so(tmp_path: Path) -> None:
    Image.fromarray(MASK * 255).save(tmp_path / "m.png")
    records, findings = read(mask_table(tmp_path, "m.png"))
    assert [each.code for each in findings] == ["EX009"]
    assert isinstance(records[0].content, Instances)
    assert records[0].content.items[0].label == "foreground"


def test_a_matrix_of_several_classes_is_several_objects(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.stack([MASK, 1 - MASK], axis=2).astype(float))
    records, findings = read(mask_table(tmp_path, "m.npy"), classes={0: "a", 1: "b"})
    assert findings == []
    assert isinstance(records[0].content, Instances)
    assert [item.label for item in records[0].content.items] == ["a", "b"]


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd.png", "nothing.png", "a\0b.png", f"{'x' * 5000}.png"])
def test_masks_outside_the_folder_are_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "inner").mkdir()
    Image.fromarray(MASK).save(tmp_path / "secret.png")
    records, findings = read(mask_table(tmp_path / "inner", name))
    assert [each.code for each in findings] == ["EX001" if "\0" in name else "EX011"]
    assert records[0].content is None


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    Image.fromarray(MASK).save(tmp_path / "secret.png")
    (tmp_path / "inner" / "link.png").symlink_to(tmp_path / "secret.png")
    assert [each.code for each in read(mask_table(tmp_path / "inner", "link.png"))[1]] == ["EX011"]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"not a picture"])
def test_broken_masks_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.png").write_bytes(content)
    assert [each.code for each in read(mask_table(tmp_path, "m.png"))[1]] == ["EX007"]


def test_a_value_that_nothing_names_is_told(tmp_path: Path) -> None:
    Image.fromarray(MASK * 3).save(tmp_path / "m.png")
    (tmp_path / "labels.json").write_text('{"1": "a", "2": "b"}')
    findings = read(mask_table(tmp_path, "m.png"))[1]
    assert [each.code for each in findings] == ["EX007"]
    assert findings[0].message == "The mask holds 3, which labels.json does not name."


def test_classes_are_written_and_read(tmp_path: Path) -> None:
    records = [label(Labels({"=can": 1.0}), "@a.jpg"), label(Labels({"carton": 1.0}), "./b.jpg")]
    eazyml, options = EazyML(), WriteOptions(Task.CLASSIFICATION, ("=can", "carton"))
    fitted = [record for each in records if (record := eazyml.fit(each, options, Losses())) is not None]
    eazyml.write(tmp_path, iter(fitted), options)
    assert (tmp_path / "labels.csv").read_bytes() == b"inputs,labels\r\n./@a.jpg,'=can\r\n././b.jpg,carton\r\n"
    found, _ = read(tmp_path)
    assert [(each.image_url, each.content) for each in found] == [
        ("@a.jpg", Labels({"=can": 1.0})),
        ("./b.jpg", Labels({"carton": 1.0})),
    ]


def test_one_class_is_a_mask_of_black_and_white(tmp_path: Path) -> None:
    items = (Instance("1", "can", BOX, polygons=(RING, HOLE)),)
    losses = write(tmp_path, [label(Instances(items)), label(Instances(), "2.jpg")], Task.SEGMENTATION, ("can",))
    mask = np.asarray(Image.open(tmp_path / "masks" / "000001.png"))
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, rasterise((RING, HOLE), 30, 40) * 255)
    assert not np.asarray(Image.open(tmp_path / "masks" / "000002.png")).any()
    assert (tmp_path / "labels.csv").read_text() == (
        "inputs,labels\nphotos/1.jpg,masks/000001.png\n2.jpg,masks/000002.png\n"
    )
    assert json.loads((tmp_path / "labels.json").read_text()) == {"255": "can"}
    assert losses.counts == {}
    assert EazyML().recognises(look_at(tmp_path))


LOSSES: dict[str, tuple[tuple[Instance, ...], dict[Loss, int]]] = {
    "two of a class": (
        (
            Instance("1", "can", BOX, polygons=(RING,)),
            Instance("2", "can", BOX, polygons=(OTHER,)),
        ),
        {Loss.OBJECTS: 1},
    ),
    "overlapping classes": (
        (Instance("1", "can", BOX, polygons=(RING,)), Instance("2", "carton", BOX, polygons=(HOLE,))),
        {Loss.POLYGONS: 1, Loss.ROUNDED: 1},
    ),
    "between pixels": ((Instance("1", "can", BOX, polygons=((0.11, 0.1, 0.5, 0.1, 0.5, 0.5),)),), {Loss.ROUNDED: 1}),
    "outside": (
        (Instance("1", "can", BOX, polygons=((-0.1, 0.1, 0.5, 0.1, 0.5, 0.5, -0.1, 0.5),)),),
        {Loss.CLIPPED: 1, Loss.ROUNDED: 1},
    ),
    "a box": ((Instance("1", "can", BOX),), {Loss.OBJECTS: 1}),
    "an unknown class": ((Instance("1", "jar", BOX, polygons=(RING,)),), {Loss.OBJECTS: 1}),
    "smaller than a pixel": (
        (Instance("1", "can", BOX, polygons=((0.1, 0.1, 0.101, 0.1, 0.101, 0.101),)),),
        {Loss.OBJECTS: 1},
    ),
    "a crowd with a score": (
        (Instance("1", "can", BOX, 0.5, (RING,), is_crowd=True),),
        {Loss.CROWD: 1, Loss.SCORES: 1},
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_masks_lose_is_named(name: str, tmp_path: Path) -> None:
    items, expected = LOSSES[name]
    assert write(tmp_path, [label(Instances(items))], Task.SEGMENTATION, ("can", "carton")).counts == expected


def test_several_classes_share_a_mask(tmp_path: Path) -> None:
    items = (
        Instance("1", "carton", BOX, polygons=(RING,)),
        Instance("2", "can", BOX, polygons=((0.6, 0.6, 0.9, 0.6, 0.9, 0.9, 0.6, 0.9),)),
    )
    write(tmp_path, [label(Instances(items))], Task.SEGMENTATION, ("can", "carton"))
    mask = np.asarray(Image.open(tmp_path / "masks" / "000001.png"))
    assert sorted(np.unique(mask).tolist()) == [0, 1, 2]
    assert json.loads((tmp_path / "labels.json").read_text()) == {"1": "can", "2": "carton"}


@pytest.mark.parametrize(
    ("record", "task", "loss"),
    [
        (label(Labels({})), Task.CLASSIFICATION, Loss.IMAGES),
        (label(Labels({"a": 1.0, "b": 1.0})), Task.CLASSIFICATION, Loss.IMAGES),
        (label(Labels({"a": 1.0})), Task.SEGMENTATION, Loss.IMAGES),
        (Record(1, "", "a.jpg", Instances()), Task.SEGMENTATION, Loss.IMAGES),
        (Record(1, "", "a.jpg", Instances(), size=(10**6, 10**6)), Task.SEGMENTATION, None),
        (Record(1, "", "a.jpg", Labels({"a": 1.0}), role=Role.PREDICTION), Task.CLASSIFICATION, Loss.PREDICTIONS),
    ],
)
def test_images_the_table_cannot_hold_are_named(record: Record, task: Task, loss: Loss | None) -> None:
    losses = Losses()
    fitted = EazyML().fit(record, WriteOptions(task, ("a", "b")), losses)
    assert (fitted is None) is (loss is not None)
    assert losses.counts == ({loss: 1} if loss else {})


def test_facts_are_lost_and_named() -> None:
    losses = Losses()
    record = Record(1, "", "a.jpg", Labels({"a": 1.0}), facts=Facts(source="camera"))
    fitted = EazyML().fit(record, WriteOptions(Task.CLASSIFICATION), losses)
    assert fitted is not None
    assert fitted.facts == Facts()
    assert losses.counts == {Loss.FACTS: 1}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.binary(max_size=80), cells=st.lists(st.text(max_size=10), min_size=2, max_size=2))
def test_any_table_never_raises(tmp_path: Path, tail: bytes, cells: list[str]) -> None:
    path = tmp_path / "train.csv"
    line = ",".join(cells).encode(errors="replace")
    path.write_bytes(b"inputs,labels\n" + line + b"\na.jpg,m.png\n" + tail)
    read(path)
    read(path, task=Task.SEGMENTATION)
