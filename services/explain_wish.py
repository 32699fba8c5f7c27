"""What a person asks for when a folder is to be explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.explanation import ParameterValue
from domain.prediction import ModelInfo
from services.map_index import BEST

ALL = "all"
"""Stands for every object where the number of one would stand."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be explained on every image.

    Attributes:
        methods: Registry name of each method -> its parameters, or their text.
        label: A class of the model; empty for the class or object with the highest score.
        instance: For detectors: which of the objects, counted from 1 in the order of their scores, or its id, or all;
            empty for the best one.
        threshold: For models that give several classes at once: every class that scores at least this, as Azure's
            `confidence_score_threshold_multilabel`; None for one class.
        seed: Same seed, same machine: same bytes.
        is_fresh: Compute again what an earlier run has computed.
        with_trust: Also measure how far each map can be trusted.
        is_thorough: And what takes many passes: see `services.trust.measure_trust`.
    """

    methods: Mapping[str, Mapping[str, ParameterValue]]
    label: str = ""
    instance: str = ""
    threshold: float | None = None
    seed: int = 0
    is_fresh: bool = False
    with_trust: bool = False
    is_thorough: bool = False


def read_target(text: str, info: ModelInfo, *, is_best: bool = False) -> str:
    """Return the class that `text` names, or "" for the highest score: "top" when no class bears that name.

    Raises:
        UnknownNameError: The model has no such class.
    """
    if is_best or (text == BEST and BEST not in info.classes):
        return ""
    from explainers.targets import index_of_class  # noqa: PLC0415  importing torch takes seconds

    index_of_class(info, text)
    return text
