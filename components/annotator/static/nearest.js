/**
 * Decided images that are like the one on screen, to hold its label against theirs. They are asked for when the hand rests on
 * an image, after its photo and all that stands around it, so that no key ever waits for them.
 */

import { element, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { keep, recall } from "./storage.js";
import { capitalised, VERDICTS } from "./words.js";

const RESTS = 250; // milliseconds on an image until it is asked about
const PLACES = 4;
const CLOSED = "relook:nearest-closed";

export class Nearest {
  constructor(desk) {
    Object.assign(this, { desk, isOpen: !recall(CLOSED), about: null, origin: null, opened: "", hasExamples: false });
    this.usual = element("span", { class: "grey small" });
    this.fold = element("button", { type: "button", class: "quiet", "aria-controls": "nearest", onclick: () => this.toggle() });
    this.list = element("div", { class: "nearest-list" });
    this.note = element("p", { class: "grey small note" });
    this.compute = element("button", { type: "button", class: "quiet", onclick: () => this.desk.leaveFor("up_next") }, "Open Queue");
    this.back = element("button", { type: "button", class: "quiet back", onclick: () => this.goBack() }, "Back");
    this.body = element("div", { class: "nearest-body", id: "nearest" }, this.list, this.note, this.compute);
    const head = element(
      "div",
      { class: "head" },
      element("h3", {}, "Alike and decided"),
      this.usual,
      element("span", { class: "grow" }),
      this.fold,
    );
    this.root = element("section", { class: "block nearest", "aria-label": "Alike and decided" }, head, this.body, this.back);
  }

  /** Whether examples can be seen beside the image on screen. */
  get isShown() {
    return this.isOpen && this.hasExamples && this.about === this.imageId;
  }

  get imageId() {
    return this.desk.entry?.item.image_id ?? null;
  }

  render() {
    this.root.hidden = !this.desk.data.has_model || !this.desk.entry;
    setText(this.fold, this.isOpen ? "Hide" : "Show");
    setAttribute(this.fold, "aria-expanded", String(this.isOpen));
    this.body.hidden = !this.isOpen;
    this.renderBack();
    if (this.root.hidden || !this.isOpen) this.forget();
    else if (this.about !== this.imageId) this.await();
  }

  renderBack() {
    const { origin, imageId } = this;
    if (origin && imageId !== origin.image_id && imageId !== this.opened) this.origin = null; // gone on from there
    this.back.hidden = !this.origin || imageId !== this.opened;
    if (!this.back.hidden) setText(this.back, `Back to ${origin.name}`);
  }

  toggle() {
    this.isOpen = !this.isOpen;
    keep(CLOSED, !this.isOpen);
    this.render();
  }

  forget() {
    clearTimeout(this.timer);
    Object.assign(this, { about: null, hasExamples: false });
  }

  /** Room for the examples of an image, and a question as soon as the hand rests. */
  await() {
    clearTimeout(this.timer);
    const { imageId } = this;
    Object.assign(this, { about: imageId, hasExamples: false });
    this.fill({ examples: [], missing: "" });
    this.timer = setTimeout(() => this.desk.afterPaint.run("nearest", () => this.ask(imageId)), RESTS);
  }

  async ask(imageId) {
    if (this.about !== imageId) return;
    const failed = (error) => ({ examples: [], missing: error.sentence ?? error.message });
    const answer = await this.desk.api.get("nearest", { image_id: imageId }).catch(failed);
    if (this.about !== imageId) return; // another image is on screen by now
    this.hasExamples = answer.examples.length > 0;
    this.fill(answer);
    this.desk.noteOverlays();
  }

  fill({ examples, typical = null, missing, needs_computing: needsComputing = false }) {
    const blanks = Array.from({ length: missing ? 0 : Math.max(0, PLACES - examples.length) }, () => element("span"));
    this.list.replaceChildren(...examples.map((example) => this.draw(example)), ...blanks);
    this.list.hidden = Boolean(missing);
    this.list.classList.toggle("waiting", !missing && !examples.length);
    setText(this.note, missing);
    this.note.hidden = !missing;
    this.compute.hidden = !needsComputing;
    setText(this.usual, typical === null ? "" : `others ${percent(typical)}`);
    setAttribute(this.usual, "title", typical === null ? null : "The median likeness of this image to others of the project");
  }

  draw(example) {
    const { image_id: imageId, name, thumb, label, names, verdict, likeness, words } = example;
    const told = `${name}: ${label}, ${VERDICTS[verdict]}, ${percent(likeness)} alike, ${words}`;
    const picture = element("img", { src: thumb, alt: "", draggable: "false" });
    picture.onerror = () => picture.replaceWith(icon("warning", 14));
    const swatch = names.length === 1 ? element("i", { class: "swatch" }) : null;
    const sign = element("span", { class: `status ${verdict}`, title: capitalised(VERDICTS[verdict]) }, icon(verdict, 12));
    const node = element(
      "button",
      { type: "button", class: "nearest-one", title: told, "aria-label": told, onclick: () => this.open(imageId) },
      element("span", { class: "example" }, picture),
      element(
        "span",
        { class: "nearest-words" },
        element("span", { class: "row" }, swatch, element("span", { class: "cut" }, label)),
        element("span", { class: "row grey small" }, sign, percent(likeness)),
      ),
    );
    if (swatch) node.style.setProperty("--c", this.desk.colourOf(names[0]));
    return node;
  }

  /** Go to an example; the image that it was looked up for is the next one then, and one click leads back. */
  open(imageId) {
    const { item } = this.desk.entry;
    this.origin ??= { image_id: item.image_id, name: item.name };
    this.opened = imageId;
    this.desk.stage.focus();
    return this.desk.goToImage(imageId);
  }

  goBack() {
    this.desk.stage.focus();
    return this.desk.goToImage(this.origin.image_id);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** A likeness as whole percent; what points the other way is not alike at all. */
function percent(share) {
  return `${Math.round(100 * Math.max(0, share))} %`;
}
