// A task is created by hand.

import { text } from "/page/rows.js";
import { offer } from "/page/tables.js";

const FIELDS = ["workflow", "attributes", "priority"];

export class NewTask {
  #form;
  #told;
  #onCreated;

  /** `onCreated(sid)` is told each task that is created. */
  constructor(form, sandbox, onCreated) {
    this.#form = form;
    this.#onCreated = onCreated;
    this.#told = form.querySelector(".told");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create(sandbox);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  }

  /** Offer these workflows. */
  show(workflows) {
    offer(this.#form.elements.workflow, workflows);
  }

  async #create(sandbox) {
    const button = this.#form.querySelector("[type=submit]");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    this.#say("", {});
    try {
      const values = FIELDS.map((name) => [name, this.#form.elements[name].value]);
      const { task, told } = await sandbox.order("/page/tasks", Object.fromEntries(values));
      this.#onCreated(task);
      this.#say(told, {});
    } catch (error) {
      this.#say("", error.fields ?? {}, error.message);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  /** Write what was done, or what is wrong with which field; the first of these gets the focus. */
  #say(told, fields, wrong = "") {
    for (const name of FIELDS) {
      const field = this.#form.elements[name];
      text(this.#form.querySelector(`#${name}-error`), sentence(fields[name] ?? ""));
      field.setAttribute("aria-invalid", String(name in fields));
    }
    const first = FIELDS.find((name) => name in fields);
    if (first) this.#form.elements[first].focus();
    this.#told.classList.toggle("error", Boolean(wrong) && !first);
    text(this.#told, first ? "" : sentence(told || wrong));
  }
}

const sentence = (words) => (words ? `${words[0].toUpperCase()}${words.slice(1)}.` : "");
