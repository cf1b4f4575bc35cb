"""Reads RDF files with rdflib, which we did not write: read_rdf.py SYNTAX FILE ... prints for each file a JSON list of its statements, literals exactly as they were written."""
import json
import sys

import rdflib

rdflib.NORMALIZE_LITERALS = False


def value(term):
    if isinstance(term, rdflib.Literal):
        return {"text": str(term), "isIri": False, "language": term.language, "datatype": str(term.datatype) if term.datatype else None}
    if isinstance(term, rdflib.BNode):
        raise SystemExit(f"a blank node: {term}")
    return {"text": str(term), "isIri": True, "language": None, "datatype": None}


for syntax, file in zip(sys.argv[1::2], sys.argv[2::2]):
    graph = rdflib.Graph()
    graph.parse(file, format=syntax)
    print(json.dumps([{"subject": str(s), "property": str(p), "value": value(o)} for s, p, o in graph]))
