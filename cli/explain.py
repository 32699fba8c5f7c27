"""`explain`: saliency maps as overlays, raw arrays and an index."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.model_options import add_model_options, read_model_spec, tell_model
from cli.parser import Subparsers, add_command
from cli.printing import count, say, tell
from cli.progress import show_progress
from domain.errors import InputError
from domain.explanation import ParameterValue
from domain.settings import read_settings
from services.explain_folder import explain_folder
from services.explain_wish import Wish, read_target
from services.foreign_wishes import read_azure_wish
from services.loose_images import list_images
from services.methods import Method, find_method, list_methods
from services.model_shelf import ModelShelf
from services.output_files import make_folder

if TYPE_CHECKING:
    from predictors import Predictor


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
    parser.add_argument(
        *("--method", "--methods"),
        metavar="NAME",
        dest="methods",
        nargs="+",
        default=[],
        help=f"one or more of {', '.join(method.name for method in methods)}; all: those that can explain the model",
    )
    parser.add_argument(
        "--xai-parameters",
        metavar="JSON",
        default="",
        help="in place of --method: xai_parameters as in a request to an Azure endpoint, with its defaults",
    )
    parser.add_argument("--target", metavar="LABEL", default="top", help="a class; top (default): the highest score")
    parser.add_argument("--top", action="store_true", help="the highest score, where a class is called top")
    parser.add_argument(
        "--instance", metavar="N", default="", help="for detectors: the N-th best object of the target, an id, or all"
    )
    parser.add_argument(
        "--confidence-score-threshold-multilabel",
        metavar="SCORE",
        type=float,
        help="for models that give several classes at once: every class that scores at least this",
    )
    parser.add_argument(
        "--trust", action="store_true", help="also measure how far each map can be trusted, into index.jsonl"
    )
    parser.add_argument(
        "--trust-more", action="store_true", help="as --trust, and what takes many passes too, as change under noise"
    )
    parser.add_argument("--fresh", action="store_true", help="compute again what an earlier run has finished")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="same seed, same map (default: 0)")
    names = add_parameters(parser, methods)
    parser.set_defaults(run=run, parameters=names)


def run(args: argparse.Namespace) -> int:
    spec = read_model_spec(args)
    images = list_images(args.images)
    make_folder(args.out)
    predictor = ModelShelf().take(spec)
    tell_model(predictor.info)
    wish = replace(
        choose_wish(args, predictor),
        label=read_target(args.target, predictor.info, is_best=args.top),
        instance=args.instance,
        seed=args.seed,
        is_fresh=args.fresh,
        with_trust=args.trust or args.trust_more,
        is_thorough=args.trust_more,
    )
    with show_progress("Explaining", unit="") as report:
        made = explain_folder(
            predictor, spec, images, args.out, wish, max_pixels=read_settings().max_pixels, report=report
        )
    for finding in images.left_out:
        tell(finding.message)
    for image_id, problem in made.problems.items():
        tell(f"{image_id}: {problem}")
    kept = f", {made.kept} kept from an earlier run" if made.kept else ""
    say(f"{count(made.made, 'map')} written{kept}, {count(len(made.problems), 'image')} without: {args.out}")
    return 0 if made.made or made.kept else 1


def choose_wish(args: argparse.Namespace, predictor: Predictor) -> Wish:
    """Return the methods asked for in Relook's names or in Azure's.

    Raises:
        InputError: Both are given, or neither, or what is given cannot be used.
    """
    if bool(args.methods) == bool(args.xai_parameters):
        found = "Both --method and --xai-parameters are given" if args.methods else "No method is given"
        raise InputError(f"{found}; expected one of the two.", remedy="Write for example --method gradcam.")
    if args.xai_parameters:
        return read_azure_wish(args.xai_parameters, predictor.info)
    return Wish(choose_methods(args, predictor), threshold=args.confidence_score_threshold_multilabel)


def choose_methods(args: argparse.Namespace, predictor: Predictor) -> dict[str, dict[str, ParameterValue]]:
    """Return the methods asked for, each with those of the typed parameters that it has.

    Raises:
        InputError: There is no such method, or no method has a parameter that was typed.
    """
    typed = read_parameters(args)
    asked = [method.name for method in list_methods(predictor)] if args.methods == ["all"] else args.methods
    methods = [find_method(name) for name in asked]
    known = {parameter.name for method in methods for parameter in method.parameters}
    for name in typed:
        if name not in known:
            one = f"The method '{methods[0].name}' has" if len(methods) == 1 else "None of the methods has"
            remedy = f"Known: {', '.join(sorted(known))}." if known else "There is none."
            raise InputError(f"{one} {'no' if len(methods) == 1 else 'a'} parameter named '{name}'.", remedy=remedy)
    return {
        method.name: {name: typed[name] for name in typed if name in {each.name for each in method.parameters}}
        for method in methods
    }


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


def read_parameters(args: argparse.Namespace) -> dict[str, ParameterValue]:
    """The parameters that were typed, as text; the method checks them."""
    typed = ((name, getattr(args, key)) for key, name in args.parameters.items())
    return {name: value for name, value in typed if value is not None}
