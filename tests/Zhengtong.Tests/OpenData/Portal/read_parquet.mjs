// Reads a Parquet file with a reader that has nothing in common with what wrote it, and prints what is in it: {"names": [...], "rows": [[cell, ...], ...]}; cells are text or null.
import { readFile } from "node:fs/promises";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";

const bytes = await readFile(process.argv[2]);
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const columns = parquetSchema(parquetMetadata(file)).children.map(child => child.element);
const text = (cell, column) => {
  if (cell === null || cell === undefined) return null;
  if (cell instanceof Date) return column.converted_type === "DATE" ? cell.toISOString().slice(0, 10) : cell.toISOString().slice(0, 23).replace(/\.?0*$/, "");
  return String(cell);
};
const rows = await parquetReadObjects({ file, compressors });
process.stdout.write(JSON.stringify({ names: columns.map(c => c.name), rows: rows.map(row => columns.map(c => text(row[c.name], c))) }));
