"""The rail of the Compare page: which two are compared, and the images, those with other evidence first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.jobs import draw_job
from components.words import plural
from domain.prediction import ModelInfo
from domain.project import Project
from services.comparing import Compared, Side, start_comparison
from services.explain_jobs import loading_key, start_loading
from services.explaining import Model
from services.methods import list_methods
from services.picture_addresses import picture_address
from services.workspace import Workspace

_TITLES = ("First", "Second")
_SAME = {True: "same", False: "differ", None: "–"}


def choose_models(project: Project, infos: Sequence[ModelInfo], slots: Sequence[DeltaGenerator]) -> list[str]:
    """Let the reader choose a model for each side; two different ones where there are two."""
    names = {info.model_id: info.name for info in infos}
    return [
        slot.selectbox(
            f"{title} model",
            list(names),
            index=min(number, len(infos) - 1),
            format_func=lambda key: names[key],
            key=f"compare-model-{title}-{project.project_id}",
        )
        for number, (title, slot) in enumerate(zip(_TITLES, slots, strict=True))
    ]


def wait_for_models(workspace: Workspace, project: Project, model_ids: Sequence[str]) -> bool:
    """Load what is not loaded yet; whether that is still going on."""
    waiting = False
    for wanted in (replace(project, model_id=model_id) for model_id in dict.fromkeys(model_ids)):
        start_loading(workspace, wanted)
        waiting |= draw_job(workspace, loading_key(wanted))
    return waiting


def choose_methods(
    project: Project, model_ids: Sequence[str], models: Sequence[Model], slots: Sequence[DeltaGenerator]
) -> tuple[Side, Side]:
    """Let the reader choose a method for each side; two different ones where the models are the same."""
    second = 1 if model_ids[0] == model_ids[1] else 0
    one, other = (
        Side(model_id, _choose_method(project, model_id, model, slot, title=title, index=index))
        for model_id, model, slot, title, index in zip(model_ids, models, slots, _TITLES, (0, second), strict=True)
    )
    return one, other


def _choose_method(
    project: Project, model_id: str, model: Model, slot: DeltaGenerator, *, title: str, index: int
) -> str:
    methods = {item.name: item.title for item in list_methods(model[0])}
    return slot.selectbox(
        f"{title} method",
        list(methods),
        index=min(index, len(methods) - 1),
        format_func=lambda name: methods[name],
        key=f"compare-method-{title}-{project.project_id}-{model_id}-{index}",
    )


def draw_start(
    workspace: Workspace,
    project: Project,
    sides: tuple[Side, Side],
    compared: Sequence[Compared],
    *,
    is_running: bool,
) -> None:
    """The button that computes what is missing, or what stands in the way."""
    if sides[0] == sides[1]:
        st.info("Both sides are the same. Choose another model or another method on one of them.")
        return
    missing = sum(item.overlap is None for item in compared)
    if missing and not is_running:
        st.caption(f"{plural(missing, 'image')} without both maps.")
        if st.button("Compute the maps", type="primary", width="stretch"):
            start_comparison(workspace, project, sides)
            st.rerun()


def choose_image(workspace: Workspace, project: Project, compared: Sequence[Compared]) -> Compared:
    """The table of images; the one chosen in it, else the one of the other pages, else the first."""
    rows = [
        {
            "Photo": picture_address(workspace, project.project_id, item.state.image, "thumbnails"),
            "Image": item.state.image.image_id,
            "Labels": _SAME[item.is_same_label],
            "Evidence": item.overlap,
        }
        for item in compared
    ]
    chosen = st.dataframe(
        rows,
        column_config={
            "Photo": st.column_config.ImageColumn(width=48),
            "Image": st.column_config.TextColumn(width=92),
            "Labels": st.column_config.TextColumn(width=52, help="Whether both say the same class."),
            "Evidence": st.column_config.ProgressColumn(
                format="%.2f",
                min_value=0,
                max_value=1,
                width=104,
                help="How far the strongest fifths of both maps overlap. Random maps get about 0.11.",
            ),
        },
        hide_index=True,
        height=min(460, 36 + 40 * len(rows)),
        row_height=40,
        on_select="rerun",
        selection_mode="single-row",
        key=f"compare-images-{project.project_id}",
    )
    picked = chosen.selection.rows
    if picked and picked[0] < len(compared):
        st.session_state["image_id"] = compared[picked[0]].state.image.image_id
    by_id = {item.state.image.image_id: item for item in compared}
    return by_id.get(st.session_state.get("image_id", ""), compared[0])
