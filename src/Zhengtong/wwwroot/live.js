// Keeps marked fragments fresh and copies codes. Every page works without it.
const due = new WeakMap();

async function refresh(part) {
  try {
    // Whoever is on a link in it keeps it until moving on.
    if (part.contains(document.activeElement)) return;
    const answer = await fetch(part.dataset.liveUrl, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) return;
    const fresh = await answer.text();
    if (part.dataset.liveSeen !== fresh) {
      part.dataset.liveSeen = fresh;
      part.innerHTML = fresh;
    }
  } catch {
    // The next round tries again; the reload link stays.
  }
}

function round() {
  for (const link of document.querySelectorAll("[data-live-reload]")) link.hidden = true;
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  if (document.hidden) return;
  const now = performance.now();
  for (const part of document.querySelectorAll("[data-live-url]")) {
    const every = Math.max(1, Number(part.dataset.liveEvery) || 5) * 1000;
    const at = due.get(part);
    if (at === undefined) due.set(part, now + every);
    else if (now >= at) {
      due.set(part, Infinity);
      refresh(part).finally(() => due.set(part, performance.now() + every));
    }
  }
}

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.setAttribute("data-copied", "");
});
document.addEventListener("visibilitychange", round);
setInterval(round, 500);
round();
