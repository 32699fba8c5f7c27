"""`score`: what a model says about a folder of images."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.model_options import add_model_options, read_model_spec, tell_model
from cli.parser import Subparsers, add_command
from cli.printing import count, say, tell
from cli.progress import show_progress
from domain.settings import read_settings
from services.loose_images import list_images
from services.model_shelf import ModelShelf
from services.output_files import check_output
from services.score_folder import score_folder


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "score",
        summary="Predict the images of a folder and write one Azure batch line for each.",
        details="Cut off, it goes on where it was when the same command is given again. Images that cannot be read\n"
        "are listed and left out.",
        example="python -m cli score --model torchvision/mobilenet_v2 --weights mobilenet.pth \\\n"
        "      --classes classes.txt --images photos --out predictions.jsonl",
    )
    add_model_options(parser)
    parser.add_argument("--images", metavar="DIR", type=Path, required=True, help="a folder, or one image")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the predictions, JSONL")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    spec = read_model_spec(args)
    images = list_images(args.images)
    check_output(args.out)
    predictor = ModelShelf().take(spec)
    tell_model(predictor.info)
    with show_progress("Scoring") as report:
        made = score_folder(predictor, spec, images, args.out, max_pixels=read_settings().max_pixels, report=report)
    for reason in [finding.message for finding in images.left_out] + list(made.unreadable.values()):
        tell(reason)
    resumed = f" ({made.resumed:,} of them earlier)" if made.resumed else ""
    outcome = args.out if made.scored else "nothing was written"
    say(f"{count(made.scored, 'image')} scored{resumed}, {len(made.unreadable):,} unreadable: {outcome}")
    return 0 if made.scored else 1
