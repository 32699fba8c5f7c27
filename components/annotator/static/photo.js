/** The photo itself: the picture that came first, and over it the tiles of a large one. Everything else lies above it. */

import { element } from "./dom.js";
import { Tiles } from "./tiles.js";

const CLOSE = 4; // screen pixels per photo pixel from which on pixels are shown as squares

export class Photo {
  /** @param {import("./desk.js").Desk} desk @param {import("./viewport.js").Viewport} viewport */
  constructor(desk, viewport) {
    Object.assign(this, { desk, viewport });
    /** @type {HTMLImageElement|null} */
    this.image = null;
    this.tiles = new Tiles(viewport, () => desk.stage.hud.render());
    this.frame = element("div", { class: "frame" }, this.tiles.root);
    // the filters of the view act on what is in sight, however large the photo is
    this.root = element("div", { class: "lens" }, this.frame);
  }

  /** Make room for the photo of an image; what is there meanwhile goes. */
  open(item) {
    Object.assign(this.frame.style, { width: `${item.width}px`, height: `${item.height}px` });
    this.tiles.open(null, item);
  }

  /** Until the photo has come. */
  wait() {
    this.frame.classList.add("loading");
    this.image?.remove();
  }

  /** @param {HTMLImageElement|null} image decoded */
  show(image, item) {
    this.frame.classList.remove("loading");
    if (this.image !== image) this.image?.remove();
    this.image = image;
    if (image) this.frame.prepend(image);
    this.tiles.open(image, item);
  }

  /** Lie where the viewport says. */
  place() {
    const { left, top, zoom } = this.viewport;
    this.frame.style.transform = `translate(${left}px, ${top}px) scale(${zoom})`;
    this.frame.classList.toggle("close", zoom * devicePixelRatio >= CLOSE);
    this.tiles.place();
  }

  /** How the photo is shown; the numbers of its pixels stay what they are. */
  filter({ isGrey, adjustment }) {
    const filter = [isGrey && "grayscale(1)", adjustment].filter(Boolean).join(" ");
    if (this.root.style.filter !== filter) this.root.style.filter = filter;
  }

  clear() {
    this.image?.remove();
    this.image = null;
    this.tiles.open(null, null);
  }

  destroy() {
    this.tiles.close();
  }
}
