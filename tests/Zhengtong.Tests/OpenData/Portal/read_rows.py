"""Reads a file of rows with Python's own library and prints what is in it: {"names": [...], "rows": [[cell, ...], ...]}; cells are text or null."""
import csv, io, json, re, sys, xml.etree.ElementTree as tree, zipfile

kind, path = sys.argv[1], sys.argv[2]
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)


def objects(rows):
    names = list(rows[0]) if rows else []
    return names, [[text(row[name]) for name in names] for row in rows]


def plain(name):
    return re.sub("_x([0-9A-Fa-f]{4,8})_", lambda m: chr(int(m.group(1), 16)), name)


raw = open(path, "rb").read()
if kind in ("csv", "tsv"):
    assert not raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter="," if kind == "csv" else "\t", strict=True))
    names, rows = rows[0], [[cell or None for cell in row] for row in rows[1:]]
elif kind == "json":
    names, rows = objects(json.loads(raw))
elif kind == "jsonl":
    names, rows = objects([json.loads(line) for line in raw.decode("utf-8").split("\n") if line])
elif kind == "geojson":
    collection = json.loads(raw)
    assert collection["type"] == "FeatureCollection" and all(f["type"] == "Feature" for f in collection["features"])
    for feature in collection["features"]:
        feature["properties"]["_x"], feature["properties"]["_y"] = feature["geometry"]["coordinates"] if feature["geometry"] else (None, None)
    names, rows = objects([f["properties"] for f in collection["features"]])
elif kind == "xml":
    found = tree.fromstring(raw)
    names = [plain(cell.tag) for cell in found[0]]
    rows = [[None if cell.get(INSTANCE + "nil") == "true" else cell.text or "" for cell in row] for row in found]
elif kind == "xlsx":
    book = zipfile.ZipFile(path)
    assert book.testzip() is None
    rows = []
    for row in tree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(SHEET + "row"):
        cells = []
        for cell in row:
            value = cell.find(SHEET + "v") if cell.get("t") != "inlineStr" else cell.find(f"{SHEET}is/{SHEET}t")
            cells.append(None if value is None else {"1": "true", "0": "false"}[value.text] if cell.get("t") == "b" else value.text or "")
        rows.append(cells)
    names, rows = rows[0], rows[1:]
print(json.dumps({"names": names, "rows": rows}))
