"""Accepting at once what looks right: how many, what is held back and why, how many are wrong, and the undo."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.jobs import draw_job
from components.review_list import open_worklist
from components.session import read_reviewer, read_role, wording_errors
from components.words import as_text, plural
from domain.project import Project
from domain.role import Role
from domain.trust import Estimate
from services.bulk_accept import Outcome, bulk_key, list_bulks, start_accept, start_take_back
from services.bulk_audit import draw_audit, sample_size
from services.bulk_plan import Plan, Reason
from services.comparing import list_loadable
from services.map_stability import UNSTABLE_FROM, stability_key, start_stability
from services.running import find_job, is_active
from services.workspace import Workspace

ACCEPTED = "To be accepted"


def choose_threshold(project: Project) -> float:
    """Draw the slider of how suspicious an image may be."""
    key = f"queue-threshold-{project.project_id}"
    st.session_state.setdefault(key, 0.1)
    return st.slider("Accept images whose suspicion is under", 0.0, 1.0, step=0.01, format="%.2f", key=key)


def choose_part(plan: Plan) -> tuple[str, tuple[str, ...]]:
    """Draw what is accepted and what is held back, each with its number; return the part to show, and its images."""
    parts = {ACCEPTED: plan.accepted, **{str(reason): names for reason, names in plan.held.items()}}
    if st.session_state.get("queue-part") not in parts:
        st.session_state["queue-part"] = ACCEPTED
    name = st.radio(
        "Which images are shown",
        list(parts),
        format_func=lambda name: f"{name}: {len(parts[name]):,}",
        key="queue-part",
        label_visibility="collapsed",
    )
    if plan.held_back:
        rare = f" Rare: {', '.join(plan.rare)}." if plan.rare else ""
        st.caption(as_text(f"{plural(plan.held_back, 'image')} held back, for the reasons above.{rare}"))
    if Reason.UNSTABLE in plan.held:
        st.caption(f"A map is unstable when noise too small to see changes it by {100 * UNSTABLE_FROM:.0f} % or more.")
    for note in plan.notes:
        st.caption(as_text(note))
    return name, parts[name]


def draw_measuring(workspace: Workspace, project: Project, plan: Plan) -> None:
    """The button that measures the maps that nobody has measured yet, or how far that is."""
    if draw_job(workspace, stability_key(project.project_id)) or not plan.unmeasured:
        return
    if all(info.model_id != project.model_id for info in list_loadable(workspace, project)):
        st.caption("Maps can be measured once the model is loaded on the Workspace page.")
    elif st.button(f"Measure {plural(len(plan.unmeasured), 'map')}", key="measure-maps"):
        start_stability(workspace, project, plan.unmeasured)
        st.rerun()


def draw_accept(workspace: Workspace, project: Project, plan: Plan) -> None:
    """The audit with its estimate, and the button beside it."""
    audit = plan.audit
    st.markdown(as_text(_told(plan)))
    if audit is not None and audit.images:
        if st.button(f"Review the {plural(len(audit.images), 'image')} of the audit", key="audit-go-on"):
            open_worklist(audit.worklist)
    elif audit is None and st.button(_offer(plan), key="audit-draw", disabled=not plan.accepted):
        with wording_errors():
            open_worklist(
                draw_audit(workspace, project, plan.strategy, plan.threshold, plan.accepted, reviewer=read_reviewer())
            )
    is_busy = (job := find_job(workspace, bulk_key(project.project_id))) is not None and is_active(job)
    words = f"Accept these {len(plan.accepted):,}" if len(plan.accepted) != 1 else "Accept this one"
    role = read_role(workspace, project.project_id)
    is_off = is_busy or not plan.accepted or not plan.is_ready or not role.may_write
    if st.button(words, key="accept-these", type="primary", disabled=is_off):
        start_accept(workspace, project, plan, reviewer=read_reviewer(), role=role)
        st.rerun()
    if not plan.is_ready:
        st.caption("The classes of some images are still being counted; then rare ones can be held back.")


def draw_accepted(workspace: Workspace, project: Project) -> None:
    """What was accepted together and still stands, each to be taken back at once."""
    made, told = list_bulks(workspace, project.project_id), _outcome(workspace, project)
    if not made and not told:
        return
    role, reviewer = read_role(workspace, project.project_id), read_reviewer()
    with card("Accepted together", key="accepted"):
        if told:
            st.caption(told)
        for each in made:
            when = each.made_at.astimezone().strftime("%Y-%m-%d %H:%M")
            since = f", {each.decided - each.in_force:,} decided anew since" if each.decided > each.in_force else ""
            st.markdown(as_text(f"{plural(each.decided, 'image')} by {each.reviewer}, {when}{since}"))
            may = role is Role.LEAD or (role.may_write and each.reviewer == reviewer)
            if st.button(f"Take back {each.in_force:,}", key=f"back-{each.client_id}", disabled=not may):
                start_take_back(workspace, project, each.client_id, reviewer=reviewer, role=role)
                st.rerun()


def _told(plan: Plan) -> str:
    """How many of them are wrong, as far as that is known."""
    audit = plan.audit
    estimate = audit.estimate if audit else None
    if audit is None or estimate is None:
        first = "None of the images drawn for the audit was decided yet." if audit else ""
        return first or (
            "How many of these are wrong is not known. Review some of them first, drawn by chance: these tell about "
            "the others."
        )
    found = f"{audit.wrong:,} of {plural(audit.looked_at, 'image')} looked at in the audit were wrong."
    return f"{found} {_errors(estimate, len(plan.accepted))}"


def _offer(plan: Plan) -> str:
    count = sample_size(len(plan.accepted))
    return f"Review {count:,} of them first" if count != 1 else "Review one of them first"


def _errors(estimate: Estimate, images: int) -> str:
    low, middle, high = (round(share * images) for share in (estimate.low, estimate.value, estimate.high))
    shares = f"{100 * estimate.value:.1f} %, 95 % interval {100 * estimate.low:.1f} to {100 * estimate.high:.1f} %"
    if not images:
        return f"So much is wrong of the others like these: {shares}."
    return f"So of the {images:,} to be accepted about {middle:,} are wrong, between {low:,} and {high:,} ({shares})."


def _outcome(workspace: Workspace, project: Project) -> str:
    """What became of the last of these jobs, in a sentence; kept in this tab."""
    key = f"queue-outcome-{project.project_id}"
    job = find_job(workspace, bulk_key(project.project_id))
    if job is not None and not is_active(job) and isinstance(job.result, Outcome):
        st.session_state[key] = _describe(job.result)
    return st.session_state.get(key, "")


def _describe(outcome: Outcome) -> str:
    verb = "taken back" if outcome.is_undo else "accepted"
    left = f" {outcome.left:,} left alone: others decided on them, or work on them." if outcome.left else ""
    return f"{plural(outcome.done, 'image')} {verb}.{left}"
