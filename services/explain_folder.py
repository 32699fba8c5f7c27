"""Saliency maps of a folder of images: an overlay, the raw map, and one line about it, for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import InputError, RelookError
from domain.explanation import Explanation, ParameterValue, Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Task
from domain.progress import PartOf, Report, ignore_progress
from domain.trust import Trust
from metrics.faithfulness import References
from services.explain_targets import Chosen, choose_targets, name_wish
from services.explain_wish import Wish
from services.explaining import Model, Request, compute_each
from services.loose_images import LooseImages, refer
from services.map_cache import key_of
from services.map_downloads import map_as_npz
from services.map_index import BEST, MapIndex, name_map, opened_index
from services.methods import build_method
from services.output_files import make_folder, replacing
from services.overlays import encode_png, render_overlay
from services.picture_decode import decode_picture
from services.trust import coarseness, measure_trust
from services.trust_trial import Subject

if TYPE_CHECKING:
    from predictors import Predictor

_TOGETHER = 8
"""Images explained at once; their pixels are in memory together."""


@dataclass(frozen=True, slots=True)
class ExplainedFolder:
    """What came of explaining a folder.

    Attributes:
        made: Maps written.
        kept: Maps that an earlier run had written.
        problems: image_id -> why there is no map, or not all of them.
    """

    made: int
    kept: int
    problems: Mapping[str, str]


def explain_folder(
    predictor: Predictor,
    spec: ModelSpec,
    images: LooseImages,
    out: Path,
    wish: Wish,
    *,
    max_pixels: int,
    report: Report = ignore_progress,
) -> ExplainedFolder:
    """Write NAME.png, NAME.npz and a line of index.jsonl for every map, NAME being `<image_id>.<method>.<target>`.

    The PNG has the size of the image; the NPZ holds the raw signed float32 `heatmap` and its `facts` as JSON. An
    image without a map gets a line with the problem. Lines of other wishes stay in the index, and maps that an earlier
    run has finished are not computed again.

    Raises:
        InputError: A method cannot explain the model, a parameter is off, or `out` may not be written.
        Cancelled: A person asked to stop.
    """
    _check_place(images, out)
    _check_wish(predictor, wish)
    paths = list(images.paths.items())
    groups = [paths[first : first + _TOGETHER] for first in range(0, len(paths), _TOGETHER)]
    with opened_index(out) as index:
        run = _Run((predictor, spec), wish, out, index, max_pixels=max_pixels)
        for number, group in enumerate(groups):
            share = PartOf(report, number, len(groups))
            run.explain(refer(group, orientation=spec.orientation, max_pixels=max_pixels), share)
            share(1, 1)
    return ExplainedFolder(run.made, run.kept, run.problems)


class _Run:
    """One run over a folder: what it is about, and what has come of it so far."""

    def __init__(self, model: Model, wish: Wish, out: Path, index: MapIndex, *, max_pixels: int) -> None:
        self._predictor, self._spec = model
        self._wish = wish
        self._out, self._max_pixels, self._index = out, max_pixels, index
        self._references: dict[tuple[str, Target, int], References] = {}
        self.made = self.kept = 0
        self.problems: dict[str, str] = {}

    def explain(self, images: Sequence[ImageRef], report: Report) -> None:
        """Explain a few images by every method: what they share is computed once."""
        self._references.clear()
        chosen: list[tuple[ImageRef, Chosen]] = []
        for image, targets in choose_targets(
            self._predictor, self._spec, images, self._wish, max_pixels=self._max_pixels
        ):
            if isinstance(targets, RelookError):
                self._tell(image, str(targets))
            else:
                chosen.extend((image, target) for target in targets)
        for number, (method, parameters) in enumerate(self._wish.methods.items()):
            share = PartOf(report, number, len(self._wish.methods))
            tasks = [self._plan(image, target, method, parameters) for image, target in chosen]
            self._compute([task for task in tasks if not self._is_finished(task)], share)

    def _plan(self, image: ImageRef, chosen: Chosen, method: str, parameters: Mapping[str, ParameterValue]) -> _Task:
        request = Request(image, chosen.target, method, chosen.instance, parameters, self._wish.seed)
        key = key_of(self._predictor, self._spec, replace(request, image=replace(image, sha256=_stamp(image))))
        return _Task(name_map(image.image_id, method, chosen.name), request, chosen, key)

    def _is_finished(self, task: _Task) -> bool:
        entry = {} if self._wish.is_fresh else self._index.find(task.name)
        is_whole = (
            self._is_measured(entry)
            and entry.get("key") == task.key
            and all((self._out / file).exists() for file in _files_of(task.name).values())
        )
        self.kept += is_whole
        return is_whole

    def _is_measured(self, entry: Mapping[str, Any]) -> bool:
        if not self._wish.with_trust:
            return True
        return "trust" in entry and not (self._wish.is_thorough and entry["trust"].get("omitted", ["all"]))

    def _compute(self, tasks: Sequence[_Task], report: Report) -> None:
        if not tasks:
            return
        requests = [task.request for task in tasks]
        stages = 1 + (len(tasks) if self._wish.with_trust else 0)
        share = PartOf(report, 0, stages)
        made = compute_each(self._predictor, self._spec, requests, max_pixels=self._max_pixels, report=share)
        for number, (task, found) in enumerate(zip(tasks, made, strict=True), start=1):
            entry: dict[str, Any] = {**_begin(task), "model_id": self._predictor.info.model_id}
            if isinstance(found, Explanation):
                self._write(task, found)
                entry |= _describe_map(found)
                if self._wish.with_trust:
                    entry["trust"] = self._measure(task.request, found, PartOf(report, number, stages))
                self.made += 1
            else:
                entry["problem"] = self.problems[task.request.image.image_id] = str(found)
            self._index.add(entry)

    def _measure(self, request: Request, made: Explanation, report: Report) -> dict[str, Any]:
        """Measure a map; what random and central maps get on the same image is measured once for all methods."""
        key = (request.image.image_id, request.target, coarseness(made))
        measured = measure_trust(
            self._predictor,
            self._spec,
            Subject(request, made),
            max_pixels=self._max_pixels,
            references=self._references.get(key),
            is_thorough=self._wish.is_thorough,
            report=report,
        )
        if measured.references is not None:
            self._references[key] = measured.references
        return describe_trust(measured.trust)

    def _write(self, task: _Task, made: Explanation) -> None:
        image = task.request.image
        picture = decode_picture(Path(image.uri), max_pixels=self._max_pixels)
        files = _files_of(task.name)
        with replacing(self._out / files["png"]) as stream:
            stream.write(encode_png(render_overlay(picture.pixels, made), orientation=picture.facts.orientation))
        with replacing(self._out / files["npz"]) as stream:
            stream.write(map_as_npz(made))

    def _tell(self, image: ImageRef, problem: str) -> None:
        """An image that nothing could be chosen on has one line for each method."""
        self.problems[image.image_id] = problem
        for method in self._wish.methods:
            name = name_map(image.image_id, method, name_wish(self._wish))
            about = {"name": name, "image": image.image_id, "method": method, "target": self._wish.label or BEST}
            self._index.add({**about, "model_id": self._predictor.info.model_id, "problem": problem})


@dataclass(frozen=True, slots=True)
class _Task:
    """One map to make: its name, what is asked, and a key that is equal when nothing it depends on has changed."""

    name: str
    request: Request
    chosen: Chosen
    key: str


def _stamp(image: ImageRef) -> str:
    """Stands for the pixels of an image, without reading them."""
    try:
        facts = Path(image.uri).stat()
    except OSError:
        return "missing"
    return f"{image.uri}, {facts.st_size} bytes, changed at {facts.st_mtime_ns}"


def _files_of(name: str) -> dict[str, str]:
    return {kind: f"{name}.{kind}" for kind in ("png", "npz")}


def _begin(task: _Task) -> dict[str, Any]:
    request = task.request
    return {
        "name": task.name,
        "image": request.image.image_id,
        "method": request.method,
        "target": request.target.label,
        "instance": _describe(request.instance),
        "score": task.chosen.score,
        "files": _files_of(task.name),
        "key": task.key,
    }


def _describe_map(made: Explanation) -> dict[str, Any]:
    return {
        "layer": made.layer,
        "parameters": dict(made.parameters),
        "seed": made.seed,
        "forward_passes": made.forward_passes,
        "backward_passes": made.backward_passes,
        "completeness_gap": made.completeness_gap,
        "seconds": round(made.seconds, 3),
        "warnings": list(made.warnings),
    }


def describe_trust(trust: Trust) -> dict[str, Any]:
    """Return the figures of a map as the index holds them."""
    figures = {
        figure.name: {
            **asdict(figure.estimate),
            "random": figure.random,
            "centre": figure.centre,
            "in_words": figure.in_words,
        }
        for figure in trust.figures
    }
    notes = {"omitted": list(trust.omitted), "warnings": list(trust.warnings)}
    return {"in_words": trust.in_words, "figures": figures, **notes}


def _describe(instance: Instance | None) -> dict[str, Any] | None:
    if instance is None:
        return None
    facts = asdict(instance)
    return {"instance_id": facts["instance_id"], "score": facts["score"], "box": facts["box"]}


def _check_place(images: LooseImages, out: Path) -> None:
    if images.place.is_dir() and out.expanduser().absolute().is_relative_to(images.place):
        raise InputError(
            "The maps would lie among the images, and be taken for images the next time.",
            where=str(out),
            remedy="Choose a folder outside the image folder.",
        )
    make_folder(out)


def _check_wish(predictor: Predictor, wish: Wish) -> None:
    """Tell everything that is wrong before anything is computed."""
    info = predictor.info
    for method, parameters in wish.methods.items():
        build_method(predictor, method, parameters)
    if wish.instance and not info.task.has_objects:
        raise InputError(f"{info.name} predicts no objects.", remedy="Leave out --instance and name a class.")
    if wish.instance.isdecimal() and int(wish.instance) == 0:
        raise InputError("Objects are counted from 1.", remedy="Ask for --instance 1, the one with the highest score.")
    if wish.threshold is not None and info.task is not Task.MULTILABEL:
        raise InputError(
            f"{info.name} gives {info.task.in_words}, and a threshold chooses among several classes at once.",
            remedy="Leave out --confidence-score-threshold-multilabel, or load the model with --task "
            f"{Task.MULTILABEL.value}.",
        )
