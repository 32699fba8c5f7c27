/** The brush for evidence: strokes on a mask, a size in screen pixels, an eraser, and steps that can be taken back. */

import { element } from "./dom.js";
import { foremost } from "./edits.js";
import { Mask } from "./mask.js";
import { pathOf } from "./shapes.js";

const SIZES = [8, 12, 18, 27, 40, 60, 90, 135, 200]; // pixels across
const MOST_STEPS = 100;

export class Brush {
  constructor(desk, marks) {
    Object.assign(this, { desk, marks, mask: null, sizeAt: 4, isErasing: false, past: [], future: [] });
    this.ring = element("i", { class: "brush-ring", hidden: true });
  }

  get size() {
    return SIZES[this.sizeAt];
  }

  /** Begin with an empty mask, or with what was brushed before. */
  open(region) {
    const { width, height } = this.desk.entry.item;
    this.mask = region ? Mask.from(region) : Mask.over(width, height);
    Object.assign(this, { past: [], future: [], isErasing: false });
  }

  close() {
    this.mask = null;
    this.hideRing();
  }

  // ---- strokes

  /** Half the size, in fractions of the photo. */
  get radius() {
    return this.desk.stage.viewport.scale.map((pixels) => this.size / 2 / pixels);
  }

  begin(point, isEraser) {
    this.step();
    this.at = point;
    this.value = this.isErasing || isEraser ? 0 : 1;
    this.mask.spot(point, this.radius, this.value);
    this.marks.render();
  }

  go(point) {
    if (!this.at) return;
    this.mask.stroke(this.at, point, this.radius, this.value);
    this.at = point;
  }

  end() {
    if (!this.at) return;
    this.at = null;
    this.changed(this.value ? "Brushed." : "Erased.");
  }

  /** Brush a whole object: the selection, else what the eye goes to first. */
  takeObject() {
    const object = this.desk.selected ?? foremost(this.desk.objects);
    if (!object) return this.desk.hint("There is no object to take. Brush over the place instead.");
    this.step();
    const { columns, rows, cells } = this.mask;
    const context = new OffscreenCanvas(columns, rows).getContext("2d");
    context.scale(columns, rows);
    context.fill(new Path2D(pathOf(object)), "evenodd");
    const { data } = context.getImageData(0, 0, columns, rows);
    for (let at = 0; at < cells.length; at++) if (data[4 * at + 3] > 127) cells[at] = 1;
    return this.changed(`${object.label} brushed.`);
  }

  // ---- steps

  step() {
    this.past = [...this.past, this.mask.cells.slice()].slice(-MOST_STEPS);
    this.future = [];
  }

  undo() {
    this.exchange(this.past, this.future, "Undone: stroke.", "Nothing to undo. Esc drops the mask.");
  }

  redo() {
    this.exchange(this.future, this.past, "Redone: stroke.", "Nothing to redo.");
  }

  exchange(from, to, says, none) {
    if (!from.length) return this.desk.hint(none);
    to.push(this.mask.cells);
    this.mask.cells = from.pop();
    return this.changed(says);
  }

  changed(says) {
    this.marks.render();
    this.desk.actions.render();
    this.desk.keepAside();
    this.desk.say(says);
  }

  // ---- the tool

  use(isErasing) {
    this.isErasing = isErasing;
    this.desk.actions.render();
    this.desk.say(isErasing ? "Eraser." : "Brush.");
  }

  resize(by) {
    this.sizeAt = Math.min(Math.max(this.sizeAt + by, 0), SIZES.length - 1);
    if (this.lastSeen) this.showRing(this.lastSeen);
    this.desk.actions.render();
    this.desk.say(`Brush of ${this.size} pixels.`);
  }

  /** The ring shows where and how large a stroke would be. */
  showRing({ clientX, clientY }) {
    this.lastSeen = { clientX, clientY };
    const { left, top } = this.marks.root.getBoundingClientRect();
    const size = `${this.size}px`;
    const place = `translate(${clientX - left - this.size / 2}px, ${clientY - top - this.size / 2}px)`;
    Object.assign(this.ring.style, { width: size, height: size, transform: place });
    this.ring.hidden = false;
  }

  hideRing() {
    this.lastSeen = null;
    this.ring.hidden = true;
  }
}
