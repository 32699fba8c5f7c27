/** Where label and prediction differ: which objects both have, which only one has, and which bear another class. */

import { overlap } from "./geometry.js";
import { count } from "./words.js";

const SAME_PLACE = 0.5; // intersection over union of the boxes from which on two of them mean one object

/**
 * @typedef {object} Difference
 * @property {Map<string, {kind: "alike"|"other"|"alone", prediction?: object}>} byObject for each object of the label
 * @property {Map<string, "alike"|"other"|"alone">} byPrediction for each prediction
 * @property {object[]} predictions
 */

/** @returns {Difference} */
export function differenceBetween(objects, predictions) {
  const byObject = new Map();
  const byPrediction = new Map();
  for (const { object, prediction, isSame } of pairsOf(objects, predictions)) {
    if (byObject.has(object.id) || byPrediction.has(prediction.id)) continue;
    const kind = isSame ? "alike" : "other";
    byObject.set(object.id, { kind, prediction });
    byPrediction.set(prediction.id, kind);
  }
  for (const { id } of objects) if (!byObject.has(id)) byObject.set(id, { kind: "alone" });
  for (const { id } of predictions) if (!byPrediction.has(id)) byPrediction.set(id, "alone");
  return { byObject, byPrediction, predictions };
}

/** Pairs in one place; those of one class first, then by how well they lie on each other. */
function pairsOf(objects, predictions) {
  const byLeft = [...predictions].sort((a, b) => a.box[0] - b.box[0]);
  const pairs = objects.flatMap((object) => partnersOf(object, byLeft));
  return pairs.sort((a, b) => Number(b.isSame) - Number(a.isSame) || b.shared - a.shared);
}

function partnersOf(object, byLeft) {
  const pairs = [];
  for (const prediction of byLeft) {
    if (prediction.box[0] > object.box[2]) break;
    if (prediction.box[2] < object.box[0] || prediction.box[3] < object.box[1]) continue;
    const isEqual = prediction.box.every((value, at) => value === object.box[at]); // also where there is no area
    const shared = isEqual ? 1 : overlap(object.box, prediction.box);
    if (shared >= SAME_PLACE) pairs.push({ object, prediction, shared, isSame: object.label === prediction.label });
  }
  return pairs;
}

/** Predictions that no object of the label stands for. */
export function missingFrom(objects, predictions) {
  const { byPrediction } = differenceBetween(objects, predictions);
  return predictions.filter(({ id }) => byPrediction.get(id) === "alone");
}

/** What an object of the label says about the prediction, in words; "" where both agree. */
export function differs({ byObject }, object) {
  const { kind, prediction } = byObject.get(object.id) ?? { kind: "alike" };
  return { alike: "", other: `predicted ${prediction?.label}`, alone: "not predicted" }[kind];
}

/** "12 alike, 1 of another class, 2 not predicted, 3 not in the label." */
export function differenceWords({ byObject, byPrediction }) {
  const kinds = [...byObject.values()].map(({ kind }) => kind);
  const number = (list, kind) => list.filter((other) => other === kind).length;
  const parts = [
    [number(kinds, "other"), "of another class"],
    [number(kinds, "alone"), "not predicted"],
    [number([...byPrediction.values()], "alone"), "not in the label"],
  ];
  const differing = parts.filter(([many]) => many).map(([many, words]) => `, ${count(many)} ${words}`);
  return `${count(number(kinds, "alike"))} alike${differing.join("")}.`;
}

/** What two lists of classes for a whole image say about each other. @param {string[]} labels @param {string[]} predicted */
export function labelDifferenceWords(labels, predicted) {
  const alone = labels.filter((label) => !predicted.includes(label)).map((label) => `${label} is not predicted`);
  const missing = predicted.filter((label) => !labels.includes(label)).map((label) => `${label} is not in the label`);
  const parts = [...alone, ...missing];
  return parts.length ? `${parts.join(", ")}.` : "Label and prediction agree.";
}
