"""The smallest builder of every torchvision family runs every method it claims, with random weights."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import torch
from torchvision.models import get_model

from domain.errors import ExplanationError
from domain.explanation import Target
from domain.geometry import Box
from domain.prediction import Instance
from explainers import EXPLAINERS
from explainers.parameters import build_explainer, describe_parameters
from predictors.random_weights import draw_network
from tests.explainers.conftest import Classifier, Detector
from tests.explainers.network.test_class_maps_of_families import SMALLEST, build_torchvision

QUICK = {"n_steps": 2, "samples": 12, "masks": 8, "segments": 8}
DETECTORS = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": {},
    "retinanet_resnet50_fpn": {"min_size": 128},
    "fcos_resnet50_fpn": {"min_size": 128},
    "ssd300_vgg16": {},
    "ssdlite320_mobilenet_v3_large": {},
    "maskrcnn_resnet50_fpn": {"min_size": 128},
    "maskrcnn_resnet50_fpn_v2": {"min_size": 128},
}
CLASSES = ("a", "b", "c", "d")


def claimed(model):
    """Every method that says it can explain the model, with small budgets."""
    for name, cls in EXPLAINERS.items():
        if not cls.why_not(model):
            fields = {parameter.name: parameter for parameter in describe_parameters(cls)}
            budgets = {field: fields[field].type(value) for field, value in QUICK.items() if field in fields}
            yield (
                name,
                build_explainer(name, {key: value for key, value in budgets.items() if fits(fields[key], value)}),
            )


def fits(parameter, value):
    low, high = parameter.minimum, parameter.maximum
    return (low is None or value >= low) and (high is None or value <= high)


@pytest.fixture
def picture():
    """(120, 120, 3): a bright shape on a dark, uneven ground."""
    image = np.random.default_rng(0).integers(20, 90, (120, 120, 3), dtype=np.uint8)
    image[30:80, 40:90] = (230, 180, 40)
    return image


@pytest.mark.parametrize("name", SMALLEST)
def test_a_classifier_of_every_family_runs_every_method_it_claims(name, picture):
    side = SMALLEST[name]
    network = draw_network(lambda: build_torchvision(name), 0, (side, side))
    model = Classifier(network, side, classes=CLASSES, mean=0.45, std=0.25)
    claims = dict(claimed(model))
    assert {"gradcam", "guided_backprop", "integrated_gradients", "xrai", "lime", "rise", "occlusion"} <= claims.keys()
    assert ("transformer_attribution" in claims) == (name == "vit_b_16")
    made = {method: explain_any(explainer, model, picture) for method, explainer in claims.items()}
    assert sum(saliency is not None for saliency in made.values()) >= len(claims) - 2
    for method, saliency in made.items():
        if saliency is not None:
            check(method, saliency)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_and_segmenter_runs_every_method_it_claims(name, picture):
    torch.manual_seed(0)
    network = get_model(name, weights=None, weights_backbone=None, num_classes=3, **DETECTORS[name])
    model = Detector(network)
    found = Instance("drawn", "can", Box(0.3, 0.2, 0.8, 0.7), 0.5)
    made = {}
    for method, explainer in claimed(model):
        with suppress(ExplanationError):  # with random weights nothing may speak for the class
            made[method] = explainer.explain(model, picture, Target("can", "drawn"), instance=found)
    assert {"odam", "drise", "missed_object", "xrai"} <= {method for method, _ in claimed(model)}
    assert "missed_object" in made
    for method, saliency in made.items():
        check(method, saliency)


def explain_any(explainer, model, image):
    """Explain the first class that has any evidence; with random weights a method may say that there is none."""
    for label in model.info.classes:
        with suppress(ExplanationError):
            return explainer.explain(model, image, Target(label))
    return None


def check(method, saliency):
    assert saliency.heatmap.ndim == 2, method
    assert saliency.heatmap.dtype == np.float32, method
    assert np.isfinite(saliency.heatmap).all(), method
    assert np.ptp(saliency.heatmap) > 0, method
