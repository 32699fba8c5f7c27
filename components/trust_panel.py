"""What is known of how far the maps shown can be trusted, and buttons to measure the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from components.explain_desk import Desk
from components.jobs import draw_job
from components.words import as_text, estimate_in_words
from domain.prediction import Instances
from domain.trust import Trust, WeightCheck
from services.explaining import Request
from services.methods import title_of
from services.trust_jobs import (
    estimate_trust,
    estimate_weight_check,
    find_trust,
    find_weight_check,
    null_key,
    start_trust,
    start_weight_check,
    trust_key,
    weight_check_key,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about the maps shown: method -> figures of its map, and method -> its weight check."""

    trusts: Mapping[str, Trust] = field(default_factory=dict[str, Trust])
    checks: Mapping[str, WeightCheck] = field(default_factory=dict[str, WeightCheck])


def find_findings(desk: Desk, requests: Sequence[Request]) -> Findings:
    """What was measured before on the maps of these requests."""
    trusts: dict[str, Trust] = {}
    checks: dict[str, WeightCheck] = {}
    for request in requests:
        trust = find_trust(desk.workspace, desk.project, *desk.model, request)
        check = find_weight_check(desk.workspace, *desk.model, request.method, parameters=request.parameters)
        if trust is not None:
            trusts[request.method] = trust
        if check is not None:
            checks[request.method] = check
    return Findings(trusts, checks)


def draw_trust_panel(desk: Desk, requests: Sequence[Request], findings: Findings) -> None:
    """Headlines of what is known, a button for what is not, and the jobs at work.

    Args:
        desk: The image and its model.
        requests: Of the maps that are there.
        findings: Of `find_findings`.
    """
    if not requests:
        return
    for request in requests:
        trust = findings.trusts.get(request.method)
        if trust is not None:
            st.caption(f"**{title_of(request.method)}** {as_text(trust.in_words)}")
    with st.container(horizontal=True):
        _offer_figures(desk, requests, findings)
        _offer_checks(desk, [request for request in requests if request.method not in findings.checks])
    model_id = desk.model[0].info.model_id
    for cells in sorted({trust.cells for trust in findings.trusts.values()}):
        draw_job(desk.workspace, null_key(model_id, cells))


def _offer_figures(desk: Desk, requests: Sequence[Request], findings: Findings) -> None:
    waiting = [request for request in requests if not draw_job(desk.workspace, trust_key(desk.project, request))]
    unknown = [request for request in waiting if request.method not in findings.trusts]
    partly = [request for request in waiting if request not in unknown and findings.trusts[request.method].omitted]
    help_text = "Hides and shows pixels in the order of each map, and of random maps, and follows the score."
    words = f"Measure these maps{_about_trust(desk, unknown)}"
    if unknown and st.button(words, icon=":material/rule:", key="measure-trust", help=help_text):
        _start(desk, unknown)
    help_text = "What takes many passes too: maps of other classes, and of the image with noise too small to see."
    words = f"Measure more{_about_trust(desk, partly, is_thorough=True)}"
    if partly and st.button(words, icon=":material/rule:", key="measure-more-trust", help=help_text):
        _start(desk, partly, is_thorough=True)


def _about_trust(desk: Desk, requests: Sequence[Request], *, is_thorough: bool = False) -> str:
    model = desk.model[0]
    return _about(
        [estimate_trust(desk.workspace, desk.project, model, request, is_thorough=is_thorough) for request in requests]
    )


def _start(desk: Desk, requests: Sequence[Request], *, is_thorough: bool = False) -> None:
    prediction = desk.state.prediction
    objects = prediction.items if isinstance(prediction, Instances) else ()
    for request in requests:
        start_trust(desk.workspace, desk.project, *desk.model, request, objects=objects, is_thorough=is_thorough)
    st.rerun()


def _offer_checks(desk: Desk, requests: Sequence[Request]) -> None:
    model_id = desk.model[0].info.model_id
    waiting: list[Request] = []
    for request in requests:
        key = weight_check_key(model_id, request.method, request.parameters)
        if not draw_job(desk.workspace, key):
            waiting.append(request)
    if not waiting:
        return
    seconds = [estimate_weight_check(desk.workspace, desk.project, desk.model[0], request) for request in waiting]
    help_text = "Once for a model and a method: a map must change when the model forgets what it has learned."
    if st.button(
        f"Check with random weights{_about(seconds)}", icon=":material/shuffle:", key="check-weights", help=help_text
    ):
        for request in waiting:
            start_weight_check(desk.workspace, desk.project, *desk.model, request.method, parameters=request.parameters)
        st.rerun()


def _about(seconds: Sequence[float | None]) -> str:
    known = [each for each in seconds if each is not None]
    return f", {estimate_in_words(sum(known))}" if known else ""
