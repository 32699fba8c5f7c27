from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import FormatError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, WriteOptions
from formats.base.files import look_at
from formats.base.masks import fill
from formats.cvat.images import Cvat

WORKED = Instance("a", "can", Box(0.26, 0.406, 0.735, 0.701), is_crowd=False)
SQUARE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
APART = (0.6, 0.6, 0.9, 0.6, 0.9, 0.9)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><labels>
    <label><name>can</name></label>
    <label><name>person</name></label><label><name>hand</name><parent>person</parent></label>
  </labels></task></meta>
"""


def read(path: Path, task: Task | None = None, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name)
    return list(Cvat().read(path, options or ReadOptions(task), report)), report


def read_shapes(folder: Path, shapes: str, task: Task | None = None, size: str = 'width="100" height="200"') -> Record:
    file = folder / "annotations.xml"
    file.write_text(f'{HEAD}<image id="0" name="a.jpg" {size}>\n{shapes}\n</image></annotations>', encoding="utf-8")
    (record,), _ = read(file, task)
    return record


def only_item(record: Record) -> Instance:
    assert isinstance(record.content, Instances)
    (item,) = record.content.items
    return item


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def labelled(*items: Instance, size: tuple[int, int] = (499, 666)) -> Record:
    return Record(1, "", "photos/1.jpg", Instances(items), size=size)


def write(path: Path, *records: Record, task: Task = Task.DETECTION, classes: tuple[str, ...] = ("can",)) -> str:
    Cvat().write(path, records, WriteOptions(task, classes))
    return path.read_text(encoding="utf-8")


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    text = write(tmp_path / "a.xml", labelled(WORKED))
    assert (
        '<box label="can" source="manual" occluded="0" xtl="129.74" ytl="270.396" xbr="366.765" ybr="466.866" '
        'z_order="0"><attribute name="isCrowd">0</attribute></box>'
    ) in text
    (record,), report = read(tmp_path / "a.xml")
    assert record.content == Instances((replace(WORKED, instance_id="cvat1.1"),))
    assert (record.image_url, record.size, record.findings) == ("photos/1.jpg", (499, 666), ())
    assert (report.task, report.classes) == (Task.DETECTION, ("can",))


def test_the_document_stands_in_the_order_cvat_writes(tmp_path: Path) -> None:
    text = write(tmp_path / "a.xml", labelled(WORKED), classes=("can", "a<b"))
    root = ElementTree.fromstring(text)
    assert [child.tag for child in root] == ["version", "meta", "image"]
    assert [name.text for name in root.iter("name")][:4] == ["Relook", "can", "isCrowd", "a<b"]
    assert root.find("image").attrib == {"id": "0", "name": "photos/1.jpg", "width": "499", "height": "666"}


def test_rings_of_one_object_share_a_group(tmp_path: Path) -> None:
    parts = replace(WORKED, polygons=(SQUARE, APART), box=Box(0.1, 0.1, 0.9, 0.9), is_crowd=True)
    alone = replace(WORKED, polygons=(APART,), box=Box(0.6, 0.6, 0.9, 0.9), is_crowd=None)
    text = write(tmp_path / "a.xml", labelled(parts, alone, parts), task=Task.SEGMENTATION)
    assert [text.count(f'group_id="{group}"') for group in (1, 2, 3)] == [2, 2, 0]
    (record,), report = read(tmp_path / "a.xml")
    assert report.task is Task.SEGMENTATION
    assert isinstance(record.content, Instances)
    assert [item.is_crowd for item in record.content.items] == [True, None, True]
    for item, rings in zip(record.content.items, [(SQUARE, APART), (APART,), (SQUARE, APART)], strict=True):
        assert [list(ring) for ring in item.polygons] == [pytest.approx(list(ring), abs=1e-15) for ring in rings]
    assert 'points="49.9,66.6;249.5,66.6;249.5,333;49.9,333"' in text


def test_a_group_of_two_classes_stays_two_objects(tmp_path: Path) -> None:
    polygon = '<polygon label="{}" points="10,20;50,20;50,60" group_id="7"/>'
    record = read_shapes(tmp_path, polygon.format("can") + polygon.format("person") + polygon.format("can"))
    assert isinstance(record.content, Instances)
    assert [(item.label, len(item.polygons)) for item in record.content.items] == [("can", 2), ("person", 1)]


def test_holes_are_filled_and_named() -> None:
    losses = Losses()
    holed = labelled(replace(WORKED, polygons=(SQUARE, HOLE)))
    fitted = Cvat().fit(holed, WriteOptions(Task.SEGMENTATION), losses)
    assert fitted is not None
    assert only_item(fitted).polygons == (SQUARE,)
    assert losses.counts == {Loss.HOLES: 1}


def test_overlapping_rings_are_joined_with_the_pixels_they_cover() -> None:
    beside = (0.3, 0.3, 0.8, 0.3, 0.8, 0.8, 0.3, 0.8)
    losses = Losses()
    fitted = Cvat().fit(labelled(replace(WORKED, polygons=(SQUARE, beside))), WriteOptions(Task.SEGMENTATION), losses)
    assert fitted is not None
    masks = [fill([ring], 666, 499).to_mask() for ring in (SQUARE, beside)]
    assert np.array_equal(fill(only_item(fitted).polygons, 666, 499).to_mask(), masks[0] | masks[1])
    assert losses.counts == {Loss.HOLES: 1}


def test_tags_are_classes_of_the_image(tmp_path: Path) -> None:
    records = [
        replace(labelled(), content=Labels(dict.fromkeys(names, 1.0)), image_url=f"{index}.jpg")
        for index, names in enumerate([("can", "a&b"), (), ("can",)])
    ]
    write(tmp_path / "a.xml", *records, task=Task.MULTILABEL)
    read_records, report = read(tmp_path / "a.xml")
    assert report.task is Task.MULTILABEL
    assert [record.content for record in read_records] == [record.content for record in records]


def test_multi_class_needs_exactly_one_tag(tmp_path: Path) -> None:
    none = read_shapes(tmp_path, "", Task.CLASSIFICATION)
    assert (none.content, codes(none)) == (None, ["EX004"])
    two = read_shapes(tmp_path, '<tag label="a"/><tag label="b"/>', Task.CLASSIFICATION)
    assert codes(two) == ["EX009"]
    losses = Losses()
    assert Cvat().fit(two, WriteOptions(Task.CLASSIFICATION), losses) is None
    assert losses.counts == {Loss.IMAGES: 1}


def test_a_turned_box_is_an_outline_in_segmentation_and_the_box_around_it_in_detection(tmp_path: Path) -> None:
    turned = '<box label="can" xtl="20" ytl="90" xbr="60" ybr="110" rotation="90"/>'
    record = read_shapes(tmp_path, turned)
    assert codes(record) == ["EX009"]
    item = only_item(record)
    assert item.polygons == ()
    assert item.box.as_tuple() == pytest.approx((30 / 100, 80 / 200, 50 / 100, 120 / 200))
    assert codes(read_shapes(tmp_path, turned.replace('rotation="90"', 'rotation="360.0"'))) == []
    outlined = only_item(read_shapes(tmp_path, turned, Task.SEGMENTATION))
    corners = [0.5, 0.4, 0.5, 0.6, 0.3, 0.6, 0.3, 0.4]
    assert list(outlined.polygons[0]) == pytest.approx(corners)


def test_a_mask_becomes_an_outline_of_the_same_pixels(tmp_path: Path) -> None:
    mask = '<mask label="can" rle="1, 3, 1, 1, 3, 1" left="40" top="50" width="5" height="2"/>'
    record = read_shapes(tmp_path, mask)
    assert codes(record) == ["EX009"]
    found = fill(only_item(record).polygons, 200, 100).to_mask()
    expected = np.zeros((200, 100), dtype=bool)
    expected[50:52, 40:45] = [[0, 1, 1, 1, 0], [1, 0, 0, 0, 1]]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "rle", ["", "x", "1,2", "-1, 11", "99999999999999", "5, 5, 5", "10"], ids=lambda value: value or "none"
)
def test_masks_that_do_not_fit_are_findings(tmp_path: Path, rle: str) -> None:
    record = read_shapes(tmp_path, f'<mask label="can" rle="{rle}" left="0" top="0" width="5" height="2"/>')
    assert codes(record) == ["EX007"]


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ('<polyline label="can" points="1,2;3,4"/>', ["EX015"]),
        ('<points label="can" points="1,2"/>', ["EX015"]),
        ('<ellipse label="can" cx="1" cy="2" rx="3" ry="4"/>', ["EX015"]),
        ('<cuboid label="can"/><skeleton label="can"/>', ["EX015", "EX015"]),
        ('<box xtl="1" ytl="2" xbr="3" ybr="4"/>', ["EX004"]),
        ('<box label=" " xtl="1" ytl="2" xbr="3" ybr="4"/>', ["EX004"]),
        ('<box label="can" xtl="one" ytl="2" xbr="3" ybr="4"/>', ["EX005"]),
        ('<box label="can" ytl="2" xbr="3" ybr="4"/>', ["EX005"]),
        ('<box label="can" xtl="1" ytl="2" xbr="3" ybr="4" rotation="left"/>', ["EX005"]),
        ('<box label="can" xtl="5" ytl="2" xbr="3" ybr="4"/>', ["EX006"]),
        ('<box label="can" xtl="5" ytl="2" xbr="300" ybr="4"/>', ["EX013"]),
        ('<polygon label="can" points="1,2;3,4"/>', ["EX007"]),
        ('<polygon label="can" points="1,2;3;5,6"/>', ["EX005"]),
        ('<polygon label="can" points="1,2;3,1e400;5,6"/>', ["EX005"]),
        ('<mask label="can" rle="1" left="x" top="0" width="1" height="1"/>', ["EX007"]),
        ('<mask label="can" rle="1" left="0" top="0" width="99999999" height="99999999"/>', ["EX007"]),
    ],
)
def test_what_cannot_be_kept_is_a_finding_with_its_place(tmp_path: Path, shapes: str, expected: list[str]) -> None:
    record = read_shapes(tmp_path, shapes, Task.SEGMENTATION)
    assert codes(record) == expected
    assert record.findings[0].line == 9
    assert record.findings[0].annotation == 0


def test_images_without_name_or_size_and_images_that_stand_twice(tmp_path: Path) -> None:
    file = tmp_path / "annotations.xml"
    size = 'width="9" height="9"'
    file.write_text(
        f'{HEAD}<image {size}/><image name="a.jpg"/>' + f'<image name="b.jpg" {size}/>' * 2 + "</annotations>"
    )
    records, _ = read(file, Task.DETECTION)
    assert [codes(record) for record in records] == [["EX002"], ["EX008"], [], ["EX014"]]
    options = ReadOptions(Task.DETECTION, find_image=lambda address: ImageFacts(address, 5, 6))
    records, _ = read(file, options=options)
    assert records[1].size == (5, 6)


def test_attributes_flags_and_other_shapes_beside_are_counted_once(tmp_path: Path) -> None:
    file = tmp_path / "annotations.xml"
    attributes = '<attribute name="isCrowd">true</attribute><attribute name="colour">red</attribute>'
    box = f'<box label="can" xtl="1" ytl="2" xbr="3" ybr="4" occluded="1">{attributes}</box>'
    image = f'<image name="a.jpg" width="9" height="9">{box}{box}<tag label="can"/></image>'
    file.write_text(f"{HEAD}{image}</annotations>")
    (record,), report = read(file)
    assert record.findings == ()
    assert report.classes == ("can", "person")
    (finding,) = report.take()
    assert finding.message == (
        "Relook does not keep: attribute 'colour' (2 times), occluded (2 times), tags beside shapes (once)."
    )
    assert isinstance(record.content, Instances)
    assert record.content.items[0].is_crowd is True


def test_tracks_of_a_video_are_left_out_and_said_so(tmp_path: Path) -> None:
    file = tmp_path / "annotations.xml"
    file.write_text(f"{HEAD}<track id='0'><box/></track></annotations>")
    records, report = read(file)
    assert records == []
    assert [finding.code for finding in report.take()] == ["EX003", "EX015"]


def test_an_archive_reads_like_its_document(tmp_path: Path) -> None:
    text = write(tmp_path / "a.xml", labelled(WORKED))
    archive = tmp_path / "task.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(1200):
            opened.writestr(f"images/{number}.jpg", b"")
        opened.writestr("annotations.xml", text)
    assert Cvat().recognises(look_at(archive))
    assert read(archive)[0] == read(tmp_path / "a.xml")[0]


def test_archives_that_are_broken_or_hold_nothing_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as opened:
        opened.writestr("readme.txt", "x")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04" + b"x" * 100)
    for path in (empty, broken):
        assert not Cvat().recognises(look_at(path))
        with pytest.raises(FormatError):
            read(path)


def test_an_archive_that_breaks_off_gives_a_finding(tmp_path: Path) -> None:
    archive = tmp_path / "task.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("annotations.xml", write(tmp_path / "a.xml", labelled(WORKED)))
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"129.74", b"129.75"))
    _, report = read(archive)
    assert [finding.code for finding in report.take()] == ["EX001"]


def test_a_utf_16_document_is_read(tmp_path: Path) -> None:
    text = write(tmp_path / "a.xml", labelled(replace(WORKED, label="Öl 🥛"))).replace("utf-8", "utf-16")
    file = tmp_path / "b.xml"
    file.write_bytes(text.encode("utf-16"))
    assert Cvat().recognises(look_at(file))
    assert only_item(read(file)[0][0]).label == "Öl 🥛"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_findings_never_exceptions(tmp_path: Path, data: st.DataObject) -> None:
    parts = replace(WORKED, polygons=(SQUARE, APART))
    text = bytearray(write(tmp_path / "a.xml", labelled(parts, WORKED), task=Task.SEGMENTATION).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, max(0, len(text) - 1)))
        text[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    file = tmp_path / "b.xml"
    file.write_bytes(bytes(text) or b" ")
    records, report = read(file)
    found = [*report.take(), *(finding for record in records for finding in record.findings)]
    assert found or len(records) == 1


@pytest.mark.parametrize("kind", ["ellipse", "points", "polyline"])
def test_a_shape_of_another_kind_is_named_in_a_plain_sentence(tmp_path: Path, kind: str) -> None:
    (finding,) = read_shapes(tmp_path, f'<{kind} label="can" points="1,2"/>', Task.DETECTION).findings
    assert finding.message == f"A shape of kind '{kind}' is left out; Relook knows boxes, polygons, masks and tags."


def test_the_ids_tell_which_shapes_are_left_out(tmp_path: Path) -> None:
    box = '<box label="can" xtl="{}" ytl="1" xbr="9" ybr="9"/>'
    part = '<polygon label="can" points="10,20;50,20;50,60" group_id="7"/>'
    record = read_shapes(
        tmp_path, f'<ellipse label="can"/>{part}{box.format("x")}{part}<tag label="can"/>{box.format(1)}'
    )
    assert record.instance_ids == ("", "cvat1.2", "", "cvat1.2", "cvat1.6")
    assert record.unreadable_objects == [0, 2]
    assert isinstance(record.content, Instances)
    assert [item.instance_id for item in record.content.items] == ["cvat1.2", "cvat1.6"]


@pytest.mark.parametrize("body", ["", "<track id='0' label='can'></track>", "<image id='0' width='9' height='9'/>"])
def test_a_document_without_any_image_is_an_error(tmp_path: Path, body: str) -> None:
    file = tmp_path / "annotations.xml"
    file.write_text(f"{HEAD}{body}</annotations>", encoding="utf-8")
    _, report = read(file)
    told = [finding.message for finding in report.take() if finding.code == "EX003"]
    assert told == ["The file holds no image: no <image> in it has a name."]


@pytest.mark.parametrize(("name", "suffix"), [("task.zip", ".zip"), ("task.ZIP", ""), ("written", ".zip")])
def test_an_archive_is_written_as_cvat_exports_it(tmp_path: Path, name: str, suffix: str) -> None:
    (alone, archive) = (tmp_path / "alone.xml", tmp_path / name)
    text = write(alone, labelled(WORKED))
    writing = Cvat().write(archive, [labelled(WORKED)], WriteOptions(Task.DETECTION, ("can",), suffix=suffix))
    assert (writing.files, writing.records, writing.objects) == ((archive,), 1, 1)
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["annotations.xml"]
        assert opened.getinfo("annotations.xml").compress_type == zipfile.ZIP_DEFLATED
        assert opened.read("annotations.xml").decode() == text
    assert Cvat().recognises(look_at(archive))
    assert read(archive)[0] == read(alone)[0]


def test_xml_stays_bare(tmp_path: Path) -> None:
    Cvat().write(tmp_path / "a", [labelled(WORKED)], WriteOptions(Task.DETECTION, ("can",), suffix=".xml"))
    assert (tmp_path / "a").read_bytes().startswith(b"<?xml")
