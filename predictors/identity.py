"""What a spec says about a model, and the name under which it is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath

from domain.errors import ModelError
from domain.model_spec import ModelSpec
from domain.prediction import Task

_DIGITS = 8


def model_name(spec: ModelSpec) -> str:
    """Return "RUNTIME/NAME" without the folders of a file."""
    return f"{spec.runtime}/{PurePath(spec.architecture).name}"


def model_id(name: str, sha256: str, *, changes: Sequence[object] = ()) -> str:
    """Return "NAME@HASH", and "+HASH" when the same weights are used otherwise than they come.

    Args:
        name: See `model_name`.
        sha256: Hex digest of the weights.
        changes: What is set by hand and changes an answer or its wording, None for what is left as it comes.
    """
    identity = f"{name}@{sha256[:_DIGITS]}"
    if all(change is None for change in changes):
        return identity
    return f"{identity}+{hashlib.sha256(repr(list(changes)).encode()).hexdigest()[:6]}"


def known_task(spec: ModelSpec) -> Task | None:
    """Return the task `spec` asks for, or None when it leaves that open.

    Raises:
        ModelError: There is no such task.
    """
    if not spec.task:
        return None
    try:
        return Task(spec.task)
    except ValueError as error:
        raise ModelError(
            f"There is no task '{spec.task}'.", where=spec.name, remedy=f"Choose {', '.join(Task)}."
        ) from error
