"""The strip of figures, the confusion matrix and the classes of the Evaluate page."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from components.evaluate_table import Cell, Row, evaluate_table
from components.evaluate_words import UNDEFINED, cell, change, figure, span, tone
from components.headings import card
from domain.project import Project
from services.evaluation_result import ClassLine, Headline, Matrix, ProjectEvaluation

MOST_CLASSES = 20
"""So many rows and columns of the matrix can be read."""
_CHANGE_COLOURS = {"better": "rl-up", "worse": "rl-down", "grey": "rl-grey"}


def draw_strip(headlines: tuple[Headline, ...]) -> None:
    """One cell a figure: its value, the one before, and both intervals."""
    st.html(f'<div class="rl-strip">{"".join(_figure(each) for each in headlines)}</div>')


def _figure(each: Headline) -> str:
    if each.count is not None:
        share = f"{span(each.after)} of them" if each.after else "Nobody reviewed a label yet"
        return (
            f'<div><span class="rl-strip-name">{escape(each.title)}</span><span><b>{each.count:,}</b> '
            f'<span class="rl-grey">{escape(each.note)}</span></span><span class="rl-grey">{share}</span></div>'
        )
    value = figure(each.after.value if each.after else None)
    was = f'<span class="rl-grey">from {figure(each.before)}</span>' if each.before is not None else ""
    moved = each.change
    words = ""
    if moved is not None and each.before is not None:
        is_sure = moved.low > 0 or moved.high < 0  # else it may be chance, and has no colour
        kind = _CHANGE_COLOURS[tone(moved.value if is_sure else None, is_higher_better=each.is_higher_better)]
        words = (
            f'<span class="{kind}" title="95 % interval of the change: {span(moved)}">'
            f"{change(moved.value)} ({change(moved.low)} to {change(moved.high)})</span>"
        )
    return (
        f'<div><span class="rl-strip-name">{escape(each.title)}</span><span><b>{value}</b> {was}</span>'
        f'<span class="rl-grey">{span(each.after)}</span>{words}</div>'
    )


def draw_matrix(project: Project, matrix: Matrix, place: str) -> None:
    """Counts; blue where label and prediction agree, orange where not, as strong as its share of the row."""
    has_more = len(matrix.rows) > MOST_CLASSES
    note = f"{matrix.unit}, rows: label, columns: prediction"
    with card("Confusion matrix", key="matrix", note=f"{note}; {MOST_CLASSES} with most errors" if has_more else note):
        if not matrix.counts.sum():
            st.caption("Nothing to compare yet.")
            return
        shown = _shown(matrix)
        rows = [_matrix_row(matrix, row, shown) for row in shown]
        heads = ["", *(matrix.columns[column] for column in shown)]
        evaluate_table("Confusion matrix", heads, rows, key=f"matrix-{project.project_id}", place=place, is_matrix=True)


def _shown(matrix: Matrix) -> list[int]:
    """The classes with most errors, in order; what is extra or missed always."""
    places = list(range(len(matrix.rows)))
    if len(places) <= MOST_CLASSES:
        return places
    wrong = matrix.counts.sum(axis=0) + matrix.counts.sum(axis=1) - 2 * np.diag(matrix.counts)
    is_side = np.array([matrix.rows[place] != matrix.columns[place] for place in places])
    worst = np.argsort(-np.where(is_side, wrong.max() + 1, wrong), kind="stable")[:MOST_CLASSES]
    return sorted(worst.tolist())


def _matrix_row(matrix: Matrix, row: int, shown: list[int]) -> Row:
    total = max(1, int(matrix.counts[row].sum()))
    cells: list[Cell] = []
    for column in shown:
        count = int(matrix.counts[row, column])
        if not count:
            cells.append({"text": ""})
            continue
        is_right = row == column and matrix.rows[row] == matrix.columns[column]
        title = f"Label {matrix.rows[row]}, predicted {matrix.columns[column]}: {count:,}"
        kind = "right" if is_right else "wrong"
        key = matrix.key(row, column)
        cells.append({"text": f"{count:,}", "key": key, "title": title, "tone": kind, "share": count / total})
    return {"name": matrix.rows[row], "cells": cells}


def draw_classes(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """One figure of each class, before and after review as dots on a line from 0 to 1."""
    with card(
        f"{evaluation.figure} by class", key="by-class", note="ring: {1}, dot: {0}".format(*evaluation.about.sides)
    ):
        if not evaluation.classes:
            st.caption("No class yet.")
            return
        worst_first = sorted(evaluation.classes, key=lambda line: (line.after is None, line.after or 0.0))
        rows: list[Row] = [_class_row(project, line) for line in worst_first]
        sides = ["Other", "This"] if evaluation.about.other else ["Before", "After"]
        heads = ["Class", "", *sides, "Change"]
        evaluate_table(f"{evaluation.figure} by class", heads, rows, key=f"classes-{project.project_id}", place=place)


def _class_row(project: Project, line: ClassLine) -> Row:
    moved = None if line.before is None or line.after is None else line.after - line.before
    return {
        "name": line.name,
        "key": line.key,
        "colour": project.colour_of(line.name),
        "cells": [
            {"text": UNDEFINED, "dots": (line.before, line.after)},
            {"text": figure(line.before)},
            {"text": figure(line.after)},
            {"text": change(moved), "tone": tone(moved)},
        ],
    }


def draw_rates(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """Every figure of every class, and the averages."""
    with card("Every figure", key="rates", note="undefined ones are a dash and left out of the averages"):
        rows: list[Row] = [
            {
                "name": line.name,
                "key": line.key,
                "colour": project.colour_of(line.name),
                "cells": [{"text": cell(value)} for value in line.values],
            }
            for line in evaluation.classes
        ]
        averages: list[Row] = [
            {
                "name": name,
                "cells": [{"text": "" if value is None and at < 2 else cell(value)} for at, value in enumerate(values)],
            }
            for name, values in evaluation.averages
        ]
        rows += averages
        heads = ["Class", *evaluation.class_heads]
        evaluate_table("Every figure", heads, rows, key=f"rates-{project.project_id}", place=place)
        if evaluation.further:
            st.caption(", ".join(f"{name} {figure(value)}" for name, value in evaluation.further) + ".")
