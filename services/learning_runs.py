"""Trainings of a project as they are kept: one folder each, with what was chosen, how far it is and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from domain.errors import NotFoundError
from services.output_files import make_folder, replacing
from services.workspace import Workspace
from training.recipe import Recipe

_FILE = "run.json"


class RunState(StrEnum):
    """How far a training is."""

    LEARNING = "learning"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class LearningRun:
    """One training.

    Attributes:
        run_id: Sorts by when it was started.
        project_id: Whose images.
        parent: Id of the model it starts from.
        recipe: How it learns.
        boxes_from: Number of the project whose boxes hold the evidence; None for none.
        state: How far it is.
        message: Why it ended, when it failed or was stopped.
        counts: What is used, in images: "learn", "reviewed", "choose", "held_out".
        notes: What to know about it, full sentences.
        history: One entry an epoch: number, loss, figure, choose_loss, seconds.
        best: Number of the best epoch; 0 before the first.
        model: Id of the new model; empty until there is one.
        weights: Its file.
        result: See `services.learning_result`; empty until it is done.
    """

    run_id: str
    project_id: int
    parent: str
    recipe: Recipe
    boxes_from: int | None = None
    state: RunState = RunState.LEARNING
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    best: int = 0
    model: str = ""
    weights: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def started_at(self) -> datetime:
        return datetime.strptime(self.run_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def new_run(project_id: int, parent: str, recipe: Recipe, *, boxes_from: int | None = None) -> LearningRun:
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
    return LearningRun(name, project_id, parent, recipe, boxes_from)


def folder_of(workspace: Workspace, run: LearningRun) -> Path:
    """Where all of a training lies."""
    return _home(workspace, run.project_id) / run.run_id


def keep_run(workspace: Workspace, run: LearningRun, **changes: Any) -> LearningRun:
    """Write a training down with some changes; return it.

    Raises:
        InputError: The disk is full.
    """
    changed = replace(run, **changes)
    folder = folder_of(workspace, run)
    make_folder(folder)
    with replacing(folder / _FILE) as stream:
        stream.write(orjson.dumps(asdict(changed), option=orjson.OPT_SERIALIZE_NUMPY))
    return changed


def list_runs(workspace: Workspace, project_id: int) -> list[LearningRun]:
    """The trainings of a project, newest first; one whose record is damaged is left out."""
    files = sorted(_home(workspace, project_id).glob(f"*/{_FILE}"), reverse=True)
    return [run for file in files if (run := _read(file)) is not None]


def find_run(workspace: Workspace, project_id: int, run_id: str) -> LearningRun:
    """Return a training.

    Raises:
        NotFoundError: There is none of that name.
    """
    found = next((run for run in list_runs(workspace, project_id) if run.run_id == run_id), None)
    if found is None:
        raise NotFoundError(f"There is no training '{run_id}' in this project.", remedy="Start one.")
    return found


def _home(workspace: Workspace, project_id: int) -> Path:
    return workspace.settings.home / "learning" / str(project_id)


def _read(file: Path) -> LearningRun | None:
    try:
        stored: dict[str, Any] = orjson.loads(file.read_bytes())
        given = {
            **stored,
            "recipe": Recipe(**stored["recipe"]),
            "state": RunState(stored["state"]),
            "notes": tuple(stored["notes"]),
            "history": tuple(stored["history"]),
        }
        return LearningRun(**given)
    except (OSError, ValueError, TypeError, KeyError):
        return None
