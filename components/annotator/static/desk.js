/** The review desk: its state, its parts, and how one follows the other. */

import { Actions } from "./actions.js";
import { Adjustment } from "./adjustment.js";
import { Api } from "./api.js";
import { Banner } from "./banner.js";
import { Bar } from "./bar.js";
import { Clipboard } from "./clipboard.js";
import { Clock } from "./clock.js";
import { COMMANDS, needsPaint } from "./commands.js";
import { Decisions } from "./decisions.js";
import { element, setText } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Editor } from "./editor.js";
import { Help } from "./help.js";
import { leaveIdentity, takeIdentity } from "./identity.js";
import { Images } from "./images.js";
import { Keyboard } from "./keyboard.js";
import { Keymap, rewriteKeys } from "./keymap.js";
import { Marks } from "./marks.js";
import { isTyping, meaningIn } from "./modes.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { shownOverlays } from "./overlays.js";
import { Peek } from "./peek.js";
import { Queue } from "./queue.js";
import { Side } from "./side.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { Tools } from "./tools.js";

const AHEAD = 20; // images decoded before they are wanted
const EARLIER = 5; // images of an earlier visit shown in the strip
const HANDOVER = 3000; // milliseconds that what an earlier page left may take before the queue is asked for

export class Desk extends Editor {
  /** @param {object} component what Streamlit hands to a component: `data`, `parentElement`, `setTriggerValue` ... */
  constructor(component) {
    super(component);
    const { data, parentElement } = component;
    this.host = parentElement.host ?? parentElement;
    this.api = new Api(data.api, data.token);
    this.api.onSignedOut = () => this.askForToken();
    this.images = new Images();
    this.identity = takeIdentity();
    this.keymap = new Keymap(data.reviewer, () => this.data.classes);
    this.drafts = new Drafts(data.project, data.reviewer);
    this.queue = new Queue(this.api, {
      kind: { hasObjects: this.hasObjects, drawsPolygons: this.drawsPolygons },
      isPending: (id) => this.isPending(id),
      onChange: () => this.arrived(),
    });
    this.outbox = this.buildOutbox();
    this.decisions = new Decisions(this);
    this.clock = new Clock();
    this.clipboard = new Clipboard(this);
    this.peek = new Peek(this);
    this.adjustment = new Adjustment(() => this.render());
    this.build(parentElement);
    this.open(data.start);
  }

  buildOutbox() {
    const { project, reviewer } = this.data;
    return new Outbox({
      place: `${project}:${encodeURIComponent(reviewer)}`,
      identity: this.identity,
      send: (clientId, entries) => this.api.post("decisions", { client_id: clientId, entries }),
      onAnswer: (answer) => this.saved(answer),
      onChange: () => this.bar?.saved.render(),
    });
  }

  build(parent) {
    this.live = element("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.bar = new Bar(this);
    this.strip = new Strip(this);
    this.banner = new Banner(this);
    this.tools = new Tools(this);
    this.marks = new Marks(this);
    this.stage = new Stage(this);
    this.stage.view.append(this.marks.root);
    this.notices = new Notices(this);
    this.side = new Side(this);
    this.actions = new Actions(this);
    this.help = new Help(this);
    const above = [this.bar, this.strip, this.banner];
    const parts = [...above, this.tools, this.stage, this.notices, this.side, this.actions, this.help];
    const narrow = element("p", { class: "narrow" }, "Review needs a window of at least 1,000 px.");
    this.root = element("div", { class: "desk" }, ...parts.map((part) => part.root), narrow, this.live);
    parent.append(this.root);
    this.keyboard = new Keyboard(this);
    this.root.addEventListener("focusin", () => {
      this.isLeft = false;
    });
    this.root.addEventListener("mousedown", (event) => this.keepFocus(event));
    this.onLeave = (event) => this.outbox.isEmpty || event.preventDefault();
    this.onHide = () => leaveIdentity(this.identity);
    this.onReturn = (event) => event.persisted && takeIdentity();
    window.addEventListener("beforeunload", this.onLeave);
    window.addEventListener("pagehide", this.onHide);
    window.addEventListener("pageshow", this.onReturn);
  }

  // ---- the queue

  async open(start) {
    this.render();
    this.stage.focus();
    this.outbox.flush();
    await Promise.race([
      this.outbox.flushed().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, HANDOVER)),
    ]);
    await this.queue.open(this.queue.order || this.data.order, start);
    await this.decisions.load().catch((error) => this.hint(error.sentence ?? error.message));
    await this.loadEarlier();
  }

  /** The last images of an earlier visit, for the strip. */
  async loadEarlier() {
    const ids = [...new Set(this.decisions.made.map(({ imageId }) => imageId))]
      .slice(-EARLIER)
      .filter((id) => !this.queue.find(id));
    const items = await Promise.all(ids.map((id) => this.api.get("items", { image_id: id }).catch(() => null)));
    this.queue.prepend(items.filter((item) => item && !this.queue.find(item.image_id)));
    this.strip.render();
  }

  /** Images came, or could not be had. */
  arrived() {
    if (this.stage.entry !== this.entry) this.show();
    else this.prepareImages();
    this.render();
  }

  async reopen(start = "") {
    await this.queue.open(this.queue.order, start);
  }

  changeOrder(order) {
    this.component.setStateValue("order", order);
    this.queue.order = order;
    this.stage.focus();
    return this.reopen();
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
    this.clock.stop();
    Object.assign(this, { selection: null, tool: "edit", mode: "", isPainted: false, lastLabel: null });
    this.root.dataset.painted = "";
    this.marks.end();
    this.actions.enter("");
    this.peek.reset();
    if (entry) this.restoreDraft(entry);
    if (entry) this.stage.show(entry);
    else this.stage.clear();
    this.render();
    if (isFocusHere) this.stage.focus();
    this.prepareImages();
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
    this.announce("painted", { image_id: entry.item.image_id });
  }

  noteOverlays() {
    const { work, peek } = this;
    if (!this.isPainted || !work) return;
    for (const name of shownOverlays(this)) work.overlays.add(name);
    if (peek.isShown) work.explanation = peek.explanation;
  }

  /** The database has answered. */
  saved({ acknowledged, decided, left, refused }) {
    if (decided !== undefined) Object.assign(this.queue.totals, { decided, left });
    for (const refusal of refused) {
      this.decisions.refused(refusal.entry);
      this.notices.refused(refusal);
    }
    if (!this.entry) this.queue.keepGoing();
    if (!this.entry) this.stage.render();
    this.bar.render();
    this.strip.render();
    this.announce("saved", { acknowledged, waiting: this.outbox.waiting.length });
  }

  // ---- what the reviewer does

  /** Run a command of the table, unless nobody has seen the image yet that it would be about. */
  run(command, argument) {
    const meaning = meaningIn(this.mode, command);
    if (meaning) return meaning(this, argument);
    if (needsPaint(command) && !this.isPainted && !this.canUndoWithoutImage(command)) return this.ignore();
    return COMMANDS[command](this, argument);
  }

  canUndoWithoutImage(command) {
    return !this.entry && (command === "undo" || command === "redo");
  }

  ignore() {
    this.hint(this.entry ? "Image is loading. The key was ignored." : "There is no image here.");
    this.announce("ignored", { image_id: this.entry?.item.image_id ?? null });
  }

  /** Another screen, which is Streamlit's to open. */
  leaveFor(screen) {
    this.component.setTriggerValue("go", screen);
  }

  /** A click on a control leaves the keys with the stage. */
  keepFocus(event) {
    const target = event.composedPath()[0];
    if (!target.closest?.("button, [role=option]") || isTyping(this.mode)) return;
    event.preventDefault();
    if (!this.panel) this.stage.focus();
  }

  /** What lies over the stage and takes the keys. @returns {{allows: (command: string) => boolean, toggle: () => void}|null} */
  get panel() {
    return [this.help].find((part) => part.isOpen) ?? null;
  }

  /** The reviewer has other keys now. */
  keysChanged() {
    rewriteKeys(this.root);
    this.render();
  }

  // ---- what the reviewer learns

  say(text) {
    setText(this.live, text);
  }

  /** A sentence for eye and ear. */
  hint(text) {
    this.stage.hud.hint(text);
    this.say(text);
  }

  announce(name, detail) {
    this.host.dispatchEvent(new CustomEvent(`relook:${name}`, { bubbles: true, composed: true, detail }));
  }

  render() {
    const parts = [this.bar, this.strip, this.banner, this.tools, this.stage, this.marks, this.side, this.actions];
    for (const part of parts) part.render();
    this.noteOverlays();
  }

  // ---- Streamlit

  /** A token lives shortly: the page gives the next one when its script runs again. It is asked once per token. */
  askForToken() {
    if (this.refusedToken === this.data.token) return;
    this.refusedToken = this.data.token;
    this.component.setTriggerValue("renew", true);
  }

  /** Streamlit has new data or another theme. */
  update(component) {
    const before = this.data;
    this.component = component;
    const { data } = this;
    if (data.token !== before.token) {
      this.api.token = data.token;
      this.outbox.resume();
      this.queue.retry();
    }
    this.keymap.follow();
    if (data.start && data.start !== before.start) this.reopen(data.start);
    this.render();
  }

  destroy() {
    leaveIdentity(this.identity);
    window.removeEventListener("beforeunload", this.onLeave);
    window.removeEventListener("pagehide", this.onHide);
    window.removeEventListener("pageshow", this.onReturn);
    this.queue.close();
    for (const part of [this.keyboard, this.outbox, this.clock, this.stage, this.bar]) part.destroy();
    this.root.remove();
  }
}
