"""The side of the Queue page where images are accepted unseen: the pictures, and the panel that says how safely."""

from __future__ import annotations

from components.headings import card, empty_state
from components.image_list import draw_review_these
from components.jobs import draw_job
from components.queue_accept import (
    ACCEPTED,
    choose_part,
    choose_threshold,
    draw_accept,
    draw_accepted,
    draw_measuring,
)
from components.queue_images import draw_pictures, split_row
from components.queue_menu import draw_computing
from components.session import read_reviewer
from domain.project import Project
from services.bulk_accept import bulk_key
from services.bulk_plan import Reason, can_judge, plan_accept
from services.ranking_keep import KeptQueue
from services.workspace import Workspace


def draw_accepting(workspace: Workspace, project: Project, kept: KeptQueue) -> None:
    """Draw it, or say why nothing can be accepted unseen here."""
    middle, panel = split_row()
    with panel:
        draw_accepted(workspace, project)
    with middle:
        draw_job(workspace, bulk_key(project.project_id))
        if project.overlap > 1:
            empty_state("On this project several people decide on each image, so that none is accepted unseen.")
            return
        if not can_judge(kept.queue.strategy):
            empty_state(
                f"{kept.queue.strategy.title} does not look at what is said about an image. Choose one that does."
            )
            return
    with panel, card("Accept what looks right", key="accept"):
        threshold = choose_threshold(project)
        plan = plan_accept(workspace, project, kept, threshold=threshold, reviewer=read_reviewer())
        name, part = choose_part(plan)
        if plan.lacks_outliers and project.model_id is not None:
            draw_computing(workspace, project)
        draw_measuring(workspace, project, plan)
        draw_accept(workspace, project, plan)
        if part and name not in {ACCEPTED, Reason.AUDITED}:
            draw_review_these(workspace, project, f"Held back: {name}", part)
    with middle:
        shown = set(part)
        images = [each for each in kept.queue.images if each.image_id in shown]
        # What little speaks against an image that looks right would read as if it were wrong.
        draw_pictures(workspace, project, images, with_reasons=name != ACCEPTED)
