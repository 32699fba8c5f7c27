from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms.functional import InterpolationMode

from domain.errors import ModelError
from domain.explanation import Region
from domain.model_spec import ModelSpec
from predictors.preprocessing import CentreCrop, WholeImage, override_preprocessing, shrink

CPU = torch.device("cpu")


def smooth_picture(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng([height, width])
    small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    return np.array(small.resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", [(300, 400), (411, 233), (256, 256), (40, 50), (97, 701), (1000, 130)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_the_network_sees_what_torchvisions_transform_shows_it(size: tuple[int, int], interpolation: str) -> None:
    picture = smooth_picture(*size)
    own = CentreCrop(resize=236, crop=223, interpolation=interpolation)
    transform = ImageClassification(crop_size=223, resize_size=236, interpolation=InterpolationMode(interpolation))
    expected = transform(Image.fromarray(picture))
    crop, _ = own.crop_image(picture)
    assert crop.shape == (223, 223, 3)
    torch.testing.assert_close(own.normalise([crop], device=CPU)[0], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(300, 400), (411, 233), (60, 2000), (5000, 20)])
def test_the_region_is_where_the_crop_lies(size: tuple[int, int]) -> None:
    height, width = size
    ramp = np.zeros((height, width, 3), np.float64)
    ramp[..., 0] = (np.arange(width) + 0.5)[None] / width * 255
    ramp[..., 1] = (np.arange(height) + 0.5)[:, None] / height * 255
    crop, region = CentreCrop(resize=128, crop=96).crop_image(ramp.round().astype(np.uint8))
    centres = (np.arange(96) + 0.5) / 96
    across = region.x_min + centres * (region.x_max - region.x_min)
    down = region.y_min + centres * (region.y_max - region.y_min)
    np.testing.assert_allclose(crop[48, :, 0] / 255, across, atol=0.008)
    np.testing.assert_allclose(crop[:, 48, 1] / 255, down, atol=0.008)


def test_a_very_long_picture_is_not_blown_up() -> None:
    strip = np.full((2, 60_000, 3), 90, np.uint8)
    crop, region = CentreCrop(resize=256, crop=224).crop_image(strip)
    assert (crop == 90).all()
    assert 0 < region.x_max - region.x_min < 0.0001
    assert (region.x_min + region.x_max) / 2 == pytest.approx(0.5)


def test_a_whole_image_is_seen_whole() -> None:
    crop, region = WholeImage(height=30, width=20).crop_image(smooth_picture(300, 400))
    assert crop.shape == (30, 20, 3)
    assert region == Region()


def test_crops_can_be_written_to() -> None:
    for preprocessing in (CentreCrop(resize=20, crop=20), WholeImage(height=20, width=20)):
        crop, _ = preprocessing.crop_image(smooth_picture(20, 20))
        crop[0, 0] = 1


def test_a_spec_overrides_what_it_sets_and_nothing_else() -> None:
    own = CentreCrop(resize=232, crop=224, interpolation="bicubic")
    assert override_preprocessing(own, ModelSpec("torchvision/x")) == own
    changed = override_preprocessing(own, ModelSpec("torchvision/x", resize=96, crop=64, mean=(0, 0, 0), std=(1, 1, 1)))
    assert changed == CentreCrop(resize=96, crop=64, mean=(0, 0, 0), std=(1, 1, 1), interpolation="bicubic")


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec("torchvision/x", resize=100),
        ModelSpec("torchvision/x", crop=0),
        ModelSpec("torchvision/x", resize=100_000, crop=100_000),
        ModelSpec("torchvision/x", std=(0.2, 0.0, 0.2)),
        ModelSpec("torchvision/x", mean=(0.2, float("nan"), 0.2)),
        ModelSpec("torchvision/x", mean=(0.2, 0.2)),  # pyright: ignore[reportArgumentType]
    ],
)
def test_values_that_cannot_be_used_are_refused(spec: ModelSpec) -> None:
    with pytest.raises(ModelError) as caught:
        override_preprocessing(CentreCrop(), spec)
    assert caught.value.remedy


def test_the_size_of_a_whole_image_cannot_be_set() -> None:
    with pytest.raises(ModelError, match="whole image resized to 30 x 20"):
        override_preprocessing(WholeImage(height=30, width=20), ModelSpec("demo/classifier", crop=10))


def test_only_large_pictures_shrink() -> None:
    picture = smooth_picture(300, 400)
    assert shrink(picture, max_side=400) is picture
    assert shrink(picture, max_side=200).shape == (150, 200, 3)
    assert shrink(np.zeros((1, 900, 3), np.uint8), max_side=90).shape == (1, 90, 3)
