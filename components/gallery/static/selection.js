// Which images are chosen. An image that a filter hides stays chosen, but only shown ones are reported.

export class Selection {
  #chosen = new Set();
  #anchor = null;

  has(id) {
    return this.#chosen.has(id);
  }

  shown(ids) {
    return this.#chosen.size === 0 ? [] : ids.filter((id) => this.#chosen.has(id));
  }

  replace(ids) {
    this.#chosen = new Set(ids);
    this.#anchor = null;
  }

  toggle(id) {
    if (!this.#chosen.delete(id)) this.#chosen.add(id);
    this.#anchor = id;
  }

  // Where the next range starts: the last image toggled or opened.
  startAt(id) {
    this.#anchor = id;
  }

  extendTo(id, ids) {
    const from = ids.indexOf(this.#anchor ?? id);
    const to = ids.indexOf(id);
    const start = from < 0 ? to : Math.min(from, to);
    for (const each of ids.slice(start, Math.max(from, to) + 1)) this.#chosen.add(each);
    this.#anchor ??= id;
  }
}
