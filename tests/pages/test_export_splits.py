"""Exporting by split: one file each of Azure's lines, and one split in another format."""

from __future__ import annotations

from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from domain.prediction import Task
from domain.role import Role
from services.export_jobs import conversion_key, export_key
from services.identity import give_role
from services.splits import divide_images
from tests.services.small_projects import CAN, draw_images, label_line, make_project

NAMES = [f"{number:02}.png" for number in range(10)]


@pytest.fixture
def project(home, workspace, tmp_path):
    """Ten images, five for training and five for tests."""
    give_role(workspace, "test@example.com", Role.LEAD)
    lines = [label_line(name, [CAN]) for name in NAMES]
    project = make_project(workspace, draw_images(tmp_path / "photos", NAMES), Task.DETECTION, lines=lines)
    divide_images(workspace, project.project_id, shares={"train": 1, "test": 1})
    return project


def downloads(app: AppTest) -> list[str]:
    return [each.proto.label for each in app.get("download_button")]


def run_after(app: AppTest, workspace, key) -> AppTest:
    job = workspace.jobs.find(key)
    assert job is None or job.ended.wait(60)
    return app.run()


def test_azure_lines_are_offered_once_for_each_split(open_screen, workspace, project):
    app = run_after(open_screen("export"), workspace, export_key(project.project_id))
    assert {"Train, 5 lines", "Test, 5 lines", "Download JSONL"} <= set(downloads(app))


def test_another_format_is_written_for_the_split_that_is_chosen(open_screen, workspace, project):
    app = open_screen("export")
    app.radio(key="export-format").set_value("coco").run()
    app.selectbox(key=f"evaluate-split-{project.project_id}").set_value("test").run()
    app = run_after(app, workspace, conversion_key(project.project_id, "coco", "Labels", "test"))
    assert "Download COCO" in downloads(app)
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert "It was written, read back and compared: 5 records." in html
    assert Counter(downloads(app))["Download COCO"] == 1
