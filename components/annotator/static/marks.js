/**
 * What a verdict points at on the photo: the box of a flag, the brushed mask of wrong evidence. Shows the mark of the verdict
 * in force, and takes a new one from mouse, pen or finger while a flag is written or evidence is brushed.
 */

import { Brush } from "./brush.js";
import { element, svg } from "./dom.js";
import { boxBetween, smallestAt } from "./geometry.js";
import { isMask, Mask } from "./mask.js";

const STILL = 3; // pixels that a click may wander
const COLOUR = [224, 36, 36, 150];

export class Marks {
  constructor(desk) {
    this.desk = desk;
    this.brush = new Brush(desk, this);
    /** @type {number[]|null} the box of the flag that is being written, in fractions of the photo */
    this.box = null;
    this.canvas = element("canvas", { class: "mask" });
    this.halo = svg("rect", { class: "halo" });
    this.line = svg("rect", { class: "line" });
    this.root = element(
      "div",
      { class: "layer marks" },
      this.canvas,
      svg("svg", { class: "layer" }, this.halo, this.line),
      this.brush.ring,
    );
    this.root.onpointerdown = (event) => this.press(event);
    this.root.onpointermove = (event) => this.travel(event);
    this.root.onpointerup = (event) => this.release(event);
    this.root.onpointercancel = () => this.abandon();
    this.root.onpointerleave = () => this.brush.hideRing();
  }

  get isTaking() {
    return this.desk.mode === "flag" || this.desk.mode === "evidence";
  }

  /** What is to be seen now: what is being marked, else the mark of the verdict in force. */
  get shown() {
    const { desk } = this;
    if (!desk.entry || desk.peek.isShown) return null;
    if (desk.mode === "flag") return this.box && { box: this.box };
    if (desk.mode === "evidence") return this.brush.mask;
    return desk.isHidden ? null : (desk.entry.standing.region ?? null);
  }

  render() {
    const { shown } = this;
    this.root.classList.toggle("taking", this.isTaking);
    this.root.classList.toggle("brushing", this.desk.mode === "evidence");
    const mask = shown instanceof Mask ? shown : isMask(shown) ? this.maskOf(shown) : null;
    this.canvas.hidden = !mask;
    if (mask) this.paint(mask);
    this.rect = shown?.box ?? null;
    this.root.querySelector("svg").style.display = this.rect ? "" : "none";
    if (this.desk.stage) this.place(this.desk.stage.viewport);
  }

  /** A received mask is unpacked once. */
  maskOf(region) {
    if (this.unpacked?.region !== region) this.unpacked = { region, mask: Mask.from(region) };
    return this.unpacked.mask;
  }

  /** Draw the cells, one pixel each; the canvas is as large as the photo. */
  paint({ columns, rows, cells }) {
    const picture = new ImageData(columns, rows);
    for (let at = 0; at < cells.length; at++) if (cells[at]) picture.data.set(COLOUR, 4 * at);
    Object.assign(this.canvas, { width: columns, height: rows });
    this.canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  /** Follow zoom and pan. */
  place(viewport) {
    const [width, height] = viewport.scale;
    Object.assign(this.canvas.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${viewport.left}px, ${viewport.top}px)`,
    });
    if (!this.rect) return;
    const [left, top] = viewport.toStage(this.rect[0], this.rect[1]);
    const [right, bottom] = viewport.toStage(this.rect[2], this.rect[3]);
    const values = { x: left, y: top, width: right - left, height: bottom - top };
    for (const node of [this.halo, this.line])
      for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
  }

  // ---- the hand

  /** A point of the photo in fractions, kept inside of it. */
  pointOf(event) {
    const { left, top } = this.root.getBoundingClientRect();
    const point = this.desk.stage.viewport.toPhoto(event.clientX - left, event.clientY - top);
    return point.map((value) => Math.min(Math.max(value, 0), 1));
  }

  press(event) {
    const isEraser = event.button === 5; // the other end of a pen
    if (!this.isTaking || this.start || (event.button !== 0 && !isEraser)) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.setPointerCapture(event.pointerId);
    this.start = { x: event.clientX, y: event.clientY, point: this.pointOf(event), hasMoved: false };
    if (this.desk.mode === "evidence") this.brush.begin(this.start.point, isEraser);
  }

  travel(event) {
    if (this.desk.mode === "evidence") this.brush.showRing(event);
    if (!this.start) return;
    event.stopPropagation();
    const { start } = this;
    start.hasMoved ||= Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL;
    if (this.desk.mode === "evidence") {
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length ? passed : [event]) this.brush.go(this.pointOf(one));
    } else if (start.hasMoved) this.box = boxBetween(start.point, this.pointOf(event));
    this.render();
  }

  release(event) {
    const { start } = this;
    if (!start) return;
    event.stopPropagation();
    this.start = null;
    if (this.desk.mode === "evidence") return this.brush.end();
    if (!start.hasMoved) this.takeObject(start.point);
    this.changed();
  }

  abandon() {
    this.start = null;
    this.brush.end();
  }

  /** A click takes the box of the smallest object there, and the whole image where there is none. */
  takeObject(point) {
    this.box = smallestAt(this.desk.objects, point, this.desk.stage.viewport.scale)?.box ?? null;
  }

  /** Begin a flag: with its kept draft, else with the box of the selection. */
  beginBox(box) {
    this.box = box ?? null;
    this.render();
  }

  /** The box of the flag is another one. */
  changed() {
    this.render();
    this.desk.actions.render();
    this.desk.keepAside();
    const { item } = this.desk.entry;
    const size = this.box && [(this.box[2] - this.box[0]) * item.width, (this.box[3] - this.box[1]) * item.height];
    this.desk.say(size ? `The flag marks ${size.map(Math.round).join(" by ")} pixels.` : "The flag is for the image.");
  }

  /** Nothing is being marked any more. */
  end() {
    this.start = null;
    this.box = null;
    this.brush.close();
  }
}
