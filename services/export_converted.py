"""Lines of the corrected file for labels that came in another format: their file has no lines to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from domain.class_list import take_names
from domain.prediction import Content, join_contents
from domain.project import CurrentDecision
from services.export_lines import read_current
from services.line_outcomes import LEAVING_OUT, OutLine, Plan, describe, render_new
from services.record_flow import relative_path
from store import contents
from store.engine import Connection
from store.export_rows import iterate_blocks, lines_of_images
from store.images import list_files
from store.sources import Source, addresses_of


def write_converted(connection: Connection, source: Source, plan: Plan, *, prefix: str) -> Iterator[list[OutLine]]:
    """Yield a line for every image of a label file that is not Azure's, some thousands at a time.

    An image that several files speak about counts in the newest, as on every screen.
    """
    done: set[str] = set()
    for rows in iterate_blocks(connection, source.source_id):
        names = list(dict.fromkeys(row.image_id for row in rows if row.image_id is not None))
        groups = lines_of_images(connection, source.source_id, names)
        current = read_current(connection, plan, names)
        sizes = {
            file.image.image_id: (file.image.width, file.image.height)
            for file in list_files(connection, plan.project_id, image_ids=names)
        }
        addresses = addresses_of(connection, source.source_id, [row.line for row in rows if row.image_id is None])
        lines: list[OutLine] = []
        for row in rows:
            if row.image_id is None:
                lines.append(_write_unmatched(row, addresses.get(row.line) or "", plan, prefix))
            elif row.image_id not in done:
                done.add(row.image_id)
                group, decision = groups[row.image_id], current.get(row.image_id)
                if plan.newest.get(row.image_id, source.source_id) != source.source_id:
                    lines.append(_left_out(row.image_id, group, None, f"{source.file}: a newer file has this image"))
                else:
                    size = sizes.get(row.image_id, (0, 0))
                    line = write_image(row.image_id, group, decision, plan, prefix=prefix, size=size)
                    lines.append(line if decision is None else line._replace(sources=tuple(group), size=size))
        yield lines


def write_image(
    image_id: str,
    rows: Sequence[Any],
    decision: CurrentDecision | None,
    plan: Plan,
    *,
    prefix: str,
    size: tuple[int, int],
) -> OutLine:
    """The line of an image that a file of another format speaks about."""
    given = tuple(row.content for row in rows)
    if decision is not None and decision.verdict in LEAVING_OUT:
        return _left_out(image_id, rows, decision, describe(decision))
    joined = join_contents([content for text in given if (content := _decode(text, plan)) is not None])
    content = decision.content if decision is not None and decision.content is not None else joined
    if content is None:
        return OutLine("", image_id, None, "refused", given, decision, "its label cannot be understood")
    line = render_new(content, plan.task, image_id=image_id, prefix=prefix, size=size)
    is_corrected = decision is not None and decision.content is not None and decision.content != joined
    kind = line.kind if line.kind == "refused" else "corrected" if is_corrected else "converted"
    return line._replace(kind=kind, given=given, decision=decision)


def _write_unmatched(row: Any, address: str, plan: Plan, prefix: str) -> OutLine:
    """A line about an image that the project does not have."""
    content = _decode(row.content, plan)
    if content is None or not address:
        return OutLine("", None, row.content, "refused", (row.content,), None, "it names no image or holds no label")
    line = render_new(content, plan.task, image_id=relative_path(address), prefix=prefix, size=(0, 0), address=address)
    kind = line.kind if line.kind == "refused" else "converted"
    return line._replace(kind=kind, image_id=None, given=(row.content,))


def _left_out(image_id: str, rows: Sequence[Any], decision: CurrentDecision | None, reason: str) -> OutLine:
    return OutLine("", image_id, None, "left out", tuple(row.content for row in rows), decision, reason)


def _decode(text: str | None, plan: Plan) -> Content | None:
    """What a file says, classes called as they are now."""
    return take_names(contents.decode(text), plan.present)
