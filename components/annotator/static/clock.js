/** Seconds an image was looked at: from its paint until the next image, while the page is visible. */

export class Clock {
  constructor() {
    this.work = null;
    this.since = 0;
    this.onVisibility = () => (document.hidden ? this.pause() : this.resume());
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  /** Count for this work from now on. */
  start(work) {
    this.pause();
    this.work = work;
    this.resume();
  }

  /** Count for nobody. */
  stop() {
    this.pause();
    this.work = null;
  }

  pause() {
    if (this.work && this.since) this.work.seconds += (performance.now() - this.since) / 1000;
    this.since = 0;
  }

  resume() {
    if (this.work && !document.hidden) this.since = performance.now();
  }

  destroy() {
    this.stop();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}
