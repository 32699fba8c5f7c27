"""`evaluate --project`: the figures of the Evaluate page as text, JSON and a report."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from cli.printing import UNDEFINED, rate, say, say_table
from cli.progress import show_progress
from cli.projects import find_project, opened_workspace
from domain.errors import InputError
from domain.trust import Estimate
from services.evaluate_project import evaluate_project
from services.evaluate_report import render_report
from services.evaluation_result import FLIPS, Headline, Matrix, ProjectEvaluation
from services.output_files import check_output, replacing

_MOST_COLUMNS = 20


def run_project(args: argparse.Namespace) -> int:
    """Evaluate the project of that name.

    Raises:
        InputError: Files are named beside the project.
    """
    if args.labels or args.predictions or args.model:
        raise InputError(
            "A project brings its own labels and predictions.", remedy="Leave out --labels, --predictions and --model."
        )
    for file in filter(None, (args.json, args.report)):
        check_output(file)
    with opened_workspace() as workspace, show_progress("Working out the figures") as report:
        project = find_project(workspace, args.project)
        made = evaluate_project(workspace, project, split=args.split, against=args.against, report=report)
    say_evaluation(made)
    if args.json:
        with replacing(args.json) as stream:
            stream.write(json.dumps(as_json(made), indent=2).encode())
    if args.report:
        with replacing(args.report) as stream:
            stream.write(render_report(made).encode())
    return 0


def say_evaluation(made: ProjectEvaluation) -> None:
    """Print what the page shows."""
    later, earlier = ("after", "before") if not made.about.other else made.about.sides
    say(f"{made.about.project.name}: {made.facts}")
    for note in (*filter(None, [made.nothing]), *made.notes):
        say(note)
    if made.nothing:
        return
    say()
    say_table([["", later, "95 % interval", earlier, "change", "95 % interval"], *map(_headline, made.headlines)])
    if made.classes:
        rows = [[line.name, *map(_cell, line.values)] for line in made.classes]
        rows += [[name, *map(_cell, values)] for name, values in made.averages]
        say()
        say_table([["class", *made.class_heads], *rows])
    if made.matrix is not None and 0 < len(made.matrix.columns) <= _MOST_COLUMNS:
        _say_matrix(made.matrix)
    if made.further:
        say()
        say_table([[name, rate(value)] for name, value in made.further])
    if made.costs:
        say()
        costs = [[each.words, f"{each.count:,}", _signed(each.gain)] for each in made.costs]
        say_table([["what costs mAP at IoU 0.50", "objects", "gain if mended"], *costs])
    if made.image_ids:
        say()
        flipped = [[made.title_of(key), f"{len(made.images_of(key)):,}"] for key in FLIPS]
        say_table([["images that flipped", "images"], *flipped])
    if made.slices:
        say()
        rows = [
            [f"{each.kind} {each.name}", f"{each.images:,}", rate(each.share.value), _span(each.share)]
            for each in made.slices
        ]
        say_table([["slice", "images", "all right", "95 % interval"], *rows])


def as_json(made: ProjectEvaluation) -> dict[str, object]:
    """The figures as plain numbers; None is undefined."""
    return {
        "project": made.about.project.name,
        "model": made.about.model,
        "against": made.about.other or None,
        "split": made.about.split or None,
        "task": made.about.project.task.value,
        "images": len(made.image_ids),
        "figures": [asdict(each) for each in made.headlines],
        "classes": [
            {"class": line.name, **dict(zip(made.class_heads, line.values, strict=True))} for line in made.classes
        ],
        "further": dict(made.further),
        "confusion": None
        if made.matrix is None
        else {"rows": made.matrix.rows, "columns": made.matrix.columns, "counts": made.matrix.counts.tolist()},
        "costs": [asdict(each) for each in made.costs],
        "slices": [asdict(each) for each in made.slices],
        "flipped": {made.title_of(key): made.images_of(key) for key in FLIPS},
        "notes": list(made.notes),
    }


def _headline(each: Headline) -> list[str]:
    if each.count is not None:
        return [each.title, f"{each.count:,} {each.note}", _span(each.after), "", "", ""]
    moved = each.change if each.before is not None else None
    value = each.after.value if each.after else None
    return [
        *(each.title, rate(value), _span(each.after), rate(each.before)),
        *(_signed(moved.value if moved else None), _span(moved)),
    ]


def _say_matrix(matrix: Matrix) -> None:
    say()
    say("Confusion matrix: a row for each label, a column for each prediction")
    rows = [
        [name, *(f"{count:,}" for count in counts)] for name, counts in zip(matrix.rows, matrix.counts, strict=True)
    ]
    say_table([["", *matrix.columns], *rows])


def _cell(value: float | None) -> str:
    return f"{value:,}" if isinstance(value, int) else rate(value)


def _signed(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:+.3f}"


def _span(estimate: Estimate | None) -> str:
    return UNDEFINED if estimate is None or estimate.n == 1 else f"{estimate.low:.3f} to {estimate.high:.3f}"
