"""EazyML's explanation and active learning: a picture, and how sure a prediction is (formats.md 7.1 and 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from domain.errors import ExplanationError, FormatError, ModelError
from domain.explanation import Explanation as Map
from domain.explanation import Target
from domain.image import ImageRef
from domain.settings import read_settings
from formats.eazyml.answers import ActiveLearningAnswer, ExplainAnswer, Explanation
from formats.eazyml.requests import ActiveLearningRequest, ExplainRequest
from services.eazyml_cases import Axis, find_subject, open_picture, predict_array, read_axis, read_predicted
from services.eazyml_models import load_model
from services.eazyml_scores import Predicted, choose_target, evidence_share, log_info, weighted_moments
from services.eazyml_tables import Row, read_rows
from services.eazyml_trainable import Lesson, TrainedScore, features_of, quality_of, train_score
from services.explaining import Model, Request, compute
from services.methods import names_pixels
from services.output_files import replacing
from services.overlays import render_overlay

_METHODS = {"gradcam": "gradcam", "highres-gradcam": "hirescam", "image-lime": "lime"}
_METHODS_OF_OBJECTS = {"gradcam": "odam", "highres-gradcam": "odam", "image-lime": "drise"}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF"}
APPROXIMATION = (
    "Scores are Relook's own approximation of {}: EazyML does not publish its formula. "
    "Scales differ between strategies."
)


def explain(request: ExplainRequest) -> ExplainAnswer:
    """Score each prediction and draw where its class comes from.

    Raises:
        RelookError: A file cannot be used, or model and prediction do not go together.
    """
    suffixes = {Path(path).suffix.lower() for path in request.picture_paths}
    if unknown := sorted(suffixes - set(_FORMATS)):
        raise FormatError(f"xai_image_path ends in '{unknown[0]}'; expected {', '.join(_FORMATS)}.")
    desk = _Desk(load_model(Path(request.model_path)), request.options.values)
    found = [
        desk.explain(Path(image), Path(predicted), Path(picture))
        for image, predicted, picture in zip(
            request.filenames, request.predicted_filenames, request.picture_paths, strict=True
        )
    ]
    return ExplainAnswer(True, f"Explanation of the prediction is as follows. {desk.caution}", tuple(found))


def learn_actively(request: ActiveLearningRequest) -> ActiveLearningAnswer:
    """Return the images whose predictions score lowest, those first.

    Raises:
        RelookError: A file cannot be used, or model and prediction do not go together.
    """
    desk = _Desk(load_model(Path(request.model_path)), request.options.values)
    scores = [
        desk.score(Path(image), Path(predicted))
        for image, predicted in zip(request.filenames, request.predicted_filenames, strict=True)
    ]
    order = sorted(range(len(scores)), key=lambda place: (scores[place], place))[: request.query_count]
    return ActiveLearningAnswer(True, desk.caution, tuple(order), tuple(scores[place] for place in order))


@dataclass(slots=True)
class _Desk:
    """A model and the options of a call; what was computed for one image is not computed again."""

    model: Model
    options: Mapping[str, Any]
    _trained: TrainedScore | None = None
    _maps: dict[tuple[Path, str], Map | ExplanationError] = field(default_factory=dict)

    @property
    def strategy(self) -> str:
        return self.options["score_strategy"]

    @property
    def caution(self) -> str:
        return APPROXIMATION.format(self.strategy)

    def explain(self, image: Path, predicted: Path, picture: Path) -> Explanation:
        """Score one prediction, and draw its map over the image."""
        confidence = self.score(image, predicted)
        said, axis = read_predicted(self.model[0], predicted)
        made = self.map_of(image, said, axis, self.options["xai_strategy"])
        if isinstance(made, ExplanationError):
            return Explanation((), f"There is no picture: {made}", confidence)
        _save_picture(picture, image, made)
        return Explanation((str(picture),), "", confidence)

    def score(self, image: Path, predicted: Path) -> float:
        """Score one prediction by the strategy asked for."""
        said, axis = read_predicted(self.model[0], predicted)
        open_picture(image)  # an image that cannot be read has no score
        if self.strategy == "log-info":
            return log_info(said)
        if self.strategy == "lime-confidence":
            made = self.map_of(image, said, axis, "image-lime")
            if isinstance(made, ExplanationError):
                raise FormatError(f"lime-confidence needs a map of {image.name}: {made}")
            return evidence_share(made.heatmap)
        if self.strategy.startswith("trainable"):
            return self._train().predict(self._features(image, said, axis))
        return weighted_moments(said)

    def map_of(self, image: Path, said: Predicted, axis: Axis, xai_strategy: str) -> Map | ExplanationError:
        """Return the map of what a prediction is about, or why there is none."""
        key = (image, xai_strategy)
        if key not in self._maps:
            self._maps[key] = self._make_map(image, said, axis, xai_strategy)
        return self._maps[key]

    def _make_map(self, image: Path, said: Predicted, axis: Axis, xai_strategy: str) -> Map | ExplanationError:
        predictor, spec = self.model
        is_detector = predictor.info.task.has_objects and not names_pixels(predictor)
        method = (_METHODS_OF_OBJECTS if is_detector else _METHODS)[xai_strategy]
        layer = self.options.get("gradcam_layer", "")
        parameters = {"layer": layer} if layer and method in {"gradcam", "hirescam"} else {}
        try:
            label, instance = find_subject(predictor, said, axis, open_picture(image))
            target = Target(label, instance.instance_id if instance else None)
            reference = ImageRef(image.name, str(image), width=0, height=0)
            request = Request(reference, target, method, instance, parameters)
            return compute(predictor, spec, request, max_pixels=read_settings().max_pixels)
        except ExplanationError as error:
            return error
        except ModelError as error:
            return ExplanationError(error.message, remedy=error.remedy)

    def _features(self, image: Path, said: Predicted, axis: Axis) -> list[float]:
        made = self.map_of(image, said, axis, self.options["xai_strategy"]) if self._looks_at_maps else None
        return features_of(said, made if isinstance(made, Map) else None, with_map=self._looks_at_maps)

    @property
    def _looks_at_maps(self) -> bool:
        return self.strategy == "trainable-2"

    def _train(self) -> TrainedScore:
        if self._trained is None:
            path = self.options.get("training_data_path")
            if path is None:
                raise FormatError(f"training_data_path must be provided for {self.strategy}.")
            self._trained = train_score([self._lesson(row) for row in read_rows(Path(path))])
        return self._trained

    def _lesson(self, row: Row) -> Lesson:
        predictor = self.model[0]
        picture = open_picture(row.image)
        probabilities = predict_array(predictor, picture)
        axis = read_axis(predictor, probabilities.shape[-1])
        said = choose_target(probabilities, background=axis.background)
        return Lesson(self._features(row.image, said, axis), quality_of(said, axis, row))


def _save_picture(path: Path, image: Path, made: Map) -> None:
    drawn = render_overlay(open_picture(image), made)
    buffer = BytesIO()
    Image.fromarray(drawn).save(buffer, _FORMATS[path.suffix.lower()])
    with replacing(path) as stream:
        stream.write(buffer.getvalue())
