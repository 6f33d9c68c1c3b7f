#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What generate-catalogue.py says about a catalogue that is wrong. Prints TAP.

Each case changes a sound little catalogue in one place and names the message
that must come of it, word for word: without the validation the case fails.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("PF_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
GENERATOR = ROOT / "config" / "generate-catalogue.py"

SOUND = r"""
[[check]]
id = "ssh.server"
title = "An SSH server answers"
why = '''
Without it nothing works. "What??!" they say, and C:\n is a folder.
'''
fix = '''
Start it.

    systemctl enable --now sshd
'''
safety = "consent"
platforms = ["linux"]
severity = "blocker"
errors = ["97118"]
documentation = "https://example.org/ssh"

[[check]]
id = "windows.com"
title = "COM+ answers"
why = '''
It is needed.
'''
fix = '''
Repair it.
'''
safety = "manual"
platforms = ["windows"]
severity = "warning"
errors = ["vss-0x8004E00F"]
documentation = "https://example.org/com"

[[error]]
id = "97118"
title = "No way in"
why = '''
No answer.
'''
fix = '''
See above.
'''
safety = "consent"
platforms = ["linux"]
severity = "blocker"
applies-to = "all that listen"
aliases = ["95118", "exit 98"]
checks = ["ssh.server"]
documentation = "https://example.org/97118"

[[error]]
id = "vss-0x8004E00F"
title = "COM+ is out of order"
why = '''
It is broken.
'''
fix = '''
Mend it.
'''
safety = "manual"
platforms = ["windows"]
severity = "warning"
aliases = ["0x8004E00F", "-2147164145"]
checks = ["windows.com"]
documentation = "https://example.org/vss"
"""

LONG = "x" * 77
LONG_TITLE = "x" * 91

# (what it is about, the old text, the new one, how a message must begin)
CASES = [
    ("no TOML",
     "[[check]]",
     "[[check]",
     "Expected "),
    ("an unknown table",
     '[[error]]\nid = "97118"',
     '[[mistake]]\n[[error]]\nid = "97118"',
     "unknown table 'mistake'"),
    ("no checks at all",
     "[[check]]",
     "[[error]]",
     "no [[check]] tables"),
    ("an unknown field",
     'title = "No way in"',
     'title = "No way in"\ncolour = "red"',
     "[error 97118]: unknown field 'colour'"),
    ("a field of the other kind",
     'errors = ["97118"]',
     'errors = ["97118"]\naliases = ["a"]',
     "[check ssh.server]: unknown field 'aliases'"),
    ("a missing field",
     'safety = "consent"\nplatforms = ["linux"]\nseverity = "blocker"\nerrors',
     'platforms = ["linux"]\nseverity = "blocker"\nerrors',
     "[check ssh.server]: field 'safety' is missing"),
    ("a missing id",
     'id = "windows.com"\n',
     "",
     "[check #2]: field 'id' is missing"),
    ("a number for a text",
     'title = "No way in"',
     "title = 1",
     "[error 97118]: 'title' is not a string"),
    ("a text for a list",
     'checks = ["ssh.server"]',
     'checks = "ssh.server"',
     "[error 97118]: 'checks' is not a list of strings"),
    ("an empty text",
     'title = "No way in"',
     'title = ""',
     "[error 97118]: 'title' is empty"),
    ("an empty list",
     'platforms = ["linux"]\nseverity = "blocker"\napplies',
     'platforms = []\nseverity = "blocker"\napplies',
     "[error 97118]: 'platforms' is empty"),
    ("a list that repeats",
     'errors = ["97118"]',
     'errors = ["97118", "97118"]',
     "[check ssh.server]: 'errors' names something twice"),
    ("a safety of one's own",
     'safety = "manual"\nplatforms = ["windows"]\nseverity = "warning"\nerr',
     'safety = "no"\nplatforms = ["windows"]\nseverity = "warning"\nerr',
     "[check windows.com]: 'safety' is 'no', not one of safe, consent, manual"),
    ("a severity of one's own",
     'severity = "blocker"\nerrors',
     'severity = "bad"\nerrors',
     "[check ssh.server]: 'severity' is 'bad', not one of info, warning, blocker"),
    ("a platform of one's own",
     'platforms = ["linux"]\nseverity = "blocker"\nerrors',
     'platforms = ["linux", "beos"]\nseverity = "blocker"\nerrors',
     "[check ssh.server]: 'platforms' names 'beos', not one of linux, windows"),
    ("an id that is none",
     '"ssh.server"',
     '"ssh_server"',
     "[check ssh_server]: 'id' is not written as that of this kind of table"),
    ("a link without https",
     "https://example.org/ssh",
     "http://example.org/ssh",
     "[check ssh.server]: 'documentation' is not an https link"),
    ("a title that ends",
     '"No way in"',
     '"No way in."',
     "[error 97118]: 'title' ends in a full stop"),
    ("a title of two lines",
     '"No way in"',
     '"No way\\nin"',
     "[error 97118]: 'title' has more than one line"),
    ("a long title",
     '"No way in"',
     f'"{LONG_TITLE}"',
     "[error 97118]: 'title' is longer than 90 characters"),
    ("a character that is not ASCII",
     "No answer.",
     "No\u00a0answer.",
     "[error 97118]: 'why' has a character that is not printable ASCII"),
    ("a tab",
     "No answer.",
     "No\tanswer.",
     "[error 97118]: 'why' has a character that is not printable ASCII"),
    ("white space at the end of a line",
     "Start it.\n",
     "Start it. \n",
     "[check ssh.server]: 'fix' has a line that ends in white space"),
    ("white space around an alias",
     '"exit 98"',
     '" exit 98"',
     "[error 97118]: 'aliases' has white space around it"),
    ("a blank line at the end",
     "No answer.\n",
     "No answer.\n\n",
     "[error 97118]: 'why' does not begin and end with a line of text"),
    ("two blank lines",
     "Start it.\n\n",
     "Start it.\n\n\n",
     "[check ssh.server]: 'fix' has two blank lines together"),
    ("a line half indented",
     "    systemctl",
     "  systemctl",
     "[check ssh.server]: 'fix' has a line that is indented by less than four spaces: systemctl"),
    ("a long line",
     "No answer.",
     f"{LONG}",
     f"[error 97118]: 'why' has a line of more than 76 columns: {LONG}"),
    ("one id twice",
     'id = "windows.com"',
     'id = "ssh.server"',
     "[check ssh.server]: 'id' is that of [check ssh.server] too"),
    ("one id in two cases",
     'id = "97118"',
     'id = "VSS-0x8004e00f"',
     "[error vss-0x8004E00F]: 'id' is that of [error VSS-0x8004e00f] too"),
    ("an id that reads as another",
     'id = "97118"',
     'id = "097118"',
     "[error 097118]: 'id' could not be looked up: it reads as something else"),
    ("an error that does not exist",
     'errors = ["97118"]',
     'errors = ["97118", "95108"]',
     "[check ssh.server]: 'errors' names 95108, which is no error"),
    ("a check that does not exist",
     'checks = ["ssh.server"]',
     'checks = ["ssh.server", "ssh.client"]',
     "[error 97118]: 'checks' names ssh.client, which is no check"),
    ("a check among the errors",
     'errors = ["97118"]',
     'errors = ["97118", "windows.com"]',
     "[check ssh.server]: 'errors' names windows.com, which is no error"),
    ("a link of the check alone",
     'checks = ["ssh.server"]',
     'checks = ["windows.com"]',
     "[check ssh.server]: 'errors' names 97118, whose 'checks' does not name ssh.server"),
    ("a link of the error alone",
     'checks = ["windows.com"]',
     'checks = ["windows.com", "ssh.server"]',
     "[error vss-0x8004E00F]: 'checks' names ssh.server, whose 'errors' does not name vss-0x8"),
    ("a link to another platform",
     'platforms = ["linux"]\nseverity = "blocker"\nerrors',
     'platforms = ["windows"]\nseverity = "blocker"\nerrors',
     "[check ssh.server]: 'errors' names 97118, which is for another platform"),
    ("an alias of nothing but noise",
     '"exit 98"',
     '"error code"',
     "[error 97118]: alias 'error code' could not be looked up"),
    ("an alias of too many words",
     '"exit 98"',
     '"one two three four five"',
     "[error 97118]: alias 'one two three four five' could not be looked up"),
    ("an alias that is the id",
     '"exit 98"',
     '"Error 97118"',
     "[error 97118]: alias 'Error 97118' is its own id"),
    ("an alias that is a check",
     '"exit 98"',
     '"SSH.Server"',
     "[error 97118]: alias 'SSH.Server' is the id of a check"),
    ("an alias in two spellings",
     '"exit 98"',
     '"exit 98", "Exit code 98"',
     "[error 97118]: aliases 'exit 98' and 'Exit code 98' mean the same"),
    ("an HRESULT without its decimal",
     ', "-2147164145"',
     "",
     "[error vss-0x8004E00F]: alias '0x8004E00F' has no twin '-2147164145'"),
    ("an HRESULT without its hexadecimal",
     '"0x8004E00F", ',
     "",
     "[error vss-0x8004E00F]: alias '-2147164145' has no twin '0x8004E00F'"),
]


def generate(folder, text):
    source, target = folder / "catalogue.toml", folder / "table.c"
    source.write_text(text, encoding="utf-8")
    target.unlink(missing_ok=True)
    result = subprocess.run([sys.executable, str(GENERATOR), str(source), str(target)],
                            capture_output=True, text=True, check=False)
    written = target.read_text(encoding="ascii") if target.exists() else None
    return result.returncode, result.stderr, written


def refuses(folder, old, new, message):
    if old not in SOUND:
        return f"the case does not fit: no {old!r}"
    status, stderr, written = generate(folder, SOUND.replace(old, new))
    if status == 0 or written is not None:
        return "accepted"
    if not any(line.startswith(f"catalogue.toml: {message}") for line in stderr.splitlines()):
        return f"expected {message!r}, got {stderr!r}"
    return None


def accepts(folder, text, wanted):
    status, stderr, written = generate(folder, text)
    if status != 0 or stderr or written is None:
        return f"refused: {stderr!r}"
    return next((f"no {want!r} in the table" for want in wanted if want not in written), None)


def tells_all(folder):
    text = SOUND.replace('title = "No way in"', "").replace('safety = "consent"\n', "")
    _, stderr, _ = generate(folder, text)
    return None if len(stderr.splitlines()) == 3 else f"not three messages: {stderr!r}"


def usage():
    result = subprocess.run([sys.executable, str(GENERATOR)], capture_output=True, text=True,
                            check=False)
    return None if result.returncode != 0 and "catalogue.toml" in result.stderr else result.stderr


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        results = [
            ("a sound catalogue is taken", accepts(folder, SOUND, [
                r'"Without it nothing works. \"What?\?!\" they say, and C:\\n is a folder."',
                '"Start it.\\n"\n', '"    systemctl enable --now sshd"',
                '.links = (const char *const[]){ "97118", NULL },',
                ".platforms = PF_PLATFORM_LINUX,",
                'PF_CATALOGUE_KEY_ALIAS }, /* exit 98: 97118 */',
                'PF_CATALOGUE_KEY_PART }, /* 98: 97118 */',
                'PF_CATALOGUE_KEY_ALIAS }, /* 0x8004e00f: vss-0x8004E00F */',
            ])),
            ("all mistakes are told at once", tells_all(folder)),
            ("without arguments it says how it is called", usage()),
        ]
        results += [(f"refused: {about}", refuses(folder, *case)) for about, *case in CASES]
    print(f"1..{len(results)}")
    for i, (about, problem) in enumerate(results, 1):
        print(f"{'not ok' if problem else 'ok'} {i} - {about}")
        if problem:
            print(f"# {problem}")
    return any(problem for _, problem in results)


if __name__ == "__main__":
    sys.exit(main())
