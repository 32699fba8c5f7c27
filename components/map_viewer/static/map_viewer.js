// Up to three saliency maps of one photo side by side, drawn from their raw values in the browser.

import { Column } from "./column.js";
import { Controls } from "./controls.js";
import { icon, make } from "./dom.js";
import { Drawing } from "./drawing.js";
import { loadSettings, saveSettings } from "./settings.js";
import { Trust } from "./trust.js";

const GAP = 16;
const MOST_COLUMNS = 3;
const LEAST_COLUMN = 240;
const SPACE_AROUND_PHOTO = 563; // what the page needs above and below the photo to fit a high window
const MOST_HEIGHT = 517;
const MOST_PIXELS = 1400; // a side of the canvas

const viewers = new WeakMap();

export default function mountMapViewer({ data, parentElement, setStateValue }) {
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement);
    viewers.set(parentElement, viewer);
  }
  viewer.report = setStateValue;
  viewer.update(data);
  return () => {
    viewer.close();
    viewers.delete(parentElement);
  };
}

class Viewer {
  constructor(parent) {
    this.columns = [];
    this.controls = new Controls((change) => this.change(change));
    this.row = make("div", "row");
    this.notes = make("div", "notes");
    this.trust = new Trust();
    this.drawing = new Drawing((box) => this.report("drawn", { photo: this.data.photo.id, box }));
    this.root = make("div", "viewer", this.controls.element, this.row, this.notes, this.trust.element);
    parent.append(this.root);
    // Streamlit reruns on R and opens a dialog on C, wherever the focus is; the select uses letters itself.
    this.root.addEventListener("keydown", (event) => {
      if (["c", "r"].includes(event.key.toLowerCase())) event.stopPropagation();
    });
    this.row.addEventListener("pointermove", (event) => this.readValues(event));
    this.row.addEventListener("pointerleave", () => this.readValues(null));
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(this.row);
    this.onWindow = () => this.resize();
    window.addEventListener("resize", this.onWindow);
  }

  close() {
    this.resizes.disconnect();
    window.removeEventListener("resize", this.onWindow);
    this.root.remove();
    this.isClosed = true;
  }

  // The old photo and its maps stay until the new photo can be shown with its own.
  async update(data) {
    this.wanted = data;
    const isNewPhoto = this.data && this.data.photo.url !== data.photo.url;
    if (isNewPhoto) await isDecoded(data.photo.url);
    if (this.wanted === data && !this.isClosed) this.show(data);
  }

  show(data) {
    if (this.data?.key !== data.key) this.settings = loadSettings(data.key, data.shared_scale ?? false);
    this.data = data;
    const most = data.drawing ? MOST_COLUMNS - 1 : MOST_COLUMNS;
    const contents = [...data.maps, ...(data.running ?? [])].slice(0, most);
    while (this.columns.length < contents.length) this.columns.push(new Column());
    this.columns.length = contents.length;
    if (data.drawing) this.drawing.update(data.drawing, data.photo);
    this.row.replaceChildren(...this.shown.map((column) => column.element));
    this.columns.forEach((column, n) => column.update(contents[n], data.photo));
    this.row.classList.toggle("with-inside", contents.some((map) => map.inside !== undefined && map.inside !== null));
    this.controls.element.hidden = contents.length === 0;
    this.trust.update(data.trust ?? [], contents.length);
    this.notes.replaceChildren(...data.maps.slice(0, MOST_COLUMNS).filter((map) => map.warnings?.length > 0).map(noteOf));
    this.size = null;
    this.resize();
  }

  // The photo to draw on comes first.
  get shown() {
    return this.data.drawing ? [this.drawing, ...this.columns] : this.columns;
  }

  change(change) {
    Object.assign(this.settings, change);
    saveSettings(this.data.key, this.settings);
    const isRepaint = Object.keys(change).some((name) => !["opacity", "isGrey"].includes(name));
    if (isRepaint) this.draw();
    else for (const column of this.columns) column.show(this.settings);
    this.showControls();
  }

  showControls() {
    this.controls.show(this.settings, { canBeSigned: this.canBeSigned });
  }

  get canBeSigned() {
    return this.columns.some((column) => column.isSigned && !column.map.scale);
  }

  get scale() {
    const { scale } = this.settings;
    return scale === "signed" && !this.canBeSigned ? "inferno" : scale;
  }

  resize() {
    if (!this.data) return;
    const size = photoSize(this.row.clientWidth, this.data.photo);
    const text = JSON.stringify(size);
    if (text === this.size) return;
    this.size = text;
    const template = `repeat(${size.columns}, minmax(0, 1fr))`;
    this.row.style.gridTemplateColumns = template;
    this.trust.align(template);
    for (const column of this.shown) column.resize(size);
    this.draw();
    this.showControls();
  }

  draw() {
    const { scale } = this;
    const drawn = this.columns.filter((column) => column.raster);
    const common = drawn.filter((column) => !column.map.scale);
    const shared = Math.max(...common.map((column) => column.limitOn(scale)));
    for (const column of common) column.draw(this.settings, scale, this.settings.isShared ? shared : column.limitOn(scale));
    for (const column of drawn.filter((each) => each.map.scale)) column.draw(this.settings, column.map.scale, column.limitOn(column.map.scale));
  }

  readValues(event) {
    const fit = event?.target.closest(".fit");
    const box = fit?.getBoundingClientRect();
    const point = box ? { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height } : null;
    for (const column of this.columns) column.readAt(point);
  }
}

// A photo that cannot be loaded counts as ready: its place then says so.
async function isDecoded(url) {
  const photo = new Image();
  photo.src = url;
  try {
    await photo.decode();
  } catch {
    return false;
  }
  return true;
}

// The same width for one map as for three, so that a finished method moves nothing.
function photoSize(width, photo) {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor((width + GAP) / (LEAST_COLUMN + GAP))));
  const columnWidth = (width - (columns - 1) * GAP) / columns;
  const mostHeight = Math.min(1.1 * columnWidth, Math.max(MOST_HEIGHT, window.innerHeight - SPACE_AROUND_PHOTO));
  const scale = Math.min(columnWidth / photo.width, mostHeight / photo.height);
  const size = { width: Math.max(1, Math.round(photo.width * scale)), height: Math.max(1, Math.round(photo.height * scale)) };
  const density = Math.min(window.devicePixelRatio || 1, MOST_PIXELS / Math.max(size.width, size.height));
  return { ...size, columns, density };
}

function noteOf(map) {
  const note = make("p", "note", icon("warn", 16));
  note.append(make("span", "", make("b", "", `${map.title}: `), map.warnings.join(" ")));
  return note;
}
