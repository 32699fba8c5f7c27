/** Keeps a value in a cookie of this browser. It is signed by the server, which takes no other one for a name. */

const KEPT_FOR = 400 * 24 * 3600; // seconds; browsers keep nothing longer

export default function ({ data }) {
  const safe = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.cookie}=${data.value}; Path=/; Max-Age=${KEPT_FOR}; SameSite=Lax${safe}`;
}
