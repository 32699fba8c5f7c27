"""The libraries Relook is measured against; those whose pins clash with Relook's own live in a folder of their own."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "not installed: make peers"


def peers_folder() -> Path:
    """Return where the peers lie: `RELOOK_PEERS`, or `.venv-peers` in the checkout."""
    return Path(os.environ.get("RELOOK_PEERS") or ROOT / ".venv-peers")


def find_peer(name: str) -> ModuleType | None:
    """Import a peer, or return None when it is not installed: say `INSTALL` then.

    The folder comes last on the path: what peers and Relook both use, they share.
    """
    folder = str(peers_folder())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise
