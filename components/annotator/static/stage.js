/** The photo with everything on it: layers, zoom and pan, and the moment from which a photo counts as painted. */

import { nextTask } from "./after_paint.js";
import { element } from "./dom.js";
import { Hud } from "./hud.js";
import { Layers } from "./layers.js";
import { Navigation } from "./navigation.js";
import { Photo } from "./photo.js";
import { Pointer } from "./pointer.js";
import { Problem } from "./problem.js";
import { Viewport } from "./viewport.js";

const TRIES_AGAIN = 2000; // milliseconds

export class Stage {
  constructor(desk) {
    this.desk = desk;
    this.viewport = new Viewport();
    this.photo = new Photo(desk, this.viewport);
    this.map = element("canvas", { class: "map", hidden: true });
    this.cover = element("div", { class: "frame" }, this.map);
    this.layers = new Layers(desk, this);
    this.hud = new Hud(desk);
    this.problem = new Problem(desk);
    this.view = element("div", { class: "view" }, this.photo.root, this.cover, ...this.layers.roots);
    this.root = element(
      "section",
      {
        class: "stage",
        role: "application",
        tabindex: "0",
        "aria-roledescription": "photo editor",
        "aria-description": "Enter accepts, question mark lists all keys",
      },
      this.view,
      this.problem.root,
      this.hud.root,
      desk.adjustment.root,
    );
    this.pointer = new Pointer(desk, this);
    this.navigation = new Navigation(desk, this);
    this.observer = new ResizeObserver(() => this.fitStage());
    this.observer.observe(this.view);
  }

  get drawing() {
    return this.layers.drawing;
  }

  fitStage() {
    const { width, height } = this.view.getBoundingClientRect();
    if (!width || !height) return;
    this.viewport.resize(width, height);
    this.place();
  }

  /** Show the photo of an entry, at once when it is decoded. */
  show(entry) {
    const { item } = entry;
    this.entry = entry;
    this.drawing.cancel();
    this.pointer.cancel();
    this.root.setAttribute("aria-label", `${item.name}, ${item.width} by ${item.height} pixels`);
    this.viewport.open(item.width, item.height);
    this.photo.open(item);
    Object.assign(this.cover.style, { width: `${item.width}px`, height: `${item.height}px` });
    this.hideMap();
    if (!item.readable) return this.swap(null);
    const record = this.desk.images.get(item);
    if (record.ready) return this.settle(entry, record);
    this.photo.wait();
    record.promise.then(() => {
      if (this.entry !== entry) return;
      this.settle(entry, record);
      this.desk.render();
    });
  }

  /** The photo is there, or it is known why not. */
  settle(entry, { ready, image, problem, isPassing }) {
    Object.assign(entry, { isBroken: !ready, problem, isPassing });
    this.swap(ready ? image : null);
    if (isPassing) this.tryAgainLater(entry);
  }

  tryAgainLater(entry) {
    clearTimeout(this.trying);
    this.trying = setTimeout(() => this.tryAgain(entry), TRIES_AGAIN);
  }

  /** Load a photo whose server was away, while everything that is shown and being written stays. */
  async tryAgain(entry) {
    if (this.entry !== entry || !entry.isBroken) return;
    const record = this.desk.images.reload(entry.item);
    await record.promise;
    if (this.entry !== entry || !entry.isBroken) return;
    if (record.isPassing) this.tryAgainLater(entry);
    else this.settle(entry, record);
    this.desk.render();
  }

  swap(image) {
    this.photo.show(image, this.entry.item);
    this.place();
    this.layers.settle();
    this.awaitPaint(this.entry);
  }

  /** A photo counts as painted after the frame that shows it: no key may be booked on what nobody has seen. */
  awaitPaint(entry) {
    requestAnimationFrame(() => nextTask(() => this.entry === entry && this.desk.painted(entry)));
  }

  /** Nothing to show: the queue is empty, or has not come yet. */
  clear() {
    this.entry = null;
    this.photo.clear();
    this.hideMap();
    this.drawing.cancel();
  }

  render() {
    const { desk } = this;
    const hasPhoto = this.problem.render() === "" && Boolean(this.entry);
    this.view.hidden = !hasPhoto;
    this.root.classList.toggle("bare", desk.isHidden);
    this.root.classList.toggle("peeking", desk.peek.isShown);
    this.photo.filter({ isGrey: desk.peek.isShown, adjustment: desk.adjustment.filter });
    this.root.dataset.tool = desk.tool;
    this.layers.render(hasPhoto);
    this.hud.render();
  }

  /** Bring everything to where the viewport says. */
  place() {
    this.photo.place();
    this.cover.style.transform = this.photo.frame.style.transform;
    this.layers.place();
    this.hud.renderZoom();
  }

  /** Zoom, pan or fit, then bring everything along. @param {(viewport: Viewport) => void} change */
  look(change) {
    change(this.viewport);
    this.place();
  }

  /** Lay a map over the photo. @param {HTMLCanvasElement} drawn @param {number[]} region fractions it covers */
  showMap(drawn, [x0, y0, x1, y1], { isRegional, opacity }) {
    const { map } = this;
    Object.assign(map, { width: drawn.width, height: drawn.height, hidden: false });
    map.getContext("2d").drawImage(drawn, 0, 0);
    map.classList.toggle("regional", isRegional);
    const place = {
      left: `${x0 * 100}%`,
      top: `${y0 * 100}%`,
      width: `${(x1 - x0) * 100}%`,
      height: `${(y1 - y0) * 100}%`,
    };
    Object.assign(map.style, place, { opacity });
  }

  hideMap() {
    this.map.hidden = true;
  }

  focus() {
    if (this.desk.focused === this.root) return; // to ask again would have the page laid out at once
    this.root.focus({ preventScroll: true });
  }

  destroy() {
    clearTimeout(this.trying);
    this.observer.disconnect();
    this.photo.destroy();
    this.layers.destroy();
  }
}
