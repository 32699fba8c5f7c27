"""How stable the maps of a project's images are: how much noise too small to see changes them, noted image by image."""

from __future__ import annotations

import json
import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ExplanationError, ImageError, UnknownNameError
from domain.explanation import Target
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Labels, class_names
from domain.progress import Report, ignore_progress
from domain.project import ImageState, Project
from executors.local import Job
from services import map_cache
from services.content_hash import content_hash
from services.explain_jobs import list_targets
from services.explaining import Request
from services.methods import quickest_method
from services.output_files import make_folder
from services.scoring import load_active_model
from services.shown import as_shown
from services.trust_more_maps import add_noise
from services.trust_trial import Subject, Trial, count_passes
from services.watched import Passes
from services.workspace import Workspace
from store.states import list_states

if TYPE_CHECKING:
    from predictors import Predictor

UNSTABLE_FROM = 0.5
"""A map counts as unstable when noise too small to see changes it by at least half of its size."""

_PIECE = 500
_NOTHING = Target("")
_lock = threading.Lock()
_read_once: dict[Path, tuple[tuple[int, int], dict[str, list[Noted]]]] = {}


@dataclass(frozen=True, slots=True)
class Noted:
    """What was measured on one map.

    Attributes:
        image_id: The image.
        content: SHA-256 of its file at that time.
        label: The class that the map is about.
        instance_id: The object that it is about; empty for a class of the whole image.
        method: Registry name.
        change: How far noise moves the map, see `metrics.similarity.sensitivity_max`; None where there is no map.
    """

    image_id: str
    content: str
    label: str
    instance_id: str
    method: str
    change: float | None


def note_stability(
    workspace: Workspace, project_id: int, model_id: str, request: Request, *, change: float | None
) -> None:
    """Remember what was measured on the map of a request."""
    image, target = request.image, request.target
    content, instance_id = content_hash(image), target.instance_id or ""
    noted = Noted(image.image_id, content, target.label, instance_id, request.method, change)
    file = _file_of(workspace, project_id, model_id)
    with _lock:
        make_folder(file.parent)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(noted), ensure_ascii=False) + "\n")


def find_stability(workspace: Workspace, project: Project, image_ids: Sequence[str]) -> dict[str, float | None]:
    """Return how far noise moves the maps of images, of those of which it was measured: image -> the largest change.

    What counts are maps of the project's model for a class or an object that the image is shown with, on the file as
    it is now. None stands for an image that has no map.
    """
    noted = _read(_file_of(workspace, project.project_id, project.model_id or ""))
    named = [name for name in image_ids if name in noted]
    found: dict[str, float | None] = {}
    for start in range(0, len(named), _PIECE):
        with workspace.read() as connection:
            states = list_states(connection, project, image_ids=named[start : start + _PIECE])
        for state in states:
            name, wanted = state.image.image_id, {target for target, _ in _targets(state, project)}
            content = content_hash(state.image)
            rows = [row for row in noted[name] if row.content == content]
            changes = [row.change for row in rows if Target(row.label, row.instance_id or None) in wanted]
            if changes:
                found[name] = max((change for change in changes if change is not None), default=None)
    return found


def is_unstable(change: float | None) -> bool:
    """Whether so large a change is held against an image; what is not known is not."""
    return change is not None and change >= UNSTABLE_FROM


def stability_key(project_id: int) -> Hashable:
    """What the job that measures is found by."""
    return ("stability", project_id)


def start_stability(workspace: Workspace, project: Project, image_ids: Sequence[str]) -> Job:
    """Compute maps of images and measure how stable they are, in the background."""

    def work(report: Report) -> None:
        measure_stability(workspace, project, image_ids, report=report)

    return workspace.jobs.submit(stability_key(project.project_id), work, title="Measuring how stable maps are")


def measure_stability(
    workspace: Workspace, project: Project, image_ids: Sequence[str], *, report: Report = ignore_progress
) -> None:
    """Compute the quickest map of each image for the class or object the model is least sure of, and measure it.

    What is measured when a person cancels is kept.

    Raises:
        InputError: The project has no model that can be run, or no method can explain it.
        Cancelled: A person asked to stop.
    """
    model = load_active_model(workspace, project)
    method = quickest_method(model[0])
    for start in range(0, len(image_ids), _PIECE):
        with workspace.read() as connection:
            states = list_states(connection, project, image_ids=image_ids[start : start + _PIECE])
        for done, state in enumerate(states, start=start):
            report(done, len(image_ids))
            tell = partial(report, done, len(image_ids))
            target, instance = _targets(state, project)[0]
            request = Request(state.image, target, method, instance)
            change = _measure(workspace, project.project_id, model, request, report=lambda *_, tell=tell: tell())
            note_stability(workspace, project.project_id, project.model_id or "", request, change=change)
    report(len(image_ids), len(image_ids))


def _measure(
    workspace: Workspace, project_id: int, model: tuple[Predictor, ModelSpec], request: Request, *, report: Report
) -> float | None:
    """How far noise moves a map; None where there is none, which is noted too and not asked for again."""
    try:
        made = map_cache.explain(workspace, *model, request, project_id=project_id, report=report)
        passes = Passes(report, count_passes(model[0], request, is_thorough=True))
        max_pixels = workspace.settings.max_pixels
        outcome = add_noise(Trial(*model, Subject(request, made), passes, max_pixels, is_thorough=True))
    except (ExplanationError, ImageError, UnknownNameError):
        return None
    return outcome.figures[0].estimate.value if outcome.figures else None


def _targets(state: ImageState, project: Project) -> list[tuple[Target, Instance | None]]:
    """What an image is shown with, what its model is least sure of first; a class without a name for nothing."""
    if project.task.has_objects:
        found = list_targets(state, project)
        sure = sorted(found, key=lambda each: each[2] or 0.0)
        return [(target, instance) for target, instance, _ in sure] or [(_NOTHING, None)]
    scores = state.prediction.scores if isinstance(state.prediction, Labels) else {}
    names = sorted(class_names(as_shown(state, project).content), key=lambda name: scores.get(name, 0.0))
    return [(Target(name), None) for name in names] or [(_NOTHING, None)]


def _file_of(workspace: Workspace, project_id: int, model_id: str) -> Path:
    """Beside the maps, so that it goes with them."""
    key = sha256(model_id.encode()).hexdigest()[:32]
    return workspace.folder("explanations") / str(project_id) / f"stability-{key}.jsonl"


def _read(file: Path) -> Mapping[str, list[Noted]]:
    """Image -> what was measured, the newest of a map alone; read again when something was added."""
    try:
        facts = file.stat()
    except OSError:
        return {}
    state = (facts.st_size, facts.st_mtime_ns)
    known = _read_once.get(file)
    if known is None or known[0] != state:
        newest: dict[tuple[str, str, str, str], Noted] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            row = _parse(line)
            if row is not None:
                newest[row.image_id, row.label, row.instance_id, row.method] = row
        rows: dict[str, list[Noted]] = {}
        for row in newest.values():
            rows.setdefault(row.image_id, []).append(row)
        _read_once.clear()
        known = _read_once[file] = (state, rows)
    return known[1]


def _parse(line: str) -> Noted | None:
    """One line; None for a torn one."""
    try:
        return Noted(**json.loads(line))
    except (ValueError, TypeError):
        return None
