"""Transformer attribution: attention followed from layer to layer, as far as it counts for a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from domain.errors import ExplanationError
from explainers.base import EXPLAINERS, GivesGradients, ScoresPixels
from explainers.network.attention import Attention, attention_shown, grid_of_tokens, has_attention
from explainers.network.class_maps import ClassExplainer, ClassMap, scores_in_turn
from explainers.network.hooks import borrowed
from explainers.network.layers import FeatureLayer

INSTEAD = "use GradCAM, integrated gradients or XRAI."

_REASONS: WeakKeyDictionary[nn.Module, str] = WeakKeyDictionary()
"""Menus ask again and again, and must not wait for the lock of a model that is being explained."""


@dataclass(frozen=True, slots=True)
class TransformerAttribution(ClassExplainer):
    """The rule for self-attention of Chefer et al. (Generic attention-model explainability, ICCV 2021).

    Relevance starts as the identity, every token for itself, and each attention adds what it moves: the mean over its
    heads of probability times gradient where that is positive. The map is the row of the token the head reads; where
    it reads several, such as all patches or the two class tokens of a distilled model, their mean, each row counting as
    much as the score depends on its token.
    """

    title: ClassVar[str] = "Transformer attribution"
    summary: ClassVar[str] = "For transformers: follows attention through all layers, as far as it counts for a class."
    paper: ClassVar[str] = "https://arxiv.org/abs/2103.15679"

    @classmethod
    def why_not(cls, model: object) -> str:
        reason = super(TransformerAttribution, cls).why_not(model)
        if isinstance(model, ScoresPixels):
            return f"{cls.title} asks what a whole image is, and this model says it of every pixel: {INSTEAD}"
        if reason or not isinstance(model, GivesGradients):
            return reason
        if model.module not in _REASONS:
            _REASONS[model.module] = _why_no_attention(model, cls.title)
        return _REASONS[model.module]

    def look(self, network: nn.Module, inputs: Tensor, classes: Sequence[Sequence[int]]) -> list[list[ClassMap]]:
        tokens = grid_of_tokens(network, inputs[:1])
        if tokens is None:
            height, width = inputs.shape[-2:]
            raise ExplanationError(f"Not all patches attend to each other at {height} x {width} pixels.")
        with attention_shown(network) as attentions:
            logits = network(inputs.detach().requires_grad_())
        source = f"the attention of {len(attentions)} layers"
        found: list[list[ClassMap]] = [[] for _ in classes]
        for rows, score in scores_in_turn(logits, classes):
            relevance = follow_attention(attentions, score)
            for row in rows:
                found[row].append(ClassMap(_lay_out(relevance[row], tokens), source))
        return found


def follow_attention(attentions: Sequence[Attention], score: Tensor) -> Tensor:
    """Return (N, L): how relevant each token of the input is for the score, 0 or more.

    Args:
        attentions: In order of execution, all of the same L tokens.
        score: What is explained, a sum over the N pictures.
    """
    wanted = [*(attention.weights for attention in attentions), attentions[-1].output]
    gradients = torch.autograd.grad(score, wanted, retain_graph=True, allow_unused=True)
    moved = torch.zeros_like(attentions[0].weights.reshape(attentions[0].shape)[:, 0])
    for attention, gradient in zip(attentions, gradients, strict=False):
        if gradient is not None:
            heads = (gradient * attention.weights.detach()).clamp(min=0).reshape(attention.shape)
            step = heads.mean(dim=1)
            moved = moved + step + step @ moved
    read = gradients[-1]
    if read is None:
        return torch.zeros_like(moved[:, 0])
    shares = read.abs().sum(dim=2)
    shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=torch.finfo(shares.dtype).tiny)
    return (shares[:, None] @ moved)[:, 0]


def _lay_out(relevance: Tensor, tokens: FeatureLayer) -> Tensor:
    return tokens.to_grid(relevance[None, :, None])[0]


def _why_no_attention(model: GivesGradients, title: str) -> str:
    if not has_attention(model.module):
        return f"{title} follows the attention of a transformer, and this model has none: {INSTEAD}"
    crop, _ = model.crop(np.zeros((64, 64, 3), np.uint8))
    with borrowed(model, model.module) as network:
        tokens = grid_of_tokens(network, model.normalise([crop]))
    if tokens is None:
        return (
            f"{title} needs every patch to attend to every other, and this model attends within windows, to fewer "
            f"patches, or without showing it: {INSTEAD}"
        )
    return ""


EXPLAINERS.register("transformer_attribution", TransformerAttribution)
