"""Evaluating a project from the database: before review against after, and the images behind every number."""

from __future__ import annotations

import pytest
from sklearn import metrics as reference

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from services import evaluate_project as module
from services.evaluate_project import evaluate_project, evaluation_key, find_evaluation
from services.evaluation_result import FLIPS, point_key
from services.import_labels import import_file
from services.projects import fetch_project, set_model
from store.image_tags import set_tag
from tests.services.small_projects import (
    box,
    boxes_line,
    decide,
    draw_images,
    label_line,
    make_project,
    ring,
    write_lines,
)

NAMES = [f"{number:02}.png" for number in range(12)]
TRUTH = ["can"] * 6 + ["jar"] * 6
GIVEN = ["jar", *TRUTH[1:]]
SAID = [*["can"] * 5, "jar", *["jar"] * 4, "can", "tin"]


@pytest.fixture
def photos(tmp_path):
    return draw_images(tmp_path / "photos", NAMES)


@pytest.fixture
def jars(workspace, photos):
    """Twelve images; the first label is wrong, the model is wrong about the last three of SAID."""
    lines = [label_line(name, label) for name, label in zip(NAMES, GIVEN, strict=True)]
    predictions = [
        {"filename": name, "labels": [said, "bag"], "probs": [0.9, 0.1]} for name, said in zip(NAMES, SAID, strict=True)
    ]
    return make_project(workspace, photos, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def heads(made):
    return {each.key: each for each in made.headlines}


def test_figures_of_the_database_equal_scikit_learn(workspace, jars):
    made = evaluate_project(workspace, jars)

    assert heads(made)["accuracy"].after.value == pytest.approx(reference.accuracy_score(GIVEN, SAID))
    by_name = {line.name: line.values for line in made.classes}
    recalls = reference.recall_score(GIVEN, SAID, labels=["can", "jar"], average=None)
    assert [by_name[name][3] for name in ("can", "jar")] == pytest.approx(recalls)
    assert by_name["tin"][3] is None  # nobody labelled it: undefined, not 0
    assert heads(made)["macro_recall"].after.value == pytest.approx(recalls.mean())
    assert made.matrix.counts.sum() == 12


def test_a_corrected_label_moves_the_figures_and_the_change_has_an_interval(workspace, jars):
    decide(workspace, jars, NAMES[0], Verdict.CORRECT, Labels({"can": 1.0}))
    decide(workspace, jars, NAMES[1], Verdict.ACCEPT, Labels({"can": 1.0}))
    made = evaluate_project(workspace, fetch_project(workspace, jars.project_id))

    accuracy = heads(made)["accuracy"]
    assert (accuracy.after.value, accuracy.before) == (pytest.approx(9 / 12), pytest.approx(8 / 12))
    assert accuracy.change.value == pytest.approx(1 / 12)
    assert accuracy.change.low <= 1 / 12 <= accuracy.change.high
    assert accuracy.after.low < 9 / 12 < accuracy.after.high
    errors = heads(made)["errors"]
    assert (errors.count, errors.note, errors.after.value) == (1, "of 2 reviewed", 0.5)
    assert made.images_of("errors") == [NAMES[0]]
    assert made.images_of(FLIPS[0]) == [NAMES[0]]


def test_every_cell_row_and_slice_names_its_images(workspace, jars):
    made = evaluate_project(workspace, jars)

    rows, columns = made.matrix.rows, made.matrix.columns
    for row, label in enumerate(rows):
        for column, said in enumerate(columns):
            wanted = [n for n, g, s in zip(NAMES, GIVEN, SAID, strict=True) if (g, s) == (label, said)]
            assert made.images_of(made.matrix.key(row, column)) == wanted
    (tin,) = [line for line in made.classes if line.name == "tin"]
    assert made.images_of(tin.key) == [NAMES[11]]
    wrong = {name for name, g, s in zip(NAMES, GIVEN, SAID, strict=True) if g != s}
    sliced = {image for line in made.slices if line.kind == "class" for image in made.images_of(line.key)}
    assert sliced == wanted_union(wrong)
    assert made.images_of("no such key") == []


def wanted_union(images):
    return set(images)


def test_rejected_images_and_those_with_one_side_only_are_left_out_and_counted(workspace, photos):
    lines = [label_line(name, "can") for name in NAMES[:6]]
    predictions = [{"filename": name, "labels": ["can"], "probs": [0.8]} for name in NAMES[3:9]]
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=lines, predictions=predictions)
    decide(workspace, project, NAMES[4], Verdict.REJECT, None)
    decide(workspace, project, NAMES[7], Verdict.ACCEPT, Labels({"can": 1.0}))

    made = evaluate_project(workspace, project)
    assert made.image_ids == [NAMES[3], NAMES[5], NAMES[7]]
    assert made.notes == (
        "Only 3 images are compared: another draw of images could give very different figures.",
        "All labels are of one class, can: what compares classes is undefined.",
        "Images without a label, left out: 5.",
        "Labelled images without a prediction, left out: 3.",
        "Rejected images, left out: 1.",
        "Images without a label before review, left out of the change: 1.",
    )
    assert heads(made)["accuracy"].change.n == 2


def test_the_change_is_that_of_images_that_had_a_label_before(workspace, photos):
    lines = [label_line(name, "jar") for name in NAMES[:4]]
    answers = [{"filename": name, "labels": ["can", "jar"], "probs": [0.8, 0.2]} for name in NAMES]
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=lines, predictions=answers)
    decide(workspace, project, NAMES[0], Verdict.CORRECT, Labels({"can": 1.0}))
    for name in NAMES[4:]:
        decide(workspace, project, name, Verdict.ACCEPT, Labels({"can": 1.0}))

    made = heads(evaluate_project(workspace, project))
    accuracy, error = made["accuracy"], made["ece"]
    assert (accuracy.after.value, accuracy.after.n) == (pytest.approx(9 / 12), 12)
    assert (accuracy.before, accuracy.change.value, accuracy.change.n) == (0.0, pytest.approx(1 / 4), 4)
    assert error.before == pytest.approx(0.8)
    assert error.change.value == pytest.approx(0.55 - 0.8)


@pytest.mark.parametrize("task", list(Task))
def test_nothing_to_compare_is_undefined_everywhere(workspace, photos, task):
    made = evaluate_project(workspace, make_project(workspace, photos, task))
    assert made.image_ids == []
    assert {each.after for each in made.headlines} == {None}
    assert {each.before for each in made.headlines} == {None}
    assert made.classes == made.slices == ()
    assert "No image has both a label and a prediction" in made.nothing


def test_several_classes_an_image(workspace, photos):
    truth = [["can", "jar"], ["can"], ["jar"]] * 4
    lines = [label_line(name, labels) for name, labels in zip(NAMES, truth, strict=True)]
    predictions = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.2]} for name in NAMES]
    project = make_project(workspace, photos, Task.MULTILABEL, lines=lines, predictions=predictions)
    made = evaluate_project(workspace, project)

    found = heads(made)
    assert found["subset"].after.value == pytest.approx(4 / 12)
    assert found["hamming"].after.value == pytest.approx(12 / 24)
    given = [[1, 1], [1, 0], [0, 1]] * 4
    wanted = reference.f1_score(given, [[1, 0]] * 12, average="macro")
    assert found["macro_f1"].after.value == pytest.approx(wanted)
    decide(workspace, project, NAMES[0], Verdict.CORRECT, Labels({"can": 1.0}))
    assert evaluate_project(workspace, project).images_of(FLIPS[0]) == [NAMES[0]]
    jar = next(line for line in made.classes if line.name == "jar")
    assert made.images_of(jar.key) == [name for name, labels in zip(NAMES, truth, strict=True) if "jar" in labels]


def test_a_point_of_a_curve_opens_what_is_wrong_from_its_score_on(workspace, jars):
    made = evaluate_project(workspace, jars)
    can = list(made.curves).index("can")
    curve = made.curves["can"][0]
    for false_rate, true_rate, score in zip(curve.x, curve.y, curve.thresholds, strict=True):
        wrong = made.images_of(point_key(can, float(score)))
        wanted = round(false_rate * 2 + (1 - true_rate) * 4)  # six images have a score for it, four of them are cans
        assert len(wrong) == wanted
    key = point_key(can, 0.5)
    assert made.images_of(key) == [NAMES[0], NAMES[10]]
    assert made.title_of(key) == "can from score 0.500 on: wrong or missed"
    assert made.title_of("point/99/0.5") == ""


def test_a_point_of_a_curve_of_objects_opens_what_is_extra_or_missed(workspace, boxed):
    made = evaluate_project(workspace, boxed)
    can = list(made.curves).index("can")
    assert made.images_of(point_key(can, 0.5)) == [NAMES[10], NAMES[11]]
    assert made.images_of(point_key(can, 0.95)) == NAMES  # nothing is predicted there: all are missed


@pytest.fixture
def boxed(workspace, photos):
    """One can on every image; it is found on ten of twelve, once as a jar, and once nothing is there."""
    lines = [label_line(name, [box("can", 0.1, 0.1, 0.5, 0.5)]) for name in NAMES]
    answers = [boxes_line(name, (0.9, box("can", 0.1, 0.1, 0.5, 0.5))) for name in NAMES[:10]]
    answers.append(boxes_line(NAMES[10], (0.8, box("jar", 0.1, 0.1, 0.5, 0.5))))
    answers.append(boxes_line(NAMES[11], (0.7, box("can", 0.6, 0.6, 0.9, 0.9))))
    return make_project(workspace, photos, Task.DETECTION, lines=lines, predictions=answers)


def test_objects_before_and_after_review(workspace, boxed):
    corrected = Instances((Instance("x", "jar", Box(0.1, 0.1, 0.5, 0.5), None),))
    decide(workspace, boxed, NAMES[10], Verdict.CORRECT, corrected)
    made = evaluate_project(workspace, boxed)

    found = heads(made)
    assert found["recall"].after.value == pytest.approx(11 / 12)
    assert found["recall"].before == pytest.approx(10 / 12)
    assert found["precision"].change.value == pytest.approx(1 / 12)
    assert found["map50"].after.value > found["map50"].before
    assert found["errors"].count == 1
    costs = {each.kind: each for each in made.costs}
    assert (costs["missed"].count, costs["background"].count, costs["classification"].count) == (1, 1, 0)
    assert made.images_of(costs["missed"].key) == [NAMES[11]]
    assert (made.images_of(FLIPS[0]), made.images_of(FLIPS[1])) == ([NAMES[10]], [])
    can, jar = made.matrix.rows.index("can"), made.matrix.rows.index("jar")
    assert made.matrix.counts[can, can] == 10
    assert made.matrix.counts[jar, jar] == 1
    assert made.images_of(made.matrix.key(len(made.matrix.rows) - 1, can)) == [NAMES[11]]
    assert made.images_of(made.matrix.key(can, len(made.matrix.columns) - 1)) == [NAMES[11]]


def answers_of(names, said, score=0.9):
    return [
        {"filename": n, "labels": [s, "bag"], "probs": [score, 1 - score]} for n, s in zip(names, said, strict=True)
    ]


def add_model(workspace, project, folder, lines):
    """Read the predictions of another model, and leave the earlier one active."""
    import_file(workspace, project.project_id, str(write_lines(folder / "other.jsonl", lines)))
    set_model(workspace, project.project_id, project.model_id)


def test_two_models_are_held_against_each_other_on_the_images_both_speak_about(workspace, jars, tmp_path):
    other = ["can"] * 4 + ["jar"] * 6
    add_model(workspace, jars, tmp_path, answers_of(NAMES[:10], other, 0.6))
    made = evaluate_project(workspace, jars, against="other.jsonl")

    assert (made.about.other, len(made.image_ids)) == ("other.jsonl", 10)
    assert "Images without a prediction of the other model, left out: 2." in made.notes
    accuracy = heads(made)["accuracy"]
    ours, theirs = (reference.accuracy_score(GIVEN[:10], side) for side in (SAID[:10], other))
    assert (accuracy.after.value, accuracy.before) == (pytest.approx(ours), pytest.approx(theirs))
    assert accuracy.change.value == pytest.approx(ours - theirs)
    assert accuracy.change.low <= accuracy.change.value <= accuracy.change.high
    assert heads(made)["ece"].before != heads(made)["ece"].after.value
    assert made.images_of(FLIPS[0]) == [NAMES[4]]
    assert made.images_of(FLIPS[1]) == []
    assert made.title_of(FLIPS[0]) == "Right with predictions.jsonl, wrong with other.jsonl"
    wanted = reference.f1_score(GIVEN[:10], other, labels=["can", "jar"], average=None)
    by_name = {line.name: line.before for line in made.classes}
    assert [by_name["can"], by_name["jar"]] == pytest.approx(wanted)


def test_a_model_against_itself_differs_in_nothing_and_its_interval_is_a_point(workspace, jars, tmp_path):
    add_model(workspace, jars, tmp_path, answers_of(NAMES, SAID))
    made = evaluate_project(workspace, jars, against="other.jsonl")
    moved = [each.change for each in made.headlines if each.change]
    assert len(moved) == 5
    assert {(each.value, each.low, each.high) for each in moved} == {(0.0, 0.0, 0.0)}


def test_two_detectors_are_held_against_each_other(workspace, boxed, tmp_path):
    better = [boxes_line(name, (0.9, box("can", 0.1, 0.1, 0.5, 0.5))) for name in NAMES]
    add_model(workspace, boxed, tmp_path, better)
    made = evaluate_project(workspace, boxed, against="other.jsonl")
    recall = heads(made)["recall"]
    assert (recall.after.value, recall.before) == (pytest.approx(10 / 12), 1.0)
    assert made.images_of(FLIPS[1]) == NAMES[10:]
    assert heads(made)["map"].change.value < 0


def test_two_models_of_several_classes(workspace, photos, tmp_path):
    lines = [label_line(name, ["can", "jar"]) for name in NAMES]
    ours = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.8]} for name in NAMES]
    theirs = [{"filename": name, "labels": ["can", "tin"], "probs": [0.9, 0.8]} for name in NAMES]
    project = make_project(workspace, photos, Task.MULTILABEL, lines=lines, predictions=ours)
    add_model(workspace, project, tmp_path, theirs)
    made = evaluate_project(workspace, project, against="other.jsonl")
    assert (heads(made)["subset"].after.value, heads(made)["subset"].before) == (1.0, 0.0)
    assert made.images_of(FLIPS[0]) == NAMES
    assert heads(made)["errors"].count == 0


@pytest.mark.parametrize("wanted", ["none.pt", "predictions.jsonl"])
def test_a_model_that_is_not_there_or_the_active_one_is_no_other_model(workspace, jars, wanted):
    with pytest.raises(InputError, match="There is no other model"):
        evaluate_project(workspace, jars, against=wanted)


def test_only_the_images_of_a_split_count(workspace, jars):
    with workspace.write() as connection:
        set_tag(connection, jars.project_id, "split", dict.fromkeys(NAMES[6:], "test"))
    made = evaluate_project(workspace, jars, split="test")
    assert made.image_ids == NAMES[6:]
    assert heads(made)["accuracy"].after.value == pytest.approx(4 / 6)
    assert "test images only, 6 images compared" in made.facts
    assert evaluate_project(workspace, jars, split="train").image_ids == []
    with pytest.raises(InputError, match="no split"):
        evaluate_project(workspace, jars, split="fold 1")


def triangle(label):
    return ring(label, [0.1, 0.1, 0.9, 0.1, 0.1, 0.9])


@pytest.fixture
def outlined(workspace, photos):
    """A triangle on every image; on two the model draws the other half of the same box, on one nothing but a box."""
    lines = [label_line(name, [triangle("can")]) for name in NAMES]
    halves = [[0.1, 0.1, 0.9, 0.1, 0.1, 0.9]] * 9 + [[0.9, 0.9, 0.9, 0.1, 0.1, 0.9]] * 2
    box = {"topX": 0.1, "topY": 0.1, "bottomX": 0.9, "bottomY": 0.9}
    answers = [
        {"filename": name, "boxes": [{"label": "can", "score": 0.9, "box": box, "polygon": [half]}]}
        for name, half in zip(NAMES, halves, strict=False)
    ]
    answers.append({"filename": NAMES[11], "boxes": [{"label": "can", "score": 0.9, "box": box, "polygon": []}]})
    return make_project(workspace, photos, Task.SEGMENTATION, lines=lines, predictions=answers)


def test_segmentation_is_judged_by_masks_where_the_boxes_are_alike(workspace, outlined):
    made = evaluate_project(workspace, outlined)
    found = heads(made)
    assert found["recall"].after.value == found["precision"].after.value == pytest.approx(9 / 12)
    assert found["map"].after.value < 0.76
    wrong = {name for each in made.costs for name in made.images_of(each.key)}
    assert wrong == set(NAMES[9:])
    words = {each.kind: each.words for each in made.costs}
    assert words["localisation"] == "Right class, outline too far off"
    assert "Masks are compared, filled in pixels of the stored image." in made.notes
    assert "Empty masks, which overlap nothing: 1." in made.notes


def test_a_corrected_outline_turns_its_image_right(workspace, outlined):
    half = (0.9, 0.9, 0.9, 0.1, 0.1, 0.9)
    corrected = Instances((Instance("x", "can", Box(0.1, 0.1, 0.9, 0.9), None, (half,)),))
    decide(workspace, outlined, NAMES[9], Verdict.CORRECT, corrected)
    made = evaluate_project(workspace, outlined)
    assert made.images_of(FLIPS[0]) == made.images_of("errors") == [NAMES[9]]
    assert heads(made)["recall"].change.value == pytest.approx(1 / 12)


def test_a_large_project_is_evaluated_by_a_job_and_kept_until_something_changes(workspace, jars, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 0)
    assert find_evaluation(workspace, jars) == (None, False)
    job = workspace.jobs.find(evaluation_key(jars.project_id))
    assert job is None or job.ended.wait(60)

    first, is_current = find_evaluation(workspace, jars)
    assert is_current
    assert find_evaluation(workspace, jars)[0] is first
    decide(workspace, jars, NAMES[0], Verdict.CORRECT, Labels({"can": 1.0}))
    assert find_evaluation(workspace, jars) == (first, False)
    job = workspace.jobs.find(evaluation_key(jars.project_id))
    assert job is None or job.ended.wait(60)
    assert heads(find_evaluation(workspace, jars)[0])["errors"].count == 1
