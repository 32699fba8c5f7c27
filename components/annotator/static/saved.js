/** Whether everything is in the database: always at the same place, in words. */

import { element, setText } from "./dom.js";
import { icon } from "./icons.js";
import { plural } from "./words.js";

const PATIENCE = 400; // milliseconds before "Saving" is worth telling a screen reader
const ICONS = {
  saved: "accept",
  saving: "waiting",
  offline: "warning",
  "signed-out": "warning",
  failing: "warning",
  conflict: "warning",
  refused: "warning",
  "read-only": "lock",
};

/** What a click does where it does not try again. */
const DOES = { conflict: "Click to choose.", refused: "Click to see it." };

/**
 * What to say about an outbox, about images that two people changed, and about decisions that were refused.
 * @param {import("./outbox.js").Outbox} outbox
 * @param {number} conflicts images whose decision is in no database until the reviewer has chosen
 * @param {number} refused images whose decision the server did not take, until the reviewer has decided again or dropped it
 * @returns {{kind: string, strong: string, rest: string, isShort?: boolean}} `isShort`: it is only just being sent
 */
export function savedState(outbox, conflicts = 0, refused = 0, now = performance.now()) {
  const waiting = outbox.waiting;
  const kept = `${plural(waiting.length, "decision")} kept`;
  const place = outbox.isKept ? "in this browser" : "while this page is open";
  const retry = `, retrying in ${Math.max(1, Math.ceil((outbox.retryAt - now) / 1000))} s`;
  if (waiting.length && outbox.error) {
    if (outbox.error.isSignedOut) return { kind: "signed-out", strong: "Not saved. Sign in again", rest: `, ${kept}` };
    if (outbox.error.isOffline)
      return { kind: "offline", strong: `Offline. ${kept} ${place}`, rest: outbox.isSending ? ", retrying" : retry };
    return {
      kind: "failing",
      strong: `Not saved. ${outbox.error.message}`,
      rest: ` ${kept} ${place}${outbox.isSending ? ", retrying" : retry}`,
    };
  }
  if (conflicts)
    return {
      kind: "conflict",
      strong: `Not saved. ${plural(conflicts, "image")} changed by two`,
      rest: `${refused ? ` and ${plural(refused, "decision")} refused` : ""}, choose`,
    };
  if (refused)
    return { kind: "refused", strong: `Not saved. ${plural(refused, "decision")} refused`, rest: ", decide again or drop" };
  if (waiting.length) {
    const oldest = Math.min(...waiting.map((entry) => entry.local.since));
    return { kind: "saving", strong: `Saving ${waiting.length}`, rest: "", isShort: now - oldest <= PATIENCE };
  }
  return { kind: "saved", strong: "Saved", rest: outbox.savedAt ? ` ${outbox.savedAt}` : "" };
}

export class Saved {
  constructor(desk) {
    this.desk = desk;
    this.strong = element("strong", { role: "status" });
    this.rest = element("span");
    this.sign = element("span", { class: "sign" });
    const act = () => (DOES[this.root.dataset.kind] ? desk.run("resolve-conflict") : desk.saveNow());
    this.root = element(
      "button",
      { class: "saved", type: "button", onclick: act },
      this.sign,
      element("span", { class: "cut" }, this.strong, this.rest),
    );
  }

  render() {
    clearTimeout(this.timer);
    const { outbox, conflicts, refused, readOnly } = this.desk;
    const said = savedState(outbox, conflicts.count, refused.count);
    const isQuiet = said.kind === "saved" && readOnly && outbox.isEmpty;
    const state = isQuiet ? { kind: "read-only", strong: "Read only.", rest: ` ${readOnly}` } : said;
    // What is saved within a moment is seen, and not read out with every image.
    const isQuick = state.isShort || (state.kind === "saved" && this.wasShort);
    this.strong.setAttribute("aria-live", isQuick ? "off" : "polite");
    this.wasShort = isQuick;
    if (this.root.dataset.kind !== state.kind) {
      this.root.dataset.kind = state.kind;
      this.sign.replaceChildren(icon(ICONS[state.kind], 14));
    }
    setText(this.strong, state.strong);
    setText(this.rest, state.rest);
    this.root.disabled = ["saved", "saving", "read-only"].includes(state.kind);
    const does = DOES[state.kind] ?? "Click to try now.";
    this.root.title = this.root.disabled ? "" : `${state.strong}${state.rest}. ${does}`;
    if (state.isShort) this.timer = setTimeout(() => this.render(), PATIENCE + 20);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
