/** A long list of which only the rows in sight exist, so that five thousand cost no more than fifty. */

import { element } from "./dom.js";

const MARGIN = 4; // rows above and below the visible ones

export class Rows {
  /**
   * @param {HTMLElement} root scrolls; its rows are placed from its top
   * @param {(index: number) => HTMLElement} draw
   */
  constructor(root, draw) {
    Object.assign(this, { root, draw, count: 0, height: 0 });
    this.space = element("div", { class: "space" });
    root.onscroll = () => this.render();
  }

  /** Show another number of rows, from the top. */
  show(count) {
    this.count = count;
    this.root.scrollTop = 0;
    this.measure();
    this.render();
  }

  /** The height of a row is the style sheet's affair, and the reader's: text may grow. */
  measure() {
    if (!this.count) return;
    const probe = this.draw(0);
    this.root.replaceChildren(probe);
    this.height = probe.getBoundingClientRect().height;
  }

  render() {
    const { scrollTop, clientHeight } = this.root;
    const first = this.height ? Math.max(0, Math.floor(scrollTop / this.height) - MARGIN) : 0;
    const last = this.height ? Math.min(this.count, Math.ceil((scrollTop + clientHeight) / this.height) + MARGIN) : 0;
    const rows = Array.from({ length: Math.max(0, last - first) }, (_, at) => this.place(first + at));
    this.space.style.height = `${this.count * this.height}px`;
    this.root.replaceChildren(this.space, ...rows);
  }

  place(index) {
    const row = this.draw(index);
    row.style.top = `${index * this.height}px`;
    return row;
  }

  /** Bring a row into sight. */
  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.root.scrollTop = top + this.height - clientHeight;
    this.render();
  }
}
