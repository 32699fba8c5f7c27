"""The rail of the Explain page: what is explained, and by which methods."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from components.explain_target import Chosen
from components.words import estimate_in_words
from domain.explanation import ParameterValue
from domain.geometry import Segment
from domain.orientation import box_to_upright, segment_to_upright, upright_size
from domain.prediction import Instance
from domain.project import ImageState, Project
from services.explain_jobs import list_targets
from services.methods import Method
from services.picture_addresses import picture_address
from services.projects import set_threshold
from services.workspace import Workspace

if TYPE_CHECKING:
    from services.methods import Parameter

MOST_METHODS = 3
_WIDTH = 260
_PHOTO_HEIGHT = 280


def draw_photo(workspace: Workspace, project: Project, state: ImageState) -> None:
    """The photo with the model's boxes, polygons and scores."""
    image = state.image
    width, height = upright_size(image.width, image.height, image.orientation)
    found = [instance for _, instance, _ in list_targets(state, project) if instance is not None]
    shapes = "".join(
        _outline(item, project.colour_of(item.label), image.orientation, (width, height)) for item in found
    )
    tags = "".join(_tag(item, image.orientation, project.colour_of(item.label)) for item in found)
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails"))
    photo = f'<img class="rl-photo" src="{address}" alt="{escape(image.image_id)}">'
    overlay = f'<img class="rl-shapes" src="{_as_picture(shapes, width, height)}" alt="">'
    shape = f"aspect-ratio:{width}/{height};width:min(100%,{_PHOTO_HEIGHT * width / height:.0f}px)"
    st.html(f'<div class="rl-photo-box" style="{shape}">{photo}{overlay}{tags}</div>')


def choose_threshold(workspace: Workspace, project: Project) -> None:
    """The score an object needs to be shown, accepted and listed: one for the whole project."""
    key = f"threshold-{project.project_id}"

    def save() -> None:
        set_threshold(workspace, project.project_id, float(st.session_state[key]))

    st.slider(
        "Show predictions scoring at least",
        0.05,
        0.95,
        value=project.threshold,
        step=0.05,
        key=key,
        on_change=save,
        help="Holds for the whole project: what is shown, compared and accepted as shown.",
    )


def methods_for(chosen: Chosen, methods: list[Method]) -> list[Method]:
    """Why an object was found, or why it was not, is asked by different methods; the one that answers comes first."""
    if not chosen.is_missed:
        return [method for method in methods if not method.explains_absence]
    return sorted(methods, key=lambda method: not method.explains_absence)


def choose_methods(methods: list[Method], seconds: dict[str, float]) -> list[str]:
    """Let the reader choose up to three methods; each tells about how long it takes."""

    def describe(name: str) -> str:
        method = next(method for method in methods if method.name == name)
        return f"{method.title}, {estimate_in_words(seconds[name])}" if name in seconds else method.title

    names = [method.name for method in methods]
    chosen = st.pills(
        "Methods",
        names,
        selection_mode="multi",
        default=names[:1],
        format_func=describe,
        key="methods-" + "-".join(names),
    )
    if len(chosen) > MOST_METHODS:
        st.caption(f"The first {MOST_METHODS} are shown side by side.")
    return list(chosen)[:MOST_METHODS]


def choose_parameters(methods: list[Method], chosen: list[str]) -> dict[str, dict[str, ParameterValue]]:
    """The parameters of the chosen methods, from their own classes."""
    values: dict[str, dict[str, ParameterValue]] = {}
    for method in methods:
        if method.name in chosen and method.parameters:
            with st.expander(f"{method.title}: parameters"):
                st.caption(method.summary)
                values[method.name] = {parameter.name: _ask(method, parameter) for parameter in method.parameters}
    return values


def chosen_parameters(methods: list[Method]) -> dict[str, dict[str, ParameterValue]]:
    """What stands in the forms now, for the estimates that are shown above them; empty where none was opened."""
    values: dict[str, dict[str, ParameterValue]] = {}
    for method in methods:
        typed = {parameter.name: st.session_state.get(_key_of(method, parameter)) for parameter in method.parameters}
        if all(value is not None for value in typed.values()):
            values[method.name] = {name: value for name, value in typed.items() if value is not None}
    return values


def _key_of(method: Method, parameter: Parameter) -> str:
    return f"parameter-{method.name}-{parameter.name}"


def _ask(method: Method, parameter: Parameter) -> ParameterValue:
    key = _key_of(method, parameter)
    label = parameter.name.replace("_", " ").capitalize()
    if parameter.type is bool:
        return st.toggle(label, value=bool(parameter.default), help=parameter.help, key=key)
    if parameter.choices:
        return st.selectbox(label, parameter.choices, help=parameter.help, key=key)
    if parameter.type is str:
        return st.text_input(label, value=str(parameter.default), help=parameter.help, key=key) or ""
    return _ask_number(label, parameter, key)


def _ask_number(label: str, parameter: Parameter, key: str) -> int | float:
    kind = int if parameter.type is int else float
    low, high = (None if limit is None else kind(limit) for limit in (parameter.minimum, parameter.maximum))
    default = kind(parameter.default)
    return st.number_input(label, min_value=low, max_value=high, value=default, help=parameter.help, key=key)


def _as_picture(shapes: str, width: int, height: int) -> str:
    """Shapes as the address of an SVG picture: page HTML may not hold SVG elements."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" fill="none">{shapes}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _outline(instance: Instance, colour: str, orientation: int, size: tuple[int, int]) -> str:
    width, height = size
    rings = [segment_to_upright(ring, orientation) for ring in instance.polygons] or [_corners(instance, orientation)]
    path = "".join(
        "M" + "L".join(f"{x * width:.1f},{y * height:.1f}" for x, y in _points(ring)) + "Z" for ring in rings
    )
    pixel = width / _WIDTH  # of the screen, in pixels of the photo
    halo = f'<path d="{path}" stroke="#0B0D10" stroke-opacity=".6" stroke-width="{4.5 * pixel}"/>'
    shade = f'<path d="{path}" fill="{colour}" fill-opacity=".22" fill-rule="evenodd"/>' if instance.polygons else ""
    return f'{shade}{halo}<path d="{path}" stroke="{colour}" stroke-width="{2 * pixel}"/>'


def _corners(instance: Instance, orientation: int) -> Segment:
    box = box_to_upright(instance.box, orientation)
    return (box.x_min, box.y_min, box.x_max, box.y_min, box.x_max, box.y_max, box.x_min, box.y_max)


def _points(ring: Segment) -> Iterator[tuple[float, float]]:
    return zip(ring[0::2], ring[1::2], strict=False)


def _tag(instance: Instance, orientation: int, colour: str) -> str:
    box = box_to_upright(instance.box, orientation)
    place = f"left:{100 * min(max(box.x_min, 0), 1):.2f}%;top:{100 * min(max(box.y_min, 0), 1):.2f}%"
    score = "" if instance.score is None else f" {instance.score:.2f}"
    return f'<span class="rl-tag" style="background:{colour};{place}">{escape(instance.label)}{score}</span>'
