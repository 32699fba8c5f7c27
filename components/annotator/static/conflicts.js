/**
 * Two people decided on one image. The server did not take the later decision and says which one stands. Changes of different
 * shapes are put together at once; for the same shape the reviewer chooses, when it suits. Until then the decision is kept here.
 */

import { sentContent } from "./decisions.js";
import { randomId } from "./identity.js";
import { baseOf, begunFrom, changeOf, drawnTwice, mergeObjects } from "./merge.js";
import { forget, keep, namesUnder, placeOf, recall } from "./storage.js";
import { clockTime } from "./words.js";

const SAYS_LABEL = new Set(["accept", "correct"]);

/**
 * @typedef {object} Meeting
 * @property {object} mine the entry that was not taken, with what it began from in `local`
 * @property {object} theirs the decision that stands: decision_id, reviewer, decided_at, verdict, note, labels or objects
 */

/** The label that a decision says, or null when it says none. @returns {import("./work.js").Content|null} */
export function contentOf(decision) {
  if (!SAYS_LABEL.has(decision.verdict ?? "correct")) return null;
  const { objects, labels } = decision.content ?? decision;
  return objects ? { objects } : labels ? { labels } : null;
}

export class Conflicts {
  constructor(desk) {
    this.desk = desk;
    this.prefix = `relook:conflict:${placeOf(desk.data)}:`;
    /** @type {Map<string, Meeting>} by image */
    this.open = new Map();
    for (const name of namesUnder(this.prefix)) {
      const kept = recall(name);
      if (kept?.mine?.image_id && kept.theirs) this.open.set(kept.mine.image_id, kept);
    }
    this.onStorage = (event) => this.changedElsewhere(event);
    window.addEventListener("storage", this.onStorage);
  }

  destroy() {
    window.removeEventListener("storage", this.onStorage);
  }

  /** Another tab of this reviewer met one, or settled it: nobody is to choose twice. */
  changedElsewhere({ key }) {
    if (!key?.startsWith(this.prefix)) return;
    const imageId = key.slice(this.prefix.length);
    const { choice, notices, bar } = this.desk;
    const kept = recall(key);
    if (kept) this.open.set(imageId, kept);
    else this.open.delete(imageId);
    if (choice.isOpen && choice.imageId === imageId) choice.close();
    if (!this.count) notices.settled();
    bar.render();
  }

  get count() {
    return this.open.size;
  }

  /** A decision met another one. @param {object} entry the one not taken @param {object} conflict the server's words */
  meet(entry, conflict) {
    const { desk } = this;
    const imageId = entry.image_id;
    const before = this.open.get(imageId)?.mine ?? entry;
    const later = desk.outbox.withdraw(imageId).filter(({ seq }) => seq !== entry.seq);
    for (const one of [entry, ...later]) desk.decisions.refused(one);
    const mine = newestOf([entry, ...later]);
    this.stand(imageId, conflict);
    if (!mine) return this.drop(imageId);
    const meeting = { mine: { ...mine, local: { ...before.local, ...begun(before, mine) } }, theirs: conflict };
    const merged = this.mergedOf(meeting);
    if (!merged) return this.ask(imageId, meeting);
    return this.settle(imageId, meeting, merged, `Your change and ${conflict.reviewer}'s were put together`);
  }

  /** What both changes give together; null when they touch the same shape or say different verdicts. */
  mergedOf({ mine, theirs }) {
    const [own, other] = [contentOf(mine), contentOf(theirs)];
    if (!own || !other) return null;
    if (theirs.merged) return contentOf(theirs.merged);
    if (own.objects && other.objects) {
      const { objects, clashes } = meetingOf(mine, theirs);
      return clashes.length ? null : { objects };
    }
    return mergedLabels(mine.local.labels ?? [], own.labels ?? [], other.labels ?? []);
  }

  /** The server put two changes together by itself: the image is shown as it is now. */
  merged({ image_id: imageId, item, decision_id: id }) {
    const { desk } = this;
    const entry = desk.queue.find(imageId);
    const name = this.nameOf(imageId);
    desk.hint(`Somebody else changed ${name} too. Your changes were put together.`);
    if (!entry || entry.standing.decisionId !== id || (entry === desk.entry && desk.isBusyWith(entry))) return;
    this.forgetEntries(imageId);
    this.place(item);
  }

  /** Keep a meeting until the reviewer has chosen. */
  ask(imageId, meeting) {
    this.open.set(imageId, meeting);
    keep(this.prefix + imageId, meeting);
    const { reviewer, decided_at: at } = meeting.theirs;
    const when = at ? ` at ${clockTime(at)}` : "";
    this.desk.notices.conflict(`${reviewer} changed ${this.nameOf(imageId)} too${when}. Yours is kept until you choose.`);
    this.desk.bar.render();
  }

  /**
   * Send what became of two changes.
   * @param {import("./work.js").Content|null} content null: my verdict stands as it was, without a label
   */
  settle(imageId, { mine, theirs }, content, says) {
    const other = contentOf(theirs);
    this.drop(imageId);
    if (content && other && isSameContent(content, other)) return this.yielded(imageId, theirs);
    const { seq, local, ...sent } = mine;
    const decision = {
      ...sent,
      decision_id: randomId(),
      parent: theirs.decision_id,
      verdict: content ? "correct" : mine.verdict,
      labels: null,
      objects: null,
      ...(content ? sentContent(content) : {}),
      provenance: { ...mine.provenance, merged: [mine.decision_id, theirs.decision_id] },
    };
    this.desk.outbox.add(decision, { counts: 0, ...begunFromTheirs(content, other) });
    this.desk.decisions.made.push({ decisionId: decision.decision_id, imageId });
    this.desk.refused.settled(imageId);
    this.desk.hint(`${says}: ${this.nameOf(imageId)}.`);
    return this.refresh(imageId);
  }

  /** Theirs stands, nothing of mine is left to send. */
  yielded(imageId, { reviewer }) {
    this.drop(imageId);
    this.desk.hint(`${reviewer}'s version of ${this.nameOf(imageId)} stands.`);
    return this.refresh(imageId);
  }

  drop(imageId) {
    this.open.delete(imageId);
    forget(this.prefix + imageId);
    this.desk.notices.settled();
    if (!(this.desk.entry?.item.image_id === imageId && this.desk.isBusyWith(this.desk.entry))) this.desk.drafts.drop(imageId);
    this.desk.bar.render();
  }

  place(item) {
    const { desk } = this;
    const isShown = desk.entry?.item.image_id === item.image_id;
    desk.queue.place(item);
    if (isShown) desk.show();
    else desk.render();
  }

  nameOf(imageId) {
    return this.desk.queue.find(imageId)?.item.name ?? imageId;
  }

  /** The image bears their decision now. A change made since still says that it began before it. */
  stand(imageId, { decision_id: id, reviewer, decided_at: at, verdict = "correct", note = "", region = null }) {
    const { desk } = this;
    this.forgetEntries(imageId);
    const entry = desk.queue.find(imageId);
    if (!entry) return;
    entry.base = entry.parent;
    entry.standing = { status: verdict, decisionId: id, by: reviewer, note, region, at: at ?? "" };
    entry.isOpen = false;
  }

  /** What is undone on this image goes by the log from now on: the page does not know what stands between. */
  forgetEntries(imageId) {
    const { made, undone } = this.desk.decisions;
    for (const record of [...made, ...undone]) if (record.imageId === imageId) record.entry = undefined;
  }

  /** Show the image as the database has it, once it has everything; an image that is being changed is left alone. */
  async refresh(imageId) {
    const { desk } = this;
    try {
      await desk.outbox.flushed();
      const item = await desk.api.get("items", { image_id: imageId });
      const entry = desk.queue.find(imageId);
      if (!entry || (entry === desk.entry && desk.isBusyWith(entry))) return;
      this.place(item);
    } catch {
      // the image keeps its old look; the next decision on it is compared again
    }
  }
}

/** Two versions of the objects, with what clashes: also new shapes of both on one spot. */
export function meetingOf(mine, theirs) {
  const base = baseOfEntry(mine);
  const { objects, clashes } = mergeObjects(base, mine.objects, contentOf(theirs).objects);
  const twice = drawnTwice(base ?? [], mine.objects, contentOf(theirs).objects);
  return { base, objects, clashes: [...clashes, ...twice] };
}

/** One class an image: who changed nothing yields. */
function mergedLabels(base, mine, theirs) {
  const isSame = (a, b) => a.length === b.length && a.every((label) => b.includes(label));
  if (isSame(mine, theirs) || isSame(theirs, base)) return { labels: mine };
  return isSame(mine, base) ? { labels: theirs } : null;
}

/** My last decision that I did not take back, or null. */
export function newestOf(entries) {
  const redone = new Set(entries.map(({ undoes }) => undoes).filter(Boolean));
  const undone = new Set(entries.filter((one) => one.undoes && !redone.has(one.decision_id)).map(({ undoes }) => undoes));
  return entries.findLast((one) => !one.undoes && !undone.has(one.decision_id)) ?? null;
}

/** What the first of several decisions began from, as a change to the last one. */
export function begun(first, { objects }) {
  const base = baseOfEntry(first);
  return base && objects ? { change: changeOf(base, objects) } : {};
}

/** What was put together begins from their version, should a third person come. */
function begunFromTheirs(content, theirs) {
  if (!content || !theirs) return {};
  return begunFrom(theirs, content);
}

/** The objects that an entry began from, or null when that is not known. */
export function baseOfEntry({ objects, local }) {
  return objects && local?.change ? baseOf(objects, local.change) : null;
}

function isSameContent(a, b) {
  if (a.objects && b.objects) {
    const { objects, clashes } = mergeObjects(null, a.objects, b.objects);
    return !clashes.length && objects.length === a.objects.length && objects.length === b.objects.length;
  }
  return JSON.stringify([...(a.labels ?? [])].sort()) === JSON.stringify([...(b.labels ?? [])].sort());
}
