"""Run by .venv-oracles: what picsellia's own classes say about payloads.

    python check_picsellia.py FILE ...

Each FILE holds one payload a line. Prints a list, one entry a line of all files: {"accepted": bool, "error": text,
"same": bool}. A payload is the same when `Deployment.monitor_bytes` would send it just so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from picsellia.exceptions import BadRequestError
from picsellia.sdk.deployment import Deployment
from picsellia.types.schemas_prediction import (
    ClassificationPredictionFormat,
    DetectionPredictionFormat,
    PredictionFormat,
    SegmentationPredictionFormat,
)

KEYS = ("source", "tags", "timestamp", "shadow_latency", "metadata", "upload_dir", "custom_metadata", "sample")


def build(fields: dict[str, Any]) -> PredictionFormat:
    if "detection_masks" in fields:
        return SegmentationPredictionFormat(**fields)
    return (DetectionPredictionFormat if "detection_boxes" in fields else ClassificationPredictionFormat)(**fields)


def prepare(payload: dict[str, Any]) -> dict[str, Any]:
    """What the SDK would send, without the picture."""
    prediction = build(payload["raw_predictions"])
    shadow = payload.get("shadow_raw_predictions")
    return Deployment._prepare_payload_monitor(
        SimpleNamespace(type=prediction.model_type),
        payload["filename"],
        payload["latency"],
        payload["height"],
        payload["width"],
        prediction,
        payload["content_type"],
        shadow_prediction=build(shadow) if shadow is not None else None,
        custom_metrics=None,
        **{key: payload.get(key) for key in KEYS},
    )


def judge(line: str) -> dict[str, object]:
    payload = json.loads(line)
    picture = payload.pop("image", None)
    try:
        sent = prepare(payload)
    except (ValueError, TypeError, BadRequestError) as error:
        return {"accepted": False, "error": f"{type(error).__name__}: {error}", "same": False}
    assert picture is None or isinstance(picture, str)
    return {"accepted": True, "error": "", "same": sent == payload}


if __name__ == "__main__":
    lines = [line for name in sys.argv[1:] for line in Path(name).read_text(encoding="utf-8").splitlines() if line]
    print(json.dumps([judge(line) for line in lines]))
