"""The cards of the Workspace page that only tell: progress, first images, classes, refused rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape

import streamlit as st

from components.headings import card
from components.tables import draw_table
from domain.finding import Finding
from domain.project import Project
from services.conversion_files import harmless
from services.overview import Overview, list_all_findings
from services.picture_addresses import picture_address
from services.workspace import Workspace

_ROWS = 50
_CLASSES = 12
_VERDICTS = {
    "accept": "accepted",
    "correct": "corrected",
    "reject": "rejected",
    "skip": "skipped",
    "flag": "flagged",
    "wrong_evidence": "right label, wrong evidence",
    "send_back": "sent back, open again",
    "resolve": "flag answered, open again",
}


def draw_progress(overview: Overview) -> None:
    """How much is reviewed, with which verdicts, by whom."""
    total = overview.folder.images
    with card("Review", key="review"):
        share = 100 * overview.decided / total if total else 0
        st.html(
            f'<div><span class="rl-figure">{overview.decided:,}</span> '
            f'<span class="rl-grey">of {total:,} images reviewed</span></div>'
            f'<div class="rl-bar"><i style="width:{share:.1f}%"></i></div>'
        )
        if overview.verdicts:
            left, right = st.columns(2)
            with left:
                rows = [(word, f"{overview.verdicts.get(name, 0):,}") for name, word in _VERDICTS.items()]
                draw_table(("", ""), [row for row in rows if row[1] != "0"], numeric=(1,))
            with right:
                draw_table(("", ""), [(name, f"{count:,}") for name, count in overview.reviewers.items()], numeric=(1,))


def draw_first_images(workspace: Workspace, project: Project, overview: Overview) -> None:
    """Ten thumbnails."""
    if not overview.first_images:
        return
    with card("Images", key="first", note=f"{len(overview.first_images)} of {overview.folder.images:,}"):
        pictures = "".join(
            f'<img src="{escape(picture_address(workspace, project.project_id, image, "thumbnails"))}" '
            f'alt="{escape(image.image_id)}" title="{escape(image.image_id)}" loading="lazy">'
            for image in overview.first_images
        )
        st.html(f'<div class="rl-thumbs">{pictures}</div>')


def draw_classes(project: Project, overview: Overview) -> None:
    """How often each class is a label and a prediction."""
    if not overview.classes:
        return
    note = "labels and predictions"
    note += f", {_CLASSES} most frequent" if len(overview.classes) > _CLASSES else ""
    with card("Classes", key="classes", note=note):
        rows = [
            (
                row.name,
                f"{row.labels:,}",
                f"{row.predictions:,}",
                "–" if row.agreement is None else f"{row.agreement:.3f}",
            )
            for row in overview.classes[:_CLASSES]
        ]
        draw_table(("Class", "Labels", "Predictions", "Same image"), rows, numeric=(1, 2, 3))
        st.caption(
            f"Same image: of the images that have the class as label or prediction (score {project.threshold:.2f} or "
            "more), the share that has it as both."
        )


def draw_findings(workspace: Workspace, project: Project, overview: Overview) -> None:
    """What was refused or is worth a look, with place and remedy."""
    if not overview.findings:
        return
    with card("Refused rows and files", key="findings", count=overview.found):
        rows = [
            (finding.file, finding.place or "–", finding.message, finding.remedy)
            for finding in overview.findings[:_ROWS]
        ]
        draw_table(("File", "Where", "What was found", "Remedy"), rows)
        if overview.found > _ROWS:
            st.caption(f"The first {_ROWS} of {overview.found:,}; the file has all.")
        st.download_button(
            "Download as CSV",
            data=lambda: findings_as_csv(list_all_findings(workspace, project)),
            file_name="findings.csv",
            mime="text/csv",
            on_click="ignore",
        )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def findings_as_csv(findings: Sequence[Finding]) -> str:
    """All findings as CSV; a cell that a spreadsheet would run as a formula is led by an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(("code", "severity", "file", "where", "found", "remedy"))
    for finding in findings:
        cells = (finding.code, finding.severity, finding.file, finding.place, finding.message, finding.remedy)
        writer.writerow(map(harmless, cells))
    return buffer.getvalue()
