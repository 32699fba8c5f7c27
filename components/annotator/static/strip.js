/** The queue as thumbnails: five past ones with what became of them, the current one, what comes. It steps, it does not slide. */

import { element, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { capitalised, count, VERDICTS } from "./words.js";

const PAST = 5;
const AHEAD = 20;
const RETRY = 2000; // milliseconds
const ROW = 40; // pixels; what lies lower was wrapped out of sight

export class Strip {
  constructor(desk) {
    this.desk = desk;
    this.nodes = new WeakMap();
    /** @type {Map<HTMLImageElement, number>} thumbnails that could not be loaded, and when that was */
    this.failed = new Map();
    this.list = element("div", { class: "thumbs" });
    this.more = element("span", { class: "grey small more" });
    this.root = element("nav", { class: "strip", "aria-label": "Queue" }, this.list, this.more);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.list);
  }

  render() {
    const { entries, at } = this.desk.queue;
    const past = entries.slice(Math.max(0, at - PAST), at);
    const blanks = Array.from({ length: PAST - past.length }, () => null);
    const shown = [...blanks, ...past, ...entries.slice(at, at + 1 + AHEAD)].map((entry, index) =>
      entry ? this.thumb(entry, index - PAST) : this.blank(index),
    );
    if (shown.length !== this.list.childElementCount || shown.some((node, index) => node !== this.list.children[index]))
      this.list.replaceChildren(...shown);
    this.retry();
    if (shown.length === this.measured) this.renderMore();
    else this.measure();
  }

  /** How many images follow those in sight. */
  renderMore() {
    const { entry, decided, queue } = this.desk;
    const inSight = Math.min(this.room, this.list.childElementCount - PAST);
    const left = queue.totals.total - decided - inSight;
    setText(this.more, entry && left > 0 ? `${count(left)} more` : "");
  }

  /**
   * How many thumbnails from the current one on have room. To ask has the page laid out at once, so it is asked only when the
   * width or the number of thumbnails has changed.
   */
  measure() {
    const end = this.list.clientWidth + this.list.offsetLeft + 1;
    const ahead = [...this.list.children].slice(PAST);
    const hidden = ahead.findIndex((node) => node.offsetTop >= ROW || node.offsetLeft + node.offsetWidth > end);
    this.room = hidden < 0 ? Infinity : hidden;
    this.measured = this.list.childElementCount;
    this.renderMore();
  }

  blank(index) {
    this.blanks ??= Array.from({ length: PAST }, () => element("span", { class: "thumb blank" }));
    return this.blanks[index];
  }

  thumb(entry, offset) {
    let node = this.nodes.get(entry);
    if (!node) this.nodes.set(entry, (node = this.draw(entry)));
    const isNow = offset === 0;
    const { status } = entry.standing;
    setAttribute(node, "class", `thumb${isNow ? " now" : offset < 0 ? " past" : ""}`);
    setAttribute(node, "aria-current", isNow ? "true" : null);
    const isWaiting = this.desk.isPending(entry.item.image_id);
    const state = entry.item.again && entry.isOpen ? "" : status === "new" ? "" : status;
    const words = [entry.item.name, isNow ? "current" : "", state && VERDICTS[state], isWaiting ? "not saved yet" : ""]
      .filter(Boolean)
      .join(", ");
    setAttribute(node, "aria-label", words);
    setAttribute(node, "title", words);
    this.badge(node, isNow ? "" : state, isWaiting);
    return node;
  }

  badge(node, state, isWaiting) {
    const said = `${state}${isWaiting}`;
    if (node.said === said) return;
    node.said = said;
    node.querySelector(".badge")?.remove();
    if (state)
      node.append(
        element(
          "span",
          { class: `badge status ${state}${isWaiting ? " waiting" : ""}`, title: capitalised(VERDICTS[state]) },
          icon(state, 14),
        ),
      );
  }

  picture(address) {
    const picture = element("img", { src: address, alt: "", draggable: "false" });
    picture.onerror = () => this.failed.set(picture, performance.now());
    return picture;
  }

  /** Ask again for thumbnails that could not be had while the server was away. */
  retry() {
    for (const [picture, at] of this.failed) {
      if (performance.now() - at < RETRY || !picture.isConnected) continue;
      this.failed.delete(picture);
      picture.src = picture.getAttribute("src");
    }
  }

  destroy() {
    this.observer.disconnect();
  }

  draw(entry) {
    const { desk } = this;
    const jump = () => {
      desk.queue.goTo(entry);
      desk.show();
    };
    const picture = entry.item.readable ? this.picture(entry.item.thumb) : icon("warning", 20);
    return element("button", { type: "button", tabindex: "-1", onclick: jump }, picture);
  }
}
