/**
 * Images that this page works on, so that nobody else is given them. What is shown and what comes next is renewed while the
 * page is open, and given back when it closes.
 */

const RENEWS = 120_000; // milliseconds; the server keeps images for ten minutes
const LOOKS = 20_000; // milliseconds between two looks whether an image that somebody else has became free
const MOST = 200;

export class Leases {
  constructor(desk) {
    this.desk = desk;
    this.renewedAt = performance.now();
    this.timer = setInterval(() => this.tick(), LOOKS);
    this.onSeen = () => !document.hidden && this.tick();
    document.addEventListener("visibilitychange", this.onSeen);
  }

  tick() {
    if (this.desk.entry?.held || performance.now() - this.renewedAt > RENEWS) return this.renew();
    return undefined;
  }

  /** Keep what is shown and what comes, and learn what others have meanwhile. */
  async renew() {
    const { desk } = this;
    if (desk.data.role === "viewer" || !desk.entry) return;
    const open = desk.queue.entries.filter(({ isOpen }, at) => isOpen && at >= desk.queue.at);
    const ids = [...new Set([desk.entry, ...open].map(({ item }) => item.image_id))].slice(0, MOST);
    this.renewedAt = performance.now();
    try {
      const { held } = await desk.api.post("leases", { client_id: desk.identity.client, image_ids: ids });
      this.learn(held ?? {});
    } catch {
      // unreachable for a moment, or nothing to renew with: the next decision renews as well
    }
  }

  learn(held) {
    const { desk } = this;
    desk.queue.leaveOut(new Set(Object.keys(held)));
    if (desk.entry) desk.entry.held = held[desk.entry.item.image_id] ?? null;
    desk.queue.keepGoing();
    desk.render();
  }

  /** Give everything back: the page is being left. */
  release() {
    const { desk } = this;
    if (desk.data.role === "viewer") return;
    desk.api.post("leases/release", { client_id: desk.identity.client }, { keepalive: true }).catch(() => {});
  }

  destroy() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onSeen);
  }
}
