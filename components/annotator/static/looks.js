/** How each object looks: the colour says its class, the line who says so, and in a comparison whether both agree. */

const LINES = {
  prediction: { width: 2, dash: [] },
  label: { width: 2, dash: [7, 4] },
  correction: { width: 3, dash: [] },
};
const PLAIN = { strength: 1, halo: 0.6, fill: 0, hatch: "" };
const QUIET = { strength: 0.5, halo: 0.3, width: 1.5 };
const LOUD = { halo: 0.9, width: 3 };

/** How a difference changes a look: of the label's objects, and of predictions beside them. */
const COMPARED = {
  object: { alike: QUIET, other: LOUD, alone: { ...LOUD, hatch: "/" } },
  prediction: { alike: { ...QUIET, width: 1 }, other: { width: 2 }, alone: { ...LOUD, hatch: "\\" } },
};

/** @returns {import("./painter.js").Look} */
export function lookOf(object, colour) {
  return { ...PLAIN, ...(LINES[object.source] ?? LINES.correction), colour };
}

/** Every hue under a map belongs to the map; of several selected objects the leading one stands out. */
export function selectedLook(object, colour, { isOnMap = false, leads = false } = {}) {
  return { ...lookOf(object, colour), width: 3, halo: 0.9, fill: isOnMap ? 0 : leads ? 0.2 : 0.08 };
}

export function hoveredLook(look) {
  return { ...look, halo: 0.9, strength: 1 };
}

/** @param {"object"|"prediction"} side @param {"alike"|"other"|"alone"} kind */
export function comparedLook(object, colour, { side, kind }) {
  return { ...lookOf(object, colour), ...COMPARED[side][kind] };
}
