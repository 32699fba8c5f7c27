from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from domain.errors import ModelError
from domain.explanation import Target
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Labels
from explainers.gradcam import GradCAM
from predictors import load_predictor
from tests.semantic_models import draw_things, import_keras, save_keras_unet

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own saving


def test_without_keras_the_way_to_install_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    (tmp_path / "model.keras").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(ModelError, match=r"Keras is not installed here.*requirements-keras\.txt"):
        load_predictor(ModelSpec(f"keras/{tmp_path / 'model.keras'}"))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_semantic_keras_model_finds_and_explains_red_things(suffix: str, tmp_path: Path) -> None:
    model = load_predictor(ModelSpec(f"keras/{save_keras_unet(tmp_path / f'unet{suffix}')}"))
    [content] = model.predict([draw_things()])
    assert isinstance(content, Instances)
    assert [item.label for item in content.items] == ["class 0", "class 0"]
    for layer, height in (("", 64), ("coarse", 32)):
        saliency = GradCAM(layer=layer).explain(model, draw_things(), Target("class 0"))
        assert saliency.heatmap.shape == (height, height)
        positive = np.clip(saliency.heatmap, 0, None)
        assert positive[: height // 2].sum() > 0.95 * positive.sum()


def test_a_last_sigmoid_is_taken_for_what_it_is(keras_unet: Path) -> None:
    keras = import_keras()
    picture = draw_things()
    plain = keras.saving.load_model(str(keras_unet), compile=False)
    expected = np.asarray(plain.predict(picture[None] / 255.0, verbose=0))[0, :, :, 0]
    model = load_predictor(ModelSpec(f"keras/{keras_unet}"))
    np.testing.assert_allclose(model.probabilities(picture)[0], expected, atol=1e-5)
    logits = model.pixel_network(model.normalise([picture]))
    assert float(logits.detach().abs().max()) > 2  # no probability


def test_a_keras_classifier_answers_its_own_probabilities(tmp_path: Path) -> None:
    keras = import_keras()
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    network.save(tmp_path / "c.keras")
    model = load_predictor(ModelSpec(f"keras/{tmp_path / 'c.keras'}"))
    [content] = model.predict([draw_things(side=32)])
    expected = np.asarray(network.predict(draw_things(side=32)[None] / 255.0, verbose=0))[0]
    assert isinstance(content, Labels)
    np.testing.assert_allclose(list(content.scores.values()), expected, rtol=1e-4)


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")
def test_files_that_are_no_keras_model_are_refused(tmp_path: Path, resnet: Path) -> None:
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for path in (tmp_path / "broken.h5", resnet):
        with pytest.raises(ModelError, match="Keras cannot load the file"):
            load_predictor(ModelSpec(f"keras/{path}"))
