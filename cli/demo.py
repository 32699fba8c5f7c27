"""`demo`: the demo data sets, and the training of the demo models."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import say
from cli.progress import show_progress
from domain.errors import InputError
from services.draw_demo import DEFAULT_IMAGES, DEFAULT_SEED, draw_demo

_WEIGHTS = Path("build/demo_weights")


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "demo",
        summary="Draw the fridge scenes of the demo, or train its models.",
        details="Writes one folder for each task: images, labels.jsonl with planted errors, truth.jsonl without, and\n"
        "planted_errors.jsonl. --train starts from random weights and takes half an hour to a few hours.",
        example="python -m cli demo fridge --images 60 --seed 7",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", help="where the data sets go")
    parser.add_argument(
        "--images", metavar="N", type=int, default=DEFAULT_IMAGES, help="for each task (default: %(default)s)"
    )
    parser.add_argument("--seed", metavar="S", type=int, default=DEFAULT_SEED, help="(default: %(default)s)")
    parser.add_argument("--train", action="store_true", help="train the demo models instead")
    parser.add_argument("--out", metavar="DIR", type=Path, default=_WEIGHTS, help="for --train (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if bool(args.folder) == args.train:
        raise InputError("Either DIR or --train is needed.", remedy="See python -m cli demo --help.")
    return train(args.out) if args.train else draw(args)


def draw(args: argparse.Namespace) -> int:
    with show_progress("Drawing") as report:
        tasks = draw_demo(args.folder, images=args.images, seed=args.seed, report=report)
    for task in tasks:
        kinds = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(task.planted.items()))
        say(f"{task.folder}: {task.images:,} images, label errors: {kinds or 'none'}")
    return 0


def train(out: Path) -> int:
    from services.train_demo import train_demo_models  # noqa: PLC0415  importing torch takes seconds

    with show_progress("Training", unit="") as report:
        losses = train_demo_models(out, report=report)
    for name, each in losses.items():
        say(f"{out / name}.safetensors: mean loss of the last epoch {each[-1]:.3f}")
    return 0
