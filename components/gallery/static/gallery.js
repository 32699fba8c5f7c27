// The Browse gallery: a list of images that scrolls inside itself and keeps only what shows in the page.

import { make } from "./dom.js";
import { Feed } from "./feed.js";
import { placeOf, planGrid, renderedRange, scrollToShow, visibleRange } from "./grid.js";
import { fillWindow } from "./height.js";
import { isPageShortcut, nextIndex } from "./keys.js";
import { recall, remember } from "./memory.js";
import { Selection } from "./selection.js";
import { Sheet } from "./sheet.js";
import { addTooltips } from "./tooltip.js";

const galleries = new WeakMap();

export default function mountGallery({ data, parentElement, setStateValue, setTriggerValue }) {
  let gallery = galleries.get(parentElement);
  if (!gallery) {
    gallery = new Gallery(parentElement);
    galleries.set(parentElement, gallery);
  }
  gallery.report = setStateValue;
  gallery.trigger = setTriggerValue;
  gallery.update(data);
  return () => {
    gallery.close();
    galleries.delete(parentElement);
  };
}

class Gallery {
  constructor(parent) {
    this.feed = new Feed(() => this.redraw());
    this.ids = [];
    this.indexOf = new Map();
    this.sheet = new Sheet();
    this.selection = new Selection();
    this.reported = "[]";
    this.asked = undefined;
    this.activeId = null;
    this.openedId = null;
    this.build(parent);
    this.listen();
  }

  build(parent) {
    this.root = make("div", "gallery");
    this.list = make("div", "list");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-multiselectable", "true");
    this.list.setAttribute("aria-label", "Images");
    this.list.append(this.sheet.element);
    this.foot = make("div", "foot");
    this.foot.append(make("span"), make("span"));
    this.root.append(this.list, this.foot);
    parent.append(this.root);
    this.hideTip = addTooltips(this.root);
    this.stopFilling = fillWindow(this.root);
  }

  listen() {
    this.list.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("focus", () => this.root.classList.toggle("keys", this.list.matches(":focus-visible")));
    this.list.addEventListener("blur", () => this.root.classList.remove("keys"));
    this.list.addEventListener("pointerdown", () => this.root.classList.remove("keys"));
    this.list.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault());
    this.sheet.element.addEventListener("click", (event) => this.onClick(event));
    this.resizes = new ResizeObserver(() => this.onResize());
    this.resizes.observe(this.list);
  }

  close() {
    remember(this.key, { ...this.anchor(), activeId: this.activeId });
    this.stopFilling();
    this.feed.close();
    this.resizes.disconnect();
    this.hideTip();
    this.root.remove();
  }

  // --- data ---

  update(data) {
    const isFirst = this.data === undefined;
    const anchor = this.anchor();
    const before = this.ids;
    this.data = data;
    this.key = data.key;
    this.ids = this.feed.update(data);
    this.indexOf = new Map(this.ids.map((id, index) => [id, index]));
    const { reasons = null, threshold = 0.5 } = data;
    const hasReasons = Object.values(reasons ?? {}).some(([, words]) => words);
    this.view = { show: new Set(data.show), threshold, reasons, hasReasons, hasClassesLine: this.feed.hasClasses };
    this.plan = null;
    this.layOut();
    if (isFirst) this.restore(recall(this.key));
    else this.list.scrollTop = this.scrollTopAfter(before, anchor);
    this.adoptSelection(data.selected);
    this.redraw();
  }

  // Python's wish counts once, when it changes: after that the reader's own choice stands.
  adoptSelection(wish) {
    const asked = JSON.stringify(wish ?? null);
    if (wish && asked !== this.asked) this.selection.replace(wish);
    this.asked = asked;
    this.reportSelection();
  }

  reportSelection() {
    const shown = this.selection.shown(this.ids);
    const text = JSON.stringify(shown);
    if (text === this.reported) return;
    this.reported = text;
    this.report("selected", shown);
  }

  // --- scroll position ---

  anchor() {
    if (!this.plan || this.ids.length === 0) return { id: null, offset: 0, neighbours: [] };
    const { first, end } = visibleRange(this.plan, this.ids.length, this.list.scrollTop, this.height);
    const offset = this.list.scrollTop - placeOf(this.plan, first).y;
    return { id: this.ids[first] ?? null, offset, neighbours: this.ids.slice(first, end) };
  }

  // Another status leaves the place alone; a filter keeps the images at hand; another order starts at the top.
  scrollTopAfter(before, anchor) {
    if (isSameList(before, this.ids)) return this.topOf(anchor.id, anchor.offset);
    const kept = anchor.neighbours.map((id) => this.indexOf.get(id)).filter((index) => index !== undefined);
    const inOrder = kept.every((index, n) => n === 0 || index > kept[n - 1]);
    const isAtHand = inOrder && kept.length * 2 >= anchor.neighbours.length && kept.length > 0;
    return isAtHand ? placeOf(this.plan, kept[0]).y + anchor.offset : 0;
  }

  topOf(id, offset) {
    const index = this.indexOf.get(id);
    return index === undefined ? 0 : placeOf(this.plan, index).y + offset;
  }

  restore(place) {
    if (!place || !this.indexOf.has(place.id)) return;
    this.activeId = this.indexOf.has(place.activeId) ? place.activeId : null;
    this.list.scrollTop = this.topOf(place.id, place.offset);
  }

  onResize() {
    if (!this.data) return;
    const width = this.sheet.element.clientWidth;
    if (width !== this.plan?.width) {
      const { id, offset } = this.anchor();
      this.plan = null;
      this.layOut();
      this.list.scrollTop = this.topOf(id, Math.min(offset, this.plan.cellHeight));
    }
    this.render();
  }

  onScroll() {
    this.hideTip();
    this.render();
  }

  // --- drawing ---

  // The list's own height; while the style sheet is still on its way the list is as high as all its rows.
  get height() {
    return Math.min(this.list.clientHeight, window.innerHeight);
  }

  layOut() {
    const width = this.sheet.element.clientWidth;
    const { size, aspect } = this.data;
    const { hasClassesLine, hasReasons } = this.view;
    this.plan = { ...planGrid({ width, size, aspect, hasClassesLine, hasReasons }), width };
    this.view.photoWidth = this.plan.cellWidth;
    this.view.photoHeight = this.plan.photoHeight;
    this.renew();
  }

  renew() {
    const { plan, view, feed, ids, indexOf, selection, activeId, openedId } = this;
    this.sheet.renew({ plan, view, feed, ids, indexOf, marks: { selection, activeId, openedId } });
  }

  render() {
    const { first, end } = renderedRange(this.plan, this.ids.length, this.list.scrollTop, this.height);
    const wanted = new Set(this.ids.slice(first, end));
    if (this.indexOf.has(this.activeId)) wanted.add(this.activeId); // the focus must not leave the page
    this.sheet.show(wanted);
    this.feed.want([...wanted]);
    this.writeFoot();
  }

  redraw() {
    this.renew();
    this.render();
    const active = this.sheet.elementOf(this.activeId);
    if (active) this.list.setAttribute("aria-activedescendant", active.id);
    else this.list.removeAttribute("aria-activedescendant");
  }

  writeFoot() {
    const count = this.ids.length;
    const { first, end } = visibleRange(this.plan, count, this.list.scrollTop, this.height);
    const number = (value) => value.toLocaleString("en");
    this.foot.children[0].textContent = count === 0 ? "" : `${number(first + 1)} to ${number(end)} of ${number(count)}`;
    const more = end < count ? "scroll for more" : "";
    this.foot.children[1].textContent = this.feed.hasFailed ? "Images could not be loaded, trying again" : more;
  }

  // --- what the reader does ---

  onClick(event) {
    const id = event.target.closest(".cell")?.dataset.id;
    if (id === undefined) return;
    this.list.focus({ preventScroll: true });
    this.activeId = id;
    if (event.shiftKey) this.choose(() => this.selection.extendTo(id, this.ids));
    else if (event.ctrlKey || event.metaKey || event.target.closest(".check")) this.choose(() => this.selection.toggle(id));
    else this.open(id);
  }

  onKey(event) {
    if (isPageShortcut(event)) event.stopPropagation();
    if (this.ids.length === 0 || event.altKey) return;
    if (!this.act(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.classList.add("keys");
  }

  act(event) {
    const active = this.indexOf.has(this.activeId) ? this.activeId : null;
    if (event.key === " " && active) return this.onSpace(active, event.shiftKey);
    if (event.key === "Enter" && active) return this.open(active);
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) return this.choose(() => this.selection.replace(this.ids));
    if (event.key === "Escape") return this.reported !== "[]" && this.choose(() => this.selection.replace([]));
    if (event.ctrlKey || event.metaKey) return false;
    return this.move(event.key, event.shiftKey);
  }

  onSpace(id, isRange) {
    return this.choose(() => (isRange ? this.selection.extendTo(id, this.ids) : this.selection.toggle(id)));
  }

  move(key, isRange) {
    const { columns, rowHeight } = this.plan;
    const rowsPerPage = Math.max(1, Math.floor(this.height / rowHeight));
    const { first } = visibleRange(this.plan, this.ids.length, this.list.scrollTop, this.height);
    const index = this.indexOf.get(this.activeId);
    const next = nextIndex(key, { index: index ?? first, count: this.ids.length, columns, rowsPerPage });
    if (next === null) return false;
    this.focusOn(index === undefined && key.startsWith("Arrow") ? first : next, isRange);
    return true;
  }

  focusOn(index, isRange) {
    const from = this.activeId;
    this.activeId = this.ids[index];
    this.list.scrollTop = scrollToShow(this.plan, index, this.list.scrollTop, this.height);
    if (!isRange) return this.redraw();
    if (from && !this.selection.has(from)) this.selection.startAt(from);
    return this.choose(() => this.selection.extendTo(this.activeId, this.ids));
  }

  choose(change) {
    change();
    this.redraw();
    this.reportSelection();
    return true;
  }

  open(id) {
    this.openedId = id;
    this.selection.startAt(id);
    this.redraw();
    this.trigger("opened", id);
    return true;
  }
}

function isSameList(before, after) {
  return before.length === after.length && before.every((id, index) => id === after[index]);
}
