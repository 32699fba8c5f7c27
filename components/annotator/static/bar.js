/** The top row: order of the queue, file, why it is here, progress, whether it is saved. */

import { element, keyChip, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { Saved } from "./saved.js";
import { capitalised, count, duration, seconds, VERDICTS } from "./words.js";

const ENOUGH = 3; // decisions before an estimate is worth saying

export class Bar {
  constructor(desk) {
    this.desk = desk;
    this.order = element("select", {
      class: "order",
      "aria-label": "Order of the queue",
      onchange: () => desk.changeOrder(this.order.value),
    });
    this.name = element("strong", { class: "file cut" });
    this.pills = element("span", { class: "pills" });
    this.count = element("span", { class: "grey" });
    this.fill = element("i");
    this.track = element(
      "div",
      { class: "track", role: "progressbar", "aria-label": "Reviewed images", "aria-valuemin": "0" },
      this.fill,
    );
    this.estimate = element("span", { class: "grey estimate" });
    this.saved = new Saved(desk);
    const quiet = (sign, command, title, key) =>
      element(
        "button",
        { type: "button", class: "quiet", title, "aria-label": title, onclick: () => desk.run(command) },
        icon(sign, 14),
        keyChip(key),
      );
    this.jump = quiet("search", "jump", "Go to a file", "J");
    this.history = quiet("history", "history", "History of the image", "H");
    this.link = quiet("link", "copy-link", "Copy the link to the image", "Shift L");
    const order = element("span", { class: "select" }, this.order, icon("unfold", 14));
    this.whole = element(
      "button",
      { type: "button", class: "quiet", title: "Back to the whole project", onclick: () => desk.run("whole-project") },
      icon("reject", 14),
      "Whole project",
    );
    const line = () => element("i", { class: "rule" });
    this.root = element(
      "header",
      { class: "bar" },
      order,
      this.whole,
      line(),
      this.name,
      this.jump,
      this.history,
      this.link,
      this.pills,
      element("span", { class: "grow" }),
      this.count,
      this.track,
      this.estimate,
      line(),
      this.saved.root,
    );
  }

  render() {
    this.renderOrder();
    this.renderPills();
    const { desk } = this;
    const { total } = desk.queue.totals;
    const done = Math.min(desk.decided, total);
    setText(this.count, total ? `${count(done)} of ${count(total)}` : "");
    this.fill.style.width = total ? `${(100 * done) / total}%` : "0";
    setAttribute(this.track, "aria-valuemax", total);
    setAttribute(this.track, "aria-valuenow", done);
    setText(this.estimate, desk.entry ? this.estimateOf(total - done) : "");
    this.saved.render();
  }

  renderOrder() {
    const { data, queue } = this.desk;
    if (this.orders !== data.orders) {
      this.orders = data.orders;
      this.order.replaceChildren(...data.orders.map(({ key, title }) => element("option", { value: key }, title)));
    }
    if (this.order.value !== queue.order) this.order.value = queue.order;
    const { worklist } = this.desk;
    this.whole.hidden = !worklist;
    this.order.title = worklist?.title ?? "";
  }

  renderName() {
    setText(this.name, this.desk.entry?.item.name ?? "");
  }

  renderPills() {
    const { entry } = this.desk;
    this.renderName();
    this.history.hidden = !entry;
    this.link.hidden = !entry;
    const said = entry ? JSON.stringify([entry.item.reason, entry.item.again, entry.standing]) : "";
    if (this.said === said) return;
    this.said = said;
    this.pills.replaceChildren(...(entry ? pillsOf(entry) : []));
  }

  estimateOf(left) {
    const { paces } = this.desk;
    if (paces.length < ENOUGH || left <= 0) return left > 0 ? `${count(left)} left` : "";
    const pace = [...paces].sort((a, b) => a - b)[paces.length >> 1];
    return `about ${duration(left * pace)} left at ${seconds(pace)} each`;
  }

  destroy() {
    this.saved.destroy();
  }
}

function pillsOf({ item, standing }) {
  const why = item.again ? "Skipped before" : item.reason;
  const pills = why ? [element("span", { class: "pill orange cut", title: why }, why)] : [];
  if (standing.status === "new" || item.again) return pills;
  const by = standing.by ? ` by ${standing.by}` : "";
  const note = standing.note ? `: ${standing.note}` : "";
  const words = `${capitalised(VERDICTS[standing.status])}${by}${note}`;
  return [
    ...pills,
    element("span", { class: `pill status ${standing.status} cut`, title: words }, icon(standing.status, 14), words),
  ];
}
