import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from cli.printing import UNDEFINED
from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.settings import read_settings
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project
from services.ranking_table import render_strategies
from services.review import Entry, fetch_queue, record
from services.workspace import open_workspace

URL = "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/"
ROOT = Path(__file__).resolve().parents[2]


def write(path, lines):
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.fixture
def make_project(home, tmp_path):
    """A project of photos a.jpg, b.jpg, ... with labels and predictions, either of which may be left out."""

    def make(labels, predictions, *, task=Task.CLASSIFICATION, images=3, decided=()):
        names = [f"{chr(97 + number)}.jpg" for number in range(images)]
        for number, name in enumerate(names):
            (tmp_path / "photos").mkdir(exist_ok=True)
            Image.new("RGB", (80, 60), (number, 90, 120)).save(tmp_path / "photos" / name)
        workspace = open_workspace(read_settings())
        project = create_project(workspace, "Fridge", task, str(tmp_path / "photos"))
        import_images(workspace, project.project_id)
        if labels:
            lines = [{"image_url": f"{URL}{name}", "label": label} for name, label in labels.items()]
            import_file(workspace, project.project_id, str(write(tmp_path / "labels.jsonl", lines)))
        if predictions:
            lines = [{"filename": name, **answer} for name, answer in predictions.items()]
            import_file(workspace, project.project_id, str(write(tmp_path / "predictions.jsonl", lines)))
        if decided:
            _, refused = record(workspace, project.project_id, "Ada", "tab", list(decided))
            assert refused == []
        workspace.close()

    return make


def probs(**scores):
    return {"labels": list(scores), "probs": list(scores.values())}


PREDICTED = {
    "a.jpg": probs(can=0.9, carton=0.1),
    "b.jpg": probs(can=0.94, carton=0.03, jar=0.03),
    "c.jpg": probs(can=0.3, carton=0.7),
}


def rows_of(out):
    return [line.split(maxsplit=3) for line in out.splitlines() if line.lstrip()[:1].isdigit()]


def test_the_label_the_model_speaks_against_comes_first_with_the_reason(run_cli, make_project):
    make_project({"a.jpg": "can", "b.jpg": "carton", "c.jpg": "carton"}, PREDICTED)
    result = run_cli("queue", "--project", "Fridge")

    assert result.code == 0, result.err
    assert result.out.startswith("Self-confidence. Images whose label has a low score. 3 images in the queue.")
    assert rows_of(result.out) == [
        ["1", "0.970", "b.jpg", "Label carton has a score of 0.03, can has 0.94"],
        ["2", "0.300", "c.jpg", "Label carton has a score of 0.70, can has 0.30"],
        ["3", "0.100", "a.jpg", "Label can has a score of 0.90, carton has 0.10"],
    ]
    assert "Only 3 images are judged" in result.err


def test_what_was_decided_is_left_out_unless_asked_for(run_cli, make_project):
    right = Entry(1, "d1", "b.jpg", Verdict.CORRECT, Labels({"can": 1.0}))
    make_project({"a.jpg": "can", "b.jpg": "carton", "c.jpg": "carton"}, PREDICTED, decided=[right])
    assert [row[2] for row in rows_of(run_cli("queue", "--project", "Fridge").out)] == ["c.jpg", "a.jpg"]

    everything = rows_of(run_cli("queue", "--project", "Fridge", "--all").out)
    assert everything[2][1:] == ["0.060", "b.jpg", "Label can has a score of 0.94, carton has 0.03"]


def test_the_queue_is_written_as_json_lines_or_as_a_table(run_cli, make_project, tmp_path):
    make_project({"a.jpg": "=1+1", "b.jpg": "carton", "c.jpg": "carton"}, PREDICTED)
    lines, table = tmp_path / "out" / "q.jsonl", tmp_path / "out" / "q.csv"
    assert f"Written: {lines}, 2 images" in run_cli("queue", "--project", "Fridge", "--out", lines, "--count", 2).out
    run_cli("queue", "--project", "Fridge", "--out", table)

    first = json.loads(lines.read_text().splitlines()[0])
    assert (first["rank"], first["image_id"], first["score"]) == (1, "b.jpg", pytest.approx(0.97))
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["image_id"] for row in rows] == ["b.jpg", "c.jpg", "a.jpg"]
    assert rows[2]["score"] == ""


def test_the_queue_is_kept_as_a_worklist_for_the_desk(run_cli, make_project):
    make_project({"a.jpg": "can", "b.jpg": "carton", "c.jpg": "carton"}, PREDICTED)

    result = run_cli("queue", "--project", "Fridge", "--worklist", "Worth a look", "--count", 2)

    assert "At the desk: /review?project=1&worklist=1" in result.out
    workspace = open_workspace(read_settings())
    page = fetch_queue(workspace, 1, order="worklist-1")
    workspace.close()
    assert [state.image.image_id for state in page.states] == ["b.jpg", "c.jpg"]
    assert page.reasons["b.jpg"] == "Label carton has a score of 0.03, can has 0.94"


def test_images_that_lack_something_come_last_and_are_counted(run_cli, make_project):
    predicted = {name: PREDICTED[name] for name in ("a.jpg", "b.jpg")}
    make_project({"b.jpg": "carton", "c.jpg": "carton"}, predicted)
    result = run_cli("queue", "--project", "Fridge")

    assert rows_of(result.out)[0][2] == "b.jpg"
    assert "a.jpg  The image has no label" in result.out
    assert "c.jpg  The image has no prediction" in result.out
    assert "Images without a prediction, which come last: 1." in result.err
    assert "Images with a prediction but no label, which come last: 1." in result.err


def test_without_any_label_the_model_s_doubts_order(run_cli, make_project):
    make_project({}, PREDICTED)
    result = run_cli("queue", "--project", "Fridge")
    assert (
        "No image has a label, so that images come by least confidence; wrong labels are not looked for." in result.err
    )
    assert rows_of(result.out)[0] == ["1", "0.300", "c.jpg", "The highest score is 0.70, for carton"]

    refused = run_cli("queue", "--project", "Fridge", "--strategy", "self-confidence")
    assert (refused.code, refused.out) == (1, "")
    assert "no image of the project 'Fridge' has a label" in refused.err
    assert "Strategies that need no labels: " in refused.err


def test_labels_without_any_prediction_are_refused_and_can_be_audited(run_cli, make_project):
    make_project({"a.jpg": "can"}, {})
    refused = run_cli("queue", "--project", "Fridge")
    assert refused.code == 1
    assert "No image of the project 'Fridge' has a prediction." in refused.err

    audit = run_cli("queue", "--project", "Fridge", "--strategy", "random", "--seed", 3)
    assert len(rows_of(audit.out)) == 3
    assert {row[3] for row in rows_of(audit.out)} == {"Drawn at random"}
    assert {row[1] for row in rows_of(audit.out)} == {UNDEFINED}  # by chance no image is worth more than another
    assert audit.out == run_cli("queue", "--project", "Fridge", "--strategy", "random", "--seed", 3).out


def test_labels_and_predictions_of_different_images_are_refused(run_cli, make_project):
    make_project({"a.jpg": "can"}, {"b.jpg": PREDICTED["b.jpg"]})
    assert "no image of the project 'Fridge' has both a label and a prediction" in (
        run_cli("queue", "--project", "Fridge").err
    )


def test_a_class_the_model_never_saw_is_told_and_comes_last(run_cli, make_project):
    make_project({"a.jpg": "kiwi", "b.jpg": "carton", "c.jpg": "carton"}, PREDICTED)
    result = run_cli("queue", "--project", "Fridge")
    assert "The model has no class kiwi. Images labelled so, which come last: 1." in result.err
    assert result.out.splitlines()[-1].endswith(
        "a.jpg  The model has no class kiwi, so that it says nothing about this label"
    )


def test_labels_that_are_all_wrong_are_told(run_cli, make_project):
    make_project({"a.jpg": "carton", "b.jpg": "carton", "c.jpg": "can"}, PREDICTED)
    assert "Every label differs from the class with the highest score" in run_cli("queue", "--project", "Fridge").err


def test_one_class_only_is_told(run_cli, make_project):
    make_project({"a.jpg": "can", "b.jpg": "can"}, {name: probs(can=1.0) for name in ("a.jpg", "b.jpg")})
    result = run_cli("queue", "--project", "Fridge")
    assert "There is one class only, can" in result.err
    assert [row[1] for row in rows_of(result.out)][:2] == ["0.000", "0.000"]


def test_of_objects_the_one_that_counts_is_named(run_cli, make_project, tmp_path):
    sides = {"topX": 0.1, "topY": 0.1, "bottomX": 0.5, "bottomY": 0.5}
    found = {"boxes": [{"box": sides, "label": "can", "score": 0.97}]}
    make_project(
        {"a.jpg": [{"label": "can", **sides}], "b.jpg": [{"label": "carton", **sides}], "c.jpg": []},
        dict.fromkeys(PREDICTED, found),
        task=Task.DETECTION,
    )
    out = tmp_path / "q.jsonl"
    result = run_cli("queue", "--project", "Fridge", "--out", out)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["image_id"] for row in rows] == ["b.jpg", "c.jpg", "a.jpg"]
    assert "carton is labelled where can with a score of 0.97 is predicted" in result.out
    assert (rows[0]["kind"], rows[1]["kind"], rows[1]["labelled"]) == ("swapped", "overlooked", "")
    assert rows[0]["labelled"]
    assert rows[1]["predicted"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strategy", "margins"], "There is no strategy for multi-class classification named 'margins'. Known: "),
        (["--count", "0"], "--count is 0; expected 1 or more."),
        (["--seed", "-1"], "--seed is -1"),
        (["--out", "queue.xlsx"], "queue.xlsx ends in neither .jsonl nor .csv."),
    ],
)
def test_options_that_cannot_be_are_refused(run_cli, make_project, options, words):
    make_project({"a.jpg": "can"}, PREDICTED)
    result = run_cli("queue", "--project", "Fridge", *options)
    assert (result.code, result.out) == (1, "")
    assert words in result.err


def test_an_empty_project_and_no_project_are_refused(run_cli, home, tmp_path):
    (tmp_path / "nothing").mkdir()
    workspace = open_workspace(read_settings())
    create_project(workspace, "Fridge", Task.CLASSIFICATION, str(tmp_path / "nothing"))
    workspace.close()
    assert "The project 'Fridge' has no images." in run_cli("queue", "--project", "Fridge").err
    assert "Add --project NAME" in run_cli("queue").err


def test_the_page_about_strategies_is_the_one_in_the_docs():
    assert (ROOT / "docs" / "ranking.md").read_text() == render_strategies(), (
        "Write it anew: python -m cli queue --strategies > docs/ranking.md"
    )
