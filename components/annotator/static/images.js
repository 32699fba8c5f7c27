/** Photos, fetched and decoded before they are wanted. */

const AT_ONCE = 3; // leaves connections free for decisions and maps
const MEGAPIXELS_AHEAD = 160; // decoded photos take 4 bytes a pixel
const MOST_MEGAPIXELS = 25; // the server sends larger photos reduced
const REDUCED = 2560; // to this many pixels along the longer side
const LEAST_AHEAD = 6;

/**
 * @typedef {object} Photo
 * @property {string} url
 * @property {HTMLImageElement} image
 * @property {boolean} ready decoded
 * @property {boolean} failed
 * @property {string} problem why it failed
 * @property {boolean} isPassing whether it failed since the server was away for a moment
 * @property {Promise<void>} promise settled once it is ready or has failed
 */

export class Images {
  constructor() {
    /** @type {Map<string, Photo>} */
    this.records = new Map();
    this.waiting = [];
    this.running = 0;
  }

  /** The record of a photo; its loading starts now if it has not yet. */
  get(item) {
    const known = this.records.get(item.url);
    if (known && !known.failed) {
      this.records.delete(item.url); // the newest stands last
      this.records.set(item.url, known);
      return known;
    }
    return this.load(item.url);
  }

  load(url) {
    const image = new Image();
    Object.assign(image, { decoding: "sync", draggable: false, alt: "", className: "photo", src: url });
    const record = { url, image, ready: false, failed: false, problem: "", isPassing: false, promise: null };
    record.promise = image.decode().then(
      () => {
        record.ready = true;
      },
      async () => {
        Object.assign(record, await whyNot(url), { failed: true });
      },
    );
    this.records.delete(url);
    this.records.set(url, record);
    return record;
  }

  /** Try a photo again that could not be loaded. */
  reload(item) {
    this.records.delete(item.url);
    return this.get(item);
  }

  /** Load what comes next, nearest first, a few at once; forget the oldest of the rest. */
  prepare(items) {
    this.waiting = withinBudget(items.filter((item) => item.readable));
    const wanted = new Set(this.waiting.map((item) => item.url));
    for (const url of [...this.records.keys()].slice(0, -(wanted.size + LEAST_AHEAD))) {
      if (!wanted.has(url)) this.records.delete(url);
    }
    this.pump();
  }

  /** What failed for the moment is asked for once more; what the server says cannot be shown is not. */
  isKnown({ url }) {
    const record = this.records.get(url);
    return Boolean(record) && !(record.failed && record.isPassing);
  }

  pump() {
    while (this.running < AT_ONCE && this.waiting.length) {
      const item = this.waiting.shift();
      if (this.isKnown(item)) continue;
      this.running += 1;
      this.load(item.url).promise.then(() => {
        this.running -= 1;
        this.pump();
      });
    }
  }
}

/** Why a photo cannot be shown: the server's own sentence, and whether that may be over soon. */
async function whyNot(url) {
  let response;
  try {
    response = await fetch(url);
    if (response.ok) return await judge(await response.blob());
    const { error, remedy } = await response.json();
    return { problem: `${error} ${remedy ?? ""}`.trim(), isPassing: isPassing(response.status) };
  } catch {
    if (!response || response.ok) return { problem: "The server cannot be reached.", isPassing: true };
    return { problem: `The server answered with status ${response.status}.`, isPassing: isPassing(response.status) };
  }
}

/** A picture that failed and is there now: whether only the server had been away. */
async function judge(blob) {
  try {
    (await createImageBitmap(blob)).close();
    return { problem: "The server could not be reached.", isPassing: true };
  } catch {
    return { problem: "The browser cannot show the picture that it was sent: its file may be damaged." };
  }
}

function isPassing(status) {
  return status === 408 || status === 429 || status >= 500;
}

/** Pixels of a photo as it is sent. */
function decodedPixels({ width, height }) {
  const pixels = width * height;
  return pixels > MOST_MEGAPIXELS * 1e6 ? pixels * Math.min(1, REDUCED / Math.max(width, height)) ** 2 : pixels;
}

function withinBudget(items) {
  let pixels = 0;
  return items.filter((item, index) => {
    pixels += decodedPixels(item);
    return index < LEAST_AHEAD || pixels <= MEGAPIXELS_AHEAD * 1e6;
  });
}
