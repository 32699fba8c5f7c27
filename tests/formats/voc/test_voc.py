from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.finding import Finding
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, WriteOptions
from formats.base.files import look_at
from formats.voc.voc import Voc

WORKED = Instance("a", "can", Box(0.26, 0.406, 0.735, 0.701))
OPTIONS = WriteOptions(Task.DETECTION, ("can",))
ONE_OBJECT = """<annotation>
  <folder>VOC2012</folder>
  <filename>fridge.jpg</filename>
  <size><width>499</width><height>666</height><depth>3</depth></size>
  <object>
    <name>can</name>
    <difficult>1</difficult>
    <bndbox><xmin>130</xmin><ymin>270.5</ymin><xmax>367</xmax><ymax>467</ymax></bndbox>
  </object>
</annotation>
"""


def read(path: Path, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name)
    return list(Voc().read(path, options or ReadOptions(), report)), report


def read_text(folder: Path, text: str, options: ReadOptions | None = None) -> Record:
    (folder / "a.xml").write_text(text, encoding="utf-8")
    (record,), _ = read(folder, options)
    return record


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def labelled(*items: Instance, image: str = "photos/1.jpg", size: tuple[int, int] = (499, 666)) -> Record:
    return Record(1, "", image, Instances(items), size=size)


def fit(record: Record) -> tuple[Instances, Losses]:
    losses = Losses()
    fitted = Voc().fit(record, OPTIONS, losses)
    assert fitted is not None
    assert isinstance(fitted.content, Instances)
    return fitted.content, losses


def test_the_worked_example_is_rounded_to_whole_pixels_and_the_report_says_so(tmp_path: Path) -> None:
    losses = Losses()
    fitted = Voc().fit(labelled(WORKED), OPTIONS, losses)
    assert fitted is not None
    Voc().write(tmp_path, [fitted], OPTIONS)
    text = (tmp_path / "Annotations/photos/1.xml").read_text()
    assert "<bndbox><xmin>130</xmin><ymin>270</ymin><xmax>367</xmax><ymax>467</ymax></bndbox>" in text
    assert losses.examples == {Loss.ROUNDED: ["photos/1.jpg, object 1: its edges are rounded to whole pixels"]}


def test_a_file_is_read_with_0_based_edges_and_difficult_as_crowd(tmp_path: Path) -> None:
    record = read_text(tmp_path, ONE_OBJECT)
    assert record.image_url == "fridge.jpg"
    assert record.size == (499, 666)
    assert record.content == Instances(
        (Instance("voc1.1", "can", Box(130 / 499, 270.5 / 666, 367 / 499, 467 / 666), is_crowd=True),)
    )
    assert record.findings == ()


def test_a_thin_box_keeps_a_pixel_of_width_inside_the_image() -> None:
    content, _ = fit(labelled(replace(WORKED, box=Box(0.9999, 0.5, 1.0, 0.5001))))
    box = content.items[0].box
    assert (box.x_max * 499, box.x_min * 499) == pytest.approx((499, 498))
    assert box.y_max - box.y_min == pytest.approx(1 / 666)


def test_whole_pixels_are_no_loss() -> None:
    _, losses = fit(labelled(replace(WORKED, box=Box(10 / 499, 20 / 666, 30 / 499, 40 / 666))))
    assert losses.examples == {}


def test_every_loss_is_named() -> None:
    outlined = replace(WORKED, polygons=((0.26, 0.406, 0.735, 0.406, 0.735, 0.701),), score=0.5)
    outside = replace(WORKED, box=Box(-0.2, 0.1, 0.5, 1.4))
    flat = replace(WORKED, box=Box(0.5, 0.1, 0.5, 0.2))
    nameless = replace(WORKED, label=" ")
    content, losses = fit(labelled(outlined, outside, flat, nameless, replace(WORKED, label=" a\x01")))
    assert len(content.items) == 3
    assert content.items[2].label == "a\ufffd"
    assert set(losses.counts) == {
        Loss.ROUNDED,
        Loss.POLYGONS,
        Loss.SCORES,
        Loss.CLIPPED,
        Loss.OBJECTS,
        Loss.NAMES,
    }


def test_classes_of_images_and_images_of_unknown_size_are_refused() -> None:
    losses = Losses()
    assert Voc().fit(replace(labelled(WORKED), size=None), OPTIONS, losses) is None
    assert Voc().fit(replace(labelled(), content=Labels({"can": 1.0})), OPTIONS, losses) is None
    assert losses.counts == {Loss.IMAGES: 2}


def test_images_of_one_stem_get_files_of_their_own(tmp_path: Path) -> None:
    images = ["a.jpg", "a.png", "a.jpg", "../../b.jpg", "/etc/c.jpg"]
    writing = Voc().write(tmp_path, [labelled(image=image) for image in images], OPTIONS)
    assert writing.records == len(set(writing.files)) == 5
    assert all(file.is_relative_to(tmp_path / "Annotations") for file in writing.files)
    records, _ = read(tmp_path)
    assert sorted(record.image_url for record in records) == sorted(images)
    assert sorted(code for record in records for code in codes(record)) == ["EX014"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<name>can</name>", "", ["EX004"]),
        ("<name>can</name>", "<name> </name>", ["EX004"]),
        ("<bndbox>", "<box>", ["EX001"]),
        ("<xmin>130</xmin>", "", ["EX005"]),
        ("<xmin>130</xmin>", "<xmin>1e999</xmin>", ["EX005"]),
        ("<xmin>130</xmin>", "<xmin>nan</xmin>", ["EX005"]),
        ("<xmin>130</xmin>", "<xmin>١٣٠</xmin>", ["EX005"]),
        ("<xmin>130</xmin>", "<xmin>400</xmin>", ["EX006"]),
        ("<xmin>130</xmin>", "<xmin>-9</xmin>", ["EX013"]),
        ("<filename>fridge.jpg</filename>", "", ["EX002"]),
        ("<width>499</width>", "<width>0</width>", ["EX008"]),
        ("<difficult>1</difficult>", "<part><name>head</name></part>", ["EX015"]),
        ("<annotation>", "<!DOCTYPE annotation><annotation>", ["EX001"]),
        ("<annotation>", '<!DOCTYPE a [<!ENTITY x "y">]><annotation>', ["EX001"]),
        ("<annotation>", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation>', ["EX001"]),
        ("</annotation>", "", ["EX001"]),
        ("<annotation>", "<annotation>" + "<a>" * 100, ["EX001"]),
        ("<annotation>", '<?xml version="1.0" encoding="no-such"?><annotation>', ["EX001"]),
    ],
)
def test_what_is_wrong_becomes_a_finding(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in ONE_OBJECT
    assert codes(read_text(tmp_path, ONE_OBJECT.replace(old, new, 1))) == expected


def test_findings_say_file_line_and_object(tmp_path: Path) -> None:
    record = read_text(tmp_path, ONE_OBJECT.replace("<name>can</name>", "<name/>"))
    (finding,) = record.findings
    assert (finding.file, finding.line, finding.annotation) == ("a.xml", 5, 0)
    assert finding.remedy
    broken = read_text(tmp_path, "<annotation>\n <object></thing>\n")
    (finding,) = broken.findings
    assert (finding.code, finding.line, finding.column) == ("EX001", 2, 12)


def test_another_kind_of_document_is_no_silent_nothing(tmp_path: Path) -> None:
    assert codes(read_text(tmp_path, "<annotations><image/></annotations>")) == ["EX003"]


def test_the_size_comes_from_the_image_where_the_file_has_none(tmp_path: Path) -> None:
    options = ReadOptions(find_image=lambda address: ImageFacts(address, 499, 666))
    record = read_text(tmp_path, ONE_OBJECT.replace("<width>499</width>", ""), options)
    assert record.size == (499, 666)
    assert record.findings == ()


def test_a_name_without_suffix_is_looked_up(tmp_path: Path) -> None:
    options = ReadOptions(find_image=lambda address: ImageFacts(address, 9, 9) if address == "fridge.png" else None)
    record = read_text(tmp_path, ONE_OBJECT.replace("fridge.jpg", "fridge"), options)
    assert record.image_url == "fridge.png"


def test_the_path_names_the_image_when_it_ends_like_the_file_name(tmp_path: Path) -> None:
    named = ONE_OBJECT.replace("</filename>", "</filename><path>C:\\photos\\cold\\fridge.jpg</path>")
    assert read_text(tmp_path, named).image_url == "C:\\photos\\cold\\fridge.jpg"
    other = ONE_OBJECT.replace("</filename>", "</filename><path>/photos/other.jpg</path>")
    assert read_text(tmp_path, other).image_url == "fridge.jpg"


def test_nested_folders_name_images_too(tmp_path: Path) -> None:
    (tmp_path / "Annotations/cold").mkdir(parents=True)
    (tmp_path / "Annotations/cold/fridge.XML").write_text(ONE_OBJECT)
    (record,), _ = read(tmp_path)
    assert record.image_url == "cold/fridge.jpg"


def test_what_relook_does_not_keep_is_counted_once(tmp_path: Path) -> None:
    flagged = ONE_OBJECT.replace("<difficult>", "<truncated>1</truncated><pose>Left</pose><difficult>")
    for name in ("a", "b"):
        (tmp_path / f"{name}.xml").write_text(flagged.replace("fridge", name))
    records, report = read(tmp_path)
    assert [codes(record) for record in records] == [[], []]
    assert [finding.message for finding in report.take()] == [
        "Relook does not keep: pose of 2 objects, truncated of 2 objects."
    ]


def test_one_file_is_recognised_and_read_too(tmp_path: Path) -> None:
    file = tmp_path / "fridge.xml"
    file.write_bytes(b"\xef\xbb\xbf" + ONE_OBJECT.replace("\n", "\r\n").encode())
    assert Voc().recognises(look_at(file))
    (record,), report = read(file)
    assert record.image_url == "fridge.jpg"
    assert report.task is Task.DETECTION
    other = tmp_path / "other.xml"
    other.write_text("<annotations/>")
    assert not Voc().recognises(look_at(other))


def test_names_that_xml_folds_survive(tmp_path: Path) -> None:
    image = 'a "b" & <c>\r\n\td .jpg'
    Voc().write(tmp_path, [labelled(image=image)], OPTIONS)
    (record,), _ = read(tmp_path)
    assert record.image_url == image


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_findings_never_exceptions(tmp_path: Path, data: st.DataObject) -> None:
    text = bytearray(ONE_OBJECT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        text[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
        if not text:
            break
    (tmp_path / "a.xml").write_bytes(bytes(text))
    records, report = read(tmp_path)
    assert len(records) == 1
    assert all(isinstance(finding, Finding) for finding in (*records[0].findings, *report.take()))
    assert records[0].content is not None or records[0].findings


def test_the_ids_tell_which_objects_are_left_out(tmp_path: Path) -> None:
    without_box = "<object><name>can</name></object>"
    record = read_text(tmp_path, ONE_OBJECT.replace("<object>", f"{without_box}<object>", 1))
    assert record.instance_ids == ("", "voc1.2")
    assert record.unreadable_objects == [0]
    assert isinstance(record.content, Instances)
    assert [item.instance_id for item in record.content.items] == ["voc1.2"]


@pytest.mark.parametrize("text", ["", "<annotation></annotation>"])
def test_a_folder_without_any_image_is_an_error(tmp_path: Path, text: str) -> None:
    place = tmp_path / "labels"
    place.mkdir()
    if text:
        (place / "a.xml").write_text(text)
    _, report = read(place)
    assert [(finding.code, finding.message) for finding in report.take()] == [
        ("EX003", "labels holds no image: no XML file names one.")
    ]
