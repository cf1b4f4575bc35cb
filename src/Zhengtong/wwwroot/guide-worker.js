// The service worker of a guide. What stands before it says which: guide, root, version, shell.
const { guide, root, version, shell } = self.guide;
const shellCache = `guide-${guide}-shell-${version}`, pageCache = `guide-${guide}-pages`, dataCache = `guide-${guide}-data`;
const mostPages = 80, mostData = 120, patience = 5000;

self.addEventListener("install", event => event.waitUntil((async () => {
  const cache = await caches.open(shellCache);
  await cache.addAll(shell.map(path => new Request(path, { cache: "reload" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(`guide-${guide}-shell-`) && name !== shellCache) await caches.delete(name);
  await self.clients.claim();
})()));

// The oldest go when there are too many.
async function keep(cacheName, request, answer, most) {
  const cache = await caches.open(cacheName);
  await cache.delete(request, { ignoreVary: true });
  await cache.put(request, answer);
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - most))) await cache.delete(old, { ignoreVary: true });
}

const isPage = url => url.pathname === root || url.pathname.startsWith(`${root}/`);
const isData = url => url.pathname === `${root}/guide.json` || /^\/ogc\/collections\/[^/]+\/items$/.test(url.pathname) || url.pathname.startsWith("/api/v1/calendar/years/");
const isWhole = answer => answer.ok && !answer.redirected && answer.type === "basic";

// A page comes from the platform while it answers; then as it was seen, then the list without its filters, then what there is.
async function page(event, url) {
  const late = new AbortController(), timer = setTimeout(() => late.abort(), patience);
  try {
    const answer = await fetch(event.request, { signal: late.signal });
    if (isWhole(answer) && answer.headers.get("Content-Type")?.startsWith("text/html")) event.waitUntil(keep(pageCache, event.request.url, answer.clone(), mostPages));
    return answer;
  } catch {
    const pages = await caches.open(pageCache);
    const isMap = u => u.searchParams.get("view") === "map", kept = (await pages.keys()).map(k => new URL(k.url)).filter(u => u.pathname === url.pathname && !u.searchParams.has("key"));
    const like = url.searchParams.has("key") ? null : kept.find(u => isMap(u) === isMap(url)) ?? kept[0];
    return await pages.match(event.request.url, { ignoreVary: true })
      ?? (like ? await pages.match(like.href, { ignoreVary: true }) : undefined)
      ?? await (await caches.open(shellCache)).match(`${root}/offline`, { ignoreVary: true })
      ?? Response.error();
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
  if (typeof event.data?.keep !== "string") return;
  const url = new URL(event.data.keep, self.location.origin);
  if (url.origin !== self.location.origin || !isPage(url)) return;
  event.waitUntil((async () => {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (isWhole(answer) && answer.headers.get("Content-Type")?.startsWith("text/html")) await keep(pageCache, url.href, answer, mostPages);
  })().catch(() => {}));
});
