// Lines of equal value at 20, 40, 60 and 80 % of the scale, with a halo that keeps them readable on any photo.

import { colourAt } from "./colours.js";

export const LEVELS = [0.2, 0.4, 0.6, 0.8];
const INK = 1; // half the width of a line, CSS pixels
const HALO = 2.25;
const FLAT = 1e-5;
const DARK = [11, 13, 16];
const LIGHT = [255, 255, 255];

function nearestLevel(value) {
  const level = Math.min(4, Math.max(1, Math.round(Math.abs(value) * 5)));
  return value < 0 ? -level : level;
}

const bandOf = (value) => Math.sign(value) * Math.min(4, Math.floor(Math.abs(value) * 5 + 1e-6));

// Distance of each pixel to the nearest line and the line's signed number 1 to 4 (in fifths of the scale).
function smoothLines(values, width, height) {
  const distance = new Float32Array(values.length).fill(Infinity);
  const level = new Int8Array(values.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const slope = Math.hypot(values[i + 1] - values[i - 1], values[i + width] - values[i - width]) / 2;
      if (!(slope > FLAT)) continue; // also where a neighbour lies outside the map
      level[i] = nearestLevel(values[i]);
      distance[i] = Math.abs(values[i] - level[i] / 5) / slope;
    }
  }
  return { distance, level };
}

// Where regions meet: a pixel is on a line when the pixel to its right or below lies in another band.
function regionLines(values, width, height, reach) {
  const distance = new Float32Array(values.length).fill(Infinity);
  const level = new Int8Array(values.length);
  const stamp = (x, y, number) => {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const i = (y + dy) * width + x + dx;
        if (x + dx < 0 || x + dx >= width || !(Math.hypot(dx, dy) < distance[i])) continue;
        distance[i] = Math.hypot(dx, dy);
        level[i] = number;
      }
    }
  };
  for (let y = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width - 1; x += 1) {
      const here = bandOf(values[y * width + x]);
      const others = [bandOf(values[y * width + x + 1]), bandOf(values[(y + 1) * width + x])];
      const strongest = [here, ...others].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      if (others.some((other) => Number.isFinite(other) && Number.isFinite(here) && other !== here)) stamp(x, y, strongest);
    }
  }
  return { distance, level };
}

function inkOf(scale, number) {
  const position = scale === "signed" ? (number / 5 + 1) / 2 : number / 5;
  const colour = colourAt(scale, position);
  const brightness = (0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]) / 255;
  return { colour, halo: brightness < 0.4 ? LIGHT : DARK };
}

const coverage = (edge, distance) => Math.min(1, Math.max(0, edge + 0.5 - distance));

// `values` are normalised (-1 to 1), NaN outside the map; `density` is device pixels per CSS pixel.
export function paintContours(image, values, { scale, isRegional, density }) {
  const { width, height, data } = image;
  const reach = Math.ceil(HALO * density);
  const { distance, level } = isRegional ? regionLines(values, width, height, reach) : smoothLines(values, width, height);
  const inks = new Map();
  for (let i = 0; i < values.length; i += 1) {
    if (!(distance[i] < reach + 1) || level[i] === 0) continue;
    if (!inks.has(level[i])) inks.set(level[i], inkOf(scale, level[i]));
    const { colour, halo } = inks.get(level[i]);
    const ink = coverage(INK * density, distance[i]);
    const under = 0.6 * coverage(HALO * density, distance[i]) * (1 - ink);
    const alpha = ink + under;
    for (let c = 0; c < 3; c += 1) data[i * 4 + c] = alpha > 0 ? (colour[c] * ink + halo[c] * under) / alpha : 0;
    data[i * 4 + 3] = 255 * alpha;
  }
}
