"""Projects: create, rename, archive, delete."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.decision import NEW, OPEN_STATUSES, Verdict
from domain.errors import InputError
from domain.prediction import Task
from domain.project import Project
from services.workspace import Workspace
from store import projects as table
from store.engine import Connection
from store.tallies import fetch_tally

COMING_AGAIN = {*OPEN_STATUSES, Verdict.SKIP.value}
"""Statuses of images that come again by themselves."""

_NAME_LENGTH = 80
_OWN = ("thumbnails", "explanations", "embeddings", "exports", "learning", "orders")
"""Folders of the workspace that hold one of each project."""


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far the review of a project is.

    Attributes:
        total: Images of the project.
        verdicts: Verdict -> number of images it is in force for.
        changes: Another number after every change of anything in the project.
    """

    total: int
    verdicts: dict[str, int]
    changes: int = 0

    @property
    def decided(self) -> int:
        """Images that do not come again by themselves: all but new, skipped and sent back ones."""
        return count_decided(self.verdicts)

    @property
    def skipped(self) -> int:
        return self.verdicts.get("skip", 0)


def list_projects(workspace: Workspace, *, with_archived: bool = False) -> list[Project]:
    with workspace.read() as connection:
        return table.list_projects(connection, with_archived=with_archived)


def fetch_project(workspace: Workspace, project_id: int) -> Project:
    with workspace.read() as connection:
        return table.fetch_project(connection, project_id)


def create_project(
    workspace: Workspace, name: str, task: Task, image_folder: str, *, classes: tuple[str, ...] = ()
) -> Project:
    """Add an empty project over a folder of images.

    Raises:
        InputError: The name is empty or too long, or the folder is missing.
        ConflictError: The name is taken.
    """
    name = _check_name(name)
    folder = check_folder(image_folder)
    with workspace.write() as connection:
        project_id = table.insert_project(connection, name=name, task=task, image_folder=str(folder))
        table.add_classes(connection, project_id, classes)
        return table.fetch_project(connection, project_id)


def rename_project(workspace: Workspace, project_id: int, name: str) -> None:
    """Give a project another name.

    Raises:
        InputError: The name is empty or too long.
        ConflictError: It is taken.
    """
    _change(workspace, project_id, name=_check_name(name))


def archive_project(workspace: Workspace, project_id: int, *, now: str | None) -> None:
    """Take a project out of the menus (`now` is the time, ISO 8601), or bring it back (`now` is None)."""
    _change(workspace, project_id, archived_at=now)


def set_threshold(workspace: Workspace, project_id: int, threshold: float) -> None:
    """Predictions below are neither shown nor accepted."""
    _change(workspace, project_id, threshold=threshold)


def set_url_prefix(workspace: Workspace, project_id: int, prefix: str) -> None:
    """What precedes the relative path in `image_url` of images that no label file names."""
    _change(workspace, project_id, url_prefix=prefix.strip())


def set_model(workspace: Workspace, project_id: int, model_id: str | None) -> None:
    """Choose whose predictions are shown."""
    _change(workspace, project_id, model_id=model_id)


def delete_project(workspace: Workspace, project_id: int) -> None:
    """Remove a project with its labels, predictions, decisions, maps and the models it taught; the images stay."""
    with workspace.write() as connection:
        table.delete_project(connection, project_id)
    for folder in _own_folders(workspace, project_id):
        shutil.rmtree(folder, ignore_errors=True)


def measure_disk_use(workspace: Workspace, project_id: int) -> int:
    """Bytes of thumbnails, maps, embeddings, exports, taught models and orders that go with the project."""
    folders = _own_folders(workspace, project_id)
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def fetch_progress(workspace: Workspace, project_id: int) -> ReviewProgress:
    with workspace.read() as connection:
        return count_progress(connection, project_id)


def count_progress(connection: Connection, project_id: int) -> ReviewProgress:
    """How far the review is, from the tally that every decision keeps."""
    tally = fetch_tally(connection, project_id)
    verdicts = {status: count for status, count in tally.statuses.items() if status != NEW}
    return ReviewProgress(tally.total, verdicts, tally.changes)


def count_decided(verdicts: Mapping[str, int]) -> int:
    """How many images of some verdicts do not come again by themselves."""
    return sum(count for verdict, count in verdicts.items() if verdict not in COMING_AGAIN)


def check_folder(text: str) -> Path:
    """Return the folder a person typed.

    Raises:
        InputError: There is nothing, or a file, at that place.
    """
    if not text.strip():
        raise InputError("No folder was given.", remedy="Type the path of a folder of images.")
    folder = Path(text.strip()).expanduser().absolute()
    if not folder.exists():
        raise InputError(f"There is no folder {folder}.", remedy="Check the path; it is read on the server.")
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; expected a folder of images.", remedy=f"Try {folder.parent}.")
    return folder


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _NAME_LENGTH:
        raise InputError(
            f"The project name has {len(name)} characters; expected 1 to {_NAME_LENGTH}.", remedy="Type another name."
        )
    return name


def _change(workspace: Workspace, project_id: int, **changes: object) -> None:
    with workspace.write() as connection:
        table.fetch_project(connection, project_id)
        table.update_project(connection, project_id, **changes)


def _own_folders(workspace: Workspace, project_id: int) -> list[Path]:
    return [workspace.settings.home / kind / str(project_id) for kind in _OWN]
