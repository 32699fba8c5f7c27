/** How images come to the stage, and decisions to the database. */

import { Editor } from "./editor.js";
import { placeOf } from "./storage.js";
import { Outbox } from "./outbox.js";
import { shownOverlays } from "./overlays.js";
import { takeNotice } from "./start.js";

const AHEAD = 20; // images decoded before they are wanted
const EARLIER = 5; // images of an earlier visit shown in the strip
const HANDOVER = 3000; // milliseconds that what an earlier page left may take before the queue is asked for

export class Flow extends Editor {
  buildOutbox() {
    return new Outbox({
      place: placeOf(this.data),
      identity: this.identity,
      send: (clientId, entries) => this.api.post("decisions", { client_id: clientId, entries, order: this.queue.order }),
      onAnswer: (answer) => this.saved(answer),
      onChange: () => this.outboxChanged(),
      soon: (run) => this.afterPaint.run("send", run),
    });
  }

  outboxChanged() {
    this.refused?.keepAgain();
    this.bar?.saved.render();
  }

  async open(start) {
    this.render();
    this.stage.focus();
    await this.outbox.adoptOthers();
    this.outbox.flush();
    await Promise.race([
      this.outbox.flushed().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, HANDOVER)),
    ]);
    const notice = takeNotice(this.data);
    if (notice) this.notices.tell(notice);
    await this.begin(this.queue.order || this.data.order, start);
    await this.decisions.loadOwed();
    await this.loadEarlier();
    if (this.refused.count) this.refused.tell();
  }

  /** The last images of an earlier visit, for the strip. */
  async loadEarlier() {
    const { generation } = this.queue;
    const ids = [...new Set(this.decisions.made.map(({ imageId }) => imageId))]
      .slice(-EARLIER)
      .filter((id) => !this.queue.find(id));
    const items = await Promise.all(ids.map((id) => this.api.get("items", { image_id: id }).catch(() => null)));
    if (generation !== this.queue.generation) return; // the queue was begun anew meanwhile
    this.queue.prepend(items.filter((item) => item && !this.queue.find(item.image_id)));
    this.strip.render();
  }

  /** Images came, or could not be had. */
  arrived() {
    if (this.stage.entry !== this.entry) this.show();
    else this.afterPaint.run("images", () => this.prepareImages());
    this.afterPaint.run("around", () => this.render());
    if (!this.queue.error) this.decisions.loadOwed({ isAgain: true });
  }

  async reopen(start = "") {
    await this.begin(this.queue.order, start);
  }

  /** Begin the queue, at an image if one is asked for; what is not there any more, image or list, is said and left out. */
  async begin(order, start) {
    await this.queue.open(order, start);
    if (start && this.isGone) await this.goOn(order);
    if (this.worklist && this.isGone) await this.goOn(this.chooseOrder(this.wholeOrder));
  }

  async goOn(order) {
    this.notices.tell(`${this.queue.error.message} The queue goes on with the images that wait.`);
    await this.queue.open(order);
  }

  /** Whether the server does not know what the queue was to begin with. */
  get isGone() {
    return this.queue.error?.status === 404 && this.root.isConnected;
  }

  /** Go to any image of the project, decided or not. */
  async goToImage(imageId) {
    const { queue } = this;
    try {
      if (!queue.find(imageId)) queue.place(await this.api.get("items", { image_id: imageId }));
    } catch (error) {
      return this.hint(error.sentence ?? error.message);
    }
    queue.goTo(queue.find(imageId));
    this.show();
    this.say(`${this.entry.item.name}.`);
    return this.leases.renew();
  }

  changeOrder(order) {
    this.queue.order = this.chooseOrder(order);
    this.stage.focus();
    return this.reopen();
  }

  /** Let the page remember an order. @returns {string} it */
  chooseOrder(order) {
    this.component.setStateValue("order", order);
    return order;
  }

  /** The order to go back to from a list. */
  get wholeOrder() {
    return this.data.whole_order ?? "name";
  }

  prepareImages() {
    const { queue } = this;
    const ahead = queue.openAhead.slice(0, AHEAD);
    const behind = queue.entries.slice(Math.max(0, queue.at - 2), queue.at);
    this.images.prepare([...ahead, ...behind].map(({ item }) => item));
  }

  /** Bring the current entry to the stage. */
  show() {
    const { entry } = this;
    const isFocusHere = this.isOnStage || this.mode !== "";
    this.afterPaint.hold();
    this.clock.stop();
    Object.assign(this, { selection: null, tool: "edit", mode: "", isPainted: false, lastLabel: null });
    this.root.dataset.painted = "";
    this.marks.end();
    this.actions.enter("");
    this.peek.reset();
    if (entry) this.restoreDraft(entry);
    if (entry) this.stage.show(entry);
    else this.stage.clear();
    if (isFocusHere) this.stage.focus();
    this.renderPhoto();
    this.afterPaint.run("around", () => this.renderAround());
    this.afterPaint.run("address", () => this.address.follow());
    this.afterPaint.run("images", () => this.prepareImages());
    if (!entry) this.afterPaint.flush(); // there is no photo to wait for
  }

  reloadImage() {
    this.entry.isBroken = false;
    this.images.reload(this.entry.item);
    this.show();
  }

  /** The frame with the current photo is on screen: from now on keys are about it. */
  painted(entry) {
    this.isPainted = true;
    this.root.dataset.painted = entry.item.image_id;
    this.clock.start(entry.work);
    this.noteOverlays();
    if (this.peek.isLatched) this.peek.look();
    this.afterPaint.run("maps", () => this.peek.prepare([entry, ...this.queue.openAhead]));
    this.announce("painted", { image_id: entry.item.image_id });
    this.afterPaint.release();
  }

  noteOverlays() {
    const { work, peek } = this;
    if (!this.isPainted || !work) return;
    for (const name of shownOverlays(this)) work.overlays.add(name);
    if (peek.isShown) work.explanation = peek.explanation;
  }

  /** The database has answered. */
  saved({ acknowledged, decided, skipped, left, refused, merged = [], classes_version: version }) {
    this.schema.see(version);
    if (decided !== undefined) this.queue.count({ decided, skipped, left });
    for (const [at, refusal] of refused.entries()) this.refusedBy(refusal, refused.slice(at + 1));
    for (const merge of merged) this.conflicts.merged(merge);
    if (!this.entry) this.queue.keepGoing();
    if (!this.entry) this.stage.render();
    this.afterPaint.run("counts", () => this.renderCounts());
    this.decisions.loadOwed({ isAgain: true });
    this.announce("saved", { acknowledged, waiting: this.outbox.waiting.length });
  }

  /** How far the review is, and what became of the images before. */
  renderCounts() {
    this.bar.render();
    this.strip.render();
  }

  /** The server did not take a decision: two people met, or it says what is wrong with it. */
  refusedBy(refusal, others) {
    const { entry } = refusal;
    if (refusal.conflict && !entry.undoes && !refusal.isOvertaken) return this.conflicts.meet(entry, refusal.conflict);
    if (refusal.isOvertaken) return this.decisions.refused(entry);
    return this.refused.hear(refusal, others);
  }
}
