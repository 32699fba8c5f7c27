/** What the commands on objects do: choosing them, changing them, and their points. */

import { missingFrom } from "./difference.js";
import { corrected, repeated, withNewObjects, withObjects, withoutObjects, withPolygons } from "./edits.js";
import {
  middleAfter,
  moved,
  resized,
  smallestFirst,
  stepWithin,
  vertexInserted,
  vertexMoved,
  vertexRemoved,
} from "./geometry.js";
import { randomId } from "./identity.js";
import { selectionOf, withMore } from "./selection.js";
import { plural } from "./words.js";

export const CLASSIFICATION = "This project has classes for whole images, so there are no shapes to draw.";
const BOXES_ONLY = "This project has boxes only. B draws a box.";
const CHOOSE_FIRST = "Select an object first: Tab, or click it.";
const POLYGON_FIRST = "Select one polygon first: Tab, or click it.";
const STEPS = { Left: [-1, 0], Right: [1, 0], Up: [0, -1], Down: [0, 1] };

/** Commands that choose or change: they need an image that was painted. */
export const ACTING_SHAPES = [
  ...["delete", "delete-segment", "nudge", "nudge-far", "grow", "grow-far", "box", "polygon", "segment", "repeat"],
  ...["cycle", "cycle-back", "add-next", "add-previous", "select-all", "select-alike", "copy", "paste"],
  ...["next-point", "previous-point", "add-point", "take-missing"],
];

/** @type {Object<string, (desk: import("./desk.js").Desk, argument?: string) => unknown>} */
export const SHAPE_COMMANDS = {
  cycle: (desk) => cycle(desk, 1),
  "cycle-back": (desk) => cycle(desk, -1),
  "add-next": (desk) => addNeighbour(desk, 1),
  "add-previous": (desk) => addNeighbour(desk, -1),
  "select-all": (desk) => desk.hasObjects && selectAll(desk, desk.objects),
  "select-alike": (desk) => selectAlike(desk),

  box: (desk) => (desk.hasObjects ? desk.setTool("box") : desk.hint(CLASSIFICATION)),
  polygon: (desk) =>
    desk.drawsPolygons ? desk.setTool("polygon") : desk.hint(desk.hasObjects ? BOXES_ONLY : CLASSIFICATION),
  segment: (desk) => beginSegment(desk),
  edit: (desk) => desk.setTool("edit"),
  repeat: (desk) => repeat(desk),
  copy: (desk) => desk.clipboard.copy(),
  paste: (desk) => desk.clipboard.paste(),
  "take-missing": (desk) => takeMissing(desk),

  delete: (desk) => remove(desk),
  "delete-segment": (desk) => removeSegment(desk),
  nudge: (desk, direction) => nudge(desk, direction, 1),
  "nudge-far": (desk, direction) => nudge(desk, direction, 10),
  grow: (desk, direction) => grow(desk, direction, 1),
  "grow-far": (desk, direction) => grow(desk, direction, 10),
  "next-point": (desk) => goToPoint(desk, 1),
  "previous-point": (desk) => goToPoint(desk, -1),
  "add-point": (desk) => addPoint(desk),
};

/** "moved", "3 objects moved" */
export function saysOf(objects, verb) {
  return objects.length > 1 ? `${plural(objects.length, "object")} ${verb}` : verb;
}

/** Another class for all that is selected. */
export function relabel(desk, label) {
  const changed = desk.selectedObjects.filter((object) => object.label !== label);
  if (!changed.length) return desk.say(`The selection is ${label} already.`);
  const says = changed.length > 1 ? `class ${label} for ${plural(changed.length, "object")}` : `class ${label}`;
  const objects = changed.map((object) => corrected(object, { label }));
  return desk.edit(withObjects(desk.work.content, objects), says);
}

// ---- choosing

/** The object before or after the leading one, smallest first; the first or last when none is selected. */
function neighbour(desk, by) {
  const ordered = smallestFirst(desk.objects);
  const at = ordered.findIndex(({ id }) => id === desk.selection?.id);
  return ordered[at < 0 ? (by > 0 ? 0 : ordered.length - 1) : at + by];
}

function cycle(desk, by) {
  const next = neighbour(desk, by);
  if (!desk.isOnStage || !next) return false;
  desk.select(next.id, { byKey: true });
  return true;
}

function addNeighbour(desk, by) {
  if (!desk.hasObjects) return false;
  const next = neighbour(desk, by);
  if (!next) return desk.hint(desk.objects.length ? "There is no further object." : "There are no objects here.");
  return desk.choose(withMore(desk.selection, [next.id]), { byKey: true });
}

function selectAll(desk, objects) {
  if (!objects.length) return desk.hint("There are no objects here.");
  const ids = smallestFirst(objects).map(({ id }) => id);
  return desk.choose(selectionOf(ids, desk.selection?.id ?? ids[0]));
}

function selectAlike(desk) {
  const { selected } = desk;
  if (!selected) return desk.hint(CHOOSE_FIRST);
  const alike = desk.objects.filter(({ label }) => label === selected.label);
  return selectAll(desk, alike);
}

// ---- changing

function beginSegment(desk) {
  if (!desk.drawsPolygons) return desk.hint(desk.hasObjects ? BOXES_ONLY : CLASSIFICATION);
  if (!desk.selected?.polygons.length || desk.hasSeveral) return desk.hint(POLYGON_FIRST);
  return desk.setTool("segment");
}

function repeat(desk) {
  if (!desk.hasObjects) return desk.hint(CLASSIFICATION);
  const objects = desk.previousObjects;
  if (!objects.length) return desk.hint("The previous image has no objects to repeat.");
  return desk.edit(withNewObjects(desk.work.content, repeated(objects)), `${plural(objects.length, "object")} repeated`);
}

/** Predicted objects that the label does not have, as they were predicted, beside what the label has. */
function takeMissing(desk) {
  if (!desk.hasObjects) return desk.hint(CLASSIFICATION);
  const { content, item } = desk.work;
  const missing = missingFrom(content.objects, item.predictions);
  if (!missing.length) return desk.hint("The label has all that is predicted.");
  const ids = new Set(content.objects.map(({ id }) => id));
  const taken = missing.map((object) => (ids.has(object.id) ? corrected(object, { id: randomId() }) : object));
  const says = `${plural(taken.length, "predicted object")} added`;
  return desk.edit(
    withNewObjects(content, taken),
    says,
    taken.map(({ id }) => id),
  );
}

function remove(desk) {
  const { selected, selection, selectedObjects, stage } = desk;
  if (stage.drawing.isBusy) return stage.drawing.removeLastPoint();
  if (!selected) return desk.hint(CHOOSE_FIRST);
  if (selection.vertex) return removeVertex(desk, selected, selection.vertex);
  const says = selectedObjects.length > 1 ? saysOf(selectedObjects, "deleted") : `${selected.label} deleted`;
  return desk.edit(withoutObjects(desk.work.content, selection.ids), says);
}

function removeVertex(desk, selected, vertex) {
  const rings = vertexRemoved(selected.polygons, vertex);
  if (!rings.length)
    return desk.hint("A polygon needs three points. Esc lets go of the point, then Delete removes the object.");
  desk.focusVertex(null);
  const isSegmentGone = rings.length < selected.polygons.length;
  return desk.replaceObject(withPolygons(selected, rings), isSegmentGone ? "segment deleted" : "vertex deleted");
}

function removeSegment(desk) {
  const { selected, selection } = desk;
  if (!selected?.polygons.length || desk.hasSeveral) return desk.hint(POLYGON_FIRST);
  if (selected.polygons.length === 1) return desk.hint("This is the only segment. Delete removes the object.");
  if (!selection.vertex) return desk.hint("Click a point of the segment first, then delete the segment.");
  const rings = selected.polygons.filter((_, at) => at !== selection.vertex.ring);
  desk.focusVertex(null);
  return desk.replaceObject(withPolygons(selected, rings), "segment deleted");
}

function stepOf({ item }, direction, pixels) {
  return [(STEPS[direction][0] * pixels) / item.width, (STEPS[direction][1] * pixels) / item.height];
}

function nudge(desk, direction, pixels) {
  const { selected, selection, selectedObjects, entry } = desk;
  if (!selected) return false;
  const [dx, dy] = stepOf(entry, direction, pixels);
  if (selection.vertex) return nudgeVertex(desk, dx, dy);
  const step = stepWithin(selectedObjects, dx, dy);
  const objects = selectedObjects.map((object) => corrected(object, moved(object, step)));
  return desk.replaceObjects(objects, saysOf(objects, "moved"));
}

function nudgeVertex(desk, dx, dy) {
  const { selected } = desk;
  const { vertex } = desk.selection;
  const points = selected.polygons[vertex.ring];
  const at = 2 * vertex.index;
  const rings = vertexMoved(selected.polygons, vertex, [points[at] + dx, points[at + 1] + dy]);
  return desk.replaceObject(withPolygons(selected, rings), "vertex moved");
}

function grow(desk, direction, pixels) {
  const { selected, entry } = desk;
  if (!selected || selected.polygons.length || desk.hasSeveral) return desk.hint("Select one box to move its edges.");
  const [dx, dy] = stepOf(entry, direction, pixels);
  const least = [1 / entry.item.width, 1 / entry.item.height];
  const box = resized(selected.box, dx ? "e" : "s", dx, dy, least);
  return desk.replaceObject(corrected(selected, { box }), "resized");
}

// ---- points

/** The next point of the selected polygon, over all of its segments in turn. */
function goToPoint(desk, by) {
  const { selected, selection } = desk;
  if (!selected?.polygons.length || desk.hasSeveral) return desk.hint(POLYGON_FIRST);
  const points = selected.polygons.flatMap((ring, at) => ring.slice(ring.length / 2).map((_, index) => [at, index]));
  const { vertex } = selection;
  const from = vertex ? points.findIndex(([ring, index]) => ring === vertex.ring && index === vertex.index) : -1;
  const to = from < 0 ? (by > 0 ? 0 : points.length - 1) : (from + by + points.length) % points.length;
  const [ring, index] = points[to];
  desk.focusVertex({ ring, index });
  return desk.say(`Point ${index + 1} of ${selected.polygons[ring].length / 2}.`);
}

/** A point in the middle of the edge behind the chosen one. */
function addPoint(desk) {
  const { selected, selection } = desk;
  if (!selection?.vertex) return desk.hint("Choose a point of a polygon first: T goes from point to point.");
  const { ring, index } = selection.vertex;
  const added = { ring, index: index + 1 };
  const rings = vertexInserted(selected.polygons, added, middleAfter(selected.polygons, selection.vertex));
  desk.replaceObject(withPolygons(selected, rings), "vertex added");
  return desk.focusVertex(added);
}
