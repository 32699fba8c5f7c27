"""The images of a project as dots, those the model sees alike close together; a lasso chooses what goes to the desk."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from components.headings import card, empty_state
from components.jobs import draw_job
from components.queue_images import draw_opened, draw_pictures, split_row
from components.words import plural
from domain.project import Project
from services.comparing import list_loadable
from services.embedding_map import ImageMap, find_map, map_key, name_classes, start_map
from services.ranking import RankedImage
from services.workspace import Workspace

_HEIGHT = 440
_DOT = 7
_MANY = 1500
_SMALL_DOT = 4
_NO_CLASS = "rgba(128, 140, 155, 0.7)"
_MOST_CLASSES = 12
_MARGIN = 0.03


def chosen_on_map(project: Project) -> list[str]:
    """The images inside the lasso, as the page begins."""
    event = st.session_state.get(_key(project)) or {}
    points = event.get("selection", {}).get("points", [])
    return list(dict.fromkeys(str(point["customdata"][0]) for point in points if point.get("customdata")))


def draw_map(workspace: Workspace, project: Project) -> None:
    """Draw the dots, or say what is missing and offer to compute it."""
    is_running = draw_job(workspace, map_key(project.project_id))
    found = find_map(workspace, project)
    if found is None or not found.image_ids:
        if not is_running:
            _offer(workspace, project)
        return
    if not found.is_current and not is_running:
        _offer_again(workspace, project)
    classes = name_classes(workspace, project, found.image_ids)
    drawn = "" if len(found.image_ids) == found.total else f", {len(found.image_ids):,} drawn by chance"
    with card("Map", key="map", note=f"{plural(found.total, 'image')}{drawn}; those the model sees alike lie together"):
        st.plotly_chart(
            _figure(project, found, classes),
            key=_key(project),
            height=_HEIGHT,
            config={"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d"], "scrollZoom": True},
            on_select="rerun",
            selection_mode=("lasso", "box", "points"),
            alt="Images as dots, coloured by the class of their label",
        )
    chosen = chosen_on_map(project)
    if not chosen:
        st.caption("Draw around dots to choose their images. One of another colour among its like is worth a look.")
        return
    st.caption(f"{plural(len(chosen), 'image')} chosen. A double click on the map lets go of them.")
    middle, panel = split_row()
    with middle:
        named = [RankedImage(name, None, classes.get(name) or "no label") for name in chosen]
        opened = draw_pictures(workspace, project, named)
    with panel:
        draw_opened(workspace, project, opened)


def _offer_again(workspace: Workspace, project: Project) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":orange[Images or the model changed since this map was made.]", width="content")
        if st.button("Lay out again", type="tertiary", icon=":material/refresh:"):
            start_map(workspace, project)
            st.rerun()


def _offer(workspace: Workspace, project: Project) -> None:
    if not any(info.model_id == project.model_id for info in list_loadable(workspace, project)):
        empty_state("The map shows what a model sees in images. Load a model on the Workspace page.")
        return
    empty_state(
        "The map lays images that the model sees alike close together. It asks the model once about every image."
    )
    if st.button("Lay out the images", type="primary"):
        start_map(workspace, project)
        st.rerun()


def _figure(project: Project, found: ImageMap, classes: dict[str, str]) -> go.Figure:
    names = np.array([classes.get(image_id, "") for image_id in found.image_ids])
    shown, counts = np.unique(names, return_counts=True)
    size = _SMALL_DOT if len(names) > _MANY else _DOT
    figure = go.Figure()
    for name in shown[np.argsort(-counts)]:
        own = np.flatnonzero(names == name)
        figure.add_scattergl(
            x=found.places[own, 0],
            y=found.places[own, 1],
            mode="markers",
            name=_plain(str(name)) or "no label",
            customdata=[[found.image_ids[place], _plain(found.image_ids[place])] for place in own],
            marker={"size": size, "color": project.colour_of(str(name)) if name else _NO_CLASS},
            hovertemplate="%{customdata[1]}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode="lasso",
        showlegend=len(shown) <= _MOST_CLASSES,
        legend={"orientation": "h", "itemsizing": "constant"},
        uirevision="map",
    )
    axis = {"visible": False, "range": [-_MARGIN, 1 + _MARGIN]}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def _plain(name: str) -> str:
    """Text that plotly does not take for markup."""
    return name.replace("&", "&amp;").replace("<", "&lt;")


def _key(project: Project) -> str:
    return f"queue-map-{project.project_id}"
