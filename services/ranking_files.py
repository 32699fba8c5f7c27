"""Orders of a project's images as files, so that they outlive a restart of the server."""

from __future__ import annotations

import json
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any

from domain.project import Project
from domain.version import VERSION
from sampling import Strategy
from services.output_files import replacing
from services.ranking import Queue, RankedImage
from services.workspace import Workspace


def order_file(workspace: Workspace, project: Project, strategy: str) -> Path:
    """Where the order of a strategy lies; it goes with the project."""
    name = sha256(strategy.encode()).hexdigest()[:32]
    return workspace.folder("orders") / str(project.project_id) / f"{name}.json"


def save_order(file: Path, queue: Queue, *, made_at: int, inputs: tuple[object, ...]) -> None:
    """Write an order with the state of the project that it was worked out for."""
    images = [astuple(image) for image in queue.images]
    told = {"version": VERSION, "inputs": inputs, "made_at": made_at, "notes": queue.notes, "images": images}
    with replacing(file) as stream:
        stream.write(json.dumps(told).encode())


def load_order(file: Path, strategy: Strategy, *, inputs: tuple[object, ...]) -> tuple[Queue, int] | None:
    """Return an order and what it was worked out for; None where there is none, or it was made from something else."""
    try:
        told: dict[str, Any] = json.loads(file.read_bytes())
        if told["version"] != VERSION or tuple(told["inputs"]) != inputs:
            return None
        images = tuple(RankedImage(*image) for image in told["images"])
        return Queue(strategy, images, tuple(told["notes"])), int(told["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is none, or it is damaged: then it is worked out anew
