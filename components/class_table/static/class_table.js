/**
 * One page of the class list. Streamlit calls the default export with every new `data`; rows are made anew then, and what had
 * the focus has it again. Names are text nodes, so that none can become markup.
 */

const tables = new WeakMap();

export default function classTable(component) {
  const { parentElement } = component;
  const known = tables.get(parentElement) ?? new ClassTable(parentElement);
  tables.set(parentElement, known);
  known.update(component);
  return () => {
    known.root.remove();
    tables.delete(parentElement);
  };
}

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

class ClassTable {
  constructor(parent) {
    this.body = element("tbody");
    this.head = element("thead");
    this.table = element("table", { role: "grid", "aria-label": "Classes" }, this.head, this.body);
    this.root = element("div", { class: "frame" }, this.table);
    this.root.addEventListener("keydown", (event) => this.key(event));
    parent.append(this.root);
  }

  update({ data, setTriggerValue }) {
    const isSamePage = this.first === data.rows[0]?.key;
    const focused = this.root.getRootNode().activeElement?.dataset?.key;
    Object.assign(this, { data, report: setTriggerValue, first: data.rows[0]?.key });
    this.head.replaceChildren(this.heads());
    this.body.replaceChildren(...data.rows.map((row) => this.row(row)));
    if (!isSamePage) this.root.scrollTop = 0;
    this.reach(data.rows.some(({ key }) => key === data.open) ? data.open : this.first);
    if (focused !== undefined) this.find(focused)?.focus({ preventScroll: true });
  }

  heads() {
    const { has_objects: hasObjects } = this.data;
    const numbers = ["Images", ...(hasObjects ? ["Objects"] : []), "Predicted"];
    const head = (text, kind) => element("th", { scope: "col", class: kind }, text);
    return element(
      "tr",
      {},
      head("Class", null),
      head("Also called", null),
      ...numbers.map((text) => head(text, "number")),
      head("Guideline", "wide"),
    );
  }

  row(row) {
    const swatch = element("i", { class: "swatch" });
    swatch.style.setProperty("--c", row.colour);
    const name = element("span", { class: "cut", title: row.name }, row.name);
    const others = row.others.join(", ");
    const numbers = [row.images, ...(this.data.has_objects ? [row.objects] : []), row.predicted];
    const isOpen = row.key === this.data.open;
    const node = element(
      "tr",
      { "aria-selected": String(isOpen), tabindex: "-1", "data-key": row.key, "data-name": row.name },
      element("td", {}, element("div", { class: "name" }, swatch, name)),
      element("td", { class: "grey" }, element("div", { class: "cut", title: others || null }, others || "–")),
      ...numbers.map((text) => element("td", { class: "number" }, text)),
      element("td", { class: "grey wide" }, guideWords(row)),
    );
    node.onclick = () => this.open(node);
    return node;
  }

  open(node) {
    this.reach(node.dataset.key);
    node.focus({ preventScroll: true });
    for (const row of this.body.rows) row.setAttribute("aria-selected", String(row === node));
    this.report("opened", node.dataset.key);
  }

  /** One row is in the order of Tab; arrows lead to the others. */
  reach(key) {
    for (const row of this.body.rows) row.tabIndex = row.dataset.key === key ? 0 : -1;
  }

  find(key) {
    return [...this.body.rows].find((row) => row.dataset.key === key);
  }

  key(event) {
    const rows = [...this.body.rows];
    const at = rows.indexOf(event.target);
    if (at < 0) return;
    const page = Math.max(1, Math.floor(this.root.clientHeight / rows[at].offsetHeight) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -at, End: rows.length - 1 - at };
    const step = steps[event.key];
    if (event.key === "Enter" || event.key === " ") this.open(rows[at]);
    else if (step !== undefined) this.moveTo(rows[Math.min(Math.max(at + step, 0), rows.length - 1)]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  moveTo(row) {
    this.reach(row.dataset.key);
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
}

function guideWords({ guideline, examples }) {
  const images = examples ? `${examples} ${examples === 1 ? "image" : "images"}` : "";
  return [guideline ? "text" : "", images].filter(Boolean).join(", ") || "–";
}
