from __future__ import annotations

import pytest

from domain.errors import UnknownNameError
from domain.prediction import Task
from services.browsing import load_states
from services.import_labels import import_file
from services.projects import fetch_project, set_threshold
from services.queue_order import ORDERS, difference_of, reason_for
from services.queue_pages import fetch_queue
from tests.services.small_projects import box, boxes_line, draw_images, label_line, make_project, write_lines

CAN = box("can", 0.1, 0.2, 0.5, 0.6)
MILK = box("milk", 0.1, 0.2, 0.5, 0.6)


@pytest.fixture
def project(workspace, tmp_path):
    """1 agrees, 2 differs and is unsure, 3 has a label only, 4 neither, 10 agrees and is least sure."""
    folder = draw_images(tmp_path / "photos", ["1.png", "2.png", "3.png", "4.png", "10.png"])
    lines = [label_line(f"{number}.png", [CAN]) for number in (1, 2, 3, 10)]
    predictions = [
        boxes_line("1.png", (0.95, CAN)),
        boxes_line("2.png", (0.8, MILK)),
        boxes_line("10.png", (0.6, CAN), (0.1, MILK)),
    ]
    return make_project(workspace, folder, Task.DETECTION, lines=lines, predictions=predictions)


def order(workspace, project, name):
    states = fetch_queue(workspace, project.project_id, order=name).states
    return [state.image.image_id.removesuffix(".png") for state in states]


def reasons(workspace, project):
    return [reason_for(state, project) for state in load_states(workspace, project)]


def test_images_come_in_the_order_asked_for(workspace, project):
    assert order(workspace, project, "name") == ["1", "2", "3", "4", "10"]
    assert order(workspace, project, "score") == ["10", "2", "1", "3", "4"]
    assert order(workspace, project, "differs") == ["2", "1", "3", "4", "10"]
    assert set(ORDERS) == {"name", "score", "differs"}
    with pytest.raises(UnknownNameError, match="Known: name, score, differs"):
        order(workspace, project, "size")


def test_every_image_says_why_it_needs_a_look(workspace, project):
    assert reasons(workspace, project) == [
        "",
        "Label can, prediction milk",
        "",
        "No label, no prediction",
        "Lowest score 0.60",
    ]


def test_an_unsure_class_is_named_with_its_score(workspace, tmp_path):
    folder = draw_images(tmp_path / "classes", ["1.png", "2.png"])
    scored = [
        {"filename": "1.png", "probs": [0.4, 0.6], "labels": ["can", "milk"]},
        {"filename": "2.png", "probs": [0.9, 0.1], "labels": ["can", "milk"]},
    ]
    project = make_project(workspace, folder, Task.CLASSIFICATION, predictions=scored)

    assert reasons(workspace, project) == ["Score 0.60 for milk", ""]


def test_a_lower_threshold_changes_scores_differences_and_order(workspace, project):
    set_threshold(workspace, project.project_id, 0.1)
    project = fetch_project(workspace, project.project_id)

    assert reasons(workspace, project)[-1] == "milk predicted, not labelled"
    assert order(workspace, project, "differs")[:2] == ["2", "10"]
    assert [state.score for state in load_states(workspace, project)] == [0.95, 0.8, None, None, 0.1]


def test_a_new_label_file_is_noticed(workspace, project, tmp_path):
    assert difference_of(load_states(workspace, project)[1], project)

    import_file(workspace, project.project_id, str(write_lines(tmp_path / "new.jsonl", [label_line("2.png", [MILK])])))

    assert difference_of(load_states(workspace, project)[1], project) == ""
