/** What a decision was made from: what was on screen, and with what. Kept with the decision, so that it can be traced. */

import { sameObject } from "./merge.js";

const PREDICTED = 10; // predicted classes told
const MOST = [200, 50, 10, 0]; // objects told, the first number that has room
const LONGEST = 200; // characters of a text
const ROOM = 200 * 1024; // bytes; the server takes somewhat more

/** The label as it came: of objects only those that the decision changed or removed, the others stand in it. */
function originalOf({ item, start, content }, most) {
  if (!start.objects) return { source: item.source, count: start.labels.length, labels: start.labels.slice(0, most) };
  const now = new Map(content.objects.map((object) => [object.id, object]));
  const changed = start.objects.filter((object) => !sameObject(object, now.get(object.id)));
  const told = changed.slice(0, most).map(({ id, label, score, source, box }) => ({ id, label, score, source, box }));
  return { source: item.source, count: start.objects.length, objects: told };
}

/** What the model said of the image, with scores. */
function predictionOf({ item, start }, most) {
  if (!start.objects) return item.predicted.slice(0, PREDICTED);
  return item.predictions.slice(0, most).map(({ id, label, score }) => ({ id, label, score }));
}

/** A value with its long texts cut: a label may be longer than everything else of a decision together. */
function cut(value) {
  if (typeof value === "string") return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (Array.isArray(value)) return value.map(cut);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cut(one)]));
}

/**
 * Everything about a decision that only this page knows, as much of it as the server takes: what a decision was made from must
 * not keep it from being made.
 * @param {import("./desk.js").Desk} desk
 * @param {import("./queue.js").Entry} entry
 */
export function provenanceOf(desk, entry) {
  const sizeOf = (told) => new TextEncoder().encode(JSON.stringify(told)).length;
  let told;
  for (const most of MOST) {
    told = cut(toldOf(desk, entry, most));
    if (sizeOf(told) <= ROOM) break;
  }
  return told;
}

function toldOf({ data, queue }, { work, item }, most) {
  return {
    original: originalOf(work, most),
    prediction: predictionOf(work, most),
    model: item.model_id ?? data.model_id ?? null,
    withheld: Boolean(item.withheld),
    explanation: work.explanation ?? null,
    queue: { order: queue.order, reason: item.again ? "Skipped before" : item.reason },
    client: clientOf(data),
  };
}

/** The program that decided. */
export function clientOf({ version }) {
  return { agent: navigator.userAgent.slice(0, 300), version: version ?? "" };
}
