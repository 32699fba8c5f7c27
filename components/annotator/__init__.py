"""The review desk: one component that fills the window below the header, from the queue to the action bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streamlit.components.v2 import component

_mount = component("components.annotator", js="annotator.js", css="annotator.css", isolate_styles=True)


@dataclass(frozen=True, slots=True)
class DeskChoice:
    """What the reviewer asked the page for. Decisions do not come this way: the desk posts them to Relook's own routes.

    Attributes:
        go: The screen to open, `"export"`, `"workspace"` or `"up_next"`, once after it was asked for; None otherwise.
        order: The queue's order as chosen at the desk, or None while it is the one that was given.
        renew: Whether the server refused the token, so that the page should issue another and run again.
    """

    go: str | None
    order: str | None
    renew: bool


def annotator(data: dict[str, Any], *, key: str) -> DeskChoice:
    """Show the review desk.

    Args:
        data: Installation, project, route, token, reviewer, task, classes with colours, threshold, orders (one of them
            may be a list of images, and then there is an order to go back to), the image to begin with, and whether a
            model is loaded. It should stay the same between reruns: the desk keeps its image, selection and unsaved
            edits, takes a new `token` at once, and goes to another image only when `start` or `start_number` changes. A
            `notice` is shown once, when the desk opens.
        key: Identity of the desk on its page.

    Returns:
        What the reviewer asked the page for.
    """
    result = _mount(key=key, data=data, on_go_change=_hear, on_order_change=_hear, on_renew_change=_hear)
    return DeskChoice(go=result.get("go"), order=result.get("order"), renew=bool(result.get("renew")))


def _hear() -> None:
    """Streamlit reports only what a callback listens to; the values are read from the result."""
