"""Saliency maps of a folder of images: an overlay, the raw map, and one line about it, for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import ExplanationError, ImageError, InputError
from domain.explanation import Explanation, ParameterValue, Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instance, Labels, ModelInfo
from domain.progress import PartOf, Report, ignore_progress
from services.explaining import Request, compute
from services.loose_images import LooseImages, refer
from services.map_downloads import map_as_npz
from services.map_index import BEST, name_map, opened_index, safe_name
from services.output_files import make_folder, replacing
from services.overlays import encode_png, render_overlay
from services.picture_decode import decode_picture
from services.scoring import score_images

if TYPE_CHECKING:
    from predictors import Predictor


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be explained on every image.

    Attributes:
        method: Registry name.
        label: A class of the model; empty for the class or object with the highest score.
        instance: For detectors: which of the objects, counted from 1 in the order of their scores, or its id; empty
            for the best one.
        parameters: Field name of the method -> value or its text.
        seed: Same seed, same machine: same bytes.
    """

    method: str
    label: str = ""
    instance: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict[str, ParameterValue])
    seed: int = 0

    @property
    def target(self) -> str:
        """The label or "top", with the object where one is named: safe in a file name, different for each wish."""
        label = safe_name(self.label) if self.label else BEST
        return f"{label}-{safe_name(self.instance)}" if self.instance else label


@dataclass(frozen=True, slots=True)
class ExplainedFolder:
    """What came of explaining a folder.

    Attributes:
        made: Maps written.
        problems: image_id -> why there is no map.
    """

    made: int
    problems: Mapping[str, str]


def read_target(text: str, info: ModelInfo, *, is_best: bool = False) -> str:
    """Return the class that `text` names, or "" for the highest score: "top" when no class bears that name.

    Raises:
        UnknownNameError: The model has no such class.
    """
    if is_best or (text == BEST and BEST not in info.classes):
        return ""
    from explainers.targets import index_of_class  # noqa: PLC0415  importing torch takes seconds

    index_of_class(info, text)
    return text


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
    """Write NAME.png, NAME.npz and a line of index.jsonl for every image, NAME being `<image_id>.<method>.<target>`.

    The PNG has the size of the image; the NPZ holds the raw signed float32 `heatmap` and its `facts` as JSON. An
    image without a map gets a line with the problem. Lines of other wishes stay in the index.

    Raises:
        InputError: The method cannot explain the model, a parameter is off, or `out` may not be written.
        Cancelled: A person asked to stop.
    """
    _check_place(images, out)
    _check_objects(predictor.info, wish)
    problems: dict[str, str] = {}
    with opened_index(out) as index:
        for number, (image_id, path) in enumerate(images.paths.items()):
            (image,) = refer([(image_id, path)], orientation=spec.orientation, max_pixels=max_pixels)
            share = PartOf(report, number, len(images.paths))
            entry = _explain_one(predictor, spec, image, wish, out, max_pixels=max_pixels, report=share)
            index.add(entry)
            if "problem" in entry:
                problems[image_id] = entry["problem"]
            share(1, 1)
    return ExplainedFolder(len(images.paths) - len(problems), problems)


def _explain_one(
    predictor: Predictor, spec: ModelSpec, image: ImageRef, wish: Wish, out: Path, *, max_pixels: int, report: Report
) -> dict[str, Any]:
    name = name_map(image.image_id, wish.method, wish.target)
    entry = {"name": name, "image": image.image_id, "method": wish.method, "target": wish.label or BEST}
    try:
        target, instance = _choose(predictor, spec, image, wish, max_pixels=max_pixels)
        request = Request(image, target, wish.method, instance, wish.parameters, wish.seed)
        made = compute(predictor, spec, request, max_pixels=max_pixels, report=report)
        files = _write(out, name, image, made, max_pixels=max_pixels)
    except (ImageError, ExplanationError) as error:
        return {**entry, "model_id": predictor.info.model_id, "problem": str(error)}
    return {
        **entry,
        "target": target.label,
        "instance": _describe(instance),
        "files": files,
        "model_id": made.model_id,
        "parameters": dict(made.parameters),
        "seed": made.seed,
        "seconds": round(made.seconds, 3),
        "warnings": list(made.warnings),
    }


def _choose(
    predictor: Predictor, spec: ModelSpec, image: ImageRef, wish: Wish, *, max_pixels: int
) -> tuple[Target, Instance | None]:
    """Find out what the wish means on this image."""
    if wish.label and not predictor.info.task.has_objects:
        return Target(wish.label), None
    ((made,),) = score_images(predictor, spec, [image], max_pixels=max_pixels)
    if made.content is None:
        raise ImageError(made.problem)
    if isinstance(made.content, Labels):
        return Target(made.content.top()[0][0]), None
    chosen = _choose_object(made.content, wish)
    return Target(chosen.label, chosen.instance_id), chosen


def _choose_object(content: Content, wish: Wish) -> Instance:
    items = () if isinstance(content, Labels) else content.items
    fitting = [item for item in items if wish.label in {"", item.label}]
    if wish.instance and not wish.instance.isdecimal():
        fitting = [item for item in fitting if item.instance_id == wish.instance]
    place = int(wish.instance) - 1 if wish.instance.isdecimal() else 0
    ranked = sorted(fitting, key=lambda item: -(item.score or 0.0))
    if place < len(ranked):
        return ranked[place]
    kind = f"'{wish.label}'" if wish.label else "any class"
    which = f" and the id '{wish.instance}'" if wish.instance and not wish.instance.isdecimal() else ""
    raise ExplanationError(
        f"The model finds {len(ranked)} objects of {kind}{which}, so there is no object {wish.instance or 1}.",
        remedy="Name another class or object.",
    )


def _write(out: Path, name: str, image: ImageRef, made: Explanation, *, max_pixels: int) -> dict[str, str]:
    files = {kind: f"{name}.{kind}" for kind in ("png", "npz")}
    picture = decode_picture(Path(image.uri), max_pixels=max_pixels)
    with replacing(out / files["png"]) as stream:
        stream.write(encode_png(render_overlay(picture.pixels, made), orientation=picture.facts.orientation))
    with replacing(out / files["npz"]) as stream:
        stream.write(map_as_npz(made))
    return files


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


def _check_objects(info: ModelInfo, wish: Wish) -> None:
    if wish.instance and not info.task.has_objects:
        raise InputError(f"{info.name} predicts no objects.", remedy="Leave out --instance and name a class.")
    if wish.instance.isdecimal() and int(wish.instance) == 0:
        raise InputError("Objects are counted from 1.", remedy="Ask for --instance 1, the one with the highest score.")
