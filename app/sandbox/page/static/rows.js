// Lists that follow the state: an element for each key, made once and changed in place. Everything that is
// shown goes in as text, so that no attribute of a task and no worker's name can become a tag.

/** Make an element: its class and its children, which are nodes or texts. */
export function element(tag, classes = "", ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}

/** Set a text if it is another one: what stays is not touched, and a selection in it is kept. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** Let `tick` write how long ago this was, by the sandbox's clock; `limit` seconds are shown beside it. */
export function since(node, at, limit = 0) {
  node.dataset.since = at;
  node.dataset.limit = limit || "";
}

/** Keeps the children of `parent` in step with rows. `make(row)` returns `{element, update(row)}`. */
export class Rows {
  #parent;
  #make;
  #items = new Map();
  #wanted = "";

  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Show these rows, each with a `key`, in this order; those that did not change are left alone. */
  show(rows) {
    const focused = document.activeElement;
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, item] of this.#items) {
      if (keys.has(key)) continue;
      item.element.remove();
      this.#items.delete(key);
    }
    let next = this.#parent.firstElementChild;
    for (const row of rows) next = this.#place(this.#item(row).element, next);
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  /** Hide the rows that do not hold this text; returns how many are left. */
  filter(wanted) {
    this.#wanted = wanted.trim().toLowerCase();
    let left = 0;
    for (const item of this.#items.values()) left += this.#sift(item) ? 1 : 0;
    return left;
  }

  get size() {
    return this.#items.size;
  }

  #item(row) {
    const written = JSON.stringify(row);
    let item = this.#items.get(row.key);
    if (!item) this.#items.set(row.key, (item = this.#make(row)));
    if (item.written !== written) {
      item.written = written;
      item.text = Object.values(row).join("\n").toLowerCase();
      item.update(row);
    }
    return item;
  }

  #sift(item) {
    const fits = item.text.includes(this.#wanted);
    if (item.element.hidden === fits) item.element.hidden = !fits;
    return fits;
  }

  #place(one, next) {
    if (one === next) return one.nextElementSibling;
    // The one before has left its place for one further down: moving it alone leaves the others untouched.
    if (next && next.nextElementSibling === one) return one.nextElementSibling;
    this.#parent.insertBefore(one, next);
    return next;
  }
}

/** Write all spans of time again, as they are by the sandbox's clock. */
export function tick(now, write) {
  for (const node of document.querySelectorAll("[data-since]")) {
    const { since: at, limit } = node.dataset;
    const seconds = at ? (now - Date.parse(at)) / 1000 : 0;
    text(node, at ? write(seconds) + (limit ? ` of ${write(Number(limit))}` : "") : "–");
  }
}
