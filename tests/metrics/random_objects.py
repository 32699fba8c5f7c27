"""Labels and predictions of many kinds: found, moved, swapped, doubled, missed and made up."""

from __future__ import annotations

import numpy as np

from metrics.detection_pairs import Objects


def draw_objects(seed: int = 0, *, images: int = 60, classes: int = 4, crowds: float = 0.0) -> tuple[Objects, Objects]:
    """Return labels and predictions; no two scores are equal."""
    rng = np.random.default_rng(seed)
    given, found = [], []
    for image in range(images):
        for _ in range(rng.integers(0, 6)):
            corner, size = rng.random(2) * 300, np.exp(rng.uniform(2, 5.2, 2))
            box, kind = np.concatenate([corner, corner + size]), rng.integers(classes)
            given.append((image, kind, box, rng.random() < crowds))
            for _ in range(rng.choice([0, 1, 1, 1, 2])):
                moved = box + rng.normal(0, 0.12, 4) * np.tile(size, 2)
                found.append((image, kind if rng.random() < 0.8 else rng.integers(classes), moved))
        for _ in range(rng.integers(0, 3)):
            corner = rng.random(2) * 300
            found.append((image, rng.integers(classes), np.concatenate([corner, corner + 5 + rng.random(2) * 90])))
    found = [each for each in found if (each[2][2:] > each[2][:2]).all()]
    return _as_objects(given, None), _as_objects(found, rng.permutation(len(found)) / max(1, len(found)) + 1e-4)


def _as_objects(rows: list, scores: np.ndarray | None) -> Objects:
    return Objects(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.float64).reshape(-1, 4),
        np.full(len(rows), np.nan) if scores is None else scores,
        np.array([len(row) > 3 and row[3] for row in rows], dtype=bool),
    )
