/** What a selected object is grabbed by: eight handles of a box, or the vertices of a polygon and the middles of its edges. */

import { svg } from "./dom.js";

const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const SIZE = 9; // pixels
const REACH = 10; // pixels around a handle's middle that count as on it
const SPACING = 7; // vertices closer than this are shown once the photo is nearer
const RING = 8; // pixels between a shape and its focus ring
const ROOM_FOR_MIDDLE = 26; // an edge shorter than this has no middle to grab

/** @typedef {{kind: "side"|"vertex"|"middle", side?: string, ring?: number, index?: number, x: number, y: number}} Handle */

/** Handles of an object, in stage pixels. @returns {Handle[]} */
export function handlesOf(object, viewport) {
  if (!object) return [];
  return object.polygons.length
    ? object.polygons.flatMap((ring, at) => ringHandles(ring, at, viewport))
    : boxHandles(object.box, viewport);
}

function boxHandles([x0, y0, x1, y1], viewport) {
  return SIDES.map((side) => {
    const fx = side.includes("w") ? x0 : side.includes("e") ? x1 : (x0 + x1) / 2;
    const fy = side.includes("n") ? y0 : side.includes("s") ? y1 : (y0 + y1) / 2;
    const [x, y] = viewport.toStage(fx, fy);
    return { kind: "side", side, x, y };
  });
}

function ringHandles(points, ring, viewport) {
  const vertices = [];
  const middles = [];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = viewport.toStage(points[i], points[i + 1]);
    const last = vertices.at(-1);
    if (last && Math.hypot(x - last.x, y - last.y) < SPACING) continue;
    vertices.push({ kind: "vertex", ring, index: i / 2, x, y });
  }
  vertices.forEach((vertex, at) => {
    const next = vertices[(at + 1) % vertices.length];
    const areNeighbours = next.index === (vertex.index + 1) % (points.length / 2);
    if (!areNeighbours || Math.hypot(next.x - vertex.x, next.y - vertex.y) < ROOM_FOR_MIDDLE) return;
    middles.push({
      kind: "middle",
      ring,
      index: vertex.index + 1,
      x: (vertex.x + next.x) / 2,
      y: (vertex.y + next.y) / 2,
    });
  });
  return [...middles, ...vertices];
}

/** The handle at a point of the stage, or null. Vertices go before middles. */
export function handleAt(handles, x, y) {
  let best = REACH;
  let found = null;
  for (const handle of handles) {
    const distance = Math.hypot(handle.x - x, handle.y - y);
    const isBetter = distance < best || (distance <= best && found?.kind === "middle");
    if (isBetter) [best, found] = [distance, handle];
  }
  return found;
}

export const CURSORS = {
  n: "ns-resize",
  s: "ns-resize",
  e: "ew-resize",
  w: "ew-resize",
  nw: "nwse-resize",
  se: "nwse-resize",
  ne: "nesw-resize",
  sw: "nesw-resize",
};

export class Handles {
  constructor() {
    this.root = svg("svg", { class: "layer handles" });
    this.shown = [];
  }

  /**
   * @param {object|null} object selected
   * @param {{ring: number, index: number}|null} vertex focused
   */
  render(object, vertex, viewport, colour) {
    this.shown = handlesOf(object, viewport);
    this.root.style.setProperty("--c", colour);
    this.root.replaceChildren(
      ...(object ? [drawRing(object, viewport)] : []),
      ...this.shown.map((handle) => drawHandle(handle, vertex)),
    );
  }

  at(x, y) {
    return handleAt(this.shown, x, y);
  }
}

/** The focus ring of a shape, outside of its handles. */
function drawRing({ box: [x0, y0, x1, y1] }, viewport) {
  const [left, top] = viewport.toStage(x0, y0);
  const [right, bottom] = viewport.toStage(x1, y1);
  return svg("rect", {
    class: "ring",
    x: left - RING,
    y: top - RING,
    width: Math.max(0, right - left) + 2 * RING,
    height: Math.max(0, bottom - top) + 2 * RING,
    rx: 3,
  });
}

function drawHandle({ kind, side, ring, index, x, y }, vertex) {
  if (kind === "side")
    return svg("rect", {
      class: "handle",
      "data-side": side,
      x: x - SIZE / 2,
      y: y - SIZE / 2,
      width: SIZE,
      height: SIZE,
    });
  const isFocused = kind === "vertex" && vertex?.ring === ring && vertex.index === index;
  const kindClass = kind === "middle" ? "handle middle" : `handle${isFocused ? " focused" : ""}`;
  return svg("circle", {
    class: kindClass,
    [`data-${kind}`]: `${ring}.${index}`,
    cx: x,
    cy: y,
    r: kind === "middle" ? 3 : SIZE / 2,
  });
}
