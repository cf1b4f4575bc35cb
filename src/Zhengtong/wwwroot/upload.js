// Sends the file of a marked form by tus 1.0: in pieces, goes on after a cut, pauses. Without script the form sends the file itself.
const pieceSize = 4 * 1024 * 1024;
const version = { "Tus-Resumable": "1.0.0" };

const base64 = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const remembered = (form, file) => `upload:${form.dataset.resource}:${file.name}:${file.size}:${file.lastModified}`;
const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));

class Refusal extends Error {}

async function ask(method, url, headers, body, signal) {
  const answer = await fetch(url, { method, headers: { ...version, ...headers }, body, signal, credentials: "same-origin" });
  if (answer.ok) return answer;
  // A lock passes, an offset is asked for again, a server starts again; all else stays refused.
  if (answer.status === 409 || answer.status === 423 || answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
  const problem = await answer.json().catch(() => null);
  throw new Refusal(problem?.title ?? String(answer.status));
}

async function create(form, file, signal) {
  const metadata = [["filename", file.name], ["filetype", file.type], ["resource", form.dataset.resource]]
    .filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(",");
  const answer = await ask("POST", form.dataset.upload, { "Upload-Length": file.size, "Upload-Metadata": metadata }, undefined, signal);
  const url = answer.headers.get("Location");
  localStorage.setItem(remembered(form, file), url);
  return { url, offset: 0 };
}

async function find(form, file, signal) {
  const url = localStorage.getItem(remembered(form, file));
  if (!url) return null;
  try {
    const answer = await ask("HEAD", url, {}, undefined, signal);
    return { url, offset: Number(answer.headers.get("Upload-Offset")) };
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    localStorage.removeItem(remembered(form, file));
    return null;
  }
}

async function send(form, file, signal, tell) {
  let upload = (await find(form, file, signal)) ?? (await create(form, file, signal));
  while (upload.offset < file.size) {
    tell(upload.offset);
    const piece = file.slice(upload.offset, upload.offset + pieceSize);
    const answer = await ask("PATCH", upload.url, { "Upload-Offset": upload.offset, "Content-Type": "application/offset+octet-stream" }, piece, signal);
    upload = { ...upload, offset: Number(answer.headers.get("Upload-Offset")) };
  }
  tell(file.size);
  localStorage.removeItem(remembered(form, file));
}

async function run(form, file) {
  const box = form.querySelector("[data-upload-progress]");
  const bar = box.querySelector("progress");
  const [pause, resume] = [box.querySelector("[data-upload-pause]"), box.querySelector("[data-upload-resume]")];
  const status = form.querySelector("[data-upload-status]");
  const submit = form.querySelector("[type=submit]");
  let said = -1;
  const tell = offset => {
    bar.value = file.size ? offset / file.size : 1;
    const percent = Math.floor(bar.value * 100);
    // Read aloud in steps of ten, not at every piece.
    if (percent === 100 || percent >= said + 10) status.textContent = `${said = percent} %`;
  };
  box.hidden = false;
  submit.disabled = true;
  try {
    for (let failures = 0; ;) {
      const stop = new AbortController();
      pause.onclick = () => stop.abort();
      [pause.hidden, resume.hidden] = [false, true];
      try {
        await send(form, file, stop.signal, offset => { failures = 0; tell(offset); });
        break;
      } catch (failure) {
        if (failure instanceof Refusal) throw failure;
        if (stop.signal.aborted) {
          status.textContent = form.dataset.wordPaused;
          [pause.hidden, resume.hidden] = [true, false];
          resume.focus();
          await new Promise(go => { resume.onclick = go; });
          pause.hidden = false;
          pause.focus();
        } else {
          status.textContent = form.dataset.wordWaiting;
          await wait(Math.min(30, 2 ** failures++) * 1000);
        }
      }
    }
    status.textContent = form.dataset.wordDone;
    location.assign(`${location.pathname}?done=true`);
  } catch (failure) {
    status.textContent = `${form.dataset.wordFailed} ${failure.message}`;
    box.hidden = true;
    submit.disabled = false;
    submit.focus();
  }
}

document.addEventListener("submit", event => {
  const form = event.target;
  const file = form.matches("form[data-upload]") ? form.querySelector("input[type=file]").files[0] : null;
  if (!file) return;
  event.preventDefault();
  run(form, file);
});
