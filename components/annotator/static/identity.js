/** Who this open page is. The server takes each (client, number) once, so no two pages may share an identity. */

const NAME = "relook:client";

/** Random hexadecimal text. `crypto.randomUUID` is missing on plain http, so that a server in the local network would break. */
export function randomId(bytes = 16) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Take this tab's identity out of the session storage, or make one. While the page lives it is not in the storage: a
 * duplicated tab, which gets a copy of the storage, finds none and makes its own.
 * @returns {{client: string, seq: number}} the client and the last number it used
 */
export function takeIdentity() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    sessionStorage.removeItem(NAME);
    if (kept?.client) return kept;
  } catch {
    // no session storage: a new identity on every load is as safe
  }
  return { client: randomId(), seq: 0 };
}

/** Put the identity back when the page goes, for the page that follows in this tab. */
export function leaveIdentity(identity) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(identity));
  } catch {
    // see takeIdentity
  }
}
