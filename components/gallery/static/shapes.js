// Boxes and polygons over a thumbnail: 1.5 px lines in the colour of the class, a halo under each, labels dashed.

import { make, makeSvg } from "./dom.js";

const ORDER = ["prediction", "label", "correction"];
const SMALLEST_POLYGON = 12;
const CHIP = { width: 30, height: 16 };

function isShown(object, show) {
  // A correction is what the label has become, so it comes and goes with the labels.
  return show.has(object.source === "prediction" ? "predictions" : "labels");
}

function sizeOnScreen([left, top, right, bottom], photo) {
  return { width: (right - left) * photo.width, height: (bottom - top) * photo.height };
}

function outline(object, cell, photo, show) {
  const scale = (x, y) => `${x * cell.width} ${y * cell.height}`;
  const [left, top, right, bottom] = object.box;
  const size = sizeOnScreen(object.box, photo);
  const polygons = object.polygons ?? [];
  if (show.has("polygons") && polygons.length > 0 && Math.min(size.width, size.height) >= SMALLEST_POLYGON) {
    return polygons.map((points) => ring(points, scale)).join("");
  }
  return `M${scale(left, top)}L${scale(right, top)}L${scale(right, bottom)}L${scale(left, bottom)}Z`;
}

function ring(points, scale) {
  const corners = [];
  for (let i = 0; i + 1 < points.length; i += 2) corners.push(scale(points[i], points[i + 1]));
  return corners.length > 0 ? `M${corners.join("L")}Z` : "";
}

// One path for all objects of a source and colour: a crowded photo stays a handful of elements.
function groupOutlines(objects, cell, photo, show) {
  const groups = new Map();
  for (const object of objects) {
    const key = `${object.source} ${object.colour}`;
    const group = groups.get(key) ?? { source: object.source, colour: object.colour, d: "" };
    group.d += outline(object, cell, photo, show);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => ORDER.indexOf(a.source) - ORDER.indexOf(b.source));
}

export function drawShapes(cell, photo, show) {
  const objects = (cell.objects ?? []).filter((object) => isShown(object, show));
  if (objects.length === 0) return null;
  const svg = makeSvg("svg", {
    class: "shapes",
    viewBox: `0 0 ${cell.width} ${cell.height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  for (const { source, colour, d } of groupOutlines(objects, cell, photo, show)) {
    const line = makeSvg("path", { class: `line ${source}`, d });
    line.style.setProperty("stroke", colour);
    svg.append(makeSvg("path", { class: "halo", d }), line);
  }
  return svg;
}

// A score chip never covers another one: the first in the list stays.
export function drawScores(cell, photo, show) {
  if (!show.has("scores")) return [];
  const chips = [];
  const taken = [];
  for (const object of cell.objects ?? []) {
    if (typeof object.score !== "number" || !isShown(object, show) || !hasRoom(object, photo)) continue;
    const corner = { x: Math.max(0, object.box[0]) * photo.width, y: Math.max(0, object.box[1]) * photo.height };
    if (taken.some((other) => isNear(corner, other))) continue;
    taken.push(corner);
    chips.push(scoreChip(object, corner));
  }
  return chips;
}

function hasRoom(object, photo) {
  const { width, height } = sizeOnScreen(object.box, photo);
  return width >= CHIP.width && height >= CHIP.height;
}

function isNear(a, b) {
  return Math.abs(a.x - b.x) < CHIP.width && Math.abs(a.y - b.y) < CHIP.height;
}

function scoreChip(object, corner) {
  const chip = make("span", "object-score", object.score.toFixed(2));
  chip.style.left = `${corner.x}px`;
  chip.style.top = `${corner.y}px`;
  chip.style.background = object.colour;
  return chip;
}
