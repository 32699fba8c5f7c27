"""Run by .venv-oracles: what the saliency library's XRAI makes of the cases of an NPZ file.

    python check_saliency.py CASES ANSWERS

CASES holds for each case N of n `attribution_N`, and either `photo_N`, (h, w, 3), which the library cuts itself, or
`masks_N`, (M, h, w), and `least_N`. ANSWERS gets `full_N`, `full_ranks_N`, `fast_N`, `fast_ranks_N`. Prints n.
"""

from __future__ import annotations

import sys

import numpy as np
from saliency.core.xrai import XRAI, XRAIParameters

found = {}
with np.load(sys.argv[1]) as cases:
    count = sum(name.startswith("attribution_") for name in cases)
    for number in range(count):
        attribution = cases[f"attribution_{number}"]
        for name in ("full", "fast"):
            if f"photo_{number}" in cases:
                photo = cases[f"photo_{number}"].astype(np.float32)
                parameters = XRAIParameters(algorithm=name, return_xrai_segments=True)
                base = np.repeat(attribution[:, :, None], 3, axis=2)
                made = XRAI().GetMaskWithDetails(photo, None, base_attribution=base, extra_parameters=parameters)
                heatmap, ranks = made.attribution_mask, made.segments
            else:
                rank = XRAI._xrai if name == "full" else XRAI._xrai_fast
                masks = list(cases[f"masks_{number}"])
                heatmap, ranks = rank(attribution, masks, min_pixel_diff=int(cases[f"least_{number}"]))
            found[f"{name}_{number}"], found[f"{name}_ranks_{number}"] = heatmap, ranks
np.savez_compressed(sys.argv[2], **found)
print(count)
