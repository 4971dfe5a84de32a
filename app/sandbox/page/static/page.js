// The page: draws each state that the sandbox tells, and says so when it tells nothing.

import { callback } from "/page/callbacks.js";
import { NewTask } from "/page/form.js";
import { Rows, text, tick } from "/page/rows.js";
import { Sandbox } from "/page/sandbox.js";
import { alert, canceled, offer, queue, reservation, waiting, worker } from "/page/tables.js";
import { andMore, dayOf, number, span, timeOfDay } from "/page/words.js";

const STEPS = [200, 1000, 5000];
const TASKS = ["pending", "reserved", "assigned", "wrapping", "completed", "canceled"];
const $ = (selector) => document.querySelector(selector);

const created = new Set();
let shown = null;
let activities = [];
let clock = null;
let before = null;
let callbacks = STEPS[0];

// `/?every=5000` asks every five seconds, in place of each second.
const asked = Number(new URLSearchParams(location.search).get("every")) || 1000;
const every = Math.min(Math.max(asked, 100), 60_000);
const sandbox = new Sandbox({ every, onState: draw, onClock: setClock, onGone: gone });
const newTask = new NewTask($("#new-task"), sandbox, (sid) => {
  created.add(sid);
  // A look that was under way may have brought it before.
  if (shown) draw(shown);
});

/** A section with rows: its list, its filter, and what it says when there are none or more. */
class Section {
  constructor(name, make, what) {
    this.section = document.getElementById(name);
    this.what = what;
    this.rows = new Rows(this.section.querySelector("tbody, ol, .items"), make);
    this.box = this.section.querySelector(".filter input");
    this.none = this.section.querySelector(".none");
    this.empty = this.none?.textContent;
    this.box?.addEventListener("input", () => this.#sift());
  }

  show({ rows, more }) {
    this.rows.show(rows);
    const note = this.section.querySelector(".more");
    if (note) text(note, andMore(more, this.what));
    this.#sift();
  }

  #sift() {
    const left = this.rows.filter(this.box?.value ?? "");
    if (!this.none) return;
    this.none.hidden = left > 0;
    text(this.none, this.rows.size ? "Nothing here holds the text of the filter." : this.empty);
  }
}

/** Do something by hand, and write beside the list what came of it. */
const by = (name) => async (path, body) => {
  const told = document.querySelector(`#${name} .told`);
  try {
    const done = await sandbox.order(path, body);
    told.classList.remove("error");
    text(told, done.told);
    return true;
  } catch (error) {
    told.classList.add("error");
    text(told, error.message);
    return false;
  }
};

const sections = {
  queues: new Section("queues", queue),
  waiting: new Section("waiting", waiting, "that wait"),
  reservations: new Section("reservations", reservation(by("reservations")), "that ended before"),
  workers: new Section("workers", worker(by("workers"), () => activities), "workers"),
  alerts: new Section("alerts", alert, "before"),
  canceled: new Section("canceled", canceled, "before"),
  callbacks: new Section("callbacks", callback((key) => sandbox.callback(key)), "before"),
};

/** The same rows, those of tasks created here marked as such. */
const marked = ({ rows, more }) => ({ rows: rows.map((row) => ({ ...row, mine: created.has(row.task) })), more });

function draw(state) {
  shown = state;
  activities = state.activities;
  text($("#workspace"), state.workspace.name);
  document.title = `${state.workspace.name} – local TaskRouter`;
  text($("#workspace-sid"), state.workspace.sid);
  text($("#account-sid"), state.workspace.account_sid);
  for (const status of TASKS) text($(`#count-${status}`), number(state.counts.tasks[status] ?? 0));
  text($("#count-available"), `${number(state.counts.available)} / ${number(state.counts.workers)}`);
  const alerts = state.alerts.rows.length + state.alerts.more;
  text($("#count-alerts"), number(alerts));
  $("#count-alerts").classList.toggle("bad", alerts > 0);
  newTask.show(state.workflows);
  sections.queues.show({ rows: state.queues, more: 0 });
  for (const name of ["waiting", "reservations", "canceled"]) sections[name].show(marked(state[name]));
  for (const name of ["workers", "alerts", "callbacks"]) sections[name].show(state[name]);
  // A worker whose row is as before does not know of a new activity.
  for (const choice of document.querySelectorAll("#workers select")) offer(choice, activities);
  const step = STEPS.find((each) => each > callbacks);
  $("#more-callbacks").hidden = !(state.callbacks.more && step);
  if (clock) tick(clock, span);
}

function setClock(now) {
  clock = now;
  text($("#clock"), timeOfDay(now));
  text($("#day"), dayOf(now));
  setPace(now);
  $("#gone").hidden = true;
  document.body.classList.remove("away");
  text($("#live"), document.body.classList.contains("paused") ? "paused" : "live");
  tick(now, span);
}

/** Say how fast the sandbox's clock runs, if it is not as fast as ours. */
function setPace(now) {
  const here = performance.now();
  if (!before || now < before.now || here - before.here > 5000) before = { now, here };
  if (here - before.here < 900) return;
  const pace = (now - before.now) / (here - before.here);
  text($("#pace"), pace > 1.5 ? `${number(Math.round(pace))}× as fast` : pace < 0.1 ? "stands still" : "");
}

function gone() {
  const seen = clock ? ` What is shown is from ${timeOfDay(clock)}.` : "";
  text($("#gone"), `The sandbox at ${location.origin} does not answer.${seen} The page goes on by itself when it is back.`);
  $("#gone").hidden = false;
  document.body.classList.add("away");
  text($("#live"), "away");
  before = null;
}

$("#pause").addEventListener("click", (event) => {
  const paused = document.body.classList.toggle("paused");
  event.target.setAttribute("aria-pressed", String(paused));
  text($("#live"), paused ? "paused" : "live");
  sandbox.paused = paused;
});

$("#more-callbacks").addEventListener("click", () => {
  callbacks = STEPS.find((each) => each > callbacks) ?? callbacks;
  sandbox.callbacks = callbacks;
});

text($("#address"), location.origin);
sandbox.look();
