"""What labels, reviewers and the model say about every image of a project, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache

from domain.decision import NEW, OPEN_STATUSES, Verdict
from domain.project import Project
from domain.splits import SPLIT_TAG
from services.evaluation_looks import read_looks
from services.workspace import Workspace
from store.class_edits import present_names
from store.evaluation_rows import SaidContent, iterate_said, look_into, read_label_texts
from store.image_tags import read_tags

_OPEN = {*OPEN_STATUSES, Verdict.SKIP.value}


@dataclass(slots=True)
class Said:
    """One entry for each image that can be compared.

    Attributes:
        image_ids: In natural order.
        sizes: (width, height) in pixels.
        tags: Free facts, the split among them.
        brightness: Mean grey, 0 to 1; NaN where it is not measured.
        reviewers: Whose decision is in force; empty for none.
        is_reviewed: Whether a reviewer decided on the image.
        given: The label of the files; None without one.
        current: The label as it stands after review.
        predicted: What the model says.
        other: What another model says, where two are held against each other; None in an evaluation before and after
            review.
        without_label: Images that are there and have no label to compare with.
        without_prediction: Labelled images that the model says nothing about.
        rejected: Images that reviewers rejected; they are left out.
        without_other: Images that the other model says nothing about.
    """

    image_ids: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    tags: list[Mapping[str, str]] = field(default_factory=list)
    brightness: list[float] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    is_reviewed: list[bool] = field(default_factory=list)
    given: list[SaidContent | None] = field(default_factory=list)
    current: list[SaidContent] = field(default_factory=list)
    predicted: list[SaidContent] = field(default_factory=list)
    other: list[SaidContent] | None = None
    without_label: int = 0
    without_prediction: int = 0
    rejected: int = 0
    without_other: int = 0

    @property
    def earlier_labels(self) -> Sequence[SaidContent | None]:
        """(N,) what the change is measured from: the labels before review, or the present ones of another model."""
        return self.given if self.other is None else self.current

    @property
    def earlier_predicted(self) -> Sequence[SaidContent]:
        """(N,) the predictions of the other model where there is one."""
        return self.predicted if self.other is None else self.other

    def take(self, places: Sequence[int]) -> Said:
        """Some of the images; what was left out stays counted."""
        lists = {
            each.name: [getattr(self, each.name)[place] for place in places]
            for each in fields(self)
            if isinstance(getattr(self, each.name), list)
        }
        return replace(self, **lists)

    @property
    def notes(self) -> list[str]:
        """What was left out, full sentences."""
        counted = (
            (self.without_label, "Images without a label, left out"),
            (self.without_prediction, "Labelled images without a prediction, left out"),
            (self.rejected, "Rejected images, left out"),
            (
                sum(each is None for each in self.earlier_labels),
                "Images without a label before review, left out of the change",
            ),
            (self.without_other, "Images without a prediction of the other model, left out"),
        )
        return [f"{words}: {number:,}." for number, words in counted if number]


def gather(workspace: Workspace, project: Project, *, split: str = "", against: str = "") -> Said:
    """Read everything in two statements; classes are called as they are now.

    Args:
        workspace: The workspace.
        project: The project.
        split: Only images of this split; empty for all.
        against: Another model, whose predictions are read too.
    """
    said = _gather(workspace, project)
    if split:
        said = said.take([place for place, tags in enumerate(said.tags) if tags.get(SPLIT_TAG) == split])
        said.without_label = said.without_prediction = said.rejected = 0
    return _put_beside(workspace, project, said, against) if against else said


def _put_beside(workspace: Workspace, project: Project, said: Said, model_id: str) -> Said:
    with workspace.read() as connection:
        names = present_names(connection, project.project_id)
        rows = iterate_said(connection, project.project_id, model_id)
        found = {row.image_id: row.predicted for row in rows if row.predicted is not None}
    kept = said.take([place for place, image_id in enumerate(said.image_ids) if image_id in found])
    kept.other = [_take_names(look_into(found[image_id]), names) for image_id in kept.image_ids]
    kept.without_other = len(said.image_ids) - len(kept.image_ids)
    return kept


def _gather(workspace: Workspace, project: Project) -> Said:
    said = Said()
    looks = read_looks(workspace, project.project_id)
    read_once = lru_cache(maxsize=1000)(read_tags)
    with workspace.read() as connection:
        names = present_names(connection, project.project_id)
        labels = read_label_texts(connection, project.project_id)
        for row in iterate_said(connection, project.project_id, project.model_id):
            given = _join([look_into(text) for text in labels.get(row.image_id, ())])
            current = look_into(row.decided) if row.decided is not None else given
            if current is None:
                said.without_label += 1
            elif row.status == Verdict.REJECT.value:
                said.rejected += 1
            elif row.predicted is None:
                said.without_prediction += 1
            else:
                said.image_ids.append(row.image_id)
                said.sizes.append((row.width, row.height))
                said.tags.append(read_once(row.tags))
                said.brightness.append(looks[row.image_id].brightness if row.image_id in looks else math.nan)
                said.reviewers.append(row.reviewer or "")
                said.is_reviewed.append(row.status != NEW and row.status not in _OPEN)
                said.given.append(_take_names(given, names) if given is not None else None)
                said.current.append(_take_names(current, names))
                said.predicted.append(_take_names(look_into(row.predicted), names))
    return said


def class_order(said: Said, project: Project) -> tuple[str, ...]:
    """Every class that is labelled or predicted: in the order of the project, then others by name."""
    sides = (said.given, said.current, said.predicted, said.other or ())
    known = {item.label for side in sides for each in side if each for item in each.objects or ()}
    for names in {tuple(each.labels) for side in sides for each in side if each and each.labels}:
        known.update(names)
    return (*(name for name in project.classes if name in known), *sorted(known - {*project.classes}))


def read_label_classes(workspace: Workspace, project: Project) -> dict[str, tuple[str, ...]]:
    """Image -> the classes of its label as it stands after review, of every image that has one."""
    found: dict[str, tuple[str, ...]] = {}
    with workspace.read() as connection:
        names = present_names(connection, project.project_id)
        labels = read_label_texts(connection, project.project_id)
        for row in iterate_said(connection, project.project_id, None):
            texts = [row.decided] if row.decided is not None else labels.get(row.image_id, ())
            content = _join([look_into(text) for text in texts])
            if content is not None:
                given = [each.label for each in content.objects or ()] or list(content.labels or ())
                found[row.image_id] = tuple(dict.fromkeys(names.get(name, name) for name in given))
    return found


def _join(contents: Sequence[SaidContent]) -> SaidContent | None:
    """As `domain.prediction.join_contents`: all objects of the lines, or the classes of the last."""
    if len(contents) < 2:
        return contents[0] if contents else None
    if contents[-1].objects is None:
        return contents[-1]
    return SaidContent(tuple(item for content in contents for item in content.objects or ()))


def _take_names(content: SaidContent, names: Mapping[str, str]) -> SaidContent:
    """Change the class names in place; where two classes become one, the higher score holds."""
    if not names:
        return content
    if content.labels is not None:
        renamed: dict[str, float | None] = {}
        for name, score in content.labels.items():
            new = names.get(name, name)
            known = renamed.get(new)
            renamed[new] = score if known is None else max(known, score or 0.0)
        content.labels = renamed
    for item in content.objects or ():
        item.label = names.get(item.label, item.label)
    return content
