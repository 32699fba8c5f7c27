import json

from domain.prediction import Task
from domain.settings import read_settings
from services.import_labels import import_file
from services.projects import set_model
from services.workspace import open_workspace
from store.image_tags import set_tag
from tests.services.small_projects import draw_images, label_line, make_project, write_lines


def test_a_project_is_evaluated_with_intervals_a_file_of_numbers_and_a_report(run_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    names = ["a.png", "b.png", "c.png"]
    folder = draw_images(tmp_path / "photos", names)
    lines = [label_line(name, label) for name, label in zip(names, ["can", "can", "<b>jar"], strict=True)]
    predictions = [{"filename": name, "labels": ["can", "<b>jar"], "probs": [0.9, 0.1]} for name in names]
    workspace = open_workspace(read_settings())
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)
    workspace.close()

    numbers, report = tmp_path / "e.json", tmp_path / "e.html"
    result = run_cli("evaluate", "--project", project.name, "--json", numbers, "--report", report)

    assert result.code == 0, result.err
    accuracy = next(line for line in result.out.splitlines() if line.startswith("Accuracy"))
    assert "0.667" in accuracy
    assert " to " in accuracy
    assert json.loads(numbers.read_text())["figures"][0]["after"]["n"] == 3
    assert "&lt;b&gt;jar" in report.read_text()
    assert "<b>jar" not in report.read_text()


def test_two_models_and_one_split_on_the_command_line(run_cli, tmp_path, monkeypatch):
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    names = ["a.png", "b.png", "c.png"]
    folder = draw_images(tmp_path / "photos", names)
    answers = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.1]} for name in names]
    workspace = open_workspace(read_settings())
    lines = [label_line(name, "can") for name in names]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=answers)
    worse = [{"filename": name, "labels": ["can", "jar"], "probs": [0.2, 0.8]} for name in names]
    import_file(workspace, project.project_id, str(write_lines(tmp_path / "worse.jsonl", worse)))
    set_model(workspace, project.project_id, project.model_id)
    with workspace.write() as connection:
        set_tag(connection, project.project_id, "split", {"a.png": "test", "b.png": "test"})
    workspace.close()

    numbers = tmp_path / "e.json"
    made = run_cli(
        *("evaluate", "--project", project.name, "--against", "worse.jsonl", "--split", "test", "--json", numbers)
    )
    assert made.code == 0, made.err
    assert "against worse.jsonl, multi-class classification, test images only, 2 images compared" in made.out
    accuracy = next(line for line in made.out.splitlines() if line.startswith("Accuracy"))
    assert "+1.000" in accuracy
    flipped = json.loads(numbers.read_text())["flipped"]
    assert flipped["Right with predictions.jsonl, wrong with worse.jsonl"] == ["a.png", "b.png"]

    refused = run_cli("evaluate", "--project", project.name, "--against", "best.jsonl")
    assert refused.code == 1
    assert "There is no other model 'best.jsonl'" in refused.err
    assert "worse.jsonl" in refused.err
    assert "--split is for a project" in run_cli("evaluate", "--split", "test").err


def test_files_beside_a_project_and_a_report_without_one_are_refused(run_cli, tmp_path):
    assert "brings its own" in run_cli("evaluate", "--project", "x", "--labels", tmp_path / "l.jsonl").err
    assert "--report is for a project" in run_cli("evaluate", "--report", tmp_path / "r.html").err
    assert "Labels are needed" in run_cli("evaluate", "--predictions", tmp_path / "p.jsonl").err
