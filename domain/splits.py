"""Train, validation and test: what the parts are called elsewhere, and dividing images among them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
"""In the order in which they are shown."""

SPLIT_TAG = "split"
"""The tag of an image that names its split."""

MADE_TAG = "split made"
"""The tag of an image whose split was made here, by a person who divided the images; it is shown nowhere."""

_NAMES = {
    **dict.fromkeys(("train", "training", "trn"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "tst"), TEST),
}
_YEAR = re.compile(r"\d{2,4}$")
_WORDS = re.compile(r"[^a-z0-9]+")


def split_named(word: str) -> str:
    """Return the split that a word means ("val2017" is validation); empty for any other word."""
    return _NAMES.get(_YEAR.sub("", word.strip().lower()), "")


def split_of_folder(path: str) -> str:
    """Return the split that a folder of a path names, the innermost first; empty without one."""
    parts = PurePosixPath(path.replace("\\", "/")).parts[:-1]
    return next(filter(None, map(split_named, reversed(parts))), "")


def split_of_file(name: str) -> str:
    """Return the split that a file name names: "instances_val2017.json"; empty without one, or with several."""
    words = _WORDS.split(PurePosixPath(name).stem.lower())
    found = {split for word in words if (split := split_named(word))}
    return found.pop() if len(found) == 1 else ""


def draw_splits(
    groups: Sequence[int],
    strata: Sequence[str],
    *,
    shares: Mapping[str, float],
    kept: Sequence[str],
    seed: int = 0,
) -> list[str]:
    """Divide images among splits: groups stay together, and each stratum is divided like the whole.

    A group of which an image has a split follows it, so that no picture and its double stand on two sides; where its
    images have several, nothing is changed about them and the others follow the one most have.

    Args:
        groups: (N,) number of the group of each image; an image alone is a group of its own.
        strata: (N,) what is to be shared out evenly, such as the class.
        shares: Split -> its share; they need not add up to 1.
        kept: (N,) the split an image has already; empty for those that are to be divided.
        seed: Of the order in which groups are given away.

    Returns:
        (N,) the split of each image.
    """
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    whole = sum(shares.values())
    targets = {name: share / whole for name, share in shares.items() if share > 0}
    made = list(kept)
    desk = _Desk(targets, Counter(strata))
    loose: list[list[int]] = []
    for places in members.values():
        known = Counter(kept[place] for place in places if kept[place])
        for place in places:
            if known:
                made[place] = kept[place] or known.most_common(1)[0][0]
                desk.give(made[place], strata[place])
        if not known:
            loose.append(places)
    random.Random(seed).shuffle(loose)  # noqa: S311  nothing secret: the same seed must divide alike
    for places in sorted(loose, key=len, reverse=True):
        split = desk.neediest([strata[place] for place in places])
        for place in places:
            made[place] = split
            desk.give(split, strata[place])
    return made


class _Desk:
    """How far each split is from its share, in each stratum and in all."""

    def __init__(self, targets: Mapping[str, float], sizes: Counter[str]) -> None:
        self._targets, self._sizes, self._total = targets, sizes, sizes.total()
        self._given: Counter[tuple[str, str]] = Counter()
        self._all: Counter[str] = Counter()

    def give(self, split: str, stratum: str) -> None:
        self._given[split, stratum] += 1
        self._all[split] += 1

    def neediest(self, strata: Sequence[str]) -> str:
        """The split that lacks most of these strata; where a stratum is too small to tell, most of all."""
        mix = Counter(strata)

        def lack(split: str) -> float:
            share = self._targets[split]
            own = sum((share * self._sizes[name] - self._given[split, name]) * n for name, n in mix.items())
            return own / len(strata) + (share * self._total - self._all[split]) / len(self._sizes)

        return max(self._targets, key=lack)
