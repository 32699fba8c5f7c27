/** Locks of this browser across its tabs, so that two of them do not do the same work. A page that ends lets its own go. */

/**
 * Take a lock and keep it.
 * @param {string} name
 * @param {{isPatient?: boolean}} options `isPatient`: wait for it, instead of taking it only when it is free
 * @returns {Promise<(() => void)|null>} what lets it go; null when another tab has it
 */
export function takeLock(name, { isPatient = false } = {}) {
  const { locks } = navigator;
  // Only on https and on this computer. Without locks two tabs may send one decision; the server takes it once.
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const hold = (lock) => (lock ? new Promise((release) => resolve(release)) : resolve(null));
    locks.request(name, { ifAvailable: !isPatient }, hold).catch(() => resolve(() => {}));
  });
}
