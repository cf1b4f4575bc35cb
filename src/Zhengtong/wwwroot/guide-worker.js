// The service worker of a guide. What stands before it says which: guide, root, version, languages, shell.
const { guide, root, version, languages, shell } = self.guide;
const shellCache = `guide-${guide}-shell-${version}`, dataCache = `guide-${guide}-data`, choiceCache = `guide-${guide}-choice`;
// Pages of each language by themselves: the same address is another page.
const pageCacheOf = language => `guide-${guide}-pages-${language}`;
const mostPages = 80, mostData = 120, patience = 5000;

self.addEventListener("install", event => event.waitUntil((async () => {
  const cache = await caches.open(shellCache);
  await cache.addAll(shell.map(path => new Request(path, { cache: "reload" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if ((name.startsWith(`guide-${guide}-shell-`) && name !== shellCache) || name === `guide-${guide}-pages`) await caches.delete(name);
  await self.clients.claim();
})()));

// The oldest go when there are too many. The whole answer is there before the one that was kept goes: a connection breaks in the middle.
async function keep(cacheName, request, answer, most) {
  const cache = await caches.open(cacheName), body = await answer.blob();
  await cache.delete(request, { ignoreVary: true });
  await cache.put(request, new Response(body, answer));
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - most))) await cache.delete(old, { ignoreVary: true });
}

const isPage = url => url.pathname === root || url.pathname.startsWith(`${root}/`);
const isData = url => url.pathname === `${root}/guide.json` || /^\/ogc\/collections\/[^/]+\/items$/.test(url.pathname) || url.pathname.startsWith("/api/v1/calendar/years/");
const isWhole = answer => answer.ok && !answer.redirected && answer.type === "basic";

// The language that the reader chose: that of the last page, unless they chose another without a connection.
async function chosen() {
  const kept = await (await caches.open(choiceCache)).match(root);
  return kept ? kept.text() : languages[0];
}

const choose = async language => (await caches.open(choiceCache)).put(root, new Response(language));

async function keepPage(address, answer) {
  const text = await answer.clone().text(), language = languages.find(l => text.includes(`<html lang="${l}"`)) ?? languages[0];
  await choose(language);
  await keep(pageCacheOf(language), address, answer, mostPages);
}

// A page of that address that was seen in a language, else the list without its filters.
async function seen(language, url) {
  const pages = await caches.open(pageCacheOf(language)), same = await pages.match(url.href, { ignoreVary: true });
  if (same || url.searchParams.has("key")) return same;
  const isMap = u => u.searchParams.get("view") === "map", kept = (await pages.keys()).map(k => new URL(k.url)).filter(u => u.pathname === url.pathname && !u.searchParams.has("key"));
  const like = kept.find(u => isMap(u) === isMap(url)) ?? kept[0];
  return like && pages.match(like.href, { ignoreVary: true });
}

// A page comes from the platform while it answers; then as it was seen in the language chosen, then in another, then what there is.
async function page(event, url) {
  const late = new AbortController(), timer = setTimeout(() => late.abort(), patience);
  try {
    const answer = await fetch(event.request, { signal: late.signal });
    if (isWhole(answer) && answer.headers.get("Content-Type")?.startsWith("text/html")) event.waitUntil(keepPage(event.request.url, answer.clone()));
    return answer;
  } catch {
    const language = await chosen();
    for (const one of [language, ...languages.filter(l => l !== language)]) {
      const found = await seen(one, url);
      if (found) return found;
    }
    return await (await caches.open(shellCache)).match(`${root}/offline?lang=${language}`, { ignoreVary: true }) ?? Response.error();
  } finally { clearTimeout(timer); }
}

// What was there at once, what is there now for the next time.
async function stale(event, cacheName, most) {
  const cache = await caches.open(cacheName), had = await cache.match(event.request, { ignoreVary: true });
  const now = fetch(event.request, { cache: "no-cache" }).then(async answer => {
    if (isWhole(answer)) await keep(cacheName, event.request, answer.clone(), most);
    return answer;
  });
  if (!had) return now;
  event.waitUntil(now.catch(() => {}));
  return had;
}

self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    if (isPage(url)) event.respondWith(page(event, url));
  }
  else if (isData(url)) event.respondWith(stale(event, dataCache, mostData));
  else if (shell.includes(url.pathname) && url.pathname !== `${root}/offline`) event.respondWith(stale(event, shellCache, shell.length + 8));
});

self.addEventListener("message", event => {
  if (languages.includes(event.data?.language)) {
    event.waitUntil(choose(event.data.language).then(() => event.ports[0]?.postMessage("chosen")));
    return;
  }
  if (typeof event.data?.keep !== "string") return;
  const url = new URL(event.data.keep, self.location.origin);
  if (url.origin !== self.location.origin || !isPage(url)) return;
  event.waitUntil((async () => {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (isWhole(answer) && answer.headers.get("Content-Type")?.startsWith("text/html")) await keepPage(url.href, answer);
  })().catch(() => {}));
});
