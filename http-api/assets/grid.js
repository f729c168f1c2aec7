// Typing quantities: Enter and the arrows walk from one to the next, each cell saves itself, and what is typed but
// not saved yet is never lost: it stays in the address, and leaving asks first.

import { land } from "./scan.js";
import { toast } from "./ui.js";

const quantities = () => [...document.querySelectorAll("input.quantity:not([disabled]):not([readonly])")];

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("input.quantity")) event.target.select();
});

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("input.quantity")) return;
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const all = quantities().filter((one) => one.dataset.field === input.dataset.field);
  const next = all[all.indexOf(input) + step];
  if (next) next.focus();
  else if (event.key === "Enter") (input.form?.querySelector("[data-last]") || input).focus();
  if (!next && document.activeElement === input) input.blur();
});

// ---- autosave: one cell, one request ----

const saving = new Set();
// What is on its way, waited for so long at most.
const SAVED_MS = 3000;
const saved = () => Promise.race([Promise.all(saving), new Promise((late) => setTimeout(late, SAVED_MS))]);
const word = (input) => document.getElementById(input.dataset.state || "save-state");

async function save(input) {
  const row = input.closest("[data-line]");
  const sent = new Map([...(row ? row.querySelectorAll("[data-save]") : [input])].map((cell) => [cell, cell.value]));
  const body = new URLSearchParams([...sent].map(([cell, value]) => [cell.dataset.field, value]));
  const url = input.dataset.save;
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "x-part": "cell" } });
    const text = await answer.text();
    if (!answer.ok) throw Object.assign(new Error(text), { said: answer.status < 500 && text });
    // What was typed over it meanwhile is not saved by that.
    for (const [cell, value] of sent) if (cell.value === value) settle(cell);
    const told = answer.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : { said: text };
    if (told.cells) patch(told);
    mark(input, "");
    const state = word(input);
    if (state) state.textContent = told.said;
  } catch (error) {
    input.dataset.dirty = "1";
    mark(input, error.said || document.body.dataset.failed);
  }
}

// What follows from a saved cell is shown at once: read-only cells by their name, fields by their id. What somebody is
// typing in stays.
export function patch({ cells, fields }) {
  for (const [name, html] of Object.entries(cells)) {
    const cell = document.querySelector(`[data-live="${name}"]`);
    if (cell && !cell.contains(document.activeElement)) cell.innerHTML = html;
  }
  for (const [id, value] of Object.entries(fields || {})) {
    const field = document.getElementById(id);
    if (!field || field === document.activeElement || field.dataset.dirty) continue;
    field.value = value;
    settle(field);
  }
}

export function settle(cell) {
  delete cell.dataset.dirty;
  if (cell.options) for (const option of cell.options) option.defaultSelected = option.selected;
  else cell.defaultValue = cell.value;
}

export function mark(input, message) {
  input.setAttribute("aria-invalid", message ? "true" : "false");
  let note = document.getElementById(`${input.id}-note`);
  if (!note && message) {
    note = document.createElement("div");
    note.className = "error";
    note.id = `${input.id}-note`;
    note.setAttribute("role", "alert");
    input.after(note);
    input.setAttribute("aria-describedby", note.id);
  }
  if (note) note.textContent = message;
  if (!message && note) note.remove();
}

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-save]")) return;
  const work = save(event.target);
  Object.assign(work, { cell: event.target, value: event.target.value });
  saving.add(work);
  work.finally(() => saving.delete(work));
});
// A sheet that is longer than its page goes on where it ended: Enter in the search takes the first line found.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "list-search") return;
  const first = quantities()[0];
  if (first) { event.preventDefault(); first.focus(); }
});
document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-save]")) event.target.dataset.dirty = "1";
});
// A search reads the list anew: what is on its way is saved first, and what was refused keeps its place.
document.addEventListener("htmx:confirm", async (event) => {
  const { target, issueRequest } = event.detail;
  if (target?.id !== "list" || !target.querySelector("[data-save]")) return;
  event.preventDefault();
  await saved();
  if (document.querySelector("#list [data-dirty]")) toast(document.body.dataset.unsaved);
  else issueRequest();
});
addEventListener("beforeunload", (event) => {
  if (saving.size || document.querySelector("[data-save][data-dirty]")) event.preventDefault();
});

// ---- a box scanned on a count sheet: its cell, its line elsewhere on the sheet, or a line that is added ----

document.addEventListener("tributary:scan", (event) => {
  const sheet = document.querySelector("[data-stocktake]")?.dataset.stocktake;
  const { sure, readings } = event.detail;
  const [reading] = readings;
  if (!sheet || event.defaultPrevented || !sure || readings.length !== 1 || !reading.item) return;
  const here = quantities().filter((input) => reading.lines.some((line) => input.id === `c-${line.id}`));
  // Several batches fit: a person who sees the box picks one.
  if (here.length !== 1 && reading.lines.length > 1) return;
  event.preventDefault();
  if (here.length) land(here[0]);
  else leaveFor(sheet, reading).catch(() => toast(document.body.dataset.failed));
});

async function leaveFor(sheet, { item, batch, expiry, packSize, lines: [line] }) {
  // The browser sees no change in a cell that a scanner typed into, after that was taken out again.
  const cell = document.activeElement;
  cell?.blur();
  if (cell?.matches("[data-save][data-dirty]") && ![...saving].some((work) => work.cell === cell && work.value === cell.value)) cell.dispatchEvent(new Event("change", { bubbles: true }));
  const asked = line && (await fetch(`/api/v1${sheet}/lines?stockLine=${line.id}`));
  const counted = asked?.ok && (await asked.json()).rows.length;
  const known = { item: item.id, batch: batch || line?.batch, expiry: expiry || line?.expiry, packSize: packSize || line?.packSize, location: line?.location };
  // What was typed last is saved first: leaving would lose it. What cannot be saved keeps the page, and is said.
  await saved();
  if (document.querySelector("[data-save][data-dirty]")) return toast(document.body.dataset.unsaved);
  location.assign(counted ? `${sheet}?line=${line.id}` : `${sheet}/add?${new URLSearchParams(Object.entries(known).filter(([, value]) => value))}`);
}

// ---- drafts: a form that is not sent yet stands in the address, and in this browser's memory ----

// Servers refuse longer addresses; a longer draft is kept in memory only.
const ADDRESS_MAX = 6000;
const shelf = (form) => `draft ${document.body.dataset.user} ${form.dataset.draft}`;
const memory = { get: (key) => { try { return localStorage.getItem(key); } catch { return null; } }, set: (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* private window */ } } };

function keep(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value !== "" && name !== "once" && name !== "search") query.append(name, value);
  memory.set(shelf(form), form.querySelector("[data-line]") ? String(query) : "");
  if (String(query).length < ADDRESS_MAX) history.replaceState(history.state, "", `${form.dataset.draft}?${query}`);
}

// What was typed here and never sent, by the same person: one press brings it back.
function offerDraft(form) {
  const kept = memory.get(shelf(form));
  if (!kept || form.querySelector("[data-line]")) return;
  const again = document.createElement("form");
  again.method = "post";
  again.action = form.getAttribute("action");
  again.className = "alert";
  for (const [name, value] of new URLSearchParams(kept)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    again.append(field);
  }
  const button = document.createElement("button");
  button.className = "btn";
  button.textContent = document.body.dataset.resume;
  again.append(button);
  form.before(again);
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.draft && event.submitter?.name === "confirm") memory.set(shelf(form), "");
});
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.draft) keep(form);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (form) { keep(form); count(form); }
});

// ---- rows of a draft ----

function count(form) {
  const rows = form.querySelectorAll("[data-line]").length;
  for (const place of form.querySelectorAll("[data-count]")) place.textContent = rows;
  for (const place of form.querySelectorAll("[data-when-empty]")) place.hidden = rows > 0;
  for (const place of form.querySelectorAll("[data-when-lines]")) place.hidden = rows === 0;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove]");
  if (button) {
    const form = button.form;
    const row = button.closest("[data-line]");
    event.preventDefault();
    const near = (row.nextElementSibling || row.previousElementSibling)?.querySelector("input");
    row.remove();
    keep(form);
    count(form);
    (near || form.querySelector("[data-slash]"))?.focus();
  }
  const pick = event.target.closest("[data-pick]");
  if (pick) {
    const form = pick.form || pick.closest("form");
    const here = form.querySelector(`[data-line="${pick.value}"] input.quantity`);
    const search = form.querySelector("[data-slash]");
    if (search) search.value = "";
    setTimeout(() => { const found = form.querySelector(".found"); if (found) found.textContent = ""; }, 0);
    if (here) { event.preventDefault(); event.stopImmediatePropagation(); here.focus(); toast(pick.dataset.pick); }
  }
}, true);
for (const form of document.querySelectorAll("form[data-draft]")) {
  count(form);
  if (form.querySelector("[data-line]")) memory.set(shelf(form), String(new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && name !== "once" && name !== "search"))));
  else offerDraft(form);
}

// Enter in the item search takes the first one found; the arrows walk through them.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-finder]");
  if (!box) return;
  const choices = [...box.querySelectorAll(".found button")];
  const at = choices.indexOf(event.target);
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    choices[0]?.click();
  } else if (event.key === "ArrowDown" && choices.length) {
    event.preventDefault();
    choices[Math.min(at + 1, choices.length - 1)].focus();
  } else if (event.key === "ArrowUp" && at >= 0) {
    event.preventDefault();
    (choices[at - 1] || box.querySelector("input")).focus();
  }
});
