/** Where the photo lies on the stage: zoom, pan, and the way between screen pixels and fractions of the photo. */

import { clamp } from "./geometry.js";

const AIR = 16; // pixels around a fitted photo
const MOST = 40; // screen pixels per photo pixel

export class Viewport {
  constructor() {
    Object.assign(this, {
      stageWidth: 1,
      stageHeight: 1,
      width: 1,
      height: 1,
      zoom: 1,
      left: 0,
      top: 0,
      isFitted: true,
    });
  }

  /** Take another photo, `width` x `height` pixels, and fit it. */
  open(width, height) {
    Object.assign(this, { width, height });
    this.fit();
  }

  /** The stage has another size: a fitted photo stays fitted, any other keeps its middle. */
  resize(stageWidth, stageHeight) {
    const shiftX = (stageWidth - this.stageWidth) / 2;
    const shiftY = (stageHeight - this.stageHeight) / 2;
    Object.assign(this, { stageWidth, stageHeight });
    if (this.isFitted) this.fit();
    else this.pan(shiftX, shiftY);
  }

  get fittedZoom() {
    const zoom = Math.min((this.stageWidth - 2 * AIR) / this.width, (this.stageHeight - 2 * AIR) / this.height);
    return Math.max(zoom, 0.001);
  }

  fit() {
    this.zoom = this.fittedZoom;
    this.isFitted = true;
    this.centre();
  }

  /** One photo pixel on one screen pixel. */
  actualSize() {
    this.zoomBy(1 / this.zoom);
  }

  centre() {
    this.left = (this.stageWidth - this.width * this.zoom) / 2;
    this.top = (this.stageHeight - this.height * this.zoom) / 2;
  }

  /** Zoom by a factor; the point (x, y) of the stage, its middle by default, stays where it is. */
  zoomBy(factor, x = this.stageWidth / 2, y = this.stageHeight / 2) {
    const zoom = clamp(this.zoom * factor, Math.min(this.fittedZoom / 4, 1), Math.max(MOST, this.fittedZoom));
    this.left = x - ((x - this.left) * zoom) / this.zoom;
    this.top = y - ((y - this.top) * zoom) / this.zoom;
    this.zoom = zoom;
    this.isFitted = false;
  }

  /** Move the photo, leaving at least a bit of it on the stage. */
  pan(dx, dy) {
    const keep = 48;
    this.left = clamp(this.left + dx, keep - this.width * this.zoom, this.stageWidth - keep);
    this.top = clamp(this.top + dy, keep - this.height * this.zoom, this.stageHeight - keep);
    this.isFitted = false;
  }

  /** Screen pixels per fraction, per axis. */
  get scale() {
    return [this.width * this.zoom, this.height * this.zoom];
  }

  /** Stage pixels -> fractions of the photo (outside of it below 0 or above 1). */
  toPhoto(x, y) {
    return [(x - this.left) / this.scale[0], (y - this.top) / this.scale[1]];
  }

  /** Fractions of the photo -> stage pixels. */
  toStage(x, y) {
    return [this.left + x * this.scale[0], this.top + y * this.scale[1]];
  }
}
