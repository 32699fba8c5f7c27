"""The description of the scoring server, OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from domain.prediction import ModelInfo
from domain.version import VERSION
from formats.azure.scoring_xai import ALGORITHMS, APPROXIMATIONS

_TEXT, _NUMBER, _TRUTH = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
_ERRORS = {
    "400": "The request has not the right shape, or asks for what the model or method cannot do.",
    "401": "The token is missing, unknown or over.",
    "408": "The request took too long to arrive.",
    "413": "The request is too large, or holds too many images.",
    "429": "There is no room now; Retry-After says when.",
    "504": "The answer takes longer than a request may.",
}


def describe(info: ModelInfo) -> dict[str, Any]:
    """The document for a server of that model."""
    refusals = {
        status: {"description": words, "content": _json({"$ref": "#/components/schemas/Error"})}
        for status, words in _ERRORS.items()
    }
    answers = {"type": "array", "items": {"anyOf": [_ref("Answer"), _ref("Error")]}}
    score = {
        "operationId": "score",
        "summary": f"What {info.name} says about images, and why",
        "requestBody": {"required": True, "content": _json(_ref("Request"))},
        "responses": {"200": {"description": "One answer an image.", "content": _json(answers)}, **refusals},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Relook: {info.name}", "version": VERSION, "summary": info.task.in_words},
        "paths": {
            "/score": {"post": score},
            "/health": {"get": _get("health", "Whether the model answers", "application/json", security=[])},
            "/metrics": {"get": _get("metrics", "Counters for Prometheus", "text/plain")},
        },
        "components": {
            "schemas": {
                "Request": _request(),
                "Call": _call(),
                "Answer": _object_answer() if info.task.has_objects else _class_answer(info),
                "Error": _object({"error": _TEXT, "remedy": _TEXT}, required=["error"]),
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _request() -> dict[str, Any]:
    row = {
        "anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "string", "description": "A Call as JSON"}]
    }
    data = {"type": "array", "minItems": 1, "items": row, "description": "The first row decides for all."}
    columns = {"type": "array", "const": ["image"]}
    inner = _object({"columns": columns, "data": data, "index": {"type": "array"}}, required=["columns", "data"])
    return _object({"input_data": inner}, required=["input_data"])


def _call() -> dict[str, Any]:
    parameters = _object(
        {
            "xai_algorithm": {"enum": list(ALGORITHMS), "default": "xrai"},
            "visualizations": {**_TRUTH, "default": True},
            "attributions": {**_TRUTH, "default": False},
            "confidence_score_threshold_multilabel": {**_NUMBER, "default": 0.5},
            "n_steps": {"type": "integer", "minimum": 2, "default": 50},
            "xrai_fast": {**_TRUTH, "default": True},
            "approximation_method": {"enum": list(APPROXIMATIONS), "default": "riemann_middle"},
            "maps": {"type": "object", "description": "Maps of any method, class or object; Relook only."},
        }
    )
    image = {"type": "string", "contentEncoding": "base64"}
    fields = {"image_base64": image, "model_explainability": {**_TRUTH, "default": False}, "xai_parameters": parameters}
    return _object(fields, required=["image_base64"])


def _class_answer(info: ModelInfo) -> dict[str, Any]:
    count = len(info.classes)
    fields = {
        "probs": {"type": "array", "items": {**_NUMBER, "minimum": 0, "maximum": 1}, "minItems": count},
        "labels": {"type": "array", "items": _TEXT, "minItems": count},
        "visualizations": {"description": "PNG files as base64: one, or, of several classes an image, a list"},
        "attributions": {"description": "Signed numbers [3, height, width]: one array, or a list of them"},
    }
    return _object(fields, required=["probs", "labels"])


def _object_answer() -> dict[str, Any]:
    corners = _object(dict.fromkeys(("topX", "topY", "bottomX", "bottomY"), _NUMBER))
    rings = {"type": "array", "items": {"type": "array", "items": _NUMBER}}
    box = _object(
        {"box": corners, "label": _TEXT, "score": _NUMBER, "polygon": rings}, required=["box", "label", "score"]
    )
    return _object({"boxes": {"type": "array", "items": box}}, required=["boxes"])


def _object(fields: dict[str, Any], *, required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": fields, **({"required": required} if required else {})}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _get(name: str, summary: str, kind: str, **more: Any) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "object"} if kind == "application/json" else _TEXT}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": {"description": "So it is.", "content": content}},
        **more,
    }
