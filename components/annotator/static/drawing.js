/**
 * New boxes, polygons, segments and sections of polygons. A box takes two clicks or one drag; a polygon takes its points one
 * by one, and so does a further segment of the selected one, which is a hole where it lies inside; a section goes from a
 * vertex, clicked with Shift, over new points to another vertex.
 */

import { drawnObject, withPolygons } from "./edits.js";
import { boundsOf, boxBetween, coordinate, ringOf, sectionRedrawn } from "./geometry.js";
import { element, svg } from "./dom.js";

const CLOSING = 10; // pixels around the first point of a polygon that close it

export class Drawing {
  constructor(desk, stage) {
    Object.assign(this, { desk, stage, points: [], cursor: null });
    this.halo = svg("path", { class: "halo" });
    this.line = svg("path", { class: "line" });
    this.dots = svg("g", {});
    this.across = element("i", { class: "hair across" });
    this.down = element("i", { class: "hair down" });
    this.root = element(
      "div",
      { class: "layer drawing" },
      svg("svg", { class: "layer" }, this.halo, this.line, this.dots),
      this.across,
      this.down,
    );
  }

  get isBusy() {
    return this.points.length > 0;
  }

  /** A press with a drawing tool, at a point of the photo. @returns {object} gesture, see `Pointer` */
  press(point) {
    const place = point.map(coordinate);
    return {
      box: () => this.pressBox(place),
      polygon: () => this.pressPolygon(place),
      segment: () => this.pressPolygon(place),
      section: () => this.pressSection(place),
    }[this.desk.tool]();
  }

  pressBox(place) {
    if (this.isBusy)
      return {
        click: () => this.endBox(place),
        move: (x, y) => this.roam(this.stage.viewport.toPhoto(x, y)),
        end: (x, y) => this.endBox(this.stage.viewport.toPhoto(x, y)),
      };
    this.points = [place];
    this.draw();
    return {
      move: (x, y) => this.roam(this.stage.viewport.toPhoto(x, y)),
      end: (x, y) => this.endBox(this.stage.viewport.toPhoto(x, y)),
    };
  }

  endBox(place) {
    const box = boxBetween(this.points[0], place);
    const { item } = this.desk.entry;
    if ((box[2] - box[0]) * item.width < 1 || (box[3] - box[1]) * item.height < 1) return;
    this.finish(box);
  }

  /** A box in the middle of what is seen, for those who draw without a mouse. */
  boxInTheMiddle() {
    const { viewport } = this.stage;
    const { stageWidth: width, stageHeight: height } = viewport;
    this.finish(boxBetween(viewport.toPhoto(width * 0.4, height * 0.4), viewport.toPhoto(width * 0.6, height * 0.6)));
  }

  finish(box) {
    const rings = this.desk.drawsPolygons ? [ringOf(box)] : [];
    this.cancel();
    this.desk.addObject(drawnObject(this.desk.nextLabel, box, rings), "box drawn");
  }

  pressPolygon(place) {
    return {
      click: () => {
        if (this.points.length >= 3 && this.distance(place, this.points[0]) <= CLOSING) return this.close();
        if (!this.isBusy || this.distance(place, this.points.at(-1)) > 2) this.points.push(place);
        this.draw();
      },
      move: (x, y) => this.roam(this.stage.viewport.toPhoto(x, y)),
      end: (x, y) => {
        this.points.push(this.stage.viewport.toPhoto(x, y).map(coordinate));
        this.draw();
      },
    };
  }

  /** Draw a part of the selected polygon anew, from one of its vertices. */
  beginSection({ ring, index }) {
    const rings = this.desk.selected.polygons;
    this.desk.setTool("section");
    this.section = { ring, from: index };
    this.points = [rings[ring].slice(2 * index, 2 * index + 2)];
    this.draw();
  }

  pressSection(place) {
    const click = () => {
      const end = this.stage.layers.handles.at(...this.stage.viewport.toStage(...place));
      if (end?.kind === "vertex") return this.endSection(end);
      this.points.push(place);
      this.draw();
    };
    return { click, end: click };
  }

  endSection({ ring, index }) {
    const { desk, section } = this;
    if (ring !== section.ring || index === section.from)
      return void desk.hint("End at another point of the same outline.");
    const drawn = this.points.slice(1).flat();
    const rings = sectionRedrawn(desk.selected.polygons, { ...section, to: index }, drawn, this.stage.viewport.scale);
    if (rings[ring].length < 6) return void desk.hint("A polygon needs three points.");
    const object = withPolygons(desk.selected, rings);
    desk.setTool("edit");
    desk.replaceObject(object, "section redrawn");
  }

  distance(a, b) {
    const [scaleX, scaleY] = this.stage.viewport.scale;
    return Math.hypot((a[0] - b[0]) * scaleX, (a[1] - b[1]) * scaleY);
  }

  /** Close the polygon that is being drawn. */
  close() {
    const { desk } = this;
    const isSegment = desk.tool === "segment";
    if (!(isSegment || desk.tool === "polygon") || !this.isBusy) return;
    if (this.points.length < 3) return void desk.hint("A polygon needs three points.");
    const ring = this.points.flat();
    this.cancel();
    if (!isSegment) desk.addObject(drawnObject(this.desk.nextLabel, boundsOf([ring]), [ring]), "polygon drawn");
    else this.addSegment(ring);
  }

  addSegment(ring) {
    const { desk } = this;
    const { selected } = desk;
    desk.setTool("edit");
    if (selected) desk.replaceObject(withPolygons(selected, [...selected.polygons, ring]), "segment added");
  }

  removeLastPoint() {
    if (this.points.length > 1 || this.desk.tool !== "section") this.points.pop();
    this.draw();
  }

  /** Give up what is being drawn. */
  cancel() {
    this.points = [];
    this.cursor = null;
    this.draw();
    this.stage.hud?.showSize(null);
  }

  /** The pointer is at a point of the photo. */
  roam(point) {
    this.cursor = point.map(coordinate);
    this.draw();
    if (this.desk.tool === "box" && this.isBusy)
      this.stage.hud.showSize({ box: boxBetween(this.points[0], this.cursor) });
  }

  place() {
    if (this.cursor || this.isBusy) this.draw();
  }

  draw() {
    const { viewport } = this.stage;
    const at = this.points.map(([x, y]) => viewport.toStage(x, y));
    const cursor = this.cursor && viewport.toStage(...this.cursor);
    const isBox = this.desk.tool === "box";
    const corners = isBox && at.length && cursor;
    const path = corners
      ? `M${at[0]}H${cursor[0]}V${cursor[1]}H${at[0][0]}Z`
      : at.length
        ? `M${[...at, ...(cursor ? [cursor] : [])].join("L")}`
        : "";
    for (const node of [this.halo, this.line]) node.setAttribute("d", path);
    const label = isBox || this.desk.tool === "polygon" ? this.desk.nextLabel : this.desk.selected?.label;
    this.root.style.setProperty("--c", label ? this.desk.colourOf(label) : "");
    this.stage.hud?.render();
    this.dots.replaceChildren(
      ...(isBox
        ? []
        : at.map(([x, y], index) => svg("circle", { class: index ? "handle" : "handle first", cx: x, cy: y, r: 4.5 }))),
    );
    this.across.hidden = this.down.hidden = !cursor || this.desk.tool === "edit";
    if (cursor) {
      this.across.style.transform = `translateY(${cursor[1]}px)`;
      this.down.style.transform = `translateX(${cursor[0]}px)`;
    }
  }
}
