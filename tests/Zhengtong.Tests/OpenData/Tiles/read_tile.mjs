// Reads a vector tile from standard input with the readers that maps use, and prints what is in it: for each layer its version, extent and features.
// Arguments: zoom, column, row of the tile.
import { VectorTile, classifyRings } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const [z, x, y] = process.argv.slice(2).map(Number);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const tile = new VectorTile(new PbfReader(new Uint8Array(Buffer.concat(chunks))));
const layers = {};
for (const [name, layer] of Object.entries(tile.layers)) {
  const features = [];
  for (let n = 0; n < layer.length; n++) {
    const feature = layer.feature(n);
    const parts = feature.loadGeometry();
    features.push({
      id: feature.id, type: feature.type, properties: { ...feature.properties }, parts: parts.map(part => part.map(p => [p.x, p.y])),
      areas: feature.type === 3 ? classifyRings(parts).map(area => area.length) : [], place: feature.toGeoJSON(x, y, z).geometry,
    });
  }
  layers[name] = { version: layer.version, extent: layer.extent, features };
}
process.stdout.write(JSON.stringify(layers));
