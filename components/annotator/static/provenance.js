/** What a decision was made from: what was on screen, and with what. Kept with the decision, so that it can be traced. */

import { sameObject } from "./merge.js";

const PREDICTED = 10; // predicted classes told
const MOST = 200; // objects told

/** The label as it came: of objects only those that the decision changed or removed, the others stand in it. */
function originalOf({ item, start, content }) {
  if (!start.objects) return { source: item.source, labels: start.labels };
  const now = new Map(content.objects.map((object) => [object.id, object]));
  const changed = start.objects.filter((object) => !sameObject(object, now.get(object.id)));
  const told = changed.slice(0, MOST).map(({ id, label, score, source, box }) => ({ id, label, score, source, box }));
  return { source: item.source, count: start.objects.length, objects: told };
}

/** What the model said of the image, with scores. */
function predictionOf({ item, start }) {
  if (!start.objects) return item.predicted.slice(0, PREDICTED);
  return item.predictions.slice(0, MOST).map(({ id, label, score }) => ({ id, label, score }));
}

/**
 * Everything about a decision that only this page knows.
 * @param {import("./desk.js").Desk} desk
 * @param {import("./queue.js").Entry} entry
 */
export function provenanceOf({ data, queue }, { work, item }) {
  return {
    original: originalOf(work),
    prediction: predictionOf(work),
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
