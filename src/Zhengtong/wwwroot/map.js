// Moves and zooms maps. Every map stands without it.
const numbers = text => text.split(" ").map(Number);
const box = svg => numbers(svg.getAttribute("viewBox"));
const whole = map => numbers(map.dataset.whole);

function show(map, svg, [x, y, w, h]) {
  const [x0, y0, w0, h0] = whole(map);
  const wide = Math.min(w0 * 2, Math.max(w0 / 4096, w));
  const high = wide * h0 / w0;
  // The middle never leaves what is drawn.
  const left = Math.min(x0 + w0, Math.max(x0, x + w / 2)) - wide / 2;
  const top = Math.min(y0 + h0, Math.max(y0, y + h / 2)) - high / 2;
  svg.setAttribute("viewBox", `${left} ${top} ${wide} ${high}`);
  map.classList.toggle("moved", wide < w0 * 0.999);
  cover(map, svg, left, top, wide, high);
}

function reset(map, svg) {
  svg.setAttribute("viewBox", map.dataset.whole);
  map.classList.remove("moved");
  cover(map, svg, ...whole(map));
}

// The pictures of the base map for the part that is seen.
function cover(map, svg, left, top, wide, high) {
  if (!map.dataset.tiles) return;
  const [west, north, scale] = ["west", "north", "scale"].map(name => Number(map.dataset[name]));
  const zoom = Math.max(0, Math.min(Number(map.dataset.mostZoom), Math.round(Math.log2(scale * svg.clientWidth / wide / 256))));
  const count = 2 ** zoom, side = scale / count;
  const range = (start, from, length) => [Math.max(0, Math.floor((start * scale + from) / side)), Math.min(count - 1, Math.floor((start * scale + from + length) / side))];
  const [x1, x2] = range(west, left, wide), [y1, y2] = range(north, top, high);
  const key = [zoom, x1, x2, y1, y2].join();
  if (map.dataset.covered === key || (x2 - x1 + 1) * (y2 - y1 + 1) > 120) return;
  map.dataset.covered = key;
  const images = [];
  for (const address of map.dataset.tiles.split(" "))
    for (let y = y1; y <= y2; y++)
      for (let x = x1; x <= x2; x++) {
        const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
        const place = { href: address.replace("{z}", zoom).replace("{x}", x).replace("{y}", y), x: x * side - west * scale, y: y * side - north * scale, width: side, height: side };
        for (const [name, value] of Object.entries(place)) image.setAttribute(name, value);
        images.push(image);
      }
  svg.querySelector(".tiles").replaceChildren(...images);
}

function zoom(map, svg, by, at) {
  const [x, y, w, h] = box(svg);
  const [ax, ay] = at ?? [x + w / 2, y + h / 2];
  show(map, svg, [ax - (ax - x) * by, ay - (ay - y) * by, w * by, h * by]);
}

function place(svg, event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [point.x, point.y];
}

// Maps of more rows than a drawing holds: vector tiles, drawn by MapLibre over the drawing, which stays where they cannot be.
const tiledMaps = new WeakMap();

async function tile(map) {
  map.dataset.begun = "";
  const [west, south, east, north] = numbers(map.dataset.extent);
  tiledMaps.get(map)?.gl.remove();
  tiledMaps.delete(map);
  const { Map: GlMap } = await import("/lib/maplibre/maplibre-gl.mjs");
  if (!document.querySelector("link[data-maplibre]")) {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/lib/maplibre/maplibre-gl.css" });
    sheet.dataset.maplibre = "";
    document.head.append(sheet);
  }

  const frame = document.createElement("div");
  frame.className = "map-tiled";
  map.append(frame);
  const pictures = (map.dataset.tiles ?? "").split(" ").filter(Boolean);
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--zt-primary").trim() || "#1a4f8f";
  const ground = {
    version: 8,
    sources: Object.fromEntries(pictures.map((tiles, n) => [`ground${n}`, { type: "raster", tiles: [tiles], tileSize: 256, maxzoom: Number(map.dataset.mostZoom) }])),
    layers: pictures.map((_, n) => ({ id: `ground${n}`, type: "raster", source: `ground${n}` })),
  };
  const all = [[west, south], [east, north]];
  const view = { padding: 24, maxZoom: 14, duration: 0 };
  let gl;
  try {
    gl = new GlMap({
      container: frame, style: map.dataset.style ?? ground, bounds: all, fitBoundsOptions: view, attributionControl: false, keyboard: false, scrollZoom: false, dragRotate: false, pitchWithRotate: false,
      touchPitch: false, renderWorldCopies: false, maxZoom: 21,
    });
  } catch {
    // No WebGL: the drawing stays.
    frame.remove();
    return;
  }

  gl.getCanvas().tabIndex = -1;
  gl.getCanvas().setAttribute("aria-hidden", "true");
  // A finger moves the page until somebody has zoomed.
  if (matchMedia("(pointer: coarse)").matches) {
    gl.dragPan.disable();
    gl.once("zoomstart", () => gl.dragPan.enable());
  }

  gl.on("load", () => {
    gl.addSource("rows", { type: "vector", tiles: [new URL(map.dataset.layer, location.origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], maxzoom: 16 });
    const layer = (id, type, shape, paint) => gl.addLayer({ id, type, source: "rows", "source-layer": "rows", filter: ["==", ["geometry-type"], shape], paint });
    const rows = ["coalesce", ["get", "_count"], 1];
    layer("rows-areas", "fill", "Polygon", { "fill-color": colour, "fill-opacity": 0.15, "fill-outline-color": colour });
    layer("rows-sides", "line", "Polygon", { "line-color": colour, "line-width": 1.5 });
    layer("rows-lines", "line", "LineString", { "line-color": colour, "line-width": 2 });
    layer("rows-dots", "circle", "Point", { "circle-color": colour, "circle-opacity": 0.75, "circle-radius": ["interpolate", ["linear"], ["log10", rows], 0, 3, 2, 4.5, 5, 9] });
    map.classList.add("tiled");
    tiledMaps.set(map, { gl, whole: () => gl.fitBounds(all, view) });
    const lines = map.parentElement;
    lines.querySelector(".map-all")?.removeAttribute("hidden");
    lines.querySelector(".map-drawn")?.setAttribute("hidden", "");
  });
  gl.on("idle", () => { map.dataset.idle = gl.queryRenderedFeatures({ layers: ["rows-areas", "rows-lines", "rows-dots"].filter(id => gl.getLayer(id)) }).length; });
  gl.on("click", event => tell(map, gl.queryRenderedFeatures([[event.point.x - 4, event.point.y - 4], [event.point.x + 4, event.point.y + 4]], { layers: ["rows-dots", "rows-lines", "rows-areas"].filter(id => gl.getLayer(id)) })[0]));
}

// What stands where somebody pointed, as text.
function tell(map, feature) {
  const found = map.querySelector(".map-found");
  found.hidden = !feature;
  found.replaceChildren();
  if (!feature) return;
  const count = feature.properties._count;
  if (count !== undefined) {
    found.textContent = map.dataset.many.replace("{0}", new Intl.NumberFormat(document.documentElement.lang).format(count));
    return;
  }

  const list = document.createElement("dl");
  for (const [name, value] of Object.entries(feature.properties)) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }

  found.append(list);
}

const mapOf = event => {
  const map = event.target.closest?.("[data-map]");
  return map ? [map, map.querySelector("svg")] : [];
};

document.addEventListener("click", event => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  const [map, svg] = mapOf(event);
  const tiled = tiledMaps.get(map);
  if (tiled) {
    if (button.dataset.zoom === "whole") tiled.whole();
    else tiled.gl.zoomTo(tiled.gl.getZoom() + (button.dataset.zoom === "in" ? 1 : -1));
    return;
  }
  if (button.dataset.zoom === "whole") reset(map, svg);
  else zoom(map, svg, button.dataset.zoom === "in" ? 0.5 : 2);
});

document.addEventListener("keydown", event => {
  const [map, svg] = mapOf(event);
  if (!map || event.target !== map || event.ctrlKey || event.metaKey || event.altKey) return;
  const tiled = tiledMaps.get(map);
  if (tiled) {
    const { gl } = tiled;
    const [across, down] = [map.clientWidth / 5, map.clientHeight / 5];
    const moves = {
      "+": () => gl.zoomTo(gl.getZoom() + 1), "=": () => gl.zoomTo(gl.getZoom() + 1), "-": () => gl.zoomTo(gl.getZoom() - 1), "0": () => tiled.whole(),
      ArrowLeft: () => gl.panBy([-across, 0]), ArrowRight: () => gl.panBy([across, 0]), ArrowUp: () => gl.panBy([0, -down]), ArrowDown: () => gl.panBy([0, down]),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
    return;
  }

  const [x, y, w, h] = box(svg);
  const acts = {
    "+": () => zoom(map, svg, 0.5), "=": () => zoom(map, svg, 0.5), "-": () => zoom(map, svg, 2), "0": () => reset(map, svg),
    ArrowLeft: () => show(map, svg, [x - w / 5, y, w, h]), ArrowRight: () => show(map, svg, [x + w / 5, y, w, h]),
    ArrowUp: () => show(map, svg, [x, y - h / 5, w, h]), ArrowDown: () => show(map, svg, [x, y + h / 5, w, h]),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
});

document.addEventListener("wheel", event => {
  const [map, svg] = mapOf(event);
  // The wheel alone belongs to the page; pinching counts as Ctrl and wheel.
  if (!map || !event.ctrlKey) return;
  event.preventDefault();
  const tiled = tiledMaps.get(map);
  if (tiled) {
    const frame = map.getBoundingClientRect();
    tiled.gl.zoomTo(tiled.gl.getZoom() + (event.deltaY < 0 ? 0.5 : -0.5), { duration: 0, around: tiled.gl.unproject([event.clientX - frame.left, event.clientY - frame.top]) });
    return;
  }

  zoom(map, svg, event.deltaY < 0 ? 0.8 : 1.25, place(svg, event));
}, { passive: false });

// Two fingers on a drawn map zoom it; what they hold stays under them. MapLibre has its own.
const fingers = new Map();
let pinch = null, letGo = null;

const between = () => {
  const [[x1, y1], [x2, y2]] = [...fingers.values()];
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.max(1, Math.hypot(x1 - x2, y1 - y2)) };
};

document.addEventListener("pointerdown", event => {
  const [map, svg] = mapOf(event);
  if (event.isPrimary) {
    fingers.clear();
    pinch = null;
  }

  if (!map || event.pointerType !== "touch" || tiledMaps.has(map) || event.target.closest("button") || fingers.size > 1) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (fingers.size < 2) return;
  letGo?.();
  const { a, e, f } = svg.getScreenCTM(), [x, y, wide, high] = box(svg), middle = between();
  pinch = { map, svg, wide, high, unit: 1 / a, left: e + a * x, top: f + a * y, apart: middle.apart, held: [(middle.x - e) / a, (middle.y - f) / a] };
});

document.addEventListener("pointermove", event => {
  if (!fingers.has(event.pointerId)) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (!pinch) return;
  const middle = between(), most = whole(pinch.map)[2];
  const wide = Math.min(most * 2, Math.max(most / 4096, pinch.wide * pinch.apart / middle.apart)), by = wide / pinch.wide, unit = pinch.unit * by;
  show(pinch.map, pinch.svg, [pinch.held[0] - (middle.x - pinch.left) * unit, pinch.held[1] - (middle.y - pinch.top) * unit, wide, pinch.high * by]);
});

for (const type of ["pointerup", "pointercancel"])
  document.addEventListener(type, event => {
    if (fingers.delete(event.pointerId)) pinch = null;
  });

// The page would scroll with two fingers and take them away.
const hold = event => { if (event.touches.length > 1 && event.cancelable && !tiledMaps.has(event.currentTarget)) event.preventDefault(); };

document.addEventListener("pointerdown", event => {
  const [map, svg] = mapOf(event);
  if (!map || tiledMaps.has(map) || event.button !== 0 || event.target.closest("button") || (event.pointerType === "touch" && (fingers.size > 1 || !map.classList.contains("moved")))) return;
  const [x, y, w, h] = box(svg);
  const [ax, ay] = [event.clientX, event.clientY];
  const unit = 1 / svg.getScreenCTM().a;
  const move = e => { if (e.pointerId === event.pointerId) show(map, svg, [x - (e.clientX - ax) * unit, y - (e.clientY - ay) * unit, w, h]); };
  const end = e => {
    if (e && e.pointerId !== event.pointerId) return;
    letGo = null;
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
  };
  letGo = end;
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
});

function look() {
  for (const map of document.querySelectorAll("[data-map]:not([data-held])")) {
    map.dataset.held = "";
    for (const type of ["touchstart", "touchmove"]) map.addEventListener(type, hold, { passive: false });
  }

  for (const map of document.querySelectorAll("[data-layer]:not([data-begun])")) tile(map);
}

look();
// Pages are taken over without loading them anew.
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
