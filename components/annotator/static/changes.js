/** What changed between two states of a label, in words. */

import { sameObject } from "./merge.js";
import { capitalised, VERDICTS } from "./words.js";

const ALIKE = 1e-6; // of the photo's width or height

/**
 * How one object changed.
 * @param {object|null} before null: it was not there
 * @param {object|null} after null: it is gone
 * @returns {string} "" for no change
 */
export function objectChange(before, after) {
  if (sameObject(before, after)) return "";
  if (!before) return `${after.label} added`;
  if (!after) return `${before.label} deleted`;
  const parts = [
    before.label !== after.label ? `class ${before.label} → ${after.label}` : "",
    shapeChange(before, after),
  ].filter(Boolean);
  return before.label === after.label ? `${after.label} ${parts.join(", ")}` : parts.join(", ");
}

function shapeChange(before, after) {
  if (JSON.stringify(before.polygons) !== JSON.stringify(after.polygons)) return "outline changed";
  const size = ({ box }) => [box[2] - box[0], box[3] - box[1]];
  const isAlike = (a, b) => a.every((value, at) => Math.abs(value - b[at]) < ALIKE);
  if (isAlike(before.box, after.box)) return before.label === after.label ? "changed" : "";
  return isAlike(size(before), size(after)) ? "moved" : "resized";
}

/**
 * What changed between two contents.
 * @param {import("./work.js").Content|null} before
 * @param {import("./work.js").Content|null} after
 * @returns {{id: string|null, says: string}[]} per object; for classes of images without an id
 */
export function changesBetween(before, after) {
  if (!before || !after) return [];
  if (after.objects) return objectChanges(before.objects ?? [], after.objects);
  const [was, is] = [before.labels ?? [], after.labels ?? []];
  if (was.length === 1 && is.length === 1 && was[0] !== is[0]) return [{ id: null, says: `class ${was[0]} → ${is[0]}` }];
  return [
    ...is.filter((label) => !was.includes(label)).map((label) => ({ id: null, says: `${label} added` })),
    ...was.filter((label) => !is.includes(label)).map((label) => ({ id: null, says: `${label} removed` })),
  ];
}

function objectChanges(before, after) {
  const [was, is] = [before, after].map((objects) => new Map(objects.map((object) => [object.id, object])));
  const ids = [...new Set([...was.keys(), ...is.keys()])];
  return ids
    .map((id) => ({ id, says: objectChange(was.get(id) ?? null, is.get(id) ?? null) }))
    .filter(({ says }) => says);
}

/** A verdict with its note, e.g. "Rejected: Duplicate image". */
export function verdictWords({ verdict, note }) {
  const words = capitalised(VERDICTS[verdict] ?? verdict);
  return note ? `${words}: ${note}` : words;
}
