# SPDX-License-Identifier: MIT
"""A Varlink client and a reader of interface descriptions, for tests.

Written from the specification at varlink.org and not from daemon/varlink, so
that the two can be held against each other.
"""
import json
import re
import select
import socket
import time


class Closed(Exception):
    """The service has closed the connection."""


def message(method, parameters=None, **flags):
    call = {"method": method, **flags}
    if parameters is not None:
        call["parameters"] = parameters
    return json.dumps(call).encode() + b"\0"


class Client:
    """One connection, to a path or to (host, port). Nothing waits longer than @seconds."""

    def __init__(self, path, seconds=20):
        self.seconds = seconds
        self.buffer = b""
        family = socket.AF_INET if isinstance(path, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        self.socket.connect(path if isinstance(path, tuple) else str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next message as an object; raises Closed, or TimeoutError."""
        end = time.monotonic() + self.seconds
        while b"\0" not in self.buffer:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionError as error:
                raise Closed from error
            if not data:
                raise Closed
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, parameters=None, **flags):
        self.send(message(method, parameters, **flags))
        return self.receive()

    def call_more(self, method, parameters=None):
        """All answers, the last one without "continues"."""
        self.send(message(method, parameters, more=True))
        while True:
            answer = self.receive()
            yield answer
            if not answer.get("continues"):
                return

    def is_closed(self):
        """Does the service close the connection, without a message before?"""
        try:
            return self.receive() and False
        except Closed:
            return True

    def is_silent(self, seconds=0.2):
        return not self.buffer and not select.select([self.socket], [], [], seconds)[0]


class Description:
    """An interface description: which members it has, and what fits them."""

    TOKEN = re.compile(r"(?:\s|#[^\n]*)*(->|\[\]|\[string\]|[?():,]|[A-Za-z][A-Za-z0-9_.-]*|$)")

    def __init__(self, text):
        self.tokens = []
        at = 0
        while at < len(text):
            match = self.TOKEN.match(text, at)
            if not match:
                raise ValueError(f"not understood: {text[at:at + 40]!r}")
            self.tokens.append(match[1])
            at = match.end()
        self.tokens = [token for token in self.tokens if token] + [""]
        self.types, self.methods, self.errors = {}, {}, {}
        self.need("interface")
        self.name = self.take()
        while self.tokens[0]:
            kind, name = self.take(), self.take()
            if kind == "type":
                self.types[name] = self.type()
            elif kind == "error":
                self.errors[name] = self.type()
            elif kind == "method":
                parameters = self.type()
                self.need("->")
                self.methods[name] = (parameters, self.type())
            else:
                raise ValueError(f"{kind} is no member")

    def take(self):
        return self.tokens.pop(0)

    def need(self, token):
        found = self.take()
        if found != token:
            raise ValueError(f"{token} expected, {found!r} found")

    def type(self):
        token = self.take()
        if token == "?":
            return ("nullable", self.type())
        if token in ("[]", "[string]"):
            return (token, self.type())
        if token == "(":
            return self.fields()
        return ("name", token)

    def fields(self):
        fields, values = {}, []
        while self.tokens[0] != ")":
            name = self.take()
            if self.tokens[0] == ":":
                self.take()
                fields[name] = self.type()
            else:
                values.append(name)
            if self.tokens[0] != ")":
                self.need(",")
        self.take()
        return ("enum", values) if values else ("struct", fields)

    PLAIN = {
        "bool": lambda value: isinstance(value, bool),
        "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
        "string": lambda value: isinstance(value, str),
        "object": lambda value: isinstance(value, dict),
    }

    def misfits(self, kind, value, where=""):
        """The places where @value is not what the description says, as texts."""
        name, inner = kind
        if name == "nullable":
            return [] if value is None else self.misfits(inner, value, where)
        if name == "name" and inner in self.PLAIN:
            return [] if self.PLAIN[inner](value) else [f"{where}: {value!r} is no {inner}"]
        if name == "name":
            return self.misfits(self.types[inner], value, where)
        if name == "enum":
            return [] if value in inner else [f"{where}: {value!r} is none of {inner}"]
        if name == "[]":
            if not isinstance(value, list):
                return [f"{where}: {value!r} is no array"]
            return [misfit for i, element in enumerate(value)
                    for misfit in self.misfits(inner, element, f"{where}[{i}]")]
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        if name == "[string]":
            return [misfit for key, element in value.items()
                    for misfit in self.misfits(inner, element, f"{where}.{key}")]
        unknown = [f"{where}.{key}: not described" for key in value if key not in inner]
        return unknown + [misfit for key, field in inner.items()
                          for misfit in self.misfits(field, value.get(key), f"{where}.{key}")]
