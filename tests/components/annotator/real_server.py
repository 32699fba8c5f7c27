"""The desk before Relook's own routes: real files, real pictures, real decisions."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from domain.project import Project
from endpoint.routes import list_routes
from services.access import issue_token
from services.workspace import Workspace
from tests.components.annotator.conftest import PAGE, settings, theme_variables
from tests.components.annotator.fake_api import STATIC


@contextmanager
def serve_routes() -> Iterator[str]:
    """Relook's routes and the desk's files on a free port; yields the address of a page that mounts the desk."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(PAGE.format(theme=theme_variables(dark=False), font=""))

    app = Starlette(routes=[Route("/", page), Mount("/static", StaticFiles(directory=STATIC)), *list_routes()])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join(10)


def desk_data(workspace: Workspace, project: Project, **values: Any) -> dict[str, Any]:
    """What the page of a project gives to the desk."""
    own = {
        "project": project.project_id,
        "api": f"/api/projects/{project.project_id}",
        "token": issue_token(workspace.secret, project.project_id, "Ana R."),
        "classes": [{"name": name, "colour": project.colour_of(name)} for name in project.classes],
        "has_model": project.model_id is not None,
    }
    return settings(project.task.value, **own, **values)
