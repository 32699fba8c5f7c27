"""An online endpoint as a model: Azure's own, or Relook's, asked over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors import ExplanationError, ImageError, ModelError
from domain.explanation import Heatmap, Region, RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instance, Labels, ModelInfo, Task
from predictors.base import Predictor
from predictors.class_names import read_class_names
from predictors.endpoint_client import EndpointClient
from predictors.identity import known_task, model_id

_AT_ONCE = 16
_SHORT_SIDE = 224


@dataclass(frozen=True, slots=True)
class MapWish:
    """A map an endpoint is asked for.

    Attributes:
        label: The class.
        instance: The object, as it is drawn; None for a class of the whole image.
        method: The endpoint's own name of the method; empty for its usual one.
        seed: For what draws at random.
        is_relook: Whether the endpoint is Relook's, which knows more than the platform's.
    """

    label: str
    instance: Instance | None
    method: str
    seed: int
    is_relook: bool


class Wire(Protocol):
    """How an endpoint is spoken to. The shapes are those of a format, which a model does not know."""

    def ask(self, pictures: Sequence[bytes], *, wish: MapWish | None = None) -> bytes:
        """The body of a request for PNG files."""
        ...

    def read(self, body: bytes) -> list[Content | ImageError]:
        """The answers of a response, in order.

        Raises:
            ModelError: It is no list of answers.
        """
        ...

    def read_map(self, body: bytes, *, wish: MapWish, size: tuple[int, int]) -> tuple[Heatmap, Region, tuple[str, ...]]:
        """The map of a response to one picture of that (width, height), where it lies, and what to know about it.

        Raises:
            ExplanationError: There is none.
        """
        ...


class EndpointModel(Predictor):
    """An endpoint; its address is the name after endpoint/. It satisfies `explainers.endpoint_maps.ExplainsItself`."""

    title = "Online endpoint"
    caution = "Images are sent to the endpoint."
    wire: ClassVar[Wire]

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self._client = EndpointClient(spec.architecture, spec.weights)
        self.at_once = _AT_ONCE
        self._is_relook = False

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Ask the endpoint about a grey picture, and see what it is.

        Args:
            spec: `architecture` is the address, `weights` the path of a file with the key (or `RELOOK_ENDPOINT_KEY`),
                `classes` the class names where the endpoint finds objects and does not list them.

        Raises:
            ModelError: It does not answer, not in a known shape, or does not tell its classes.
        """
        probe = cls(spec)
        address = probe._client.address
        [answer] = probe.predict([np.full((64, 64, 3), 127, np.uint8)])
        about = probe._client.ask_about()
        task = known_task(spec) or _guess_task(answer, about)
        classes = read_class_names(Path(spec.classes)) if spec.classes else _listed_classes(about)
        if isinstance(answer, Labels):
            classes = tuple(sorted(answer.scores))
        if not classes:
            raise ModelError(
                "The endpoint finds objects and does not say of which classes.",
                where=address,
                remedy="Name a file with the class names.",
            )
        model = EndpointClassifier(spec) if isinstance(answer, Labels) else EndpointDetector(spec)
        model._is_relook = bool(about)  # noqa: SLF001
        name = f"endpoint/{urlsplit(address).netloc}"
        # The weights lie elsewhere: what the endpoint calls its model stands for them.
        digest = sha256(f"{address} {about.get('model_id', '')}".encode()).hexdigest()
        version = str(about.get("version", "endpoint"))
        identity, notes = model_id(name, digest), (cls.caution,)
        model.info = ModelInfo(identity, name, version, task, classes, None, "endpoint", digest, notes=notes)
        return model

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Ask about pictures, some at once; where the answers do not match the pictures, one by one.

        Raises:
            ModelError: The endpoint does not answer, or not in a known shape.
            ImageError: It cannot read a picture.
        """
        contents: list[Content] = []
        for start in range(0, len(images), self.at_once):
            contents += self._ask_some([_encode(image) for image in images[start : start + self.at_once]])
        return contents

    def explain_by_endpoint(
        self, image: RGBImage, label: str, instance: Instance | None, *, method: str, seed: int
    ) -> tuple[Heatmap, Region, tuple[str, ...]]:
        """Ask the endpoint itself for a map: the values, where they lie on `image`, and what to know about them.

        Raises:
            ExplanationError: It gives none.
        """
        wish = MapWish(label, instance, method, seed, self._is_relook)
        try:
            answered = self._client.post(self.wire.ask([_encode(image)], wish=wish), images=1)
        except ModelError as error:
            raise ExplanationError(error.message, where=error.where, remedy=error.remedy) from error
        return self.wire.read_map(answered, wish=wish, size=(image.shape[1], image.shape[0]))

    def _ask_some(self, files: Sequence[bytes]) -> list[Content]:
        answers = self.wire.read(self._client.post(self.wire.ask(files), images=len(files)))
        if len(answers) != len(files):
            if len(files) == 1:
                raise ModelError(
                    f"The endpoint gave {len(answers)} answers to one image.",
                    where=self._client.address,
                    remedy="It may not be able to read PNG files.",
                )
            self.at_once = 1  # it drops what it cannot read, and the rest moves up
            return [content for file in files for content in self._ask_some([file])]
        contents: list[Content] = []
        for answer in answers:
            if isinstance(answer, ImageError):
                raise answer
            contents.append(answer)
        return contents


class EndpointClassifier(EndpointModel):
    """An endpoint of classes: `explainers.base.ScoresImages`, so that LIME and RISE explain it from outside."""

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """The whole picture, small: what black-box methods change and send many times."""
        picture = Image.fromarray(image)
        scale = min(1.0, _SHORT_SIDE / min(picture.size))
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        return np.array(picture.resize(size, Image.Resampling.BILINEAR)), Region()

    def scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, C) probabilities, classes in the order of `info`."""
        rows = [
            [content.scores.get(name, 0.0) for name in self.info.classes]
            for content in self.predict(crops)
            if isinstance(content, Labels)
        ]
        return np.asarray(rows, np.float32).reshape(len(rows), len(self.info.classes))


class EndpointDetector(EndpointModel):
    """An endpoint of boxes or polygons; D-RISE explains it from outside."""


def _encode(image: RGBImage) -> bytes:
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _listed_classes(about: dict[str, object]) -> tuple[str, ...]:
    listed = about.get("classes")
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _guess_task(answer: Content, about: dict[str, object]) -> Task:
    if about.get("task") in set(Task):
        return Task(str(about["task"]))
    if not isinstance(answer, Labels):
        return Task.DETECTION
    is_one = abs(sum(answer.scores.values()) - 1) < 1e-3
    return Task.CLASSIFICATION if is_one else Task.MULTILABEL
