"""Relook's routes without its pages: `python -m bench.routes_server PORT`. It starts in well under a second."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette

from endpoint.routes import list_routes


def main() -> None:
    app = Starlette(routes=list_routes())
    uvicorn.run(app, host="localhost", port=int(sys.argv[1]), log_level="warning", ws="none", lifespan="off")


if __name__ == "__main__":
    main()
