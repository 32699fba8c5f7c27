/**
 * Boxes and polygons in fractions of the upright picture. Every function returns new values; coordinates that an edit
 * does not touch keep the very number that was received.
 *
 * @typedef {[number, number, number, number]} Box x_min, y_min, x_max, y_max
 * @typedef {number[]} Ring flat: x1, y1, x2, y2, ...
 */

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** A coordinate made by a person: inside the picture, and without digits that no screen can show. */
export function coordinate(value) {
  return Math.round(clamp(value, 0, 1) * 1e7) / 1e7;
}

/** @param {Ring[]} rings @returns {Box} */
export function boundsOf(rings) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      bounds[0] = Math.min(bounds[0], ring[i]);
      bounds[1] = Math.min(bounds[1], ring[i + 1]);
      bounds[2] = Math.max(bounds[2], ring[i]);
      bounds[3] = Math.max(bounds[3], ring[i + 1]);
    }
  }
  return bounds;
}

/** The smallest box around two corners, made by a person. @returns {Box} */
export function boxBetween([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)].map(coordinate);
}

/** Area of the box, for ordering objects by size. */
export function areaOf(object) {
  const [x0, y0, x1, y1] = object.box;
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

/** Intersection over union of two boxes. */
export function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (areaOf({ box: a }) + areaOf({ box: b }) - shared);
}

const sorted = new WeakMap();

/** Objects in the order of Tab: smallest first. Lists are never changed in place, so each is sorted once. */
export function smallestFirst(objects) {
  if (!sorted.has(objects))
    sorted.set(
      objects,
      [...objects].sort((a, b) => areaOf(a) - areaOf(b)),
    );
  return sorted.get(objects);
}

function ringContains(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const crosses = ring[i + 1] > y !== ring[j + 1] > y;
    if (crosses && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i])
      inside = !inside;
  }
  return inside;
}

/**
 * Whether a point is on an object or within `reach` pixels of its edge. A ring inside another one is a hole (even-odd).
 * @param {[number, number]} scale pixels per fraction, per axis
 */
export function contains(object, point, scale, reach = 4) {
  const [x, y] = point;
  const [marginX, marginY] = [reach / scale[0], reach / scale[1]];
  const [x0, y0, x1, y1] = object.box;
  if (x < x0 - marginX || x > x1 + marginX || y < y0 - marginY || y > y1 + marginY) return false;
  if (!object.polygons.length) return true;
  const around = object.polygons.filter((ring) => ringContains(ring, x, y));
  return around.length % 2 === 1 || nearestEdge(object.polygons, point, scale, reach) !== null;
}

/** The objects at a point, smallest first. */
export function objectsAt(objects, point, scale) {
  return smallestFirst(objects.filter((object) => contains(object, point, scale)));
}

/** The smallest object at a point, or null. */
export function smallestAt(objects, point, scale) {
  return objectsAt(objects, point, scale)[0] ?? null;
}

/** The objects that lie wholly inside a box. @param {Box} frame */
export function objectsWithin(objects, [x0, y0, x1, y1]) {
  return objects.filter(({ box }) => box[0] >= x0 && box[1] >= y0 && box[2] <= x1 && box[3] <= y1);
}

/**
 * The step (dx, dy) as far as objects can go it together inside the picture.
 * @returns {[number, number]}
 */
export function stepWithin(objects, dx, dy) {
  const [x0, y0, x1, y1] = boundsOf(objects.map(({ box }) => box));
  return [
    clamp(dx, -Math.max(x0, 0), Math.max(1 - x1, 0)),
    clamp(dy, -Math.max(y0, 0), Math.max(1 - y1, 0)),
  ];
}

/** Box and polygons of an object, moved. @param {[number, number]} step that keeps it inside the picture */
export function moved(object, step) {
  const shift = (value, index) => (step[index % 2] === 0 ? value : coordinate(value + step[index % 2]));
  return { box: object.box.map(shift), polygons: object.polygons.map((ring) => ring.map(shift)) };
}

/**
 * A box with some sides moved, at least `least` wide and high.
 * @param {Box} box @param {string} handle any of "n", "ne", "e", "se", "s", "sw", "w", "nw"
 * @param {[number, number]} least smallest width and height, as fractions
 */
export function resized(box, handle, dx, dy, least) {
  const next = [...box];
  if (handle.includes("w")) next[0] = Math.min(coordinate(box[0] + dx), box[2] - least[0]);
  if (handle.includes("e")) next[2] = Math.max(coordinate(box[2] + dx), box[0] + least[0]);
  if (handle.includes("n")) next[1] = Math.min(coordinate(box[1] + dy), box[3] - least[1]);
  if (handle.includes("s")) next[3] = Math.max(coordinate(box[3] + dy), box[1] + least[1]);
  return next;
}

function withRing(rings, index, change) {
  return rings.map((ring, at) => (at === index ? change(ring) : ring));
}

/** @param {{ring: number, index: number}} vertex */
export function vertexMoved(rings, { ring, index }, [x, y]) {
  return withRing(rings, ring, (points) =>
    points.map((value, at) => (at === 2 * index ? coordinate(x) : at === 2 * index + 1 ? coordinate(y) : value)),
  );
}

/** A new vertex before position `index`. */
export function vertexInserted(rings, { ring, index }, [x, y]) {
  return withRing(rings, ring, (points) => [
    ...points.slice(0, 2 * index),
    coordinate(x),
    coordinate(y),
    ...points.slice(2 * index),
  ]);
}

/** The middle of the edge that begins at a vertex. @returns {[number, number]} */
export function middleAfter(rings, { ring, index }) {
  const points = rings[ring];
  const next = (2 * index + 2) % points.length;
  return [(points[2 * index] + points[next]) / 2, (points[2 * index + 1] + points[next + 1]) / 2];
}

/** Without one vertex; a ring that would have fewer than three goes altogether. */
export function vertexRemoved(rings, { ring, index }) {
  const left = withRing(rings, ring, (points) => points.filter((_, at) => at >> 1 !== index));
  return left.filter((points) => points.length >= 6);
}

/**
 * The edge next to a point, or null when none is within `reach` pixels.
 * @param {[number, number]} scale pixels per fraction, per axis
 * @returns {{ring: number, index: number}|null} where a vertex on that edge would be inserted
 */
export function nearestEdge(rings, [x, y], [scaleX, scaleY], reach) {
  let best = reach;
  let found = null;
  rings.forEach((points, ring) => {
    for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
      const ax = (points[j] - x) * scaleX;
      const ay = (points[j + 1] - y) * scaleY;
      const bx = (points[i] - x) * scaleX;
      const by = (points[i + 1] - y) * scaleY;
      if ((ax > best && bx > best) || (ax < -best && bx < -best)) continue; // far beside it: most edges are
      if ((ay > best && by > best) || (ay < -best && by < -best)) continue;
      const along = clamp(-(ax * (bx - ax) + ay * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1), 0, 1);
      const distance = Math.hypot(ax + along * (bx - ax), ay + along * (by - ay));
      if (distance <= best) [best, found] = [distance, { ring, index: i / 2 || points.length / 2 }];
    }
  });
  return found;
}

function lengthOf(points, [scaleX, scaleY]) {
  let length = 0;
  for (let i = 2; i < points.length; i += 2) {
    length += Math.hypot((points[i] - points[i - 2]) * scaleX, (points[i + 1] - points[i - 1]) * scaleY);
  }
  return length;
}

/**
 * A ring with the shorter way between two of its vertices drawn anew.
 * @param {Ring[]} rings @param {{ring: number, from: number, to: number}} section
 * @param {Ring} drawn points between the two, in the direction from -> to
 * @param {[number, number]} scale pixels per fraction, per axis
 */
export function sectionRedrawn(rings, { ring, from, to }, drawn, scale) {
  return withRing(rings, ring, (points) => {
    const turned = [...points.slice(2 * from), ...points.slice(0, 2 * from)]; // begins at `from`
    const at = (2 * (to - from) + points.length) % points.length;
    const there = turned.slice(0, at + 2);
    const back = [...turned.slice(at), ...turned.slice(0, 2)];
    const isThereShorter = lengthOf(there, scale) <= lengthOf(back, scale);
    if (isThereShorter) return [...turned.slice(0, 2), ...drawn, ...turned.slice(at)];
    return [...there, ...reversedRing(drawn)];
  });
}

function reversedRing(points) {
  const reversed = [];
  for (let i = points.length - 2; i >= 0; i -= 2) reversed.push(points[i], points[i + 1]);
  return reversed;
}

/** Four corners of a box as a ring. @param {Box} box @returns {Ring} */
export function ringOf([x0, y0, x1, y1]) {
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}
