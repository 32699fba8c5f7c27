"""What Azure's and EazyML's callers ask for when they want an image explained, in their own names and defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from domain.errors import InputError
from domain.explanation import ParameterValue
from domain.prediction import ModelInfo, Task
from services.explain_wish import Wish

if TYPE_CHECKING:
    from formats.azure.scoring_xai import XaiParameters
    from formats.eazyml.requests import ExplainRequest


def azure_wish(wanted: XaiParameters, info: ModelInfo) -> Wish:
    """Return what `xai_parameters` of a request to an Azure endpoint ask for; by default the fast variant of XRAI."""
    own: dict[str, dict[str, ParameterValue]] = {
        "xrai": {"n_steps": wanted.n_steps, "xrai_fast": wanted.xrai_fast},
        "integrated_gradients": {
            "n_steps": wanted.n_steps,
            "approximation_method": wanted.approximation_method,
        },
    }
    threshold = wanted.confidence_score_threshold_multilabel if info.task is Task.MULTILABEL else None
    return Wish({wanted.xai_algorithm: own.get(wanted.xai_algorithm, {})}, threshold=threshold)


def read_azure_wish(text: str, info: ModelInfo) -> Wish:
    """Return what `xai_parameters` ask for, given as the JSON text they have in a request.

    Raises:
        InputError: It is no JSON, or a value cannot be used.
    """
    from formats.azure.scoring_xai import XaiParameters  # noqa: PLC0415 - only who asks in Azure's names needs it

    try:
        fields = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"The parameters are no JSON: {error}.",
            remedy='Write for example \'{"xai_algorithm": "integrated_gradients", "n_steps": 20}\'.',
        ) from error
    return azure_wish(XaiParameters.parse(fields), info)


def eazyml_wish(request: ExplainRequest) -> Wish:
    """Return what a call of `ez_xai_image_explain` asks for: gradcam of the layer named, or image-lime."""
    strategy = str(request.options.values.get("xai_strategy", "gradcam"))
    layer = request.options.values.get("gradcam_layer")
    return Wish({strategy: {"layer": str(layer)} if layer and strategy == "gradcam" else {}})
