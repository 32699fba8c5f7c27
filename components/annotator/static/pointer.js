/** The hand on the stage: what a press starts, and what a drag does until it is released. */

import { corrected, withPolygons } from "./edits.js";
import {
  boxBetween,
  contains,
  moved,
  nearestEdge,
  objectsAt,
  objectsWithin,
  resized,
  smallestAt,
  smallestFirst,
  stepWithin,
  vertexInserted,
  vertexMoved,
} from "./geometry.js";
import { CURSORS } from "./handles.js";
import { toggled, withMore } from "./selection.js";
import { saysOf } from "./shaping.js";

const STILL = 3; // pixels that a click may wander
const EDGE_REACH = 6; // pixels from an edge at which a press adds a vertex

export class Pointer {
  constructor(desk, stage) {
    Object.assign(this, { desk, stage, gesture: null });
    const { view } = stage;
    view.onpointerdown = (event) => this.press(event);
    view.onpointermove = (event) => this.travel(event);
    view.onpointerup = (event) => this.release(event);
    view.onpointercancel = () => this.abandon();
    view.ondblclick = () => stage.drawing.close();
    view.onpointerleave = () => stage.layers.hover(null);
    view.oncontextmenu = (event) => event.preventDefault();
  }

  /** Stage pixels of an event. */
  pointOf(event) {
    const { left, top } = this.stage.view.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  press(event) {
    const { desk, stage } = this;
    stage.focus();
    if (!desk.entry || this.gesture) return;
    event.preventDefault();
    stage.view.setPointerCapture(event.pointerId);
    const [x, y] = this.pointOf(event);
    this.start = [x, y];
    this.hasMoved = false;
    if (event.button !== 0) this.gesture = event.button === 1 ? this.pan() : null;
    else if (!desk.canEdit() || !desk.isPainted) this.gesture = this.pan();
    else if (desk.tool !== "edit") this.gesture = stage.drawing.press(stage.viewport.toPhoto(x, y));
    else if (event.shiftKey || event.ctrlKey || event.metaKey) this.gesture = this.add(x, y, event.shiftKey);
    else this.gesture = this.grab(x, y);
  }

  travel(event) {
    const [x, y] = this.pointOf(event);
    if (!this.gesture) return this.roam(x, y);
    this.hasMoved ||= isFar([x, y], this.start);
    if (this.hasMoved) this.gesture.move?.(x, y);
  }

  release(event) {
    const { gesture } = this;
    this.gesture = null;
    if (!gesture) return;
    const [x, y] = this.pointOf(event);
    this.hasMoved ||= isFar([x, y], this.start); // a busy browser may tell of the last moves only here
    if (this.hasMoved) gesture.end?.(x, y);
    else gesture.click?.(x, y);
  }

  /** The system took the pointer away, or Escape was pressed: nothing was done. */
  abandon() {
    this.cancel();
    this.desk.render();
  }

  /** Whether something is being dragged. */
  get isDragging() {
    return Boolean(this.gesture) && this.hasMoved;
  }

  /** Let go of what is being dragged. */
  cancel() {
    this.gesture = null;
    this.stage.layers.endPreview();
  }

  /** Without a button pressed: show what a press would take. */
  roam(x, y) {
    const { desk, stage } = this;
    const { view, viewport, drawing } = stage;
    const { handles } = stage.layers;
    const point = viewport.toPhoto(x, y);
    const handle = handles.at(x, y);
    if (desk.tool !== "edit") {
      view.style.cursor = "crosshair";
      return drawing.roam(point);
    }
    const object = handle || !desk.entry ? null : smallestAt(desk.objects, point, viewport.scale);
    stage.layers.hover(object?.id ?? null);
    view.style.cursor = handle
      ? (CURSORS[handle.side] ?? "pointer")
      : this.edgeAt(point)
        ? "copy"
        : object
          ? "move"
          : "";
  }

  /** The edge of the selected polygon at a point, where a press would add a vertex. */
  edgeAt(point) {
    const selected = this.stage.layers.grabbed;
    if (!selected?.polygons.length) return null;
    return nearestEdge(selected.polygons, point, this.stage.viewport.scale, EDGE_REACH);
  }

  /** What a press with the edit tool takes hold of: handle, edge, selected object, smallest object, the photo. */
  grab(x, y) {
    const { desk, stage } = this;
    const { scale } = stage.viewport;
    const point = stage.viewport.toPhoto(x, y);
    const handle = stage.layers.handles.at(x, y);
    if (handle?.kind === "side") return this.resize(handle);
    if (handle?.kind === "vertex") return this.moveVertex(handle, desk.selected.polygons, "vertex moved");
    const edge = handle ?? this.edgeAt(point);
    if (edge) return this.moveVertex(edge, vertexInserted(desk.selected.polygons, edge, point), "vertex added");
    const there = objectsAt(desk.objects, point, scale);
    if (!there.length) return { ...this.pan(), click: () => desk.select(null) };
    const isOnSelected = desk.selectedObjects.some((object) => contains(object, point, scale));
    const isFirst = !isOnSelected;
    if (isFirst) desk.select(there[0].id);
    return this.move(there, isFirst);
  }

  /**
   * With Shift or Ctrl: a click adds the smallest object there to the selection or takes it out, a drag adds what lies in
   * its frame. With Shift, a vertex of the selected polygon begins a section instead.
   */
  add(x, y, isShift) {
    const { desk, stage } = this;
    const handle = stage.layers.handles.at(x, y);
    const click = () => {
      if (isShift && handle?.kind === "vertex") return stage.drawing.beginSection(handle);
      const smallest = smallestAt(desk.objects, stage.viewport.toPhoto(x, y), stage.viewport.scale);
      return smallest && desk.choose(toggled(desk.selection, smallest.id));
    };
    const sides = (toX, toY) => [Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY)];
    return {
      click,
      move: (toX, toY) => stage.layers.showBand(sides(toX, toY)),
      end: (toX, toY) => {
        stage.layers.showBand(null);
        this.chooseWithin(boxBetween(stage.viewport.toPhoto(x, y), stage.viewport.toPhoto(toX, toY)));
      },
    };
  }

  chooseWithin(frame) {
    const { desk } = this;
    const inside = smallestFirst(objectsWithin(desk.objects, frame)).map(({ id }) => id);
    if (!inside.length) return desk.hint("No object lies wholly inside this frame.");
    return desk.choose(withMore(desk.selection, inside));
  }

  pan() {
    const { stage } = this;
    let [lastX, lastY] = this.start;
    return {
      move: (x, y) => {
        stage.look((viewport) => viewport.pan(x - lastX, y - lastY));
        [lastX, lastY] = [x, y];
      },
    };
  }

  /** A drag that changes what is selected. @param {(dx: number, dy: number, point: number[]) => object[]} changed */
  change(changed, says) {
    const { desk, stage } = this;
    const { scale } = stage.viewport;
    const at = (x, y) =>
      changed((x - this.start[0]) / scale[0], (y - this.start[1]) / scale[1], stage.viewport.toPhoto(x, y));
    return {
      move: (x, y) => stage.layers.preview(at(x, y)),
      end: (x, y) => {
        stage.layers.endPreview();
        desk.replaceObjects(at(x, y), says);
      },
    };
  }

  /**
   * Move all that is selected. A mere click goes to the smallest object there, and again in the same place to the next
   * larger one.
   */
  move(there, isFirst) {
    const { desk } = this;
    const objects = desk.selectedObjects;
    const shifted = (dx, dy) => {
      const step = stepWithin(objects, dx, dy);
      return objects.map((object) => corrected(object, moved(object, step)));
    };
    const click = () => {
      const isAgain = !isFirst && this.clicked && !isFar(this.start, this.clicked) && !desk.hasSeveral;
      this.clicked = this.start;
      const at = isAgain ? there.findIndex(({ id }) => id === desk.selection?.id) : -1;
      desk.select(there[(at + 1) % there.length].id);
    };
    return { ...this.change(shifted, saysOf(objects, "moved")), click };
  }

  resize({ side }) {
    const object = this.desk.selected;
    const { item } = this.desk.entry;
    const least = [1 / item.width, 1 / item.height];
    return this.change((dx, dy) => [corrected(object, { box: resized(object.box, side, dx, dy, least) })], "resized");
  }

  /** Drag a vertex; `rings` holds it already, so that a click on an edge adds it where it is. */
  moveVertex({ ring, index }, rings, says) {
    const { desk } = this;
    const object = desk.selected;
    const vertex = { ring, index };
    const gesture = this.change((dx, dy, point) => [withPolygons(object, vertexMoved(rings, vertex, point))], says);
    const click = () => {
      if (rings !== object.polygons) desk.replaceObject(withPolygons(object, rings), says);
      desk.focusVertex(vertex);
    };
    return {
      ...gesture,
      end: (x, y) => {
        gesture.end(x, y);
        desk.focusVertex(vertex);
      },
      click,
    };
  }
}

function isFar([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by) > STILL;
}
