// Drawing the box of an object that the model has missed, on a photo without a map.

import { make } from "./dom.js";

const SMALLEST = 0.01; // of a side of the photo: less is a click

export class Drawing {
  constructor(onDrawn) {
    this.onDrawn = onDrawn;
    this.frame = make("i", "drawn");
    this.photo = make("img");
    this.photo.alt = "";
    this.photo.draggable = false; // else the browser drags the picture away
    this.fit = make("div", "fit drawing", this.photo, this.frame);
    this.title = make("h3");
    this.detail = make("div", "detail");
    const head = make("div", "head", this.title);
    this.element = make("section", "column", head, this.detail, make("div", "stage", this.fit));
    this.fit.addEventListener("pointerdown", (event) => this.begin(event));
    this.fit.addEventListener("pointermove", (event) => this.follow(event));
    this.fit.addEventListener("pointerup", (event) => this.end(event));
    this.fit.addEventListener("pointercancel", () => this.giveUp());
  }

  update({ title, hint, colour, box }, photo) {
    this.title.textContent = title;
    this.detail.textContent = hint;
    this.fit.style.setProperty("--class", colour);
    if (this.photo.getAttribute("src") !== photo.url) this.photo.src = photo.url;
    this.box = box;
    if (!this.start) this.show(box);
  }

  resize({ width, height }) {
    this.fit.style.width = `${width}px`;
    this.fit.style.height = `${height}px`;
  }

  begin(event) {
    if (event.button !== 0) return;
    this.fit.setPointerCapture(event.pointerId);
    this.start = this.place(event);
  }

  follow(event) {
    if (this.start) this.show(between(this.start, this.place(event)));
  }

  end(event) {
    if (!this.start) return;
    const box = between(this.start, this.place(event));
    this.start = null;
    const isClick = box[2] - box[0] < SMALLEST || box[3] - box[1] < SMALLEST;
    this.show(isClick ? this.box : box);
    if (!isClick) this.onDrawn(box);
  }

  giveUp() {
    this.start = null;
    this.show(this.box);
  }

  show(box) {
    this.frame.hidden = !box;
    if (!box) return;
    const [left, top, right, bottom] = box.map((side) => 100 * side);
    Object.assign(this.frame.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  }

  place(event) {
    const area = this.fit.getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    return [within((event.clientX - area.left) / area.width), within((event.clientY - area.top) / area.height)];
  }
}

// (left, top, right, bottom) whichever way it was drawn.
function between([x, y], [u, v]) {
  return [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
}
