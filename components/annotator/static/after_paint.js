/**
 * What can wait until the next image is on screen: side panels, the address, requests to the server. The reviewer waits for
 * the photo alone, and each of these would take its time from the photo's frame.
 */

const LONGEST = 150; // milliseconds that a photo may keep everything else waiting
const REST = 40; // milliseconds after a photo in which the next key may come already
const RUSH = 150; // milliseconds between two photos from which on the rest is no use before the hand rests
const PATIENCE = 1000; // milliseconds that even a hand that does not rest keeps things waiting

export class AfterPaint {
  constructor() {
    /** @type {Map<string, () => void>} by name, in the order they were first asked for */
    this.tasks = new Map();
    Object.assign(this, { isHeld: false, isRushed: false, heldAt: -RUSH, since: 0 });
  }

  /** A photo is about to be shown. */
  hold() {
    if (this.isHeld || this.hasEnded) return;
    const now = performance.now();
    this.isRushed = now - this.heldAt < RUSH;
    this.heldAt = now;
    this.isHeld = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.begin(), LONGEST);
  }

  /**
   * Do something after the photo is shown; at once where none is on its way.
   * @param {string} name what is asked for twice under one name is done once, as asked for last
   */
  run(name, task) {
    if (!this.isHeld && !this.tasks.size) return task();
    if (!this.tasks.size) this.since = performance.now();
    return this.tasks.set(name, task);
  }

  /** It was done otherwise. */
  drop(name) {
    this.tasks.delete(name);
  }

  /** The photo is on screen. */
  release() {
    this.isHeld = false;
    clearTimeout(this.timer);
    if (performance.now() - this.since > PATIENCE) this.begin();
    else this.timer = setTimeout(() => this.begin(), this.isRushed ? RUSH : REST);
  }

  /** Do what waits, now that the hand rests, or the photo takes longer than others can wait. */
  begin() {
    clearTimeout(this.timer);
    this.isHeld = false;
    this.pump();
  }

  /** One task after the other, so that a key comes between them. */
  pump() {
    if (this.isPumping || !this.tasks.size) return;
    this.isPumping = true;
    nextTask(() => {
      this.isPumping = false;
      if (this.isHeld) return;
      try {
        this.next();
      } finally {
        this.pump(); // what failed keeps nothing else from being done
      }
    });
  }

  next() {
    const [[name, task] = []] = this.tasks;
    this.tasks.delete(name);
    task?.();
  }

  /** Do at once what is left: no photo comes. */
  flush() {
    this.isHeld = false;
    clearTimeout(this.timer);
    try {
      while (this.tasks.size && !this.isHeld) this.next();
    } finally {
      this.pump();
    }
  }

  /** The desk is gone: nothing is shown any more, and what is asked for from now on is done at once. */
  destroy() {
    Object.assign(this, { hasEnded: true, isHeld: false });
    clearTimeout(this.timer);
    this.tasks.clear();
  }
}

/** Run something as a task of its own: soon, but after what the browser has to do already. */
export function nextTask(run) {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    run();
  };
  channel.port2.postMessage(null);
}
