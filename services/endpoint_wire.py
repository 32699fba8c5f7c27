"""How an online endpoint is spoken to: Azure's shapes, and what only Relook's own endpoint understands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from domain.errors import ExplanationError, FormatError, ImageError, ModelError
from domain.explanation import Heatmap, Region
from domain.prediction import Content, Instances, Labels
from formats.azure.predictions import read_prediction
from formats.azure.report import LineReport, Remarks
from formats.azure.scoring_explanations import read_explanations, region_of_crop, to_heatmap
from formats.azure.scoring_maps import MapsWanted, parse_map
from formats.azure.scoring_request import render_request
from formats.azure.scoring_xai import ALGORITHMS, XaiParameters

if TYPE_CHECKING:
    from predictors.azure_endpoint import MapWish

_WHERE = "the endpoint's answer"
_LOWEST = 0.0  # every class of several is explained, so that the one asked for is among them


class AzureWire:
    """A `predictors.azure_endpoint.Wire`."""

    def ask(self, pictures: Sequence[bytes], *, wish: MapWish | None = None) -> bytes:
        """The body of a request for PNG files.

        Raises:
            ExplanationError: The endpoint has no such method.
        """
        if wish is None:
            return render_request(pictures).encode()
        if wish.is_relook:
            things = () if wish.instance is None else (replace(wish.instance, label=wish.label),)
            labels = () if things else (wish.label,)
            maps = MapsWanted(wish.method, labels=labels, objects=things, seed=wish.seed)
            return render_request(pictures, maps=maps).encode()
        method = wish.method or XaiParameters().xai_algorithm
        if method not in ALGORITHMS or wish.instance is not None:
            raise ExplanationError(
                f"This endpoint explains classes by {', '.join(ALGORITHMS)}, and nothing else.",
                remedy="Choose one of them; for objects choose D-RISE.",
            )
        asked = XaiParameters(
            method, visualizations=False, attributions=True, confidence_score_threshold_multilabel=_LOWEST
        )
        return render_request(pictures, explain=asked).encode()

    def read(self, body: bytes) -> list[Content | ImageError]:
        """The answers of a response, in order; objects are "p0", "p1", ..., the highest score first.

        Raises:
            ModelError: It is no list of answers.
        """
        return [_read_answer(value) for value in _list_answers(body)]

    def read_map(self, body: bytes, *, wish: MapWish, size: tuple[int, int]) -> tuple[Heatmap, Region, tuple[str, ...]]:
        """The map of a response to one picture of that (width, height), where it lies, and what to know about it.

        Raises:
            ExplanationError: There is none.
        """
        try:
            [answer] = _list_answers(body)
            if wish.is_relook:
                return _read_own(answer, wish.label)
        except (ModelError, FormatError, ValueError) as error:
            raise ExplanationError(f"The endpoint's answer holds no map: {error}") from error
        notes: list[str] = []
        found = read_explanations(answer, notes.append, threshold=_LOWEST) if isinstance(answer, dict) else []
        for each in found:
            if each.label == wish.label and each.attributions is not None:
                heatmap = to_heatmap(each.attributions)
                return heatmap, region_of_crop(size, heatmap.shape[0]), tuple(notes)
        raise ExplanationError(
            f"The endpoint gave no map for '{wish.label}'.",
            remedy="It explains the most probable class. For another one choose LIME or RISE.",
        )


def _list_answers(body: bytes) -> list[Any]:
    try:
        answers = orjson.loads(body)
        if isinstance(answers, str):  # some clients of the platform encode the answer a second time
            answers = orjson.loads(answers)
    except orjson.JSONDecodeError as error:
        raise ModelError(f"The endpoint's answer is not JSON: {error.msg}.", remedy="Check its address.") from None
    if not isinstance(answers, list):
        raise ModelError("The endpoint's answer is no list of answers.", remedy="Check its address: it ends in /score.")
    return answers


def _read_answer(value: Any) -> Content | ImageError:
    if isinstance(value, dict) and "error" in value:
        return ImageError(f"The endpoint refuses the image: {str(value['error'])[:300]}")
    report = LineReport(_WHERE, 1, "PR", Remarks())
    content, _ = read_prediction(value, report, task=None, prefix="p") if isinstance(value, dict) else (None, ())
    if content is None:
        reasons = "; ".join(finding.message for finding in report.findings) or "it is no object"
        raise ModelError(f"The endpoint's answer cannot be read: {reasons}", remedy="Check its address.")
    if isinstance(content, Labels):
        return content
    ranked = sorted(content.items, key=lambda item: -(item.score or 0.0))
    return Instances(tuple(replace(item, instance_id=f"p{place}") for place, item in enumerate(ranked)))


def _read_own(answer: Any, label: str) -> tuple[Heatmap, Region, tuple[str, ...]]:
    value = answer["maps"][0] if isinstance(answer, dict) and answer.get("maps") else None
    if isinstance(value, dict) and "error" in value:
        raise ExplanationError(str(value["error"])[:300], remedy=str(value.get("remedy", "")))
    found = parse_map(value)
    if found.target.label != label:
        raise ExplanationError(f"The endpoint answered with a map for '{found.target.label}'.")
    return found.heatmap, found.region, found.warnings
