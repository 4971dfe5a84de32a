// The sandbox as the page reaches it: its state again and again, and what is done by hand.

const SHARE = 15;
const PATIENCE = 8000;

export class Sandbox {
  #etag = "";
  #timer = 0;
  #asking = false;
  #again = false;
  #callbacks = 200;
  #paused = false;

  /** Asks `every` so many milliseconds; `onState(state)` when something changed, `onClock(now)` at each answer, `onGone()` without one. */
  constructor({ every, onState, onClock, onGone }) {
    Object.assign(this, { every, onState, onClock, onGone });
    document.addEventListener("visibilitychange", () => this.look());
  }

  set callbacks(most) {
    this.#callbacks = most;
    this.#etag = "";
    this.look(true);
  }

  set paused(paused) {
    this.#paused = paused;
    this.look();
  }

  /** Ask now, and then again and again while somebody looks; `once` asks even when it is paused. */
  async look(once = false) {
    clearTimeout(this.#timer);
    if (document.hidden || (this.#paused && !once)) return;
    if (this.#asking) {
      this.#again = once || this.#again;
      return;
    }
    this.#asking = true;
    const asked = performance.now();
    await this.#ask();
    // A sandbox with much to tell is asked less often: it has its own work to do.
    const pause = Math.max(this.every, SHARE * (performance.now() - asked));
    this.#asking = false;
    const again = this.#again;
    this.#again = false;
    if (again) this.look(true);
    else this.#timer = setTimeout(() => this.look(), Math.min(pause, 5 * this.every));
  }

  async #ask() {
    try {
      const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
      const answer = await reach(`/page/state?callbacks=${this.#callbacks}`, { headers });
      if (answer.status !== 304 && !answer.ok) throw new Error(`HTTP ${answer.status}`);
      const state = answer.status === 304 ? null : await answer.json();
      this.#etag = answer.headers.get("ETag") ?? "";
      this.onClock(new Date(answer.headers.get("Sandbox-Clock")));
      if (state) this.onState(state);
    } catch (error) {
      this.#etag = "";
      this.onGone(error);
    }
  }

  /** Return all of a callback. */
  async callback(key) {
    return (await taken(reach(`/page/callbacks/${key}`))).json();
  }

  /** Do something; returns the answer, or throws an Error whose `fields` say what is wrong with which. */
  async order(path, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await taken(reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
    const done = await answer.json();
    this.look(true);
    return done;
  }
}

const reach = (path, options = {}) => fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });

async function taken(asked) {
  let answer;
  try {
    answer = await asked;
  } catch {
    throw Object.assign(new Error("the sandbox does not answer: whether this was done is not known"), { fields: {} });
  }
  if (answer.ok) return answer;
  const { error, fields } = await answer.json();
  throw Object.assign(new Error(error), { fields });
}
