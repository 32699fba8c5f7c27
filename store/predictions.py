"""Models of a project and what they predicted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, delete, func, select

from domain.model_spec import InputOrientation, ModelSpec
from domain.plain_content import Plain
from domain.prediction import Content, ModelInfo, Task
from store import contents
from store.facts import unsettle, unsettle_predicted
from store.schema import models, predictions
from store.upsert import upsert

_SOME = 1000


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model the project knows; `spec` is None when its predictions came from a file."""

    info: ModelInfo
    spec: ModelSpec | None


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """What a model said about an image, or why it could not."""

    image_id: str
    content: Content | None
    latency_s: float | None = None
    problem: str = ""


def save_model(connection: Connection, project_id: int, info: ModelInfo, spec: ModelSpec | None) -> None:
    row = {
        "project_id": project_id,
        "model_id": info.model_id,
        "spec": json.dumps(asdict(spec)) if spec else None,
        "info": json.dumps(asdict(info), ensure_ascii=False),
        "added_at": datetime.now(UTC).isoformat(),
    }
    upsert(connection, models, [row], key=("project_id", "model_id"))


def list_models(connection: Connection, project_id: int) -> list[StoredModel]:
    """The models of a project, oldest first."""
    query = select(models).where(models.c.project_id == project_id).order_by(models.c.added_at)
    return [StoredModel(_read_info(row.info), _read_spec(row.spec)) for row in connection.execute(query)]


def find_model(connection: Connection, project_id: int, model_id: str | None) -> StoredModel | None:
    return next((model for model in list_models(connection, project_id) if model.info.model_id == model_id), None)


def save_predictions(connection: Connection, project_id: int, model_id: str, made: Sequence[StoredPrediction]) -> None:
    """Add predictions, or put them in place of earlier ones of the same model."""
    rows = [
        {
            "project_id": project_id,
            "model_id": model_id,
            "image_id": prediction.image_id,
            "content": contents.encode(prediction.content),
            "latency_s": prediction.latency_s,
            "problem": prediction.problem,
        }
        for prediction in made
    ]
    _save(connection, project_id, model_id, rows)


def save_plain_predictions(connection: Connection, project_id: int, model_id: str, made: Mapping[str, Plain]) -> None:
    """The same for predictions of a file, by image, in the form of `domain.plain_content`."""
    rows = [
        {
            "project_id": project_id,
            "model_id": model_id,
            "image_id": image_id,
            "content": contents.encode_plain(plain),
            "latency_s": None,
            "problem": "",
        }
        for image_id, plain in made.items()
    ]
    _save(connection, project_id, model_id, rows)


def predicted_image_ids(connection: Connection, project_id: int, model_id: str) -> set[str]:
    """The images this model gave an answer for; one that could not be read is asked about again."""
    where = (predictions.c.project_id == project_id, predictions.c.model_id == model_id)
    return set(connection.scalars(select(predictions.c.image_id).where(*where, predictions.c.content.is_not(None))))


def forget_predictions(connection: Connection, project_id: int, image_ids: Sequence[str]) -> None:
    """Remove what loaded models said about some images, so that they are asked again; what a file says stays."""
    loaded = select(models.c.model_id).where(models.c.project_id == project_id, models.c.spec.is_not(None))
    for image_id in image_ids:
        same = (predictions.c.project_id == project_id, predictions.c.image_id == image_id)
        connection.execute(delete(predictions).where(*same, predictions.c.model_id.in_(loaded)))
    unsettle(connection, project_id, image_ids)


def count_predictions(connection: Connection, project_id: int, model_id: str) -> int:
    where = (predictions.c.project_id == project_id, predictions.c.model_id == model_id)
    return connection.scalar(select(func.count()).select_from(predictions).where(*where)) or 0


def median_latency(connection: Connection, project_id: int, model_id: str) -> float | None:
    """Seconds this model takes for an image, by some; None when it was never run here.

    The first image is slow, hence the median.
    """
    where = (predictions.c.project_id == project_id, predictions.c.model_id == model_id)
    measured = select(predictions.c.latency_s).where(*where, predictions.c.latency_s.is_not(None)).limit(_SOME)
    return median(values) if (values := list(connection.scalars(measured))) else None


def list_latencies(
    connection: Connection, project_id: int, model_id: str | None, image_ids: Sequence[str]
) -> dict[str, float]:
    """Image -> seconds a model took for it, where that was measured."""
    where = (predictions.c.project_id == project_id, predictions.c.model_id == model_id)
    query = select(predictions.c.image_id, predictions.c.latency_s).where(
        *where, predictions.c.latency_s.is_not(None), predictions.c.image_id.in_(image_ids)
    )
    return {row.image_id: row.latency_s for row in connection.execute(query)}


def _save(connection: Connection, project_id: int, model_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    upsert(connection, predictions, rows, key=("project_id", "model_id", "image_id"))
    unsettle_predicted(connection, project_id, model_id, (row["image_id"] for row in rows))


def _read_info(text: str) -> ModelInfo:
    stored: dict[str, Any] = json.loads(text)
    size = stored["input_size"]
    return ModelInfo(
        **{
            **stored,
            "task": Task(stored["task"]),
            "classes": tuple(stored["classes"]),
            "input_size": tuple(size) if size else None,
            "notes": tuple(stored["notes"]),
        }
    )


def _read_spec(text: str | None) -> ModelSpec | None:
    if text is None:
        return None
    stored: dict[str, Any] = json.loads(text)
    for name in ("mean", "std"):
        stored[name] = tuple(stored[name]) if stored[name] else None
    return ModelSpec(**{**stored, "orientation": InputOrientation(stored["orientation"])})
