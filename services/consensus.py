"""Where reviewers of the same images differ, how far they agree in all, and a lead's choice between them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from domain.decision import Decision, Verdict
from domain.errors import ConflictError, InputError
from domain.image import ImageRef
from domain.prediction import Content, Instances, Labels
from domain.project import CurrentDecision, Project
from domain.trust import Estimate
from metrics.agreement import cohen_kappa, fleiss_kappa, kappa_in_words
from metrics.box_agreement import BoxAgreement, box_agreement, match_boxes
from services.identity import require_lead
from services.overlap_view import is_complete
from services.workspace import Workspace
from store import images, overlap
from store.decisions import Receipt, append_decision
from store.overlap import CONSENSUS, Opinion

MOST_IMAGES = 2000
SAME_BOX_IOU = 0.8
"""Boxes of one class that overlap so much say the same."""

_WITHOUT_LABEL = {
    Verdict.REJECT: "rejected",
    Verdict.FLAG: "flagged",
    Verdict.WRONG_EVIDENCE: "right label, wrong evidence",
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An image about which reviewers differ and no lead has chosen yet.

    Attributes:
        opinions: The newest decision of each, in the order in which they came to the image.
    """

    image: ImageRef
    opinions: tuple[CurrentDecision, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far the reviewers of a project agree.

    Attributes:
        images: Images that as many decided on as the project asks for, at most `MOST_IMAGES`, the newest.
        agreed: Those about which nobody differs.
        reviewers: Who decided on them.
        kappa: Agreement about the whole image beyond chance: its classes, or for objects whether the label stands.
        class_kappa: Agreement about the classes of the objects that two people drew; None for images with classes.
        kappa_name: "Cohen's kappa" for the same two people throughout, else "Fleiss' kappa".
        boxes: Agreement about objects; None for images with classes.
        disagreements: What is left for a lead to choose.
    """

    images: int
    agreed: int
    reviewers: tuple[str, ...]
    kappa: Estimate | None
    class_kappa: Estimate | None
    kappa_name: str
    boxes: BoxAgreement | None
    disagreements: tuple[Disagreement, ...]


def compare_reviewers(workspace: Workspace, project: Project) -> Comparison:
    """Compare the decisions of the reviewers on the images that enough of them decided on."""
    people = max(2, project.overlap)
    with workspace.read() as connection:
        names = overlap.list_complete(connection, project.project_id, people=people, count=MOST_IMAGES)
        opinions = overlap.list_opinions(connection, project.project_id, image_ids=names)
        files = images.list_files(connection, project.project_id, image_ids=names)
    pictures = {file.image.image_id: file.image for file in files}
    said = {name: [each.decision for each in opinions[name] if not each.is_consensus] for name in names}
    compared = {name: made[:people] for name, made in said.items() if len(made) >= people}
    differing = [name for name, made in said.items() if differ(made)]
    reviewers = tuple(dict.fromkeys(each.reviewer for made in compared.values() for each in made))
    is_pair = len(reviewers) == people == 2
    return Comparison(
        images=len(said),
        agreed=len(said) - len(differing),
        reviewers=reviewers,
        kappa=_image_kappa(compared.values(), reviewers if is_pair else ()),
        class_kappa=_class_kappa(compared.values()) if project.task.has_objects else None,
        kappa_name="Cohen's kappa" if is_pair else "Fleiss' kappa",
        boxes=box_agreement([_drawn(made) for made in compared.values()]) if project.task.has_objects else None,
        disagreements=tuple(
            Disagreement(pictures[name], tuple(said[name])) for name in differing if not _is_settled(opinions[name])
        ),
    )


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """One row of what is known about the agreement.

    Attributes:
        estimate: None where there is nothing to measure it on.
        note: What it is measured on, and for a kappa its usual word.
    """

    title: str
    estimate: Estimate | None
    note: str


def list_figures(comparison: Comparison) -> list[AgreementFigure]:
    """The agreement as rows to read."""
    what = "whether the label stands" if comparison.boxes else "the classes of an image"
    figures = [_kappa_figure(f"{comparison.kappa_name}, {what}", comparison.kappa, "images")]
    if comparison.boxes is None:
        return figures
    boxes = comparison.boxes
    return [
        *figures,
        _kappa_figure("Fleiss' kappa, classes of objects", comparison.class_kappa, "pairs of boxes"),
        AgreementFigure("Objects that both drew", boxes.found, f"{boxes.found.n:,} images and pairs of reviewers"),
        AgreementFigure("Overlap of their boxes (IoU)", boxes.overlap, _count_pairs(boxes.overlap)),
        AgreementFigure("Same class", boxes.same_class, _count_pairs(boxes.same_class)),
    ]


def _kappa_figure(title: str, estimate: Estimate | None, unit: str) -> AgreementFigure:
    if estimate is None:
        return AgreementFigure(title, None, "only one class was given: chance alone would agree")
    return AgreementFigure(title, estimate, f"{estimate.n:,} {unit}, {kappa_in_words(estimate.value)}")


def _count_pairs(estimate: Estimate | None) -> str:
    return f"{estimate.n:,} pairs of boxes" if estimate else "no object was drawn by two"


def differ(made: Sequence[CurrentDecision]) -> bool:
    """Whether any two reviewers say different things about an image."""
    return any(not _say_the_same(one, other) for one, other in combinations(made, 2))


def adopt(
    workspace: Workspace, project: Project, lead: str, image_id: str, *, decision_id: str, seen: Sequence[str]
) -> None:
    """Make the decision of one reviewer the lead's, for all.

    Args:
        workspace: The workspace.
        project: The project.
        lead: Who chooses.
        image_id: The image.
        decision_id: The decision chosen.
        seen: All decisions that were to choose from on the lead's screen.

    Raises:
        RightsError: This person is no lead.
        ConflictError: Somebody decided meanwhile.
        InputError: The decision is none of those.
    """
    require_lead(workspace, project.project_id, lead, to="choose between reviewers")
    with workspace.write() as connection:
        images.lock_image(connection, project.project_id, image_id)
        said = overlap.list_opinions(connection, project.project_id, image_ids=[image_id]).get(image_id, [])
        if {each.decision.decision_id for each in said} != set(seen) or not is_complete(said, project):
            raise ConflictError(f"Somebody decided on {image_id} meanwhile.", remedy="Look at the decisions again.")
        chosen = next((each.decision for each in said if each.decision.decision_id == decision_id), None)
        if chosen is None:
            raise InputError(f"No such decision on {image_id} is to choose from.", remedy="Reload the page.")
        append_decision(connection, project.project_id, *_as_leads(chosen, image_id, lead, said))


def _as_leads(chosen: CurrentDecision, image_id: str, lead: str, said: Sequence[Opinion]) -> tuple[Decision, Receipt]:
    made = secrets.token_hex(16)
    decision = Decision(
        decision_id=made,
        image_id=image_id,
        instance_id=None,
        verdict=Verdict(chosen.verdict),
        content=chosen.content,
        reviewer=lead,
        note=chosen.note,
        overlays=(),
        decided_at=datetime.now(UTC),
        parent=chosen.decision_id,
        region=chosen.region,
    )
    between = [each.decision.decision_id for each in said if not each.is_consensus]
    return decision, Receipt(f"consensus-{made}", 1, provenance={CONSENSUS: between, "taken": chosen.decision_id})


def _is_settled(said: Sequence[Opinion]) -> bool:
    return any(each.is_consensus for each in said)


def _say_the_same(one: CurrentDecision, other: CurrentDecision) -> bool:
    if _stand(one) != _stand(other):
        return False
    first, second = one.content, other.content
    if isinstance(first, Instances) and isinstance(second, Instances):
        return _same_objects(first, second)
    return _stand(one) != "label" or _names(first) == _names(second)


def _same_objects(first: Instances, second: Instances) -> bool:
    a, b = first.items, second.items
    pairs = match_boxes([item.box for item in a], [item.box for item in b], least=SAME_BOX_IOU)
    return len(pairs) == len(a) == len(b) and all(a[i].label == b[j].label for i, j, _ in pairs)


def _stand(decision: CurrentDecision) -> str:
    """What becomes of the label of the image."""
    return _WITHOUT_LABEL.get(Verdict(decision.verdict), "label")


def _names(content: Content | None) -> frozenset[str]:
    return frozenset(content.names) if isinstance(content, Labels) else frozenset()


def _drawn(made: Iterable[CurrentDecision]) -> list[Instances]:
    """The objects of those who let the label stand."""
    return [each.content for each in made if _stand(each) == "label" and isinstance(each.content, Instances)]


def _image_kappa(compared: Iterable[Sequence[CurrentDecision]], pair: Sequence[str]) -> Estimate | None:
    """One category for each image and reviewer: the class, the set of classes, or what becomes of the label."""
    rated = [{each.reviewer: (_stand(each), _names(each.content)) for each in made} for made in compared]
    if pair:
        return cohen_kappa([each[pair[0]] for each in rated], [each[pair[1]] for each in rated])
    return fleiss_kappa([list(each.values()) for each in rated])


def _class_kappa(compared: Iterable[Sequence[CurrentDecision]]) -> Estimate | None:
    """Over the objects that two people drew at one place, whoever they are."""
    classes = [
        (first.items[i].label, second.items[j].label)
        for made in compared
        for first, second in combinations(_drawn(made), 2)
        for i, j, _ in match_boxes([item.box for item in first.items], [item.box for item in second.items])
    ]
    return fleiss_kappa(classes)
