// How the reader wants maps drawn. Kept in the tab, so that it survives reruns and page changes; Python never hears of it.

export const VIEWS = [
  { key: "overlay", title: "Overlay" },
  { key: "map", title: "Map only" },
  { key: "top", title: "Top 20 %" },
  { key: "contours", title: "Contours" },
];
export const SCALES = [
  { key: "inferno", title: "Inferno" },
  { key: "viridis", title: "Viridis" },
  { key: "cividis", title: "Cividis" },
  { key: "grey", title: "Grey" },
];
export const SIGNED = { key: "signed", title: "Signed" };

const nameOf = (key) => `relook.map_viewer.${key}`;

function readStored(key) {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(key))) ?? {};
  } catch {
    return {};
  }
}

export function loadSettings(key, sharedScale) {
  return { view: "overlay", scale: "inferno", opacity: 75, isGrey: true, isShared: sharedScale, ...readStored(key) };
}

export function saveSettings(key, settings) {
  try {
    sessionStorage.setItem(nameOf(key), JSON.stringify(settings));
  } catch {
    // Storage may be full or forbidden; the choice then lasts until the page is left.
  }
}
