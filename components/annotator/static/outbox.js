/**
 * Decisions on their way to the database. Each is kept in this browser before anything else happens, sent in order, and
 * forgotten only when the server has acknowledged it, or refused it and the desk has taken the refusal down. The server takes
 * each (client, seq) once, so sending twice does no harm; what earlier pages left behind is sent under the client that made
 * it, unless that page is still there and sends by itself.
 */

import { takeLock } from "./locks.js";
import { forget, keep, namesUnder, recall } from "./storage.js";

const BATCH = 20;
const LONGEST_WAIT = 30; // seconds between two tries

/** Milliseconds that only go on, whatever is done to the clock of the computer. */
const now = () => performance.now();

export class Outbox {
  /**
   * @param {object} options
   * @param {string} options.place names installation, project and reviewer: nobody sends another reviewer's decisions
   * @param {{client: string, seq: number}} options.identity of this page; `seq` is counted up
   * @param {(clientId: string, entries: object[]) => Promise<object>} options.send posts and resolves to the acknowledgement
   * @param {(answer: object, clientId: string) => void} options.onAnswer called for each acknowledgement
   * @param {() => void} options.onChange called whenever `state` may have changed
   * @param {(run: () => void) => void} [options.soon] runs something once nobody waits for more urgent work
   */
  constructor({ place, identity, send, onAnswer, onChange, soon = (run) => run() }) {
    Object.assign(this, { identity, send, onAnswer, onChange, soon });
    this.prefix = `relook:outbox:${place}:`;
    this.boxes = new Map();
    this.unkept = new Set();
    this.releases = [];
    this.adopt([identity.client]);
    this.lock(identity.client, { isPatient: true });
    this.savedAt = "";
    this.error = null;
    this.failures = 0;
    this.retryAt = 0;
    this.batch = BATCH;
    this.watchers = [];
    this.onOnline = () => this.resume();
    // A page that is hidden may never be asked again before it ends.
    this.onSeen = () => (document.hidden ? this.flush() : this.error && this.resume());
    window.addEventListener("online", this.onOnline);
    document.addEventListener("visibilitychange", this.onSeen);
  }

  /** Everything that is stored for this place. @returns {Map<string, object[]>} by client, in order */
  get stored() {
    const boxes = new Map();
    for (const name of namesUnder(this.prefix)) {
      const entry = recall(name);
      if (!entry?.decision_id) continue;
      entry.local = { ...entry.local, since: 0 }; // the time of another page
      const client = name.slice(this.prefix.length).split(":")[0];
      boxes.set(
        client,
        [...(boxes.get(client) ?? []), entry].sort((a, b) => a.seq - b.seq),
      );
    }
    return boxes;
  }

  /** Take over what is stored of clients. */
  adopt(clients) {
    const { stored } = this;
    for (const client of clients) this.boxes.set(client, stored.get(client) ?? []);
    const own = this.boxes.get(this.identity.client);
    this.identity.seq = Math.max(this.identity.seq, ...own.map((entry) => entry.seq));
  }

  /** Take over what pages left that are not there any more: one that lives sends by itself, and hears the answer. */
  async adoptOthers() {
    const others = [...this.stored.keys()].filter((client) => !this.boxes.has(client));
    for (const client of others) if (await this.lock(client)) this.adopt([client]);
    this.onChange();
  }

  /** Send for a client, as the only page that does. @returns {Promise<boolean>} whether no other one does */
  async lock(client, how) {
    const release = await takeLock(`${this.prefix}${client}`, how);
    if (!release) return false;
    if (this.hasEnded) release();
    else this.releases.push(release);
    return !this.hasEnded;
  }

  /** Whether something is on its way that an earlier page decided. */
  get hasEarlier() {
    return this.waiting.some(({ local }) => local.since === 0);
  }

  /** Whether closing the page loses nothing. */
  get isKept() {
    return this.waiting.every((entry) => !this.unkept.has(entry));
  }

  /** Store an entry, or note that there is no room for it. */
  store(client, entry) {
    if (keep(this.nameOf(client, entry.seq), entry)) this.unkept.delete(entry);
    else this.unkept.add(entry);
  }

  /** What found no room may find it now. */
  keepAgain() {
    for (const [client, entries] of this.boxes)
      for (const entry of entries) if (this.unkept.has(entry)) this.store(client, entry);
  }

  /** The page came back after another one used its numbers, or another identity is to be used from now on. */
  become(identity) {
    Object.assign(this.identity, identity);
    if (this.boxes.has(identity.client)) return;
    this.boxes.set(identity.client, []);
    this.lock(identity.client, { isPatient: true });
  }

  nameOf(client, seq) {
    return `${this.prefix}${client}:${String(seq).padStart(9, "0")}`;
  }

  /**
   * Keep an entry and send it; its `seq` is given here.
   * @param {object} entry as the server gets it
   * @param {object} local stays in this browser: `counts`, by how much it changes the number of decided images, and what
   *   the change began from
   */
  add(entry, local) {
    const { client } = this.identity;
    const numbered = { seq: ++this.identity.seq, ...entry, local: { ...local, since: now() } };
    this.store(client, numbered);
    this.boxes.get(client).push(numbered);
    this.soon(() => this.flush());
    this.onChange();
  }

  /** All entries that the database may not have yet. */
  get waiting() {
    return [...this.boxes.values()].flat();
  }

  get isEmpty() {
    return [...this.boxes.values()].every((entries) => entries.length === 0);
  }

  /** Send what waits, unless that is under way or a retry is due later. */
  async flush() {
    if (this.isSending || this.retryAt > now() || this.isEmpty) return;
    this.isSending = true;
    try {
      while (!this.isEmpty) await this.sendNext();
      this.succeeded();
    } catch (error) {
      this.failed(error);
    }
    this.isSending = false;
    for (const resolve of this.watchers.splice(0)) resolve();
    this.onChange();
    if (this.hasLeft) this.endWhenDone();
  }

  /** Resolves when everything is in the database; rejects with what went wrong at the next try. */
  async flushed() {
    while (!this.isEmpty) {
      if (!this.isSending && this.error) throw this.error;
      await new Promise((resolve) => this.watchers.push(resolve));
    }
  }

  /** Take back what waits for an image, e.g. since its first decision was not taken. @returns {object[]} in order */
  withdraw(imageId) {
    const isIts = (entry) => entry.image_id === imageId;
    const taken = [...this.boxes].flatMap(([client, entries]) => entries.filter(isIts).map((entry) => ({ client, entry })));
    for (const { client, entry } of taken) this.forget(client, [entry]);
    for (const [client, entries] of this.boxes) this.boxes.set(client, entries.filter((entry) => !isIts(entry)));
    return taken.map(({ entry }) => entry);
  }

  async sendNext() {
    const [client, entries] = [...this.boxes].find(([, box]) => box.length);
    const batch = entries.slice(0, this.batch);
    const answer = await this.answerTo(client, batch);
    const refused = new Set((answer.refused ?? []).map(({ seq }) => seq));
    const isSettled = ({ seq }) => seq <= answer.acknowledged || refused.has(seq);
    if (!batch.some(isSettled)) throw new Error("The server acknowledged nothing.");
    const settled = new Set(batch.filter(isSettled));
    this.boxes.set(
      client,
      this.boxes.get(client).filter((entry) => !settled.has(entry)),
    );
    this.succeeded();
    this.savedAt = answer.saved_at ?? this.savedAt;
    const taken = batch.filter((entry) => settled.has(entry) && !refused.has(entry.seq));
    const refusals = (answer.refused ?? [])
      .map((refusal) => ({ ...refusal, entry: batch.find(({ seq }) => seq === refusal.seq) }))
      .filter(({ entry }) => entry)
      .map((refusal) => ({ ...refusal, isOvertaken: taken.some((later) => overtakes(later, refusal.entry)) }));
    this.forget(client, taken);
    this.onAnswer({ ...answer, refused: refusals }, client); // takes refusals down before they are forgotten here
    this.forget(client, refusals.filter((refusal) => this.isHeard(refusal)).map(({ entry }) => entry));
    this.keepAgain();
    this.onChange();
  }

  forget(client, entries) {
    for (const entry of entries) {
      forget(this.nameOf(client, entry.seq));
      this.unkept.delete(entry);
    }
  }

  /** Without a desk nobody hears a refusal: the next desk sends the entry once more, to hear it. */
  isHeard({ isOvertaken }) {
    return !this.hasLeft || isOvertaken;
  }

  /**
   * The server's answer. A request with something in it that cannot be taken is narrowed down to its one bad entry, which
   * counts as refused when Relook says so. Anything else, as a right that was taken away or a proxy that stands between, says
   * nothing of the decisions: they wait.
   */
  async answerTo(client, batch) {
    try {
      const answer = await this.send(
        client,
        batch.map(({ local, ...entry }) => entry),
      );
      this.batch = BATCH;
      return answer;
    } catch (error) {
      if (!error.isAboutContent || (batch.length === 1 && !error.isExplained)) throw error;
      if (batch.length === 1) return { acknowledged: 0, refused: [refusalFor(batch[0], error)] };
      this.batch = 1;
      return this.answerTo(client, batch.slice(0, 1));
    }
  }

  succeeded() {
    Object.assign(this, { error: null, failures: 0, retryAt: 0 });
    clearInterval(this.timer);
  }

  /**
   * Wait 1, 2, 4, 8 ... seconds; long where only a change elsewhere helps. A new token resumes, and is asked for again and
   * again.
   */
  failed(error) {
    this.error = error;
    this.failures += 1;
    const wait = error.isPassing === false ? LONGEST_WAIT : Math.min(2 ** (this.failures - 1), LONGEST_WAIT);
    this.retryAt = now() + wait * 1000;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), 250);
  }

  tick() {
    if (now() >= this.retryAt) this.resume();
    else this.onChange();
  }

  /** Try again now: there is a new token, or the network is back, or the reviewer asks for it. */
  resume() {
    this.retryAt = 0;
    clearInterval(this.timer);
    this.flush();
    this.onChange();
  }

  /** The desk is gone, on another page of the app: what waits is still sent from here, as long as the token allows it. */
  leave() {
    this.hasLeft = true;
    this.onAnswer = this.onChange = () => {};
    this.endWhenDone();
  }

  endWhenDone() {
    if (!this.isEmpty && this.error?.isPassing !== false) return;
    this.hasEnded = true;
    for (const release of this.releases.splice(0)) release();
    clearInterval(this.timer);
    window.removeEventListener("online", this.onOnline);
    document.removeEventListener("visibilitychange", this.onSeen);
  }
}

/** Whether a later decision on the same image was taken: then a refused one has nothing to say any more. */
function overtakes(later, { seq, image_id: imageId, undoes }) {
  return !undoes && !later.undoes && later.seq > seq && later.image_id === imageId;
}

function refusalFor({ seq }, { message, remedy, conflict }) {
  return { seq, error: message, remedy, conflict };
}
