// What a key asks of the gallery: where the focus goes, or what happens to the focused image.

export function nextIndex(key, { index, count, columns, rowsPerPage }) {
  const last = count - 1;
  const steps = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns < 0 ? index : index - columns,
    ArrowDown: index + columns > last ? lastBelow(index, last, columns) : index + columns,
    Home: 0,
    End: last,
    PageUp: Math.max(index % columns, index - rowsPerPage * columns),
    PageDown: index + rowsPerPage * columns,
  };
  if (!(key in steps)) return null;
  return Math.min(last, Math.max(0, steps[key]));
}

// From the row before the last, Down reaches the last image even where its row is shorter.
function lastBelow(index, last, columns) {
  return Math.floor(index / columns) < Math.floor(last / columns) ? last : index;
}

// Streamlit reruns on R and opens a dialog on C, wherever the focus is; not while it is in here.
export function isPageShortcut(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey && ["c", "r"].includes(event.key.toLowerCase());
}
