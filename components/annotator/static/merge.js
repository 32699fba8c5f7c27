/** Two people's changes to one image, put together shape by shape. */

import { overlap } from "./geometry.js";

const SAME_PLACE = 0.5; // intersection over union at which two new boxes stand for one thing, as on the server

/** Whether two objects say the same; scores and sources do not count. */
export function sameObject(a, b) {
  if (a === b) return true;
  if (!a || !b) return false;
  return JSON.stringify([a.label, a.box, a.polygons, a.is_crowd]) === JSON.stringify([b.label, b.box, b.polygons, b.is_crowd]);
}

/**
 * @typedef {object} Clash two versions of one shape; null where a person deleted it
 * @property {string} id
 * @property {object|null} mine
 * @property {object|null} theirs
 */

/**
 * Put two changes of the same objects together. An object that only one of the two changed is taken from that one.
 * @param {object[]|null} base what both began from; null when that is not known, then every difference is a clash
 * @param {object[]} mine
 * @param {object[]} theirs
 * @returns {{objects: object[], clashes: Clash[]}} clashing objects stand in `objects` in my version, or in theirs when I deleted it
 */
export function mergeObjects(base, mine, theirs) {
  const [from, my, their] = [base ?? [], mine, theirs].map((list) => new Map(list.map((one) => [one.id, one])));
  const objects = [];
  const clashes = [];
  for (const id of new Set([...their.keys(), ...my.keys()])) {
    const [was, own, other] = [from, my, their].map((list) => list.get(id) ?? null);
    const isTheirs = base ? sameObject(own, was) : !own;
    const isMine = base ? sameObject(other, was) : !other;
    const chosen = sameObject(own, other) || isMine ? own : isTheirs ? other : undefined;
    if (chosen === undefined) clashes.push({ id, mine: own, theirs: other });
    const object = chosen === undefined ? (own ?? other) : chosen;
    if (object) objects.push(object);
  }
  return { objects, clashes };
}

/**
 * New objects of mine where the other drew a new one as well: two boxes around one thing help nobody.
 * @returns {(Clash & {drops: string})[]} `drops`: the other's object, which goes when mine stays
 */
export function drawnTwice(base, mine, theirs) {
  const known = new Set(base.map(({ id }) => id));
  const both = new Set(mine.map(({ id }) => id).filter((id) => theirs.some((other) => other.id === id)));
  const [own, other] = [mine, theirs].map((list) => list.filter(({ id }) => !known.has(id) && !both.has(id)));
  return own.flatMap((object) => {
    const twin = other.find(({ box }) => overlap(object.box, box) >= SAME_PLACE);
    return twin ? [{ id: object.id, mine: object, theirs: twin, drops: twin.id }] : [];
  });
}

/**
 * What both began from: my version, with the objects that I changed as they were.
 * @param {object[]} mine
 * @param {{was: object[], added: string[]}} change
 */
export function baseOf(mine, { was, added }) {
  const gone = new Set([...was.map(({ id }) => id), ...added]);
  return [...mine.filter(({ id }) => !gone.has(id)), ...was];
}

/**
 * What a content began from, in little: of objects only those that were changed.
 * @param {import("./work.js").Content} start @param {import("./work.js").Content} content
 */
export function begunFrom(start, content) {
  return start.objects ? { change: changeOf(start.objects, content.objects) } : { labels: start.labels };
}

/** What a content began from, or null when that is not known; the inverse of `begunFrom`. */
export function startOf(content, { change, labels }) {
  if (content.objects) return change ? { objects: baseOf(content.objects, change) } : null;
  return labels ? { labels } : null;
}

/** What I changed of what I began from, to be kept beside my version. */
export function changeOf(start, mine) {
  const now = new Map(mine.map((object) => [object.id, object]));
  const before = new Set(start.map(({ id }) => id));
  return {
    was: start.filter((object) => !sameObject(object, now.get(object.id))),
    added: mine.filter(({ id }) => !before.has(id)).map(({ id }) => id),
  };
}
