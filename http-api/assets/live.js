// Live pages without lost typing. The server says that something changed; the page is read anew in the background and
// only its read-only cells (`data-live`) are patched. An input is never replaced: a clean one takes the new value and
// shows it, one being typed in offers the choice. Lists never move under a finger: a button says what waits.

import { mark, settle } from "./grid.js";
import { localTimes } from "./ui.js";

// Not more than one reading of the page in this time, whatever happens on the server.
const PAUSE_MS = 600;

const say = (key, value) => (document.body.dataset[key] || "").replace("{}", value);
// So long after a key somebody is still typing; but so long at most a page waits for them.
const TYPING_MS = 1500;
const TYPING_MAX_MS = 8000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let typed = 0;
document.addEventListener("keydown", (event) => { if (event.target.matches?.("input, textarea, select")) typed = Date.now(); });

let running = false;
let again = false;
let last = 0;

function key(element) { return element.getAttribute("data-live"); }

function patchCells(fresh) {
  const cells = new Map([...fresh.querySelectorAll("[data-live]")].map((cell) => [key(cell), cell]));
  for (const cell of document.querySelectorAll("[data-live]")) {
    const found = cells.get(key(cell));
    if (!found || cell.querySelector("input, select, textarea")) continue;
    localTimes(found);
    const before = cell.textContent;
    if (cell.innerHTML === found.innerHTML && cell.className.replace(" changed", "") === found.className) continue;
    if (cell.contains(document.activeElement)) continue;
    cell.innerHTML = found.innerHTML;
    cell.className = found.className;
    if (cell.hasAttribute("data-quiet") || cell.textContent.trim() === before.trim()) continue;
    cell.classList.add("changed");
    setTimeout(() => cell.classList.remove("changed"), 2100);
  }
}

const chosen = (select) => [...select.options].find((option) => option.defaultSelected)?.value ?? "";
const base = (input) => (input.options ? chosen(input) : input.defaultValue);

function patchInputs(fresh) {
  for (const input of document.querySelectorAll("[data-save]")) {
    const found = input.id && fresh.getElementById(input.id);
    if (!found) continue;
    const theirs = base(found);
    if (theirs === base(input)) continue;
    // What a line was seen as goes with what is typed into it: it stays until that is saved, or the choice is made;
    // unless the line still says what was seen, or says what is typed.
    if (input.type === "hidden") {
      const row = input.closest("[data-line]");
      if ((!row?.contains(document.activeElement) && !row?.querySelector("[data-dirty]")) || says(row, fresh)) take(input, theirs);
      continue;
    }
    if (theirs === input.value) { agree(input); continue; }
    const busy = input === document.activeElement || input.dataset.dirty || input.value !== base(input);
    if (busy) offer(input, theirs, found);
    else take(input, theirs);
  }
}

const says = (row, fresh) => [...row.querySelectorAll("[data-save]:not([type=hidden])")].every((input) => {
  const found = fresh.getElementById(input.id);
  return !found || base(found) === base(input) || base(found) === input.value;
});

// Somebody else wrote what is typed here: there is nothing to save, and nothing to choose.
function agree(input) {
  settle(input);
  mark(input, "");
  document.getElementById(`${input.id}-offer`)?.remove();
  delete input.dataset.offered;
}

function take(input, value) {
  input.value = value;
  if (input.options) for (const option of input.options) option.defaultSelected = option.value === value;
  else input.defaultValue = value;
  input.classList.add("changed");
  setTimeout(() => input.classList.remove("changed"), 2100);
}

function offer(input, theirs, found) {
  if (input.dataset.offered === theirs) return;
  input.dataset.offered = theirs;
  document.getElementById(`${input.id}-offer`)?.remove();
  const shown = found.options ? [...found.options].find((option) => option.value === theirs)?.textContent : theirs;
  const chip = document.createElement("div");
  chip.className = "offer";
  chip.id = `${input.id}-offer`;
  chip.setAttribute("role", "status");
  chip.append(say("elsewhere", shown || "—"));
  const fresh = found.closest("[data-line]");
  const seen = () => { for (const field of input.closest("[data-line]")?.querySelectorAll("input[type=hidden][data-save]") || []) { const now = fresh?.querySelector(`#${CSS.escape(field.id)}`); if (now) field.value = field.defaultValue = now.value; } };
  for (const [word, act] of [["keep", () => { seen(); input.dispatchEvent(new Event("change", { bubbles: true })); }], ["take", () => { seen(); delete input.dataset.dirty; take(input, theirs); }]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say(word, word === "take" ? shown : input.value);
    button.addEventListener("click", () => { chip.remove(); delete input.dataset.offered; act(); input.focus(); });
    chip.append(button);
  }
  input.after(chip);
}

function offerRows(fresh) {
  for (const list of document.querySelectorAll("[data-rows]")) {
    const found = fresh.getElementById(list.id);
    if (!found) continue;
    const here = new Set(list.dataset.rows.split(" "));
    const there = new Set(found.dataset.rows.split(" "));
    const differing = [...there].filter((id) => !here.has(id)).length + [...here].filter((id) => !there.has(id)).length;
    const bar = document.getElementById("refresh");
    bar.hidden = differing === 0;
    if (differing) bar.querySelector("button").textContent = say("changes", differing);
    return;
  }
}

async function refresh() {
  if (running) { again = true; return; }
  running = true;
  again = false;
  await pause(Math.max(60, last + PAUSE_MS - Date.now()));
  // While somebody types, the page is read when they pause, so that no key waits for it.
  for (const until = Date.now() + TYPING_MAX_MS; Date.now() < Math.min(until, typed + TYPING_MS); ) await pause(200);
  last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { "x-part": "live" }, cache: "no-store" });
    if (answer.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      patchCells(fresh);
      patchInputs(fresh);
      offerRows(fresh);
    }
  } catch { /* the server is away: the next event or the next minute tries again */ }
  running = false;
  if (again) refresh();
}

let source = null;
function open() {
  if (source || document.hidden) return;
  source = new EventSource("/live");
  source.addEventListener("changed", refresh);
  // What changed after this page was made and before the stream was open, or while it was broken, was told to nobody.
  source.addEventListener("open", () => { if (document.querySelector("main [data-live], main [data-save], main [data-rows]")) refresh(); });
}
function close() { source?.close(); source = null; }

document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else { open(); refresh(); } });
addEventListener("pagehide", close);
addEventListener("pageshow", open);
document.addEventListener("click", (event) => { if (event.target.closest("#refresh button")) location.reload(); });
setInterval(() => { if (!document.hidden) refresh(); }, 30000);
open();
