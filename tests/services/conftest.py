"""A workspace of its own for every test, and a folder of three small images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.prediction import Task
from domain.settings import Settings
from services.workspace import Workspace, open_workspace
from tests.services.small_projects import draw_images, make_project


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    home = tmp_path / "home"
    opened = open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}", has_demo=False))
    yield opened
    opened.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a.png, b.png and sub/c.png."""
    return draw_images(tmp_path / "photos", ["a.png", "b.png", "sub/c.png"])


@pytest.fixture
def six(workspace, tmp_path):
    """A project of one class per image with images 1.png to 6.png."""
    folder = draw_images(tmp_path / "photos", [f"{number}.png" for number in range(1, 7)])
    return make_project(workspace, folder, Task.CLASSIFICATION)
