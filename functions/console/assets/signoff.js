// What the pages do beyond what forms and links do. Every page works without it.
//
// data-live="5"            an element (with an id) that is asked for again every 5 seconds while the page is seen; only what
//                          changed in it is replaced. data-from: the address to ask; data-version: the ETag of what it shows.
//                          Once nobody is signed in any more, it is not asked for again, and the page says so.
// data-say="..."           inside a live element: what is announced once it is new there; empty: the text that it has.
// button[data-copy="#id"]  copies that element's text or value. It comes hidden, and is shown here.
// form[data-preview]       its address is sent the form's fields whenever one changes; data-into="#id" is replaced by the
//                          element of that id in the answer.
// input[data-search]       its address is asked with q=TEXT; the options of the answer become those of the input's list.
"use strict";

const SETTLE_MS = 300;
const LONGEST_WAIT_MS = 120000;
const PATIENCE_MS = 30000;

const announcer = document.createElement("p");
announcer.className = "unseen";
announcer.setAttribute("role", "status");
document.body.append(announcer);

const announce = (text) => { announcer.textContent = text; };

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

// --- Live elements ---------------------------------------------------------------------------------------------------

// What a person did to an element stays: what they typed, what they opened, that a button is shown.
const keeps = (element, name) =>
  (name === "open" && element.localName === "details") ||
  (name === "hidden" && element.matches("button[data-copy]")) ||
  (name === "value" && element.localName === "input" && element.type !== "hidden") ||
  (name === "checked" && element.localName === "input") ||
  (name === "selected" && element.localName === "option");

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !keeps(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value && !keeps(from, name)) from.setAttribute(name, value);
  }
}

const alike = (one, other) =>
  one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "");

// The first of `node` and what follows it that stands for `wanted`. What has an id is found wherever it is.
function counterpart(node, wanted) {
  if (!node || alike(node, wanted) || !wanted.id) return node && alike(node, wanted) ? node : null;
  while (node && !alike(node, wanted)) node = node.nextSibling;
  return node;
}

// Makes `from` what `to` is, and leaves alone what is so already: focus, text in fields and scrolling stay.
function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.nodeValue = to.nodeValue;
    return;
  }
  morphAttributes(from, to);
  if (from.localName === "textarea") return;
  let next = from.firstChild;
  for (const child of [...to.childNodes]) {
    const match = counterpart(next, child);
    if (match) {
      while (next !== match) {
        const gone = next;
        next = next.nextSibling;
        gone.remove();
      }
      next = match.nextSibling;
      morph(match, child);
    } else {
      from.insertBefore(document.importNode(child, true), next);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const sayings = (element) =>
  [...element.querySelectorAll("[data-say]")].map((said) => said.dataset.say || said.textContent.trim());

const live = () => document.querySelector("[data-live]");

function update(element, answer) {
  const newer = answer.getElementById(element.id);
  if (!newer) throw new Error("The answer is another page.");
  const before = new Set(sayings(element));
  morph(element, newer);
  showCopyButtons();
  const news = new Set(sayings(element).filter((text) => !before.has(text)));
  if (news.size > 0) announce([...news].join(" "));
}

let timer = 0;
let failures = 0;
let asking = false;
let signedOut = false;

function stopAsking(element) {
  signedOut = true;
  const notice = document.createElement("p");
  notice.className = "notice problem stays";
  notice.setAttribute("role", "status");
  element.before(notice);
  // What comes to stand in it once it is there is announced.
  notice.textContent = "You are signed out, and this page is not kept up to date any more. Reload it to sign in.";
}

function waitForNext() {
  clearTimeout(timer);
  const element = live();
  if (!element || document.hidden || signedOut) return;
  const wait = Number(element.dataset.live) * 1000 * 2 ** failures;
  timer = setTimeout(look, Math.min(wait, LONGEST_WAIT_MS));
}

async function look() {
  const element = live();
  if (!element || asking || signedOut) return;
  asking = true;
  try {
    // An answer without a session leads to the sign-in page, which is no newer state of this one: it is not gone to.
    const answer = await fetch(element.dataset.from, {
      headers: { "If-None-Match": `"${element.dataset.version}"` },
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.type === "opaqueredirect") stopAsking(element);
    else if (answer.status === 200) update(element, parsed(await answer.text()));
    failures = answer.ok || answer.status === 304 ? 0 : failures + 1;
  } catch {
    failures += 1;
  }
  asking = false;
  waitForNext();
}

document.addEventListener("visibilitychange", () => {
  failures = 0;
  if (document.hidden) clearTimeout(timer);
  else look();
});

// --- Copy ------------------------------------------------------------------------------------------------------------

function showCopyButtons() {
  for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    announce("Copied");
    button.textContent = "Copied";
  } catch {
    // Without a secure context or the permission, it is one key stroke less than nothing.
    getSelection().selectAllChildren(source);
    announce("It is selected: copy it with the keyboard.");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button);
});

// --- Preview and search ----------------------------------------------------------------------------------------------

// Calls of the same key that come soon after each other are one.
const pending = new Map();

function soon(key, act) {
  pending.get(key)?.abort();
  const control = new AbortController();
  pending.set(key, control);
  setTimeout(() => { if (!control.signal.aborted) act(control.signal); }, SETTLE_MS);
}

async function ask(address, options) {
  try {
    const answer = await fetch(address, { redirect: "error", ...options });
    return answer.ok ? parsed(await answer.text()) : null;
  } catch {
    return null;
  }
}

async function preview(form, signal) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await ask(form.dataset.preview, { method: "POST", body, signal });
  const [shown, newer] = [document, answer].map((where) => where?.querySelector(form.dataset.into));
  if (shown && newer) morph(shown, newer);
}

async function search(input, signal) {
  const answer = await ask(`${input.dataset.search}?${new URLSearchParams({ q: input.value })}`, { signal });
  if (answer && input.list) input.list.replaceChildren(...answer.querySelectorAll("option"));
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-preview]");
  if (form) soon(form, (signal) => preview(form, signal));
  if (target.matches("input[data-search]")) soon(target, (signal) => search(target, signal));
});

showCopyButtons();
waitForNext();
