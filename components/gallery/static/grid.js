// Where cells lie. Pure arithmetic in CSS pixels; nothing here touches the page.

export const CELL_WIDTH = { S: 120, M: 184, L: 280 };
export const GAP = { x: 8, y: 12 };
const CAPTION = 22;
const CLASSES_LINE = 18;
const REASON = 50; // three lines
const OVERSCAN_ROWS = 3;

export function planGrid({ width, size, aspect, hasClassesLine, hasReasons }) {
  const wanted = CELL_WIDTH[size] ?? CELL_WIDTH.M;
  const columns = Math.max(1, Math.round((width + GAP.x) / (wanted + GAP.x)));
  const cellWidth = (width - (columns - 1) * GAP.x) / columns;
  const photoHeight = cellWidth / aspect;
  const cellHeight = photoHeight + CAPTION + (hasReasons ? REASON : 0) + (hasClassesLine ? CLASSES_LINE : 0);
  return { columns, cellWidth, photoHeight, cellHeight, rowHeight: cellHeight + GAP.y };
}

export function rowOf(plan, index) {
  return Math.floor(index / plan.columns);
}

export function placeOf(plan, index) {
  return { x: (index % plan.columns) * (plan.cellWidth + GAP.x), y: rowOf(plan, index) * plan.rowHeight };
}

export function sheetHeight(plan, count) {
  return Math.max(0, Math.ceil(count / plan.columns) * plan.rowHeight - GAP.y);
}

// Indices [first, end) of the cells that show at least in part.
export function visibleRange(plan, count, scrollTop, height) {
  const first = Math.max(0, Math.floor((scrollTop + GAP.y) / plan.rowHeight)) * plan.columns;
  const end = Math.ceil((scrollTop + height) / plan.rowHeight) * plan.columns;
  return { first: Math.min(first, count), end: Math.min(end, count) };
}

// The same, with spare rows above and below, so that a quick scroll meets finished cells.
export function renderedRange(plan, count, scrollTop, height) {
  const { first, end } = visibleRange(plan, count, scrollTop, height);
  const spare = OVERSCAN_ROWS * plan.columns;
  return { first: Math.max(0, first - spare), end: Math.min(count, end + spare) };
}

// The scroll position that shows the whole of a cell, moving as little as possible.
export function scrollToShow(plan, index, scrollTop, height) {
  const top = rowOf(plan, index) * plan.rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + plan.cellHeight - height);
}
