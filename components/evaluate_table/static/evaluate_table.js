/**
 * A table of figures; what opens images is a button. Streamlit calls the default export with every new `data`. Names are
 * text nodes, so that none can become markup.
 */

const tables = new WeakMap();

export default function evaluateTable(component) {
  const { parentElement } = component;
  const known = tables.get(parentElement) ?? new EvaluateTable(parentElement);
  tables.set(parentElement, known);
  known.update(component);
  return () => {
    known.root.remove();
    tables.delete(parentElement);
  };
}

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

class EvaluateTable {
  constructor(parent) {
    this.head = element("thead");
    this.body = element("tbody");
    this.table = element("table", {}, this.head, this.body);
    this.root = element("div", { class: "frame" }, this.table);
    this.root.addEventListener("keydown", (event) => this.walk(event));
    parent.append(this.root);
  }

  update({ data, setTriggerValue }) {
    const focused = this.root.getRootNode().activeElement?.dataset?.key;
    Object.assign(this, { data, report: setTriggerValue });
    this.table.className = data.is_matrix ? "matrix" : "list";
    this.table.setAttribute("aria-label", data.label);
    const head = (text, place) =>
      element("th", { scope: "col", class: place ? "number" : null, title: text }, element("span", { class: "cut" }, text));
    this.head.replaceChildren(element("tr", {}, ...data.heads.map(head)));
    this.body.replaceChildren(...data.rows.map((row) => this.row(row)));
    if (focused) this.find(focused)?.focus({ preventScroll: true });
  }

  row(row) {
    const name = element("span", { class: "cut", title: row.name }, row.name);
    const parts = row.colour ? [swatch(row.colour), name] : [name];
    const opens = row.key && !this.data.is_matrix;
    const inside = opens ? this.button(row.key, `${row.name}: open the images`, "name", ...parts) : element("div", { class: "name" }, ...parts);
    const node = element("tr", { class: row.key && row.key === this.data.open ? "open" : null }, element("th", { scope: "row" }, inside));
    node.append(...row.cells.map((cell, place) => this.cell(cell, row, place)));
    if (opens) node.addEventListener("click", () => this.open(row.key));
    return node;
  }

  cell(cell, row, place) {
    const said = this.data.heads[place + 1];
    const tone = cell.tone ?? "";
    const node = element("td", { class: `number ${tone}`, title: cell.title });
    if (cell.share !== undefined) node.style.setProperty("--share", cell.share);
    if (cell.dots) node.append(dots(cell.dots));
    else if (cell.key) node.append(this.button(cell.key, `${row.name}, ${said}: ${cell.text}, open the images`, "count", cell.text));
    else node.append(cell.text);
    if (cell.key && cell.key === this.data.open) node.classList.add("open");
    return node;
  }

  button(key, label, kind, ...children) {
    const node = element("button", { type: "button", class: kind, "data-key": key, "aria-label": label }, ...children);
    node.addEventListener("click", (event) => {
      event.stopPropagation();
      this.open(key);
    });
    return node;
  }

  open(key) {
    this.report("opened", key);
  }

  find(key) {
    return [...this.body.querySelectorAll("button")].find((node) => node.dataset.key === key);
  }

  /** Arrows lead to the next cell that opens something. */
  walk(event) {
    const at = event.target.closest?.("td, th");
    if (!at || !event.key.startsWith("Arrow")) return;
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    let row = at.parentElement.rowIndex - 1;
    let column = at.cellIndex;
    do {
      row += down;
      column += right;
    } while (this.body.rows[row]?.cells[column] && !this.body.rows[row].cells[column].querySelector("button"));
    const next = this.body.rows[row]?.cells[column]?.querySelector("button");
    if (!next) return;
    next.focus();
    event.preventDefault();
  }
}

function swatch(colour) {
  const node = element("i", { class: "swatch" });
  node.style.setProperty("--c", colour);
  return node;
}

function dots([before, after]) {
  const line = element("div", { class: "dots" });
  const at = (value, kind) => {
    const node = element("i", { class: kind });
    node.style.left = `${100 * value}%`;
    line.append(node);
  };
  if (before !== null && after !== null) {
    const join = element("b");
    join.style.left = `${100 * Math.min(before, after)}%`;
    join.style.width = `${100 * Math.abs(after - before)}%`;
    line.append(join);
  }
  if (before !== null) at(before, "before");
  if (after !== null) at(after, "after");
  return line;
}
