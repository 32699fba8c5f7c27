/**
 * Decisions that the server did not take. They are in no database: each is kept in this browser, with what it said as a
 * draft of its image, until the reviewer decides on that image again or drops it.
 */

import { withBoxes } from "./boxes.js";
import { begun, contentOf, newestOf } from "./conflicts.js";
import { forget, keep, namesUnder, recall } from "./storage.js";

/** What stands in the action bar for a verdict that says more than itself. */
const ASIDES = { flag: "flag", resolve: "answer", send_back: "send-back", wrong_evidence: "evidence" };

/** @typedef {{entry: object, error: string, remedy?: string}} Refusal the entry that was not taken, and the server's words */

export class Refused {
  /** @param {import("./desk.js").Desk} desk @param {string} place see `placeOf` */
  constructor(desk, place) {
    this.desk = desk;
    this.prefix = `relook:refused:${place}:`;
    /** Refusals by image, in the order in which they came; the newest that was not taken back counts. @type {Map<string, Refusal[]>} */
    this.open = new Map();
    this.unkept = new Set();
    /** Every entry that was refused, by decision: what was decided on top of one begins where that one began. @type {Map<string, object>} */
    this.entries = new Map();
    for (const name of namesUnder(this.prefix)) {
      const kept = recall(name);
      if (!Array.isArray(kept) || !kept[0]?.entry?.image_id) continue;
      this.open.set(kept[0].entry.image_id, kept);
      for (const { entry } of kept) this.entries.set(entry.decision_id, entry);
    }
    this.onStorage = (event) => this.changedElsewhere(event);
    window.addEventListener("storage", this.onStorage);
  }

  /** Another tab of this reviewer heard or settled one. */
  changedElsewhere({ key, newValue }) {
    if (!key?.startsWith(this.prefix)) return;
    const imageId = key.slice(this.prefix.length);
    const kept = newValue && recall(key);
    if (kept) this.open.set(imageId, kept);
    else this.open.delete(imageId);
    this.tell();
  }

  destroy() {
    window.removeEventListener("storage", this.onStorage);
  }

  get count() {
    return this.open.size;
  }

  /** Whether closing the page loses none of them. */
  get isKept() {
    return this.unkept.size === 0;
  }

  /** The one that was refused last and counts. @returns {Refusal|null} */
  get newest() {
    const list = [...this.open.values()].at(-1);
    return list ? countingOf(list) : null;
  }

  /** The server did not take a decision. @param {Refusal} refusal @param {Refusal[]} others that it did not take after this one */
  hear({ entry, error, remedy = "" }, others = []) {
    const { desk } = this;
    const { image_id: imageId, undoes } = entry;
    const earlier = this.open.get(imageId) ?? [];
    const wasRefused = desk.decisions.failed.has(undoes) || earlier.some((other) => other.entry.decision_id === undoes);
    this.entries.set(entry.decision_id, entry);
    const isOpenAgain = desk.decisions.refused(entry);
    if (undoes && !wasRefused) return this.notUndone({ entry, error, remedy });
    const list = [...earlier, { entry, error, remedy }];
    const later = [...others.map((other) => other.entry), ...desk.outbox.waiting];
    const mine = newestOf([...list.map((one) => one.entry), ...later.filter((other) => other.image_id === imageId)]);
    if (!list.some((one) => one.entry === mine)) return this.settled(imageId); // taken back, or decided anew
    this.store(imageId, list);
    this.giveBack(imageId, list);
    if (!isOpenAgain) this.showAgain(desk.queue.find(imageId));
    return this.tell();
  }

  /** An image that is in the queue as if nobody had decided on it shows its draft, unless it is changed already. */
  showAgain(known) {
    if (!known || known.work.isChanged) return;
    if (known !== this.desk.entry) known.isRestored = false;
    this.desk.conflicts.refresh(known.item.image_id);
  }

  /** An undo that was refused has nothing to give back: the image is shown as it stands. */
  notUndone(refusal) {
    this.desk.notices.notUndone(refusal);
    return this.desk.conflicts.refresh(refusal.entry.image_id);
  }

  store(imageId, list) {
    this.open.delete(imageId); // the newest stands last
    this.open.set(imageId, list);
    if (keep(this.prefix + imageId, list)) this.unkept.delete(imageId);
    else this.unkept.add(imageId);
  }

  /** Try again to keep what the browser's storage had no room for. */
  keepAgain() {
    for (const imageId of this.unkept)
      if (keep(this.prefix + imageId, this.open.get(imageId))) this.unkept.delete(imageId);
  }

  /** What was decided is a draft again, unless something newer was begun on the image. */
  giveBack(imageId, list) {
    const { desk } = this;
    const { entry } = countingOf(list);
    const draft = this.draftOf(entry);
    if (draft && !desk.drafts.find(imageId)) desk.drafts.put(imageId, this.fitting(draft));
    const { note: comment, region } = entry;
    const mode = ASIDES[entry.verdict];
    if (mode && !desk.drafts.aside(imageId)) desk.drafts.keepAside(imageId, { mode, comment, region });
  }

  /** What a refused decision said, begun from what the first of its refused forerunners began from; null when it changed nothing. */
  draftOf(entry) {
    const content = entry.verdict === "accept" || entry.verdict === "correct" ? contentOf(entry) : null;
    if (!content) return null;
    let first = entry;
    while (this.entries.has(first.parent)) first = this.entries.get(first.parent);
    const from = first === entry ? {} : begun(first, entry);
    const { change, labels } = { change: entry.local?.change, labels: first.local?.labels, ...from };
    const isChanged = change ? change.was.length + change.added.length > 0 : !labels || !sameLabels(labels, content.labels);
    return isChanged ? { base: first.parent ?? "", content, change, labels } : null;
  }

  /** Projects of boxes edit boxes only, see boxes.js. */
  fitting(draft) {
    const { hasObjects, drawsPolygons } = this.desk;
    if (!hasObjects || drawsPolygons) return draft;
    const boxed = (objects) => withBoxes({ objects, predictions: [] }).objects;
    const { content, change } = draft;
    return {
      ...draft,
      content: { objects: boxed(content.objects) },
      ...(change ? { change: { ...change, was: boxed(change.was) } } : {}),
    };
  }

  /** The image was decided on again: what was refused has nothing to say any more. */
  settled(imageId) {
    if (!this.open.delete(imageId)) return;
    this.unkept.delete(imageId);
    forget(this.prefix + imageId);
    this.tell();
  }

  /** The reviewer wants none of it. */
  drop(imageId) {
    const { desk } = this;
    const isBusy = desk.entry?.item.image_id === imageId && desk.isBusyWith(desk.entry);
    this.settled(imageId);
    if (isBusy) return undefined;
    desk.drafts.drop(imageId);
    desk.queue.find(imageId)?.takeBack();
    return desk.conflicts.refresh(imageId);
  }

  /** Go to the image of the newest one. */
  show() {
    this.tell();
    return this.newest ? this.desk.goToImage(this.newest.entry.image_id) : undefined;
  }

  /** Say how many there are, and what became of the newest. */
  tell() {
    this.desk.notices.refused(this.newest, this.count);
    this.desk.bar.render();
  }
}

function countingOf(list) {
  const mine = newestOf(list.map(({ entry }) => entry));
  return list.find(({ entry }) => entry === mine) ?? null;
}

function sameLabels(a, b) {
  return b !== undefined && a.length === b.length && a.every((label) => b.includes(label));
}
