"""LIME with a trained network on photos: stopping early beside the lime library, from the same draws."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from lime.lime_image import LimeImageExplainer
from numpy.typing import NDArray

from bench.explainers.measure import Figure, Row, Setting, Timing, time_in_turns
from bench.explainers.subjects import load_mobilenet, read_photos
from domain.explanation import RGBImage, Target
from explainers.base import ScoresImages
from explainers.lime import LEADERS, LIME

AS_THE_LIBRARY = LIME(
    segmentation="quickshift", sampling="independent", fill="mean", scale="probability", stop_early=False
)
PHOTOS = 10
NO_PHOTOS = "no photos: set RELOOK_TEST_DATA"


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of LIME gave: (h, w) weights, and the pictures scored for them."""

    weights: NDArray[np.floating]
    passes: int

    def leaders(self) -> set[int]:
        """Return where each of the leading superpixels first appears in the picture."""
        values, places = np.unique(self.weights, return_index=True)
        return set(places[np.argsort(-values)[:LEADERS]].tolist())


@dataclass(slots=True)
class Contestant:
    """One way to do LIME; every call takes the next photo, after a first one to warm up.

    Attributes:
        explain: Photo -> result.
        photos: (h, w, 3) each.
        results: Of each photo.
    """

    explain: Callable[[RGBImage], Result]
    photos: Sequence[RGBImage]
    results: list[Result] = field(default_factory=list[Result])
    _is_warm: bool = False

    def __call__(self) -> None:
        result = self.explain(self.photos[len(self.results)])
        if self._is_warm:
            self.results.append(result)
        self._is_warm = True

    def agrees_with(self, other: Contestant) -> Figure:
        """Return the share of photos on which the same superpixels lead."""
        pairs = zip(self.results, other.results, strict=True)
        return Figure(float(np.mean([mine.leaders() == theirs.leaders() for mine, theirs in pairs])))

    def describe_passes(self) -> str:
        passes = [result.passes for result in self.results]
        return f"{np.median(passes):.0f} passes in the median, {np.mean(passes):.0f} in the mean"


def measure_contest(setting: Setting, *, samples: int) -> Iterator[Row]:
    """Time and compare; the weights of all samples are held against the library's too."""
    count = 2 if setting.is_quick else PHOTOS
    work = f"LIME, mobilenet_v2, {count} photos, at most {samples} samples"
    folder = os.environ.get("RELOOK_TEST_DATA")
    if not folder:
        yield Row(work, "times as fast as lime", None, note=NO_PHOTOS)
        return
    model = load_mobilenet(Path(folder), setting)
    photos = read_photos(Path(folder), count)
    exact = replace(AS_THE_LIBRARY, samples=samples)
    early = replace(exact, stop_early=True)
    ways: dict[str, Callable[[RGBImage], Result]] = {
        "lime": lambda photo: explain_by_library(model, photo, samples, setting.seed),
        "all samples": lambda photo: explain_by_relook(model, photo, exact, setting.seed),
        "early": lambda photo: explain_by_relook(model, photo, early, setting.seed),
        "early and fast": lambda photo: explain_by_relook(model, photo, replace(early, precision="fast"), setting.seed),
    }
    contestants = {name: Contestant(explain, photos) for name, explain in ways.items()}
    timings = time_in_turns(contestants, replace(setting, runs=count))

    lime, full = contestants["lime"], contestants["all samples"]
    pairs = zip(lime.results, full.results, strict=True)
    difference = max(float(abs(theirs.weights - mine.weights).max()) for theirs, mine in pairs)
    yield Row(work, "largest difference of a weight from lime's", Figure(difference), at_most=1e-5)
    for name, times, share in (("early", 4.0, 0.9), ("early and fast", None, None)):
        note = f"{total_seconds(timings['lime'])} against {total_seconds(timings[name])}"
        faster = times_as_fast(timings["lime"], timings[name])
        yield Row(f"{work}, {name}", "times as fast as lime", faster, at_least=times, note=note)
        agreement, passes = contestants[name].agrees_with(lime), contestants[name].describe_passes()
        quantity = f"of photos with lime's {LEADERS} leaders"
        yield Row(f"{work}, {name}", quantity, agreement, at_least=share, note=passes)


def times_as_fast(theirs: Timing, mine: Timing) -> Figure:
    """Return the ratio of the sums over all photos; the spread is that of the photos."""
    return replace(theirs.ratio_to(mine), value=sum(theirs.seconds) / sum(mine.seconds))


def total_seconds(timing: Timing) -> str:
    return f"{sum(timing.seconds):.3g} s"


def explain_by_library(model: ScoresImages, photo: RGBImage, samples: int, seed: int) -> Result:
    """Call the lime library as its tutorial does."""
    crop, _ = model.crop(photo)
    index = likely_class(model, photo)
    library: Any = LimeImageExplainer(random_state=seed)
    with contextlib.redirect_stderr(io.StringIO()):  # it draws a progress bar
        found = library.explain_instance(crop, model.scores, labels=(index,), top_labels=None, num_samples=samples)
    weights = np.zeros(found.segments.max() + 1)
    for number, weight in found.local_exp[index]:
        weights[number] = weight
    return Result(weights[found.segments], samples)


def explain_by_relook(model: ScoresImages, photo: RGBImage, method: LIME, seed: int) -> Result:
    target = Target(model.info.classes[likely_class(model, photo)])
    saliency = method.explain(model, photo, target, seed=seed)
    return Result(saliency.heatmap, saliency.forward_passes)


def likely_class(model: ScoresImages, photo: RGBImage) -> int:
    return int(model.scores([model.crop(photo)[0]])[0].argmax())
