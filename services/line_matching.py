"""Which image of a project the line of a file is about, also when the image comes after the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.prediction import Content, Task
from formats.azure.labels import parse_label_line
from formats.azure.predictions import parse_predictions
from formats.base import ImageMatch
from formats.image_index import ImageIndex
from services.projects import fetch_project
from services.scoring import with_lasting_ids
from services.workspace import Workspace
from store import predictions
from store.findings import drop_findings
from store.images import list_files
from store.predictions import StoredPrediction
from store.sources import Source, SourceLine, assign_images, iterate_unmatched, list_sources


class ProjectImages:
    """The images of a project, found by the addresses in files; one that is missing keeps its lines.

    Attributes:
        sizes: image_id -> (width, height) in stored pixels, 0 when unreadable.
    """

    def __init__(self, workspace: Workspace, project_id: int) -> None:
        with workspace.read() as connection:
            files = list_files(connection, project_id)
        self.sizes: Mapping[str, tuple[int, int]] = {
            file.image.image_id: (file.image.width, file.image.height) for file in files
        }
        self._there = ImageIndex(file.image.image_id for file in files if not file.is_missing)
        self._missing = ImageIndex(file.image.image_id for file in files if file.is_missing)
        self._found: dict[str, ImageMatch] = {}

    def find(self, image_url: str) -> ImageMatch:
        """Find an image; of one that is there and one that is missing, the first unless more of the path speaks."""
        if image_url not in self._found:
            matches = (self._there.find(image_url), self._missing.find(image_url))
            self._found[image_url] = max(matches, key=lambda match: match.parts)
        return self._found[image_url]


def file_model_id(file: str, sha256: str) -> str:
    """The id under which the predictions of a file are kept."""
    return f"file/{file}@{sha256[:8]}"


def file_prediction(image_id: str, content: Content, model_id: str) -> StoredPrediction:
    """What a file predicts for an image; no two files call an object by the same id."""
    return StoredPrediction(image_id, with_lasting_ids(content, model_id))


def match_late_images(workspace: Workspace, project_id: int) -> None:
    """Give the lines that found no image when their file was read the ones that have come since."""
    task = fetch_project(workspace, project_id).task
    with workspace.read() as connection:
        waiting = [
            (source, list(iterate_unmatched(connection, source.source_id)))
            for source in list_sources(connection, project_id)
        ]
    if not any(lines for _, lines in waiting):
        return
    images = ProjectImages(workspace, project_id)
    for source, lines in waiting:
        found = [_with_image(line, source, images, task) for line in lines]
        _assign(workspace, project_id, source, [line for line in found if line.image_id is not None])


def _with_image(line: SourceLine, source: Source, images: ProjectImages, task: Task) -> SourceLine:
    if source.kind == "labels":
        records = [parse_label_line(line.text, task=task)]
    else:
        records = list(parse_predictions([line.text.encode()], file="", task=task).records)
    url = records[0].image_url if records else ""
    return replace(line, image_id=images.find(url).path if url else None)


def _assign(workspace: Workspace, project_id: int, source: Source, lines: list[SourceLine]) -> None:
    model_id = file_model_id(source.file, source.sha256)
    made = {
        line.image_id: file_prediction(line.image_id, line.content, model_id)
        for line in lines
        if source.kind == "predictions" and line.image_id is not None and line.content is not None
    }
    with workspace.write() as connection:
        assign_images(connection, source.source_id, lines)
        drop_findings(connection, source.source_id, "JL011", lines=[line.line for line in lines])
        predictions.save_predictions(connection, project_id, model_id, list(made.values()))
