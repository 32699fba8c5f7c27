/** How much of the positive evidence of a map lies inside a shape, as the server counts it (`metrics/localisation.py`). */

const LINES = 1024; // about how many lines an outline is cut into

/**
 * @param {Float32Array} values raw and signed, row by row
 * @param {[number, number]} grid rows and columns
 * @param {number[]} region that the grid covers, fractions of the photo
 * @param {{box: number[], polygons: number[][]}} shape by its outline where it has one
 * @returns {number|null} share, 0 to 1; null without positive evidence
 */
export function energyInside(values, [rows, columns], region, shape) {
  const cover = shape.polygons.length ? outlineCover : boxCover;
  const inside = cover(shape, rows, columns, region);
  let [within, total] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    const energy = Math.max(values[at], 0);
    total += energy;
    within += energy * inside[at];
  }
  return total > 0 ? within / total : null;
}

/** Which part of each of `cells` equal cells between two ends lies from `low` to `high`. */
function lineCover(cells, start, end, low, high) {
  const size = (end - start) / cells || Infinity;
  return Float64Array.from({ length: cells }, (_, at) => {
    const left = start + at * size;
    return Math.min(Math.max((Math.min(left + size, high) - Math.max(left, low)) / size, 0), 1);
  });
}

function boxCover({ box: [x0, y0, x1, y1] }, rows, columns, [left, top, right, bottom]) {
  const down = lineCover(rows, top, bottom, y0, y1);
  const across = lineCover(columns, left, right, x0, x1);
  return Float64Array.from({ length: rows * columns }, (_, at) => down[Math.floor(at / columns)] * across[at % columns]);
}

/** Exact along x, sampled along y. Where rings overlap there is a hole. */
function outlineCover({ polygons }, rows, columns, [left, top, right, bottom]) {
  const perRow = Math.max(1, Math.floor(LINES / rows));
  const inside = new Float64Array(rows * columns);
  const height = (bottom - top) / (rows * perRow);
  const edges = edgesOf(polygons);
  for (let line = 0; line < rows * perRow; line++) {
    const row = Math.floor(line / perRow);
    const ends = crossings(edges, top + (line + 0.5) * height);
    for (let at = 0; at + 1 < ends.length; at += 2) {
      const across = lineCover(columns, left, right, ends[at], ends[at + 1]);
      for (let column = 0; column < columns; column++) inside[row * columns + column] += across[column] / perRow;
    }
  }
  return inside;
}

function edgesOf(polygons) {
  return polygons.flatMap((ring) => {
    const edges = [];
    for (let at = 0; at + 1 < ring.length; at += 2) {
      const next = at + 3 < ring.length ? at + 2 : 0;
      edges.push([ring[at], ring[at + 1], ring[next], ring[next + 1]]);
    }
    return edges;
  });
}

/** Where a line goes in and out of the outline, from left to right. */
function crossings(edges, y) {
  const found = [];
  for (const [x0, y0, x1, y1] of edges) if (y0 <= y !== y1 <= y) found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  return found.sort((a, b) => a - b);
}
