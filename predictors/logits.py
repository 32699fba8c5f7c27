"""What is said of a network whose numbers are not those its class names and preprocessing promise."""

from __future__ import annotations

from torch import Tensor

from domain.errors import ModelError


def check_logits(logits: Tensor, *, fits: bool, expected: str, where: str) -> None:
    """Refuse numbers of another shape, and such that are not finite.

    Args:
        logits: What the network gave.
        fits: Whether their shape is right.
        expected: The shape they should have, in words.
        where: The model's name.

    Raises:
        ModelError: They cannot be used.
    """
    if not fits:
        raise ModelError(
            f"The model gives numbers of shape {tuple(logits.shape)}; expected {expected}.",
            where=where,
            remedy="Load it with the class names and preprocessing it was trained with.",
        )
    if not bool(logits.isfinite().all()):
        raise ModelError(
            "The model gives scores that are not finite.",
            where=where,
            remedy="Check its weights and its mean and deviation.",
        )
