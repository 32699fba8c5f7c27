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
    if (known) {
      this.records.delete(item.url); // the newest stands last
      this.records.set(item.url, known);
      return known;
    }
    return this.load(item.url);
  }

  load(url) {
    const image = new Image();
    Object.assign(image, { decoding: "sync", draggable: false, alt: "", className: "photo", src: url });
    const record = { url, image, ready: false, failed: false, problem: "", promise: null };
    record.promise = image.decode().then(
      () => {
        record.ready = true;
      },
      async () => {
        record.problem = await whyNot(url);
        record.failed = true;
      },
    );
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

  pump() {
    while (this.running < AT_ONCE && this.waiting.length) {
      const item = this.waiting.shift();
      if (this.records.has(item.url)) continue;
      this.running += 1;
      this.load(item.url).promise.then(() => {
        this.running -= 1;
        this.pump();
      });
    }
  }
}

/** The server's own sentence for a photo that cannot be shown. */
async function whyNot(url) {
  try {
    const response = await fetch(url);
    if (response.ok) return "The browser cannot show the picture that it was sent: its file may be damaged.";
    const { error, remedy } = await response.json();
    return `${error} ${remedy ?? ""}`.trim();
  } catch {
    return "The server cannot be reached, or did not say why.";
  }
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
