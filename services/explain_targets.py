"""What a wish means on each image: the classes or objects to explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.errors import ExplanationError, ImageError, RelookError
from domain.explanation import Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instance, Labels
from services.explain_wish import ALL, Wish
from services.map_index import BEST, safe_name
from services.methods import names_pixels
from services.scoring import score_images

if TYPE_CHECKING:
    from predictors import Predictor


@dataclass(frozen=True, slots=True)
class Chosen:
    """A target on one image.

    Attributes:
        target: The class, or the object.
        instance: The object.
        score: The model's score of it, where the model was asked.
        name: What stands for it in the name of a map: safe in a file name, different for each target of a wish.
    """

    target: Target
    instance: Instance | None
    score: float | None
    name: str


def choose_targets(
    predictor: Predictor, spec: ModelSpec, images: Sequence[ImageRef], wish: Wish, *, max_pixels: int
) -> Iterator[tuple[ImageRef, list[Chosen] | RelookError]]:
    """Yield each image with what is to be explained on it, or with why there is nothing.

    Of a semantic model that is all the class covers on the image, unless an object is named.
    """
    if wish.label and not predictor.info.task.has_objects:
        for image in images:
            yield image, [Chosen(Target(wish.label), None, None, name_wish(wish))]
        return
    by_class = names_pixels(predictor) and not wish.instance
    predicted = (made for batch in score_images(predictor, spec, images, max_pixels=max_pixels) for made in batch)
    for image, made in zip(images, predicted, strict=True):
        if made.content is None:
            yield image, ImageError(made.problem)
            continue
        try:
            chosen = _choose(made.content, wish)
            yield image, [_whole_class(each) for each in chosen] if by_class else chosen
        except ExplanationError as error:
            yield image, error


def _whole_class(chosen: Chosen) -> Chosen:
    return replace(chosen, target=Target(chosen.target.label), instance=None)


def name_wish(wish: Wish) -> str:
    """Return the label or "top", with the object where one is named: safe in a file name."""
    label = safe_name(wish.label) if wish.label else BEST
    return f"{label}-{safe_name(wish.instance)}" if wish.instance else label


def _choose(content: Content, wish: Wish) -> list[Chosen]:
    if isinstance(content, Labels):
        return _choose_classes(content, wish)
    fitting = sorted(
        (item for item in content.items if wish.label in {"", item.label}), key=lambda item: -(item.score or 0.0)
    )
    if wish.instance == ALL and fitting:
        label = safe_name(wish.label) if wish.label else BEST
        return [_object(item, f"{label}-{number}") for number, item in enumerate(fitting, start=1)]
    return [_object(_find_object(fitting, wish), name_wish(wish))]


def _choose_classes(content: Labels, wish: Wish) -> list[Chosen]:
    [(best, score)] = content.top(1)
    if wish.threshold is None:
        return [Chosen(Target(best), None, score, name_wish(wish))]
    above = [(name, score) for name, score in content.scores.items() if score >= wish.threshold]
    if not above:
        raise ExplanationError(
            f"No class scores {wish.threshold:g} or more; the highest is {best} with {score:.3f}.",
            remedy="Choose a lower threshold.",
        )
    return [Chosen(Target(name), None, score, safe_name(name)) for name, score in above]


def _find_object(ranked: Sequence[Instance], wish: Wish) -> Instance:
    if wish.instance and wish.instance != ALL and not wish.instance.isdecimal():
        ranked = [item for item in ranked if item.instance_id == wish.instance]
    place = int(wish.instance) - 1 if wish.instance.isdecimal() else 0
    if place < len(ranked):
        return ranked[place]
    kind = f"'{wish.label}'" if wish.label else "any class"
    which = f" and the id '{wish.instance}'" if wish.instance and not wish.instance.isdecimal() else ""
    raise ExplanationError(
        f"The model finds {len(ranked)} objects of {kind}{which}, so there is no object {wish.instance or 1}.",
        remedy="Name another class or object.",
    )


def _object(item: Instance, name: str) -> Chosen:
    return Chosen(Target(item.label, item.instance_id), item, item.score, name)
