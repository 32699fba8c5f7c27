/** Requests to Relook's own routes. */

const ABOUT_CONTENT = new Set([400, 409, 413, 422]);
const PATIENCE = 20_000; // milliseconds until a silent server counts as unreachable

/** What went wrong with a request: `status` 0 when the server could not be reached. */
export class ApiError extends Error {
  /**
   * @param {object|null} conflict another person's decision that stands against what was sent
   * @param {boolean} isExplained whether Relook itself said so, and nothing on the way to it
   */
  constructor(message, status, remedy = "", conflict = null, isExplained = false) {
    super(message);
    Object.assign(this, { status, remedy, conflict, isExplained });
  }

  /** The whole sentence for the reviewer. */
  get sentence() {
    return this.remedy ? `${this.message} ${this.remedy}` : this.message;
  }

  get isOffline() {
    return this.status === 0;
  }

  get isSignedOut() {
    return this.status === 401;
  }

  /** Whether the same request can succeed later without anybody changing it. */
  get isPassing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  /** Whether the trouble may lie in what was sent, and not in who sent it or where it went. */
  get isAboutContent() {
    return ABOUT_CONTENT.has(this.status);
  }
}

export class Api {
  /** @param {string} base e.g. "/api/projects/3" @param {string} token signed, short-lived */
  constructor(base, token) {
    this.base = base;
    this.token = token;
    /** Called when the server does not know the token any more. */
    this.onSignedOut = () => {};
  }

  get(path, parameters = {}) {
    const query = new URLSearchParams(parameters).toString();
    return this.request(query ? `${path}?${query}` : path, {});
  }

  /** @param {{keepalive?: boolean}} options `keepalive` for requests that outlive the page */
  post(path, body, options = {}) {
    return this.request(path, {
      ...options,
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
  }

  async request(path, options) {
    const headers = { ...options.headers, "X-Relook-Client": "1", "X-Relook-Token": this.token };
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PATIENCE);
    try {
      const response = await fetch(`${this.base}/${path}`, { ...options, headers, signal: abort.signal });
      const answer = await response.json().catch(() => null);
      if (response.ok && answer !== null) return answer;
      const message = answer?.error ?? `The server answered with status ${response.status} and no explanation.`;
      if (response.status === 401) this.onSignedOut();
      const { remedy = "", conflict = null } = answer ?? {};
      throw new ApiError(message, response.ok ? 502 : response.status, remedy, conflict, Boolean(answer?.error));
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(
        "The server cannot be reached.",
        0,
        "Check the network; the queue goes on as soon as it answers.",
      );
    } finally {
      clearTimeout(timer);
    }
  }
}
