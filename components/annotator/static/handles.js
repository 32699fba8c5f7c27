/**
 * What a selected object is grabbed by: eight handles of a box, or the vertices of a polygon and the middles of its edges.
 * Where a polygon has many of them on the stage, those near the pointer and the chosen one are shown.
 */

import { svg } from "./dom.js";

const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const SIZE = 9; // pixels
const REACH = 10; // pixels around a handle's middle that count as on it
const SPACING = 7; // vertices closer than this are shown once the photo is nearer
const ROOM_FOR_MIDDLE = 26; // an edge shorter than this has no middle to grab
const MANY = 150; // handles that are all shown
const NEAR = 90; // pixels around the pointer, where there are more

/** @typedef {{kind: "side"|"vertex"|"middle", side?: string, ring?: number, index?: number, x: number, y: number}} Handle */

/** Handles of an object on the stage, in stage pixels. @returns {Handle[]} */
export function handlesOf(object, vertex, viewport) {
  if (!object) return [];
  return object.polygons.length
    ? object.polygons.flatMap((ring, at) => ringHandles(ring, at, vertex?.ring === at ? vertex.index : -1, viewport))
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

function ringHandles(points, ring, chosen, viewport) {
  const vertices = spacedVertices(points, ring, chosen, viewport);
  const isNeighbour = (vertex, next) => next.index === (vertex.index + 1) % (points.length / 2);
  const middles = vertices.flatMap((vertex, at) => {
    const next = vertices[(at + 1) % vertices.length];
    if (!isNeighbour(vertex, next) || Math.hypot(next.x - vertex.x, next.y - vertex.y) < ROOM_FOR_MIDDLE) return [];
    const middle = { x: (vertex.x + next.x) / 2, y: (vertex.y + next.y) / 2 };
    return [{ kind: "middle", ring, index: vertex.index + 1, ...middle }];
  });
  return [...middles, ...vertices].filter((handle) => isOnStage(handle, viewport));
}

/** Vertices that are far enough from each other to be told apart, and the chosen one. */
function spacedVertices(points, ring, chosen, { left, top, scale: [scaleX, scaleY] }) {
  const vertices = [];
  let [lastX, lastY] = [Infinity, Infinity];
  for (let i = 0; i < points.length; i += 2) {
    const x = left + points[i] * scaleX;
    const y = top + points[i + 1] * scaleY;
    const isClose = Math.hypot(x - lastX, y - lastY) < SPACING;
    if (isClose && i / 2 !== chosen) continue;
    vertices.push({ kind: "vertex", ring, index: i / 2, x, y });
    [lastX, lastY] = [x, y];
  }
  return vertices;
}

function isOnStage({ x, y }, { stageWidth, stageHeight }) {
  return x > -SIZE && y > -SIZE && x < stageWidth + SIZE && y < stageHeight + SIZE;
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
    this.pointer = null;
  }

  /**
   * @param {object|null} object selected
   * @param {{ring: number, index: number}|null} vertex focused
   */
  render(object, vertex, viewport, colour) {
    this.all = handlesOf(object, vertex, viewport);
    this.vertex = vertex;
    this.root.style.setProperty("--c", colour);
    this.draw();
  }

  /** The pointer is at a point of the stage: of many handles those near it are shown. */
  approach(x, y) {
    this.pointer = { x, y };
    if (this.all?.length > MANY) this.draw();
  }

  draw() {
    const isFocused = (handle) => isSame(handle, this.vertex);
    this.shown = this.all.length > MANY ? this.all.filter((one) => isNear(one, this.pointer) || isFocused(one)) : this.all;
    this.root.replaceChildren(...this.shown.map((handle) => drawHandle(handle, isFocused(handle))));
  }

  at(x, y) {
    this.approach(x, y); // a finger comes without a way to it
    return handleAt(this.shown, x, y);
  }
}

function isNear(handle, pointer) {
  return pointer !== null && Math.hypot(handle.x - pointer.x, handle.y - pointer.y) < NEAR;
}

function isSame({ kind, ring, index }, vertex) {
  return kind === "vertex" && vertex?.ring === ring && vertex.index === index;
}

function drawHandle({ kind, side, ring, index, x, y }, isFocused) {
  if (kind === "side")
    return svg("rect", {
      class: "handle",
      "data-side": side,
      x: x - SIZE / 2,
      y: y - SIZE / 2,
      width: SIZE,
      height: SIZE,
    });
  const kindClass = kind === "middle" ? "handle middle" : `handle${isFocused ? " focused" : ""}`;
  return svg("circle", {
    class: kindClass,
    [`data-${kind}`]: `${ring}.${index}`,
    cx: x,
    cy: y,
    r: kind === "middle" ? 3 : SIZE / 2,
  });
}
