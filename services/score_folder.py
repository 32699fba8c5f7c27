"""Asking a model about a folder of images and writing what it says, line by line, so that a cut costs little."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from domain.errors import ConflictError
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.progress import Report, ignore_progress
from formats.azure.predictions import render_prediction
from services.loose_images import LooseImages, refer
from services.output_files import check_output, replacing, unwritable
from services.scoring import score_images

if TYPE_CHECKING:
    from predictors import Predictor

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class ScoredFolder:
    """What came of scoring a folder.

    Attributes:
        scored: Images with a line in the file.
        resumed: How many of them an earlier run had finished.
        unreadable: image_id -> why it cannot be read.
    """

    scored: int
    resumed: int
    unreadable: Mapping[str, str]


def score_folder(
    predictor: Predictor,
    spec: ModelSpec,
    images: LooseImages,
    out: Path,
    *,
    max_pixels: int,
    report: Report = ignore_progress,
) -> ScoredFolder:
    """Predict every image and write Azure batch lines, in the order of the images.

    While it runs, finished lines stand in `OUT.part`. A run that was cut off is gone on with when the same model is
    asked about the same folder again. `out` itself appears, or is replaced, when all is done.

    Args:
        predictor: The loaded model.
        spec: What it was loaded by.
        images: Of a folder, or one.
        out: The file to write; not touched when no image can be read.
        max_pixels: Larger images are unreadable.
        report: Called with (images done, images).

    Raises:
        InputError: `out` may not be written.
        ConflictError: `OUT.part` holds lines of another model or folder.
        Cancelled: A person asked to stop.
    """
    check_output(out)
    header = {"relook": "unfinished predictions", "model_id": predictor.info.model_id, **_settings(spec, images)}
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with unfinished.open("a+b") as lines:
            part = _Part(lines, header, where=str(unfinished))
            resumed = len(part.places.keys() & images.paths.keys())
            unreadable = _score(predictor, spec, images.paths, part, max_pixels=max_pixels, report=report)
            scored = len(images.paths) - len(unreadable)
            if scored:
                with replacing(out) as stream:
                    part.copy_lines(images.paths, stream)
        unfinished.unlink()
    except OSError as error:
        raise unwritable(out, error) from error
    return ScoredFolder(scored, resumed, unreadable)


def _settings(spec: ModelSpec, images: LooseImages) -> dict[str, Any]:
    settings = {name: value for name, value in asdict(spec).items() if name != "device"}
    return {**settings, "images": str(images.place)}


def _score(
    predictor: Predictor, spec: ModelSpec, images: Mapping[str, Path], part: _Part, *, max_pixels: int, report: Report
) -> dict[str, str]:
    waiting = [(name, path) for name, path in images.items() if name not in part.places]
    done = len(images) - len(waiting)
    report(done, len(images))
    unreadable: dict[str, str] = {}
    for start in range(0, len(waiting), _CHUNK):
        chunk = refer(waiting[start : start + _CHUNK], orientation=spec.orientation, max_pixels=max_pixels)
        for image_id, line, problem in _lines(predictor, spec, chunk, max_pixels=max_pixels):
            if problem:
                unreadable[image_id] = problem
            else:
                part.add(image_id, line)
            done += 1
            report(done, len(images))
    return unreadable


def _lines(
    predictor: Predictor, spec: ModelSpec, images: list[ImageRef], *, max_pixels: int
) -> Iterator[tuple[str, str, str]]:
    """Yield (image_id, line, problem); the line is empty where there is a problem."""
    for batch in score_images(predictor, spec, images, max_pixels=max_pixels):
        for made in batch:
            line = render_prediction(made.image_id, made.content) if made.content is not None else ""
            yield made.image_id, line, made.problem


class _Part:
    """The lines finished so far: a first line says of which model, every other one is as it will stand in the file.

    Attributes:
        places: image_id -> where its line begins.
    """

    def __init__(self, stream: BinaryIO, header: Mapping[str, Any], *, where: str) -> None:
        """Take over the lines of an earlier run, or begin with the header.

        Raises:
            ConflictError: The earlier run was another one.
        """
        self.places: dict[str, int] = {}
        self._stream = stream
        wanted = json.loads(json.dumps(header, default=str))
        stream.seek(0)
        first = stream.readline()
        if first.endswith(b"\n"):
            _check_header(_parse(first), wanted, where)
            self._read_places()
        else:
            stream.truncate(0)
            stream.write(json.dumps(wanted).encode() + b"\n")

    def add(self, image_id: str, line: str) -> None:
        """Write the line of an image; it is there to stay when this returns, unless the machine itself stops."""
        self.places[image_id] = self._stream.seek(0, os.SEEK_END)
        self._stream.write(line.encode() + b"\n")
        self._stream.flush()

    def copy_lines(self, images: Iterable[str], out: BinaryIO) -> None:
        """Copy the lines of `images` that have one, in their order."""
        for image_id in images:
            if image_id in self.places:
                self._stream.seek(self.places[image_id])
                out.write(self._stream.readline())

    def _read_places(self) -> None:
        """Find the whole lines; a torn one at the end is cut off."""
        end = self._stream.tell()
        while (line := self._stream.readline()).endswith(b"\n"):
            name = _image_of(line)
            if name is None:
                break
            self.places[name] = end
            end = self._stream.tell()
        self._stream.truncate(end)


def _check_header(found: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    differs = [name for name in wanted if found.get(name) != wanted[name]]
    if differs:
        raise ConflictError(
            f"The file holds the unfinished predictions of another run: {', '.join(differs)} differ.",
            where=where,
            remedy="Delete it, choose another --out, or start again what was begun.",
        )


def _parse(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _image_of(line: bytes) -> str | None:
    name = _parse(line).get("filename")
    return name if isinstance(name, str) else None
