"""What a learning classifier is asked to make small, and the figure by which an epoch is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.classification import classification_loss

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Teacher:
    """The parent, whose scores are learned.

    Attributes:
        network: Frozen, in evaluation mode.
        own: Outputs of the learning network ...
        theirs: ... and of the parent, that are the same classes.
        weight: Of the parent's scores beside the labels, 0 to 1.
        temperature: By which both are softened.
    """

    network: nn.Module
    own: Tensor
    theirs: Tensor
    weight: float
    temperature: float


def label_loss(logits: Tensor, targets: Tensor, trusted: Tensor, *, smoothing: float) -> Tensor:
    """Mean loss over the images whose label counts, as `training.classification.classification_loss`.

    Args:
        logits: (N, K).
        targets: (N,) integers, or (N, K) of zeros and ones.
        trusted: (N,) whether a label counts.
        smoothing: How much certainty the labels give away.
    """
    if not bool(trusted.any()):
        return logits.sum() * 0
    return classification_loss(logits[trusted], targets[trusted], smoothing=smoothing)


def distillation_loss(logits: Tensor, taught: Tensor, teacher: Teacher, *, is_multilabel: bool) -> Tensor:
    """How far the scores of the shared classes are from the parent's, softened (Hinton et al. 2015).

    Args:
        logits: (N, K) of the learning network.
        taught: (N, P) of the parent.
        teacher: Which outputs are the same classes.
        is_multilabel: Whether each class is scored by itself.
    """
    own = logits[:, teacher.own] / teacher.temperature
    theirs = taught[:, teacher.theirs] / teacher.temperature
    if is_multilabel:
        return functional.binary_cross_entropy_with_logits(own, theirs.sigmoid())
    divergence = functional.kl_div(
        own.log_softmax(dim=1), theirs.log_softmax(dim=1), log_target=True, reduction="batchmean"
    )
    return divergence * teacher.temperature**2


def evidence_loss(logits: Tensor, inputs: Tensor, targets: Tensor, inside: Tensor) -> Tensor:
    """Share of the squared input gradient that lies outside the boxes, 0 to 1, mean over the pictures with a box.

    Right for the right reasons (Ross, Hughes and Doshi-Velez, IJCAI 2017) penalises the gradient of the log scores
    where there should be no evidence; as a share it needs no weight that depends on the network. The score is that of
    the labels.

    Args:
        logits: (N, K), computed from `inputs`.
        inputs: (N, 3, h, w) that require gradients.
        targets: (N,) integers, or (N, K) of zeros and ones.
        inside: (N, 1, h, w), 1 inside a box; all 0 for a picture without one.
    """
    if targets.ndim == 1:
        scores = logits.log_softmax(dim=1).gather(1, targets[:, None]).sum()
    else:
        scores = (functional.logsigmoid(logits) * targets).sum()
    (gradient,) = torch.autograd.grad(scores, inputs, create_graph=True)
    energy = gradient.square().sum(dim=1, keepdim=True)
    outside = (energy * (1 - inside)).sum(dim=(1, 2, 3)) / (energy.sum(dim=(1, 2, 3)) + _LEAST)
    has_box = inside.flatten(1).any(dim=1)
    return outside[has_box].mean() if bool(has_box.any()) else logits.sum() * 0


def judge(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    """Return the figure by which an epoch is chosen, and the loss.

    The figure is the share of images whose highest score is the label, or for several labels an image the F1 of all
    labels at a score of one half.
    """
    loss = float(classification_loss(logits, targets, smoothing=0.0))
    if targets.ndim == 1:
        return float((logits.argmax(dim=1) == targets).float().mean()), loss
    said, given = logits > 0, targets > 0.5
    total = int(said.sum() + given.sum())
    return (2 * int((said & given).sum()) / total if total else 1.0), loss


def pair_classes(before: Sequence[str], after: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Places in `after`, and in `before`, of the classes that both have."""
    shared = [name for name in after if name in before]
    own, theirs = ([names.index(name) for name in shared] for names in (list(after), list(before)))
    return torch.tensor(own, dtype=torch.long), torch.tensor(theirs, dtype=torch.long)
