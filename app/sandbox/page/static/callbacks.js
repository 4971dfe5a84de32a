// Callbacks and their answers: a line each, and all of one when it is opened.

import { element, text } from "/page/rows.js";
import { number, shortSid, timeOfDay } from "/page/words.js";

/** Callbacks; `fetchWhole(key)` returns all of one. */
export const callback = (fetchWhole) => (row) => {
  const made = element("details", "callback");
  const parts = ["at", "answer", "instruction", "number", "name", "task", "url"].map((name) => element("span", name));
  const [at, answer, instruction, took, worker, task, url] = parts;
  const whole = element("div", "callback-whole");
  made.append(element("summary", "", ...parts), whole);

  const open = async () => {
    if (!made.open) return;
    try {
      whole.replaceChildren(...contents(row, await fetchWhole(row.key)));
    } catch (error) {
      whole.replaceChildren(element("p", "error", error.message));
    }
  };
  made.addEventListener("toggle", open);

  const update = (now) => {
    row = now;
    text(at, timeOfDay(new Date(now.at)));
    at.title = now.at;
    text(answer, answerOf(now));
    answer.dataset.answer = kindOf(now);
    answer.title = now.failure;
    text(instruction, now.instruction || "–");
    text(took, now.milliseconds === null ? "–" : number(now.milliseconds));
    text(worker, now.worker);
    text(task, now.attributes);
    task.title = `${now.task} ${now.attributes}`;
    text(url, now.url);
    url.title = now.url;
    open();
  };
  return { element: made, update };
};

function answerOf(row) {
  if (!row.answered) return "awaited";
  return row.status === null ? "no answer" : String(row.status);
}

function kindOf(row) {
  if (!row.answered) return "awaited";
  return row.status === 200 ? "good" : "bad";
}

function contents(row, whole) {
  return [
    element("p", "outcome", element("b", "", "Outcome "), whole.outcome),
    element("div", "two", parameters(whole), element("div", "", answer(row, whole), updates(whole))),
  ];
}

function parameters({ parameters: given }) {
  const list = element("dl", "parameters");
  for (const [name, value] of given) {
    const many = value.includes("\n");
    list.append(element("dt", "", name), element("dd", "", element(many ? "pre" : "code", "", value)));
  }
  return element("div", "", element("h3", "", "Parameters"), list);
}

function answer(row, { answer: given }) {
  const head = element("h3", "", "Answer");
  const where = element("p", "where", row.url);
  if (!given) return element("div", "", head, where, element("p", "note", "No answer came yet."));
  if (given.status === null) return element("div", "", head, where, element("p", "error", given.failure));
  const said = element("p", "note", `HTTP ${given.status} in ${number(row.milliseconds)} ms, ${given.content_type || "no content type"}`);
  const failed = given.failure ? [element("p", "error", given.failure)] : [];
  return element("div", "", head, where, said, ...failed, element("pre", "", given.body || "(empty)"));
}

function updates({ updates: given }) {
  if (!given.length) return "";
  const list = element("ol", "updates", ...given.map(update));
  return element("div", "", element("h3", "", "Updates over REST"), list);
}

function update(given) {
  const result = given.status ? `HTTP ${given.status}${given.code ? `, ${given.code}` : ""}` : "nothing applied";
  const fault = given.fault ? `, a fault: ${given.fault}` : "";
  return element("li", "",
    element("p", "note", `${timeOfDay(new Date(given.at))}  ${result}${fault}`),
    element("code", "", given.body), element("p", "words", given.outcome));
}
