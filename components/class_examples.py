"""The images that show what a class is: seen by everybody, chosen by a lead."""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePosixPath

import streamlit as st

from components.headings import empty_state
from components.session import read_reviewer, wording_errors
from components.words import as_text
from domain.class_edit import Example
from domain.class_list import KnownClass
from domain.image import ImageRef
from domain.project import Project
from services.browsing import Filters, find_images
from services.class_details import MOST_EXAMPLES, set_examples
from services.class_facts import fetch_images
from services.class_rules import shorten
from services.picture_addresses import picture_address
from services.workspace import Workspace

_COLUMNS, _ROWS = 5, 2
_LABELLED, _ALL = "Labelled so", "All images"


def draw_examples(workspace: Workspace, project: Project, known: KnownClass, *, is_lead: bool) -> None:
    """The examples of a class as thumbnails."""
    images = fetch_images(workspace, project.project_id, [example.image_id for example in known.examples])
    pictures = "".join(_picture(workspace, project, image) for image in images.values())
    none = '<div class="rl-grey">None yet.</div>'
    st.html(f'<div class="rl-label">Example images</div>{_thumbs(pictures) if pictures else none}')
    gone = len({example.image_id for example in known.examples}) - len(images)
    if gone:
        st.caption(f"{gone} of them cannot be shown: the file is gone or cannot be read.")
    if is_lead and st.button("Choose images", key="class-examples"):
        st.session_state[_place(project, known)] = list(dict.fromkeys(each.image_id for each in known.examples))
        _ask_examples(workspace, project, known)


@st.dialog("Example images", width="large")
def _ask_examples(workspace: Workspace, project: Project, known: KnownClass) -> None:
    place = _place(project, known)
    chosen: list[str] = st.session_state[place]
    st.caption(f"What does {as_text(shorten(known.name))} look like? Reviewers see these beside the photo.")
    with st.container(horizontal=True, gap="small"):
        which = st.segmented_control(
            "Which", [_LABELLED, _ALL], default=_LABELLED, required=True, label_visibility="collapsed"
        )
        name = st.text_input("File name", placeholder="Any part of the file name", label_visibility="collapsed") or ""
    label = known.name if which == _LABELLED else ""
    found = find_images(workspace, project, Filters(label=label, name=name.strip()), "name").image_ids
    if found:
        _draw_choice(workspace, project, found, place)
    else:
        empty_state("No image is labelled so." if label and not name.strip() else "No image has that in its name.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        is_saved = st.button("Save examples", type="primary", key="save-examples", disabled=len(chosen) > MOST_EXAMPLES)
        st.caption(f"{len(chosen)} chosen, at most {MOST_EXAMPLES}", width="content")
        if chosen and st.button("Clear", type="tertiary", key="clear-examples"):
            chosen.clear()
            st.rerun(scope="fragment")
    if is_saved:
        with wording_errors():
            examples = _keep_objects(known, chosen)
            set_examples(workspace, project.project_id, known.name, examples, reviewer=read_reviewer())
            st.rerun()


def _draw_choice(workspace: Workspace, project: Project, found: list[str], place: str) -> None:
    at_once = _COLUMNS * _ROWS
    pages = -(-len(found) // at_once)
    cells = st.container()
    page = st.pagination(pages, key=f"{place}-page-{pages}-{found[0]}") if pages > 1 else 1
    shown = found[(page - 1) * at_once : page * at_once]
    images = fetch_images(workspace, project.project_id, shown)
    with cells:
        for begin in range(0, len(shown), _COLUMNS):  # row by row, so that Tab goes as one reads
            row = shown[begin : begin + _COLUMNS]
            for column, image_id in zip(st.columns(_COLUMNS, gap="small"), row, strict=False):
                with column:
                    _draw_cell(workspace, project, image_id, images.get(image_id), place)


def _draw_cell(workspace: Workspace, project: Project, image_id: str, image: ImageRef | None, place: str) -> None:
    chosen: list[str] = st.session_state[place]
    picture = _picture(workspace, project, image) if image else ""
    st.html(f'<div class="rl-example">{picture or "Cannot be shown."}</div>')
    number = abs(hash(image_id))
    is_in = image_id in chosen
    st.checkbox(
        _file_name(image_id),
        value=is_in,
        key=f"{place}-{number}-{is_in}",
        disabled=image is None,
        on_change=_toggle,
        args=(place, image_id),
    )


def _file_name(image_id: str) -> str:
    """Escaped only where Markdown would see more than a name: the escapes are read out to those who hear the page."""
    name = shorten(PurePosixPath(image_id).name, 24)
    return name if re.fullmatch(r"[A-Za-z0-9]+([_.-][A-Za-z0-9]+)*", name) else as_text(name)


def _toggle(place: str, image_id: str) -> None:
    chosen: list[str] = st.session_state[place]
    if image_id in chosen:
        chosen.remove(image_id)
    else:
        chosen.append(image_id)


def _keep_objects(known: KnownClass, chosen: list[str]) -> list[Example]:
    """An example that is one object of its image stays that object."""
    before = [example for example in known.examples if example.image_id in chosen]
    there = {example.image_id for example in before}
    return [*before, *(Example(image_id) for image_id in chosen if image_id not in there)]


def _place(project: Project, known: KnownClass) -> str:
    return f"examples-{project.project_id}-{known.key}"


def _thumbs(pictures: str) -> str:
    return f'<div class="rl-examples">{pictures}</div>'


def _picture(workspace: Workspace, project: Project, image: ImageRef) -> str:
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails"))
    name = escape(image.image_id)
    return f'<img src="{address}" alt="{name}" title="{name}" loading="lazy">'
