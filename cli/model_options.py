"""The options that name a model, the same for every command."""

from __future__ import annotations

import argparse

from cli.printing import tell
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import ModelInfo, Task


def add_model_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add --model and what belongs to it."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model",
        metavar="RUNTIME/NAME",
        required=required,
        help="torchvision/NAME, torchscript/FILE or pt2/FILE (programs, not sandboxes: only files you trust), "
        "keras/FILE, hf/DIR (a folder that save_pretrained wrote), endpoint/ADDRESS (an online endpoint; the key in "
        "--weights FILE or RELOOK_ENDPOINT_KEY) or demo/NAME",
    )
    group.add_argument("--weights", metavar="FILE", default="", help=".pth, .pt, .safetensors, or DEFAULT")
    group.add_argument("--classes", metavar="FILE", default="", help="class names: one a line, or JSON")
    group.add_argument(
        "--task", choices=[task.value for task in Task], default="", help="where the model leaves it open"
    )
    group.add_argument("--resize", metavar="PIXELS", type=int, help="short side before cropping")
    group.add_argument("--crop", metavar="PIXELS", type=int, help="side of the centre crop")
    group.add_argument("--mean", metavar=("R", "G", "B"), nargs=3, type=float, help="of pixels from 0 to 1")
    group.add_argument("--std", metavar=("R", "G", "B"), nargs=3, type=float, help="of pixels from 0 to 1")
    group.add_argument(
        "--orientation",
        choices=[orientation.value for orientation in InputOrientation],
        default=InputOrientation.STORED.value,
        help="whether the model sees the stored grid or the picture turned by its EXIF tag (default: stored)",
    )
    group.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="(default: auto)")


def read_model_spec(args: argparse.Namespace) -> ModelSpec:
    """Return the model the options name."""
    return ModelSpec(
        name=args.model,
        weights=args.weights,
        classes=args.classes,
        task=args.task,
        resize=args.resize,
        crop=args.crop,
        mean=tuple(args.mean) if args.mean else None,
        std=tuple(args.std) if args.std else None,
        orientation=InputOrientation(args.orientation),
        device=args.device,
    )


def tell_model(info: ModelInfo) -> None:
    """Say which model was loaded, and what to know about it."""
    tell(f"{info.name} ({info.version}): {info.task.in_words}, {len(info.classes):,} classes.")
    for note in info.notes:
        tell(f"  {note}")
