// Passkeys: the one thing of an account that needs script. Buttons marked data-passkey appear where the browser can do it.
const send = (method, path, body) => fetch(path, {
  method, credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body),
});

async function add(name) {
  const options = await (await send("POST", "/api/v1/me/passkeys/options")).json();
  const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  return send("POST", "/api/v1/me/passkeys", { name, credential: credential.toJSON() });
}

async function signIn() {
  const options = await (await send("POST", "/api/v1/session/passkey/options")).json();
  const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return send("POST", "/api/v1/session/passkey", { credential: credential.toJSON() });
}

function show() {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  for (const part of document.querySelectorAll("[data-passkey][hidden], [data-passkey-part][hidden]")) part.hidden = false;
}

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-passkey]");
  if (!button) return;
  const fault = document.getElementById(button.dataset.fault);
  fault.hidden = true;
  try {
    const answer = button.dataset.passkey === "add" ? await add(document.getElementById(button.dataset.name).value) : await signIn();
    if (answer.ok) { location.assign(button.dataset.then); return; }
    fault.textContent = (await answer.json()).title;
  } catch {
    // The officer cancelled, or the device refused.
    fault.textContent = button.dataset.refused;
  }
  fault.hidden = false;
});
new MutationObserver(show).observe(document.documentElement, { childList: true, subtree: true });
show();
