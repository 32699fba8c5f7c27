from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.prediction import Instances, Task
from services.browsing import (
    Filters,
    fetch_choices,
    find_images,
    load_cells,
    median_aspect,
    revision_of,
)
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project, set_threshold
from services.shown import as_shown
from tests.services.small_projects import (
    box,
    boxes_line,
    decide,
    draw_image,
    label_line,
    make_project,
    ring,
    state_of,
    write_lines,
)

CAN = box("can", 0.1, 0.2, 0.5, 0.6)
MILK = box("milk", 0.1, 0.2, 0.5, 0.6)


@pytest.fixture
def project(workspace, photos):
    """a.png: label can, prediction milk, corrected to milk by Ana; b.png: prediction can; sub/c.png: nothing."""
    project = make_project(
        workspace,
        photos,
        Task.DETECTION,
        lines=[label_line("a.png", [CAN])],
        predictions=[boxes_line("a.png", (0.9, MILK)), boxes_line("b.png", (0.6, CAN), (0.3, MILK))],
    )
    milk = state_of(workspace, project, "a.png").prediction
    assert milk is not None
    decide(workspace, project, "a.png", Verdict.CORRECT, milk)
    decide(workspace, project, "sub/c.png", Verdict.FLAG, reviewer="Ben")
    return project


def test_choices_are_counted(workspace, project):
    choices = fetch_choices(workspace, project)

    assert choices.statuses == {"correct": 1, "new": 1, "flag": 1}
    assert choices.labels == {"milk": 1}
    assert choices.predicted == {"milk": 1, "can": 1}
    assert choices.reviewers == {"Ana": 1, "Ben": 1}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(), ["a.png", "b.png", "sub/c.png"]),
        (Filters(statuses=("new", "flag")), ["b.png", "sub/c.png"]),
        (Filters(label="milk"), ["a.png"]),
        (Filters(label="can"), []),
        (Filters(predicted="can"), ["b.png"]),
        (Filters(scores=(0.0, 0.7)), ["b.png"]),
        (Filters(scores=(0.9, 1.0)), ["a.png"]),
        (Filters(disagreement="differs"), ["a.png"]),
        (Filters(disagreement="agrees"), ["b.png", "sub/c.png"]),
        (Filters(reviewer="Ben"), ["sub/c.png"]),
        (Filters(name="SUB/"), ["sub/c.png"]),
        (Filters(name=".*"), []),
        (Filters(statuses=("new",), predicted="can", name="b"), ["b.png"]),
    ],
)
def test_filters_are_joined(workspace, project, filters, names):
    found = find_images(workspace, project, filters, "name")

    assert (found.image_ids, found.total, found.is_cut) == (names, len(names), False)
    assert filters.count == sum(
        field != default for field, default in zip(_values(filters), _values(Filters()), strict=True)
    )


def _values(filters):
    return [getattr(filters, name) for name in filters.__dataclass_fields__]


def test_cells_hold_what_is_drawn_on_the_upright_photo(workspace, tmp_path):
    draw_image(tmp_path / "photos" / "a.jpg", size=(40, 30), orientation=6)
    outline = (0.25, 0.125, 0.5, 0.125, 0.5, 0.375)
    project = make_project(
        workspace, tmp_path / "photos", Task.SEGMENTATION, lines=[label_line("a.jpg", [ring("can", outline)])]
    )

    (cell,) = load_cells(workspace, project, ["a.jpg"])

    assert (cell["width"], cell["height"], cell["status"], cell["score"]) == (30, 40, "new", None)
    (drawn,) = cell["objects"]
    assert drawn["box"] == (0.625, 0.25, 0.875, 0.5)
    assert drawn["polygons"] == [[0.875, 0.25, 0.875, 0.5, 0.625, 0.5]]
    assert (drawn["source"], drawn["score"], drawn["colour"]) == ("label", None, project.colour_of("can"))


def test_cells_show_predictions_behind_labels_or_corrections(workspace, project):
    cells = {cell["image_id"]: cell for cell in load_cells(workspace, project, ["a.png", "b.png"])}

    assert [(drawn["source"], drawn["score"]) for drawn in cells["a.png"]["objects"]] == [
        ("prediction", 0.9),
        ("correction", None),
    ]
    assert [(drawn["source"], drawn["score"]) for drawn in cells["b.png"]["objects"]] == [("prediction", 0.6)]
    assert cells["a.png"]["differs"] is True


def test_the_revision_changes_with_everything_a_cell_shows(workspace, project, photos, tmp_path):
    def revision():
        find_images(workspace, project, Filters(), "name")
        return revision_of(workspace, project)

    seen = [revision()]
    assert revision() == seen[0]

    made, _ = decide(
        workspace, project, "b.png", Verdict.ACCEPT, as_shown(state_of(workspace, project, "b.png"), project).content
    )
    seen.append(revision())
    set_threshold(workspace, project.project_id, 0.2)
    seen.append(revision())
    import_file(workspace, project.project_id, str(write_lines(tmp_path / "labels.jsonl", [label_line("a.png", [])])))
    seen.append(revision())
    draw_image(photos / "sub" / "c.png", seed=60)
    (photos / "sub" / "c.png").touch()
    import_images(workspace, project.project_id)
    seen.append(revision())
    assert len(set(seen)) == len(seen)

    decide(workspace, project, "b.png", Verdict.ACCEPT, undoes=made)
    assert revision() not in seen


def test_the_typical_shape_of_a_photo(workspace, photos, project):
    draw_image(photos / "wide.jpg", size=(30, 60), orientation=6)
    draw_image(photos / "wider.jpg", size=(90, 30), seed=3)
    import_images(workspace, project.project_id)

    assert median_aspect(workspace, project) == pytest.approx(4 / 3)
    assert median_aspect(workspace, create_project(workspace, "Empty", Task.DETECTION, str(photos))) == 4 / 3


def test_a_correction_to_nothing_is_drawn_as_nothing(workspace, project):
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances())

    (cell,) = load_cells(workspace, project, ["a.png"])

    assert [drawn["source"] for drawn in cell["objects"]] == ["prediction"]
