"""Two edits of one image meet: what only one of them touched is kept, and what both changed is a person's choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from domain.decision import Verdict
from domain.errors import ConflictError
from domain.geometry import intersection_over_union
from domain.prediction import Content, Instance, Instances, Labels
from domain.project import CurrentDecision, ImageState

_PLURALS = {"box": "boxes", "polygon": "polygons", "class": "classes"}
SAME_PLACE_IOU = 0.5
"""New objects of two people that overlap so much stand for the same thing."""

_WITH_CONTENT = {Verdict.ACCEPT, Verdict.CORRECT}
_YIELDING = {Verdict.SKIP, Verdict.RESOLVE}
_VERDICTS = {
    Verdict.ACCEPT: "accepted",
    Verdict.CORRECT: "corrected",
    Verdict.REJECT: "rejected",
    Verdict.SKIP: "skipped",
    Verdict.FLAG: "flagged",
    Verdict.WRONG_EVIDENCE: "right label, wrong evidence",
    Verdict.SEND_BACK: "sent back",
    Verdict.RESOLVE: "flag answered",
}


class EditConflict(ConflictError):
    """Somebody decided meanwhile, and the two decisions cannot both stand.

    Attributes:
        theirs: The image as it stands now.
        mine: What this decision changes, in words.
        other: What theirs changed, in words.
        clashes: Objects that both changed; empty when it is the verdict or the class of the image.
    """

    def __init__(self, theirs: ImageState, *, mine: str, other: str, clashes: tuple[str, ...] = ()) -> None:
        decision = theirs.decision
        when = f" at {decision.decided_at.astimezone():%H:%M:%S}" if decision else ""
        who = decision.reviewer if decision else "Somebody"
        super().__init__(
            f"{who} changed {theirs.image.image_id}{when}. Yours: {mine}. Theirs: {other}.",
            remedy="Keep yours or theirs; nothing was written yet.",
        )
        self.theirs = theirs
        self.mine = mine
        self.other = other
        self.clashes = clashes


@dataclass(frozen=True, slots=True)
class Merge:
    """Two edits of one label laid together.

    Attributes:
        content: The label with both; where they clash, with mine.
        clashes: Objects that both changed, by id; the empty id stands for the class of the image.
    """

    content: Content
    clashes: tuple[str, ...]


def merge_contents(base: Content, mine: Content, theirs: Content) -> Merge:
    """Lay two edits of `base` together, object by object."""
    if isinstance(base, Instances) and isinstance(mine, Instances) and isinstance(theirs, Instances):
        return _merge_objects(base, mine, theirs)
    return _merge_classes(base, mine, theirs)


def settle(
    verdict: Verdict, mine: Content | None, *, base: Content, shown: Content, theirs: ImageState
) -> Content | None:
    """Return the content to write for a decision made while another one came in between.

    Args:
        verdict: What was decided.
        mine: The label decided on; None for verdicts that leave it as it is.
        base: The label that was on the screen before it was edited.
        shown: The label as it stands now.
        theirs: The image as it stands now.

    Returns:
        The merged label; None for verdicts that leave it as it is.

    Raises:
        EditConflict: The two cannot both stand.
    """
    decision = theirs.decision
    if not _agree(verdict, decision):
        raise EditConflict(theirs, mine=_say(verdict, base, mine), other=_say_theirs(decision, base, shown))
    if mine is None:
        return None
    merge = merge_contents(base, mine, shown)
    if merge.clashes:
        raise EditConflict(
            theirs,
            mine=_say(verdict, base, mine),
            other=_say_theirs(decision, base, shown),
            clashes=tuple(clash for clash in merge.clashes if clash),
        )
    return merge.content


def describe_changes(base: Content, after: Content) -> str:
    """Say what an edit did, in a few words: "1 box moved, 2 added"; "nothing changed" for none."""
    if isinstance(base, Instances) and isinstance(after, Instances):
        return _describe_objects(base, after)
    gone, come = (
        [name for name in _classes(one) if name not in _classes(other)] for one, other in ((base, after), (after, base))
    )
    words = [f"{', '.join(gone)} to {', '.join(come)}"] if gone and come else [*map("without {}".format, gone)]
    return ", ".join(words or map("with {}".format, come)) or "nothing changed"


def _agree(verdict: Verdict, decision: CurrentDecision | None) -> bool:
    """Whether a verdict can stand after another one that its reviewer did not see."""
    if decision is None or decision.verdict in _YIELDING:
        return True
    if verdict in _WITH_CONTENT:
        return decision.verdict in _WITH_CONTENT
    return verdict == decision.verdict


def _merge_classes(base: Content, mine: Content, theirs: Content) -> Merge:
    sets = [set(_classes(content)) for content in (base, mine, theirs)]
    if sets[1] == sets[2] or sets[0] == sets[2]:
        return Merge(mine, ())
    return Merge(theirs, ()) if sets[0] == sets[1] else Merge(mine, ("",))


def _merge_objects(base: Instances, mine: Instances, theirs: Instances) -> Merge:
    kept: list[Instance] = []
    clashes: list[str] = []
    for name in dict.fromkeys(item.instance_id for side in (mine, theirs) for item in side.items):
        before, own, other = (side.find(name) for side in (base, mine, theirs))
        if _same(own, other) or _same(other, before):
            chosen = own
        elif _same(own, before):
            chosen = other
        else:
            chosen = own
            clashes.append(name)
        if chosen is not None:
            kept.append(chosen)
    return Merge(Instances(tuple(kept)), (*clashes, *_drawn_twice(base, mine, theirs)))


def _drawn_twice(base: Instances, mine: Instances, theirs: Instances) -> Iterator[str]:
    """New objects of mine where they drew a new one as well: two boxes around one thing help nobody."""
    new = [[item for item in side.items if base.find(item.instance_id) is None] for side in (mine, theirs)]
    for item in new[0]:
        others = [other for other in new[1] if other.instance_id != item.instance_id]
        if any(intersection_over_union(item.box, other.box) >= SAME_PLACE_IOU for other in others):
            yield item.instance_id


def _same(one: Instance | None, other: Instance | None) -> bool:
    """Whether two say the same; a score says nothing about a label."""
    if one is None or other is None:
        return one is other
    return (one.label, one.box, one.polygons) == (other.label, other.box, other.polygons)


def _classes(content: Content) -> tuple[str, ...]:
    return content.names if isinstance(content, Labels) else ()


def _say(verdict: Verdict, base: Content, mine: Content | None) -> str:
    return _VERDICTS[verdict] if mine is None else describe_changes(base, mine)


def _say_theirs(decision: CurrentDecision | None, base: Content, shown: Content) -> str:
    verdict = Verdict(decision.verdict) if decision else Verdict.SKIP
    changes = describe_changes(base, shown)
    if decision is None:
        return "decision taken back"
    if verdict in _WITH_CONTENT:
        return changes if changes != "nothing changed" else "accepted as it was"
    return _VERDICTS[verdict] + (f", “{decision.note}”" if decision.note else "")


def _describe_objects(base: Instances, after: Instances) -> str:
    """Like deeds are counted together: "2 boxes moved"."""
    counts: Counter[tuple[str, str]] = Counter()
    for name in dict.fromkeys(item.instance_id for side in (base, after) for item in side.items):
        counts.update(_deeds(base.find(name), after.find(name)))
    words = [f"{count} {_PLURALS[noun] if count > 1 else noun} {deed}" for (noun, deed), count in counts.items()]
    return ", ".join(words) or "nothing changed"


def _deeds(before: Instance | None, now: Instance | None) -> Iterator[tuple[str, str]]:
    if before is None or now is None:
        yield _noun(now or before), "deleted" if now is None else "added"
        return
    if before.label != now.label:
        yield "class", "changed"
    if (before.box, before.polygons) != (now.box, now.polygons):
        yield _noun(now), "moved" if len(before.polygons) == len(now.polygons) == 0 else "changed"


def _noun(item: Instance | None) -> str:
    return "polygon" if item is not None and item.polygons else "box"
