#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the JSON Schema of the report, from the interface that promises it.

    config/generate-report-schema.py config/org.preflightd.Preflight.varlink > report.schema.json

What the type Report needs is translated, with its comments. A member that may be
null may also be absent. Members that are not known are allowed: fields are only ever
added.
"""

import json
import re
import sys

TOKEN = re.compile(r"#[^\n]*|->|\[\w*\]|[?:,()]|[A-Za-z][\w.-]*|\S")
SIMPLE = {"string": "string", "int": "integer", "float": "number", "bool": "boolean",
          "object": "object"}


class Reader:
    """The tokens of an interface, with the comment before each kept apart."""

    def __init__(self, text):
        self.tokens = []
        comment = []
        for token in TOKEN.findall(text):
            if token.startswith("#"):
                comment.append(token[1:].strip())
            else:
                self.tokens.append((token, " ".join(comment)))
                comment = []
        self.position = 0

    def peek(self):
        return self.tokens[self.position][0] if self.position < len(self.tokens) else None

    def take(self, expected=None):
        token, comment = self.tokens[self.position]
        if expected and token != expected:
            sys.exit(f"expected {expected!r}, found {token!r}")
        self.position += 1
        return token, comment


def read_value(reader):
    """The schema of a type: what it is, and may it be null?"""
    token, _ = reader.take()
    if token == "?":
        schema, _ = read_value(reader)
        return schema, True
    if token == "[]":
        return {"type": "array", "items": read_value(reader)[0]}, False
    if token == "[string]":
        return {"type": "object", "additionalProperties": read_value(reader)[0]}, False
    if token == "(":
        reader.position -= 1
        return read_body(reader), False
    if token in SIMPLE:
        return {"type": SIMPLE[token]}, False
    return {"$ref": f"#/$defs/{token}"}, False


def or_null(schema):
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def read_body(reader):
    """What stands in parentheses: members with types, or the words of an enumeration."""
    words, properties, required = [], {}, []
    reader.take("(")
    while reader.peek() != ")":
        name, comment = reader.take()
        if reader.peek() == ":":
            reader.take(":")
            schema, is_nullable = read_value(reader)
            properties[name] = {**(or_null(schema) if is_nullable else schema)}
            if comment:
                properties[name]["description"] = comment
            if not is_nullable:
                required.append(name)
        else:
            words.append(name)
        if reader.peek() == ",":
            reader.take(",")
    reader.take(")")
    if words:
        return {"type": "string", "enum": words}
    return {"type": "object", "properties": properties, "required": required}


def read_types(text):
    reader = Reader(text)
    types = {}
    while reader.peek():
        word, comment = reader.take()
        if word == "type":
            name, _ = reader.take()
            types[name] = {"description": comment, **read_body(reader)}
    return types


def names_in(schema):
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rsplit("/", 1)[1]
        for value in schema.values():
            yield from names_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from names_in(value)


def make_schema(text):
    types = read_types(text)
    report = types["Report"]
    report["properties"]["schema"]["const"] = 1
    needed, waiting = set(), ["Report"]
    while waiting:
        for name in names_in(types[waiting.pop()]):
            if name not in needed:
                needed.add(name)
                waiting.append(name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:org.preflightd.Preflight:report:1",
        "title": "The report of preflightd, schema 1",
        **report,
        "$defs": {name: types[name] for name in types if name in needed},
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = make_schema(file.read())
    print(json.dumps(schema, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
