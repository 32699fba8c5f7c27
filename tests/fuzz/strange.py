"""Valid files in shapes that Relook reads and does not write: format -> (task, file name, content)."""

from __future__ import annotations

import base64
import json
import struct
import zlib

from domain.prediction import Task

_DETAILS = {"width": 400, "height": "250px"}


def _lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def _tiny_png() -> str:
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


_PNG = _tiny_png()
_ARRAY = [[[0.5, -0.5], [0.25, 0.0]]] * 3
_BOX = {"topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}

STRANGE: dict[str, list[tuple[Task, str, str]]] = {
    "azure-jsonl": [
        (
            Task.DETECTION,
            "corners.jsonl",
            _lines(
                *(
                    {
                        "imageUrl": f"photos/{number}.jpg",
                        "image_details": _DETAILS,
                        "label": [{"class_name": "mug", "xmin": 40, "ymin": 50, "xmax": 200, "ymax": 150}],
                    }
                    for number in range(3)
                )
            ),
        ),
        (
            Task.SEGMENTATION,
            "points.jsonl",
            _lines(
                *(
                    {
                        "file_name": f"photos/{number}.jpg",
                        "image_details": _DETAILS,
                        "annotations": [
                            {"label": "mug", "bbox": [40, 50, 300, 100], "points": [[4, 5], [9, 5], [9, 9]]}
                        ],
                    }
                    for number in range(3)
                )
            ),
        ),
    ],
    "azure-batch": [
        (
            Task.DETECTION,
            "flat.jsonl",
            _lines(
                {"image_url": "AmlDatastore://s/1.jpg", "label": [{"label": "mug", **_BOX}], "label_confidence": [0.5]}
            )
            + str(("2.jpg", {"boxes": [{"box": _BOX, "label": "mug", "score": 0.5}]}))
            + "\n",
        ),
    ],
    "azure-scoring": [
        (
            Task.CLASSIFICATION,
            "explained.json",
            json.dumps(
                [{"probs": [0.25, 0.75], "labels": ["mug", "plate"], "visualizations": _PNG, "attributions": _ARRAY}]
            ),
        ),
        (
            Task.MULTILABEL,
            "explained_twice.json",
            json.dumps(
                [
                    {
                        "filename": "1.jpg",
                        "probs": [0.75, 0.75],
                        "labels": ["mug", "plate"],
                        "visualizations": [_PNG, None],
                        "attributions": [_ARRAY, _ARRAY],
                    }
                ]
            ),
        ),
    ],
    "hugging-face": [
        (
            Task.CLASSIFICATION,
            "ranked.json",
            json.dumps([{"0": {"label": "mug", "score": 0.75}, "1": {"label": "plate", "score": 0.25}}]),
        ),
        (Task.CLASSIFICATION, "single.json", json.dumps([{"label": "mug", "score": 0.75}])),
    ],
}
