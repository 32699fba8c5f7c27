"""Requests to an online endpoint: images as base64, with or without a call for explanations (formats.md 2.1, 3.1)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from domain.errors import FormatError
from formats.azure.report import shown
from formats.azure.scoring_maps import MapsWanted
from formats.azure.scoring_xai import XaiParameters, parse_truth

_EXAMPLE = 'Write {"input_data": {"columns": ["image"], "data": ["<base64 image>"]}}.'
_UNDECODABLE = "The provided image string cannot be decoded. Expected format is bytes or base64 string."


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """What a request asks for.

    Attributes:
        images: The bytes of the image files, in order; whether they are images is for the reader of images to say.
            Where a row cannot be decoded and rows may fail alone, what is wrong with it.
        explain: How to explain, the same for every image; None for scores only.
        index: Row labels, where the request gives some.
        maps: Further maps, the same for every image: what only Relook's own endpoint answers.
    """

    images: tuple[bytes | FormatError, ...]
    explain: XaiParameters | None = None
    index: tuple[Any, ...] | None = None
    maps: MapsWanted | None = None


def parse_request(body: bytes | str, *, rows_fail_alone: bool = False) -> ScoringRequest:
    """Read a request of any shape: rows of base64, rows of one each, rows of JSON text, or the older one-image form.

    As on the platform the first row decides: when it is JSON text all rows must be, and its parameters hold for all.

    Args:
        body: The request.
        rows_fail_alone: Keep the error of a row whose base64 cannot be decoded in its place, rather than raise it.

    Raises:
        FormatError: It is no request; the message says where and starts with the platform's own words if it has any.
    """
    value = _loads(body, "The request")
    if not isinstance(value, dict):
        raise FormatError(f"The request is {shown(value)}; expected an object with input_data.", remedy=_EXAMPLE)
    if "input_data" in value:
        return _read_input(value["input_data"], rows_fail_alone=rows_fail_alone)
    if "image" in value:
        image = decode_image(value["image"], where="image")
        return ScoringRequest((image,), _read_explain(value), maps=_read_maps(value))
    raise FormatError("The request has neither input_data nor image.", remedy=_EXAMPLE)


def render_request(
    images: Sequence[bytes],
    *,
    explain: XaiParameters | None = None,
    index: Sequence[Any] | None = None,
    maps: MapsWanted | None = None,
) -> str:
    """Write the request for some images, in the documented shape.

    Args:
        images: The bytes of the image files.
        explain: Asks for explanations too; rows are JSON text then.
        index: Row labels, for models without a signature, which need them.
        maps: Asks Relook's own endpoint for maps too.
    """
    texts = [base64.b64encode(image).decode() for image in images]
    is_plain = explain is None and maps is None
    rows = texts if is_plain else [_render_row(text, explain, maps) for text in texts]
    data: dict[str, Any] = {"columns": ["image"], **({} if index is None else {"index": list(index)}), "data": rows}
    return json.dumps({"input_data": data})


def decode_image(value: Any, *, where: str) -> bytes:
    """The bytes behind a base64 text, with or without line breaks.

    Raises:
        FormatError: It is no text, or not base64.
    """
    image = _decode_row(value, where=where)
    if isinstance(image, FormatError):
        raise image
    return image


def _decode_row(value: Any, *, where: str) -> bytes | FormatError:
    if not isinstance(value, str):
        raise FormatError(
            f"Incompatible input format: the image is {shown(value)}, expected base64 text.",
            where=where,
            remedy=_EXAMPLE,
        )
    try:
        image = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        image = b""
    if not image:
        prefixed = "Send what follows the comma only." if value.startswith("data:") else "Encode the file as base64."
        return FormatError(_UNDECODABLE, where=where, remedy=prefixed)
    return image


def _loads(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FormatError(
            f"{what} is not JSON: {error.msg}.", where=f"line {error.lineno}, column {error.colno}", remedy=_EXAMPLE
        ) from None


def _read_input(value: Any, *, rows_fail_alone: bool) -> ScoringRequest:
    """Rows below `data`, or, as models of the Hugging Face family take them, a plain list."""
    if isinstance(value, list):
        return _read_rows(value, None, rows_fail_alone=rows_fail_alone)
    if not isinstance(value, dict):
        raise FormatError(f"input_data is {shown(value)}; expected an object.", remedy=_EXAMPLE)
    if value.get("columns") != ["image"]:
        raise FormatError(
            f"columns is {shown(value.get('columns'))}; expected exactly one column, image.",
            where="input_data",
            remedy=_EXAMPLE,
        )
    rows, index = value.get("data"), value.get("index")
    if not isinstance(rows, list):
        raise FormatError(f"data is {shown(rows)}; expected a list of images.", where="input_data", remedy=_EXAMPLE)
    if index is not None and (not isinstance(index, list) or len(index) != len(rows)):
        raise FormatError(
            f"index is {shown(index)}; expected a list of {len(rows)} row labels.",
            where="input_data",
            remedy="Give one label a row, or leave index out.",
        )
    return _read_rows(rows, index, rows_fail_alone=rows_fail_alone)


def _read_rows(rows: list[Any], index: list[Any] | None, *, rows_fail_alone: bool) -> ScoringRequest:
    labels = None if index is None else tuple(index)
    if not rows:
        raise FormatError("data is empty; expected at least one image.", where="input_data", remedy=_EXAMPLE)
    cells = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in rows]
    decode = _decode_row if rows_fail_alone else decode_image
    if not _is_json(cells[0]):
        images = tuple(decode(cell, where=_place(number)) for number, cell in enumerate(cells))
        return ScoringRequest(images, None, labels)
    calls = [_read_call(cell, _place(number)) for number, cell in enumerate(cells)]
    images = tuple(
        decode(call["image_base64"], where=f"{_place(number)}, image_base64") for number, call in enumerate(calls)
    )
    return ScoringRequest(images, _read_explain(calls[0]), labels, _read_maps(calls[0]))


def _is_json(cell: Any) -> bool:
    """Base64 has no brackets, so that a first sign tells."""
    return isinstance(cell, str) and cell.lstrip().startswith("{")


def _read_call(cell: Any, where: str) -> dict[str, Any]:
    if not _is_json(cell):
        found = "an object" if isinstance(cell, dict) else "no JSON text"
        raise FormatError(
            f"The row is {found}; the first row is JSON text, so every row must be.",
            where=where,
            remedy="Write every row as JSON text with image_base64.",
        )
    call = _loads(cell, "The row")
    if "image_base64" not in call:
        raise FormatError(
            "The row has no image_base64.", where=where, remedy="Add image_base64 with the image as base64."
        )
    return call


def _read_explain(call: dict[str, Any]) -> XaiParameters | None:
    wanted = parse_truth(call.get("model_explainability", False))
    return XaiParameters.parse(call.get("xai_parameters")) if wanted else None


def _read_maps(call: dict[str, Any]) -> MapsWanted | None:
    parameters = call.get("xai_parameters")
    value = parameters.get("maps") if isinstance(parameters, dict) else None
    return None if value is None else MapsWanted.parse(value)


def _render_row(text: str, explain: XaiParameters | None, maps: MapsWanted | None) -> str:
    asked = {**(explain.as_fields() if explain else {}), **({"maps": maps.as_fields()} if maps else {})}
    return json.dumps({"image_base64": text, "model_explainability": explain is not None, "xai_parameters": asked})


def _place(number: int) -> str:
    return f"input_data.data[{number}]"
