"""Figures of trust are measured once for each map, and kept beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.model_spec import ModelSpec
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from domain.trust import Trust
from services import map_cache
from services.explaining import Request
from services.map_stability import note_stability
from services.random_null import find_null
from services.trust import coarseness, measure_trust
from services.trust_figures import with_rank
from services.trust_files import load_references, load_trust, references_file, save_references, save_trust, trust_file
from services.trust_trial import Subject
from services.workspace import Workspace

if TYPE_CHECKING:
    from predictors import Predictor


def find_trust(
    workspace: Workspace, predictor: Predictor, spec: ModelSpec, request: Request, *, project_id: int
) -> Trust | None:
    """Return what was measured on a map before, compared with what is known of random maps by now.

    Raises:
        InputError: A parameter is off.
    """
    known = load_trust(trust_file(workspace, project_id, predictor, spec, request))
    return with_rank(known, find_null(workspace, predictor, spec, known.cells)) if known else None


def keep_trust(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    project_id: int = 0,
    objects: Sequence[Instance] = (),
    is_thorough: bool = False,
    report: Report = ignore_progress,
) -> Trust:
    """Measure a map now and keep the figures beside it; without the null distribution, see `find_trust`.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
        ImageError: The image cannot be read.
        ExplanationError: There is no map.
        Cancelled: A person asked to stop.
    """
    made = map_cache.explain(workspace, predictor, spec, request, project_id=project_id, report=report)
    shared = references_file(workspace, project_id, predictor, spec, request, cells=coarseness(made))
    known = load_references(shared)
    measured = measure_trust(
        predictor,
        spec,
        Subject(request, made, objects),
        max_pixels=workspace.settings.max_pixels,
        references=known,
        is_thorough=is_thorough,
        report=report,
    )
    if measured.references is not None and known is None:
        save_references(shared, measured.references)
    save_trust(trust_file(workspace, project_id, predictor, spec, request), measured.trust)
    moved = measured.trust.find("sensitivity")
    if moved is not None and project_id:
        note_stability(workspace, project_id, predictor.info.model_id, request, change=moved.estimate.value)
    return measured.trust
