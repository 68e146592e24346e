// Replaces the live part of the page by the server's latest, once a second, without a reload.
const live = document.getElementById("live");
let shown = live.innerHTML;
async function refresh() {
  try {
    const answer = await fetch(live.dataset.url);
    const text = await answer.text();
    if (!answer.ok || text === shown) return;
    const atEnd = live.scrollHeight - live.scrollTop - live.clientHeight < 40;
    live.innerHTML = text;
    shown = text;
    if (atEnd && live.dataset.url.includes("follow")) live.scrollTop = live.scrollHeight;
  } catch {
    // The stack was stopped; the page keeps what it last showed.
  }
}
setInterval(refresh, 1000);
