"""One payload of the monitoring service as the predictions of champion and shadow (formats.md 6.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from domain.prediction import Content, Task
from formats.base import Facts, FileReport, ReadOptions, Record, Role
from formats.base.numbers import finite_number
from formats.base.pixels import read_size
from formats.picsellia.lists import ListReader, Note, kind_of
from formats.picsellia.rules import CHAMPION, CONTENT_TYPES, SHADOW

_PREDICTION_KEYS = ("raw_predictions", "prediction")
_SHADOW_KEYS = ("shadow_raw_predictions", "shadow_prediction")
_KNOWN = {
    *_PREDICTION_KEYS,
    *_SHADOW_KEYS,
    *("filename", "content_type", "height", "width", "latency", "shadow_latency", "source", "tags", "timestamp"),
    *("upload_dir", "custom_metadata"),
}
_MILLISECONDS = 1e11
PATH = "path"
"""Key of custom_metadata under which Relook writes the path of an image: a filename has no folders."""


class PayloadReader:
    """Reads payload after payload of one file."""

    def __init__(self, options: ReadOptions, classes: Mapping[int, str], report: FileReport) -> None:
        self._options = options
        self._classes = {**classes, **options.classes}
        self._report = report
        self.left_out: Counter[str] = Counter()

    def read(self, line: int, payload: Any) -> Iterator[Record]:
        """Yield the champion's and the shadow's prediction; one record without content when there is neither."""
        note = partial(self._note, line)
        if not isinstance(payload, dict):
            note("EX001", f"Found: {type(payload).__name__}. Expected: an object, a payload.", remedy="Mend it.")
            yield Record(line, "", "", None, findings=self._report.take(), role=Role.PREDICTION)
            return
        name = self._read_name(payload, note)
        size = self._read_size(payload, name, note)
        self._check_content_type(payload, note)
        facts = self._read_facts(payload, note)
        sides = list(self._read_sides(line, payload, size, note))
        if not sides:
            note("PI001", "The payload has no raw_predictions.", remedy="Add them.")
            sides = [(CHAMPION, None, (), None)]
        self.left_out.update(key for key in payload if key not in _KNOWN)
        for model, content, ids, latency in sides:
            yield Record(
                line,
                "",
                name,
                content,
                findings=self._report.take(),
                instance_ids=ids,
                role=Role.PREDICTION,
                size=size,
                facts=Facts(model=model, latency_s=latency, **facts),
            )

    def _note(self, line: int, code: str, message: str, *, annotation: int | None = None, remedy: str = "") -> None:
        self._report.add(code, message, line=line, annotation=annotation, remedy=remedy)

    def _read_sides(
        self, line: int, payload: Mapping[str, Any], size: tuple[int, int] | None, note: Note
    ) -> Iterator[tuple[str, Content | None, tuple[str, ...], float | None]]:
        champion, shadow = _first(payload, _PREDICTION_KEYS), _first(payload, _SHADOW_KEYS)
        if champion is not None:
            latency = _latency(payload.get("latency"), "latency", "PI008", note)
            yield CHAMPION, *self._read_prediction(champion, f"c{line}", size, note), latency
        if shadow is None:
            if payload.get("shadow_latency") is not None:
                note("PI050", "There is a shadow latency and no shadow prediction.", remedy="Add it.")
            return
        if champion is None:
            note("PI051", "There is a shadow prediction and no other.", remedy="Send it to /shadow.")
        elif isinstance(champion, dict) and isinstance(shadow, dict) and kind_of(champion) != kind_of(shadow):
            found = f"{kind_of(champion)} and {kind_of(shadow)}"
            note("PI010", f"Prediction and shadow prediction hold {found}.", remedy="Send the same kind.")
        latency = _latency(payload.get("shadow_latency"), "shadow_latency", "PI009", note)
        yield SHADOW, *self._read_prediction(shadow, f"s{line}", size, note), latency

    def _read_prediction(
        self, fields: Any, prefix: str, size: tuple[int, int] | None, note: Note
    ) -> tuple[Content | None, tuple[str, ...]]:
        if not isinstance(fields, dict):
            note("PI001", f"The prediction is {fields!r:.80}, expected an object of lists.", remedy="Mend it.")
            return None, ()
        if self._report.task is None:
            self._report.task = task_of(fields)
        return ListReader(self._classes, size, prefix, note).read(fields)

    def _read_name(self, payload: Mapping[str, Any], note: Note) -> str:
        name, folder = payload.get("filename"), payload.get("upload_dir")
        if not isinstance(name, str) or not name:
            note("EX002", f"The filename is {name!r:.80}, expected a text.", remedy="Add it.")
            return ""
        more = payload.get("custom_metadata")
        path = more.get(PATH) if isinstance(more, dict) else None
        if isinstance(more, dict) and set(more) - {PATH}:
            self.left_out["custom_metadata"] += 1
        if isinstance(path, str) and path.endswith(name):
            return path
        return f"{folder}/{name}" if isinstance(folder, str) and folder else name

    def _read_size(self, payload: Mapping[str, Any], name: str, note: Note) -> tuple[int, int] | None:
        sides = (payload.get("width"), payload.get("height"))
        are_numbers = all(isinstance(side, int) and not isinstance(side, bool) for side in sides)
        size = read_size(*sides) if are_numbers else None
        if size is not None:
            return size
        message = f"The height is {sides[1]!r:.40} and the width {sides[0]!r:.40}, expected whole numbers above 0."
        note("PI011", message, remedy="Add them: the service does not open the image.")
        facts = self._options.find_image(name) if name else None
        return (facts.width, facts.height) if facts is not None else None

    def _check_content_type(self, payload: Mapping[str, Any], note: Note) -> None:
        found = payload.get("content_type")
        if not isinstance(found, str) or found.upper() not in CONTENT_TYPES.values():
            note("PI012", f"The content type is {found!r:.80}.", remedy="Send IMAGE/PNG or IMAGE/JPEG.")

    def _read_facts(self, payload: Mapping[str, Any], note: Note) -> dict[str, Any]:
        source, tags, time = (payload.get(key) for key in ("source", "tags", "timestamp"))
        seconds = finite_number(time)
        if source is not None and not isinstance(source, str):
            note("PI013", f"The source is {source!r:.80}, expected a text.", remedy="Mend it.")
        if tags is not None and not _are_texts(tags):
            note("PI013", f"The tags are {tags!r:.80}, expected a list of texts.", remedy="Mend them.")
        if time is not None and seconds is None:
            note("PI013", f"The timestamp is {time!r:.80}, expected Unix seconds.", remedy="Mend it.")
        if seconds is not None and seconds > _MILLISECONDS:
            message = f"The timestamp {seconds:.0f} is no time in seconds; it looks like milliseconds."
            note("PI052", message, remedy="Divide it by 1000 if it is so.")
            seconds = None
        return {
            "source": source if isinstance(source, str) else "",
            "tags": tuple(tags) if isinstance(tags, list) and _are_texts(tags) else (),
            "timestamp": seconds,
        }


def task_of(fields: Mapping[str, Any]) -> Task:
    """What the lists of a prediction are for; several classes of an image mean multi-label."""
    kind, classes = kind_of(fields), fields.get("detection_classes")
    if kind != "class":
        return Task.SEGMENTATION if kind == "mask" else Task.DETECTION
    return Task.CLASSIFICATION if isinstance(classes, list) and len(classes) == 1 else Task.MULTILABEL


def _latency(value: Any, key: str, code: str, note: Note) -> float | None:
    seconds = finite_number(value)
    if seconds is None or seconds < 0:
        note(code, f"The {key} is {value!r:.80}, expected seconds.", remedy="Add it.")
        return None
    return seconds


def _first(payload: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((payload[key] for key in keys if payload.get(key) is not None), None)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
