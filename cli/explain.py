"""`explain`: saliency maps as overlays, raw arrays and an index."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.model_options import add_model_options, read_model_spec, tell_model
from cli.parser import Subparsers, add_command
from cli.printing import count, say, tell
from cli.progress import show_progress
from domain.settings import read_settings
from services.explain_folder import Wish, explain_folder, read_target
from services.loose_images import list_images
from services.methods import Method, list_methods
from services.model_shelf import ModelShelf
from services.output_files import make_folder


def add_parser(subparsers: Subparsers) -> None:
    methods = list_methods()
    parser = add_command(
        subparsers,
        "explain",
        summary="Show where on an image the score of a class or of an object comes from.",
        details="Writes <image>.<method>.<target>.png (the map over the grey photo, in its size), .npz (the raw\n"
        "signed float32 map) and index.jsonl (one line for each map).",
        example="python -m cli explain --model torchvision/mobilenet_v2 --weights mobilenet.pth \\\n"
        "      --images photos --method gradcam --target top --out maps",
    )
    add_model_options(parser)
    parser.add_argument("--images", metavar="DIR_OR_FILE", type=Path, required=True, help="a folder, or one image")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the maps go")
    parser.add_argument("--method", choices=[method.name for method in methods], required=True)
    parser.add_argument("--target", metavar="LABEL", default="top", help="a class; top (default): the highest score")
    parser.add_argument("--top", action="store_true", help="the highest score, where a class is called top")
    parser.add_argument(
        "--instance", metavar="N", default="", help="for detectors: the N-th best object of the target, or an id"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="same seed, same map (default: 0)")
    names = add_parameters(parser, methods)
    parser.set_defaults(run=run, parameters=names)


def run(args: argparse.Namespace) -> int:
    spec = read_model_spec(args)
    images = list_images(args.images)
    make_folder(args.out)
    predictor = ModelShelf().take(spec)
    tell_model(predictor.info)
    wish = Wish(
        method=args.method,
        label=read_target(args.target, predictor.info, is_best=args.top),
        instance=args.instance,
        parameters=read_parameters(args),
        seed=args.seed,
    )
    with show_progress("Explaining", unit="") as report:
        made = explain_folder(
            predictor, spec, images, args.out, wish, max_pixels=read_settings().max_pixels, report=report
        )
    for finding in images.left_out:
        tell(finding.message)
    for image_id, problem in made.problems.items():
        tell(f"{image_id}: {problem}")
    say(f"{count(made.made, 'map')} written, {count(len(made.problems), 'image')} without: {args.out}")
    return 0 if made.made else 1


def add_parameters(parser: argparse.ArgumentParser, methods: list[Method]) -> Mapping[str, str]:
    """Add an option for every parameter of every method; return option key -> parameter name."""
    group = parser.add_argument_group("parameters of the methods")
    helps: dict[str, list[str]] = {}
    for method in methods:
        for parameter in method.parameters:
            allowed = "|".join(parameter.choices) or parameter.type.__name__
            default = "" if parameter.default == "" else f" (default: {parameter.default})"
            helps.setdefault(parameter.name, []).append(f"{method.name}, {allowed}: {parameter.help}{default}")
    for name, texts in helps.items():
        settings: dict[str, Any] = {
            "dest": f"parameter_{name}",
            "metavar": "VALUE",
            "help": " ".join(texts).replace("%", "%%"),
        }
        option = name.replace("_", "-")
        try:
            group.add_argument(f"--{option}", **settings)
        except argparse.ArgumentError:  # a common option is called so already
            group.add_argument(f"--with-{option}", **settings)
    return {f"parameter_{name}": name for name in helps}


def read_parameters(args: argparse.Namespace) -> dict[str, str]:
    """The parameters that were typed, as text; the method checks them."""
    typed = ((name, getattr(args, key)) for key, name in args.parameters.items())
    return {name: value for name, value in typed if value is not None}
