from __future__ import annotations

import stat
import threading

import pytest

from domain.errors import RelookError, StoreError
from domain.prediction import Task
from domain.settings import Settings
from services.projects import create_project, list_projects
from services.workspace import open_workspace


def settings_of(home):
    return Settings(home, f"sqlite:///{home / 'relook.sqlite'}", has_demo=False)


def test_what_was_done_is_there_after_a_restart(workspace, photos):
    create_project(workspace, "Fridge", Task.DETECTION, str(photos))
    workspace.close()

    again = open_workspace(workspace.settings)

    assert [project.name for project in list_projects(again)] == ["Fridge"]
    assert again.secret == workspace.secret
    again.close()


def test_the_secret_is_for_its_owner_alone(workspace):
    file = workspace.settings.home / "secret.key"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(workspace.secret) == 32
    assert list(workspace.settings.home.glob(".*.key")) == []


def test_two_starts_at_once_agree(tmp_path):
    opened = []
    barrier = threading.Barrier(4)

    def start():
        barrier.wait()
        opened.append(open_workspace(settings_of(tmp_path / "home")))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 4
    assert len({workspace.secret for workspace in opened}) == 1
    for workspace in opened:
        assert list_projects(workspace) == []
        workspace.close()


def test_a_place_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(RelookError, match="workspace folder cannot be used") as refusal:
        open_workspace(settings_of(tmp_path / "file" / "home"))
    assert "RELOOK_HOME" in refusal.value.remedy
    with pytest.raises(RelookError, match="workspace folder cannot be used"):
        open_workspace(settings_of(tmp_path / "file"))


def test_a_secret_that_is_empty_signs_nothing(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret.key").touch()

    with pytest.raises(RelookError, match=r"secret\.key has 0 bytes; expected 32"):
        open_workspace(settings_of(home))


def test_a_database_that_is_none_is_told(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "relook.sqlite").write_text("a shopping list, long enough for a header" * 20)

    with pytest.raises(StoreError, match="database cannot be opened"):
        open_workspace(settings_of(home))
