// Queues, waiting tasks, reservations, workers, alerts and canceled tasks: what each row shows.

import { element, since, text } from "/page/rows.js";
import { number, shortSid, timeOfDay } from "/page/words.js";

/** A row of a table, with a cell for each of `[label, classes, fill(cell, row)]`. */
function tableRow(columns, row) {
  const made = element("tr");
  const cells = columns.map(([label, classes]) => {
    const cell = element("td", classes);
    cell.dataset.label = label;
    return cell;
  });
  made.append(...cells);
  made.dataset.key = row.key;
  const update = (changed) => {
    columns.forEach(([, , fill], place) => fill(cells[place], changed));
    mark(made, changed);
  };
  return { element: made, update };
}

/** Mark the row of a task that was created here (`mine`), and show it in its frame when it first appears. */
function mark(node, { mine = false }) {
  if (mine && !node.classList.contains("created")) requestAnimationFrame(() => reveal(node));
  node.classList.toggle("created", mine);
}

function reveal(node) {
  const frame = node.closest(".frame");
  if (!frame) return;
  const [inside, around] = [node.getBoundingClientRect(), frame.getBoundingClientRect()];
  if (inside.top < around.top || inside.bottom > around.bottom) {
    frame.scrollTop += inside.top - around.top - (around.height - inside.height) / 2;
  }
}

/** A status as a coloured word. */
export function status(node, word) {
  node.dataset.status = word;
  text(node, word);
}

/** The task's SID, and the beginning of its attributes. */
function task(cell, sid, attributes) {
  if (!cell.firstChild) cell.append(element("span", "sid"), element("code", "attributes"));
  const [name, rest] = cell.children;
  text(name, shortSid(sid));
  text(rest, attributes);
  name.title = sid;
  rest.title = attributes;
}

const QUEUE = [
  ["Queue", "name", (cell, row) => text(cell, row.name)],
  ["Waiting", "number", (cell, row) => {
    text(cell, number(row.waiting));
    cell.classList.toggle("some", row.waiting > 0);
  }],
  ["Oldest", "number", (cell, row) => since(cell, row.oldest)],
  ["Available / all", "number", (cell, row) => text(cell, `${number(row.available)} / ${number(row.members)}`)],
];

export const queue = (row) => tableRow(QUEUE, row);

const WAITING = [
  ["Task", "task", (cell, row) => task(cell, row.task, row.attributes)],
  ["Queue", "name", (cell, row) => text(cell, row.queue)],
  ["Priority", "number", (cell, row) => text(cell, number(row.priority))],
  ["Rejected", "number rejected", (cell, row) => {
    text(cell, row.rejections ? `${number(row.rejections)}×` : "–");
    cell.classList.toggle("never", !row.rejections);
  }],
  ["Waits", "number", (cell, row) => since(cell, row.since)],
];

export const waiting = (row) => tableRow(WAITING, row);

const LIVE = new Set(["pending", "accepted", "wrapping"]);

function age(cell, row) {
  if (LIVE.has(row.status)) {
    since(cell, row.created, row.status === "pending" ? row.limit : 0);
    cell.title = `since ${row.created}`;
    return;
  }
  delete cell.dataset.since;
  text(cell, `ended ${timeOfDay(new Date(row.updated))}`);
  cell.title = `${row.created} to ${row.updated}`;
}

const HANDS = [
  ["accepted", "Accept", ["pending"]],
  ["rejected", "Reject", ["pending"]],
  ["wrapping", "Wrap up", ["accepted"]],
  ["completed", "Complete", ["accepted", "wrapping"]],
];

/** Reservations; `order(path, body)` does something by hand. */
export const reservation = (order) => (row) => {
  const buttons = HANDS.map(([wanted, word]) => {
    const button = element("button", "small", word);
    button.type = "button";
    button.addEventListener("click", () => order(`/page/reservations/${row.key}`, { status: wanted }));
    return button;
  });
  return tableRow([
    ["Status", "w-status", (cell, now) => {
      if (!cell.firstChild) cell.append(element("span", "status"));
      status(cell.firstChild, now.status);
    }],
    ["Task", "task", (cell, now) => task(cell, now.task, now.attributes)],
    ["Worker", "name", (cell, now) => text(cell, now.worker)],
    ["Queue", "name", (cell, now) => text(cell, now.queue)],
    ["Age", "number", age],
    ["Outcome", "outcome", (cell, now) => {
      text(cell, now.outcome);
      cell.title = now.outcome;
    }],
    ["By hand", "actions", (cell, now) => {
      if (!cell.firstChild) cell.append(...buttons);
      HANDS.forEach(([, word, from], place) => {
        buttons[place].hidden = !from.includes(now.status);
        buttons[place].setAttribute("aria-label", `${word} the reservation of ${now.worker}`);
      });
    }],
  ], row);
};

/** Workers; `activities()` are those that can be chosen. */
export const worker = (order, activities) => (row) => {
  const choice = element("select");
  let known = "";
  choice.addEventListener("change", async () => {
    const done = await order(`/page/workers/${row.key}/activity`, { activity: choice.value });
    if (!done) choice.value = known;
  });
  return tableRow([
    ["Worker", "name", (cell, now) => text(cell, now.name)],
    ["Activity", "activity", (cell, now) => {
      if (!cell.firstChild) cell.append(choice);
      choice.setAttribute("aria-label", `Activity of ${now.name}`);
      choice.classList.toggle("available", now.available);
      offer(choice, activities());
      // Only what changed: somebody may be choosing.
      if (known !== now.activity) choice.value = known = now.activity;
    }],
    ["Does now", "doing", (cell, now) => {
      if (!cell.firstChild) cell.append(element("span", "status"), element("code", "attributes"));
      const [word, what] = cell.children;
      status(word, now.status || "free");
      word.dataset.status = now.status || (now.available ? "free" : "away");
      text(word, now.status || (now.available ? "free" : "away"));
      text(what, now.doing);
      what.title = now.task ? `${now.task} ${now.doing}` : "";
    }],
    ["Since", "number", (cell, now) => since(cell, now.since)],
  ], row);
};

/** Let these be chosen from: `{sid, name}`, by place. What is chosen stays chosen. */
export function offer(choice, from) {
  const written = JSON.stringify(from);
  if (choice.dataset.offered === written) return;
  const chosen = choice.value;
  choice.dataset.offered = written;
  choice.replaceChildren(...from.map(({ sid, name }) => {
    const option = element("option", "", name);
    option.value = sid;
    return option;
  }));
  if (from.some(({ sid }) => sid === chosen)) choice.value = chosen;
}

/** A line of Twilio's debugger. */
export function alert(row) {
  const made = element("li", "alert");
  const [at, code, words, whose, more] = [
    element("time", "at"), element("b", "code"), element("p", "words"), element("span", "sid"), element("span", "link"),
  ];
  made.append(element("p", "first", code, at, whose), words, more);
  const update = (now) => {
    text(at, timeOfDay(new Date(now.at)));
    at.dateTime = now.at;
    text(code, String(now.code));
    text(words, now.text);
    text(whose, shortSid(now.reservation));
    whose.title = now.reservation;
    text(more, now.more);
  };
  return { element: made, update };
}

/** A task that nobody got, and why. */
export function canceled(row) {
  const made = element("li", "canceled");
  const [at, sid, why, attributes] = [
    element("time", "at"), element("span", "sid"), element("p", "words"), element("code", "attributes"),
  ];
  made.append(element("p", "first", sid, at), why, attributes);
  const update = (now) => {
    text(at, timeOfDay(new Date(now.updated)));
    at.dateTime = now.updated;
    text(sid, shortSid(now.task));
    sid.title = now.task;
    text(why, now.reason || "canceled without a reason");
    text(attributes, now.attributes);
    mark(made, now);
  };
  return { element: made, update };
}
