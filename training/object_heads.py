"""The parts of a torchvision detector: an output for each class, and which of them learn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from domain.errors import ModelError
from training.layers import freeze_all_but

_FOCAL_BIAS = -math.log((1 - 0.01) / 0.01)
"""Of classes that a focal loss learns: they begin as rare as RetinaNet's (Lin et al. 2017)."""

_COUNTERS = ("num_classes", "num_columns")
"""What a dense head calls its number of outputs."""

Head = nn.Linear | nn.Conv2d


def refit_outputs(network: nn.Module, outputs: Mapping[str, int], classes: Sequence[str], *, seed: int = 0) -> None:
    """Give a torchvision detector output 0 for the background and i + 1 for class i, in place.

    Classes it knows keep their weights.

    Args:
        network: Of the R-CNN family, RetinaNet, FCOS or SSD.
        outputs: Class -> output, of the classes it knows.
        classes: What it is to tell apart.
        seed: Of the weights of new classes.

    Raises:
        ModelError: It is of another kind.
    """
    count = _count_outputs(network)
    background = None if 0 in outputs.values() else 0
    sources = [background, *(outputs.get(name) for name in classes)]
    if sources == list(range(count)):
        return
    bias = _FOCAL_BIAS if _is_focal(network) else 0.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for owner, name, is_class_first in list(_heads(network)):
            old = owner.get_submodule(name)
            assert isinstance(old, Head)  # noqa: S101  what `_heads` yields
            setattr(owner, name, _refit(old, count, sources, is_class_first=is_class_first, bias=bias))
    for module in network.modules():
        for counter in _COUNTERS:
            if getattr(module, counter, None) == count:
                setattr(module, counter, len(sources))


def freeze_backbone(network: nn.Module, count: int) -> None:
    """Let only the last `count` layers with weights of the backbone learn, and all that is no backbone."""
    backbone = network.get_submodule("backbone")
    if count:
        freeze_all_but(backbone, count)
    else:
        backbone.requires_grad_(requires_grad=False)


def start_learning_objects(network: nn.Module) -> None:
    """Set the training mode; batch normalisation keeps its statistics, which a few pictures would spoil."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001  their common class has no other name
            module.eval()


@torch.no_grad()
def use_usual_epsilon(network: nn.Module) -> None:
    """Let batch normalisation add to the variance what networks are built with, without changing what it does.

    Some published weights were trained adding nothing, and a copy of them would not be recognised as theirs.
    """
    usual = nn.BatchNorm2d(1).eps
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.eps == 0 and module.running_var is not None:
            module.running_var -= usual
            module.eps = usual


def _count_outputs(network: nn.Module) -> int:
    roi_heads = getattr(network, "roi_heads", None)
    if roi_heads is not None:
        return int(roi_heads.box_predictor.cls_score.out_features)
    dense = getattr(getattr(network, "head", None), "classification_head", None)
    found = next((getattr(dense, counter) for counter in _COUNTERS if hasattr(dense, counter)), None)
    if found is None:
        raise ModelError(
            f"A {type(network).__name__} has no outputs that could learn here.",
            remedy="Choose a Faster or Mask R-CNN, RetinaNet, FCOS or SSD.",
        )
    return int(found)


def _heads(network: nn.Module) -> Iterator[tuple[nn.Module, str, bool]]:
    """Owner and name of the layers with a number for each class, and whether all numbers of a class lie together."""
    roi_heads = getattr(network, "roi_heads", None)
    if roi_heads is not None:
        yield roi_heads.box_predictor, "cls_score", True
        yield roi_heads.box_predictor, "bbox_pred", True
        if roi_heads.mask_predictor is not None:
            yield roi_heads.mask_predictor, "mask_fcn_logits", True
        return
    dense = network.get_submodule("head.classification_head")
    if hasattr(dense, "cls_logits"):
        yield dense, "cls_logits", False
        return
    scorers = dense.get_submodule("module_list")
    for name, module in scorers.named_children():
        if isinstance(module, Head):
            yield scorers, name, False
        else:  # SSDlite: a convolution of each channel alone, then one of them all
            yield module, [last for last, _ in module.named_children()][-1], False


def _is_focal(network: nn.Module) -> bool:
    """Whether classes are scored one by one, without a background: RetinaNet and FCOS."""
    return hasattr(network, "head") and hasattr(network.get_submodule("head.classification_head"), "cls_logits")


def _refit(old: Head, count: int, sources: Sequence[int | None], *, is_class_first: bool, bias: float) -> Head:
    """A layer like `old` with an output for each of `sources`: that of an old one, or a new one for None."""
    each = old.weight.shape[0] // count
    new = _layer_like(old, each * len(sources))
    nn.init.normal_(new.weight, std=0.01)
    if new.bias is not None:
        nn.init.constant_(new.bias, bias)
    with torch.no_grad():
        for own, former in zip(new.parameters(), old.parameters(), strict=True):
            mine, theirs = (_by_class(value, each, is_class_first=is_class_first) for value in (own, former))
            for place, source in enumerate(sources):
                if source is not None:
                    mine[place] = theirs[source]
    return new.to(old.weight.device)


def _by_class(values: Tensor, each: int, *, is_class_first: bool) -> Tensor:
    """(C, each, ...) a view of (C * each, ...) or of (each * C, ...)."""
    if is_class_first:
        return values.detach().unflatten(0, (-1, each))
    return values.detach().unflatten(0, (each, -1)).transpose(0, 1)


def _layer_like(old: Head, outputs: int) -> Head:
    if isinstance(old, nn.Linear):
        return nn.Linear(old.in_features, outputs, bias=old.bias is not None)
    return nn.Conv2d(
        old.in_channels,
        outputs,
        kernel_size=old.kernel_size,  # pyright: ignore[reportArgumentType]
        stride=old.stride,  # pyright: ignore[reportArgumentType]
        padding=old.padding,  # pyright: ignore[reportArgumentType]
        bias=old.bias is not None,
    )
