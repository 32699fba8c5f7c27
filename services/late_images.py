"""Images that come after the lines about them: the lines find them when the folder is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from domain.prediction import Task
from formats import FORMATS
from formats.azure.labels import parse_label_line
from formats.azure.predictions import parse_predictions
from formats.base import Role
from services.file_models import file_model_id, file_prediction
from services.image_findings import start_of_missing
from services.project_images import ProjectImages
from services.projects import fetch_project
from services.splits import SplitTeller, keep_splits
from services.turning import to_stored_grid
from services.workspace import Workspace
from store import predictions
from store.engine import Connection
from store.findings import drop_finding, drop_findings
from store.images import list_turned
from store.sources import Source, SourceLine, assign_images, iterate_unmatched, list_sources, set_contents

_BATCH = 1000


def match_late_images(workspace: Workspace, project_id: int) -> None:
    """Give the lines that found no image when their file was read the ones that have come since."""
    task = fetch_project(workspace, project_id).task
    with workspace.read() as connection:
        sources = list_sources(connection, project_id)
        turned = list_turned(connection, project_id)
    images: ProjectImages | None = None
    for source in sources:
        found: list[_Late] = []
        with workspace.read() as connection:
            lines = iterate_unmatched(connection, source.source_id)
            while batch := list(islice(lines, _BATCH)):
                images = images or ProjectImages(workspace, project_id)
                urls = [_address(text, source, task) if url is None else url for _, url, text in batch]
                for (line, _, _), url, (match, _) in zip(batch, urls, images.locate(urls), strict=True):
                    if match.path is not None:
                        found.append(_Late(line, url, match.path))
        _assign(workspace, project_id, source, found, turned)


class _Late(NamedTuple):
    """A line whose image has come after it."""

    line: int
    address: str
    image_id: str


def _address(text: str, source: Source, task: Task) -> str:
    """What names the image of a stored line whose address was not kept: a line of one of Azure's formats."""
    if source.kind == "labels":
        return parse_label_line(text, task=task).image_url
    return next((record.image_url for record in parse_predictions([text.encode()], file="", task=task).records), "")


def _assign(
    workspace: Workspace, project_id: int, source: Source, found: Sequence[_Late], turned: Mapping[str, int]
) -> None:
    model_id = file_model_id(source.file, source.sha256)
    is_upright = source.format in FORMATS and FORMATS[source.format].is_upright
    teller = SplitTeller(source.file, source.path)
    role = Role.LABEL if source.kind == "labels" else Role.PREDICTION
    with workspace.write() as connection:
        for start in range(0, len(found), _BATCH):
            batch = found[start : start + _BATCH]
            if source.kind == "labels":
                keep_splits(connection, project_id, teller.splits_of((late.address, late.image_id) for late in batch))
            stored = assign_images(connection, source.source_id, {late.line: late.image_id for late in batch})
            if is_upright:
                stored = _turn(connection, source, stored, turned)
            drop_findings(connection, source.source_id, "JL011", lines=[late.line for late in batch])
            for late in batch:
                drop_finding(connection, source.source_id, "EX011", start=start_of_missing(role, late.address))
            made = {
                line.image_id: file_prediction(line.image_id, line.content, model_id)
                for line in stored
                if source.kind == "predictions" and line.image_id is not None and line.content is not None
            }
            predictions.save_predictions(connection, project_id, model_id, list(made.values()))


def _turn(
    connection: Connection, source: Source, lines: Sequence[SourceLine], turned: Mapping[str, int]
) -> list[SourceLine]:
    """Bring what was said about upright pictures to the stored grid: that took the image."""
    moved = [
        replace(line, content=to_stored_grid(line.content, orientation))
        for line in lines
        if line.content is not None and (orientation := turned.get(line.image_id or "")) is not None
    ]
    set_contents(connection, source.source_id, moved)
    by_line = {line.line: line for line in moved}
    return [by_line.get(line.line, line) for line in lines]
