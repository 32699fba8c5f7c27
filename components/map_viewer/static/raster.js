// A map's raw values: unpacked from the wire, read at any point of the photo, and summed up for drawing.

const SCALE_PERCENTILE = 0.99;
const MOST_RANKED = 300_000; // on a dense screen every second pixel tells the share well enough

// {height, width, values: Float32Array row by row, region: [left, top, right, bottom] of the photo in fractions}.
export function unpack({ grid, values, region, regional }) {
  const letters = atob(values);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  // Little endian on the wire, as every machine with a browser is.
  return { height: grid[0], width: grid[1], values: new Float32Array(bytes.buffer), region, isRegional: regional };
}

// Grid position of a fraction of the photo; null outside the region, which the model has not seen.
function gridPosition(fraction, start, end, cells) {
  const inside = (fraction - start) / (end - start);
  return inside < 0 || inside > 1 ? null : inside * cells;
}

// For each pixel of one axis the two grid cells it lies between and the weight of the second.
function axis(pixels, start, end, cells, isRegional) {
  return Array.from({ length: pixels }, (_, pixel) => neighbours(gridPosition((pixel + 0.5) / pixels, start, end, cells), cells, isRegional));
}

function neighbours(position, cells, isRegional) {
  if (position === null) return null;
  if (isRegional) {
    const cell = Math.min(cells - 1, Math.floor(position));
    return { low: cell, high: cell, weight: 0 };
  }
  const centred = Math.min(cells - 1, Math.max(0, position - 0.5));
  const low = Math.floor(centred);
  return { low, high: Math.min(cells - 1, low + 1), weight: centred - low };
}

function blend(raster, across, down) {
  const at = (row, column) => raster.values[row * raster.width + column];
  const upper = at(down.low, across.low) * (1 - across.weight) + at(down.low, across.high) * across.weight;
  const lower = at(down.high, across.low) * (1 - across.weight) + at(down.high, across.high) * across.weight;
  return upper * (1 - down.weight) + lower * down.weight;
}

// Raw values on width x height pixels of the whole photo; NaN outside the region.
export function resample(raster, width, height) {
  const [left, top, right, bottom] = raster.region;
  const across = axis(width, left, right, raster.width, raster.isRegional);
  const down = axis(height, top, bottom, raster.height, raster.isRegional);
  const pixels = new Float32Array(width * height).fill(NaN);
  for (let y = 0; y < height; y += 1) {
    if (down[y] === null) continue;
    for (let x = 0; x < width; x += 1) {
      if (across[x] !== null) pixels[y * width + x] = blend(raster, across[x], down[y]);
    }
  }
  return pixels;
}

// The value drawn at a point of the photo (fractions), or null outside the region.
export function valueAt(raster, x, y) {
  const [left, top, right, bottom] = raster.region;
  const across = neighbours(gridPosition(x, left, right, raster.width), raster.width, raster.isRegional);
  const down = neighbours(gridPosition(y, top, bottom, raster.height), raster.height, raster.isRegional);
  return across && down ? blend(raster, across, down) : null;
}

// The value that gets the strongest colour: a few extreme cells must not pale the rest. For drawing only.
// Of the positive values, or of all by their strength on a signed scale; 0 for a map without any.
export function scaleLimit(raster, isSigned) {
  const strengths = isSigned ? raster.values.map(Math.abs) : raster.values;
  const sorted = strengths.filter((value) => value > 0).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(SCALE_PERCENTILE * sorted.length))] ?? 0;
}

export function hasNegative(raster) {
  return raster.values.some((value) => value < 0);
}

// Centre of the cell with the highest value, as fractions of the photo.
export function peak(raster) {
  let best = 0;
  raster.values.forEach((value, i) => {
    if (value > raster.values[best]) best = i;
  });
  const [left, top, right, bottom] = raster.region;
  const x = left + ((best % raster.width) + 0.5) / raster.width * (right - left);
  const y = top + (Math.floor(best / raster.width) + 0.5) / raster.height * (bottom - top);
  return { x, y };
}

// The value from which on pixels belong to the top share of the area; only positive evidence counts.
export function topThreshold(pixels, share) {
  const stride = Math.ceil(pixels.length / MOST_RANKED);
  const sorted = pixels.filter((value, i) => i % stride === 0 && Number.isFinite(value)).sort();
  const wanted = Math.round(sorted.length * share);
  const value = sorted[sorted.length - wanted];
  if (!(value > 0)) return Number.MIN_VALUE;
  // A region is taken whole: with many equal values, the nearer of "all of them" and "none of them" wins.
  const withEqual = sorted.length - sorted.findIndex((each) => each >= value);
  const withoutEqual = sorted.length - 1 - sorted.findLastIndex((each) => each <= value);
  const isBetterWithout = withoutEqual > 0 && wanted - withoutEqual < withEqual - wanted;
  return isBetterWithout ? sorted[sorted.length - withoutEqual] : value;
}
