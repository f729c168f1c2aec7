// What every page does beyond plain HTML: keys, menus, dialogs, toasts, local time, focus. Without it all forms and
// links still work.

const say = (key) => document.body.dataset[key] || "";
const page = document.documentElement;

// ---- instants in the reader's own time zone (the server writes UTC) ----

// Browsers write English dates in the American way and know other months than the server does: both are put together
// here, day first and with 24 hours, as the server writes them.
const french = page.lang.startsWith("fr");
const moment = new Intl.DateTimeFormat(french ? "fr" : "en-US", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function written(at, brief) {
  const part = {};
  for (const { type, value } of moment.formatToParts(at)) part[type] = value;
  const day = french && part.day === "1" ? "1er" : part.day;
  const year = brief && at.getFullYear() === new Date().getFullYear() ? "" : `\u00a0${part.year}`;
  return `${day}\u00a0${part.month}${year}, ${part.hour}:${part.minute}`;
}

export function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime*=T]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    if (!time.classList.contains("ago")) time.textContent = written(at, time.classList.contains("brief"));
    time.title = written(at);
  }
}

// ---- dialogs ----

export function openDialog(content, onClose) {
  const dialog = document.createElement("dialog");
  dialog.append(content);
  document.body.append(dialog);
  settings(dialog);
  const back = document.activeElement;
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(event.target.dataset.close || "");
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back && back.isConnected) back.focus();
    if (onClose) onClose(dialog.returnValue);
  });
  dialog.showModal();
  return dialog;
}

function ask(question, confirmWord) {
  return new Promise((resolve) => {
    const box = document.createElement("div");
    box.className = "pad stack";
    const text = document.createElement("p");
    text.className = "strong";
    text.textContent = question;
    const row = document.createElement("div");
    row.className = "row";
    for (const [value, word, look] of [["yes", confirmWord, "btn primary"], ["", say("cancel"), "btn"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = look;
      button.textContent = word;
      button.dataset.close = value;
      row.append(button);
    }
    box.append(text, row);
    openDialog(box, (answer) => resolve(answer === "yes"));
  });
}

// A link that would lead to a notice shows it here, over the page that the person is on.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { "x-part": "notice" } });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-notice]");
    if (!found) throw new Error("no notice");
    openDialog(document.importNode(found, true)).setAttribute("aria-label", found.dataset.notice);
  } catch {
    location.href = link.href;
  }
});

document.addEventListener("submit", async (event) => {
  const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (!question || event.target.dataset.sure) return;
  event.preventDefault();
  const { target: form, submitter } = event;
  if (await ask(question, submitter?.textContent.trim() || "OK")) {
    form.dataset.sure = "1";
    form.requestSubmit(submitter);
  }
});

// A second press of a button is the same act.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; delete form.dataset.sure; }));

// ---- toasts ----

export function toast(text, word, act) {
  const tray = document.querySelector(".toasts");
  if (!tray) return;
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = text;
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.addEventListener("click", () => { note.remove(); act(); });
    note.append(button);
  }
  tray.append(note);
  setTimeout(() => note.remove(), act ? 10000 : 6000);
}
for (const note of document.querySelectorAll(".toasts .toast")) setTimeout(() => note.remove(), 7000);

// ---- menus ----

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// ---- what this browser remembers of its reader's wishes ----

export function setting(name, otherwise) {
  try { return (localStorage.getItem(name) || otherwise) === "on"; } catch { return otherwise === "on"; }
}
export function settings(root) {
  for (const box of root.querySelectorAll("[data-setting]")) box.checked = setting(box.dataset.setting, box.dataset.default || "off");
}
page.classList.add("scripts");
settings(document);
// Fields that belong to one choice of several are shown with it.
function choices() {
  for (const part of document.querySelectorAll("[data-for]")) {
    const [name, value] = part.dataset.for.split("=");
    part.hidden = document.querySelector(`[name="${name}"]:checked`)?.value !== value;
  }
}
document.addEventListener("change", (event) => { if (event.target.type === "radio") choices(); });
choices();

// Tabs and parts that do not fit scroll sideways: the chosen one is in sight.
for (const link of document.querySelectorAll(".tabs [aria-current], .facets [aria-current]")) {
  const bar = link.parentElement;
  if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft += link.getBoundingClientRect().left - bar.getBoundingClientRect().left - (bar.clientWidth - link.offsetWidth) / 2;
}

// How many rows the files of a list have is asked when somebody opens their menu.
document.addEventListener("toggle", async (event) => {
  const menu = event.target;
  if (!menu.open || !menu.matches?.("[data-files]") || menu.dataset.counted) return;
  menu.dataset.counted = "1";
  const places = [...menu.querySelectorAll("[data-rows-of]")].filter((place) => !place.textContent.trim());
  if (!places.length) return;
  const answer = await fetch(menu.querySelector("a[download]").href, { method: "HEAD" }).catch(() => null);
  const rows = answer?.ok && answer.headers.get("tributary-row-count");
  if (!rows) return;
  const many = menu.dataset.many.replace("#", new Intl.NumberFormat(page.lang).format(rows));
  for (const place of places) place.textContent = ` · ${rows === "1" ? menu.dataset.one : many}`;
}, true);

// ---- keys ----

const keysOff = () => !setting("keys", "on");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    return;
  }
  // Whoever asks for the search is in it already.
  if (event.key === "/" && event.target.matches("[data-slash]") && !event.target.value) return event.preventDefault();
  const typing = event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || keysOff()) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-slash]") || document.querySelector(".seek input");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === "?") {
    const help = document.querySelector("a[data-help]");
    if (help) { event.preventDefault(); help.click(); }
  }
});
// From the search of a list the arrow leads to its first row, then from row to row and back; Enter opens.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const { target } = event;
  if (!step || event.ctrlKey || event.metaKey || event.altKey || !target.matches?.("#list-search, a.row-link")) return;
  const rows = [...document.querySelectorAll("#list-search, a.row-link")];
  const next = rows[rows.indexOf(target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (next.select) next.select();
});
document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.matches("[data-setting]")) { try { localStorage.setItem(target.dataset.setting, target.checked ? "on" : "off"); } catch { /* private window */ } }
  if (target.matches("[data-go]")) target.form.requestSubmit();
  // Options that belong to a choice made elsewhere, such as the reasons of a status.
  if (target.matches("[data-rules]")) rule(target);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// One box for all boxes of a name.
function boxes(all) { return [...all.form.elements].filter((box) => box.name === all.dataset.all); }
function offerAll(root) { for (const all of root.querySelectorAll("[data-all]")) all.hidden = false; }
document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches("[data-all]")) for (const box of boxes(target)) box.checked = target.checked;
  else for (const all of document.querySelectorAll(`[data-all="${CSS.escape(target.name || "-")}"]`)) all.checked = boxes(all).every((box) => box.checked);
});
offerAll(document);
document.addEventListener("htmx:afterSwap", () => offerAll(document));

function rule(input) {
  const form = input.form;
  const value = form.elements[input.name].value;
  for (const select of form.querySelectorAll("select[data-ruled]")) {
    let kept = false;
    for (const option of select.options) {
      const fits = !option.dataset.of || option.dataset.of === value;
      option.hidden = option.disabled = !fits;
      kept = kept || (fits && option.selected);
    }
    if (!kept) select.value = "";
  }
}
for (const input of document.querySelectorAll("[data-rules]:checked")) rule(input);

// ---- focus ----

const wrong = document.querySelector("[aria-invalid=true]");
if (wrong) wrong.focus();
localTimes(document);
document.addEventListener("htmx:afterSwap", (event) => {
  localTimes(event.target);
  const landing = event.target.querySelector("[data-land]");
  if (landing) { landing.removeAttribute("data-land"); landing.focus(); landing.select?.(); }
});
document.addEventListener("htmx:responseError", () => toast(say("failed")));
document.addEventListener("htmx:sendError", () => toast(say("failed")));
