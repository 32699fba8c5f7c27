import json

from domain.prediction import Task
from domain.settings import read_settings
from services.workspace import open_workspace
from tests.services.small_projects import draw_images, label_line, make_project


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


def test_files_beside_a_project_and_a_report_without_one_are_refused(run_cli, tmp_path):
    assert "brings its own" in run_cli("evaluate", "--project", "x", "--labels", tmp_path / "l.jsonl").err
    assert "--report is for a project" in run_cli("evaluate", "--report", tmp_path / "r.html").err
    assert "Labels are needed" in run_cli("evaluate", "--predictions", tmp_path / "p.jsonl").err
