"""What happens once when the server starts and when it stops."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.errors import RelookError
from services.demo_projects import prepare_demo
from services.methods import list_methods
from services.workspace import get_workspace

_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Open the workspace, make the demo on a first start, and load the slow libraries while nobody waits.

    A workspace that cannot be opened is told on every page: the server starts all the same.
    """
    try:
        workspace = get_workspace()
    except RelookError as error:
        _log.error("%s", error)
        yield
        return
    prepare_demo(workspace)
    is_stopping = threading.Event()
    threading.Thread(target=_warm_up, args=(is_stopping,), name="relook-warm-up", daemon=True).start()
    yield
    is_stopping.set()
    workspace.close()


def _warm_up(is_stopping: threading.Event) -> None:
    try:
        list_methods()
    except Exception:
        if not is_stopping.is_set():  # an import ends anyhow when the interpreter goes away under it
            raise
        return
    # What was imported stays: without this, collecting garbage walks through all of it (100 ms and more each time).
    gc.collect()
    gc.freeze()
