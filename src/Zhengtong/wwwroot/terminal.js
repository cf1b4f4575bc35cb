// The terminal of an instance: xterm.js over a websocket. Only its own page loads this; without it, a command can be run by a form.
import { Terminal } from "/lib/xterm/xterm.mjs";
import { FitAddon } from "/lib/xterm/addon-fit.mjs";

const most = 16 * 1024;
const box = document.querySelector("[data-terminal]");
const part = name => box.querySelector(`[data-terminal-${name}]`);
const [form, status, frame, leave] = ["form", "status", "window", "leave"].map(part);
const [connects, leaves] = [form.querySelector("[type=submit]"), leave.querySelector("button")];
const wordOf = name => box.getAttribute(`data-says-${name}`);
const encoder = new TextEncoder();
let shown = null;
let line = null;

// A page that is mended in place would keep this one's policy, and the terminal.
document.body.dataset.enhanceNav = "false";
Object.assign(Terminal.strings, { promptLabel: box.dataset.label, tooMuchOutput: box.dataset.manyLines });

function make(aloud) {
  const terminal = new Terminal({
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches, minimumContrastRatio: 4.5, screenReaderMode: aloud, fontSize: 14, scrollback: 5000,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--zt-mono").trim(), theme: { background: "#111827", foreground: "#e5e7eb", cursor: "#e5e7eb" },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  frame.hidden = false;
  frame.replaceChildren();
  terminal.open(frame);
  terminal.textarea.setAttribute("aria-describedby", "terminal-keys");
  terminal.textarea.addEventListener("focus", () => {
    if (line?.readyState === WebSocket.OPEN) status.textContent = wordOf("open");
  });
  fit.fit();
  const watcher = new ResizeObserver(() => fit.fit());
  watcher.observe(frame);
  terminal.attachCustomKeyEventHandler(event => {
    const key = event.key.toLowerCase();
    if (event.ctrlKey && event.shiftKey && key === "x") {
      event.preventDefault();
      if (event.type === "keydown") {
        leaves.focus();
        status.textContent = wordOf("away");
      }
      return false;
    }
    // As everywhere else: what is selected is copied, what was copied is pasted.
    return !(event.ctrlKey && !event.altKey && !event.metaKey && (key === "v" || (key === "c" && terminal.hasSelection())));
  });
  return { terminal, forget: () => watcher.disconnect() };
}

// Why it was refused: a browser does not say what a websocket's refusal said.
async function refusal(address) {
  try {
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
    const problem = await answer.json();
    return problem.code === "cloud.terminal-only" ? wordOf("unreachable") : [problem.title, problem.detail].filter(Boolean).join(" · ");
  } catch {
    return wordOf("unreachable");
  }
}

// Who types is there: the session is not to end for want of requests meanwhile.
let typed = false;
setInterval(() => {
  if (!typed) return;
  typed = false;
  fetch("/api/v1/me", { credentials: "same-origin" }).catch(() => {});
}, 5 * 60 * 1000);

function stand(open) {
  form.hidden = open;
  leave.hidden = !open;
}

function connect(kind, aloud) {
  shown?.forget();
  shown?.terminal.dispose();
  shown = make(aloud);
  const { terminal } = shown;
  const address = `${box.dataset.terminal}?kind=${kind}&columns=${Math.min(1000, terminal.cols)}&rows=${Math.min(1000, terminal.rows)}`;
  const socket = line = new WebSocket(new URL(address, location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  let opened = false;
  const send = bytes => {
    if (socket.readyState !== WebSocket.OPEN) return;
    typed = true;
    for (let at = 0; at < bytes.length; at += most) socket.send(bytes.subarray(at, at + most));
  };
  terminal.onData(text => send(encoder.encode(text)));
  terminal.onBinary(text => send(Uint8Array.from(text, sign => sign.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ columns: Math.min(1000, cols), rows: Math.min(1000, rows) }));
  });
  status.textContent = wordOf("connecting");
  stand(true);
  socket.addEventListener("open", () => {
    opened = true;
    status.textContent = wordOf("open");
    terminal.focus();
  });
  socket.addEventListener("message", ({ data }) => terminal.write(new Uint8Array(data)));
  socket.addEventListener("close", async ({ reason }) => {
    if (line !== socket) return;
    line = null;
    terminal.options.disableStdin = true;
    const had = frame.contains(document.activeElement) || leave.contains(document.activeElement);
    connects.textContent = connects.dataset.again;
    stand(false);
    if (had) connects.focus();
    status.textContent = opened ? wordOf(reason) ?? wordOf("left") : await refusal(address);
  });
}

form.addEventListener("submit", event => {
  event.preventDefault();
  const given = new FormData(form);
  connect(given.get("kind"), given.get("aloud") === "on");
});
leaves.addEventListener("click", () => line?.close(1000));
