const live = document.getElementById("live");
let shown = null;
async function refresh() {
  try {
    const answer = await fetch(live.dataset.url, { headers: { accept: "text/html" } });
    const text = await answer.text();
    if (answer.ok && text !== shown) {
      const atEnd = live.scrollHeight - live.scrollTop - live.clientHeight < 40;
      live.innerHTML = text;
      if (shown === null || atEnd) live.scrollTop = live.scrollHeight;
      shown = text;
    }
    document.body.classList.remove("gone");
  } catch {
    document.body.classList.add("gone");
  }
}
