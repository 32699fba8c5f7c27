import io
import json
import time
from dataclasses import replace

import pytest

from domain.errors import FormatError, InputError, UnknownNameError
from domain.geometry import Box
from domain.prediction import Task
from formats import FORMATS
from formats.base import Facts, FileReport, Losses, ReadOptions, Role, WriteOptions
from services.exporting import export_project
from services.import_images import import_images
from services.importing import GivenFile, guess_task, import_given, keep_upload
from services.overview import fetch_overview
from services.projects import fetch_project
from services.read_back import says_the_same
from services.validating import validate_file
from tests.formats.scenes import CLASSES, NAMES, SIZE, scene
from tests.services.small_projects import (
    box,
    boxes_line,
    draw_image,
    draw_images,
    label_line,
    make_project,
    state_of,
    write_lines,
)

CASES = [
    pytest.param((name, role, task), id=f"{name}-{role}-{task}")
    for name, cls in FORMATS.items()
    if cls.can_write
    for role in sorted(cls.roles)
    for task in sorted(cls.tasks)
]


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kitchen") / "pictures"
    for number, name in enumerate(NAMES):
        draw_image(folder / name, size=SIZE, seed=number)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_files_of_every_format_are_read_into_a_project(case, workspace, kitchen, tmp_path):
    name, role, task = case
    target = FORMATS[name]()
    options = WriteOptions(task, CLASSES, "detector 2", suffix=target.suffix)
    facts = Facts("detector 2", 0.25, round(time.time()), "p") if role is Role.PREDICTION else Facts()
    given = [replace(record, facts=facts) for record in scene(task, role)]
    records = [fit for record in given if (fit := target.fit(record, options, Losses())) is not None]
    if not records:
        pytest.skip(f"{name} holds no {role}s of {task.in_words}.")
    place = tmp_path / f"scene{target.suffix}"
    if not target.suffix:
        place.mkdir()
    target.write(place, iter(records), options)
    project = make_project(workspace, kitchen, task)

    given = GivenFile(place, format_name=name, classes=dict(enumerate(CLASSES)))
    summaries = import_given(workspace, project.project_id, given)

    assert [(each.kind, each.unmatched, each.refused) for each in summaries] == [(f"{role}s", 0, 0)]
    assert summaries[0].used == len(records)
    for record in records:
        state = state_of(workspace, project, record.image_url)
        found = state.label if role is Role.LABEL else state.prediction
        assert says_the_same(found, record.content, precision=1e-6)


def coco(path, name="a.png", *, size=(40, 30), bbox=(4.0, 6.0, 8.0, 12.0)):
    document = {
        "images": [{"id": 1, "file_name": name, "width": size[0], "height": size[1]}],
        "categories": [{"id": 1, "name": "can"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": list(bbox), "area": 96, "iscrowd": 0}],
    }
    path.write_text(json.dumps(document))
    return path


def test_reading_a_file_again_replaces_what_it_said(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    for left in (4.0, 8.0):
        import_given(workspace, project.project_id, GivenFile(coco(tmp_path / "c.json", bbox=(left, 6.0, 8.0, 12.0))))
    assert [source.file for source in fetch_overview(workspace, project).sources] == ["c.json"]
    [item] = state_of(workspace, project, "a.png").label.items
    assert item.box.as_tuple() == pytest.approx((0.2, 0.2, 0.4, 0.6))
    assert fetch_project(workspace, project.project_id).classes == ("can",)


def test_labels_drawn_on_the_upright_picture_lie_on_the_stored_one(workspace, tmp_path):
    folder = tmp_path / "photos"
    draw_image(folder / "a.png", size=(40, 30), orientation=6)
    project = make_project(workspace, folder, Task.DETECTION)
    cvat = tmp_path / "annotations.xml"
    cvat.write_text(
        '<annotations><version>1.1</version><image id="0" name="a.png" width="30" height="40">'
        '<box label="can" source="manual" occluded="0" xtl="18" ytl="4" xbr="24" ybr="12" z_order="0"/>'
        "</image></annotations>"
    )
    import_given(workspace, project.project_id, GivenFile(cvat))
    [item] = state_of(workspace, project, "a.png").label.items
    assert item.box.as_tuple() == pytest.approx((0.1, 0.2, 0.3, 0.4))


def test_champion_and_shadow_are_two_models_and_the_champion_is_shown(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    answer = {"detection_classes": [0], "detection_scores": [0.5], "detection_boxes": [[6, 4, 18, 12]]}
    shadow = {**answer, "detection_boxes": [[3, 4, 18, 12]]}
    payload = {"filename": "a.png", "content_type": "IMAGE/PNG", "height": 30, "width": 40, "latency": 0.25}
    payload |= {"raw_predictions": answer, "shadow_raw_predictions": shadow, "shadow_latency": 0.5}
    file = tmp_path / "monitor.jsonl"
    file.write_text(json.dumps(payload) + "\n")

    summaries = import_given(workspace, project.project_id, GivenFile(file, "picsellia", classes={0: "can"}))

    assert [each.kind for each in summaries] == ["predictions", "predictions"]
    overview = fetch_overview(workspace, fetch_project(workspace, project.project_id))
    assert [source.file for source in overview.sources] == ["monitor.jsonl (champion)", "monitor.jsonl (shadow)"]
    assert overview.model.info.name == "champion"
    [item] = state_of(workspace, project, "a.png").prediction.items
    assert item.box == Box(0.1, 0.2, 0.3, 0.6)


def test_lines_in_the_notation_of_a_stranger_are_mended_when_asked(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    strange = {"label": "can", "xmin": 4, "ymin": 6, "xmax": 12, "ymax": 18}
    file = write_lines(tmp_path / "strange.jsonl", [label_line("a.png", [strange])])

    [summary] = import_given(workspace, project.project_id, GivenFile(file))
    assert summary.refused == 1
    assert state_of(workspace, project, "a.png").label.items == ()

    import_given(workspace, project.project_id, GivenFile(file, mends=True))
    [item] = state_of(workspace, project, "a.png").label.items
    assert item.box.as_tuple() == pytest.approx((0.1, 0.2, 0.3, 0.6))
    export = export_project(workspace, project.project_id, tmp_path / "out.jsonl", url_prefix="azureml://x/paths/")
    assert json.loads(export.first_line)["label"][0]["topX"] == pytest.approx(0.1)
    assert export.counts == {"converted": 1}


def test_a_file_for_another_task_changes_nothing(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.CLASSIFICATION)
    with pytest.raises(FormatError, match="for object detection; the project is multi-class"):
        import_given(workspace, project.project_id, GivenFile(coco(tmp_path / "c.json")))
    assert fetch_overview(workspace, project).sources == ()


def test_what_is_no_known_format_is_told(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    other = tmp_path / "notes.txt"
    other.write_text("Buy milk.\n")
    with pytest.raises(FormatError, match="in no format"):
        import_given(workspace, project.project_id, GivenFile(other))
    with pytest.raises(UnknownNameError):
        import_given(workspace, project.project_id, GivenFile(other, "word"))


def test_records_of_images_that_come_later_find_them(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["a.png"])
    project = make_project(workspace, folder, Task.DETECTION)
    [summary] = import_given(workspace, project.project_id, GivenFile(coco(tmp_path / "c.json", "late.png")))
    assert (summary.used, summary.unmatched) == (0, 1)
    draw_image(folder / "late.png", seed=9)
    import_images(workspace, project.project_id)
    assert len(state_of(workspace, project, "late.png").label.items) == 1


def test_labels_of_a_turned_picture_that_comes_later_lie_on_the_stored_one_too(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["other.png"])
    project = make_project(workspace, folder, Task.DETECTION)
    cvat = tmp_path / "annotations.xml"
    cvat.write_text(
        '<annotations><version>1.1</version><image id="0" name="a.png" width="30" height="40">'
        '<box label="can" source="manual" occluded="0" xtl="18" ytl="4" xbr="24" ybr="12" z_order="0"/>'
        "</image></annotations>"
    )
    import_given(workspace, project.project_id, GivenFile(cvat))
    draw_image(folder / "a.png", size=(40, 30), orientation=6)
    import_images(workspace, project.project_id)
    [item] = state_of(workspace, project, "a.png").label.items
    assert item.box.as_tuple() == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert fetch_overview(workspace, project).findings == ()


def test_the_page_says_what_the_command_line_says(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["a.png", "b.png"])
    project = make_project(workspace, folder, Task.DETECTION)
    file = coco(tmp_path / "c.json", "a.png", size=(30, 40), bbox=(4.0, 6.0, -1.0, 12.0)).rename(tmp_path / "d.json")
    document = json.loads(file.read_text())
    document["images"].append({"id": 2, "file_name": "gone.png", "width": 40, "height": 30})
    file.write_text(json.dumps(document))

    headless = validate_file(file, images=folder, max_pixels=10**6)
    import_given(workspace, project.project_id, GivenFile(file))

    assert [finding.code for finding in headless.findings] == ["EX006", "EX009", "EX011"]
    assert fetch_overview(workspace, project).findings == headless.findings


def test_an_upload_is_read_and_removed(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)
    data = coco(tmp_path / "c.json").read_bytes()
    given = keep_upload(workspace, io.BytesIO(data), "../../sneaky/c.json")
    assert given.path.parent.parent == workspace.folder("uploads")
    import_given(workspace, project.project_id, given)
    [source] = fetch_overview(workspace, project).sources
    assert (source.file, source.path) == ("c.json", "")
    assert list(workspace.folder("uploads").iterdir()) == []


def test_the_task_is_told_by_the_first_file_that_tells(tmp_path):
    can = box("can", 0.1, 0.1, 0.5, 0.5)
    empty = GivenFile(write_lines(tmp_path / "empty.jsonl", [label_line("a.png", [])]))
    boxes = GivenFile(write_lines(tmp_path / "boxes.jsonl", [boxes_line("a.png", (0.9, can))]))
    classes = GivenFile(write_lines(tmp_path / "classes.jsonl", [label_line("a.png", ["can"])]))
    assert guess_task([empty, boxes, classes]) is Task.DETECTION
    assert guess_task([classes]) is Task.MULTILABEL
    assert guess_task([GivenFile(coco(tmp_path / "c.json"))]) is Task.DETECTION
    with pytest.raises(InputError, match="No file tells"):
        guess_task([empty])


def test_a_reader_without_images_still_tells_the_task():
    report = FileReport("x")
    assert (report.task, ReadOptions().find_image("a.png")) == (None, None)
