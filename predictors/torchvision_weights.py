"""torchvision's own published weights: found by name or by hash, with the preprocessing and names they come with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast
from urllib.error import URLError

import torch
from torchvision.models import WeightsEnum, get_model_weights

from domain.errors import ModelError
from predictors.preprocessing import CentreCrop, ShortSide

_WITHOUT_EPSILON = ("fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "retinanet_resnet50_fpn")


def find_published(builder: str, text: str) -> WeightsEnum:
    """Return torchvision's weights of that name ("DEFAULT", "IMAGENET1K_V2").

    Raises:
        ModelError: There are none of that name.
    """
    known = get_model_weights(builder).__members__
    if text.upper() not in known:
        raise ModelError(
            f"'{text}' is neither a file nor the name of weights for torchvision/{builder}.",
            remedy=f"Known names: {', '.join(known)}. Or give the path of a .pth, .pt or .safetensors file.",
        )
    return known[text.upper()]


def recognise_published(builder: str, sha256: str) -> WeightsEnum | None:
    """Return torchvision's weights whose published file has this hash, or None."""
    return next((weights for weights in _all_weights(builder) if sha256.startswith(_published_hash(weights))), None)


def fetch_published(weights: WeightsEnum) -> Path:
    """Return the file of published weights, downloading it into PyTorch's own folder the first time.

    Raises:
        ModelError: The download failed; the message says where to get the file by hand.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / weights.url.rsplit("/", 1)[-1]
    if path.exists():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(weights.url, str(path), hash_prefix=_published_hash(weights), progress=False)
    except (URLError, OSError, RuntimeError) as error:
        reason = str(getattr(error, "reason", error))
        raise ModelError(
            f"The weights {weights.name} could not be downloaded: {reason}.",
            where=weights.url,
            remedy=f"Download this file on a machine with access and give its path, or put it at {path}.",
        ) from error
    return path


def whole_picture(builder: str, published: WeightsEnum | None) -> ShortSide:
    """Return the preprocessing of a semantic builder's `published` weights, or of its best ones."""
    transforms = (published or _best_weights(builder)).transforms()
    return ShortSide(
        resize=transforms.resize_size[0],
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        interpolation=transforms.interpolation.value,
    )


def default_preprocessing(builder: str, published: WeightsEnum | None) -> CentreCrop:
    """Return the preprocessing of `published`, or of the builder's best published weights."""
    transforms = (published or _best_weights(builder)).transforms()
    return CentreCrop(
        resize=transforms.resize_size[0],
        crop=transforms.crop_size[0],
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        interpolation=transforms.interpolation.value,
    )


def published_classes(builder: str, class_count: int) -> tuple[str, ...]:
    """Return the names torchvision's own weights have (ImageNet's 1000, COCO's 91) where the count is theirs."""
    categories = tuple(_best_weights(builder).meta["categories"])
    return categories if len(categories) == class_count else ()


def was_trained_without_epsilon(builder: str, published: WeightsEnum | None) -> bool:
    """Whether batch normalisation added nothing to the variance when these weights were trained (COCO_V1)."""
    return published is not None and builder in _WITHOUT_EPSILON and published.name == "COCO_V1"


def remove_epsilon(network: torch.nn.Module) -> None:
    """Make every batch normalisation divide by the plain deviation."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 0.0


def _all_weights(builder: str) -> list[WeightsEnum]:
    return list(get_model_weights(builder))


def _best_weights(builder: str) -> WeightsEnum:
    return cast("WeightsEnum", get_model_weights(builder).__members__["DEFAULT"])


def _published_hash(weights: WeightsEnum) -> str:
    found = re.search(r"-([0-9a-f]{8,})\.\w+$", weights.url)
    return found[1] if found else weights.url
