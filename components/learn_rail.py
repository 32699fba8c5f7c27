"""The rail of the Learn page: which model learns, from what, and how."""

from __future__ import annotations

import streamlit as st

from components.session import wording_errors
from components.words import plural
from domain.prediction import ModelInfo
from domain.project import Project
from services.learning import MODES, STRATEGIES, Mode, Recipe, Strategy, list_box_projects, start_learning
from services.workspace import Workspace

_NO_BOXES = 0


def draw_rail(
    workspace: Workspace, project: Project, infos: list[ModelInfo], counts: dict[str, int], *, is_learning: bool
) -> None:
    """The choices, what will be used in words, and the button that starts."""
    names = {info.model_id: info.name for info in infos}
    versions = {info.model_id: info.version for info in infos}
    parent = st.selectbox(
        "Start from", list(names), format_func=lambda key: f"{names[key]}, {versions[key]}", key=_key(project, "parent")
    )
    has_objects = project.task.has_objects
    strategy = st.selectbox(
        "Learn from", list(STRATEGIES), format_func=lambda key: STRATEGIES[key].title, key=_key(project, "strategy")
    )
    st.caption(_summary(STRATEGIES[strategy], has_objects=has_objects))
    modes = [key for key, each in MODES.items() if not (has_objects and each.not_for_objects)]
    mode = st.selectbox("Layers", modes, format_func=lambda key: MODES[key].title, index=1, key=_key(project, "mode"))
    st.caption(_summary(MODES[mode], has_objects=has_objects))
    choices = {"strategy": strategy, "mode": mode, **_numbers(project, mode, strategy)}
    boxes = _choose_boxes(workspace, project)
    if boxes is not None:
        choices["evidence"] = st.number_input(
            "Weight of evidence outside the boxes", 0.0, 100.0, 0.0, 0.5, key=_key(project, "evidence")
        )
    _say_what_is_used(counts, strategy)
    if st.button("Start learning", type="primary", width="stretch", disabled=is_learning):
        with wording_errors():
            start_learning(workspace, project.project_id, Recipe(**choices), parent=parent, boxes_from=boxes)
            st.rerun()


def _summary(choice: Strategy | Mode, *, has_objects: bool) -> str:
    return choice.of_objects if has_objects and choice.of_objects else choice.summary


def _numbers(project: Project, mode: str, strategy: str) -> dict[str, float]:
    own = Recipe.usual(has_objects=project.task.has_objects)
    left, right = st.columns(2, gap="small")
    made: dict[str, float] = {
        "epochs": left.number_input("Epochs, at most", 1, 1000, own.epochs, key=_key(project, "epochs")),
        "batch_size": right.number_input("Batch size", 2, 1024, own.batch_size, key=_key(project, "batch")),
        "learning_rate": left.number_input(
            "Learning rate",
            1e-6,
            1.0,
            4 * own.learning_rate if MODES[mode].freezes and not project.task.has_objects else own.learning_rate,
            1e-4,
            format="%.4f",
            key=_key(project, f"rate-{mode}"),
        ),
        "seed": right.number_input("Seed", 0, 2**31 - 1, own.seed, key=_key(project, "seed")),
    }
    if MODES[mode].freezes:
        made["trainable_layers"] = st.number_input(
            "Layers that learn", 1, 1000, own.trainable_layers, key=_key(project, "layers")
        )
    if MODES[mode].drops:
        made["dropout"] = st.number_input(
            "Share of features left out", 0.01, 0.95, own.dropout, 0.05, key=_key(project, "dropout")
        )
    if STRATEGIES[strategy].distils:
        made["distillation"] = st.number_input(
            "Weight of the old model", 0.0, 1.0, own.distillation, 0.1, key=_key(project, "distillation")
        )
    return made


def _choose_boxes(workspace: Workspace, project: Project) -> int | None:
    """Only where another project has boxes on the same files."""
    others = {other.project_id: other.name for other in list_box_projects(workspace, project)}
    if not others:
        return None
    chosen = st.selectbox(
        "Boxes that hold the evidence",
        [*others, _NO_BOXES],
        format_func=lambda key: others.get(key, "none"),
        key=_key(project, "boxes"),
    )
    return chosen or None


def _say_what_is_used(counts: dict[str, int], strategy: str) -> None:
    labelled, reviewed = counts["labelled"], counts["reviewed"]
    source = labelled if STRATEGIES[strategy].takes_untouched else reviewed
    words = f"{plural(labelled, 'labelled image')}, {reviewed:,} reviewed. Learns from those of the split train among "
    words += f"{plural(source, 'image')}; validation chooses the epoch, test judges."
    if missing := labelled - counts["divided"]:
        words += f" {plural(missing, 'image')} without a split will get one, near-duplicates together."
    st.caption(words)


def _key(project: Project, name: str) -> str:
    return f"learn-{name}-{project.project_id}"
