"""The predictions of a file, kept as those of a model."""

from __future__ import annotations

from domain.plain_content import Plain
from domain.prediction import Content, ModelInfo
from domain.project import Project
from services.scoring import lasting_prefix, with_lasting_ids
from store.predictions import StoredPrediction


def file_model_id(file: str, sha256: str) -> str:
    """The id under which the predictions of a file are kept."""
    return f"file/{file}@{sha256[:8]}"


def file_model(file: str, sha256: str, project: Project, classes: tuple[str, ...], *, title: str = "") -> ModelInfo:
    """The predictions of a file as a model; `title` is what a person calls it, the file's name unless given."""
    return ModelInfo(
        model_id=file_model_id(file, sha256),
        name=title or file,
        version=file,
        task=project.task,
        classes=classes,
        input_size=None,
        runtime="file",
        weights_sha256=sha256,
        notes=("Predictions read from a file: no map can be computed without the model.",),
    )


def file_prediction(image_id: str, content: Content, model_id: str) -> StoredPrediction:
    """What a file predicts for an image; no two files call an object by the same id."""
    return StoredPrediction(image_id, with_lasting_ids(content, model_id))


def lasting_plain(plain: Plain, model_id: str) -> Plain:
    """The same for what a line says in its plain form."""
    if "objects" not in plain:
        return plain
    prefix = lasting_prefix(model_id)
    return {"objects": [[f"{prefix}-{number}", *item[1:]] for number, item in enumerate(plain["objects"])]}
