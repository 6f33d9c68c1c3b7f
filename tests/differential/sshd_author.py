# SPDX-License-Identifier: MIT
"""Writes sshd_config files as people do, and as they should not."""

import os
import re

import sshd_keywords as words

# Between a keyword and its arguments, and before it: what sshd takes, and rarely what it does not.
BETWEEN = 8 * ["\t", "  ", "=", " = ", "= ", " \t "] + ["\f", " \t=\t", " =", "=="]
BEHIND = 4 * [" ", "\t", "  \t", "\f", "\r", " # a remark", "\t#x", " #", " # it's", ' # "half',
              " # a \\# b"] + ["#glued", " \\", "\v", " = #"]
BEFORE = 8 * [" ", "\t", "    ", " \t", "\r"] + ["\f", "\v", "="]

# What decides over a login comes more often.
KEYWORD_CHOICES = list(words.KEYWORDS) + 2 * [
    "PermitRootLogin", "PasswordAuthentication", "AllowUsers", "DenyUsers", "AllowGroups",
    "DenyGroups", "AuthenticationMethods", "KbdInteractiveAuthentication", "UsePAM",
    "PubkeyAuthentication", "Subsystem", "ForceCommand", "Port", "ListenAddress"]
KNOWN = {name.lower(): name for name in words.KEYWORDS}
GLOBAL_ONLY = [name for name, (in_match, _, _) in words.KEYWORDS.items() if not in_match]
BAD_MATCHES = [
    "Match", "Match User", "Match all user root", "Match user root all", "Match foo bar",
    "Match User root Address", "Match \"\"", 'Match User ""', "Match User root,", "Match user=root",
    "Match user= root", "Match user =root", "Match User root # all", "Match all # x", "Match all x",
    "Match Exec true", "Match canonical", "Match final", "Match invalid-user", "Match Version x",
    "Match LocalPort 22,2222", "Match LocalPort *", "Match Address *,192.0.2.7/24",
    "Match Address ,", "Match User,Group root", "Match Address 2001:db8::1%eth0", "Match=all",
    "Match = all", "Match User \"root\" Group \"Domain Users\"", "Match Users root",
    "Match Group Domain Users", "Match 'all'", "Match \"all\"", "Match User root User alice",
    "Match User !root", "Match Address 192.0.2.7 Address 10.0.0.0/8", "Match User 'root'",
    "Match User \"root", "Match all Match all", "Match Host push.example Host *.example",
    "Match User root\tAddress\t*", "Match,all", "Match User " + "a," * 600 + "b",
    "Match Address " + "10.0.0.0/8," * 200 + "10.0.0.0/8"]

# With a keyword k, a value v of it, and all its values q.
MISSPELLED = (
    "{k}", '{k} "{v}', "{k} '{v}", '{k} {v}"', '"{k} {q}', '{k} {q} "', "{k} \\{q}", "{k}={q}={q}",
    "{k} == {q}", "= {k} {q}", "{k} = ", '{k} ""', "{k} ''", "{k}\u00a0{q}", '{k} "" {q}', "{k}{q}",
    "{k},{q}", "{k} {q};", "{k}: {q}", "{k} # {q}", '{k} {q}"x"', '{k} "{v}"x', '{k} "a\\"b"',
    "{k} {v}\0 junk", "\0{k} {q}", "{k}\0 {q}", "\ufeff{k} {q}", "\udcff\udcfe{k} {q}", "\\{k} {q}",
    "Subsystem sftp a\nSubsystem sftp b", "AuthorizedKeysCommand /usr/bin/x\nMatch all", "+{k} {q}")
BAD_INCLUDES = (
    "Include", 'Include ""', "Include =", 'Include "a', "Include /etc/ssh/[", "Include sshd_config",
    "Include /etc/ssh/sshd_config", "Include /etc/ssh", "Include /etc/passwd", "Include .",
    "Include /etc/ssh/*", "Include ~/x", "Include /etc/ssh/{a,b}", "Include \\", "Include ''")


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def decode(data):
    return data.decode("utf-8", "surrogateescape")


class Author:
    """Writes the files of one machine."""

    def __init__(self, r, machine):
        self.r = r
        self.machine = machine
        self.odd = r.random() < 0.5  # spelled in odd ways
        self.includes = 0

    def chance(self, p):
        return self.r.random() < p

    # Words and lines

    def quote(self, word):
        r = self.r
        if word == "" or re.search(r"[\s\"'#]", word):
            mark = r.choice('"\'') if '"' in word or "'" in word else '"'
            return mark + word.replace(mark, "\\" + mark) + mark
        if not self.odd or self.chance(0.85):
            return word
        if self.chance(0.05):
            return word[:1] + '"' + word[1:] + '"'
        return r.choice(('"%s"', "'%s'")) % word

    def spell(self, keyword):
        form = self.r.random()
        if form < (0.7 if self.odd else 0.97):
            return keyword
        if form < 0.8:
            return keyword.lower()
        if form < 0.9:
            return keyword.upper()
        if form < 0.97:
            return "".join(self.r.choice((c.lower(), c.upper())) for c in keyword)
        return f'"{keyword}"'

    def line(self, keyword, arguments, raw=False):
        r = self.r
        text = self.spell(keyword)
        between = r.choice(BETWEEN) if self.odd and self.chance(0.25) else " "
        for argument in arguments:
            text += between + (argument if raw else self.quote(argument))
            between = r.choice((" ", "  ", "\t")) if self.odd and self.chance(0.1) else " "
        if self.odd:
            if self.chance(0.1):
                text = r.choice(BEFORE) + text
            if self.chance(0.12):
                text += r.choice(BEHIND)
        return text

    def filler(self):
        if self.chance(0.02):
            return "\f"
        return self.r.choice(("", "", "# a remark", "#PermitRootLogin yes", "  ", "\t",
                              "  # indented", "#", "# Match all", "# caf\u00e9",
                              "#Include /etc/ssh/x"))

    # Directives

    def directive(self, in_match):
        r = self.r
        if self.chance(0.03):
            name = r.choice(words.OLD)
            return self.line(name, [r.choice(("yes", "no", "2", "768"))])
        while True:
            name = r.choice(KEYWORD_CHOICES)
            in_match_allowed, good, _ = words.KEYWORDS[name]
            if name != "RDomain" and (in_match_allowed or not in_match):
                return self.line(name, good(r))

    def match(self, good=True):
        r = self.r
        if good and self.chance(0.12):
            return self.line("Match", [r.choice(("all", "all", "All", "ALL"))])
        parts = []
        n = r.choice((1, 1, 1, 2, 2, 3, 4))
        bad_at = -1 if good else r.randrange(n)
        for i in range(n):
            attribute, argument = words.match_criterion(r, i != bad_at)
            parts += [self.spell(attribute).strip('"'), argument]
        if not self.odd or self.chance(0.9):
            return self.line("Match", parts)
        pairs = [attribute + r.choice(("=", " = ", " ", "= ")) + self.quote(argument)
                 for attribute, argument in zip(parts[::2], parts[1::2])]
        return self.line("Match", pairs, raw=True)

    def fault(self):
        """A line that sshd should mostly refuse."""
        r = self.r
        name = r.choice(KEYWORD_CHOICES)
        _, good, bad = words.KEYWORDS[name]
        value = good(r)
        quoted = " ".join(self.quote(v) for v in value)
        elsewhere = r.choice(GLOBAL_ONLY)
        return r.choice(4 * [
            lambda: self.line(name, bad(r)),
            lambda: r.choice(MISSPELLED).format(k=name, v=value[0], q=quoted)] + 2 * [
            lambda: self.line(name, bad(r)),
            lambda: self.line(name, value + [r.choice(("extra", "yes", "", "#", "x y"))]),
            lambda: self.line(elsewhere, words.KEYWORDS[elsewhere][1](r)),
            lambda: self.match(False),
            lambda: r.choice(BAD_MATCHES)] + [
            lambda: self.line(r.choice(words.UNKNOWN), value),
            lambda: self.line(r.choice(words.OLD), r.choice(([], ["x"], ["a", "b"], [""]))),
            lambda: r.choice(BAD_INCLUDES)])()

    # Files

    def body(self, in_match, size, depth):
        """Lines; whether the end is inside a Match block does not matter to the includer."""
        r = self.r
        lines = []
        for _ in range(size):
            form = r.random()
            if form < 0.13:
                lines.append(self.filler())
            elif form < 0.25:
                lines.append(self.match())
                in_match = True
            elif form < 0.33 and depth < 3:
                lines.append(self.include(in_match, depth))
            else:
                lines.append(self.directive(in_match))
            if lines and self.chance(0.04):
                lines.append(r.choice(lines))
        return lines

    def include(self, in_match, depth):
        """An Include line, after the files that it names were written."""
        self.includes += 1
        base = f"inc{self.includes}"
        make = self.r.choice((self.include_nothing, self.include_file, self.include_file,
                              self.include_file, self.include_files, self.include_files,
                              self.include_files, self.include_several, self.include_link))
        return self.line("Include", make(base, in_match, depth))

    def include_nothing(self, base, in_match, depth):
        self.machine.directories.append(f"/etc/ssh/{base}.dir")
        return [self.r.choice(("/nowhere/*.conf", "missing.conf", "/etc/ssh/missing.d/*",
                               "nothing*", f"/etc/ssh/{base}.dir/*", f"{base}.dir/*.conf"))]

    def include_files(self, base, in_match, depth):
        names = ("10-a.conf", "50-b.conf", "9.conf", "B.conf", "a.conf", ".hidden.conf", "z.conf~",
                 "60-c.conf", "_.conf", "A b.conf")
        for name in self.r.sample(names, self.r.randint(1, 4)):
            self.write_body(f"/etc/ssh/{base}.d/{name}", in_match, depth)
        return [self.r.choice((
            f"/etc/ssh/{base}.d/*.conf", f"{base}.d/*.conf", f"{base}.d/*",
            f"/etc/ssh/{base}.d/[0-9]*.conf", f"/etc/ssh/{base}.d/?*.conf",
            f"/etc/*/{base}.d/*.conf", f"/etc/ssh/../ssh/{base}.d/*.conf",
            f"/etc/ssh/{base}.d/[!.]*", f"/etc//ssh/{base}.d//*.conf"))]

    def include_file(self, base, in_match, depth):
        path = self.r.choice((f"/etc/ssh/{base}.conf", f"/etc/ssh/{base}.conf", f"/srv/{base}/x",
                              f"/etc/ssh/{base} s.conf", f"/etc/ssh/{base}[1]",
                              f"/etc/ssh/{base}.CONF", f"/etc/ssh/-{base}"))
        self.write_body(path, in_match, depth)
        if path.startswith("/etc/ssh/") and self.chance(0.4):
            path = os.path.relpath(path, "/etc/ssh")
        return [path] if self.chance(0.85) else [path, path]

    def include_several(self, base, in_match, depth):
        paths = [f"/etc/ssh/{base}-1", f"/etc/ssh/{base}-2"]
        for path in paths:
            self.write_body(path, in_match, depth)
        return self.r.sample(paths + ["/nowhere"], 3)

    def include_link(self, base, in_match, depth):
        link, path = f"/etc/ssh/{base}.link", f"/etc/ssh/{base}.conf"
        self.write_body(path, in_match, depth)
        self.machine.links[link] = self.r.choice((path, path, f"{base}.conf", f"../ssh/{base}.conf",
                                                  "/dev/null", "nowhere", link))
        return [link]

    def write_body(self, path, in_match, depth):
        self.write(path, self.body(in_match, self.r.choice((0, 1, 1, 2, 3, 5)), depth + 1))

    def write(self, path, lines):
        """Join lines in one of the ways that editors do."""
        r = self.r
        text = "\n".join(lines) + "\n"
        form = r.random()
        if form < 0.04:
            text = text.replace("\n", "\r\n")
        elif form < 0.08:
            text = text[:-1]
        elif form < 0.085:
            text = "\ufeff" + text
        elif form < 0.095:
            text = "#" + "x" * r.choice((1022, 1023, 1024, 4095, 4096, 70000)) + "\n" + text
        elif form < 0.1:
            text = text.replace("\n", "\0\n", 1)
        elif form < 0.103:
            names = [f"u{i}" for i in range(r.choice((100, 300, 1200)))]
            text += "AllowUsers " + " ".join(names) + "\n"
        elif form < 0.105:
            text = ""
        self.machine.files[path] = encode(text)
