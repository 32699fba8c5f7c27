"""Which images are learned from, which choose the epoch, and which are held out to judge what was learned."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import InputError


class Part(StrEnum):
    """What an image is for."""

    LEARN = "learn"
    CHOOSE = "choose"
    HELD_OUT = "held out"


HELD_OUT_SHARE = 0.2
CHOOSE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are nearly the same.

    Attributes:
        places: Their places.
        stratum: The class most of them have.
        key: By which groups of a class are ordered: the same for the same files and seed, whatever else there is.
    """

    places: tuple[int, ...]
    stratum: str
    key: str


def split_images(
    digests: Sequence[str],
    groups: Sequence[int],
    strata: Sequence[str],
    *,
    seed: int = 0,
    fixed: Mapping[str, Part] | None = None,
    shares: tuple[float, float] = (HELD_OUT_SHARE, CHOOSE_SHARE),
) -> list[Part]:
    """Return what each of N images is for.

    A group is never divided, each class is divided alike, and which groups go where follows from the content of their
    files and the seed.

    Args:
        digests: N digests of the files.
        groups: N numbers of `duplicates.group_alike`.
        strata: N class names, or what else is to be divided alike.
        seed: Another seed, another division.
        fixed: Digest -> what an earlier model of the line used the image for. A group with an image that was learned
            from, or chose an epoch, is never held out; one that was held out stays so.
        shares: Of the groups of each class: held out, and of the rest those that choose the epoch.

    Raises:
        InputError: Nothing would be left to learn from, or to hold out.
    """
    parts: dict[int, Part] = {}
    classes: dict[str, list[Group]] = defaultdict(list)
    for group in _gather(digests, groups, strata, seed):
        classes[group.stratum].append(group)
    owed = [0.0, 0.0]  # what the classes before left over, so that many small classes are divided too
    for name in sorted(classes):
        found = _divide(sorted(classes[name], key=lambda group: group.key), digests, fixed or {}, shares, owed)
        parts.update({place: part for group, part in found for place in group.places})
    made = [parts[place] for place in range(len(digests))]
    _check(made)
    return made


def _gather(digests: Sequence[str], groups: Sequence[int], strata: Sequence[str], seed: int) -> list[Group]:
    members: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    return [
        Group(
            tuple(places),
            Counter(sorted(strata[place] for place in places)).most_common(1)[0][0],
            hashlib.sha256(f"{seed} {min(digests[place] for place in places)}".encode()).hexdigest(),
        )
        for places in members.values()
    ]


def _divide(
    groups: Sequence[Group],
    digests: Sequence[str],
    fixed: Mapping[str, Part],
    shares: tuple[float, float],
    owed: list[float],
) -> list[tuple[Group, Part]]:
    earlier = {
        group.key: {fixed[digests[place]] for place in group.places if digests[place] in fixed} for group in groups
    }
    total = len(groups)
    held_out = [group for group in groups if earlier[group.key] == {Part.HELD_OUT}]
    free = [group for group in groups if not earlier[group.key]]
    wanted = _whole(shares[0] * total, owed, 0, most=max(0, total - 1)) - len(held_out)
    held_out += free[: max(0, wanted)]
    rest = [group for group in groups if group not in held_out]
    choose = _whole(shares[1] * len(rest), owed, 1, most=max(0, len(rest) - 1))
    # What an earlier model learned from may choose the epoch all the same: nothing is claimed on these images.
    return [
        *((group, Part.HELD_OUT) for group in held_out),
        *((group, Part.CHOOSE) for group in rest[:choose]),
        *((group, Part.LEARN) for group in rest[choose:]),
    ]


def _whole(exact: float, owed: list[float], which: int, *, most: int) -> int:
    owed[which] += exact
    taken = min(most, int(owed[which] + 0.5))
    owed[which] -= taken
    return taken


def _check(parts: Sequence[Part]) -> None:
    counts = Counter(parts)
    for part, what in ((Part.LEARN, "learn from"), (Part.CHOOSE, "choose the epoch"), (Part.HELD_OUT, "hold out")):
        if not counts[part]:
            raise InputError(
                f"Of {len(parts):,} images none is left to {what}: near-duplicates stay together, and images an "
                "earlier model learned from are never held out.",
                remedy="Review more images.",
            )
