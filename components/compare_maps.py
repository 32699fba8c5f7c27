"""Two maps of one image side by side, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from components.map_viewer import ViewerMap, map_viewer
from components.viewer_maps import viewer_map
from components.words import as_text
from domain.explanation import Explanation
from domain.orientation import upright_size
from domain.prediction import ModelInfo
from domain.project import Project
from services.comparing import Answer, Compared, MapAgreement, Side, find_maps
from services.explaining import Model
from services.methods import title_of
from services.picture_addresses import picture_address
from services.workspace import Workspace


def draw_comparison(
    workspace: Workspace,
    project: Project,
    compared: Compared,
    *,
    sides: tuple[Side, Side],
    models: tuple[Model, Model],
    infos: Sequence[ModelInfo],
) -> None:
    """What both sides say about an image, their maps, and the difference of the maps."""
    names = {info.model_id: info.name for info in infos}
    found, agreement = find_maps(workspace, project, sides, models, compared)
    _draw_verdict(compared, sides, names)
    image = compared.state.image
    width, height = upright_size(image.width, image.height, image.orientation)
    maps: list[ViewerMap] = []
    for side, answer, made in zip(sides, compared.answers, found, strict=True):
        if made is not None:
            drawn = _side_map(project, compared, side, answer, made)
            drawn["detail"] = f"{names[side.model_id]}, {drawn['detail']}"
            maps.append(drawn)
    if agreement is not None and found[0] is not None:
        maps.append(_difference_map(project, compared, found[0], agreement))
    map_viewer(
        {
            "photo": {
                "url": picture_address(workspace, project.project_id, image, "images"),
                "width": width,
                "height": height,
            },
            "maps": maps,
        },
        key="compare-viewer",
    )


def _draw_verdict(compared: Compared, sides: tuple[Side, Side], names: dict[str, str]) -> None:
    one, other = (answer.target.label if answer.target else None for answer in compared.answers)
    if one is None or other is None:
        silent = sides[0] if one is None else sides[1]
        st.info(f"{as_text(names[silent.model_id])} finds nothing to compare here, or was not asked yet.")
        return
    labels = f"Both say **{as_text(one)}**." if one == other else f"**{as_text(one)}** against **{as_text(other)}**."
    if compared.overlap is None:
        st.markdown(f"{labels} Their maps are not computed yet.")
        return
    share = f"The strongest fifths of their maps overlap by {100 * compared.overlap:.0f} %"
    st.markdown(f"{labels} {share}; random maps overlap by about 11 %.")


def _side_map(project: Project, compared: Compared, side: Side, answer: Answer, made: Explanation) -> ViewerMap:
    drawn = viewer_map(project, compared.state.image, made, title=title_of(side.method), instance=answer.instance)
    drawn["key"] = f"{side.model_id}-{side.method}"
    return drawn


def _difference_map(project: Project, compared: Compared, one: Explanation, agreement: MapAgreement) -> ViewerMap:
    values = replace(
        one, method="difference", heatmap=agreement.difference, region=agreement.region, layer="", warnings=()
    )
    drawn = viewer_map(project, compared.state.image, values, title="Difference", instance=compared.answers[0].instance)
    drawn["detail"] = "orange: more of the first, blue: more of the second"
    drawn["scale"] = "signed"
    del drawn["seconds"]
    drawn["inside"] = None
    return drawn
