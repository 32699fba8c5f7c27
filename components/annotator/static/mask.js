/** A mask brushed on a photo: cells of a coarse grid over the whole upright photo, sent as run lengths. */

const FINEST = 256; // cells on the longer side

export class Mask {
  /** @param {number} columns @param {number} rows */
  constructor(columns, rows) {
    Object.assign(this, { columns, rows, cells: new Uint8Array(columns * rows) });
  }

  /** An empty mask for a photo of so many pixels. Cells are about square, and never smaller than a pixel. */
  static over(width, height) {
    const cell = Math.max(1, Math.max(width, height) / FINEST);
    return new Mask(Math.max(1, Math.round(width / cell)), Math.max(1, Math.round(height / cell)));
  }

  /** @param {{width: number, height: number, runs: number[]}} region as `region` writes it; what does not fit is left out */
  static from({ width, height, runs }) {
    const mask = new Mask(width, height);
    let at = 0;
    runs.forEach((length, index) => {
      if (index % 2) mask.cells.fill(1, at, at + length);
      at += length;
    });
    return mask;
  }

  /** Run lengths, row by row from the top left: cells left out, cells brushed, and so on by turns. */
  get region() {
    const runs = [];
    let value = 0;
    let length = 0;
    for (const cell of this.cells) {
      if (cell === value) length += 1;
      else {
        runs.push(length);
        [value, length] = [cell, 1];
      }
    }
    return { width: this.columns, height: this.rows, runs: [...runs, length] };
  }

  get isEmpty() {
    return !this.cells.includes(1);
  }

  /**
   * Fill a round spot.
   * @param {number[]} middle fractions of the photo
   * @param {number[]} radius fractions of its width and height
   * @param {0|1} value
   */
  spot([x, y], [radiusX, radiusY], value) {
    const { columns, rows, cells } = this;
    const halfWidth = Math.max(radiusX * columns, 0.5);
    const halfHeight = Math.max(radiusY * rows, 0.5);
    const [middleX, middleY] = [x * columns - 0.5, y * rows - 0.5];
    const last = Math.min(rows - 1, Math.floor(middleY + halfHeight));
    for (let row = Math.max(0, Math.ceil(middleY - halfHeight)); row <= last; row++) {
      const width = halfWidth * Math.sqrt(Math.max(0, 1 - ((row - middleY) / halfHeight) ** 2));
      const from = Math.max(0, Math.ceil(middleX - width));
      const to = Math.min(columns - 1, Math.floor(middleX + width));
      if (to >= from) cells.fill(value, row * columns + from, row * columns + to + 1);
    }
  }

  /** Spots so close on a line that no gap is left. */
  stroke(from, to, radius, value) {
    const steps = Math.ceil(
      Math.max(Math.abs(to[0] - from[0]) * this.columns, Math.abs(to[1] - from[1]) * this.rows, 1),
    );
    for (let step = 1; step <= steps; step++) {
      const part = step / steps;
      this.spot([from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part], radius, value);
    }
  }

  /** Brush all cells whose middle lies in a shape. @param {(point: number[]) => boolean} isInside */
  add(isInside) {
    const { columns, rows, cells } = this;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        if (isInside([(column + 0.5) / columns, (row + 0.5) / rows])) cells[row * columns + column] = 1;
  }
}

/** Whether something received is a mask that can be drawn. */
export function isMask(region) {
  return Array.isArray(region?.runs) && region.width > 0 && region.height > 0;
}
