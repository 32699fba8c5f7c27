"""`serve`: answer over HTTP what a model says about images, and why, in Azure's shapes."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.model_options import add_model_options, read_model_spec
from cli.parser import Subparsers, add_command
from cli.printing import tell
from endpoint.scoring_server import check_access, run_server
from services.served_model import ServingLimits


def add_parser(subparsers: Subparsers) -> None:
    plain = ServingLimits()
    parser = add_command(
        subparsers,
        "serve",
        summary="Answer over HTTP what a model says about images, and why.",
        details="POST /score takes Azure's requests and gives its answers; /health, /metrics and /openapi.json tell\n"
        "about the server. Requests that come at once share forward passes.",
        example="python -m cli serve --model torchvision/resnet50 --weights resnet50.pth --port 8601",
    )
    add_model_options(parser)
    group = parser.add_argument_group("server")
    group.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen (default: this machine)")
    group.add_argument("--port", metavar="P", type=int, default=8601, help="0 takes a free one (default: 8601)")
    group.add_argument("--tokens", metavar="FILE", type=Path, help="who may ask: NAME TOKEN [LAST-DAY] a line")
    group.add_argument("--open", action="store_true", help="other machines may ask without a token")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--max-images", metavar="N", type=int, default=plain.images, help="of a request (%(default)s)")
    limits.add_argument(
        "--max-mb", metavar="MB", type=int, default=plain.body_bytes // 1024**2, help="of a request (%(default)s)"
    )
    limits.add_argument("--max-pixels", metavar="N", type=int, default=plain.pixels, help="of an image (%(default)s)")
    limits.add_argument("--waiting", metavar="N", type=int, default=plain.waiting, help="images in line (%(default)s)")
    limits.add_argument(
        "--batch", metavar="N", type=int, help="images of one forward pass (what is measured to be quick)"
    )
    limits.add_argument(
        "--seconds", metavar="S", type=float, default=plain.seconds, help="a request may take (%(default)g)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    limits = ServingLimits(
        images=args.max_images,
        body_bytes=args.max_mb * 1024**2,
        pixels=args.max_pixels,
        waiting=args.waiting,
        largest_batch=args.batch,
        seconds=args.seconds,
    )
    tokens = check_access(args.host, args.tokens, is_open=args.open)
    try:
        run_server(read_model_spec(args), host=args.host, port=args.port, tokens=tokens, limits=limits)
    except KeyboardInterrupt:  # how a server ends
        tell("Stopped; what was asked before is answered.")
    return 0
