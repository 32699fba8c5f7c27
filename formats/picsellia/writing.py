"""Writing payloads, one a line, and the label map beside them (formats.md 6.3)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from domain.prediction import Content, Instances, Labels, Task, count_things
from formats.base import Record, WriteOptions, Writing
from formats.base.characters import NOT_IN_JSON, clean
from formats.picsellia.fit import box_in_pixels, picture_of
from formats.picsellia.payload import PATH
from formats.picsellia.reading import labels_path
from formats.picsellia.rules import CONTENT_TYPES, SHADOW


def write_payloads(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write fitted records; champion and shadow of one image, side by side, share a payload."""
    numbers = {clean(name, NOT_IN_JSON): number for number, name in reversed(list(enumerate(options.classes)))}
    written = objects = 0
    with path.open("wb") as stream:
        for champion, shadow in _pair_up(records):
            sides = [record for record in (champion, shadow) if record is not None]
            stream.write(orjson.dumps(_payload(champion, shadow, numbers, options)) + b"\n")
            written += len(sides)
            objects += sum(count_things(record.content) for record in sides)
    names = {str(number): name for name, number in sorted(numbers.items(), key=lambda item: item[1])}
    labels_path(path).write_bytes(orjson.dumps(names, option=orjson.OPT_INDENT_2) + b"\n")
    return Writing((path, labels_path(path)), written, objects)


def _pair_up(records: Iterable[Record]) -> Iterator[tuple[Record | None, Record | None]]:
    fitted = (record for record in records if record.content is not None)
    for _, group in groupby(fitted, key=lambda record: (record.image_url, record.size)):
        own = list(group)
        shadows = [record for record in own if record.facts.model == SHADOW]
        champions = [record for record in own if record.facts.model != SHADOW]
        for index in range(max(len(champions), len(shadows))):
            champion = champions[index] if index < len(champions) else None
            shadow = shadows[index] if index < len(shadows) else None
            if champion is not None and shadow is not None and not _agree(champion, shadow):
                yield champion, None
                yield None, shadow
            else:
                yield champion, shadow


def _agree(champion: Record, shadow: Record) -> bool:
    """Whether one payload can say about both what it says about the image."""
    one, other = champion.facts, shadow.facts
    return (one.timestamp, one.source, one.tags) == (other.timestamp, other.source, other.tags)


def _payload(
    champion: Record | None, shadow: Record | None, numbers: dict[str, int], options: WriteOptions
) -> dict[str, Any]:
    first = champion or shadow
    if first is None or first.size is None:
        return {}
    name, facts = first.image_url, first.facts
    filename = PurePosixPath(name).name
    payload: dict[str, Any] = {
        "filename": filename,
        "content_type": CONTENT_TYPES[PurePosixPath(name).suffix.lower()],
        "height": first.size[1],
        "width": first.size[0],
    }
    if champion is not None:
        payload["raw_predictions"] = _lists(champion, numbers, options.task)
        payload["latency"] = champion.facts.latency_s
    more = {"source": facts.source, "tags": list(facts.tags), "timestamp": facts.timestamp}
    payload.update((key, value) for key, value in more.items() if value not in ("", [], None))
    if shadow is not None:
        payload["shadow_raw_predictions"] = _lists(shadow, numbers, options.task)
        payload["shadow_latency"] = shadow.facts.latency_s
    if name != filename:
        payload["custom_metadata"] = {PATH: name}
    picture = picture_of(name, options)
    if picture is not None:
        payload["image"] = base64.b64encode(picture.read_bytes()).decode()
    return payload


def _lists(record: Record, numbers: dict[str, int], task: Task) -> dict[str, Any]:
    """The parallel lists; a class that has no number yet gets the next one."""
    content: Content | None = record.content
    if isinstance(content, Labels):
        return _plain_lists(list(content.scores), list(content.scores.values()), numbers)
    if not isinstance(content, Instances):
        return {}
    width, height = size = record.size or (1, 1)
    lists = _plain_lists([item.label for item in content.items], [item.score for item in content.items], numbers)
    if task is Task.DETECTION:
        pixels = [box_in_pixels(item.box, size) for item in content.items]
        return {**lists, "detection_boxes": [[top, left, bottom, right] for left, top, right, bottom in pixels]}
    rings = [item.polygons[0] for item in content.items]
    masks = [
        [[round(x * width), round(y * height)] for x, y in zip(ring[0::2], ring[1::2], strict=True)] for ring in rings
    ]
    return {**lists, "detection_masks": masks}


def _plain_lists(names: list[str], scores: list[Any], numbers: dict[str, int]) -> dict[str, Any]:
    for name in names:
        numbers.setdefault(name, max(numbers.values(), default=-1) + 1)
    return {
        "detection_classes": [numbers[name] for name in names],
        "detection_texts": names,
        "detection_scores": [float(score) for score in scores],
    }
