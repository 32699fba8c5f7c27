"""`finetune`: let the model of a project learn from its labels, and compare it with what it was."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from cli.parser import Subparsers, add_command
from cli.printing import UNDEFINED, count, rate, say, say_table, tell
from cli.progress import show_progress
from cli.projects import add_project_option, find_project, opened_workspace
from domain.errors import InputError
from domain.project import Project
from services.learning import MODES, STRATEGIES, LearningRun, Recipe, RunState, newest_run, use_model
from services.learning_result import TITLES
from services.learning_runs import new_run
from services.learning_work import run_training
from services.workspace import Workspace

_KINDS = {"mended": "wrong before, right now", "broken": "right before, wrong now", "other": "wrong in two ways"}
_OPTIONS = {
    "epochs": "at most so many passes over the images",
    "batch_size": "images a step",
    "learning_rate": "the highest one",
    "patience": "epochs without a better one after which it ends; 0 for all",
    "trainable_layers": "for transfer-learning: the last layers that learn",
    "dropout": "for dropouts: the share of features left out",
    "distillation": "for knowledge-distillation: weight of the old model, 0 to 1",
    "evidence": "weight of evidence outside the boxes, see --boxes; 0 to leave it alone",
    "smoothing": "how much certainty labels give away",
    "seed": "same seed and processor, same weights",
}


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "finetune",
        summary="Let the model of a project learn from its labels, and compare it with what it was.",
        details="Classifiers and detectors of torchvision and of the demo. Images of the split train are learned\n"
        "from, those of validation choose the epoch, those of test judge; images without a split get one first,\n"
        "near-duplicates together. The result is another model of the project; --use makes it the one that predicts.",
        example="python -m cli finetune --project Fridge --mode transfer-learning",
    )
    add_project_option(parser)
    parser.add_argument("--model", metavar="ID", default="", help="a model of the project (default: the active one)")
    usual, of_objects = (asdict(Recipe.usual(has_objects=each)) for each in (False, True))
    for name, known in (("strategy", STRATEGIES), ("mode", MODES)):
        parser.add_argument(f"--{name}", choices=list(known), default=usual[name], help="default: %(default)s")
    for name, words in _OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        default = f"{usual[name]}" + (f", of detectors {of_objects[name]}" if of_objects[name] != usual[name] else "")
        parser.add_argument(flag, type=type(usual[name]), metavar="N", help=f"{words} (default: {default})")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="(default: auto)")
    parser.add_argument("--boxes", metavar="NAME", help="a project of boxes over the same files: where evidence lies")
    parser.add_argument("--resume", action="store_true", help="go on with the newest training, with its own choices")
    parser.add_argument("--use", action="store_true", help="let the new model predict the images of the project")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with opened_workspace() as workspace:
        project = find_project(workspace, args.project)
        wished = _resumed(workspace, project) if args.resume else _wished(workspace, project, args)
        with show_progress("Learning", unit="") as report:
            made = run_training(workspace, wished, report=report)
        say_run(made)
        if args.use:
            with show_progress("Predicting") as report:
                use_model(workspace, project.project_id, made.model, report)
            say(f"{made.model} is the model of the project now.")
    return 0


def say_run(run: LearningRun) -> None:
    """Print what was used, what came of it, and where it lies."""
    counts = run.counts
    for note in run.notes:
        tell(note)
    say(
        f"Learned from {count(counts['learn'], 'image')}, {counts['reviewed']:,} reviewed; epoch {run.best} of "
        f"{len(run.history)}, chosen on {count(counts['choose'], 'image')}."
    )
    figures: Mapping[str, Any] = dict(run.result["figures"])
    if evidence := run.result["evidence"]:
        figures = {**figures, "inside": evidence["figure"]}
    rows = [
        (TITLES[name], _value(each, "before"), _value(each, "after"), _change(each)) for name, each in figures.items()
    ]
    say_table([(f"{run.result['images']:,} held-out images", "before", "after", "change, 95 % interval"), *rows])
    kinds = [flip["kind"] for flip in run.result["flips"]]
    said = ", ".join(f"{kinds.count(kind)} {words}" for kind, words in _KINDS.items() if kind in kinds)
    what = "Images only one gets right" if "map" in figures else "Images with another answer"
    say(f"{what}: {said or 'none'}.")
    say(f"New model: {run.model}")
    say(f"Written: {run.weights}, with its lineage beside it")


def _wished(workspace: Workspace, project: Project, args: argparse.Namespace) -> LearningRun:
    parent = args.model or project.model_id
    if not parent:
        raise InputError("This project has no model.", remedy="Load one on the Workspace page.")
    given = {name: getattr(args, name) for name in (*_OPTIONS, "strategy", "mode", "device")}
    choices = {name: value for name, value in given.items() if value is not None}
    if args.boxes and project.task.has_objects:
        raise InputError("--boxes is for classifiers: a detector learns the boxes of its own project.")
    boxes = find_project(workspace, args.boxes).project_id if args.boxes else None
    if args.evidence and boxes is None and not project.task.has_objects:
        raise InputError("--evidence needs boxes.", remedy="Name a project of boxes over the same files with --boxes.")
    recipe = replace(Recipe.usual(has_objects=project.task.has_objects), **choices)
    return new_run(project.project_id, parent, recipe, boxes_from=boxes)


def _resumed(workspace: Workspace, project: Project) -> LearningRun:
    run = newest_run(workspace, project.project_id)
    if run is None or run.state is RunState.DONE:
        raise InputError("No training of this project waits to go on.", remedy="Leave out --resume to start one.")
    return run


def _value(figure: Mapping[str, Any], side: str) -> str:
    return rate(figure[side]["value"] if figure[side] else None)


def _change(figure: Mapping[str, Any]) -> str:
    change = figure["change"]
    return f"{change['value']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})" if change else UNDEFINED
