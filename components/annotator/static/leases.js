/**
 * Images that this page works on, so that nobody else is given them. What is shown and what comes next is renewed while the
 * page is open, and given back when it closes.
 */

const RENEWS = 60_000; // milliseconds; the server keeps images for ten minutes, and tells what else became another
const LOOKS = 20_000; // milliseconds between two looks whether an image that somebody else has became free
const SEEN_AFTER = 15_000; // milliseconds from which on a page that is looked at again asks at once
const MOST = 200;

export class Leases {
  constructor(desk) {
    this.desk = desk;
    this.renewedAt = performance.now();
    this.timer = setInterval(() => this.tick(), LOOKS);
    this.sentBack = 0;
    this.onSeen = () => !document.hidden && this.seen();
    document.addEventListener("visibilitychange", this.onSeen);
  }

  tick() {
    const patience = !this.hasHeard ? 0 : document.hidden ? 2 * RENEWS : RENEWS;
    if (this.desk.entry?.held || performance.now() - this.renewedAt > patience) return this.renew();
    return undefined;
  }

  /** The page is looked at again. */
  seen() {
    if (this.hasHeard && performance.now() - this.renewedAt <= SEEN_AFTER) return this.tick();
    if (!this.desk.entry) this.desk.queue.lookAgain();
    return this.renew();
  }

  /** Keep what is shown and what comes, and learn what others have meanwhile. */
  async renew() {
    const { desk } = this;
    this.renewedAt = performance.now();
    if (desk.data.role === "viewer") return this.look();
    if (!desk.entry) return undefined;
    const open = desk.queue.entries.filter(({ isOpen }, at) => isOpen && at >= desk.queue.at);
    const ids = [...new Set([desk.entry, ...open].map(({ item }) => item.image_id))].slice(0, MOST);
    try {
      const told = await desk.api.post("leases", { client_id: desk.identity.client, image_ids: ids });
      desk.schema.see(told.classes_version);
      this.learn(told.held ?? {});
      this.hear(told.sent_back ?? 0);
    } catch {
      // unreachable for a moment, or nothing to renew with: the next decision renews as well
    }
    return undefined;
  }

  /** Who only looks holds nothing. */
  look() {
    this.hasHeard = true;
    return this.desk.schema.look();
  }

  /** A lead sent work back since the last look: it stands in the queue like any image that waits. */
  hear(sentBack) {
    const more = sentBack - this.sentBack;
    const isFirst = !this.hasHeard;
    Object.assign(this, { sentBack, hasHeard: true });
    if (more <= 0 || isFirst) return;
    const words = more === 1 ? "An image was sent back and waits" : `${more} images were sent back and wait`;
    this.desk.hint(`${words} in the queue.`);
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
