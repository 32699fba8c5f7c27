"""EazyML's functions for images, by their names, arguments and answers (formats.md section 7).

Nothing of EazyML is needed: models, maps, scores and training are Relook's own. `docs/eazyml.md` tells what is the same
and what is an approximation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from domain.errors import RelookError
from formats.eazyml.answers import (
    render_active_learning_answer,
    render_evaluate_answer,
    render_explain_answer,
    render_failure,
    render_online_learning_answer,
)
from formats.eazyml.requests import parse_active_learning, parse_evaluate, parse_explain, parse_online_learning
from services.eazyml_evaluate import evaluate
from services.eazyml_explain import explain, learn_actively
from services.eazyml_learning import learn_online

_log = logging.getLogger(__name__)


def ez_init(
    access_key: str | None = None,
    usage_share_consent: bool | None = None,
    usage_delete: bool = False,  # noqa: ARG001 - EazyML's own signature
) -> dict[str, Any]:
    """Answer success: no key is needed, none is kept, and nothing is told to anybody."""
    if access_key is not None and not isinstance(access_key, str):
        return render_failure(f"access_key is {access_key!r:.80}, expected a string.")
    shared = " Nothing is shared, whatever usage_share_consent says." if usage_share_consent else ""
    return {"success": True, "message": f"Relook needs no access key.{shared}"}


def ez_xai_image_explain(
    filename: Any, model_path: Any, predicted_filename: Any, options: Any = None
) -> dict[str, Any]:
    """Draw where the class of a prediction comes from, and say how sure the prediction is, 0 to 100."""
    return _answer(
        lambda: render_explain_answer(explain(parse_explain(filename, model_path, predicted_filename, options)))
    )


def ez_image_active_learning(
    filenames: Any, model_path: Any, predicted_filenames: Any, options: Any = None
) -> dict[str, Any]:
    """Return the places of the images to label first, the least sure first, with their scores."""
    return _answer(
        lambda: render_active_learning_answer(
            learn_actively(parse_active_learning(filenames, model_path, predicted_filenames, options))
        )
    )


def ez_image_online_learning(new_training_data_path: Any, model_path: Any, options: Any = None) -> dict[str, Any]:
    """Train a copy of a model with new images, and return where it lies."""
    return _answer(
        lambda: render_online_learning_answer(
            learn_online(parse_online_learning(new_training_data_path, model_path, options))
        )
    )


def ez_image_model_evaluate(validation_data_path: Any, model_path: Any, options: Any = None) -> dict[str, Any]:
    """Measure a model on labelled images."""
    return _answer(lambda: render_evaluate_answer(evaluate(parse_evaluate(validation_data_path, model_path, options))))


def _answer(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer, or what is wrong: these functions never raise."""
    try:
        return ask()
    except RelookError as error:
        return render_failure(str(error))
    except OSError as error:
        return render_failure(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
    except Exception:  # noqa: BLE001 - the contract: a message, whatever happens; the log has the rest
        _log.exception("A function of EazyML's surface failed")
        return render_failure("Internal server error. The log tells more.")
