"""Images about which reviewers differ: what each says, side by side, and a lead's choice between them."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import streamlit as st

from components.blank import go_to
from components.headings import empty_state
from components.session import draw_error, read_reviewer, start_review_at
from components.words import as_text
from domain.errors import RelookError
from domain.geometry import Box
from domain.image import ImageRef
from domain.orientation import box_to_upright, segment_to_upright, upright_size
from domain.prediction import Instance, Instances, class_names
from domain.project import CurrentDecision, Project
from services import consensus, leading
from services.consensus import Comparison, Disagreement
from services.picture_addresses import picture_address
from services.workspace import Workspace

_AT_ONCE = 5
_MOST_SHAPES = 200
_STANDS = {
    "accept": "Accepted",
    "correct": "Corrected",
    "reject": "Rejected",
    "flag": "Flagged",
    "wrong_evidence": "Right label, wrong evidence",
}


def draw_differences(workspace: Workspace, project: Project, comparison: Comparison, *, is_lead: bool) -> None:
    """The images to choose on, some at a time."""
    if not comparison.disagreements:
        empty_state("No image waits for a choice between reviewers.")
        return
    for disagreement in comparison.disagreements[:_AT_ONCE]:
        _draw_one(workspace, project, disagreement, is_lead=is_lead)
    more = len(comparison.disagreements) - _AT_ONCE
    if more > 0:
        st.caption(f"{more:,} more come up as these are settled.")


def _draw_one(workspace: Workspace, project: Project, disagreement: Disagreement, *, is_lead: bool) -> None:
    image = disagreement.image
    with st.container(border=True, key=f"differs-{abs(hash(image.image_id))}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<div class="rl-card-head"><h3>{escape(image.image_id)}</h3></div>')
            _draw_ways_out(workspace, project, image, is_lead=is_lead)
        columns = st.columns(len(disagreement.opinions), gap="small")
        for column, opinion in zip(columns, disagreement.opinions, strict=True):
            with column:
                _draw_opinion(workspace, project, image, opinion)
                words = f"Take {as_text(opinion.reviewer)}'s"
                if st.button(words, key=f"take-{opinion.decision_id}", disabled=not is_lead, help=_why(is_lead)):
                    _adopt(workspace, project, disagreement, opinion)


def _draw_ways_out(workspace: Workspace, project: Project, image: ImageRef, *, is_lead: bool) -> None:
    key = abs(hash(image.image_id))
    if st.button("Edit at the desk", key=f"edit-{key}", disabled=not is_lead, help=_why(is_lead)):
        start_review_at(project.project_id, image.image_id)
        go_to("review")
    if st.button("Send back", key=f"back-{key}", disabled=not is_lead, help=_why(is_lead)):
        _ask_note(workspace, project, image.image_id)


@st.dialog("Send the image back")
def _ask_note(workspace: Workspace, project: Project, image_id: str) -> None:
    st.write("Its reviewers decide on it anew and see this note.")
    note = st.text_area("Note")
    if not st.button("Send back", type="primary", disabled=not note or not note.strip()):
        return
    try:
        refused = leading.send_back(workspace, project, read_reviewer(), [image_id], note or "")
        if refused:
            raise refused[0].error
    except RelookError as error:
        draw_error(error)
        return
    st.rerun()


def _adopt(workspace: Workspace, project: Project, disagreement: Disagreement, opinion: CurrentDecision) -> None:
    seen = [each.decision_id for each in disagreement.opinions]
    image_id = disagreement.image.image_id
    try:
        consensus.adopt(workspace, project, read_reviewer(), image_id, decision_id=opinion.decision_id, seen=seen)
    except RelookError as error:
        draw_error(error)
        return
    st.rerun()


def _draw_opinion(workspace: Workspace, project: Project, image: ImageRef, opinion: CurrentDecision) -> None:
    width, height = upright_size(image.width, image.height, image.orientation)
    objects = opinion.content.items[:_MOST_SHAPES] if isinstance(opinion.content, Instances) else ()
    shapes = "".join(_outline(item, project, image.orientation, (width, height)) for item in objects)
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails"))
    photo = f'<img class="rl-photo" src="{address}" alt="{escape(image.image_id)}">'
    overlay = f'<img class="rl-shapes" src="{_as_picture(shapes, width, height)}" alt="">' if shapes else ""
    frame = f'<div class="rl-photo-box" style="aspect-ratio:{width}/{height}">{photo}{overlay}</div>'
    stands = _STANDS.get(opinion.verdict, opinion.verdict)
    names = ", ".join(dict.fromkeys(class_names(opinion.content))) or "no class"
    note = f'<br><span class="rl-grey">“{escape(opinion.note)}”</span>' if opinion.note else ""
    when = opinion.decided_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    st.html(
        f"<p><b>{escape(opinion.reviewer)}</b> "
        f'<span class="rl-grey">{stands}, {when}</span><br>{escape(_says(opinion, names))}{note}</p>{frame}'
    )


def _says(opinion: CurrentDecision, names: str) -> str:
    count = len(opinion.content.items) if isinstance(opinion.content, Instances) else 0
    return f"{count} objects: {names}" if isinstance(opinion.content, Instances) else names


def _outline(item: Instance, project: Project, orientation: int, size: tuple[int, int]) -> str:
    colour = project.colour_of(item.label)
    paths = [_path(segment_to_upright(ring, orientation), size) for ring in item.polygons]
    path = " ".join(paths) or _box_path(box_to_upright(item.box, orientation), size)
    line = f'fill="none" vector-effect="non-scaling-stroke" d="{path}"'
    halo = f'<path {line} stroke="#0B0D10" stroke-opacity=".6" stroke-width="4.5"/>'
    return f'{halo}<path {line} stroke="{colour}" stroke-width="2"/>'


def _box_path(box: Box, size: tuple[int, int]) -> str:
    left, top, right, bottom = box.as_tuple()
    return _path((left, top, right, top, right, bottom, left, bottom), size)


def _path(ring: tuple[float, ...], size: tuple[int, int]) -> str:
    width, height = size
    points = [f"{x * width:.1f},{y * height:.1f}" for x, y in zip(ring[0::2], ring[1::2], strict=True)]
    return f"M{' L'.join(points)}Z"


def _as_picture(shapes: str, width: int, height: int) -> str:
    """As an address: nothing drawn in it can be markup of the page."""
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{shapes}</svg>'
    return f"data:image/svg+xml,{quote(drawn)}"


def _why(is_lead: bool) -> str | None:
    return None if is_lead else "A lead chooses between reviewers."
