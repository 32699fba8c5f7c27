/**
 * The part of a large photo that is in sight, in the resolution of the screen. The photo that came first is reduced; where a
 * reviewer zooms in beyond it, tiles are laid over it. The server cuts them when they are first asked for.
 */

import { element } from "./dom.js";

const AT_ONCE = 3; // leaves connections free for decisions and maps
const MOST = 120; // tiles held, about 1 MB each once decoded
const SLACK = 1.1; // how much coarser than the screen is still sharp
const RETRY = 3000; // milliseconds
const AGAIN = 300; // milliseconds until the server is asked whether the tiles are cut

/**
 * @typedef {{scale: number, columns: number[], rows: number[]}} Level where tiles begin and end, in pixels of the photo
 * @typedef {{level: number, column: number, row: number, name: string}} Place
 */

export class Tiles {
  /** @param {import("./viewport.js").Viewport} viewport @param {() => void} onChange the state became another one */
  constructor(viewport, onChange) {
    Object.assign(this, { viewport, onChange });
    this.root = element("div", { class: "tiles" });
    this.close();
  }

  /** Begin with another photo. @param {HTMLImageElement|null} image the photo that came first */
  open(image, item) {
    this.close();
    if (!image || !item?.tiles) return;
    Object.assign(this, { item, sharpness: image.naturalWidth / item.width });
  }

  close() {
    clearTimeout(this.timer);
    this.root.replaceChildren();
    this.root.dataset.state = "";
    Object.assign(this, { item: null, plan: null, problem: "", done: 0, sharpness: 1, isAsking: false });
    /** @type {Map<string, HTMLImageElement>} those on the photo, seen longest ago first */
    this.shown = new Map();
    this.loading = new Map();
    this.queue = [];
  }

  /** Screen pixels per photo pixel. */
  get needed() {
    return this.viewport.zoom * devicePixelRatio;
  }

  get isNeeded() {
    return Boolean(this.item) && this.needed > this.sharpness * SLACK && this.sharpness < 1;
  }

  /** What the reviewer should know: full resolution is on its way, or why it is not. */
  get words() {
    if (!this.isNeeded) return "";
    if (this.problem) return this.problem;
    return this.plan ? "" : `Full resolution is being prepared, ${Math.round(this.done * 100)} %`;
  }

  /** The viewport moved. */
  place() {
    this.root.hidden = !this.isNeeded;
    if (!this.isNeeded || this.problem) return;
    if (this.plan) this.fill();
    else this.ask();
  }

  /** Have the tiles cut and hear where they are. */
  async ask() {
    const { item } = this;
    if (this.isAsking) return;
    this.isAsking = true;
    const told = await read(item.tiles);
    if (this.item !== item) return;
    this.isAsking = false;
    if (told.ready) this.plan = told;
    else if (told.problem) this.problem = told.problem;
    else this.timer = setTimeout(() => this.item === item && this.isNeeded && this.ask(), AGAIN);
    this.done = told.done ?? 0;
    this.onChange();
    this.place();
  }

  /** The coarsest level that is sharp on this screen. */
  get level() {
    const { levels } = this.plan;
    const sharp = levels.findLastIndex(({ scale }) => 1 / scale >= this.needed / SLACK);
    return Math.max(sharp, 0);
  }

  /** The tiles in sight, those in the middle first. @returns {Place[]} */
  get wanted() {
    const { viewport, level } = this;
    const { columns, rows } = this.plan.levels[level];
    const { width, height, stageWidth, stageHeight } = viewport;
    const [left, top] = viewport.toPhoto(0, 0);
    const [right, bottom] = viewport.toPhoto(stageWidth, stageHeight);
    const across = within(columns, left * width, right * width);
    const down = within(rows, top * height, bottom * height);
    const [middleX, middleY] = [across.length / 2, down.length / 2];
    const places = down.flatMap((row, y) =>
      across.map((column, x) => ({ level, column, row, far: Math.hypot(x + 0.5 - middleX, y + 0.5 - middleY) })),
    );
    return places
      .sort((a, b) => a.far - b.far)
      .map((place) => ({ ...place, name: `${place.level}/${place.column}/${place.row}` }));
  }

  fill() {
    const { wanted } = this;
    for (const { name } of wanted) this.touch(name);
    this.queue = wanted.filter(({ name }) => !this.shown.has(name) && !this.loading.has(name));
    this.pump();
    this.settle(wanted);
  }

  /** Count a tile as seen now. */
  touch(name) {
    const tile = this.shown.get(name);
    if (!tile) return;
    this.shown.delete(name);
    this.shown.set(name, tile);
  }

  pump() {
    while (this.loading.size < AT_ONCE && this.queue.length) this.load(this.queue.shift());
  }

  async load(place) {
    const { item, plan } = this;
    const { level, column, row, name } = place;
    const { columns, rows } = plan.levels[level];
    const tile = element("img", { class: "tile", alt: "", draggable: "false" });
    Object.assign(tile.style, {
      left: `${columns[column]}px`,
      top: `${rows[row]}px`,
      width: `${columns[column + 1] - columns[column]}px`,
      height: `${rows[row + 1] - rows[row]}px`,
      zIndex: plan.levels.length - level,
    });
    tile.src = plan.address.replace("{level}", level).replace("{column}", column).replace("{row}", row);
    this.loading.set(name, tile);
    const isThere = await tile.decode().then(
      () => true,
      () => false,
    );
    if (this.item !== item) return;
    this.loading.delete(name);
    if (!isThere) return this.retry();
    this.shown.set(name, tile);
    this.root.append(tile);
    this.place();
  }

  /** A tile did not come: the server is away, or has cut others meanwhile. */
  retry() {
    if (this.problem) return;
    this.problem = "A part of the photo cannot be loaded; it is tried again.";
    this.onChange();
    this.timer = setTimeout(() => {
      Object.assign(this, { problem: "", plan: null });
      this.place();
    }, RETRY);
  }

  /** Once all in sight is sharp, tiles of other levels go; of those out of sight, the ones seen longest ago. */
  settle(wanted) {
    const names = new Set(wanted.map(({ name }) => name));
    const isSharp = wanted.every(({ name }) => this.shown.has(name));
    const { level } = this;
    for (const name of [...this.shown.keys()]) {
      const isOther = !name.startsWith(`${level}/`);
      if (!names.has(name) && ((isOther && isSharp) || this.shown.size > MOST)) this.drop(name);
    }
    this.root.dataset.state = isSharp ? "sharp" : "loading";
  }

  drop(name) {
    this.shown.get(name).remove();
    this.shown.delete(name);
  }
}

/** The numbers of the spans between edges that reach into a stretch. */
function within(edges, from, to) {
  const numbers = [];
  for (let at = 0; at + 1 < edges.length; at++) if (edges[at + 1] > from && edges[at] < to) numbers.push(at);
  return numbers;
}

/** Where the tiles are, how far cutting them has come, or why there are none. */
async function read(address) {
  try {
    const response = await fetch(address);
    const answer = await response.json();
    return response.ok ? answer : { problem: `${answer.error} ${answer.remedy ?? ""}`.trim() };
  } catch {
    return { done: 0 }; // the server is away: it is asked again
  }
}
