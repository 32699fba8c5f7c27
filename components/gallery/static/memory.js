// Where the reader was, kept for the life of the tab: leaving the page unmounts the gallery.

const nameOf = (key) => `relook.gallery.${key}`;

export function remember(key, place) {
  try {
    sessionStorage.setItem(nameOf(key), JSON.stringify({ id: place.id, offset: place.offset, activeId: place.activeId }));
  } catch {
    // Storage may be full or forbidden; the gallery then starts at its top next time.
  }
}

export function recall(key) {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(key)));
  } catch {
    return null;
  }
}
