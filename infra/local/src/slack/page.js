// Times are shown in the browser's own zone.
live.dataset.url += "&offset=" + -new Date().getTimezoneOffset();
live.scrollTop = live.scrollHeight;
refresh();
const user = document.getElementById("user");
user.addEventListener("change", () => {
  const address = new URL(location.href);
  address.searchParams.set("user", user.value);
  location.href = address;
});
live.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-action]");
  if (!button) return;
  button.disabled = true;
  const { action, ts, channel, option } = button.dataset;
  const click = new URLSearchParams({ user: user.value, channel, ts, action });
  if (option !== undefined) click.set("option", option);
  button.closest("details")?.removeAttribute("open");
  await fetch("/click", { method: "POST", body: click });
  button.disabled = false;
  refresh();
  refreshForm();
});
// The form on the person's screen stands outside of the live part, so that what is being written stays.
const overlay = document.body.appendChild(document.createElement("div"));
let shownForm = "";
async function refreshForm() {
  try {
    const answer = await fetch("/form?" + new URLSearchParams({ user: user.value }));
    const text = await answer.text();
    if (!answer.ok || text === shownForm) return;
    overlay.innerHTML = shownForm = text;
    overlay.querySelector("[autofocus], textarea, input:not([type=hidden])")?.focus();
  } catch {
    // The stack was stopped; the form stays as it is.
  }
}
refreshForm();
setInterval(refreshForm, 1000);
async function send(address, body) {
  await fetch(address, { method: "POST", body: new URLSearchParams(body) });
  refresh();
  refreshForm();
}
overlay.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.submitter.disabled = true;
  await send("/submit", new FormData(event.target));
  event.submitter.disabled = false;
});
const closeForm = (form) => send("/close", { user: form.elements.user.value, view: form.elements.view.value });
overlay.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) closeForm(event.target.closest("form"));
});
overlay.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeForm(event.target.closest("form"));
});
document.querySelector("nav").addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-press]");
  if (!button) return;
  button.disabled = true;
  const answer = await fetch("/press/" + button.dataset.press, { method: "POST" });
  document.getElementById("pressed").textContent = answer.ok ? "" : await answer.text();
  button.disabled = false;
  refresh();
});
