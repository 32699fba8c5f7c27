/** Cutting shapes off at the edges of the picture (Sutherland and Hodgman, 1974). */

import { boundsOf, clamp } from "./geometry.js";

/** The four edges: which coordinate, its value, and whether a point lies inside. */
const EDGES = [
  { axis: 0, value: 0, holds: (x) => x >= 0 },
  { axis: 0, value: 1, holds: (x) => x <= 1 },
  { axis: 1, value: 0, holds: (y) => y >= 0 },
  { axis: 1, value: 1, holds: (y) => y <= 1 },
];

/** Box and polygons of an object inside the picture, or null when nothing of it lies there. */
export function clipped({ box, polygons }) {
  if (!polygons.length) {
    const cut = box.map((value) => clamp(value, 0, 1));
    return cut[0] < cut[2] && cut[1] < cut[3] ? { box: cut, polygons } : null;
  }
  const rings = polygons.map(clippedRing).filter(hasArea);
  return rings.length ? { box: boundsOf(rings), polygons: rings } : null;
}

function clippedRing(ring) {
  if (ring.every((value) => value >= 0 && value <= 1)) return ring;
  return EDGES.reduce(cutAt, ring);
}

function cutAt(ring, { axis, value, holds }) {
  const cut = [];
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const isIn = holds(ring[i + axis]);
    if (isIn !== holds(ring[j + axis])) {
      const along = (value - ring[j + axis]) / (ring[i + axis] - ring[j + axis]);
      const point = [ring[j] + along * (ring[i] - ring[j]), ring[j + 1] + along * (ring[i + 1] - ring[j + 1])];
      point[axis] = value;
      cut.push(...point);
    }
    if (isIn) cut.push(ring[i], ring[i + 1]);
  }
  return cut;
}

function hasArea(ring) {
  if (ring.length < 6) return false;
  const [x0, y0, x1, y1] = boundsOf([ring]);
  return x0 < x1 && y0 < y1;
}
