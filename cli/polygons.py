"""`polygons`: masks of a semantic model as objects with outlines."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.parser import Subparsers, add_command
from cli.printing import count, say, tell
from cli.progress import show_progress
from services.loose_images import list_images
from services.mask_polygons import outline_masks


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "polygons",
        summary="Turn masks of a semantic model into objects with outlines, as predictions to review.",
        details="Every connected region of a class becomes an object, holes included; regions of fewer than\n"
        "16 pixels, or than 0.05 % of the mask, are specks and are left out. Import the file into a project of\n"
        "instance segmentation.",
        example="python -m cli polygons --images photos --masks probabilities --classes names.txt --out objects.jsonl",
    )
    parser.add_argument("--images", metavar="DIR", type=Path, required=True, help="a folder, or one image")
    parser.add_argument(
        *("--masks", "--probabilities"),
        metavar="DIR",
        dest="masks",
        type=Path,
        required=True,
        help="where photo.npy, .npz, .csv or .png is the mask of photo.jpg",
    )
    parser.add_argument("--classes", metavar="FILE", type=Path, required=True, help="class names by value, from 0 or 1")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the predictions, JSONL")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    images = list_images(args.images)
    with show_progress("Outlining") as report:
        made = outline_masks(images, args.masks, args.classes, args.out, report=report)
    for image_id, problem in made.problems.items():
        tell(f"{image_id}: {problem}")
    outcome = args.out if made.images else "nothing was written"
    say(f"{count(made.images, 'image')}, {count(made.objects, 'object')}, {len(made.problems):,} without: {outcome}")
    return 0 if made.images else 1
