/**
 * The images under review, in order. The browser owns this list: it is fetched ahead, so that the next image never waits
 * for the server, and what was seen stays, so that going back does not either.
 */

import { withBoxes } from "./boxes.js";
import { Work } from "./work.js";

const HELD = 24;
const LOW = 12;
const LEAST = 4; // so few are left that the next ones are wanted more than anything
const RETRY = 2000; // milliseconds
const LOOKS_AGAIN = 15_000; // milliseconds, while others hold all that is left
const LOOKS_AT_END = 60_000; // milliseconds, when all is done: a lead may send an image back
const BEHIND = 300; // images behind the current one that are kept; the log knows the earlier ones
const AT_ONCE = 50; // images that are let go together

/** Statuses of images that wait for a decision. */
const OPEN = new Set(["new", "send_back", "resolve"]);

/** One place in the queue. A skipped image that comes once more is a second entry. */
export class Entry {
  /** @param {{hasObjects: boolean, drawsPolygons: boolean}} kind of project */
  constructor(item, kind) {
    this.item = kind.hasObjects && !kind.drawsPolygons ? withBoxes(item) : item;
    this.kind = kind;
    this.standing = {
      status: item.status,
      decisionId: item.decision_id,
      by: item.decided_by,
      note: item.note ?? "",
      region: item.region ?? null,
      at: item.decided_at ?? "",
    };
    this.isOpen = OPEN.has(item.status) || item.again;
    /** Somebody else who works on the image. @type {{reviewer: string, free_in: number}|null} */
    this.held = item.held ?? null;
    /** The decision that a restored draft began from, where that is not the one in force. */
    this.base = null;
    /** The content of the newest decision made on this page, which the next change begins from. */
    this.settled = null;
    /** Whether a kept draft was gone on with: once, when the image is shown for the first time. */
    this.isRestored = false;
  }

  get work() {
    this.kept ??= new Work(this.item, this.kind.hasObjects);
    return this.kept;
  }

  /** Show what stands: the edits since are not wanted. */
  takeBack() {
    const { work, settled } = this;
    if (work.content !== (settled ?? work.start)) work.change(settled ?? work.start, "edits dropped");
  }

  /** The decision that is on the reviewer's screen; "" for none. */
  get parent() {
    return this.base ?? this.standing.decisionId;
  }
}

export class Queue {
  /**
   * @param {import("./api.js").Api} api
   * @param {object} options
   * @param {{hasObjects: boolean, drawsPolygons: boolean}} options.kind of project
   * @param {string} options.client this open page, which gets images that no other page works on
   * @param {(imageId?: string) => boolean} options.isPending whether a decision on this image, or on any, is on its way
   * @param {(version: string|undefined) => void} options.onVersion the class list has this version
   * @param {() => void} options.onChange entries arrived, or could not be had
   * @param {(entries: Set<Entry>) => void} [options.onLetGo] these are not kept any more
   * @param {(run: () => void) => void} [options.soon] runs something once nobody waits for more urgent work
   */
  constructor(api, { kind, client, isPending, onVersion, onChange, onLetGo = () => {}, soon = (run) => run() }) {
    Object.assign(this, { api, kind, client, isPending, onVersion, onChange, onLetGo, soon });
    Object.assign(this, { order: "", generation: 0, held: null });
    this.clear();
    this.totals = { total: 0, decided: 0, skipped: 0, left: 0 };
    this.counted = 0; // how often the answer to a decision brought newer totals
  }

  clear() {
    Object.assign(this, { entries: [], at: 0, isLoading: false, hasEnded: false, hasRechecked: false, error: null });
    Object.assign(this, { isLookingAgain: false, hasLetGo: false });
    /** Skipped images that came once more, which they do only once. @type {Set<string>} */
    this.cameAgain = new Set();
  }

  /** Begin in an order, at an image if one is named. */
  async open(order, start = "") {
    this.clear();
    this.order = order;
    this.generation += 1;
    await this.fetch({ start: start ?? "" });
  }

  /** Ask for nothing any more. */
  close() {
    this.generation += 1;
  }

  /** @returns {Entry|null} */
  get current() {
    return this.entries[this.at] ?? null;
  }

  /** Entries behind the current one that wait for a decision. */
  get openAhead() {
    return this.entries.slice(this.at + 1).filter((entry) => entry.isOpen);
  }

  /** Fetch more when few are left. */
  async refill() {
    if (this.isLoading || this.hasEnded || this.error || this.openAhead.length >= LOW) return;
    await this.fetch({ after: this.lastFetched ?? "" });
  }

  /**
   * When all is done, look from the beginning once: skipped images come again, others may have been opened again. What is
   * decided must be in the database by then, else the server would give it once more.
   */
  async recheck() {
    if (this.isLoading || this.hasRechecked || this.isPending()) return;
    this.hasRechecked = true;
    this.hasEnded = false;
    await this.fetch({ after: "" });
  }

  async fetch(place) {
    const { generation, counted } = this;
    this.isLoading = true;
    try {
      const answer = await this.api.get("queue", { order: this.order, count: HELD, client_id: this.client, ...place });
      if (generation !== this.generation) return;
      this.error = null;
      this.take(answer, { isOvertaken: counted !== this.counted });
    } catch (error) {
      if (generation !== this.generation) return;
      this.error = error;
      if (error.isPassing) setTimeout(() => this.retry(place, generation), RETRY);
    } finally {
      if (generation === this.generation) Object.assign(this, { isLoading: false, isLookingAgain: false });
    }
    this.onChange();
    this.keepGoing();
  }

  retry(place, generation = this.generation) {
    if (generation !== this.generation || !this.error || this.isLoading) return;
    this.fetch(place ?? { after: this.lastFetched ?? "" });
  }

  take({ items, held = null, classes_version: version, ...totals }, { isOvertaken }) {
    this.onVersion(version);
    this.totals = isOvertaken ? { ...this.totals, total: totals.total } : totals;
    this.held = held;
    this.lastFetched = items.at(-1)?.image_id ?? this.lastFetched;
    const newest = new Map(this.entries.map((entry) => [entry.item.image_id, entry]));
    const fresh = items.filter((item) => this.isFresh(item, newest.get(item.image_id), { isOvertaken }));
    this.hasEnded = fresh.length === 0;
    this.append(fresh);
    if (this.hasEnded) this.lookAgainLater();
  }

  /**
   * Whether an image is to be put in the list. One that was decided here comes anew when another decision stands since: it was
   * sent back, or opened again. An answer that a decision overtook may tell of images as they were before it.
   * @param {Entry|undefined} known the newest entry of the image
   */
  isFresh({ image_id: imageId, again, decision_id: decisionId }, known, { isOvertaken }) {
    if (again) return !this.cameAgain.has(imageId);
    if (this.isPending(imageId)) return false;
    return !known || !(known.isOpen || isOvertaken || known.standing.decisionId === decisionId);
  }

  /** The answer to a decision tells how far the review is. */
  count({ decided, skipped, left }) {
    Object.assign(this.totals, { decided, skipped, left });
    this.counted += 1;
  }

  /** Nothing is left here: look now and then whether something became free, or was sent back. */
  lookAgainLater() {
    clearTimeout(this.timer);
    const { generation } = this;
    this.timer = setTimeout(
      () => generation === this.generation && this.lookAgain(),
      this.held ? LOOKS_AGAIN : LOOKS_AT_END,
    );
  }

  /** Look through the queue from the beginning, at its end, while what stands on the screen stays. */
  lookAgain() {
    if (!this.hasEnded || this.isLoading || this.error) return;
    if (this.current || document.hidden || this.isPending()) {
      this.lookAgainLater();
      return;
    }
    this.hasRechecked = false;
    this.isLookingAgain = true;
    this.recheck();
  }

  /** Leave out images ahead that somebody else works on now. @param {Set<string>} imageIds */
  leaveOut(imageIds) {
    const isTaken = ({ item, isOpen }) => isOpen && imageIds.has(item.image_id);
    const ahead = this.entries.slice(this.at + 1).filter((entry) => !isTaken(entry));
    this.entries = [...this.entries.slice(0, this.at + 1), ...ahead];
  }

  append(items) {
    for (const { again, image_id: imageId } of items) if (again) this.cameAgain.add(imageId);
    this.entries.push(...items.map((item) => new Entry(item, this.kind)));
    if (items.length) this.hasRechecked = false;
  }

  /** Put earlier images in front, for the strip and for going back. */
  prepend(items) {
    this.entries.unshift(...items.map((item) => new Entry(item, this.kind)));
    this.at += items.length;
  }

  /** On to the next image that waits for a decision: ahead, else passed by before, else past the end. */
  advance() {
    const isNext = (entry, index) => entry.isOpen && index > this.at;
    const ahead = this.entries.findIndex(isNext);
    const passedBy = this.hasEnded ? this.entries.findIndex((entry) => entry.isOpen) : -1;
    this.at = ahead >= 0 ? ahead : passedBy >= 0 ? passedBy : this.entries.length;
    this.keepGoing();
  }

  /** One image back or on, decided or not. @returns {boolean} whether there is one */
  step(by) {
    const at = this.at + by;
    if (at < 0 || at >= this.entries.length) return false;
    this.at = at;
    this.keepGoing();
    return true;
  }

  goTo(entry) {
    const known = this.entries.includes(entry) ? entry : this.find(entry.item.image_id);
    if (!known) this.entries.splice(this.at, 0, entry); // the list was begun anew since
    this.at = this.entries.indexOf(known ?? entry);
    this.keepGoing();
  }

  /** Take an image as the server has it now: at its place in the list, or in front of the current one. */
  place(item) {
    const entry = new Entry(item, this.kind);
    const at = this.entries.indexOf(this.find(item.image_id));
    if (at >= 0) this.entries[at] = entry;
    else this.entries.splice(this.at, 0, entry);
    if (at < 0) this.at += 1;
  }

  /** See to it that something comes next, and that a day's work does not fill the memory. */
  keepGoing() {
    if (this.at > BEHIND + AT_ONCE) this.letGo(this.at - BEHIND);
    if (!this.current && this.hasEnded) this.recheck();
    else if (this.openAhead.length < LEAST) this.refill();
    else this.soon(() => this.refill());
  }

  /** Keep of the first `count` entries only those that wait, for the reviewer or for the database. */
  letGo(count) {
    const isDone = ({ isOpen, item }) => !isOpen && !this.isPending(item.image_id);
    const gone = new Set(this.entries.slice(0, count).filter(isDone));
    if (!gone.size) return;
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    this.at -= gone.size;
    this.hasLetGo = true;
    this.onLetGo(gone);
  }

  /** @returns {Entry|undefined} the newest entry of an image */
  find(imageId) {
    return this.entries.findLast((entry) => entry.item.image_id === imageId);
  }
}
