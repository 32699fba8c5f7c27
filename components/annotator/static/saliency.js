/** A saliency map as a picture: raw values to colours, weak evidence nearly transparent. */

import { colourMap } from "./colormaps.js";

const FINEST = 512; // pixels on the longer side of a smoothed map
const TABLE = colourMap("inferno");

/** base64 of little-endian float32 -> values. */
export function decodeValues(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(bytes.length / 4);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true);
  return values;
}

/** The value that counts as full strength: the 99th percentile of the positive ones; 0 when there is none. */
export function fullStrength(values) {
  const positive = values.filter((value) => value > 0).sort();
  return positive.length ? positive[Math.ceil(0.99 * positive.length) - 1] : 0;
}

/** Values at the pixel centres of another grid, bilinear, edges repeated. */
export function resampled(values, height, width, newHeight, newWidth) {
  const result = new Float32Array(newHeight * newWidth);
  for (let y = 0; y < newHeight; y++) {
    const [top, bottom, down] = between(y, newHeight, height);
    for (let x = 0; x < newWidth; x++) {
      const [left, right, along] = between(x, newWidth, width);
      const above = values[top * width + left] * (1 - along) + values[top * width + right] * along;
      const below = values[bottom * width + left] * (1 - along) + values[bottom * width + right] * along;
      result[y * newWidth + x] = above * (1 - down) + below * down;
    }
  }
  return result;
}

function between(at, newSize, size) {
  const place = Math.min(Math.max(((at + 0.5) * size) / newSize - 0.5, 0), size - 1);
  const low = Math.floor(place);
  return [low, Math.min(low + 1, size - 1), place - low];
}

/**
 * Draw a map at opacity 1: alpha is 0.12 + 0.88 v^0.7.
 * @param {{grid: [number, number], values: string, regional: boolean}} map as the server sends it
 * @returns {HTMLCanvasElement}
 */
export function drawMap({ grid: [height, width], values: base64, regional }) {
  const raw = decodeValues(base64);
  const full = fullStrength(raw) || 1;
  const finer = regional ? 1 : Math.max(1, FINEST / Math.max(height, width));
  const [rows, columns] = [Math.round(height * finer), Math.round(width * finer)];
  const values = finer === 1 ? raw : resampled(raw, height, width, rows, columns);
  const picture = new ImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const strength = Math.min(Math.max(values[i] / full, 0), 1);
    const colour = Math.round(strength * 255) * 3;
    picture.data.set(
      [TABLE[colour], TABLE[colour + 1], TABLE[colour + 2], 255 * (0.12 + 0.88 * strength ** 0.7)],
      i * 4,
    );
  }
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}
