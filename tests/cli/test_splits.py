import json

import pytest

from domain.prediction import Task
from domain.settings import read_settings
from services.workspace import open_workspace
from tests.services.small_projects import draw_images, label_line, make_project

NAMES = [f"{number:02}.png" for number in range(20)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    workspace = open_workspace(read_settings())
    lines = [label_line(name, "can" if number % 2 else "jar") for number, name in enumerate(NAMES)]
    project = make_project(workspace, draw_images(tmp_path / "photos", NAMES), Task.CLASSIFICATION, lines=lines)
    workspace.close()
    return project


def test_images_are_divided_and_exported_in_one_file_for_each_split(run_cli, project, tmp_path):
    refused = run_cli("export", "--project", project.name, "--out", tmp_path / "out.jsonl", "--by-split")
    assert "No image of the project is in a split." in refused.err

    made = run_cli("splits", "--project", project.name, "--divide", "60", "20", "20")
    assert made.code == 0, made.err
    assert "Images that got a split: 20." in made.out
    out = tmp_path / "out" / "fridge.jsonl"
    done = run_cli("export", "--project", project.name, "--out", out, "--by-split")
    assert done.code == 0, done.err
    parts = {name: (out.with_name(f"fridge.{name}.jsonl")).read_text() for name in ("train", "validation", "test")}
    assert {name: len(text.splitlines()) for name, text in parts.items()} == {"train": 12, "validation": 4, "test": 4}
    whole = sorted(out.read_text().splitlines())
    assert sorted(line for text in parts.values() for line in text.splitlines()) == whole
    labels = [json.loads(line)["label"] for line in parts["test"].splitlines()]
    assert sorted(labels) == ["can", "can", "jar", "jar"]
    assert json.loads(out.with_name("fridge.report.json").read_text())["lines_by_split"]["train"] == 12


def test_other_formats_are_written_once_for_each_split(run_cli, project, tmp_path):
    run_cli("splits", "--project", project.name, "--divide", "50", "0", "50")
    out = tmp_path / "fridge.xml"
    done = run_cli("export", "--project", project.name, "--out", out, "--format", "cvat", "--by-split")
    assert done.code == 0, done.err
    counts = [(tmp_path / f"fridge.{name}.xml").read_text().count("<image ") for name in ("train", "test")]
    assert counts == [10, 10]
    assert not out.exists()


def test_shares_that_make_no_sense_and_stray_options_are_refused(run_cli, project):
    assert "A share is -1" in run_cli("splits", "--project", project.name, "--divide", "-1", "1", "1").err
    assert "--anew is for --divide" in run_cli("splits", "--project", project.name, "--anew").err
    assert "none" in run_cli("splits", "--project", project.name).out
