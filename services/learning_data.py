"""Which images of a project a model learns from, which choose the epoch, and which are held out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from domain.decision import Verdict
from domain.errors import InputError
from domain.image import ImageRef
from domain.near_duplicates import group_prints
from domain.prediction import Instance, Instances, class_names
from domain.progress import PartOf, Report, ignore_progress
from domain.project import ImageState, Project
from domain.splits import SPLIT_TAG, TEST, TRAIN, VALIDATION
from services.content_hash import content_hash, keep_hash
from services.evaluation_looks import read_looks
from services.projects import fetch_project
from services.ranking import label_of
from services.splits import divide_images
from services.workspace import Workspace
from store.states import list_states
from training.recipe import Recipe

LEFT_OUT = (Verdict.REJECT.value, Verdict.FLAG.value)
"""Verdicts that keep an image out, as they keep it out of exports."""

_UNDECIDED = (Verdict.SKIP.value,)


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image that can be learned from or judged.

    Attributes:
        image: The file.
        names: Its classes, or those of its objects.
        decision: Id of the decision in force; empty where nobody decided.
        split: "train", "validation" or "test"; empty where it has none yet.
        digest: SHA-256 of the file; empty where nobody asked yet.
        objects: On the stored grid, where labels are objects.
    """

    image: ImageRef
    names: tuple[str, ...]
    decision: str
    split: str
    digest: str = ""
    objects: tuple[Instance, ...] = ()

    @property
    def says(self) -> list[Any]:
        """The label as plain values, in an order of its own."""
        if not self.objects:
            return sorted(self.names)
        return sorted([each.label, *each.box.as_tuple(), *map(list, each.polygons)] for each in self.objects)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a training uses.

    Attributes:
        learn: To learn from.
        choose: To choose the epoch.
        held_out: To judge what was learned.
        classes: What the new model tells apart, in the order of its outputs.
        notes: What to know about it, full sentences.
    """

    learn: tuple[LabelledImage, ...]
    choose: tuple[LabelledImage, ...]
    held_out: tuple[LabelledImage, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """In images."""
        return {
            "learn": len(self.learn),
            "reviewed": sum(bool(each.decision) for each in self.learn),
            "choose": len(self.choose),
            "held_out": len(self.held_out),
            "held_out_reviewed": sum(bool(each.decision) for each in self.held_out),
        }

    def data_hash(self) -> str:
        """SHA-256 of what is learned from: files and labels, in whatever order they come."""
        lines = sorted(json.dumps([each.digest, each.says], ensure_ascii=False) for each in self.learn)
        return sha256("\n".join(lines).encode()).hexdigest()

    def decisions_hash(self) -> str:
        """SHA-256 of the ids of all decisions that are used."""
        return sha256("\n".join(sorted(each.decision for each in self.learn if each.decision)).encode()).hexdigest()


def count_labelled(workspace: Workspace, project: Project) -> dict[str, int]:
    """How many images there are to learn from: "labelled", "reviewed" of them, and "divided" among splits."""
    found = _labelled(workspace, project)
    return {
        "labelled": len(found),
        "reviewed": sum(bool(each.decision) for each in found),
        "divided": sum(bool(each.split) for each in found),
    }


def gather_material(
    workspace: Workspace,
    project_id: int,
    recipe: Recipe,
    *,
    known_classes: Sequence[str],
    learned_before: Mapping[str, str],
    report: Report = ignore_progress,
) -> Material:
    """Return what a training uses; images without a split get one first, near-duplicates together.

    Args:
        workspace: The workspace.
        project_id: The project.
        recipe: Its strategy decides what of the images nobody reviewed is used.
        known_classes: Of the model that learns.
        learned_before: Digest of each image that an earlier model of the line learned from -> how.
        report: Told images looked at.

    Raises:
        InputError: There is nothing to learn from, or to judge with.
        Cancelled: A person asked to stop.
    """
    project = fetch_project(workspace, project_id)
    images = _labelled(workspace, project)
    if not images:
        raise InputError(f"No image of the project '{project.name}' has a label.", remedy="Review or label images.")
    if not all(each.split for each in images):
        divide_images(workspace, project_id, seed=recipe.seed, report=PartOf(report, 0, 2))
        images = _labelled(workspace, project)
    images = _with_digests(workspace, project_id, images, PartOf(report, 1, 2))
    parts = {split: [each for each in images if each.split == split] for split in (TRAIN, VALIDATION, TEST)}
    held_out, notes = _without_learned(workspace, project_id, images, parts[TEST], learned_before)
    learn = [each for each in parts[TRAIN] if each.decision or recipe.data.takes_untouched]
    _check(project, parts, learn, held_out, recipe)
    classes = _classes(known_classes, [*learn, *parts[VALIDATION]])
    unknown = [name for name in classes if name not in known_classes]
    if project.task.has_objects and recipe.data.distils and unknown:
        notes.append(
            f"The old model does not know {', '.join(unknown)}: images nobody reviewed teach that there is none of it."
        )
    return Material(tuple(learn), tuple(parts[VALIDATION]), tuple(held_out), classes, tuple(notes))


def read_boxes(workspace: Workspace, project_id: int | None) -> dict[Path, tuple[Instance, ...]]:
    """File -> the objects a project knows on it; nothing without a project.

    Raises:
        InputError: Its labels are no objects.
    """
    if project_id is None:
        return {}
    project = fetch_project(workspace, project_id)
    if not project.task.has_objects:
        raise InputError(
            f"The labels of the project '{project.name}' are no boxes.", remedy="Name a project of boxes or polygons."
        )
    with workspace.read() as connection:
        states = list_states(connection, project)
    found = {Path(state.image.uri).resolve(): label_of(state) for state in states}
    return {path: label.items for path, label in found.items() if isinstance(label, Instances) and label.items}


def _labelled(workspace: Workspace, project: Project) -> list[LabelledImage]:
    with workspace.read() as connection:
        states = list_states(connection, project)
    return [found for state in states if (found := _as_labelled(state)) is not None]


def _as_labelled(state: ImageState) -> LabelledImage | None:
    label, decision = label_of(state), state.decision
    if label is None or not state.image.is_readable:
        return None
    if decision is not None and decision.verdict in LEFT_OUT:
        return None
    is_decided = decision is not None and not decision.is_open and decision.verdict not in _UNDECIDED
    return LabelledImage(
        state.image,
        tuple(dict.fromkeys(class_names(label))),
        decision.decision_id if decision and is_decided else "",
        state.image.tags.get(SPLIT_TAG, ""),
        objects=label.items if isinstance(label, Instances) else (),
    )


def _with_digests(
    workspace: Workspace, project_id: int, images: Sequence[LabelledImage], report: Report
) -> list[LabelledImage]:
    made = []
    for number, each in enumerate(images, start=1):
        digest = content_hash(each.image)
        keep_hash(workspace, project_id, each.image, digest)
        made.append(replace(each, digest=digest))
        report(number, len(images))
    return made


def _without_learned(
    workspace: Workspace,
    project_id: int,
    images: Sequence[LabelledImage],
    held_out: Sequence[LabelledImage],
    learned_before: Mapping[str, str],
) -> tuple[list[LabelledImage], list[str]]:
    """Leave out what this line of models has learned from, or what looks almost the same: it would be praised for that.

    This happens where the images were divided anew since.
    """
    looks = read_looks(workspace, project_id)
    seen = {each.digest for each in images if each.digest in learned_before}
    known = [each for each in images if each.image.image_id in looks]
    if seen and known:
        groups = group_prints(np.stack([looks[each.image.image_id].prints for each in known])).tolist()
        crowded = {group for group, size in Counter(groups).items() if size > max(3, len(images) // 5)}
        bad = {group for group, each in zip(groups, known, strict=True) if each.digest in seen} - crowded
        seen |= {each.digest for group, each in zip(groups, known, strict=True) if group in bad}
    kept = [each for each in held_out if each.digest not in seen]
    lost = len(held_out) - len(kept)
    return kept, [
        f"Images of the test split that this line of models learned from, left out: {lost:,}."
    ] if lost else []


def _check(
    project: Project,
    parts: Mapping[str, Sequence[LabelledImage]],
    learn: Sequence[LabelledImage],
    held_out: Sequence[LabelledImage],
    recipe: Recipe,
) -> None:
    if not learn and parts[TRAIN] and not recipe.data.takes_untouched:
        raise InputError(
            f"None of the {len(parts[TRAIN]):,} images to learn from in the project '{project.name}' is reviewed.",
            remedy="Review some, or choose the strategy joint-training, which takes labels as they are.",
        )
    for images, split in ((learn, TRAIN), (parts[VALIDATION], VALIDATION), (held_out, TEST)):
        if not images:
            raise InputError(
                f"No labelled image of the project '{project.name}' can be used of the split {split}.",
                remedy="Label or review more images, or divide them anew among train, validation and test.",
            )
    names = {name for each in learn for name in each.names}
    if project.task.has_objects:
        if not names:
            raise InputError(
                f"None of the {len(learn):,} images to learn from has an object.", remedy="Review images with objects."
            )
        return
    if len(learn) < 2 or len(names) < 2:
        only = f", {next(iter(names))}" if names else ""
        raise InputError(
            f"The {len(learn):,} images to learn from have {len(names)} class{'' if len(names) == 1 else 'es'}{only}; "
            "expected at least 2 images and 2 classes.",
            remedy="Review images of other classes too.",
        )


def _classes(known: Sequence[str], images: Sequence[LabelledImage]) -> tuple[str, ...]:
    """The model's classes and the new ones; only those of the labels where the model knows none of them."""
    wanted = dict.fromkeys(sorted({name for each in images for name in each.names}))
    shared = [name for name in known if name in wanted]
    return tuple(dict.fromkeys([*known, *wanted])) if shared else tuple(wanted)
