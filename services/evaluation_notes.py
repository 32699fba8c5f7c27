"""What a reader should know about an evaluation before trusting it, and why there is nothing to compare."""

from __future__ import annotations

from collections.abc import Sequence

from domain.prediction import ModelInfo
from domain.project import Project
from services.evaluation_result import ProjectEvaluation
from services.evaluation_rows import Said

_FEW = 30
_NAMED = 5


def explain_nothing(said: Said, project: Project, *, split: str = "") -> str:
    """Why no image can be compared, and what to do; empty where some can."""
    reasons = (
        (said.image_ids, ""),
        (split, f"No {split} image has both a label and a prediction. Choose all images, or another split."),
        (
            said.without_other,
            (
                "The two models speak about different images, so there is nothing to compare. Predict the same images "
                "with both on the Workspace page."
            ),
        ),
        (
            said.rejected,
            (
                f"Images with a label that reviewers rejected: {said.rejected:,}. No other has both a label and a "
                "prediction, so there is nothing to compare."
            ),
        ),
        (
            said.without_prediction,
            (
                f"Images with a label: {said.without_prediction:,}, and none of them has a prediction. Load a model "
                "or read a prediction file for these images, on the Workspace page."
            ),
        ),
        (
            said.without_label and project.model_id,
            (
                f"Images: {said.without_label:,}, and none has a label to compare the predictions with. Read a label "
                "file on the Workspace page, or accept and correct predictions on the Review page: that makes labels."
            ),
        ),
    )
    otherwise = (
        "No image has both a label and a prediction, so there is nothing to compare. Add labels, or a model that "
        "predicts, on the Workspace page."
    )
    return next((words for is_so, words in reasons if is_so), otherwise)


def leave_out_told(notes: Sequence[str], nothing: str) -> list[str]:
    """The notes that say more than why there is nothing to compare, which counted some of what was left out."""
    return [note for note in notes if not any(nothing.startswith(told) and note.startswith(own) for told, own in _SAME)]


_SAME = (
    ("The two models", "Images without a prediction of the other model"),
    ("Images with a label that reviewers rejected", "Rejected images"),
    ("Images with a label: ", "Labelled images without a prediction"),
    ("Images: ", "Images without a label, left out"),
)
"""How a sentence of `explain_nothing` begins, and the note that counts the same."""


def list_cautions(made: ProjectEvaluation, model: ModelInfo | None) -> list[str]:
    """Full sentences about what makes the figures say little."""
    labelled = [line.name for line in made.classes if line.values[0]]
    unknown = [name for name in labelled if model is not None and model.classes and name not in model.classes]
    count = len(made.image_ids)
    return [
        *([_few(count)] if 0 < count < _FEW else []),
        *(
            [f"All labels are of one class, {labelled[0]}: what compares classes is undefined."]
            if _is_one(made)
            else []
        ),
        *([f"The model never predicts {_list(unknown)}: it cannot be right there."] if unknown else []),
    ]


def _few(count: int) -> str:
    images = "1 image is" if count == 1 else f"{count} images are"
    return f"Only {images} compared: another draw of images could give very different figures."


def _is_one(made: ProjectEvaluation) -> bool:
    labelled = [line for line in made.classes if line.values[0]]
    return len(labelled) == 1 and not made.about.project.task.has_objects


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more classes" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
