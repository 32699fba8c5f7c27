"""How many images are done and how they stand."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.tables import draw_table
from components.words import plural
from services.progress_report import Standing

_STANDS = {
    "accept": "Accepted",
    "correct": "Corrected",
    "reject": "Rejected",
    "flag": "Flagged",
    "wrong_evidence": "Right label, wrong evidence",
    "skip": "Skipped, come once more",
    "send_back": "Sent back, open again",
    "resolve": "Flag answered, open again",
}


def draw_standing(standing: Standing) -> None:
    """Done and left, from the tally of the project."""
    share = 100 * standing.done / standing.total if standing.total else 0
    with card("Review", key="standing"):
        left, right = st.columns(2, gap="medium")
        with left:
            st.html(
                f'<div><span class="rl-figure">{standing.done:,}</span> '
                f'<span class="rl-grey">of {plural(standing.total, "image")} done, {standing.left:,} left</span></div>'
                f'<div class="rl-bar"><i style="width:{share:.1f}%"></i></div>'
            )
        rows = [(word, f"{standing.statuses[name]:,}") for name, word in _STANDS.items() if standing.statuses.get(name)]
        with right:
            if rows:
                draw_table(("", ""), rows, numeric=(1,))
            else:
                st.caption("Nothing decided yet.")
