"""What a training gave: figures of both models, the images that flipped, and where their maps look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from components.blank import go_to
from components.evaluate_words import change, figure
from components.headings import card
from components.image_list import keep_list
from components.tables import draw_table
from components.words import as_text, plural
from domain.project import Project
from services.class_facts import fetch_images
from services.learning import LearningRun
from services.learning_result import TITLES
from services.picture_addresses import picture_address
from services.workspace import Workspace

_KINDS = {"mended": "Wrong before, right now", "broken": "Right before, wrong now", "other": "Wrong in two ways"}
_AT_ONCE = 12


def draw_figures(run: LearningRun) -> None:
    """Parent and child on the same held-out images."""
    result = run.result
    figures: dict[str, Mapping[str, Any]] = dict(result["figures"])
    if result["evidence"]:
        figures["inside"] = result["evidence"]["figure"]
    with card("Before and after", key="learned", note=f"the same {plural(result['images'], 'held-out image')}"):
        rows = [
            (TITLES[name], _value(each, "before"), _value(each, "after"), change(_change(each)), _span(each))
            for name, each in figures.items()
        ]
        draw_table(["Figure", "Before", "After", "Change", "95 % interval"], rows, numeric=(1, 2, 3, 4))
        st.caption(_verdict(next(iter(result["figures"].values()))))


def draw_use(run: LearningRun) -> None:
    """What was learned from."""
    counts, recipe = run.counts, run.recipe
    rows = [
        ("Learned from", f"{plural(counts['learn'], 'image')}, {counts['reviewed']:,} reviewed"),
        ("Epoch chosen on", plural(counts["choose"], "image")),
        ("Held out", f"{plural(counts['held_out'], 'image')}, {counts['held_out_reviewed']:,} reviewed"),
        ("Best epoch", f"{run.best} of {len(run.history)}"),
        ("How", f"{recipe.data.title}; {recipe.layers.title.lower()}; seed {recipe.seed}"),
        ("Started from", run.parent),
        ("New model", run.model),
    ]
    with card("Where it comes from", key="lineage"):
        draw_table(["", ""], rows)
        for note in run.notes:
            st.caption(as_text(note))


def draw_flips(workspace: Workspace, project: Project, run: LearningRun) -> None:
    """The images both models answer differently, as pictures."""
    flips: Sequence[Mapping[str, Any]] = run.result["flips"]
    with card("Where the two differ", key="flips", note=plural(len(flips), "image")):
        present = [kind for kind in _KINDS if any(flip["kind"] == kind for flip in flips)]
        if not present:
            where = "No held-out image is right with one alone" if project.task.has_objects else "On no held-out image"
            st.caption(f"{where}. Both are wrong on {run.result['both_wrong']:,}.")
            return
        counts = {kind: sum(flip["kind"] == kind for flip in flips) for kind in present}
        kind = st.segmented_control(
            "Kind",
            present,
            default=present[0],
            required=True,
            format_func=lambda key: f"{_KINDS[key]} ({counts[key]:,})",
            label_visibility="collapsed",
            key=f"learn-flips-{run.run_id}",
        )
        chosen = [flip for flip in flips if flip["kind"] == kind]
        names = [flip["image_id"] for flip in chosen]
        known = fetch_images(workspace, project.project_id, names[:_AT_ONCE])
        pictures = "".join(_thumb(workspace, project, known, each) for each in chosen[:_AT_ONCE])
        st.html(f'<div class="rl-behind">{pictures}</div>')
        if st.button(f"Browse these {len(names):,}" if len(names) > 1 else "Browse this one"):
            keep_list(project.project_id, _KINDS[kind], names)
            go_to("browse")


def draw_maps(workspace: Workspace, project: Project, run: LearningRun) -> None:
    """Whether the maps moved onto the objects, and the way to both maps."""
    evidence = run.result["evidence"]
    note = "" if project.task.has_objects else "GradCAM for the label, share inside the boxes"
    with card("Where their maps look", key="moved", note=note):
        if project.task.has_objects:
            st.caption("A detector has a map for each object, not for the image. Both models' can be looked at.")
        elif evidence:
            moved = sorted(evidence["images"], key=lambda each: -abs((each["after"] or 0) - (each["before"] or 0)))
            known = fetch_images(workspace, project.project_id, [each["image_id"] for each in moved[:_AT_ONCE]])
            pictures = "".join(_share(workspace, project, known, each) for each in moved[:_AT_ONCE])
            st.html(f'<div class="rl-behind">{pictures}</div>')
        else:
            st.caption(
                "No boxes on these files are known, so that nothing can be measured. Both maps can be looked at."
            )
        if st.button("See both maps", icon=":material/compare:"):
            for side, model in (("First", run.parent), ("Second", run.model)):
                st.session_state[f"compare-model-{side}-{project.project_id}"] = model
            go_to("compare")


def _thumb(workspace: Workspace, project: Project, known: Mapping[str, Any], flip: Mapping[str, Any]) -> str:
    label, before, after = (", ".join(flip[name]) or "nothing" for name in ("label", "before", "after"))
    return _picture(workspace, project, known, flip["image_id"], [f"{before} → {after}", f"label {label}"])


def _share(workspace: Workspace, project: Project, known: Mapping[str, Any], each: Mapping[str, Any]) -> str:
    words = f"{figure(each['before'])} → {figure(each['after'])}"
    return _picture(workspace, project, known, each["image_id"], [words, each["label"]])


def _picture(
    workspace: Workspace, project: Project, known: Mapping[str, Any], image_id: str, words: Sequence[str]
) -> str:
    image = known.get(image_id)
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails")) if image else ""
    shown = f'<img src="{address}" alt="{escape(image_id)}" loading="lazy">' if image else ""
    lines = "".join(f'<span class="rl-grey">{escape(line)}</span>' for line in words)
    return f'<a title="{escape(image_id)}">{shown}{lines}</a>'


def _verdict(headline: Mapping[str, Any]) -> str:
    moved = headline["change"]
    if moved is None:
        return "Nothing could be compared."
    if moved["low"] > 0:
        return "The new model is better on these images: the interval of the change lies above 0."
    if moved["high"] < 0:
        return "The new model is worse on these images: the interval of the change lies below 0."
    return "The interval of the change holds 0: on so few images the two cannot be told apart."


def _value(each: Mapping[str, Any], side: str) -> str:
    return figure(each[side]["value"] if each[side] else None)


def _change(each: Mapping[str, Any]) -> float | None:
    return each["change"]["value"] if each["change"] else None


def _span(each: Mapping[str, Any]) -> str:
    moved = each["change"]
    return f"{change(moved['low'])} to {change(moved['high'])}" if moved else "–"
