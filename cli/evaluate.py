"""`evaluate`: how good predictions are, held against labels."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from cli.evaluate_project import run_project
from cli.model_options import add_model_options, read_model_spec, tell_model
from cli.parser import Subparsers, add_command
from cli.printing import tell
from cli.progress import show_progress
from cli.score_tables import say_scores
from domain.errors import InputError
from domain.settings import read_settings
from domain.splits import SPLITS
from services.evaluate_files import (
    Evaluation,
    LabelFile,
    evaluate_model,
    evaluate_predictions,
    read_label_file,
    spec_for,
)
from services.loose_images import list_images
from services.model_shelf import ModelShelf
from services.output_files import check_output, replacing


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "evaluate",
        summary="Compare the predictions of a model, of a file or of a project with labels.",
        details="Accuracy, precision, recall and F1 for classes, COCO average precision for boxes and masks. What is\n"
        "undefined is shown as a dash and left out of averages.",
        example="python -m cli evaluate --predictions predictions.jsonl --labels labels.jsonl",
    )
    add_model_options(parser, required=False)
    parser.add_argument("--predictions", metavar="FILE", type=Path, help="instead of a model: JSONL of `score`")
    parser.add_argument("--labels", metavar="FILE", type=Path, help="Azure AutoML JSONL; not with --project")
    parser.add_argument(
        "--project", metavar="NAME", help="instead of files: a project, before review and after, with intervals"
    )
    parser.add_argument(
        "--against", metavar="MODEL", default="", help="with --project: another model of it, by name or id"
    )
    parser.add_argument("--split", choices=SPLITS, default="", help="with --project: only images of this split")
    parser.add_argument("--report", metavar="FILE", type=Path, help="with --project: also write one HTML file")
    parser.add_argument("--images", metavar="DIR", type=Path, help="needed with --model")
    parser.add_argument("--threshold", type=float, default=0.5, help="for several labels an image (default: 0.5)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write every number to a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.project:
        return run_project(args)
    for option in ("report", "against", "split"):
        if getattr(args, option):
            raise InputError(f"--{option} is for a project.", remedy=f"Add --project NAME, or leave --{option} out.")
    if not args.labels:
        raise InputError("Labels are needed to compare with.", remedy="Add --labels FILE, or --project NAME alone.")
    if bool(args.model) == bool(args.predictions):
        raise InputError("One of --model and --predictions is needed.", remedy="See python -m cli evaluate --help.")
    if args.json:
        check_output(args.json)
    labels = read_label_file(args.labels)
    made = _ask_model(args, labels) if args.model else _read_predictions(args, labels)
    for problem in made.problems:
        tell(problem)
    say_scores(made)
    if args.json:
        with replacing(args.json) as stream:
            stream.write(json.dumps(as_json(made), indent=2).encode())
    return 0


def as_json(made: Evaluation) -> dict[str, object]:
    return {name: value for name, value in asdict(made).items() if value is not None}


def _read_predictions(args: argparse.Namespace, labels: LabelFile) -> Evaluation:
    images = list_images(args.images) if args.images else None
    return evaluate_predictions(labels, args.predictions, images=images, threshold=args.threshold)


def _ask_model(args: argparse.Namespace, labels: LabelFile) -> Evaluation:
    if not args.images:
        raise InputError("A model needs images to look at.", remedy="Add --images DIR.")
    images = list_images(args.images)
    spec = spec_for(labels, read_model_spec(args))
    predictor = ModelShelf().take(spec)
    tell_model(predictor.info)
    with show_progress("Scoring") as report:
        return evaluate_model(
            predictor,
            spec,
            labels,
            images,
            threshold=args.threshold,
            max_pixels=read_settings().max_pixels,
            report=report,
        )
