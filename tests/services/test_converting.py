import csv
import json
from pathlib import Path

import pytest

from domain.errors import Cancelled, FormatError, InputError, UnknownNameError
from domain.finding import Severity
from domain.prediction import Task
from formats.base import Loss
from services.converting import Wishes, convert_file
from tests.services.small_projects import address, box, boxes_line, draw_image, label_line, write_lines


def convert(file: Path, out: Path, target: str = "azure-jsonl", **wishes):
    return convert_file(file, out, Wishes(target, **wishes), max_pixels=10**8)


def read_table(file: Path):
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture
def labels(tmp_path):
    lines = [
        label_line("a.png", [box("can", 0.1, 0.2, 0.3, 0.4, note="kept")], source="camera 1"),
        label_line("b.png", []),
        label_line("=c.png", [box("jar", 0.5, 0.5, 0.9, 0.9, isCrowd=1), box("can", 0.0, 0.0, 1.5, 0.5)]),
    ]
    return write_lines(tmp_path / "labels.jsonl", lines)


def test_what_needs_no_change_stays_character_for_character(labels, tmp_path):
    made = convert(labels, tmp_path / "out.jsonl")
    assert made.differences == []
    before, after = labels.read_text().splitlines(), (tmp_path / "out.jsonl").read_text().splitlines()
    assert before[:2] == after[:2]
    assert json.loads(after[2])["label"][1]["bottomX"] == 1.0
    assert dict(made.losses.counts) == {Loss.CLIPPED: 1}
    assert made.counts[Severity.ERROR] == 1


def test_the_report_tells_what_went_in_and_came_out_by_class_and_by_image(labels, tmp_path):
    made = convert(labels, tmp_path / "out.jsonl")
    assert [file.name for file in made.files] == ["out.jsonl", "out.report.json", "out.images.csv"]
    report = json.loads((tmp_path / "out.report.json").read_text())
    assert report["classes"] == {"can": {"in": 2, "out": 2}, "jar": {"in": 1, "out": 1}}
    assert report["records"] == {"in": 3, "out": 3}
    assert report["sha256"] == made.sha256
    assert report["read_back"] == {"compared": 3, "differences": []}
    assert report["lost"]["coordinates outside the image"]["count"] == 1
    rows = read_table(tmp_path / "out.images.csv")
    assert [(row["in"], row["out"]) for row in rows] == [("1", "1"), ("0", "0"), ("2", "2")]
    assert rows[2]["lost"] == "coordinates outside the image: moved to the edge of the image"


def test_cells_that_a_spreadsheet_would_compute_are_text(tmp_path):
    lines = [boxes_line("=1+1.png", (0.5, box("can", 0.1, 0.1, 0.2, 0.2)))]
    convert(write_lines(tmp_path / "p.jsonl", lines), tmp_path / "out.jsonl", "azure-batch")
    assert read_table(tmp_path / "out.images.csv")[0]["image"] == "'=1+1.png"


def test_predictions_are_not_labels(tmp_path):
    predictions = write_lines(tmp_path / "p.jsonl", [boxes_line("a.png", (0.5, box("can", 0.1, 0.1, 0.2, 0.2)))])
    with pytest.raises(InputError, match=r"It holds predictions; Azure AutoML JSONL takes labels\."):
        convert(predictions, tmp_path / "out.jsonl")
    assert not list(tmp_path.glob("out*"))


def test_a_line_nobody_can_read_is_named_and_not_written(tmp_path):
    source = write_lines(tmp_path / "labels.jsonl", [label_line("a.png", [box("can", 0, 0, 1, 1)]), "{broken"])
    made = convert(source, tmp_path / "out.jsonl")
    assert made.after.records == 1
    assert made.losses.examples[Loss.IMAGES][0].startswith("line 2: JL001: ")


def test_files_that_are_no_format_are_refused_with_the_names_of_all(tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("Buy milk.\n")
    with pytest.raises(FormatError, match=r"in no format that Relook knows.*azure-jsonl"):
        convert(other, tmp_path / "out.jsonl")
    with pytest.raises(UnknownNameError, match="no format named 'word'"):
        convert(other, tmp_path / "out.jsonl", "word")
    with pytest.raises(FormatError, match="cannot be opened"):
        convert(tmp_path / "none.jsonl", tmp_path / "out.jsonl")


def test_a_file_without_any_object_asks_for_the_task(tmp_path):
    empty = write_lines(tmp_path / "labels.jsonl", [label_line("a.png", [])])
    with pytest.raises(InputError, match=r"Nothing tells what the labels are for.*image_object_detection"):
        convert(empty, tmp_path / "out.jsonl")
    assert convert(empty, tmp_path / "out.jsonl", task=Task.DETECTION).after.records == 1


def test_a_person_who_stops_it_finds_nothing_half_written(labels, tmp_path):
    def stop(done, total):
        if total:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        convert_file(labels, tmp_path / "out.jsonl", Wishes("azure-jsonl"), max_pixels=10**8, report=stop)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["labels.jsonl"]


def test_an_earlier_file_is_replaced_only_by_a_whole_one(labels, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("earlier")
    with pytest.raises(InputError):
        convert(write_lines(tmp_path / "p.jsonl", [boxes_line("a.png")]), out)
    assert out.read_text() == "earlier"
    convert(labels, out)
    assert out.read_text() != "earlier"


def test_a_place_that_cannot_be_written_to_is_told(labels, tmp_path):
    with pytest.raises(InputError, match="Found: a folder"):
        convert(labels, tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        convert(labels, write_lines(tmp_path / "other.jsonl", []) / "out.jsonl")
    for place in (labels, labels / "out.jsonl"):
        with pytest.raises(InputError, match="on or inside the source"):
            convert(labels, place)


def test_the_same_image_twice_is_one_image_for_formats_that_name_it_once(tmp_path):
    lines = [label_line("a.png", [box("can", 0, 0, 0.5, 0.5)]), label_line("a.png", [box("jar", 0, 0, 1, 1)])]
    source = write_lines(tmp_path / "labels.jsonl", lines)
    folder = tmp_path / "photos"
    draw_image(folder / "a.png")
    made = convert(source, tmp_path / "out.json", "coco", images=folder)
    assert (made.before.records, made.after.records, made.after.things) == (2, 1, 2)


def test_formats_of_pixels_ask_for_the_images(tmp_path):
    line = label_line("a.png", [box("can", 0, 0, 0.5, 0.5)])
    source = write_lines(tmp_path / "labels.jsonl", [line])
    with pytest.raises(InputError, match=r"holds pixels, and nothing tells the size of .*a\.png.*--images"):
        convert(source, tmp_path / "out.json", "coco")
    declared = {**line, "image_details": {"width": "40px", "height": 30}}
    write_lines(source, [declared])
    made = convert(source, tmp_path / "out.json", "coco")
    assert json.loads((tmp_path / "out.json").read_text())["annotations"][0]["bbox"] == [0, 0, 20, 15]
    assert made.differences == []


def test_an_image_none_of_whose_objects_can_be_held_is_no_empty_image(tmp_path):
    upside_down = box("can", 0.5, 0.5, 0.1, 0.1)
    lines = [label_line("a.png", [upside_down]), label_line("b.png", [box("can", 0, 0, 1, 1)]), label_line("c.png", [])]
    source = write_lines(tmp_path / "labels.jsonl", lines)
    made = convert(source, tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["image_url"] for line in written] == [address("b.png"), address("c.png")]
    assert (tmp_path / "out.refused.jsonl").read_text() == source.read_text().splitlines(keepends=True)[0]
    assert dict(made.losses.counts) == {Loss.OBJECTS: 1, Loss.IMAGES: 1}
    assert made.before.things - made.losses.counts[Loss.OBJECTS] == made.after.things


def test_the_objects_of_images_that_are_left_out_are_counted(tmp_path):
    lines = [
        label_line("a.png", [box("can", 0, 0, 1, 1), {"label": "can"}]),
        label_line("b.png", [box("can", 0, 0, 1, 1)]),
    ]
    source = write_lines(tmp_path / "labels.jsonl", lines)
    draw_image(tmp_path / "photos" / "b.png")
    made = convert(source, tmp_path / "out.json", "coco", images=tmp_path / "photos")
    assert (made.before.things, made.after.things, made.losses.counts[Loss.OBJECTS]) == (3, 1, 2)
    [note] = made.notes
    assert note.startswith("1 of 2 records are about images that are not in the folder")


def test_a_folder_of_other_images_is_refused(labels, tmp_path):
    draw_image(tmp_path / "photos" / "other.png")
    with pytest.raises(InputError, match="None of its 3 images is in the image folder"):
        convert(labels, tmp_path / "out.json", "coco", images=tmp_path / "photos")


def test_two_images_that_would_share_a_name_are_told_apart(tmp_path):
    lines = [
        {"image_url": f"azureml://datastores/{store}/paths/a.png", "label": [box("can", 0, 0, 1, 1)]} for store in "de"
    ]
    source = write_lines(tmp_path / "labels.jsonl", lines)
    made = convert(source, tmp_path / "out.json", "label-studio")
    assert made.after.records == 1
    assert "another image is called a.png" in made.losses.examples[Loss.IMAGES][0]


def test_nothing_is_written_where_everything_is_lost(tmp_path):
    source = write_lines(tmp_path / "labels.jsonl", [label_line("a.png", ["can", "jar"])])
    with pytest.raises(InputError, match=r"can hold nothing of it\. Lost: images, for example .*JL005"):
        convert(source, tmp_path / "out.jsonl", task=Task.CLASSIFICATION)
    assert not (tmp_path / "out.jsonl").exists()


def test_the_reason_is_told_where_nothing_can_be_read(tmp_path):
    source = write_lines(tmp_path / "labels.jsonl", ["{broken", "[]"])
    with pytest.raises(InputError, match=r"JL001 \(line 1, column 2\)"):
        convert(source, tmp_path / "out.jsonl", source="azure-jsonl")


def test_a_size_that_is_not_the_file_s_is_told(tmp_path):
    draw_image(tmp_path / "photos" / "a.png", size=(40, 30))
    line = {**label_line("a.png", [box("can", 0, 0, 0.5, 0.5)]), "image_details": {"width": 30, "height": 40}}
    source = write_lines(tmp_path / "labels.jsonl", [line])
    made = convert(source, tmp_path / "out.json", "coco", images=tmp_path / "photos")
    [finding] = [finding for finding in made.findings if finding.code == "EX009"]
    assert "declared as 30x40 pixels, the file has 40x30" in finding.message
    assert "before or after it was turned" in finding.remedy


def test_a_first_line_of_any_length_tells_the_format(tmp_path):
    ring = [round(0.1 + 0.8 * (number % 97) / 97, 6) for number in range(200_000)]
    line = label_line("a.png", [{"label": "can", "isCrowd": 0, "polygon": [ring]}])
    source = write_lines(tmp_path / "labels.jsonl", [line])
    assert source.stat().st_size > 1024**2
    assert convert(source, tmp_path / "out.jsonl").after.things == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_lie_on_the_same_part_of_a_picture_that_is_shown_turned(orientation, tmp_path):
    draw_image(tmp_path / "photos" / "a.png", size=(40, 30), orientation=orientation)
    line = label_line("a.png", [box("can", 0.1, 0.2, 0.3, 0.6)])
    source = write_lines(tmp_path / "labels.jsonl", [line])
    convert(source, tmp_path / "cvat.xml", "cvat", images=tmp_path / "photos")
    back = convert(tmp_path / "cvat.xml", tmp_path / "back.jsonl", images=tmp_path / "photos", url_prefix=address(""))
    written = json.loads((tmp_path / "back.jsonl").read_text())
    assert written["image_url"] == address("a.png")
    found = [written["label"][0][key] for key in ("topX", "topY", "bottomX", "bottomY")]
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.6])
    assert back.differences == []
