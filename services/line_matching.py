"""Which image of a project the line of a file is about, also when the image comes after the line."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice

from domain.plain_content import Plain
from domain.prediction import Content, Task
from formats.azure.labels import parse_label_line
from formats.azure.predictions import parse_predictions
from formats.base import ImageMatch
from formats.image_index import ImageIndex
from services.projects import fetch_project
from services.scoring import lasting_prefix, with_lasting_ids
from services.workspace import Workspace
from store import predictions
from store.findings import drop_findings
from store.images import iterate_sizes
from store.predictions import StoredPrediction
from store.sources import Source, assign_images, iterate_unmatched, list_sources

_BATCH = 1000


class ProjectImages:
    """The images of a project, found by the addresses in files; one that is missing keeps its lines."""

    def __init__(self, workspace: Workspace, project_id: int) -> None:
        self._widths, self._heights = array("I"), array("I")
        self._there = ImageIndex(self._read(workspace, project_id, is_missing=False))
        self._present = len(self._widths)
        self._missing = ImageIndex(self._read(workspace, project_id, is_missing=True))

    def _read(self, workspace: Workspace, project_id: int, *, is_missing: bool) -> Iterator[str]:
        with workspace.read() as connection:
            for image_id, width, height in iterate_sizes(connection, project_id, is_missing=is_missing):
                self._widths.append(width)
                self._heights.append(height)
                yield image_id

    def __len__(self) -> int:
        return len(self._widths)

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        """For each address its image and the number of that, -1 for none; an empty address has none.

        Of an image that is there and one that is missing, the first counts unless more of the path speaks.
        """
        found = self._there.locate(image_urls)
        if self._present < len(self._widths):
            for number, (match, row) in enumerate(self._missing.locate(image_urls)):
                if match.parts > found[number][0].parts:
                    found[number] = match, row + self._present if row >= 0 else -1
        return [pair if url else (ImageMatch(None), -1) for url, pair in zip(image_urls, found, strict=True)]

    def size(self, row: int) -> tuple[int, int]:
        """The (width, height) of image `row` in stored pixels, 0 when it cannot be read."""
        return self._widths[row], self._heights[row]


def file_model_id(file: str, sha256: str) -> str:
    """The id under which the predictions of a file are kept."""
    return f"file/{file}@{sha256[:8]}"


def file_prediction(image_id: str, content: Content, model_id: str) -> StoredPrediction:
    """What a file predicts for an image; no two files call an object by the same id."""
    return StoredPrediction(image_id, with_lasting_ids(content, model_id))


def lasting_plain(plain: Plain, model_id: str) -> Plain:
    """The same for what a line says in its plain form."""
    if "objects" not in plain:
        return plain
    prefix = lasting_prefix(model_id)
    return {"objects": [[f"{prefix}-{number}", *item[1:]] for number, item in enumerate(plain["objects"])]}


def match_late_images(workspace: Workspace, project_id: int) -> None:
    """Give the lines that found no image when their file was read the ones that have come since."""
    task = fetch_project(workspace, project_id).task
    with workspace.read() as connection:
        sources = list_sources(connection, project_id)
    images: ProjectImages | None = None
    for source in sources:
        found: dict[int, str] = {}
        with workspace.read() as connection:
            lines = iterate_unmatched(connection, source.source_id)
            while batch := list(islice(lines, _BATCH)):
                images = images or ProjectImages(workspace, project_id)
                urls = [_address(text, source, task) if url is None else url for _, url, text in batch]
                for (line, _, _), (match, _) in zip(batch, images.locate(urls), strict=True):
                    if match.path is not None:
                        found[line] = match.path
        _assign(workspace, project_id, source, found)


def _address(text: str, source: Source, task: Task) -> str:
    """What names the image of a stored line whose address was not kept: a line of one of Azure's formats."""
    if source.kind == "labels":
        return parse_label_line(text, task=task).image_url
    return next((record.image_url for record in parse_predictions([text.encode()], file="", task=task).records), "")


def _assign(workspace: Workspace, project_id: int, source: Source, found: dict[int, str]) -> None:
    model_id = file_model_id(source.file, source.sha256)
    lines = iter(found)
    with workspace.write() as connection:
        while batch := list(islice(lines, _BATCH)):
            stored = assign_images(connection, source.source_id, {line: found[line] for line in batch})
            drop_findings(connection, source.source_id, "JL011", lines=batch)
            made = {
                line.image_id: file_prediction(line.image_id, line.content, model_id)
                for line in stored
                if source.kind == "predictions" and line.image_id is not None and line.content is not None
            }
            predictions.save_predictions(connection, project_id, model_id, list(made.values()))
