/** Going to an image by its file name: a field over the stage, and the files that hold what is typed. */

import { element, fixedChip, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { plural } from "./words.js";

const RESTS = 120; // milliseconds without a key until the server is asked
const PAGE = 10; // rows of the list
const ALLOWED = new Set(["jump", "escape"]);

export class FileSearch {
  constructor(desk) {
    this.desk = desk;
    this.field = element("input", {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "A part of the file name or of its folder",
      "aria-label": "File to go to",
      "aria-expanded": "true",
      "aria-controls": "found-files",
      "aria-autocomplete": "list",
      oninput: () => this.type(),
      onkeydown: (event) => this.key(event),
    });
    this.note = element("p", { class: "grey", role: "status" });
    this.more = element("button", { type: "button", class: "button", hidden: true, onclick: () => this.continue() }, "More files");
    this.list = element("div", { class: "found", id: "found-files", role: "listbox", "aria-label": "Files" });
    const close = element("button", { type: "button", class: "button", onclick: () => this.toggle() }, "Close", fixedChip("Esc"));
    const head = element(
      "div",
      { class: "head" },
      element("h2", { id: "files-title" }, "Go to a file"),
      element("div", { class: "search" }, icon("search", 14), this.field, fixedChip("Enter")),
      this.note,
      element("span", { class: "grow" }),
      close,
    );
    this.root = element(
      "div",
      { class: "panel files", role: "dialog", "aria-labelledby": "files-title", hidden: true },
      head,
      this.list,
      this.more,
    );
  }

  get isOpen() {
    return !this.root.hidden;
  }

  allows(command) {
    return ALLOWED.has(command);
  }

  toggle() {
    clearTimeout(this.timer);
    this.root.hidden = this.isOpen;
    this.asked = null;
    if (!this.isOpen) return this.desk.stage.focus();
    this.field.value = "";
    this.take({ found: [], next: null }, "");
    this.field.focus();
    return this.ask();
  }

  get text() {
    return this.field.value.trim();
  }

  type() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), RESTS);
  }

  /** Ask for the files that hold what is typed; an answer to an earlier question counts no more. */
  async ask() {
    clearTimeout(this.timer);
    const { text } = this;
    const answer = await this.fetch({ text });
    if (answer) this.take(answer, text);
  }

  /** The files behind those that are listed. */
  async continue(at = this.at) {
    const { foundFor: text, next, found } = this;
    const answer = await this.fetch({ text, after: next });
    if (answer) this.take({ ...answer, found: [...found, ...answer.found] }, text, at);
    this.field.focus();
  }

  async fetch(query) {
    const asked = (this.asked = {});
    const answer = await this.desk.api.get("search", query).catch((error) => ({ problem: error.sentence ?? error.message }));
    if (this.asked !== asked) return null;
    if (answer.problem) this.tell(answer.problem);
    return answer.problem ? null : answer;
  }

  take({ found, next }, text, at = 0) {
    Object.assign(this, { found, next, foundFor: text, at });
    this.list.replaceChildren(...found.map((file, index) => this.row(file, index)));
    this.more.hidden = next === null;
    this.tell(found.length ? `${plural(found.length, "file")}${next === null ? "" : ", and more"}` : "");
    this.mark();
  }

  tell(words) {
    setText(this.note, words || (this.text && this.asked ? "No file bears that name." : ""));
  }

  row({ name, folder }, index) {
    const attributes = {
      class: "file-row",
      role: "option",
      id: `file-${index}`,
      onpointerdown: (event) => event.preventDefault(), // the focus stays in the field
      onclick: () => this.go(index),
    };
    return element("div", attributes, element("span", {}, name), folder ? element("span", { class: "grey" }, folder) : null);
  }

  mark() {
    const rows = [...this.list.children];
    rows.forEach((row, index) => setAttribute(row, "aria-selected", String(index === this.at)));
    setAttribute(this.field, "aria-activedescendant", rows.length ? `file-${this.at}` : null);
    rows[this.at]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (step) this.step(step);
    else if (event.key === "Enter") this.choose();
    else if (event.key === "Escape") this.toggle();
    else return;
    event.preventDefault();
  }

  step(by) {
    const isPastEnd = this.at + by >= this.found.length;
    this.at = Math.max(0, Math.min(this.at + by, this.found.length - 1));
    this.mark();
    if (isPastEnd && this.next !== null) this.continue(this.found.length);
  }

  /** Go to the marked file; what was typed last is looked for first. */
  async choose() {
    if (this.foundFor !== this.text) await this.ask();
    if (this.isOpen && this.foundFor === this.text) this.go(this.at);
  }

  go(index) {
    const file = this.found[index];
    if (!file) return;
    this.toggle();
    this.desk.goToImage(file.image_id);
  }
}
