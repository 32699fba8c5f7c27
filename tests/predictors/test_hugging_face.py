"""Folders that the transformers library saved, and those it did not."""

from __future__ import annotations

import ast
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from domain.errors import LimitError, ModelError
from domain.explanation import Region, RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from predictors import Predictor, load_predictor
from predictors.hugging_face import HuggingFaceClassifier
from predictors.hugging_face_pictures import FlooredCrop, SquashedCrop, read_preprocessing
from tests.hugging_face_zoo import FRUITS, ZOO, build_classifier, build_processor, change_json, save_folder

PICTURES = ((120, 200), (211, 97), (64, 64))
"""Height and width of the pictures on which our preprocessing is compared with the library's."""


@pytest.fixture(scope="session")
def zoo_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where a tiny model of a family lies, saved when it is first asked for."""
    root = tmp_path_factory.mktemp("hugging_face")

    def folder(name: str) -> Path:
        return root / name if (root / name).exists() else save_folder(name, root / name)

    return folder


@pytest.fixture
def vit(zoo_folder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder of a tiny vision transformer, to be changed at will."""
    return Path(shutil.copytree(zoo_folder("vit"), tmp_path / "vit"))


def load(folder: Path, **wishes: object) -> Predictor:
    return load_predictor(ModelSpec(f"hf/{folder}", **wishes))  # pyright: ignore[reportArgumentType]


def load_classifier(folder: Path, **wishes: object) -> HuggingFaceClassifier:
    model = load(folder, **wishes)
    assert isinstance(model, HuggingFaceClassifier)
    return model


def noise(height: int, width: int) -> RGBImage:
    return np.random.default_rng([height, width]).integers(0, 256, (height, width, 3), dtype=np.uint8)


def clouds(height: int, width: int) -> RGBImage:
    """A picture without edges, on which all ways of resizing agree but for rounding."""
    coarse = Image.fromarray(noise(height // 6, width // 6))
    return np.array(coarse.resize((width, height), Image.Resampling.BICUBIC))


def prepared(name: str, picture: RGBImage, *, backend: str = "") -> torch.Tensor:
    """What the library's own image processor makes of a picture."""
    return build_processor(name, backend=backend)(images=[Image.fromarray(picture)], return_tensors="pt")[
        "pixel_values"
    ]


@pytest.mark.parametrize("name", ZOO)
def test_a_model_answers_as_the_library_does(name: str, zoo_folder: Callable[[str], Path]) -> None:
    model = load_classifier(zoo_folder(name))
    original = build_classifier(name)
    for size in PICTURES:
        picture = noise(*size)
        values = prepared(name, picture, backend="Pil")
        with torch.inference_mode():
            expected = original(values).logits.softmax(dim=1)[0]
        [content] = model.predict([picture])
        assert isinstance(content, Labels)
        assert content.names == FRUITS
        np.testing.assert_allclose(list(content.scores.values()), expected, atol=2e-5)


@pytest.mark.parametrize("name", ["vit", "levit", "mobilenet_v2", "efficientnet"])
def test_random_weights_still_tell_pictures_apart(name: str, zoo_folder: Callable[[str], Path]) -> None:
    model = load_classifier(zoo_folder(name)).with_random_weights(5)
    crops = [model.crop(noise(*size))[0] for size in PICTURES]
    assert np.ptp(model.scores(crops), axis=0).max() > 1e-3


@pytest.mark.parametrize("name", ZOO)
def test_the_network_sees_what_the_image_processor_shows_it(name: str, zoo_folder: Callable[[str], Path]) -> None:
    model = load_classifier(zoo_folder(name))
    channels = model.module._channels
    one_level = np.array([1 / 255 / model.preprocessing.std[channel] for channel in channels])[:, None, None]
    assert model.info.input_size == (ZOO[name].side, ZOO[name].side)
    for size in PICTURES:
        crop, _ = model.crop(clouds(*size))
        found = model.normalise([crop])[0, channels].numpy()
        expected = prepared(name, clouds(*size), backend="Pil")[0].numpy()
        by_default = prepared(name, clouds(*size))[0].numpy()
        assert (np.abs(found - expected) / one_level).max() < 0.01
        assert (np.abs(found - by_default) / one_level).max() < 2.01, "torchvision rounds otherwise than Pillow"


def test_the_module_is_a_plain_network_with_gradients(zoo_folder: Callable[[str], Path]) -> None:
    for name in ("vit", "mobilevit"):
        model = load_classifier(zoo_folder(name))
        batch = torch.rand(2, 3, *model.preprocessing.input_size, requires_grad=True)
        logits = model.module(batch)
        assert isinstance(model.module, nn.Module)
        assert logits.shape == (2, 4)
        [gradient] = torch.autograd.grad(logits[:, 0].sum(), [batch])
        assert (gradient.abs().sum(dim=(1, 2, 3)) > 0).all()


def test_a_network_that_takes_blue_first_is_shown_red_first(zoo_folder: Callable[[str], Path]) -> None:
    model = load_classifier(zoo_folder("mobilevit"))
    batch = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(model.module(batch), model.module.network(batch.flip(1)).logits)


def test_attention_is_fused_where_the_family_can_and_can_be_changed_back(zoo_folder: Callable[[str], Path]) -> None:
    network = load_classifier(zoo_folder("vit")).module.network
    assert network.config._attn_implementation == "sdpa"
    batch = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert not any(network(batch, output_attentions=True).attentions), "the fused one shows nothing"
        network.set_attn_implementation("eager")
        assert network(batch, output_attentions=True).attentions[0].shape == (1, 2, 17, 17)


def test_facts_come_from_the_folder(vit: Path) -> None:
    info = load(vit).info
    assert (info.name, info.runtime, info.version, info.task) == ("hf/vit", "hf", "vit", Task.CLASSIFICATION)
    assert info.notes == ("Preprocessing: whole image resized to 32 x 32 pixels (height x width).",)


def test_whatever_changes_an_answer_changes_the_identity(vit: Path) -> None:
    before = load(vit).info.model_id
    change_json(vit / "config.json", layer_norm_eps=0.1)
    changed = load(vit).info.model_id
    change_json(vit / "preprocessor_config.json", image_mean=[0.1, 0.2, 0.3])
    assert len({before, changed, load(vit).info.model_id}) == 3


def test_weights_in_several_files_are_the_same_model(vit: Path, picture: RGBImage) -> None:
    whole = load_classifier(vit)
    (vit / "model.safetensors").unlink()
    build_classifier("vit").save_pretrained(vit, max_shard_size="40KB")
    assert len(list(vit.glob("model-*.safetensors"))) > 1
    crop, _ = whole.crop(picture)
    np.testing.assert_allclose(load_classifier(vit).scores([crop]), whole.scores([crop]), rtol=1e-5)


def test_weights_in_half_precision_run_in_32_bits(vit: Path, picture: RGBImage) -> None:
    build_classifier("vit").half().save_pretrained(vit)
    model = load_classifier(vit)
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}
    assert model.predict([picture])


def test_multi_label_is_told_by_the_problem_type_or_by_hand(vit: Path, picture: RGBImage) -> None:
    change_json(vit / "config.json", problem_type="multi_label_classification")
    model = load(vit)
    assert model.info.task is Task.MULTILABEL
    [content] = model.predict([picture])
    assert isinstance(content, Labels)
    assert sum(content.scores.values()) != pytest.approx(1, abs=1e-3)
    assert load(vit, task="image_classification").info.task is Task.CLASSIFICATION


def test_outputs_without_names_are_numbered_and_can_be_named(vit: Path, tmp_path: Path) -> None:
    change_json(vit / "config.json", id2label={str(index): f"LABEL_{index}" for index in range(4)})
    info = load(vit).info
    assert info.classes == ("class 0", "class 1", "class 2", "class 3")
    assert any("no class names" in note for note in info.notes)
    (tmp_path / "names.txt").write_text("a\nb\nc\nd")
    assert load(vit, classes=str(tmp_path / "names.txt")).info.classes == ("a", "b", "c", "d")


def test_names_that_are_there_twice_are_told_apart(vit: Path) -> None:
    change_json(vit / "config.json", id2label={"0": "crane", "1": "finch", "2": "crane", "3": "kite"})
    info = load(vit).info
    assert info.classes == ("crane (0)", "finch", "crane (2)", "kite")
    assert any("'crane'" in note for note in info.notes)


def test_settings_of_an_older_library_are_understood(vit: Path) -> None:
    older = {"feature_extractor_type": "ViTFeatureExtractor", "size": 32, "resample": 3, "image_mean": [0.4, 0.5, 0.6]}
    (vit / "preprocessor_config.json").write_text(json.dumps(older))
    preprocessing = load_classifier(vit).preprocessing
    assert preprocessing.input_size == (32, 32)
    assert (preprocessing.interpolation, preprocessing.mean) == ("bicubic", (0.4, 0.5, 0.6))


def test_other_rescaling_and_no_normalisation_are_understood(vit: Path) -> None:
    change_json(vit / "preprocessor_config.json", rescale_factor=1 / 51, image_mean=[1, 2, 3], image_std=[1, 1, 2])
    preprocessing = load_classifier(vit).preprocessing
    assert preprocessing.mean == pytest.approx((0.2, 0.4, 0.6), rel=1e-5)
    assert preprocessing.std == pytest.approx((0.2, 0.2, 0.4), rel=1e-5)
    change_json(vit / "preprocessor_config.json", do_normalize=False, rescale_factor=1 / 255)
    preprocessing = load_classifier(vit).preprocessing
    assert (preprocessing.mean, preprocessing.std) == ((0, 0, 0), (1, 1, 1))


def test_preprocessing_is_set_by_hand_where_the_folder_has_none(vit: Path) -> None:
    (vit / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"no preprocessor_config\.json.*--resize, --crop, --mean and --std"):
        load(vit)
    by_hand = {"resize": 40, "crop": 32, "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5)}
    assert load_classifier(vit, **by_hand).preprocessing == FlooredCrop(**by_hand, interpolation="bicubic")


def test_the_size_of_a_convolutional_network_can_be_set(zoo_folder: Callable[[str], Path]) -> None:
    assert load(zoo_folder("convnext"), resize=100, crop=96).info.input_size == (96, 96)
    with pytest.raises(ModelError, match="does not take pictures of 40 x 40 pixels"):
        load(zoo_folder("clip"), resize=48, crop=40)


def test_a_preprocessing_of_another_kind_is_refused(vit: Path) -> None:
    for changes in ({"do_resize": False}, {"size": {"shortest_edge": 10**6}}, {"resample": 5}):
        change_json(vit / "preprocessor_config.json", **changes)
        with pytest.raises(ModelError, match="cannot be shown as one resize and one crop"):
            load(vit)


def test_pickled_weights_are_refused_with_the_way_out(vit: Path) -> None:
    (vit / "model.safetensors").unlink()
    torch.save({}, vit / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin.*only safetensors are loaded.*save_pretrained"):
        load(vit)


def test_programs_in_the_folder_are_not_run(vit: Path) -> None:
    for name in ("config", "model", "pictures"):
        (vit / f"{name}.py").write_text(f"from pathlib import Path; Path({str(vit / 'ran')!r}).touch()")
    classes = {
        "AutoConfig": "config.C",
        "AutoModelForImageClassification": "model.M",
        "AutoImageProcessor": "pictures.P",
    }
    change_json(vit / "config.json", auto_map=classes)
    load(vit)
    change_json(vit / "config.json", model_type="own")
    with pytest.raises(ModelError, match="The model_type is 'own', of which there is no image classifier"):
        load(vit)
    change_json(vit / "config.json", model_type="vit")
    change_json(vit / "preprocessor_config.json", image_processor_type="Own", auto_map=classes)
    with pytest.raises(ModelError, match="custom code"):
        load(vit)
    assert not (vit / "ran").exists()


def test_nothing_is_fetched(vit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    change_json(vit / "config.json", _name_or_path="google/vit-base-patch16-224")
    load(vit)
    with pytest.raises(ModelError, match=r"no such folder.*Nothing is downloaded"):
        load(Path("google/vit-base-patch16-224"))


def drop_head(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in tensors.items() if "classifier" not in name}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_head, r"do not fit the vit classifier.*2 tensors \(classifier\.bias, classifier\.weight\) are missing"),
        (lambda tensors: tensors | {"classifier.bias": torch.full((4,), torch.nan)}, r"not finite.*'classifier\.bias'"),
        (lambda tensors: tensors | {"classifier.weight": torch.zeros(7, 32)}, "the shapes of the weights are others"),
    ],
)
def test_weights_that_do_not_fit_are_refused(vit: Path, change: Callable[..., dict], reason: str) -> None:
    file = vit / "model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=reason):
        load(vit)


def test_weights_without_a_use_are_told(vit: Path) -> None:
    file = vit / "model.safetensors"
    save_file(load_file(file) | {"vit.pooler.extra": torch.zeros(3)}, file, metadata={"format": "pt"})
    assert any("no use for 1 tensors (vit.pooler.extra)" in note for note in load(vit).info.notes)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("config.json", "{", r"config\.json: The file is not JSON"),
        ("config.json", "[]", "The JSON holds one list"),
        ("config.json", "[" * 100_000, "not JSON"),
        ("preprocessor_config.json", "{", r"preprocessor_config\.json.*not a valid JSON file"),
        ("model.safetensors", "version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        ("model.safetensors", "rubbish", "cannot be loaded"),
        ("model.safetensors", "", "empty"),
    ],
)
def test_damaged_files_are_told(vit: Path, file: str, text: str, reason: str) -> None:
    (vit / file).write_text(text)
    with pytest.raises(ModelError, match=reason):
        load(vit)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model_type": "bert"}, r"model_type is 'bert'.*Known families: beit, bit"),
        ({"problem_type": "regression"}, "problem_type is 'regression'"),
        ({"problem_type": ["x"]}, "problem_type is"),
        ({"quantization_config": {"load_in_8bit": True}}, "quantised"),
        ({"id2label": {"0": "a", "2": "b"}}, "id2label does not give every output"),
        ({"id2label": ["a", "b"]}, "id2label does not give every output"),
        ({"id2label": {"0": "a", "1": "b"}}, "shapes of the weights"),
        ({"num_attention_heads": 0}, "cannot be loaded"),
        ({"hidden_size": "large"}, "hidden_size"),
        ({"hidden_act": "wobble"}, "wobble"),
        ({"image_size": 64}, "shapes of the weights"),
    ],
)
def test_settings_that_cannot_be_used_are_told(vit: Path, changes: dict[str, object], reason: str) -> None:
    change_json(vit / "config.json", **changes)
    with pytest.raises(ModelError, match=reason):
        load(vit)


def test_a_folder_without_what_it_needs_is_told(vit: Path) -> None:
    with pytest.raises(ModelError, match="This is a file; expected a local folder"):
        load(vit / "model.safetensors")
    (vit / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        load(vit)
    (vit / "config.json").unlink()
    with pytest.raises(ModelError, match=r"no config\.json"):
        load(vit)


def test_shards_stay_in_their_folder(vit: Path) -> None:
    (vit / "model.safetensors").rename(vit.parent / "model.safetensors")
    index = vit / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"classifier.bias": "../model.safetensors"}}))
    with pytest.raises(
        ModelError, match=r"names '\.\./model\.safetensors', which is no safetensors file of this folder"
    ):
        load(vit)


def test_a_file_above_the_limit_is_refused(vit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELOOK_MAX_FILE_BYTES", "1000")
    with pytest.raises(LimitError, match="RELOOK_MAX_FILE_BYTES"):
        load(vit)


def test_wishes_that_do_not_go_with_a_folder_are_refused(vit: Path) -> None:
    with pytest.raises(ModelError, match="Leave out --weights"):
        load(vit, weights="weights.pth")
    with pytest.raises(ModelError, match="does not go with a classifier"):
        load(vit, task="image_object_detection")


def test_the_library_is_left_as_it_was(vit: Path) -> None:
    from transformers.utils import logging

    logging.enable_progress_bar()
    before = logging.get_verbosity()
    state = torch.get_rng_state()
    load_classifier(vit).with_random_weights(3)
    assert logging.is_progress_bar_enabled()
    assert logging.get_verbosity() == before
    assert torch.equal(torch.get_rng_state(), state)
    logging.disable_progress_bar()


def test_the_library_is_imported_only_when_such_a_model_is_loaded() -> None:
    for file in (Path(__file__).parents[2] / "predictors").glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            assert not any(str(name).startswith("transformers") for name in [*names, module]), file.name


class TurnsChannels:
    """An image processor that normalises every colour in its own way, and hands on green, blue, red."""

    model_input_names = ("pixel_values",)
    size = SimpleNamespace(height=20, width=30, shortest_edge=None)
    resample = 2
    mean, std = np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.5, 0.6])

    def __call__(self, images: list[Image.Image], **_options: str) -> dict[str, torch.Tensor]:
        pixels = np.array(images[0].resize((30, 20), Image.Resampling.BILINEAR)) / 255
        values = ((pixels - self.mean) / self.std)[..., [1, 2, 0]].transpose(2, 0, 1)
        return {"pixel_values": torch.from_numpy(values)[None]}


def test_colours_are_read_in_the_order_of_the_picture() -> None:
    preprocessing, channels = read_preprocessing(TurnsChannels(), where="here")
    assert channels == (1, 2, 0)
    assert (preprocessing.mean, preprocessing.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


def test_the_odd_pixel_of_a_floored_crop_is_cut_off_behind() -> None:
    crop = FlooredCrop(resize=67, crop=32)
    assert [crop.margin(side) for side in (67, 68, 69)] == [17, 18, 18]


def test_the_region_of_a_squashed_crop_is_the_same_share_of_every_picture() -> None:
    squashed = SquashedCrop(height=40, width=80, crop_height=32, crop_width=60)
    for size in PICTURES:
        crop, region = squashed.crop_image(noise(*size))
        assert crop.shape == (32, 60, 3)
        assert region == Region(10 / 80, 4 / 40, 70 / 80, 36 / 40)
