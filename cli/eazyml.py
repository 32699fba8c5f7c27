"""`eazyml`: EazyML's functions for images, answering as they do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from cli.parser import Subparsers, add_command
from domain.errors import InputError
from services.eazyml import (
    ez_image_active_learning,
    ez_image_model_evaluate,
    ez_image_online_learning,
    ez_init,
    ez_xai_image_explain,
)

_FUNCTIONS = {
    "init": "ez_init",
    "explain": "ez_xai_image_explain",
    "active-learning": "ez_image_active_learning",
    "online-learning": "ez_image_online_learning",
    "evaluate": "ez_image_model_evaluate",
}


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "eazyml",
        summary="Answer as EazyML's functions for images do, with Relook's own models, maps and training.",
        details="Prints the dictionary of the function as JSON; the exit code is 0 when it says success.\n"
        "Options of the function are JSON, as documented in docs/eazyml.md: its scores are approximations.\n"
        "functions:\n" + "\n".join(f"  {name:16} {function}" for name, function in _FUNCTIONS.items()),
        example="python -m cli eazyml explain --model-path model.pt2 --filename photo.jpg \\\n"
        '      --predicted-filename photo.npy --options \'{"xai_strategy": "gradcam", "xai_image_path": "map.png"}\'',
    )
    parser.add_argument("function", choices=list(_FUNCTIONS), metavar="FUNCTION", help=", ".join(_FUNCTIONS))
    parser.add_argument("--model-path", metavar="FILE", help=".pt2, TorchScript, .pth, .safetensors, .keras or .h5")
    parser.add_argument("--filename", metavar="FILE", nargs="+", help="images to explain or to rank")
    parser.add_argument(
        "--predicted-filename", metavar="FILE", nargs="+", help="as many predictions: .csv, .npy, .npz or .png"
    )
    parser.add_argument(
        "--data-path", metavar="CSV", help="inputs,labels: new images of online-learning, images of evaluate"
    )
    parser.add_argument("--options", metavar="JSON", default="{}", help="JSON, or @FILE with JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    answer = _ask(args, _read_options(args.options))
    print(json.dumps(answer, ensure_ascii=True, indent=1))
    return 0 if answer["success"] else 1


def _ask(args: argparse.Namespace, options: Any) -> dict[str, Any]:
    if args.function == "init":
        return ez_init()
    if args.function == "explain":
        return ez_xai_image_explain(_single(args.filename), args.model_path, _single(args.predicted_filename), options)
    if args.function == "active-learning":
        return ez_image_active_learning(args.filename, args.model_path, args.predicted_filename, options)
    ask = ez_image_online_learning if args.function == "online-learning" else ez_image_model_evaluate
    return ask(args.data_path, args.model_path, options)


def _single(paths: list[str] | None) -> str | list[str] | None:
    """One path stands for itself, as in a call with a single image."""
    return paths[0] if paths is not None and len(paths) == 1 else paths


def _read_options(text: str) -> Any:
    try:
        return json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"The options are no JSON: {error}.", remedy='Write for example {"query_count": 5}.'
        ) from error
