"""Tiny members of every Hugging Face family of image classifiers, with random weights and their image processors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from predictors.random_weights import settle_statistics

FRUITS = ("apple", "banana", "cherry", "date")


@dataclass(frozen=True)
class Family:
    """A family by the names of its classes in the transformers library.

    Attributes:
        model: Name of the classifier's class.
        config: Settings of a tiny one.
        processor: Name of the image processor's class, empty where the library has none.
        pictures: Settings of the processor.
        side: Pixels of the network's square input.
    """

    model: str
    config: Mapping[str, Any]
    processor: str
    pictures: Mapping[str, Any]
    side: int = 64

    @property
    def config_class(self) -> str:
        return self.model.partition("ForImageClassification")[0] + "Config"


def _square(side: int) -> dict[str, int]:
    return {"height": side, "width": side}


_BLOCKS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
_VIT = {"image_size": 32, "patch_size": 8, **_BLOCKS}
_TEXT = {**_BLOCKS, "num_hidden_layers": 1, "vocab_size": 50, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
_TWO_TOWERS = {"vision_config": _VIT, "text_config": _TEXT}
_WINDOWS = {"image_size": 64, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4}
_STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1]}
_PYRAMID = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2]}
_LEVIT = {
    "image_size": 128,
    "hidden_sizes": [16, 24, 32],
    "num_attention_heads": [2, 2, 2],
    "depths": [1, 1, 1],
    "key_dim": [8, 8, 8],
    "down_ops": [["Subsample", 8, 2, 4, 2, 2], ["Subsample", 8, 3, 4, 2, 2]],
}
_HGNET = {
    "stem_channels": [3, 8, 12],
    "stage_in_channels": [12, 16, 24, 32],
    "stage_mid_channels": [8, 8, 8, 8],
    "stage_out_channels": [16, 24, 32, 40],
    "hidden_sizes": [16, 24, 32, 40],
    "embedding_size": 12,
    "stage_num_blocks": [1, 1, 1, 1],
    "stage_numb_of_layers": [2, 2, 2, 2],
    "depths": [1, 1, 1, 1],
}
_MOBILEVIT = {
    "image_size": 64,
    "hidden_sizes": [16, 16, 24],
    "neck_hidden_sizes": [8, 8, 12, 16, 16, 24, 24],
    "num_attention_heads": 2,
}
_MOBILEVIT_2 = {
    "image_size": 64,
    "width_multiplier": 0.25,
    "n_attn_blocks": [1, 1, 1],
    "base_attn_unit_dims": [32, 32, 32],
}

_WHOLE = {"size": _square(64)}
_CROP = {"size": {"shortest_edge": 72}, "crop_size": _square(64)}
_SHARE = {"size": {"shortest_edge": 64}, "crop_pct": 0.875}
_LEVIT_CROP = {"size": {"shortest_edge": 128}, "crop_size": _square(128)}
_SMALL_CROP = {"size": {"shortest_edge": 40}, "crop_size": _square(32)}

ZOO: dict[str, Family] = {
    "beit": Family(
        "BeitForImageClassification",
        {**_VIT, "use_relative_position_bias": True},
        "BeitImageProcessor",
        {"size": _square(40), "do_center_crop": True, "crop_size": _square(32)},
        32,
    ),
    "bit": Family(
        "BitForImageClassification",
        {"embedding_size": 16, "hidden_sizes": [16, 16, 32, 32], "depths": [1, 1, 1, 1], "num_groups": 4},
        "BitImageProcessor",
        _CROP,
    ),
    "clip": Family("CLIPForImageClassification", _TWO_TOWERS, "CLIPImageProcessor", _SMALL_CROP, 32),
    "convnext": Family("ConvNextForImageClassification", _STAGES, "ConvNextImageProcessor", _SHARE),
    "convnextv2": Family("ConvNextV2ForImageClassification", _STAGES, "ConvNextImageProcessor", _SHARE),
    "cvt": Family(
        "CvtForImageClassification",
        {"embed_dim": [8, 16, 32], "num_heads": [1, 1, 2], "depth": [1, 2, 3]},
        "ConvNextImageProcessor",
        _SHARE,
    ),
    "data2vec-vision": Family(
        "Data2VecVisionForImageClassification",
        {**_VIT, "attn_implementation": "eager"},
        "BeitImageProcessor",
        {"size": _square(32)},
        32,
    ),
    "deit": Family(
        "DeiTForImageClassification",
        _VIT,
        "DeiTImageProcessor",
        {"size": _square(37), "crop_size": _square(32)},
        32,
    ),
    "deit-distilled": Family(
        "DeiTForImageClassificationWithTeacher",
        _VIT,
        "DeiTImageProcessor",
        {"size": _square(37), "crop_size": _square(32)},
        32,
    ),
    "dinov2": Family("Dinov2ForImageClassification", _VIT, "BitImageProcessor", _SMALL_CROP, 32),
    "dinov2_with_registers": Family(
        "Dinov2WithRegistersForImageClassification", _VIT, "BitImageProcessor", _SMALL_CROP, 32
    ),
    "efficientnet": Family(
        "EfficientNetForImageClassification",
        {"image_size": 64, "width_coefficient": 0.25, "depth_coefficient": 0.25, "hidden_dim": 320},
        "EfficientNetImageProcessor",
        {**_WHOLE, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.4, 0.5, 0.6]},
    ),
    "focalnet": Family(
        "FocalNetForImageClassification",
        {
            "image_size": 64,
            "embed_dim": 16,
            "depths": [1, 1, 2],
            "focal_levels": [2, 2, 2],
            "focal_windows": [3, 3, 3],
            "hidden_sizes": [16, 32, 64],
        },
        "BitImageProcessor",
        _CROP,
    ),
    "hgnet_v2": Family("HGNetV2ForImageClassification", _HGNET, "ViTImageProcessor", _WHOLE),
    "hiera": Family(
        "HieraForImageClassification",
        {"image_size": [64, 64], "embed_dim": 16, "depths": [1, 1, 2, 1], "num_heads": [1, 1, 2, 2]},
        "BitImageProcessor",
        _CROP,
    ),
    "ijepa": Family("IJepaForImageClassification", _VIT, "ViTImageProcessor", {"size": _square(32)}, 32),
    "levit": Family("LevitForImageClassification", _LEVIT, "LevitImageProcessor", _LEVIT_CROP, 128),
    "levit-distilled": Family(
        "LevitForImageClassificationWithTeacher", _LEVIT, "LevitImageProcessor", _LEVIT_CROP, 128
    ),
    "metaclip_2": Family("MetaClip2ForImageClassification", _TWO_TOWERS, "CLIPImageProcessor", _SMALL_CROP, 32),
    "mobilenet_v1": Family(
        "MobileNetV1ForImageClassification",
        {"image_size": 64, "depth_multiplier": 0.25},
        "MobileNetV1ImageProcessor",
        _CROP,
    ),
    "mobilenet_v2": Family(
        "MobileNetV2ForImageClassification",
        {"image_size": 64, "depth_multiplier": 0.25},
        "MobileNetV2ImageProcessor",
        _CROP,
    ),
    "mobilevit": Family("MobileViTForImageClassification", _MOBILEVIT, "MobileViTImageProcessor", _CROP),
    "mobilevitv2": Family("MobileViTV2ForImageClassification", _MOBILEVIT_2, "MobileViTImageProcessor", _CROP),
    "poolformer": Family(
        "PoolFormerForImageClassification",
        {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]},
        "PoolFormerImageProcessor",
        {"size": {"shortest_edge": 64}, "crop_pct": 0.9, "crop_size": _square(64)},
    ),
    "pvt": Family("PvtForImageClassification", {"image_size": 64, **_PYRAMID}, "PvtImageProcessor", _WHOLE),
    "pvt_v2": Family("PvtV2ForImageClassification", {"image_size": 64, **_PYRAMID}, "PvtImageProcessor", _WHOLE),
    "regnet": Family(
        "RegNetForImageClassification",
        {**_STAGES, "embedding_size": 8, "groups_width": 4},
        "ConvNextImageProcessor",
        _SHARE,
    ),
    "resnet": Family(
        "ResNetForImageClassification",
        {**_STAGES, "embedding_size": 8, "layer_type": "basic"},
        "ConvNextImageProcessor",
        _SHARE,
    ),
    "segformer": Family("SegformerForImageClassification", _PYRAMID, "SegformerImageProcessor", _WHOLE),
    "siglip": Family("SiglipForImageClassification", _TWO_TOWERS, "SiglipImageProcessor", {"size": _square(32)}, 32),
    "swiftformer": Family(
        "SwiftFormerForImageClassification",
        {"image_size": 64, "depths": [1, 1, 1, 1], "embed_dims": [8, 16, 24, 32]},
        "ViTImageProcessor",
        _WHOLE,
    ),
    "swin": Family("SwinForImageClassification", _WINDOWS, "ViTImageProcessor", _WHOLE),
    "swinv2": Family("Swinv2ForImageClassification", _WINDOWS, "ViTImageProcessor", _WHOLE),
    "vit": Family(
        "ViTForImageClassification", _VIT, "ViTImageProcessor", {"size": _square(32), "image_std": [0.2, 0.5, 0.9]}, 32
    ),
    "vit_msn": Family("ViTMSNForImageClassification", _VIT, "ViTImageProcessor", {"size": _square(32)}, 32),
}


def build_classifier(name: str, **settings: Any) -> nn.Module:
    """The library's own classifier of a family, with random weights; `settings` go on top of the tiny config."""
    import transformers

    family = ZOO[name]
    config = getattr(transformers, family.config_class)(**{**family.config, **_named(), **settings})
    torch.manual_seed(1)
    classifier = getattr(transformers, family.model)(config)
    settle_statistics(classifier, (family.side, family.side))
    return classifier


def build_processor(name: str, *, backend: str = "", **settings: Any) -> Any:
    """The library's image processor of a family; `backend` "Pil" for the one that works with Pillow."""
    import transformers

    family = ZOO[name]
    return getattr(transformers, family.processor + backend)(**{**family.pictures, **settings})


def save_folder(name: str, folder: Path, **settings: Any) -> Path:
    """Save a tiny model and its image processor as the library does."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    build_classifier(name, **settings).save_pretrained(folder)
    build_processor(name).save_pretrained(folder)
    return folder


def change_json(file: Path, **changes: Any) -> None:
    """Set keys of a JSON file; None takes one away."""
    settings = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}))


def _named() -> dict[str, Any]:
    return {
        "num_labels": len(FRUITS),
        "id2label": dict(enumerate(FRUITS)),
        "label2id": {name: index for index, name in enumerate(FRUITS)},
    }
