from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from components.overview_cards import findings_as_csv
from domain.decision import Verdict
from domain.errors import FormatError, LimitError
from domain.finding import Severity
from domain.geometry import Box
from domain.prediction import Instances, Labels, Task
from services.import_images import import_images
from services.import_labels import import_file
from services.overview import fetch_overview
from services.projects import fetch_project
from tests.services.small_projects import (
    address,
    box,
    boxes_line,
    decide,
    draw_image,
    draw_images,
    label_line,
    make_project,
    ring,
    state_of,
    write_lines,
)

CAN = box("can", 0.1, 0.2, 0.5, 0.6)


def read(workspace, project, tmp_path, lines, *, name="more.jsonl"):
    return import_file(workspace, project.project_id, str(write_lines(tmp_path / name, lines)))


def label_of(workspace, project, image_id):
    return state_of(workspace, project, image_id).label


def test_every_line_finds_its_image_and_is_counted(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.DETECTION)

    summary = read(
        workspace,
        project,
        tmp_path,
        [label_line("a.png", [CAN]), "", label_line("sub/c.png", []), label_line("z.png", [CAN])],
    )

    assert (summary.kind, summary.lines, summary.used, summary.unmatched, summary.refused) == ("labels", 3, 2, 1, 0)
    label = label_of(workspace, project, "a.png")
    assert isinstance(label, Instances)
    assert [(item.label, item.box) for item in label.items] == [("can", Box(0.1, 0.2, 0.5, 0.6))]
    assert label_of(workspace, project, "sub/c.png") == Instances()
    assert label_of(workspace, project, "b.png") is None


@pytest.mark.parametrize(
    ("task", "label", "expected"),
    [
        (Task.CLASSIFICATION, "can", Labels({"can": 1.0})),
        (Task.CLASSIFICATION, 7, Labels({"7": 1.0})),
        (Task.MULTILABEL, ["can", "carton"], Labels({"can": 1.0, "carton": 1.0})),
        (Task.MULTILABEL, [], Labels({})),
    ],
)
def test_classes_of_an_image_are_read(workspace, photos, task, label, expected):
    lines = [label_line("a.png", label), label_line("b.png", ["can"] if task is Task.MULTILABEL else "can")]

    project = make_project(workspace, photos, task, lines=lines)

    assert label_of(workspace, project, "a.png") == expected


def test_polygons_are_read(workspace, photos):
    outline = (0.1, 0.1, 0.4, 0.1, 0.4, 0.5)

    project = make_project(workspace, photos, Task.SEGMENTATION, lines=[label_line("a.png", [ring("can", outline)])])

    label = label_of(workspace, project, "a.png")
    assert isinstance(label, Instances)
    assert [(item.polygons, item.box) for item in label.items] == [((outline,), Box(0.1, 0.1, 0.4, 0.5))]


@pytest.mark.parametrize(
    "url",
    [
        address("sub/c.png"),
        "AmlDatastore://store/other/photos/sub/c.png",
        "https://host/bucket/sub/c.png?sig=1",
        "C:\\data\\sub\\c.png",
        "sub/c.png",
        "c.png",
        "/mnt/x/SUB/C.PNG",
    ],
)
def test_images_are_found_by_the_end_of_their_path(workspace, photos, tmp_path, url):
    project = make_project(workspace, photos, Task.CLASSIFICATION)

    assert read(workspace, project, tmp_path, [{"image_url": url, "label": "can"}]).used == 1

    assert label_of(workspace, project, "sub/c.png") == Labels({"can": 1.0})


def test_an_image_that_two_files_could_be_is_never_guessed(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["left/1.png", "right/1.png"])
    project = make_project(workspace, folder, Task.CLASSIFICATION)

    summary = read(
        workspace,
        project,
        tmp_path,
        [{"image_url": "elsewhere/1.png", "label": "can"}, {"image_url": "x/right/1.png", "label": "carton"}],
    )

    assert (summary.used, summary.unmatched) == (1, 1)
    assert label_of(workspace, project, "left/1.png") is None
    assert label_of(workspace, project, "right/1.png") == Labels({"carton": 1.0})
    (finding,) = [finding for finding in summary.findings if finding.code == "JL011"]
    assert (finding.severity, finding.line) == (Severity.ERROR, 1)
    assert "2 image files fit" in finding.message


def test_faults_are_told_with_their_line_and_the_rest_goes_on(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.DETECTION)
    lines = [
        '{"image_url": "a.png", "label": [',
        label_line("nowhere.png", [CAN]),
        label_line("b.png", [box("can", 49.0, 30.0, 210.0, 300.0)]),
        label_line("sub/c.png", [CAN]),
    ]

    summary = read(workspace, project, tmp_path, lines)

    assert (summary.lines, summary.used, summary.refused, summary.unmatched) == (4, 2, 2, 2)
    found = {(finding.line, finding.code): finding for finding in summary.findings}
    assert {key for key in found if key[0]} >= {(1, "JL001"), (2, "JL011"), (3, "JL006")}
    assert "pixel coordinates" in found[3, "JL006"].remedy
    assert all(finding.file == "more.jsonl" for finding in summary.findings)
    assert fetch_overview(workspace, project).findings == summary.findings
    assert label_of(workspace, project, "sub/c.png") is not None
    # A bad label is shown, so that it can be repaired.
    bad = label_of(workspace, project, "b.png")
    assert isinstance(bad, Instances)
    assert bad.items[0].box == Box(49, 30, 210, 300)


def test_a_file_of_another_task_is_refused_whole(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])

    with pytest.raises(FormatError, match="for object detection; the project is multi-class"):
        read(workspace, project, tmp_path, [label_line("a.png", [CAN])])

    assert label_of(workspace, project, "a.png") == Labels({"can": 1.0})
    assert len(fetch_overview(workspace, project).sources) == 1


def test_predictions_of_another_kind_are_refused_whole(workspace, photos, tmp_path):
    scored = {"filename": "a.png", "probs": [0.9, 0.1], "labels": ["can", "carton"]}
    project = make_project(workspace, photos, Task.CLASSIFICATION, predictions=[scored])

    with pytest.raises(FormatError, match="for object detection; the project is multi-class"):
        read(workspace, project, tmp_path, [boxes_line("a.png", (0.9, CAN))])

    assert fetch_project(workspace, project.project_id) == project
    assert state_of(workspace, project, "a.png").prediction == Labels({"can": 0.9, "carton": 0.1})


def test_reading_a_file_again_replaces_its_lines_and_keeps_decisions(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can"), "broken"])
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"carton": 1.0}))

    read(workspace, project, tmp_path, [label_line("b.png", "can")], name="labels.jsonl")

    assert label_of(workspace, project, "a.png") is None
    assert label_of(workspace, project, "b.png") == Labels({"can": 1.0})
    assert state_of(workspace, project, "a.png").decision is not None
    overview = fetch_overview(workspace, project)
    assert [(source.file, source.line_count) for source in overview.sources] == [("labels.jsonl", 1)]
    assert overview.findings == ()


def test_of_two_files_about_an_image_the_newest_counts(workspace, photos, tmp_path):
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can"), label_line("b.png", "can")]
    )

    read(workspace, project, tmp_path, [label_line("a.png", "carton")])

    assert label_of(workspace, project, "a.png") == Labels({"carton": 1.0})
    assert label_of(workspace, project, "b.png") == Labels({"can": 1.0})

    boxes = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN])])
    read(workspace, boxes, tmp_path, [label_line("a.png", [box("carton", 0.5, 0.5, 0.9, 0.9)])])
    label = label_of(workspace, boxes, "a.png")
    assert isinstance(label, Instances)
    assert [item.label for item in label.items] == ["carton"]


def test_of_two_lines_about_an_image_objects_are_joined_and_the_last_class_holds(workspace, photos):
    carton = box("carton", 0.5, 0.5, 0.9, 0.9)
    twice = [label_line("a.png", [CAN]), label_line("a.png", [carton])]
    project = make_project(workspace, photos, Task.DETECTION, lines=twice)
    label = label_of(workspace, project, "a.png")
    assert isinstance(label, Instances)
    assert [item.label for item in label.items] == ["can", "carton"]
    assert len({item.instance_id for item in label.items}) == 2

    classes = [label_line("a.png", "can"), label_line("a.png", "carton")]
    other = make_project(workspace, photos, Task.CLASSIFICATION, lines=classes)
    assert label_of(workspace, other, "a.png") == Labels({"carton": 1.0})


def test_classes_keep_order_and_colour_when_more_come(workspace, photos, tmp_path):
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can"), label_line("b.png", "box")]
    )
    assert project.classes == ("box", "can")

    read(workspace, project, tmp_path, [label_line("a.png", "apple"), label_line("b.png", "can")])

    grown = fetch_project(workspace, project.project_id)
    assert grown.classes == ("box", "can", "apple")
    assert [grown.colour_of(name) for name in project.classes] == [project.colour_of(name) for name in project.classes]


def test_an_object_without_class_makes_no_class(workspace, photos):
    nameless = {key: value for key, value in CAN.items() if key != "label"}

    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [nameless, CAN])])

    assert project.classes == ("can",)


def test_predictions_become_the_active_model(workspace, photos):
    lines = [boxes_line("a.png", (0.9, CAN), (0.6, box("carton", 0.5, 0.5, 0.9, 0.9))), boxes_line("b.png")]

    project = make_project(workspace, photos, Task.DETECTION, predictions=lines)

    model = fetch_overview(workspace, project).model
    assert model is not None
    assert (model.info.model_id, model.spec) == (project.model_id, None)
    assert model.info.classes == project.classes == ("can", "carton")
    assert "no map" in model.info.notes[0]
    state = state_of(workspace, project, "a.png")
    assert isinstance(state.prediction, Instances)
    assert [(item.label, item.score) for item in state.prediction.items] == [("can", 0.9), ("carton", 0.6)]
    assert state.score == 0.6
    assert state_of(workspace, project, "b.png").prediction == Instances()
    assert state_of(workspace, project, "sub/c.png").prediction is None


def test_predictions_for_images_nobody_has_are_told(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.DETECTION)

    summary = read(workspace, project, tmp_path, [boxes_line("a.png"), boxes_line("z.png", (0.9, CAN))])

    assert (summary.kind, summary.used, summary.unmatched) == ("predictions", 1, 1)
    (finding,) = summary.findings
    assert (finding.code, finding.line) == ("JL011", 2)
    assert "z.png; no image fits it" in finding.message


def test_objects_of_two_prediction_files_have_different_ids(workspace, photos, tmp_path):
    # Decisions name objects for good: an accepted one must not be taken for another model's.
    project = make_project(workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png", (0.9, CAN))])
    first = state_of(workspace, project, "a.png").prediction

    read(workspace, project, tmp_path, [boxes_line("a.png", (0.8, box("can", 0.3, 0.3, 0.9, 0.9)))])

    second = state_of(workspace, project, "a.png").prediction
    assert isinstance(first, Instances)
    assert isinstance(second, Instances)
    assert first.items[0].instance_id != second.items[0].instance_id


def test_lines_find_images_that_come_later(workspace, photos, tmp_path):
    scored = {"filename": "late.png", "probs": [0.9, 0.1], "labels": ["can", "carton"]}
    lines = [label_line("a.png", "can"), label_line("late.png", "carton"), label_line("never.png", "can")]
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=lines, predictions=[scored])
    read(workspace, project, tmp_path, [label_line("late.png", "can")], name="newer.jsonl")
    before = fetch_overview(workspace, project)
    assert [finding.line for finding in before.findings] == [2, 3, 1, 1]

    draw_image(photos / "late.png", seed=50)
    import_images(workspace, project.project_id)

    state = state_of(workspace, project, "late.png")
    assert state.label == Labels({"can": 1.0})
    assert state.prediction == Labels({"can": 0.9, "carton": 0.1})
    assert state.score == 0.9
    after = fetch_overview(workspace, project)
    assert [(source.file, source.used_count) for source in after.sources] == [
        ("labels.jsonl", 2),
        ("predictions.jsonl", 1),
        ("newer.jsonl", 1),
    ]
    assert [finding.line for finding in after.findings] == [3]
    assert after.model == before.model


def test_labels_stay_with_an_image_that_is_gone(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    away = (photos / "a.png").rename(tmp_path / "a.png")
    import_images(workspace, project.project_id)

    summary = read(workspace, project, tmp_path, [label_line("a.png", "can")])
    assert (summary.used, summary.unmatched) == (1, 0)

    away.rename(photos / "a.png")
    import_images(workspace, project.project_id)
    assert label_of(workspace, project, "a.png") == Labels({"can": 1.0})


def test_files_that_are_neither_labels_nor_predictions_are_told(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    for lines, said in [([], r"empty \(0 bytes\)"), (["my shopping list"], "No line holds labels"), ([""], "No line")]:
        with pytest.raises(FormatError, match=said):
            read(workspace, project, tmp_path, lines)
    for path, said in [(tmp_path / "nothing.jsonl", "No such file"), (photos, "Found: a folder")]:
        with pytest.raises(FormatError, match=said):
            import_file(workspace, project.project_id, str(path))
    assert fetch_overview(workspace, project).sources == ()


def test_the_settings_say_how_large_a_file_may_be(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    narrow = replace(workspace, settings=replace(workspace.settings, max_file_bytes=100))

    with pytest.raises(LimitError, match=r"at most 0\.0 MB"):
        read(narrow, project, tmp_path, [label_line("a.png", "can")])


def test_labels_that_look_like_programs_stay_text(workspace, photos, tmp_path):
    nasty = ["<img src=x onerror=alert(1)>", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)"]
    lines = [label_line("a.png", [box(name, 0.1, 0.1, 0.5, 0.5) for name in nasty])]
    lines += [label_line(f"{name}.png", [CAN]) for name in nasty]
    project = make_project(workspace, photos, Task.DETECTION)
    read(workspace, project, tmp_path, lines, name="=cmd.jsonl")

    label = label_of(workspace, project, "a.png")
    assert isinstance(label, Instances)
    assert [item.label for item in label.items] == nasty
    assert set(fetch_project(workspace, project.project_id).classes) == {"can", *nasty}
    findings = fetch_overview(workspace, project).findings
    assert len(findings) == len(nasty)
    rows = list(csv.reader(io.StringIO(findings_as_csv(findings))))
    assert {row[2] for row in rows[1:]} == {"'=cmd.jsonl"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)
