/** Edits of a content, each giving a new one. An object touched by a person becomes a correction without a score. */

import { areaOf, boundsOf } from "./geometry.js";
import { randomId } from "./identity.js";

/** An object with some of its values changed by a person. */
export function corrected(object, change) {
  return { ...object, ...change, score: null, source: "correction" };
}

/** With other polygons; the box follows them. */
export function withPolygons(object, polygons) {
  return corrected(object, { polygons, box: boundsOf(polygons) });
}

/** A new object drawn by a person. */
export function drawnObject(label, box, polygons = []) {
  return { id: randomId(), label, score: null, source: "correction", box, polygons, is_crowd: null };
}

/** With some objects exchanged for those of the same id. */
export function withObjects(content, objects) {
  const byId = new Map(objects.map((object) => [object.id, object]));
  return { objects: content.objects.map((other) => byId.get(other.id) ?? other) };
}

export function withNewObjects(content, objects) {
  return { objects: [...content.objects, ...objects] };
}

/** @param {string[]} ids */
export function withoutObjects(content, ids) {
  const gone = new Set(ids);
  return { objects: content.objects.filter((object) => !gone.has(object.id)) };
}

/** Copies of another image's objects, as this reviewer's own. */
export function repeated(objects) {
  return objects.map((object) => corrected(object, { id: randomId() }));
}

export function withLabel(label) {
  return { labels: [label] };
}

export function withLabelToggled(content, label) {
  const { labels } = content;
  return { labels: labels.includes(label) ? labels.filter((other) => other !== label) : [...labels, label] };
}

/** The model's own answer for an image, or null when there is none. `threshold` counts where several labels may hold. */
export function predictedContent(item, task, threshold) {
  if (task === "image_classification") return item.predicted.length ? withLabel(item.predicted[0].label) : null;
  if (task === "image_classification_multilabel") {
    const sure = item.predicted.filter(({ score }) => score >= threshold);
    return item.predicted.length ? { labels: sure.map(({ label }) => label) } : null;
  }
  return item.predictions.length ? { objects: item.predictions } : null;
}

/** The object that the eye goes to first: the surest, else the largest. */
export function foremost(objects) {
  const rank = (object) => (object.score ?? -1) + areaOf(object) * 1e-6;
  return objects.reduce((best, object) => (!best || rank(object) > rank(best) ? object : best), null);
}
