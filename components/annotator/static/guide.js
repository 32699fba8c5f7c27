/** What a class is: its guideline and small example images, for the class that is being chosen; nothing where it has none. */

import { element, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";

const SCROLLS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);

export class Guide {
  /** @param {import("./desk.js").Desk} desk @param {import("./classes.js").Classes} classes */
  constructor(desk, classes) {
    Object.assign(this, { desk, classes, shown: null });
    this.name = element("span", { class: "cut" });
    this.text = element("p", { class: "guideline", onkeydown: (event) => this.scroll(event) });
    this.examples = element("div", { class: "examples", role: "group", "aria-label": "Example images" });
    const head = element("div", { class: "head" }, element("h3", {}, "Guideline"), this.name);
    this.root = element("section", { class: "block guide", "aria-label": "Guideline", hidden: true }, head, this.text, this.examples);
  }

  /** The class in question: the one under the cursor of the search, else the only one that is set. */
  get known() {
    const name = this.classes.finder.marked ?? this.classes.single;
    return this.desk.data.classes.find((known) => known.name === name);
  }

  render() {
    const { known } = this;
    if (known === this.shown) return;
    this.shown = known;
    const { guideline = "", examples = [], name = "" } = known ?? {};
    this.close();
    this.root.hidden = !guideline && !examples.length;
    if (this.root.hidden) return;
    setText(this.name, name);
    setAttribute(this.name, "title", name);
    setText(this.text, guideline);
    this.text.hidden = !guideline;
    this.examples.hidden = !examples.length;
    this.examples.replaceChildren(...examples.map((example, index) => this.thumb(example, index, examples.length)));
    this.text.scrollTop = 0;
    const isLong = this.text.scrollHeight > this.text.clientHeight;
    setAttribute(this.text, "tabindex", isLong ? "0" : null); // what scrolls is scrolled by keys too
  }

  thumb({ image_id, thumb }, index, total) {
    const words = `Example ${index + 1} of ${total}: ${image_id}`;
    const button = element("button", {
      type: "button",
      class: "example",
      "aria-label": words,
      "aria-pressed": "false",
      title: image_id,
      onclick: () => this.toggle(button, image_id, thumb),
      onkeydown: (event) => this.leave(event),
    });
    const picture = element("img", { src: thumb, alt: "", draggable: "false" });
    picture.onerror = () => picture.replaceWith(icon("warning", 14));
    button.append(picture);
    return button;
  }

  /** Show an example larger, over the photo, until it is clicked again or another class is meant. */
  toggle(button, image_id, thumb) {
    const isOpen = this.large?.from === button;
    this.close();
    if (isOpen) return;
    const shut = () => this.close();
    const picture = element("img", { src: thumb, alt: `Example: ${image_id}` });
    this.large = element("figure", { class: "large-example", onclick: shut }, picture, element("figcaption", { class: "cut" }, image_id));
    this.large.from = button;
    setAttribute(button, "aria-pressed", true);
    this.desk.root.append(this.large);
    this.desk.say(`Example ${image_id} is shown larger.`);
  }

  leave(event) {
    if (event.key !== "Escape" || !this.large) return;
    event.stopPropagation();
    event.preventDefault();
    this.close();
  }

  close() {
    if (!this.large) return;
    setAttribute(this.large.from, "aria-pressed", "false");
    this.large.remove();
    this.large = null;
  }

  /** A long guideline keeps the keys that scroll; else they would change the image. */
  scroll(event) {
    if (SCROLLS.has(event.key)) event.stopPropagation();
  }
}
