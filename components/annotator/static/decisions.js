/** Decisions across images: made, taken back, made again. Undo and redo are entries of the log like any other. */

import { asReceived } from "./boxes.js";
import { randomId } from "./identity.js";
import { begunFrom } from "./merge.js";
import { clientOf, provenanceOf } from "./provenance.js";
import { capitalised, count, VERDICTS } from "./words.js";

/** Verdicts that settle an image; a skipped one comes once more. */
const SETTLES = new Set(["accept", "correct", "reject", "flag", "wrong_evidence"]);
const PACES = 20; // decisions that the estimate of the time left looks back on
const WAITS = "Earlier decisions can be undone once everything is saved.";
const HAS_CONTENT = new Set(["accept", "correct"]);

/** Verdicts that leave the image open for a decision. */
const LEAVES_OPEN = new Set(["resolve", "send_back"]);

/**
 * @typedef {object} Made
 * @property {string} decisionId the decision itself
 * @property {string} undoId the entry that took it back, once there is one
 * @property {string} imageId
 * @property {import("./queue.js").Entry} [entry] missing for decisions made before this page was opened
 * @property {boolean} [isEarlier] made before this page was opened
 * @property {import("./work.js").Content} [content] as it was decided
 * @property {object} [before] standing and openness of the entry before the decision
 * @property {object} [after] the same after it
 */

export class Decisions {
  constructor(desk) {
    this.desk = desk;
    /** @type {Made[]} */
    this.made = [];
    /** @type {Made[]} */
    this.undone = [];
    /** Decisions that the server did not take: taking them back again is not worth a word. */
    this.failed = new Set();
    /** Whether earlier decisions are yet to be loaded. */
    this.isOwed = false;
  }

  /**
   * Load what was decided before. It is owed for longer when it could not be had, or when an earlier page's decisions were
   * still on their way.
   * @param {{isAgain?: boolean}} options `isAgain`: only what is owed, once it is to be had
   */
  loadOwed({ isAgain = false } = {}) {
    if (isAgain && (!this.isOwed || this.desk.outbox.hasEarlier)) return undefined;
    this.loading ??= this.tryToLoad(isAgain).finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  async tryToLoad(isQuiet) {
    const isEarly = this.desk.outbox.hasEarlier;
    this.isOwed = true;
    try {
      await this.load();
      this.isOwed = isEarly;
    } catch (error) {
      if (!isQuiet) this.desk.hint(error.sentence ?? error.message);
    }
  }

  /** What this reviewer decided before this page was opened, for undo and redo to go on. */
  async load() {
    const { undo, redo } = await this.desk.api.get("history");
    const own = this.made.filter(({ isEarlier }) => !isEarlier);
    const known = new Set([...own, ...this.undone].map(({ decisionId }) => decisionId));
    const earlier = undo.filter(({ decision_id }) => !known.has(decision_id));
    const recordOf = ({ decision_id, image_id }) => ({ decisionId: decision_id, imageId: image_id, isEarlier: true });
    this.made = [...earlier.map(recordOf), ...own];
    if (!this.undone.length && !own.length) {
      this.undone.push(...redo.map(({ decision_id, image_id }) => ({ undoId: decision_id, imageId: image_id })));
    }
  }

  /**
   * Decide the current image and go to the next one.
   * @param {string} verdict
   * @param {object} [more]
   * @param {string} [more.note] reason or comment
   * @param {object|null} [more.region] what the verdict points at, in fractions of the photo
   * @param {boolean} [more.stays] on the image
   * @param {object} [more.provenance] what else the decision was made from
   */
  make(verdict, { note = "", region = null, stays = false, provenance = {} } = {}) {
    const { desk } = this;
    const { entry } = desk;
    const { work, item } = entry;
    const id = randomId();
    const standing = { status: verdict, decisionId: id, by: desk.data.reviewer, note, region, at: "" };
    const record = {
      decisionId: id,
      imageId: item.image_id,
      entry,
      content: work.content,
      before: { standing: entry.standing, isOpen: entry.isOpen, base: entry.base, settled: entry.settled },
      after: { standing, isOpen: LEAVES_OPEN.has(verdict), base: null, settled: this.settledBy(entry, verdict) },
    };
    desk.clock.stop();
    if (!stays) desk.afterPaint.hold();
    const about = { decision_id: id, image_id: item.image_id, verdict, note, region, parent: entry.parent };
    if (desk.schema.shown !== null) about.classes_version = String(desk.schema.shown);
    const content = HAS_CONTENT.has(verdict) ? sentContent(work.content) : {};
    const from = { provenance: { ...provenanceOf(desk, entry), ...provenance } };
    this.send({ ...about, ...content, ...from }, work, { counts: this.gain(record), ...this.begun(entry, verdict) });
    desk.refused.settled(item.image_id);
    this.made.push(record);
    this.undone = [];
    if (!stays) desk.paces = [...desk.paces, work.seconds].slice(-PACES);
    work.beginAgain();
    Object.assign(entry, record.after);
    if (HAS_CONTENT.has(verdict)) desk.drafts.drop(item.image_id);
    else desk.drafts.dropAside(item.image_id);
    desk.say(`${capitalised(VERDICTS[verdict])}, ${count(desk.decided)} of ${count(desk.queue.totals.total)}.`);
    if (stays) return this.stay(entry);
    desk.queue.advance();
    return desk.show();
  }

  stay({ work }) {
    const { desk } = this;
    desk.clock.start(work);
    desk.setMode("");
  }

  settledBy({ work, settled }, verdict) {
    return HAS_CONTENT.has(verdict) ? work.content : settled;
  }

  /** What a changed label began from, kept beside the entry: two people's changes are put together with it. */
  begun({ work, settled }, verdict) {
    return HAS_CONTENT.has(verdict) ? begunFrom(settled ?? work.start, work.content) : {};
  }

  /** By how much a decision changes the number of settled images. */
  gain({ before, after }) {
    return Number(SETTLES.has(after.standing.status)) - Number(SETTLES.has(before.standing.status));
  }

  /** @param {object} local stays in this browser, see `Outbox.add` */
  send(entry, work, local) {
    const overlays = work ? [...work.overlays].sort() : [];
    const seconds = work ? Math.max(0, Math.round(work.seconds * 10) / 10) : 0;
    const usual = { labels: null, objects: null, note: "", region: null, undoes: null, parent: null };
    const provenance = { client: clientOf(this.desk.data) };
    this.desk.outbox.add({ ...usual, overlays, seconds, provenance, ...entry }, local);
  }

  /** Post an undo or redo. */
  sendUndo(decisionId, { imageId, entry, verdict, undoes, counts = 0 }) {
    const parent = entry ? entry.parent : null;
    this.send({ decision_id: decisionId, image_id: imageId, verdict, undoes, parent }, null, { counts });
  }

  /** Whether the newest decision is about the image on screen, which was not changed since: then it is what undo is about. */
  isNewestHere() {
    const { entry } = this.desk;
    const newest = this.made.at(-1);
    return Boolean(entry && newest?.entry === entry && newest.content === entry.work.content);
  }

  /** Take the newest decision back and return to its image as it was before it. */
  undo() {
    if (this.isOwed && !this.made.at(-1)?.entry) return this.undoOwed();
    const record = this.made.pop();
    if (!record) return this.desk.hint("Nothing to undo.");
    if (!record.entry) return this.undoEarlier(record);
    record.undoId = randomId();
    this.desk.afterPaint.hold();
    const { standing } = record.after;
    const undoes = record.decisionId;
    this.sendUndo(record.undoId, { ...record, verdict: standing.status, undoes, counts: -this.gain(record) });
    this.undone.push(record);
    Object.assign(record.entry, record.before);
    this.desk.drafts.save(record.entry);
    this.desk.queue.goTo(record.entry);
    this.desk.show();
    this.desk.say(`Undone: ${VERDICTS[standing.status]} ${record.entry.item.name}.`);
  }

  /** Make the newest decision that was taken back again, and go on. */
  redo() {
    const record = this.undone.pop();
    if (!record) return this.desk.hint("Nothing to redo.");
    if (!record.entry) return this.redoEarlier(record);
    this.desk.afterPaint.hold();
    const { standing } = record.after;
    const undoes = record.undoId;
    this.sendUndo(randomId(), { ...record, verdict: standing.status, undoes, counts: this.gain(record) });
    this.made.push(record);
    Object.assign(record.entry, record.after);
    const { work } = record.entry;
    if (work.content !== record.content) work.change(record.content, "decision");
    this.desk.drafts.drop(record.imageId);
    if (this.desk.entry === record.entry && !record.entry.isOpen) this.desk.queue.advance();
    this.desk.show();
    this.desk.say(`Redone: ${VERDICTS[standing.status]} ${record.entry.item.name}.`);
  }

  /** The newest decision may be one that is yet to be loaded. */
  async undoOwed() {
    if (!this.desk.outbox.isEmpty) return this.desk.hint(WAITS);
    await this.loadOwed();
    return this.isOwed ? undefined : this.undo();
  }

  /** A decision of an earlier visit to the desk. */
  async undoEarlier(record) {
    const undoId = randomId();
    const undone = { ...record, undoId };
    if (!(await this.replay(record, { decisionId: undoId, undoes: record.decisionId, says: "Undone" })))
      this.made.push(record);
    else this.undone.push(undone);
  }

  async redoEarlier(record) {
    const redoId = randomId();
    if (!(await this.replay(record, { decisionId: redoId, undoes: record.undoId, says: "Redone" })))
      this.undone.push(record);
    else if (record.decisionId) this.made.push(record);
  }

  /**
   * Post the undo or redo of an earlier decision and show its image. The image is fetched before, for its verdict, and
   * after, for what it has become.
   * @returns {Promise<boolean>} whether the entry was written
   */
  async replay({ imageId }, { decisionId, undoes, says }) {
    const { desk } = this;
    const place = desk.entry;
    let isWritten = false;
    if (!desk.outbox.isEmpty) desk.hint(WAITS);
    if (!desk.outbox.isEmpty) return isWritten;
    try {
      const before = await desk.api.get("items", { image_id: imageId });
      const verdict = before.status === "new" ? "accept" : before.status;
      this.sendUndo(decisionId, { imageId, verdict, undoes });
      isWritten = true;
      await desk.outbox.flushed();
      const after = await desk.api.get("items", { image_id: imageId });
      desk.say(`${says}: ${after.name} is ${VERDICTS[after.status]}.`);
      desk.queue.place(after);
      if (desk.entry === place) desk.queue.goTo(desk.queue.find(imageId));
      desk.show();
    } catch (error) {
      desk.hint(error.sentence ?? error.message);
    }
    return isWritten;
  }

  /**
   * The server refused a decision: its image is open again, with its content kept as a draft.
   * @returns {boolean} whether it is; not when this page knows nothing of the decision, or shows the image otherwise by now
   */
  refused({ decision_id: id }) {
    const isIt = ({ decisionId }) => decisionId === id;
    const record = this.made.find(isIt) ?? this.undone.find(isIt);
    this.failed.add(id);
    // What was decided on top of it stands on what it stood on.
    for (const later of [...this.made, ...this.undone])
      if (record?.before && later.before?.standing.decisionId === id) later.before = record.before;
    for (const list of ["made", "undone"]) this[list] = this[list].filter((other) => other !== record);
    if (!record?.entry || record.entry.standing.decisionId !== id) return false;
    Object.assign(record.entry, record.before);
    this.desk.drafts.save(record.entry);
    return true;
  }
}

/** Content as the server is told it. */
export function sentContent({ labels, objects }) {
  return objects ? { objects: objects.map(asReceived) } : { labels };
}
