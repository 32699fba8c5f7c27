"""What is explained: an object or a class the model names, or an object that it missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components.map_viewer import DrawnBox, ViewerDrawing
from components.words import as_text
from domain.explanation import Target
from domain.geometry import Box
from domain.orientation import box_to_stored, box_to_upright
from domain.prediction import Instance
from domain.project import ImageState, Project
from services.explain_jobs import list_missed, list_model_classes, list_targets

_DRAWN = "drawn"
_DRAW = "Missed object: draw a box"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the reader wants explained.

    Attributes:
        target: The class, or the object; None while a box is still to be drawn.
        instance: The object.
        is_missed: The question is why the model did not find it.
        is_drawn: The reader draws it on the photo.
        label: Class of the object to draw.
    """

    target: Target | None
    instance: Instance | None = None
    is_missed: bool = False
    is_drawn: bool = False
    label: str = ""


def choose_target(
    project: Project, state: ImageState, classes: Sequence[str], *, regions: Sequence[Target] = ()
) -> Chosen | None:
    """Let the reader choose an object or a class; None when the model says nothing about the image.

    Args:
        project: The project.
        state: The image.
        classes: Of the model.
        regions: Classes that can be asked about as a whole, beside their objects.
    """
    found = list_targets(state, project)
    if not project.task.has_objects and not found:
        return None
    missed = list_missed(state, project)
    whole = [Chosen(target) for target in regions]
    key = f"target-{project.project_id}-{state.image.image_id}"
    choices = [*whole, *(Chosen(target, instance) for target, instance, _ in found)]
    choices += [Chosen(target, instance, is_missed=True) for target, instance in missed]
    words = [f"{as_text(target.label)}, all of it" for target in regions]
    words += [
        _describe(target, place, score, is_object=instance is not None)
        for place, (target, instance, score) in enumerate(found)
    ]
    words += [f"{as_text(target.label)}, labelled but not found" for target, _ in missed]
    if project.task.has_objects:
        choices.append(Chosen(None, is_missed=True, is_drawn=True))
        words.append(_DRAW)
    chosen = choices[st.radio("Target", range(len(choices)), format_func=lambda place: words[place], key=key) or 0]
    if chosen.is_drawn:
        return _ask_class(project, state, classes)
    if project.task.has_objects:
        return chosen
    other = st.selectbox(
        "Another class", list_model_classes(state), index=None, placeholder="search all classes", key=f"{key}-other"
    )
    return Chosen(Target(other)) if other else chosen


def drawing_of(project: Project, state: ImageState, chosen: Chosen) -> ViewerDrawing | None:
    """The photo to draw on; None unless the reader wants to draw."""
    if not chosen.is_drawn:
        return None
    box = _remembered(project, state)
    return ViewerDrawing(
        title=f"Missed {chosen.label}",
        hint="Draw a box again to ask about another place." if box else "Draw a box where the model should find it.",
        colour=project.colour_of(chosen.label),
        box=box_to_upright(box, state.image.orientation).as_tuple() if box else None,
    )


def keep_drawn(project: Project, state: ImageState, drawn: DrawnBox | None) -> None:
    """Remember a box that was just drawn on this image, and run again with it."""
    if drawn is None or drawn["photo"] != state.image.image_id:
        return
    x_min, y_min, x_max, y_max = drawn["box"]
    box = box_to_stored(Box(x_min, y_min, x_max, y_max), state.image.orientation)
    if box != _remembered(project, state):
        st.session_state[_key_of(project, state)] = box
        st.rerun()


def _ask_class(project: Project, state: ImageState, classes: Sequence[str]) -> Chosen:
    label = st.selectbox(
        "Class of the missed object", classes, format_func=str, key=f"missed-class-{project.project_id}"
    )
    box = _remembered(project, state)
    if box is None:
        return Chosen(None, is_missed=True, is_drawn=True, label=label)
    return Chosen(Target(label, _DRAWN), Instance(_DRAWN, label, box), is_missed=True, is_drawn=True, label=label)


def _remembered(project: Project, state: ImageState) -> Box | None:
    return st.session_state.get(_key_of(project, state))


def _key_of(project: Project, state: ImageState) -> str:
    return f"drawn-box-{project.project_id}-{state.image.image_id}"


def _describe(target: Target, place: int, score: float | None, *, is_object: bool) -> str:
    name = f"{target.label}, object {place + 1}" if is_object else target.label
    return f"{as_text(name)}  {score:.3f}" if score is not None else as_text(name)
