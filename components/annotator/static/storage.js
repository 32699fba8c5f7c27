/** This browser's own storage, where it is allowed and has room. Every name begins with "relook:". */

/**
 * What is kept here belongs to one project and reviewer of one installation: others may run at the same address.
 * @param {{installation?: string, project: number, reviewer: string}} data the component's
 */
export function placeOf({ installation, project, reviewer }) {
  return [...(installation ? [installation] : []), project, encodeURIComponent(reviewer)].join(":");
}

/** Store a value. @returns {boolean} whether it is kept */
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false; // full, or forbidden by the browser's settings
  }
}

/** A stored value, or null when there is none or it cannot be read. */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

export function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // forbidden storage holds nothing to forget
  }
}

/** Names that begin with a prefix, in order. */
export function namesUnder(prefix) {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(prefix))
      .sort();
  } catch {
    return [];
  }
}
