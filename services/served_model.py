"""A loaded model that answers many clients at once: requests share forward passes, and what is too much is refused."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.errors import ImageError, InputError, ModelError, TooSlowError
from domain.explanation import Region, RGBImage
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_upright
from domain.prediction import Content, Labels, ModelInfo
from services.batch_queue import BatchQueue
from services.methods import names_pixels
from services.picture_decode import decode_bytes
from services.scoring import MODEL_MAX_SIDE
from services.slow_imports import importing_torch
from services.turning import to_stored_grid

if TYPE_CHECKING:
    from explainers.base import ScoresImages
    from predictors import Predictor

Result = TypeVar("Result")
Scores = NDArray[np.float32]
"""(C,), classes in the order of the model."""

_SIZES = (1, 2, 4, 8, 16, 32, 64)
_LOOKS = 4
_ABOUT, _SLOWER = 1.15, 1.3


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """How much is taken on.

    Attributes:
        images: Of one request.
        body_bytes: Of one request.
        pixels: Of one image, told by its header.
        waiting: Images that may wait for the model.
        explaining: Images that may wait for explanations, which take seconds each.
        largest_batch: Images of one forward pass; None measures what suits the model and the machine. Detectors get
            one at a time.
        seconds: Until a request is answered with an error.
    """

    images: int = 128
    body_bytes: int = 64 * 1024**2
    pixels: int = 100_000_000
    waiting: int = 256
    explaining: int = 32
    largest_batch: int | None = None
    seconds: float = 90.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One is not above 0.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and not value > 0:
                raise InputError(
                    f"The limit '{each.name}' is {value:g}; expected a number above 0.",
                    remedy="Leave it out for the usual one.",
                )


class Watches(Protocol):
    """Who counts what the model does."""

    def saw_batch(self, images: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class SentPicture:
    """An image of a request.

    Attributes:
        pixels: (H, W, 3) uint8 as the model sees it.
        turned: EXIF orientation by which it was turned upright; 1 where it was not.
    """

    pixels: RGBImage
    turned: int = 1


class ServedModel:
    """A model with its queues. Safe to use from any thread."""

    def __init__(
        self,
        predictor: Predictor,
        spec: ModelSpec,
        *,
        limits: ServingLimits | None = None,
        watch: Watches | None = None,
    ) -> None:
        """Take a loaded model.

        Args:
            predictor: The model.
            spec: What was typed to load it.
            limits: How much is taken on.
            watch: Told of each batch.

        Raises:
            ModelError: A semantic model, whose answers Azure's format cannot hold.
        """
        if names_pixels(predictor):
            raise ModelError(
                f"{predictor.info.name} names the class of every pixel, which the answers of an endpoint cannot hold.",
                remedy="Serve a classifier or a model of boxes or polygons.",
            )
        self.predictor, self.spec, self.limits = predictor, spec, limits or ServingLimits()
        self._scores = _as_scorer(predictor)
        # More threads than cores that decode would only take turns, and hold more pictures in memory meanwhile.
        self._decoding = threading.BoundedSemaphore(max(1, os.cpu_count() or 1))
        self._scoring: BatchQueue[RGBImage, Content | Scores] = BatchQueue(
            self._predict,
            name="relook-score",
            largest=self._choose_batch(),
            room=self.limits.waiting,
            observe=watch.saw_batch if watch else None,
        )
        self._explaining: BatchQueue[Callable[[], Any], Any] = BatchQueue(
            lambda work: [each() for each in work],
            name="relook-explain",
            largest=1,
            room=self.limits.explaining,
            patience=0.0,
        )

    @property
    def info(self) -> ModelInfo:
        return self.predictor.info

    @property
    def waiting(self) -> tuple[int, int]:
        """Images that wait for a forward pass, and for explanations."""
        return self._scoring.waiting, self._explaining.waiting

    def decode(self, data: bytes, *, name: str) -> SentPicture:
        """Decode an image as the model sees it.

        Raises:
            ImageError: It cannot be read.
        """
        with self._decoding:
            decoded = decode_bytes(data, name=name, max_pixels=self.limits.pixels, max_side=MODEL_MAX_SIDE)
            turned = decoded.facts.orientation if self.spec.orientation is InputOrientation.UPRIGHT else 1
            pixels = decoded.pixels if turned == 1 else array_to_upright(decoded.pixels, turned)
            return SentPicture(pixels, turned)

    def crop(self, pixels: RGBImage) -> tuple[RGBImage, Region]:
        """What a classifier sees of a picture, (h, w, 3) uint8, and where that lies on it; of others the whole."""
        return (pixels, Region()) if self._scores is None else self._scores.crop(pixels)

    def score(self, pictures: Sequence[SentPicture], *, deadline: float) -> list[Content | ImageError]:
        """Predict pictures; objects lie on the stored pixel grid.

        Args:
            pictures: Of one request.
            deadline: By the monotonic clock.

        Raises:
            BusyError: There is no room for them.
            TooSlowError: The deadline has passed.
            ModelError: The model gives values that mean nothing.
        """
        prepared = [self._prepare(picture.pixels) for picture in pictures]
        futures = self._scoring.submit(prepared)
        found: list[Content | ImageError] = []
        for picture, future in zip(pictures, wait_for(futures, deadline), strict=True):
            is_row = isinstance(future, np.ndarray)
            answer = Labels(dict(zip(self.info.classes, future.tolist(), strict=True))) if is_row else future
            found.append(answer if isinstance(answer, ImageError) else to_stored_grid(answer, picture.turned))
        return found

    def explain(self, work: Callable[[], Result], *, deadline: float) -> Result:
        """Run what takes long when its turn comes.

        Raises:
            BusyError: Too much waits already.
            TooSlowError: The deadline has passed.
        """
        [outcome] = wait_for(self._explaining.submit([work]), deadline)
        if isinstance(outcome, ImageError):
            raise outcome
        return outcome

    def close(self) -> None:
        """End the threads; what waits is refused."""
        self._scoring.close()
        self._explaining.close()

    def _choose_batch(self) -> int:
        """The largest batch that is about as fast an image as the fastest: fewer batches leave less to do around them.

        On a processor that is a few images, and more only keep the first one waiting; on a GPU it is many.
        """
        if self._scores is None:
            return 1
        if self.limits.largest_batch is not None:
            return self.limits.largest_batch
        crop = self.crop(np.zeros((256, 256, 3), np.uint8))[0]
        paces: dict[int, float] = {}
        for size in _SIZES:
            self._predict([crop] * size)  # the first of a shape is slow
            paces[size] = min(self._time_batch([crop] * size) for _ in range(_LOOKS)) / size
            if paces[size] > _SLOWER * min(paces.values()):
                break  # it only gets worse
        return max(size for size, pace in paces.items() if pace <= _ABOUT * min(paces.values()))

    def _time_batch(self, batch: Sequence[RGBImage]) -> float:
        started = time.perf_counter()
        self._predict(batch)
        return time.perf_counter() - started

    def _prepare(self, pixels: RGBImage) -> RGBImage:
        """What waits in line: for a classifier its small input, made by whoever asks, so that many are made at once."""
        with self._decoding:
            return self.crop(pixels)[0]

    def _predict(self, batch: Sequence[RGBImage]) -> Sequence[Content | Scores]:
        """What the thread of the model does, and no more: whoever asked puts names to the scores."""
        return self.predictor.predict(batch) if self._scores is None else list(self._scores.scores(batch))


def wait_for(futures: Sequence[Future[Result]], deadline: float) -> list[Result | ImageError]:
    """The results in order, or what is wrong with a picture.

    Raises:
        TooSlowError: The deadline has passed; what nobody works on yet is dropped.
    """
    found: list[Result | ImageError] = []
    try:
        for future in futures:
            try:
                found.append(future.result(max(0.0, deadline - time.monotonic())))
            except ImageError as error:
                found.append(error.with_traceback(None))  # its frames hold on to the pictures
    except TimeoutError as error:
        raise TooSlowError(
            "The answer takes longer than this server lets a request wait.", remedy="Send fewer images at once."
        ) from error
    finally:
        for future in futures:
            future.cancel()
    return found


def _as_scorer(predictor: Predictor) -> ScoresImages | None:
    with importing_torch:
        from explainers.base import ScoresImages  # noqa: PLC0415

    if predictor.info.task.has_objects or not isinstance(predictor, ScoresImages):
        return None
    return predictor
