// Where cells come from: all of them with the data, or, in a large project, ids alone and the cells in sight by request.

const PAUSE_MS = 60; // a quick scroll asks for where it ends, not for all it passes
const RETRY_MS = 3000;
const MOST_ASKED = 100;
const MOST_KEPT = 4000;

export class Feed {
  #cells = new Map(); // image_id -> {cell, revision}
  #source = null;
  #wanted = [];
  #timer = 0;
  #notBefore = 0;
  #isAsking = false;
  hasFailed = false;

  constructor(onArrival) {
    this.onArrival = onArrival;
  }

  // Returns the ids in order.
  update({ cells, source }) {
    this.#source = source ?? null;
    if (source) return cells;
    this.#cells = new Map(cells.map((cell) => [cell.image_id, { cell }]));
    return cells.map((cell) => cell.image_id);
  }

  // A cell, at first a blank one; the last known content stays until newer content has come.
  get(id) {
    return this.#cells.get(id)?.cell ?? { image_id: id, name: "", status: "new", isPending: true };
  }

  get hasClasses() {
    if (this.#source) return this.#source.has_classes;
    return [...this.#cells.values()].some(({ cell }) => cell.labels?.length > 0 || cell.predicted?.length > 0);
  }

  want(ids) {
    if (!this.#source) return;
    this.#wanted = ids;
    clearTimeout(this.#timer);
    const pause = Math.max(PAUSE_MS, this.#notBefore - Date.now());
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  close() {
    this.#source = null;
    clearTimeout(this.#timer);
  }

  #missing() {
    const { revision } = this.#source;
    return this.#wanted.filter((id) => this.#cells.get(id)?.revision !== revision).slice(0, MOST_ASKED);
  }

  async #ask() {
    if (this.#isAsking || !this.#source) return;
    const ids = this.#missing();
    if (ids.length === 0) return;
    this.#isAsking = true;
    const source = this.#source;
    const cells = await fetchCells(source, ids);
    this.#isAsking = false;
    if (!this.#source) return;
    this.hasFailed = cells === null;
    this.#notBefore = this.hasFailed ? Date.now() + RETRY_MS : 0;
    if (cells) this.#keep(ids, cells, source.revision);
    this.onArrival(); // draws, and so asks for what is still wanted
  }

  #keep(ids, cells, revision) {
    const found = new Map(cells.map((cell) => [cell.image_id, cell]));
    for (const id of ids) {
      this.#cells.delete(id); // to the end of the map: the oldest go first
      this.#cells.set(id, { cell: found.get(id) ?? lostCell(id), revision });
    }
    for (const id of this.#cells.keys()) {
      if (this.#cells.size <= MOST_KEPT) break;
      this.#cells.delete(id);
    }
  }
}

function lostCell(id) {
  return { image_id: id, name: id, status: "new", problem: "This image is no longer in the project." };
}

// The cells, or null when the server cannot be reached or refuses.
async function fetchCells({ url, token }, ids) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Relook-Client": "1", "X-Relook-Token": token },
      body: JSON.stringify({ image_ids: ids }),
    });
    return response.ok ? (await response.json()).cells : null;
  } catch {
    return null;
  }
}
