"""A trained network on a photo of a dog above a cat: each class has its map on its own animal."""

import numpy as np
import pytest
from PIL import Image

from domain.explanation import Target
from domain.geometry import Box
from domain.model_spec import ModelSpec
from explainers import EXPLAINERS
from explainers.gradcam import GradCAM
from explainers.guided_gradcam import GuidedGradCAM
from explainers.hirescam import HiResCAM
from explainers.layercam import LayerCAM
from explainers.lime import LIME
from explainers.parameters import build_explainer, describe_parameters
from explainers.xrai import XRAI
from predictors import load_predictor

DOG = Box(0.34, 0.05, 0.78, 0.55)
CAT = Box(0.2, 0.56, 0.9, 1.0)
QUICK = {"samples": 16, "n_steps": 2, "window": 64, "stride": 64}
"""Budgets small enough for a test, for the parameters that set one."""


@pytest.fixture(scope="module")
def mobilenet(test_data):
    weights = test_data / "mobilenet_v2_imagenet" / "mobilenet_v2_from_qnnpack_int8.pth"
    return load_predictor(ModelSpec("torchvision/mobilenet_v2", weights=str(weights), device="cpu"))


@pytest.fixture(scope="module")
def dog_and_cat(test_data):
    return np.asarray(Image.open(test_data / "photos" / "both.png").convert("RGB"))


def sample(saliency, side=100):
    """Return the map on a (side, side) grid over the whole picture, 0 where the model saw nothing."""
    centres = (np.arange(side) + 0.5) / side
    height, width = saliency.heatmap.shape
    region = saliency.region
    rows = np.floor((centres - region.y_min) / (region.y_max - region.y_min) * height).astype(int)
    columns = np.floor((centres - region.x_min) / (region.x_max - region.x_min) * width).astype(int)
    seen = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None, :]
    return np.where(seen, saliency.heatmap[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)], 0)


def share_of_the_strongest_tenth(saliency, box):
    values = sample(saliency)
    strongest = values >= np.percentile(values, 90)
    rows = slice(round(box.y_min * 100), round(box.y_max * 100))
    columns = slice(round(box.x_min * 100), round(box.x_max * 100))
    return strongest[rows, columns].sum() / strongest.sum()


@pytest.mark.parametrize(
    "method",
    [GradCAM(), HiResCAM(), LayerCAM(), GuidedGradCAM(), XRAI(n_steps=20), LIME(samples=80, segments=25)],
    ids=lambda method: method.title,
)
def test_dog_and_cat_have_different_maps_on_the_right_animal(mobilenet, dog_and_cat, method):
    assert method.why_not(mobilenet) == ""

    dog = method.explain(mobilenet, dog_and_cat, Target("bull mastiff"))
    cat = method.explain(mobilenet, dog_and_cat, Target("tiger cat"))

    assert share_of_the_strongest_tenth(dog, DOG) > 0.5 > share_of_the_strongest_tenth(dog, CAT)
    assert share_of_the_strongest_tenth(cat, CAT) > 0.5 > share_of_the_strongest_tenth(cat, DOG)


def test_the_model_gives_the_same_scores_after_all_methods(mobilenet, dog_and_cat):
    before = mobilenet.predict([dog_and_cat])[0].scores
    for name, cls in EXPLAINERS.items():
        fields = {parameter.name for parameter in describe_parameters(cls)}
        quick = {field: value for field, value in QUICK.items() if field in fields}
        if cls.why_not(mobilenet) == "":
            build_explainer(name, quick).explain(mobilenet, dog_and_cat, Target("boxer"))

    assert mobilenet.predict([dog_and_cat])[0].scores == before
