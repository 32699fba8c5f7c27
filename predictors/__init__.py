"""Model runtimes, one module each. One line per runtime."""

from __future__ import annotations

from domain.model_spec import ModelSpec
from predictors.azure_endpoint import EndpointModel
from predictors.base import PREDICTORS, Predictor
from predictors.demo_models import DemoModel
from predictors.exported import ExportedModel
from predictors.hugging_face import HuggingFaceModel
from predictors.keras_models import KerasModel
from predictors.torchscript import TorchScriptModel
from predictors.torchvision_models import TorchvisionModel

PREDICTORS.register("torchvision", TorchvisionModel)
PREDICTORS.register("torchscript", TorchScriptModel)
PREDICTORS.register("pt2", ExportedModel)
PREDICTORS.register("keras", KerasModel)
PREDICTORS.register("hf", HuggingFaceModel)
PREDICTORS.register("demo", DemoModel)
PREDICTORS.register("endpoint", EndpointModel)


def load_predictor(spec: ModelSpec) -> Predictor:
    """Load the model `spec` names with the runtime it names.

    Raises:
        InputError: The name is not RUNTIME/NAME, or there is no such runtime.
        ModelError: The checkpoint, the class names or the architecture do not fit; the message names the difference.
        LimitError: The checkpoint is too large.
    """
    return PREDICTORS[spec.runtime].load(spec)


__all__ = ["PREDICTORS", "Predictor", "load_predictor"]
