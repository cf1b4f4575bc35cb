// Calls an interface from its form and shows the answer under it. Without script the form goes to the interface itself.
const most = 20_000;
const told = ["content-type", "etag", "ratelimit-policy", "ratelimit", "retry-after", "cache-control"];

function addressOf(form) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value !== "") address.searchParams.append(name, value);
  return address;
}

function shown(text, type) {
  if (!type.includes("json")) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

document.addEventListener("submit", async event => {
  const form = event.target.closest("form[data-try]");
  if (!form) return;
  event.preventDefault();
  const [address, key] = [addressOf(form), document.getElementById("try-key").value.trim()];
  const answer = form.parentElement.querySelector("[data-try-answer]");
  const [says, body] = [answer.querySelector("[role=status]"), answer.querySelector("code")];
  answer.hidden = false;
  answer.setAttribute("aria-busy", "true");
  const began = performance.now();
  try {
    const got = await fetch(address, { headers: key ? { "X-API-Key": key } : {}, credentials: "omit" });
    const text = await got.text();
    says.textContent = `${got.status} ${got.statusText} · ${Math.round(performance.now() - began)} ms · ${new Blob([text]).size.toLocaleString()} B`;
    const headers = told.filter(name => got.headers.has(name)).map(name => `${name}: ${got.headers.get(name)}`);
    const whole = shown(text, got.headers.get("content-type") ?? "");
    body.textContent = [`GET ${address}`, ...headers, "", whole.length > most ? whole.slice(0, most) + "\n…" : whole].join("\n");
  } catch (failure) {
    says.textContent = String(failure.message ?? failure);
    body.textContent = `GET ${address}`;
  } finally {
    answer.removeAttribute("aria-busy");
  }
});
