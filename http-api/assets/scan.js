// Scanning. A scanner types what it reads, very fast, and presses Enter: that is told from a person's typing by its
// pace, wherever the focus is, and what it typed into a field is taken out of it again. What was read goes to the
// server; the page then does with the answer what it is for, or shows it.
//
// Other pages take part by listening for `tributary:scan` on the document: its `detail` is the answer of /api/v1/scan
// with `href`, where it leads. Who handles it calls preventDefault; `chosen` says that a person picked this batch.

import { patch } from "./grid.js";
import { openDialog, setting, settings, toast } from "./ui.js";

// Between two keys of a scanner pass a few milliseconds, a hundred at the worst over radio; a person never keeps such a
// pace.
const GAP_MS = 100;
const PACE_MS = 50;
const LETTERS_MIN = 6;
const GS = "\u001d";

const say = (key) => document.body.dataset[key] || "";
const many = () => setting("scan-many", "off");
let dialog = null;
let shown = null;

// ---- sound ----

let audio;
function beep(good) {
  if (!setting("scan-beep", "on")) return;
  try {
    audio ||= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = good ? "sine" : "square";
    tone.frequency.value = good ? 1320 : 220;
    volume.gain.value = 0.08;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (good ? 0.09 : 0.35));
  } catch { /* no sound here */ }
}

// ---- the answer ----

const ask = (url, options) => fetch(url, { ...options, headers: { "x-part": "scan" } });
const asked = (text) => `/scan?${new URLSearchParams({ text })}`;

async function scan(text) {
  try {
    await take(await (await ask(asked(text))).text(), asked(text));
  } catch {
    beep(false);
    toast(say("failed"));
  }
}

async function take(html, url) {
  const node = new DOMParser().parseFromString(html, "text/html").querySelector("[data-scan], [data-scan-refused]");
  if (!node) return location.assign(url);
  const told = node.dataset.scan ? JSON.parse(node.dataset.scan) : null;
  if (told && offer(told)) {
    beep(true);
    if (dialog && many()) await show(node, told);
    return;
  }
  const warned = told?.readings.some((reading) => reading.warnings.length);
  beep(Boolean(told?.href) && !warned);
  // Leaving is what a scan is for where nothing is being typed (boxes of a list are ticked, not typed); elsewhere the answer is shown over the page.
  const typing = document.querySelector("main form[method=post]:not([data-scan-learn]):not([action='/stock/arrange'])");
  if (told?.href && !warned && !many() && !typing) location.assign(told.href);
  else await show(node, told);
}

// Whether the page handled it.
const offer = (told) => !document.dispatchEvent(new CustomEvent("tributary:scan", { detail: told, cancelable: true }));

async function show(node, told) {
  shown = told;
  if (!document.querySelector("[data-scan-answer]")) await open();
  const place = document.querySelector("dialog [data-scan-answer]") || document.querySelector("[data-scan-answer]");
  if (!place) return;
  place.replaceChildren(document.importNode(node, true));
  window.htmx?.process(place);
  const field = place.parentElement.querySelector("[data-scan-field]");
  const landing = place.querySelector("[data-land]");
  if (landing) { landing.removeAttribute("data-land"); landing.focus(); }
  else if (field) { field.value = ""; field.focus(); }
}

async function open() {
  const here = document.querySelector("[data-scan-page] [data-scan-field]");
  if (here) return here.focus();
  if (dialog) return dialog.querySelector("[data-scan-field]")?.focus();
  const answer = await fetch("/scan/panel");
  const content = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-notice]");
  if (!content) return location.assign("/scan");
  dialog = openDialog(document.importNode(content, true), () => { dialog = null; shown = null; });
  dialog.setAttribute("aria-label", content.dataset.notice);
  dialog.classList.add("wide");
  settings(dialog);
  dialog.querySelector("[data-scan-field]").focus();
}

// Puts the cursor where work goes on, behind a dialog that closes.
export function land(input) {
  const focus = () => { input.focus(); input.select?.(); };
  if (dialog && many()) return;
  if (dialog) { dialog.addEventListener("close", focus, { once: true }); dialog.close(); }
  else focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-scan-open], [data-scan-text], [data-scan-line], [data-scan-item], [data-scan-more]");
  if (!link || event.ctrlKey || event.metaKey) return;
  const { scanText, scanLine, scanItem } = link.dataset;
  const leave = () => event.preventDefault();
  if ("scanOpen" in link.dataset) { leave(); open().catch(() => location.assign(link.href)); }
  else if (scanText) { leave(); scan(scanText); }
  else if ("scanMore" in link.dataset) { leave(); ask(link.href).then((answer) => answer.text()).then((html) => take(html, link.href)); }
  else if (shown) {
    const reading = shown.readings.find((one) => (scanLine ? one.lines.some((line) => line.id === scanLine) : one.item?.id === scanItem));
    if (!reading) return;
    const lines = reading.lines.filter((line) => line.id === scanLine);
    if (offer({ ...shown, sure: true, chosen: true, readings: [{ ...reading, batch: scanLine ? reading.batch : null, lines }] })) leave();
  }
}, true);

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.matches("[data-scan-form]")) {
    event.preventDefault();
    const field = form.querySelector("[data-scan-field]");
    if (field.value.trim()) scan(field.value);
    if (many()) field.value = "";
    field.focus();
  } else if (form.matches("[data-scan-learn]")) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, submitter));
    ask(form.action, { method: "POST", body }).then((answer) => answer.text()).then((html) => take(html, asked(body.get("text")))).catch(() => toast(say("failed")));
  }
}, true);

// ---- what pages do with it ----

const french = document.documentElement.lang.startsWith("fr");
const read = (text) => Number(french ? text.replace(/\s/g, "").replace(",", ".") : text.replace(/[\s,]/g, "")) || 0;
const write = (number) => (french ? String(number).replace(".", ",") : String(number));
const changed = (input) => { for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true })); };
const same = (one, other) => (one || "").trim().toLowerCase() === (other || "").trim().toLowerCase();

// Adds the units of the scanned box to a quantity.
function add(input, units) {
  input.value = write(read(input.value) + units);
  changed(input);
  land(input);
}

async function line(form, url) {
  const lines = form.querySelector("#lines");
  lines.insertAdjacentHTML("beforeend", await (await fetch(url)).text());
  const row = lines.lastElementChild;
  window.htmx?.process(row);
  lines.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
  return row;
}

const unitsOf = (reading, row) => (reading.packSize || Number(row.dataset.pack) || reading.item.defaultPackSize) * (reading.count || 1);

async function issue(form, reading) {
  const [batch] = reading.lines;
  const key = reading.batch && batch ? batch.id : reading.item.id;
  const url = reading.batch && batch ? `/issue/batch/${key}` : `/issue/line/${key}`;
  const row = form.querySelector(`[data-line="${key}"]`) || (await line(form, url));
  add(row.querySelector("input.quantity"), unitsOf(reading, row));
}

async function receive(form, reading) {
  const field = (row, name) => row.querySelector(`[name^="${name}."]`);
  const rows = [...form.querySelectorAll(`[data-item="${reading.item.id}"]`)];
  const found = rows.find((row) => same(field(row, "batch").value, reading.batch)) || rows.find((row) => !field(row, "batch").value);
  const said = { batch: reading.batch || "", expiry: reading.expiry || "", pack: reading.packSize || reading.item.defaultPackSize };
  const row = found || (await line(form, `/receive/line/${reading.item.id}?${new URLSearchParams(said)}`));
  const before = ["quantity", "batch", "expiry"].map((name) => [field(row, name), field(row, name).value]);
  for (const name of ["batch", "expiry"]) if (said[name]) field(row, name).value = said[name];
  add(field(row, "quantity"), unitsOf(reading, row));
  toast([reading.item.name, reading.batch].filter(Boolean).join(" · "), say("undo"), () => {
    if (!found) return row.querySelector("[data-remove]").click();
    for (const [input, value] of before) { input.value = value; changed(input); }
  });
}

// A box that counts in a line of a shipment: the server finds the line, the page shows what came of it.
async function count(place, text, line) {
  const answer = await (await ask(place.dataset.scanCount, { method: "POST", body: new URLSearchParams({ text, line: line || "" }) })).json();
  const [said, field] = ["said", "field"].map((name) => place.querySelector(`[data-scan-${name}]`));
  field.value = "";
  field.focus();
  patch(answer);
  if (answer.warn) beep(false);
  said.textContent = answer.said;
  said.className = answer.warn ? "alert warn" : "alert";
  for (const [id, name] of answer.choices) {
    const button = document.createElement("button");
    button.className = "btn";
    button.textContent = name;
    button.addEventListener("click", () => count(place, text, id));
    said.append(button);
  }
  document.getElementById(answer.row)?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("tributary:scan", (event) => {
  const { sure, readings, chosen, kind, text } = event.detail;
  const [reading] = readings;
  const place = document.querySelector("[data-scan-count]");
  // What nobody has said the meaning of is learned first; the code of an item leads to its line.
  if (place && kind !== "item" && (!reading || reading.item)) {
    event.preventDefault();
    return count(place, text).catch(() => toast(say("failed")));
  }
  if (event.defaultPrevented || !sure || readings.length !== 1 || !reading.item) return;
  const issuing = document.querySelector("form[data-draft='/issue']");
  const receiving = document.querySelector("form[data-draft='/receive/new']");
  if (issuing && (chosen || (!reading.warnings.length && (!reading.batch || reading.lines.length === 1)))) {
    event.preventDefault();
    issue(issuing, reading);
  } else if (receiving && (chosen || !reading.warnings.some((warning) => warning === "expired" || warning === "item-inactive"))) {
    event.preventDefault();
    receive(receiving, reading);
  } else if (!issuing && !receiving) {
    // A list of what is expected: the row of this batch.
    const rows = [...document.querySelectorAll(`main tr[data-batch][data-item="${reading.item.id}"]`)];
    const fitting = reading.batch ? rows.filter((row) => same(row.dataset.batch, reading.batch)) : rows;
    const input = fitting.length === 1 && fitting[0].querySelector("input.quantity");
    if (input) { event.preventDefault(); land(input); }
  }
});

// ---- a scanner that types ----

const isField = (element) => element?.matches?.("input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select");
let keys = [];
let codes = "";
let began = 0;
let latest = 0;
let field = null;

// On a French keyboard a scanner that is set to an American one types «&é"'» for digits: the keys themselves are known.
const SIGNS = { Minus: "-", Slash: "/", Period: ".", Comma: ",", BracketRight: "]" };
function plain({ code, shiftKey }) {
  if (code.startsWith("Digit") && !shiftKey) return code[5];
  if (code === "Semicolon") return shiftKey ? ":" : ";";
  const letter = code.startsWith("Key") ? code[3] : SIGNS[code] || "";
  return shiftKey ? letter : letter.toLowerCase();
}

function letterOf(event) {
  if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) return GS;
  return event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey ? event.key : "";
}

const digits = (text) => text.replace(/\D/g, "").length;
const text = () => { const typed = keys.join(""); return !digits(typed) && digits(codes) >= LETTERS_MIN ? codes : typed; };

function isArticle(text) {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
  const sum = [...text].reverse().reduce((sum, digit, at) => sum + digit * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
const looksScanned = (text) => /^(\][a-z]\d|0[12]\d{14}|00\d{18}|\(\d{2,4}\)|tributary:|https?:\/\/.*\/01\/\d)/i.test(text) || text.includes(GS) || isArticle(text);

// What the scanner typed is taken out again.
function restore() {
  const { input, value, start, end } = field;
  input.value = value;
  try { input.setSelectionRange(start, end); } catch { /* not a field of text */ }
  input.dispatchEvent(new Event("input", { bubbles: true }));
  if (value === input.defaultValue) delete input.dataset.dirty;
}

addEventListener("keydown", (event) => {
  if (event.repeat || event.isComposing || !event.isTrusted) return;
  const { target, timeStamp: at } = event;
  if (event.key === "F2") { event.preventDefault(); return open().catch(() => location.assign("/scan")); }
  if (at - latest > GAP_MS) keys = [];
  if (["Shift", "Control", "CapsLock"].includes(event.key)) { if (keys.length) latest = at; return; }
  if (event.key === "Enter" || event.key === "Tab") {
    const read = text();
    const scanned = keys.length >= LETTERS_MIN && (latest - began) / keys.length < PACE_MS;
    keys = [];
    if (!scanned || target.type === "password") return;
    const isScanField = target.matches("[data-scan-field]");
    if (field && !isScanField && !looksScanned(read)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isScanField) target.value = "";
    else if (field) restore();
    return scan(read);
  }
  const letter = letterOf(event);
  // A key that led into a field, as the slash leads to the search, is no part of what is typed there.
  if (!letter || (keys.length && !field && isField(target))) keys = [];
  if (!letter) return;
  if (!keys.length) {
    began = at;
    codes = "";
    field = isField(target) ? { input: target, value: target.value, start: target.selectionStart, end: target.selectionEnd } : null;
  }
  keys.push(letter);
  codes += letter === GS ? GS : plain(event);
  latest = at;
  // The rest of a burst is no shortcut of the page.
  if (letter === GS || (keys.length > 1 && !field)) { event.preventDefault(); event.stopPropagation(); }
}, true);
