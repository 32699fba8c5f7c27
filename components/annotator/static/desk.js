/** The review desk: its state, its parts, and how one follows the other. */

import { Actions } from "./actions.js";
import { Address } from "./address.js";
import { AfterPaint } from "./after_paint.js";
import { Adjustment } from "./adjustment.js";
import { Api } from "./api.js";
import { Banner } from "./banner.js";
import { Bar } from "./bar.js";
import { Clipboard } from "./clipboard.js";
import { Choice } from "./choice.js";
import { Clock } from "./clock.js";
import { COMMANDS, isChange, needsPaint } from "./commands.js";
import { Conflicts } from "./conflicts.js";
import { Decisions } from "./decisions.js";
import { element, setAttribute, setText } from "./dom.js";
import { Drafts } from "./drafts.js";
import { FileSearch } from "./file_search.js";
import { Flow } from "./flow.js";
import { Help } from "./help.js";
import { History } from "./history.js";
import { leaveIdentity, takeIdentity } from "./identity.js";
import { Images } from "./images.js";
import { Keyboard } from "./keyboard.js";
import { Keymap, rewriteKeys } from "./keymap.js";
import { Leases } from "./leases.js";
import { Marks } from "./marks.js";
import { isTyping, meaningIn } from "./modes.js";
import { Notices } from "./notices.js";
import { Peek } from "./peek.js";
import { Queue } from "./queue.js";
import { Refused } from "./refused.js";
import { Schema } from "./schema.js";
import { Side } from "./side.js";
import { Stage } from "./stage.js";
import { takeStart } from "./start.js";
import { placeOf } from "./storage.js";
import { Strip } from "./strip.js";
import { Tools } from "./tools.js";

const ASKS_AGAIN = 20_000; // milliseconds until a token is asked for once more
const FULL = "This browser keeps nothing more: its storage is full or switched off. Edits last only while this page is open.";
const STEPS = new Set(["cycle", "cycle-back"]);

export class Desk extends Flow {
  /** @param {object} component what Streamlit hands to a component: `data`, `parentElement`, `setTriggerValue` ... */
  constructor(component) {
    super(component);
    const { data, parentElement } = component;
    this.host = parentElement.host ?? parentElement;
    this.api = new Api(data.api, data.token);
    this.api.onSignedOut = () => this.askForToken();
    this.images = new Images();
    this.afterPaint = new AfterPaint();
    this.identity = takeIdentity();
    this.keymap = new Keymap(data.reviewer, () => this.data.classes);
    this.drafts = new Drafts(placeOf(data), () => this.tellFull());
    this.queue = new Queue(this.api, {
      kind: { hasObjects: this.hasObjects, drawsPolygons: this.drawsPolygons },
      client: this.identity.client,
      isPending: (id) => this.isPending(id),
      onVersion: (version) => this.schema.see(version),
      onChange: () => this.arrived(),
      onLetGo: (entries) => this.letGo(entries),
      soon: (run) => this.afterPaint.run("queue", run),
    });
    this.outbox = this.buildOutbox();
    this.decisions = new Decisions(this);
    this.conflicts = new Conflicts(this);
    this.refused = new Refused(this, placeOf(data));
    this.leases = new Leases(this);
    this.schema = new Schema(this);
    this.clock = new Clock();
    this.clipboard = new Clipboard(this);
    this.peek = new Peek(this);
    this.adjustment = new Adjustment(() => this.render());
    this.address = new Address(this);
    this.build(parentElement);
    this.open(takeStart(data));
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
    this.history = new History(this);
    this.choice = new Choice(this);
    this.files = new FileSearch(this);
    const above = [this.bar, this.strip, this.banner];
    const around = [...above, this.tools, this.stage, this.notices, this.side, this.actions];
    const parts = [...around, this.help, this.history, this.choice, this.files];
    const narrow = element("p", { class: "narrow" }, "Review needs a window of at least 700 px.");
    this.root = element("div", { class: "desk" }, ...parts.map((part) => part.root), narrow, this.live);
    parent.append(this.root);
    this.keyboard = new Keyboard(this);
    this.root.addEventListener("focusin", () => {
      this.isLeft = false;
    });
    this.root.addEventListener("mousedown", (event) => this.keepFocus(event));
    this.onLeave = (event) => (this.outbox.isEmpty && this.isKept) || event.preventDefault();
    this.onHide = () => {
      this.outbox.flush(); // and nothing else that waits: more images would be asked for, and kept from others
      leaveIdentity(this.identity);
      this.leases.release();
    };
    this.onReturn = (event) => event.persisted && this.returned();
    window.addEventListener("beforeunload", this.onLeave);
    window.addEventListener("pagehide", this.onHide);
    window.addEventListener("pageshow", this.onReturn);
  }

  // ---- what the reviewer does

  /** Run a command of the table, unless nobody has seen the image yet that it would be about. */
  run(command, argument) {
    const meaning = meaningIn(this.mode, command);
    if (meaning) return meaning(this, argument);
    if (!this.entry && STEPS.has(command)) return false; // then Tab leads to the buttons, as anywhere else
    if (needsPaint(command) && !this.isPainted && !this.canUndoWithoutImage(command)) return this.ignore();
    if (this.readOnly && isChange(command)) return this.hint(`Read only. ${this.readOnly}.`);
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
    return [this.help, this.history, this.choice, this.files].find((part) => part.isOpen) ?? null;
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
    this.afterPaint.drop("around");
    this.renderPhoto();
    this.renderAround();
  }

  /** The photo, what is said of it, and what bears on whether it may be decided on. */
  renderPhoto() {
    for (const part of [this.banner, this.stage, this.marks]) part.render();
    this.bar.renderName();
    this.noteOverlays();
  }

  /** Everything that stands around the photo. */
  renderAround() {
    for (const part of [this.bar, this.strip, this.tools, this.side, this.actions]) part.render();
    setAttribute(this.root, "data-drawn", this.entry?.item.image_id ?? "");
  }

  // ---- Streamlit

  /** A token lives shortly: the page gives the next one when its script runs again. */
  askForToken() {
    const isAsked = this.asked?.token === this.data.token && performance.now() - this.asked.at < ASKS_AGAIN;
    if (isAsked) return;
    this.asked = { token: this.data.token, at: performance.now() };
    this.component.setTriggerValue("renew", true);
  }

  /** Try at once what waits: the reviewer asks for it. */
  saveNow() {
    this.asked = null;
    if (this.outbox.error?.status === 403) this.askForToken();
    this.outbox.resume();
    this.queue.retry();
  }

  /** Said once: it is so for as long as the reviewer makes no room. */
  tellFull() {
    if (!this.isFullTold) this.notices.tell(FULL);
    this.isFullTold = true;
  }

  /** Whether closing the page loses nothing of what no database has. */
  get isKept() {
    return [this.outbox, this.refused, this.drafts].every((part) => part.isKept);
  }

  /**
   * The browser brought the page back as it was. Another page of this tab may have decided meanwhile, under this identity:
   * its numbers must not be used twice, and its decisions are not on this screen, so that the page begins anew.
   */
  returned() {
    this.outbox.become(takeIdentity());
    if (!this.isKept) return;
    window.removeEventListener("beforeunload", this.onLeave);
    location.reload();
  }

  /** Streamlit has new data or another theme. */
  update(component) {
    const before = this.data;
    const { data } = component;
    this.component = { ...component, data: { ...data, classes: before.classes } };
    this.schema.take(data.classes);
    if (data.token !== before.token) {
      this.api.token = data.token;
      this.outbox.resume();
      this.queue.retry();
    }
    const start = takeStart(data);
    if (start) this.reopen(start);
    this.render();
  }

  destroy() {
    this.afterPaint.destroy();
    this.outbox.flush();
    leaveIdentity(this.identity);
    window.removeEventListener("beforeunload", this.onLeave);
    window.removeEventListener("pagehide", this.onHide);
    window.removeEventListener("pageshow", this.onReturn);
    this.queue.close();
    this.api.onSignedOut = () => {};
    this.outbox.leave();
    this.leases.release();
    for (const part of [this.keyboard, this.leases, this.conflicts, this.refused, this.clock, this.stage, this.bar, this.strip, this.side, this.address]) part.destroy();
    this.root.remove();
  }
}
