// From raw values to pixels, one function a view. The opacity slider is the canvas's own opacity and repaints nothing.

import { colourTable, tableOffset } from "./colours.js";
import { paintContours } from "./contours.js";
import { topThreshold } from "./raster.js";

export const TOP_SHARE = 0.2;

// `pixels` are raw, NaN outside the map. `scale` is a colour scale's name, `limit` the raw value of its strong end.
export function paint(canvas, pixels, { view, scale, limit, isRegional, density }) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const values = normalise(pixels, limit, scale === "signed");
  if (view === "contours") paintContours(image, values, { scale, isRegional, density });
  else paintColours(image, values, { view, scale, pixels });
  context.putImageData(image, 0, 0);
}

function normalise(pixels, limit, isSigned) {
  const lowest = isSigned ? -1 : 0;
  if (!(limit > 0)) return pixels.map((value) => (Number.isNaN(value) ? NaN : 0));
  return pixels.map((value) => Math.min(1, Math.max(lowest, value / limit)));
}

function paintColours(image, values, { view, scale, pixels }) {
  const isSigned = scale === "signed";
  const isOpaque = view === "top" || (view === "map" && !isSigned);
  const table = colourTable(scale, isOpaque);
  const threshold = view === "top" ? topThreshold(pixels, TOP_SHARE) : -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isNaN(values[i]) || pixels[i] < threshold) continue;
    const from = tableOffset(values[i], isSigned);
    for (let c = 0; c < 4; c += 1) image.data[i * 4 + c] = table[from + c];
  }
}
