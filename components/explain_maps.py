"""The maps of the Explain page: drawn when they are there, computed when they are not, downloaded as PNG and NPZ."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import streamlit as st

from components.explain_desk import Desk
from components.explain_target import drawing_of, keep_drawn
from components.explain_trust import trust_rows
from components.jobs import draw_job
from components.map_viewer import MapViewerData, RunningMethod, ViewerMap, map_viewer
from components.trust_panel import Findings
from components.viewer_maps import viewer_map
from components.words import as_text
from domain.explanation import Explanation
from domain.orientation import upright_size
from services.explain_jobs import find_map, list_targets, map_key, start_map, why_no_map
from services.explaining import Request
from services.map_downloads import map_as_npz, map_as_png
from services.methods import list_methods, title_of
from services.picture_addresses import picture_address
from services.running import find_job, is_active


def collect_maps(desk: Desk, requests: list[Request]) -> tuple[dict[str, Explanation], list[Request]]:
    """Return the maps that are there, and start the others; those at work are the second value."""
    done: dict[str, Explanation] = {}
    running: list[Request] = []
    for request in requests:
        found = find_map(desk.workspace, desk.project, *desk.model, request)
        if found is not None:
            done[request.method] = found
            continue
        together = _others(desk, request)
        job = find_job(desk.workspace, map_key(desk.project, request, is_together=bool(together)))
        if job is None:
            job = start_map(desk.workspace, desk.project, *desk.model, request, together=together)
        if is_active(job):
            running.append(request)
    return done, running


def draw_jobs(desk: Desk, requests: list[Request], running: list[Request]) -> None:
    """A bar for every map at work, a sentence for every one that failed.

    When one of `running`, as `collect_maps` found them, has ended meanwhile, the page runs again: nothing else would
    bring its map.
    """
    for request in requests:
        key = map_key(desk.project, request, is_together=bool(_others(desk, request)))
        job = find_job(desk.workspace, key)
        if request in running and (job is None or not is_active(job)):
            st.rerun()
        reason = why_no_map(job, request) if job and not is_active(job) else ""
        if reason:  # the job stays, so that what gives no map is not computed again and again
            st.warning(f"{title_of(request.method)}: {as_text(reason)}")
        else:
            draw_job(desk.workspace, key)


def _others(desk: Desk, request: Request) -> list[Request]:
    """The other targets of the image, where the method makes all their maps in about the time of one."""
    method = next(method for method in list_methods() if method.name == request.method)
    targets = list_targets(desk.state, desk.project)
    if not method.shares_passes or request.target not in [target for target, _, _ in targets]:
        return []
    requests = [replace(request, target=target, instance=instance) for target, instance, _ in targets]
    return requests if len(requests) > 1 else []


def draw_maps(desk: Desk, done: dict[str, Explanation], running: list[Request], findings: Findings) -> None:
    """The viewer with everything that is there, and the photo to draw on where a missed object is asked for."""
    image = desk.state.image
    width, height = upright_size(image.width, image.height, image.orientation)
    address = picture_address(desk.workspace, desk.project.project_id, image, "images")
    data: MapViewerData = {
        "photo": {"id": image.image_id, "url": address, "width": width, "height": height},
        "maps": [_viewer_map(desk, name, made, findings) for name, made in done.items()],
        "running": [RunningMethod(key=request.method, title=title_of(request.method)) for request in running],
    }
    if findings.trusts or findings.checks:
        data["trust"] = trust_rows(list(done), findings.trusts, findings.checks)
    drawing = drawing_of(desk.project, desk.state, desk.chosen)
    if drawing is not None:
        data["drawing"] = drawing
    keep_drawn(desk.project, desk.state, map_viewer(data, key="map-viewer"))


def _viewer_map(desk: Desk, name: str, made: Explanation, findings: Findings) -> ViewerMap:
    """A map with what was found out about it: cautions below it, and a mark beside its title."""
    drawn = viewer_map(desk.project, desk.state.image, made, title=title_of(name), instance=desk.chosen.instance)
    trust, check = findings.trusts.get(name), findings.checks.get(name)
    if trust is not None:
        drawn["inside"] = None  # it stands among the figures
        drawn["warnings"] = [*drawn["warnings"], *trust.warnings]
    if check is not None and check.is_passed is False:
        drawn["flag"] = "fails randomisation"
        drawn["warnings"] = [*drawn["warnings"], check.in_words]
    return drawn


def draw_downloads(desk: Desk, done: dict[str, Explanation]) -> None:
    """PNG of the overlay and NPZ of the raw values, for each map."""
    image = desk.state.image
    with st.popover("Download", icon=":material/download:", disabled=not done):
        for name, found in done.items():
            title = title_of(name)
            stem = f"{PurePosixPath(image.image_id).stem}.{name}"
            st.download_button(
                f"{title}, PNG over the photo",
                data=partial(map_as_png, image, found, max_pixels=desk.workspace.settings.max_pixels),
                file_name=f"{stem}.png",
                mime="image/png",
                on_click="ignore",
                key=f"png-{name}",
            )
            st.download_button(
                f"{title}, NPZ with raw values",
                data=partial(map_as_npz, found),
                file_name=f"{stem}.npz",
                mime="application/octet-stream",
                on_click="ignore",
                key=f"npz-{name}",
            )
