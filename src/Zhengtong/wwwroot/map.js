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

const mapOf = event => {
  const map = event.target.closest?.("[data-map]");
  return map ? [map, map.querySelector("svg")] : [];
};

document.addEventListener("click", event => {
  const button = event.target.closest("[data-zoom]");
  if (!button) return;
  const [map, svg] = mapOf(event);
  if (button.dataset.zoom === "whole") reset(map, svg);
  else zoom(map, svg, button.dataset.zoom === "in" ? 0.5 : 2);
});

document.addEventListener("keydown", event => {
  const [map, svg] = mapOf(event);
  if (!map || event.target !== map || event.ctrlKey || event.metaKey || event.altKey) return;
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
  zoom(map, svg, event.deltaY < 0 ? 0.8 : 1.25, place(svg, event));
}, { passive: false });

document.addEventListener("pointerdown", event => {
  const [map, svg] = mapOf(event);
  if (!map || event.button !== 0 || event.target.closest("button") || (event.pointerType === "touch" && !map.classList.contains("moved"))) return;
  const [x, y, w, h] = box(svg);
  const [ax, ay] = [event.clientX, event.clientY];
  const unit = 1 / svg.getScreenCTM().a;
  const move = e => show(map, svg, [x - (e.clientX - ax) * unit, y - (e.clientY - ay) * unit, w, h]);
  const end = () => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
});
