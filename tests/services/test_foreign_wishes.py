"""Calls in the names of other software ask for the same here, with the defaults they have there."""

from dataclasses import replace

import pytest

from domain.errors import FormatError, InputError
from domain.prediction import ModelInfo, Task
from explainers.parameters import build_explainer
from formats.eazyml.requests import parse_explain
from services.foreign_wishes import eazyml_wish, read_azure_wish

ONE = ModelInfo("m", "m", "", Task.CLASSIFICATION, ("can",), (224, 224), "torchvision", "")
SEVERAL = replace(ONE, task=Task.MULTILABEL)


def test_azure_asks_for_the_fast_xrai_by_default():
    wish = read_azure_wish("{}", ONE)
    assert wish.methods == {"xrai": {"n_steps": 50, "xrai_fast": True}}
    assert wish.threshold is None
    assert read_azure_wish("{}", SEVERAL).threshold == 0.5


@pytest.mark.parametrize("algorithm", ["xrai", "integrated_gradients", "guided_gradcam", "guided_backprop"])
def test_azures_names_and_parameters_are_those_of_the_methods(algorithm):
    text = f'{{"xai_algorithm": "{algorithm}", "n_steps": 20, "approximation_method": "gausslegendre"}}'
    [(name, parameters)] = read_azure_wish(text, ONE).methods.items()
    built = build_explainer(name, parameters)
    assert name == algorithm
    assert getattr(built, "n_steps", 20) == 20
    assert getattr(built, "approximation_method", "gausslegendre") == "gausslegendre"


def test_what_azure_cannot_read_is_told():
    with pytest.raises(InputError, match="no JSON"):
        read_azure_wish("{", ONE)
    with pytest.raises(FormatError, match="magic"):
        read_azure_wish('{"xai_algorithm": "magic"}', ONE)


def test_eazymls_strategies_are_methods(tmp_path):
    def ask(**options):
        return eazyml_wish(parse_explain("a.jpg", "m", "p.npy", options, exists=lambda _: True))

    assert ask().methods == {"gradcam": {}}
    assert ask(gradcam_layer="features.3").methods == {"gradcam": {"layer": "features.3"}}
    [(name, parameters)] = ask(xai_strategy="image-lime").methods.items()
    assert type(build_explainer(name, parameters)).__name__ == "LIME"
