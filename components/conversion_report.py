"""The parity report of a project in another format: what went in, what came out, and what the format cannot hold."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.headings import card
from components.made_files import wait_for
from components.tables import draw_table
from components.words import bytes_in_words, plural
from services.conversion import Conversion
from services.export_jobs import Converted, conversion_key, find_conversion, start_conversion
from services.format_choices import FormatChoice
from services.workspace import Workspace

_MOST_CLASSES = 12
_SHORT_NAMES = {".report.json": "Report", ".images.csv": "Images"}


def wait_for_conversion(
    workspace: Workspace, project_id: int, choice: FormatChoice, contents: str, split: str = ""
) -> Converted | None:
    """The project, or a split of it, as it is now in that format; None while it is written, or when it cannot be."""
    wanted = (workspace, project_id, choice.name, contents, split)
    return wait_for(
        workspace,
        conversion_key(project_id, choice.name, contents, split),
        find=lambda: find_conversion(*wanted),
        start=lambda: start_conversion(*wanted),
    )


def draw_conversion_downloads(made: Converted, choice: FormatChoice) -> None:
    """The files, read when a person asks for them."""
    for file in made.beside:
        name = _SHORT_NAMES.get("".join(file.suffixes[-2:]), file.name)
        st.download_button(name, file.read_bytes, file.name, on_click="ignore", key=f"download-{file.name}")
    st.download_button(
        f"Download {choice.title}",
        made.download.read_bytes,
        made.download.name,
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )


def draw_conversion(made: Converted, choice: FormatChoice) -> None:
    """The verdict, the counts, and every kind of loss with its first cases."""
    conversion = made.conversion
    _draw_verdict(conversion)
    with card("Parity report", key="parity"):
        draw_table(("Checked", "In the project", "In the file", "Note"), _rows(conversion), numeric=(1, 2))
    left, right = st.columns(2, gap="small")
    with left, card(f"What {choice.title} cannot hold", key="losses", count=len(conversion.losses.counts)):
        rows = [
            (loss.in_words, f"{count:,}", conversion.losses.examples[loss][0])
            for loss, count in conversion.losses.counts.items()
        ]
        if rows:
            draw_table(("Lost", "Times", "For example"), rows, numeric=(1,))
        else:
            st.write("Nothing is lost.")
    with right, card("What is in the file", key="contents"):
        facts = [("name", made.download.name), ("size", bytes_in_words(made.download.stat().st_size))]
        decided = [
            (f"{verdict} by a reviewer", plural(count, "image")) for verdict, count in conversion.decisions.items()
        ]
        draw_table(("", ""), [*decided, *facts, ("SHA\u2011256", conversion.sha256)])


def _draw_verdict(conversion: Conversion) -> None:
    if conversion.differences:
        colour, bold = "rl-red", "The file does not agree with the screen."
        rest = f"{conversion.differences[0]}. Do not use it."
    else:
        colour, bold = "rl-green", "The file agrees with the screen."
        rest = f"It was written, read back and compared: {plural(conversion.after.records, 'record')}."
        losses = len(conversion.losses.counts)
        rest += f" {losses} kind{'s' if losses != 1 else ''} of things cannot be held, see below." if losses else ""
    st.html(f'<div class="rl-note {colour}" role="status"><b>{escape(bold)}</b><span>{escape(rest)}</span></div>')


def _rows(conversion: Conversion) -> list[tuple[str, str, str, str]]:
    before, after = conversion.before, conversion.after
    noun = "Objects" if conversion.task.has_objects else "Classes of images"
    rows = [
        ("Records", f"{before.records:,}", f"{after.records:,}", "the label or the prediction of an image"),
        (noun, f"{before.things:,}", f"{after.things:,}", ""),
    ]
    names = [name for name in conversion.classes if before.classes[name] or after.classes[name]]
    shown = sorted(names, key=lambda name: -before.classes[name])[:_MOST_CLASSES]
    rows += [(name, f"{before.classes[name]:,}", f"{after.classes[name]:,}", "class") for name in shown]
    if len(names) > len(shown):
        rows.append((f"{len(names) - len(shown)} more classes", "", "", "all of them stand in the report"))
    return rows
