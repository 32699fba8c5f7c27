from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import Facts, FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at
from formats.label_studio.label_studio import LabelStudio

WORKED = Instance("a", "can", Box(0.26, 0.406, 0.735, 0.701))
SQUARE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
APART = (0.6, 0.6, 0.9, 0.6, 0.9, 0.9)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)


def read(path: Path, task: Task | None = None, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name)
    return list(LabelStudio().read(path, options or ReadOptions(task), report)), report


def read_tasks(folder: Path, *tasks: Any, task: Task | None = None) -> tuple[list[Record], FileReport]:
    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    return read(file, task)


def read_results(folder: Path, *results: Any, task: Task | None = None) -> Record:
    (record,), _ = read_tasks(folder, annotated(*results), task=task)
    return record


def annotated(*results: Any, image: str = "/data/local-files/?d=a.jpg", **changes: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, "annotations": [{"result": list(results)}], "predictions": [], **changes}


def region(kind: str, **changes: Any) -> dict[str, Any]:
    known = {"id": "r", "from_name": "x", "to_name": "image", "type": kind}
    known |= {"original_width": 200, "original_height": 100, "image_rotation": 0}
    return known | changes


def boxed(x: Any = 10, y: Any = 20, width: Any = 30, height: Any = 40, **changes: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": ["can"]}
    return region("rectanglelabels", value=value | changes)


def outlined(points: Any, label: str = "can", **changes: Any) -> dict[str, Any]:
    return region("polygonlabels", value={"points": points, "polygonlabels": [label]}, **changes)


def chosen(*names: str, **changes: Any) -> dict[str, Any]:
    return region("choices", value={"choices": list(names)}, **changes)


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def items(record: Record) -> tuple[Instance, ...]:
    assert isinstance(record.content, Instances)
    return record.content.items


def labelled(*objects: Instance) -> Record:
    return Record(1, "", "photos/1.jpg", Instances(objects), size=(499, 666))


def predicted(*objects: Instance, model: str = "") -> Record:
    return replace(labelled(*objects), role=Role.PREDICTION, facts=Facts(model=model))


def write(path: Path, *records: Record, task: Task = Task.DETECTION) -> list[dict[str, Any]]:
    LabelStudio().write(path, records, WriteOptions(task, ("can", "a<b")))
    return json.loads(path.read_bytes())


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    (task,) = write(tmp_path / "a.json", labelled(WORKED))
    assert task == {
        "id": 1,
        "data": {"image": "/data/local-files/?d=photos/1.jpg"},
        "annotations": [
            {
                "id": 1,
                "result": [
                    {
                        "to_name": "image",
                        "original_width": 499,
                        "original_height": 666,
                        "image_rotation": 0,
                        "id": "o1",
                        "from_name": "label",
                        "type": "rectanglelabels",
                        "value": {
                            "x": 26.0,
                            "y": 40.6,
                            "width": 47.5,
                            "height": 29.5,
                            "rotation": 0,
                            "rectanglelabels": ["can"],
                        },
                    }
                ],
                "was_cancelled": False,
                "ground_truth": False,
            }
        ],
        "predictions": [],
    }
    (record,), report = read(tmp_path / "a.json")
    assert items(record)[0].box == WORKED.box
    assert (record.image_url, record.size, record.findings) == ("photos/1.jpg", (499, 666), ())
    assert report.task is Task.DETECTION


def test_labels_and_predictions_of_an_image_are_one_task(tmp_path: Path) -> None:
    records = [
        labelled(),
        predicted(replace(WORKED, score=0.75), replace(WORKED, score=0.5), model="one 1"),
        predicted(model="two"),
        replace(labelled(WORKED), image_url="b.jpg"),
    ]
    first, second = write(tmp_path / "a.json", *records)
    assert [len(first["annotations"]), len(first["predictions"]), len(second["annotations"])] == [1, 2, 1]
    assert (first["predictions"][0]["score"], first["predictions"][0]["model_version"]) == (0.5, "one 1")
    found, _ = read(tmp_path / "a.json")
    assert [(record.image_url, record.role, record.facts.model, len(items(record))) for record in found] == [
        ("photos/1.jpg", Role.LABEL, "", 0),
        ("photos/1.jpg", Role.PREDICTION, "one 1", 2),
        ("photos/1.jpg", Role.PREDICTION, "two", 0),
        ("b.jpg", Role.LABEL, "", 1),
    ]
    assert [item.score for item in items(found[1])] == [0.75, 0.5]
    ids = [item.instance_id for record in found for item in items(record)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (Task.DETECTION, {"RectangleLabels": "label"}),
        (Task.SEGMENTATION, {"PolygonLabels": "polygon", "RectangleLabels": "label"}),
        (Task.CLASSIFICATION, {"Choices": "choice"}),
        (Task.MULTILABEL, {"Choices": "choice"}),
    ],
)
def test_the_labelling_interface_lies_beside(tmp_path: Path, task: Task, expected: dict[str, str]) -> None:
    writing = LabelStudio().write(tmp_path / "a.json", [], WriteOptions(task, ('can "1"', "a<b\n")))
    assert [file.name for file in writing.files] == ["a.json", "a.label-config.xml"]
    assert json.loads(writing.files[0].read_bytes()) == []
    root = ElementTree.fromstring(writing.files[1].read_text(encoding="utf-8"))
    controls = {child.tag: child.attrib["name"] for child in root if child.tag != "Image"}
    assert controls == expected
    assert [each.attrib["value"] for each in list(root)[1]] == ['can "1"', "a<b\n"]
    if "Choices" in expected:
        assert root.find("Choices").attrib["choice"] == ("multiple" if task is Task.MULTILABEL else "single")


def test_outlines_of_one_object_share_their_instance(tmp_path: Path) -> None:
    parts = replace(WORKED, polygons=(SQUARE, APART), is_crowd=True)
    (task,) = write(tmp_path / "a.json", labelled(parts, replace(WORKED, polygons=(APART,))), task=Task.SEGMENTATION)
    regions = task["annotations"][0]["result"]
    assert [(each["id"], each.get("parentID"), each.get("meta")) for each in regions] == [
        ("o1", None, {"isCrowd": True, "instance": "o1"}),
        ("o1.2", "o1", {"isCrowd": True, "instance": "o1"}),
        ("o2", None, None),
    ]
    (record,), _ = read(tmp_path / "a.json")
    assert [(item.polygons, item.is_crowd) for item in items(record)] == [((SQUARE, APART), True), ((APART,), None)]


def test_regions_that_people_nest_stay_objects_of_their_own(tmp_path: Path) -> None:
    triangle = [[10, 10], [50, 10], [50, 50]]
    record = read_results(tmp_path, outlined(triangle, id="p"), outlined(triangle, id="q", parentID="p"))
    assert len(items(record)) == 2


def test_classes_of_images_and_all_their_probabilities(tmp_path: Path) -> None:
    records = [
        replace(labelled(), content=Labels({"can": 1.0, "a<b": 1.0})),
        replace(predicted(), content=Labels({"can": 0.75, "a<b": 0.5, "c": 0.25})),
    ]
    (task,) = write(tmp_path / "a.json", *records, task=Task.MULTILABEL)
    assert task["annotations"][0]["result"][0]["value"] == {"choices": ["can", "a<b"]}
    assert task["predictions"][0]["result"][0]["value"] == {"choices": ["can", "a<b"]}
    assert task["predictions"][0]["score"] == 0.5
    found, report = read(tmp_path / "a.json")
    assert report.task is Task.MULTILABEL
    assert [record.content for record in found] == [record.content for record in records]


def test_a_multi_class_prediction_chooses_the_most_probable_class(tmp_path: Path) -> None:
    record = replace(predicted(), content=Labels({"can": 0.25, "a<b": 0.75}))
    (task,) = write(tmp_path / "a.json", record, task=Task.CLASSIFICATION)
    (result,) = task["predictions"][0]["result"]
    assert (result["value"], result["score"], result["from_name"]) == ({"choices": ["a<b"]}, 0.75, "choice")


def test_scores_of_choices_made_by_others(tmp_path: Path) -> None:
    predictions = [
        {"score": 0.5, "result": [chosen("can")]},
        {"score": 0.5, "result": [chosen("can", score=0.75)]},
        {"result": [chosen("can")]},
        {"result": []},
        {"result": [chosen("can", score=0.5, meta={"scores": {"can": 7}})]},
    ]
    found, _ = read_tasks(tmp_path, annotated(annotations=[], predictions=predictions), task=Task.CLASSIFICATION)
    assert [record.content for record in found] == [
        Labels({"can": 0.5}),
        Labels({"can": 0.75}),
        Labels({"can": 1.0}),
        None,
        Labels({"can": 0.5}),
    ]
    assert [codes(record) for record in found] == [[], [], ["EX012"], ["EX004"], ["EX003"]]


def test_objects_without_score_take_that_of_the_prediction(tmp_path: Path) -> None:
    predictions = [{"score": 0.5, "result": [boxed(), boxed() | {"score": 0.25}]}, {"result": [boxed()]}]
    found, _ = read_tasks(tmp_path, annotated(annotations=[], predictions=predictions))
    assert [[item.score for item in items(record)] for record in found] == [[0.5, 0.25], [None]]
    assert [codes(record) for record in found] == [["EX009"], ["EX012"]]


def test_the_last_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    annotations = [{"result": []}, {"result": [boxed()]}, {"result": [], "was_cancelled": True}]
    (record,), _ = read_tasks(tmp_path, annotated(annotations=annotations))
    assert len(items(record)) == 1
    assert codes(record) == ["EX009"]


def test_tasks_nobody_touched_say_nothing_and_are_counted(tmp_path: Path) -> None:
    cancelled = annotated(annotations=[{"result": [boxed()], "was_cancelled": True}])
    records, report = read_tasks(tmp_path, annotated(annotations=[]), cancelled, annotated(boxed(), image="b.jpg"))
    assert [(record.image_url, codes(record)) for record in records] == [("a.jpg", ["EX014"]), ("b.jpg", [])]
    assert records[0].content is None
    assert [finding.message for finding in report.take()] == ["2 tasks have no annotation yet and say nothing."]


def test_completions_of_old_exports_are_annotations(tmp_path: Path) -> None:
    old = {"id": 1, "data": {"image": "a.jpg"}, "completions": [{"result": [boxed()]}]}
    (record,), _ = read_tasks(tmp_path, old)
    assert len(items(record)) == 1


@pytest.mark.parametrize(
    ("address", "image"),
    [
        ("/data/local-files/?d=photos/cold%20store/a%2Bb.jpg", "photos/cold store/a+b.jpg"),
        ("http://localhost:8080/data/local-files/?d=photos/a.jpg", "photos/a.jpg"),
        ("/data/upload/12/0a1b2c3d-my_photo.jpg", "my_photo.jpg"),
        ("/data/upload/my_photo.jpg", "my_photo.jpg"),
        ("https://example.org/data/a%20b.jpg?x=1", "https://example.org/data/a%20b.jpg?x=1"),
        ("s3://bucket/photos/a.jpg", "s3://bucket/photos/a.jpg"),
        ("photos/a.jpg", "photos/a.jpg"),
        ("http://[broken/a.jpg", "http://[broken/a.jpg"),
    ],
)
def test_images_are_named_by_many_kinds_of_addresses(tmp_path: Path, address: str, image: str) -> None:
    (record,), _ = read_tasks(tmp_path, annotated(boxed(), image=address))
    assert record.image_url == image


@pytest.mark.parametrize("image", ["a b+c%20.jpg", "ö/🥛.jpg", "/data/upload/x.jpg", "?d=x", "s3://b/a.jpg", "a&d=b#c"])
def test_names_of_images_survive(tmp_path: Path, image: str) -> None:
    losses = Losses()
    fitted = LabelStudio().fit(replace(labelled(), image_url=image), WriteOptions(Task.DETECTION), losses)
    assert fitted is not None
    write(tmp_path / "a.json", fitted)
    (record,), _ = read(tmp_path / "a.json", Task.DETECTION)
    assert (record.image_url, losses.examples) == (image, {})


def test_other_keys_than_image_may_hold_the_address(tmp_path: Path) -> None:
    task = annotated(boxed()) | {"data": {"caption": "a can", "picture": "https://example.org/a.PNG?token=1"}}
    (record,), _ = read_tasks(tmp_path, task)
    assert record.image_url == "https://example.org/a.PNG?token=1"


def test_a_turned_box_turns_about_its_corner_in_pixels(tmp_path: Path) -> None:
    turned = boxed(x=50, y=20, width=20, height=10, rotation=90)
    record = read_results(tmp_path, turned)
    assert codes(record) == ["EX009"]
    assert items(record)[0].polygons == ()
    assert items(record)[0].box.as_tuple() == pytest.approx((0.45, 0.2, 0.5, 0.6))
    (item,) = items(read_results(tmp_path, turned, task=Task.SEGMENTATION))
    assert list(item.polygons[0]) == pytest.approx([0.5, 0.2, 0.5, 0.6, 0.45, 0.6, 0.45, 0.2])
    unsized = {key: value for key, value in turned.items() if not key.startswith("original")}
    assert codes(read_results(tmp_path, unsized)) == ["EX008"]


def test_a_turned_view_turns_no_coordinates(tmp_path: Path) -> None:
    record = read_results(tmp_path, boxed() | {"image_rotation": 90})
    assert items(record)[0].box == Box(0.1, 0.2, 0.4, 0.6)
    assert codes(record) == ["EX009"]


def test_shapes_and_their_classes_in_two_parts(tmp_path: Path) -> None:
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    parts = [region("rectangle", value=value), region("labels", value=value | {"labels": ["can"]})]
    (item,) = items(read_results(tmp_path, *parts))
    assert (item.label, item.box) == ("can", Box(0.1, 0.2, 0.4, 0.6))
    assert codes(read_results(tmp_path, parts[0], task=Task.DETECTION)) == ["EX004"]


def test_what_stands_beside_is_counted_once(tmp_path: Path) -> None:
    _, report = read_tasks(
        tmp_path, annotated(boxed() | {"score": 0.5}, chosen("blurred"), region("textarea", value={}))
    )
    assert [finding.message for finding in report.take()] == [
        "Relook does not keep: choices (once), score (once), textarea (once)."
    ]
    _, report = read_tasks(tmp_path, annotated(boxed(), chosen("can")), task=Task.CLASSIFICATION)
    assert [finding.message for finding in report.take()] == ["Relook does not keep: rectanglelabels (once)."]


def test_every_loss_is_named() -> None:
    losses = Losses()
    holed = replace(WORKED, polygons=(SQUARE, HOLE), label="a\x01", score=0.5)
    outside = replace(WORKED, box=Box(-0.5, 0.1, 0.5, 0.5))
    record = replace(labelled(holed, outside, replace(WORKED, label="")), facts=Facts(model="m", latency_s=1.0))
    fitted = LabelStudio().fit(record, WriteOptions(Task.SEGMENTATION), losses)
    assert fitted is not None
    assert [(item.label, item.polygons) for item in items(fitted)] == [("a\ufffd", (SQUARE,)), ("can", ())]
    assert losses.counts == {
        Loss.HOLES: 1,
        Loss.NAMES: 1,
        Loss.SCORES: 1,
        Loss.CLIPPED: 1,
        Loss.OBJECTS: 1,
        Loss.FACTS: 1,
    }


def test_predictions_keep_the_model() -> None:
    losses = Losses()
    fitted = LabelStudio().fit(predicted(WORKED), WriteOptions(Task.DETECTION, model="yolo 3"), losses)
    assert fitted is not None
    assert (fitted.facts, items(fitted)) == (Facts(model="yolo 3"), ())
    assert losses.counts == {Loss.OBJECTS: 1}


def test_the_minimal_export_is_recognised_and_explained(tmp_path: Path) -> None:
    value = {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["can"]}
    minimal = {"image": "a.jpg", "id": 1, "label": [value], "annotator": 1, "annotation_id": 7, "lead_time": 3.5}
    records, report = read_tasks(tmp_path, minimal, minimal)
    assert records == []
    (finding,) = report.take()
    assert (finding.code, finding.remedy) == ("EX003", "Export the project as JSON.")
    assert LabelStudio().recognises(look_at(tmp_path / "tasks.json"))


def test_a_single_task_is_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text(json.dumps(annotated(boxed())))
    assert LabelStudio().recognises(look_at(file))
    (record,), _ = read(file)
    assert len(items(record)) == 1


def test_sizes_come_from_the_image_where_the_file_has_none(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps([annotated()]))
    options = ReadOptions(Task.DETECTION, find_image=lambda address: ImageFacts(address, 7, 8))
    (record,), _ = read(file, options=options)
    assert record.size == (7, 8)


def test_the_ids_tell_which_regions_are_left_out(tmp_path: Path) -> None:
    task = annotated(region("keypointlabels", value={}), chosen("can"), boxed(), boxed(x="left"), None)
    (record,), _ = read_tasks(tmp_path, task)
    assert record.instance_ids == ("", "ls1.a.3", "", "")
    assert record.unreadable_objects == [0, 2, 3]
    assert [item.instance_id for item in items(record)] == ["ls1.a.3"]


def test_the_objects_of_annotations_that_are_not_taken_are_left_out(tmp_path: Path) -> None:
    cancelled = {"result": [boxed()], "was_cancelled": True}
    annotations = [{"result": [boxed(), chosen("can"), boxed()]}, cancelled, {"result": [boxed()]}]
    (record,), _ = read_tasks(tmp_path, annotated(annotations=annotations))
    assert record.instance_ids == ("", "", "ls1.a.1")
    assert record.unreadable_objects == [0, 1]


def test_the_classes_of_a_whole_picture_have_no_ids(tmp_path: Path) -> None:
    annotations = [{"result": [chosen("can"), boxed()]}, {"result": [chosen("carton")]}]
    (record,), _ = read_tasks(tmp_path, annotated(annotations=annotations), task=Task.CLASSIFICATION)
    assert record.instance_ids == ()
