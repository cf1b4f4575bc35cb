// Around me, without a connection, to be installed: what the pages of a guide have more with script. Where the reader is never leaves the device.
const root = document.body.dataset.guideRoot;
const language = document.documentElement.lang;
const words = JSON.parse(document.getElementById("guide-words").textContent);
const say = (key, ...values) => words[key].replace(/\{(\d)\}/g, (_, n) => values[n]);

// ---- What the public interfaces say

let told;
export const guide = () => told ??= get(`${root}/guide.json?lang=${language}`);

async function get(address) {
  const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

const pageSize = 500, mostPages = 40;

// Every row of a kind: collection by collection, page by page.
export async function placesOf(kind) {
  const { kinds, districts } = await guide();
  const places = [];
  for (const source of kinds.find(k => k.id === kind)?.sources ?? []) {
    let next = `${source.items}?limit=${pageSize}`;
    for (let page = 0; next && page < mostPages; page++) {
      const answer = await get(next);
      for (const feature of answer.features) if (feature.geometry?.type === "Point") places.push(placeOf(feature, source, kind, districts));
      const link = answer.links.find(l => l.rel === "next");
      // By its path: behind a proxy the platform may think of itself under another name.
      next = link ? (({ pathname, search }) => pathname + search)(new URL(link.href, location.href)) : null;
    }
  }
  return places;
}

function placeOf(feature, source, kind, districts) {
  const cell = role => feature.properties[source.columns[role]] ?? null;
  const key = source.columns.key ? cell("key") : feature.id;
  const [longitude, latitude] = feature.geometry.coordinates;
  return {
    longitude, latitude, name: String(cell("name") ?? ""), address: cell("address"), district: cell("district"), level: cell("level"), hours: cell("hours"), rests: cell("rests"), emergency: cell("emergency") === true, phone: cell("phone"), from: cell("from"), until: cell("until"),
    where: districts[cell("district")] ?? "", href: `${root}/${kind}/${source.dataset}?key=${encodeURIComponent(key)}`, row: Object.values(feature.properties).join(" ").normalize("NFKC").toLowerCase(),
  };
}

// ---- Distance and hours

export function metres(a, b) {
  const rad = Math.PI / 180, dy = (b.latitude - a.latitude) * rad, dx = (b.longitude - a.longitude) * rad;
  const h = Math.sin(dy / 2) ** 2 + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(dx / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
}

const far = m => m < 1000 ? say("metres", Math.round(m / 10) * 10) : say("kilometres", (m / 1000).toFixed(m < 10000 ? 1 : 0));

// The moment in China, whatever zone the device is in: as a date whose UTC parts are China's.
export const inChina = moment => new Date(moment.getTime() + 8 * 3600e3);
const dayOf = date => date.toISOString().slice(0, 10);

const calendars = new Map();
async function calendarOf(year) {
  if (!calendars.has(year)) {
    calendars.set(year, get(`/api/v1/calendar/years/${year}`).then(answer => new Map(answer.days.map(d => [d.date, d.isWorkingDay ? "worked" : "holiday"])), () => new Map()));
  }
  return calendars.get(year);
}

// Minute of the day until which hours hold; null when closed. The same as the server's OpeningHours.
export function openUntil(hours, rests, now, kindOf) {
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  let until = null;
  for (const back of [0, 1]) {
    const day = new Date(now.getTime() - back * 864e5), at = minute + back * 1440, kind = kindOf(dayOf(day)), bit = 1 << (day.getUTCDay() + 6) % 7;
    if ((hours.notOnHolidays && kind === "holiday") || (rests & bit && kind !== "holiday")) continue;
    for (const [days, from, to] of hours.spans) {
      const holds = days === 31 ? kind === "worked" || (!kind && days & bit) : days & bit;
      if (holds && at >= from && at < to) until = Math.max(until ?? 0, to - back * 1440);
    }
  }
  return until;
}

const clock = minute => [Math.floor(minute / 60) % 24, minute % 60].map(n => String(n).padStart(2, "0")).join(":");

async function stateNow() {
  const now = inChina(new Date()), { hours, rests } = await guide();
  const named = new Map([...await calendarOf(now.getUTCFullYear()), ...(now.getUTCMonth() === 0 && now.getUTCDate() === 1 ? await calendarOf(now.getUTCFullYear() - 1) : [])]);
  return place => {
    const today = dayOf(now);
    if ((place.from && place.from > today) || (place.until && place.until < today)) return { state: "closed" };
    if (!hours[place.hours]) return { state: "unknown" };
    const until = openUntil(hours[place.hours], rests[place.rests] ?? 0, now, day => named.get(day));
    return until !== null ? { state: "open", until } : { state: place.emergency ? "emergency" : "closed" };
  };
}

// ---- Where the reader is: kept for ten minutes in this tab, and nowhere else

const positionKey = "guide-position", fresh = 600e3;

function knownPosition() {
  try {
    const known = JSON.parse(sessionStorage.getItem(positionKey));
    return known && Date.now() - known.at < fresh ? known : null;
  } catch { return null; }
}

const askPosition = () => new Promise((found, failed) => {
  if (!navigator.geolocation) { failed(new Error("none")); return; }
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    const position = { longitude: coords.longitude, latitude: coords.latitude, at: Date.now() };
    try { sessionStorage.setItem(positionKey, JSON.stringify(position)); } catch { /* Private windows may keep nothing. */ }
    found(position);
  }, failed, { timeout: 20000, maximumAge: 60000 });
});

// ---- The list, out of the rows on the device

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children.filter(c => c !== null));
  return made;
}

function card(place, state, me) {
  const tags = element("p", { class: "tags" },
    me ? element("b", { class: "distance" }, far(metres(me, place))) : null,
    place.level ? element("span", { class: "format", lang: "zh-CN" }, place.level) : null,
    state.state === "open" ? element("span", { class: "badge-state tone-good" }, state.until % 1440 ? say("open-until", clock(state.until)) : say("open"))
      : state.state === "emergency" ? element("span", { class: "badge-state tone-info" }, say("emergency"))
      : state.state === "closed" ? element("span", { class: "badge-state tone-off" }, say("closed")) : null,
    element("span", { class: "small-print", lang: "zh-CN" }, place.hours ?? ""));
  return element("li", null, element("h2", { lang: "zh-CN" }, element("a", { href: place.href }, place.name)), tags, element("p", { class: "where", lang: "zh-CN" }, place.address ?? place.where),
    place.phone ? element("a", { class: "call", href: `tel:${String(place.phone).replace(/[^0-9+-]/g, "")}` }, place.phone) : null);
}

const list = document.querySelector("[data-places]"), form = document.querySelector("[data-guide-form]");
const step = 60, mostDots = 300;
let mine = null;

async function show(me, shown = step) {
  const asked = new FormData(form), text = key => String(asked.get(key) ?? "").trim();
  const kept = await placesOf(list.dataset.kind), stateOf = await stateNow();
  const sought = text("q").normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  let rows = kept.filter(p => sought.every(w => p.row.includes(w)) && (!text("district") || String(p.district ?? "").startsWith(text("district"))) && (!text("level") || p.level === text("level")))
    .map(place => ({ place, state: stateOf(place) })).filter(r => !asked.get("open") || r.state.state === "open" || r.state.state === "emergency");
  if (me) rows = rows.map(r => ({ ...r, metres: metres(me, r.place) })).sort((a, b) => a.metres - b.metres);
  const status = element("p", { class: "guide-count", role: "status", tabindex: "-1" }, say("count", rows.length.toLocaleString("en")), me ? ` · ${say("around-hint")}` : "");
  const parts = [status];
  const drawn = new URLSearchParams(location.search).get("view") === "map" ? draw(rows.slice(0, mostDots).map(r => r.place), me) : [];
  if (drawn.length > 0) parts.push(...drawn);
  else parts.push(element("ol", { class: "places" }, ...rows.slice(0, shown).map(r => card(r.place, r.state, me))));
  if (rows.length > shown && drawn.length === 0) {
    const more = element("button", { type: "button", class: "btn btn-quiet" }, say("more"));
    more.addEventListener("click", async () => {
      await show(me, shown + step);
      list.querySelectorAll(".places a[href]")[shown]?.focus();
    });
    parts.push(element("p", null, more));
  }
  list.replaceChildren(...parts);
  mine = { me };
}

async function attempt(act) {
  list.setAttribute("aria-busy", "true");
  const status = list.querySelector("[role=status]") ?? list.insertAdjacentElement("afterbegin", element("p", { class: "guide-count", role: "status" }));
  status.textContent = say("loading");
  try { await act(); }
  catch (fault) { status.textContent = say(fault instanceof GeolocationPositionError || fault.message === "none" ? "denied" : "failed"); }
  list.removeAttribute("aria-busy");
}

// ---- The map: the same ground and the same dots as the server draws, with the reader among them

const svg = (name, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const project = ({ longitude, latitude }) => [(longitude + 180) / 360, (1 - Math.asinh(Math.tan(latitude * Math.PI / 180)) / Math.PI) / 2];

// WGS 84 to GCJ-02, for base maps that are drawn in it; the same as the server's Coordinates.
function shifted({ longitude, latitude }) {
  if (!(longitude >= 72.004 && longitude <= 137.8347 && latitude >= 0.8293 && latitude <= 55.8271)) return { longitude, latitude };
  const { sin, PI, sqrt, abs, cos } = Math, x = longitude - 105, y = latitude - 35, axis = 6378245, e = 0.00669342162296594323;
  const waves = (20 * sin(6 * PI * x) + 20 * sin(2 * PI * x)) * 2 / 3;
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves + (20 * sin(PI * y) + 40 * sin(PI * y / 3) + 160 * sin(PI * y / 12) + 320 * sin(PI * y / 30)) * 2 / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves + (20 * sin(PI * x) + 40 * sin(PI * x / 3) + 150 * sin(PI * x / 12) + 300 * sin(PI * x / 30)) * 2 / 3;
  const angle = latitude * PI / 180, w = 1 - e * sin(angle) ** 2;
  return { longitude: longitude + 180 * east / (PI * axis / sqrt(w) * cos(angle)), latitude: latitude + 180 * north / (PI * axis * (1 - e) / (w * sqrt(w))) };
}

let ground = null;

function draw(places, me) {
  ground ??= document.querySelector(".places-map");
  if (!ground || places.length === 0) return [];
  const map = ground.querySelector("[data-map]"), picture = map.querySelector("svg");
  const placed = place => project(map.dataset.shift ? shifted(place) : place);
  const points = places.map(placed), own = me ? placed(me) : null, all = own ? [...points, own] : points;
  const [xs, ys] = [all.map(p => p[0]), all.map(p => p[1])];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const wide = Math.max(1e-4, x1 - x0), high = Math.max(0.75e-4, y1 - y0), scale = 920 / Math.max(wide, high), width = wide * scale + 80, height = high * scale + 80;
  const west = (x0 + x1) / 2 - width / scale / 2, north = (y0 + y1) / 2 - height / scale / 2;
  const at = ([x, y]) => `M${((x - west) * scale).toFixed(1)} ${((y - north) * scale).toFixed(1)}h0`;
  Object.assign(map.dataset, { west, north, scale, whole: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}` });
  delete map.dataset.covered;
  picture.setAttribute("viewBox", map.dataset.whole);
  const spot = (place, n) => {
    const title = svg("title", {});
    title.textContent = place.name;
    return svg("a", { href: place.href, tabindex: "-1", "aria-label": place.name }, svg("path", { d: at(points[n]), "vector-effect": "non-scaling-stroke" }), title);
  };
  picture.querySelector(".tiles").replaceChildren();
  picture.querySelector(".spots").replaceChildren(...places.map(spot), ...(own ? [svg("path", { class: "me", d: at(own), "vector-effect": "non-scaling-stroke" })] : []));
  return [ground];
}

// ---- What each page has

if (list && form) {
  const around = document.querySelector("[data-around]");
  around.hidden = !navigator.geolocation;
  around.addEventListener("click", () => attempt(async () => show(await askPosition())));
  form.addEventListener("submit", event => {
    if (!mine) return;
    event.preventDefault();
    attempt(() => show(mine.me));
  });
  // The worker gave another page of this list in place of one that was never seen: made anew from the rows that were.
  const asked = new URLSearchParams(location.search), given = new URLSearchParams(list.dataset.asked);
  if (["q", "district", "level", "open", "view", "page"].some(name => (asked.get(name) ?? "").trim() !== (given.get(name) ?? ""))) {
    for (const name of ["q", "district", "level"]) if (form.elements[name]) form.elements[name].value = asked.get(name) ?? "";
    form.elements.open.checked = asked.get("open") === "true";
    attempt(() => show(null, asked.has("page") ? step * 10 : step));
  }
}

// On a narrow screen the kind one is at may stand behind its edge.
const here = document.querySelector(".guide-kinds [aria-current]"), kinds = here?.closest(".guide-kinds");
if (kinds) kinds.scrollLeft = here.offsetLeft - (kinds.clientWidth - here.offsetWidth) / 2;

const distance = document.querySelector("[data-distance]"), position = knownPosition();
if (distance && position) {
  distance.textContent = far(metres(position, { longitude: Number(distance.dataset.longitude), latitude: Number(distance.dataset.latitude) }));
  distance.hidden = false;
}

// A page that was kept says what left then; this is now.
const bus = document.querySelector("[data-next-bus]");
if (bus) {
  const [first, last, every] = ["first", "last", "every"].map(name => Number(bus.dataset[name])), now = inChina(new Date()), minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  const next = minute <= first ? first : first + Math.ceil((minute - first) / every) * every;
  bus.textContent = next <= last ? say("next-bus", clock(next)) : say("no-bus");
}

const offline = document.querySelector("[data-offline]");
const connection = () => { offline.hidden = navigator.onLine; };
addEventListener("online", connection);
addEventListener("offline", connection);
connection();

// The choice of a language is the platform's. Without a connection the worker takes it, gives what was seen in that language, and the platform hears of it when it can be asked again.
const choiceKey = "guide-language", choice = document.querySelector(".guide-bar a[hreflang]");
choice?.addEventListener("click", event => {
  const worker = navigator.serviceWorker?.controller;
  if (navigator.onLine || !worker) return;
  event.preventDefault();
  try { localStorage.setItem(choiceKey, choice.hreflang); } catch { /* Private windows may keep nothing. */ }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => location.reload();
  worker.postMessage({ language: choice.hreflang }, [port2]);
});
async function tellChoice() {
  let to = null;
  try { to = localStorage.getItem(choiceKey); } catch { /* Nothing is kept. */ }
  if (!to || !navigator.onLine) return;
  try {
    await fetch(`/language?to=${encodeURIComponent(to)}&back=${encodeURIComponent(root)}`, { redirect: "manual" });
    localStorage.removeItem(choiceKey);
  } catch { return; }
  if (to !== language) location.reload();
}
addEventListener("online", tellChoice);
tellChoice();

const kept = document.querySelector("[data-kept]");
if (kept && "caches" in window) {
  const seen = await caches.open(`guide-${root.split("/").pop()}-pages-${language}`);
  const pages = [];
  for (const request of await seen.keys()) {
    const text = await (await seen.match(request)).text(), found = new DOMParser().parseFromString(text, "text/html");
    const { pathname, search } = new URL(request.url);
    if (found.title && pathname !== `${root}/offline`) pages.push({ href: pathname + search, title: found.title, isList: found.querySelector("[data-places]") !== null && !search });
  }
  const section = (title, some) => some.length === 0 ? [] : [element("h2", null, title), element("ul", { class: "plain" }, ...some.map(p => element("li", null, element("a", { href: p.href }, p.title))))];
  kept.replaceChildren(...(pages.length === 0 ? [element("p", { class: "quiet" }, say("nothing-kept"))] : [...section(say("kept"), pages.filter(p => p.isList)), ...section(say("kept-places"), pages.filter(p => !p.isList).reverse())]));
}

// ---- To be installed

const install = document.querySelector("[data-install]");
addEventListener("beforeinstallprompt", event => {
  if (!install) return;
  event.preventDefault();
  install.hidden = false;
  document.querySelector("[data-install-hint]").hidden = true;
  install.addEventListener("click", () => event.prompt(), { once: true });
});
const panel = install?.closest(".guide-install");
if (panel && matchMedia("(display-mode: standalone)").matches) panel.hidden = true;

if ("serviceWorker" in navigator) {
  try {
    await navigator.serviceWorker.register(`${root}/worker.js`, { scope: root });
    if (!navigator.serviceWorker.controller) {
      await new Promise(served => navigator.serviceWorker.addEventListener("controllerchange", served, { once: true }));
      // The first page was loaded before there was a worker that could keep it.
      if (!kept) navigator.serviceWorker.controller.postMessage({ keep: location.pathname + location.search });
    }
    // So that the list is there when the connection is not.
    if (list && navigator.onLine && !navigator.connection?.saveData) (window.requestIdleCallback ?? setTimeout)(() => Promise.all([placesOf(list.dataset.kind), stateNow()]).catch(() => {}));
  } catch { /* Without HTTPS, or with storage forbidden: everything works as long as there is a connection. */ }
}
