"""The name under which a loaded model is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath

from domain.model_spec import ModelSpec

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
