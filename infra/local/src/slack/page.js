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
  const { action, ts, channel } = button.dataset;
  await fetch("/click", { method: "POST", body: new URLSearchParams({ user: user.value, channel, ts, action }) });
  button.disabled = false;
  refresh();
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
