import csv
import json
import zipfile

import pytest

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from formats.base import Loss
from services.export_as import export_as
from services.export_jobs import conversion_key, find_conversion, start_conversion
from services.format_choices import choices_for_export, find_choice
from tests.services.small_projects import box, boxes_line, decide, draw_image, draw_images, label_line, make_project

CAN = box("can", 0.1, 0.2, 0.3, 0.6)


@pytest.fixture
def project(workspace, tmp_path):
    """Four images: corrected, as given, flagged, and one with a prediction only."""
    folder = draw_images(tmp_path / "photos", ["a.png", "b.png", "c.png", "d.png"])
    lines = [label_line(name, [CAN]) for name in ("a.png", "b.png", "c.png")]
    predictions = [boxes_line(name, (0.75, box("jar", 0.5, 0.5, 1, 1))) for name in ("a.png", "d.png")]
    project = make_project(workspace, folder, Task.DETECTION, lines=lines, predictions=predictions)
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((Instance("n", "tin", Box(0, 0, 0.5, 0.5)),)))
    decide(workspace, project, "c.png", Verdict.FLAG, None)
    return project


def export(workspace, project, out, name, **options):
    made = export_as(workspace, project.project_id, out, format_name=name, **options)
    assert made.differences == []
    return made


def test_labels_are_written_as_they_stand_after_review(workspace, project, tmp_path):
    made = export(workspace, project, tmp_path / "out.json", "coco")
    document = json.loads((tmp_path / "out.json").read_text())
    names = {category["id"]: category["name"] for category in document["categories"]}
    files = {image["id"]: image["file_name"] for image in document["images"]}
    found = {files[each["image_id"]]: (names[each["category_id"]], each["bbox"]) for each in document["annotations"]}
    assert found == {"a.png": ("tin", [0, 0, 20, 15]), "b.png": ("can", pytest.approx([4, 6, 8, 12]))}
    assert dict(made.decisions) == {"correct": 1, "flag": 1}
    assert made.losses.examples[Loss.LEFT_OUT] == ["c.png: flagged by Ana"]


def test_the_table_says_by_which_decision_a_label_changed(workspace, project, tmp_path):
    export(workspace, project, tmp_path / "out.json", "coco")
    rows = {row["image"]: row for row in csv.DictReader((tmp_path / "out.images.csv").read_text().splitlines())}
    assert rows["a.png"]["decision"].startswith("correct by Ana, decision")
    assert rows["b.png"]["decision"] == ""
    assert (rows["c.png"]["out"], rows["c.png"]["lost"]) == ("", "images a decision leaves out: flagged by Ana")


def test_a_prediction_nobody_decided_on_is_never_a_label(workspace, project, tmp_path):
    export(workspace, project, tmp_path / "labels.json", "coco")
    assert "d.png" not in (tmp_path / "labels.json").read_text()
    made = export(workspace, project, tmp_path / "predictions.jsonl", "azure-batch")
    assert (made.after.records, made.after.classes["jar"]) == (2, 2)


def test_formats_of_both_get_both_or_what_was_chosen(workspace, project, tmp_path):
    assert find_choice("label-studio").contents[0] == "Labels and predictions"
    assert find_choice("yolo").contents[0] == "Labels"
    both = export(workspace, project, tmp_path / "both.json", "label-studio")
    assert both.after.records == 4
    labels = export(workspace, project, tmp_path / "labels.json", "label-studio", contents="Labels")
    assert labels.after.records == 2
    task = next(each for each in json.loads((tmp_path / "both.json").read_text()) if each["predictions"])
    assert task["annotations"][0]["result"][0]["value"]["rectanglelabels"] == ["tin"]


def test_a_picture_that_is_shown_turned_has_its_boxes_where_they_are_seen(workspace, tmp_path):
    folder = tmp_path / "photos"
    draw_image(folder / "a.png", size=(40, 30), orientation=6)
    project = make_project(workspace, folder, Task.DETECTION, lines=[label_line("a.png", [CAN])])
    export(workspace, project, tmp_path / "out.xml", "cvat")
    text = (tmp_path / "out.xml").read_text()
    assert 'width="30" height="40"' in text
    assert 'xtl="12" ytl="4" xbr="24" ybr="12"' in text


def test_a_project_without_labels_says_what_is_missing(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    with pytest.raises(InputError, match="Nothing in it can be read"):
        export_as(workspace, project.project_id, tmp_path / "out.json", format_name="coco")


def test_formats_that_cannot_hold_the_task_are_not_offered(workspace, tmp_path):
    offered = [choice.name for choice in choices_for_export(Task.CLASSIFICATION)]
    assert offered[0] == "azure-jsonl"
    assert not {"coco", "yolo", "voc"} & set(offered)
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.CLASSIFICATION)
    with pytest.raises(InputError, match="COCO cannot hold multi-class classification"):
        export_as(workspace, project.project_id, tmp_path / "out.json", format_name="coco")


def test_a_folder_is_offered_as_one_archive_until_something_changes(workspace, project):
    job = start_conversion(workspace, project.project_id, "yolo", "Labels")
    assert job.ended.wait(60)
    made = find_conversion(workspace, project.project_id, "yolo", "Labels")
    with zipfile.ZipFile(made.download) as archive:
        assert "data.yaml" in archive.namelist()
        assert archive.read("labels/b.txt").decode().split()[1:] == ["0.2", "0.4", "0.2", "0.4"]
    assert [file.name.split(".", 1)[1] for file in made.beside] == ["report.json", "images.csv"]
    assert workspace.jobs.find(conversion_key(project.project_id, "yolo", "Labels")) is job

    decide(workspace, project, "b.png", Verdict.REJECT, None)
    assert find_conversion(workspace, project.project_id, "yolo", "Labels") is None
