# SPDX-License-Identifier: MIT
"""Accounts that machines are invented with: passwords, ages, shells, homes."""

import time

from login_machines import HASH

HOMES = {"root": "root", "azureuser": "home/azureuser", "deploy": "home/deploy"}


def fill(text, q):
    other = "azureuser" if q["user"] == "root" else "root"
    return text.format_map({**q, "other": other})


def today():
    return int(time.time()) // 86400


HASHES_GOOD = (
    HASH, "$y$j9T$preflightSaltAA1$7B1u7mOgpWlpXCljXfLYZwah0AJ1KPRvv4QF6CNq06B",
    "$gy$j75$preflightSalt1$0zZIdhH7a2zKbf7Obo/K1IZLhEG/7QaYpnCRv7Ml2VC",
    "$2b$05$preflightSaltpreflighuQQFU.p1RvUOnV/j6aglH.Iu8RsqEQ4u",
    "$2y$05$preflightSaltpreflighuQQFU.p1RvUOnV/j6aglH.Iu8RsqEQ4u",
    "$2a$05$preflightSaltpreflighuQQFU.p1RvUOnV/j6aglH.Iu8RsqEQ4u",
    "$6$rounds=1000$preflight$SHpccZS7Sz/PxaCoATzmsx8FSiFc5bBvpT/9bQ0b3OC8LCTYd0xcQsA/"
    "H1RMPq2zcedgXFwjmwJs05C.Rnc2F0",
    "$6$preflight$IwHRQjucnNhfbyKVg5miYzVb3pN7S20nsDVdK2/e4SVh1cWU531IWRhTjOqLz1..aQz7Ei6813l"
    "vurAlviKSz.",
    "$5$rounds=1000$preflight$4HbJpiMjwMRTO5T/zonb1XkrfoS40jXK83uN.lxOIV5",
    "$1$prefligh$mpuoosedt/ExJeOjFmqgD1", "pfb9uFTWOCPXU", "_6C/.yaiu69LB9RrovDY",
    "$3$$e05afee4e22b6fe7e11549e2193c8202",
    "$sha1$40000$preflight$MJyxJGg.Q35koNO.RWndyMwnrvn6",
)
HASHES_BAD = ("!" + HASH, "!!" + HASH, "*", "!", "!!", "*LK*", "x", HASH[:-3], HASH + "a", "$9$foo",
              "$y$", "$y$j9T$", "$6$", "$1$abc", "$2b$05$tooshort", "NP", "", "*" + HASH,
              "$6$preflight", "pf", "pfb9uFTWOCP", "abc", "$5$rounds=1000$preflight$", "$7$foo",
              "$y$j75$preflightSalt1$", "$x$y$z")


def draw_hash(rng, q):
    good = rng.random() < 0.55
    value = rng.choice(HASHES_GOOD if good else HASHES_BAD)
    changes = [("field", "etc/shadow", q["user"], 1, value)]
    if value.startswith("pfb9") or rng.random() < 0.1:
        changes.append(("setting", "UsePAM", rng.choice(["UsePAM yes", "UsePAM no"])))
    return changes


def draw_ageing(rng, q):
    """lastchg, min, max, warn, inactive, expire."""
    day = today()
    fields = {
        2: [0, "", day, day - 1, day - 100, day - 30, day + 10, -1, 19500],
        3: ["", 0, 1, 60, 99999],
        4: ["", 0, 30, 90, 99, 100, 101, 99999, -1],
        5: ["", 7, 200],
        6: ["", 0, 5, 9, 10, 11, -1, 30],
        7: ["", 0, 1, day, day - 1, day + 1, day + 300, -1],
    }
    many = rng.choice([1, 1, 2, 3])
    if rng.random() < 0.35:
        chosen = {2: day - 100, 4: rng.choice(fields[4]), 6: rng.choice(fields[6])}
    else:
        chosen = {i: rng.choice(fields[i]) for i in rng.sample(sorted(fields), many)}
    return [("field", "etc/shadow", q["user"], i, str(value)) for i, value in chosen.items()]


SHELLS = ("/bin/bash", "/bin/sh", "/bin/dash", "/usr/bin/bash", "/bin/rbash", "", "/bin/bash",
          "/usr/sbin/nologin", "/bin/false", "/usr/bin/true", "/bin/zsh", "/usr/bin",
          "bash", "/bin/cat", "/usr/bin/env", "/usr/local/bin/mysh", "/usr/local/bin/mysh",
          "/usr/lib/openssh/sftp-server", "/bin/bash ", "/bin/id", "/sbin/nologin")
SHELL_SCRIPTS = (
    "#!/bin/sh\nexec /bin/sh \"$@\"\n",
    "#!/bin/bash\nexec /bin/bash \"$@\"\n",
    "#!/bin/sh\necho Welcome\nexec /bin/sh \"$@\"\n",
    "#!/bin/sh\necho Only keys are welcome here >&2\nexit 1\n",
    "#!/nonexistent/interpreter\n",
    "#!/bin/sh\nlogger -t shell \"$@\"\nexec /bin/bash \"$@\"\n",
)


def draw_shell(rng, q):
    shell = rng.choice(SHELLS)
    changes = [("field", "etc/passwd", q["user"], 6, shell)]
    if shell.endswith("mysh"):
        changes += [("write", shell[1:], rng.choice(SHELL_SCRIPTS)),
                    ("chmod", shell[1:], rng.choice([0o755, 0o755, 0o755, 0o644, 0o750, 0o711]))]
    elif shell in ("/usr/sbin/nologin", "/bin/false") and rng.random() < 0.4:
        changes.append(("setting", "Subsystem", "Subsystem sftp internal-sftp"))
    return changes


STARTUP = """\
echo hello
echo hello >&2
[ -t 1 ] && echo hello
case $- in *i*) ;; *) return;; esac
[ -z "$PS1" ] && return
if [ -n "$PS1" ]; then echo hello; fi
exit 0
exit 1
printf ''
alias ll='ls -l'
umask 077
export EDITOR=vi
PATH=$PATH:/opt/bin
test -t 0 || return
date
exec /bin/sh
exec /bin/bash
cat /etc/motd
true
false
return
tput init 2>/dev/null
stty -ixon
""".splitlines()


def draw_startup(rng, q):
    home = HOMES[q["user"]]
    path = rng.choice([f"{home}/.bashrc"] * 4 + ["etc/bash.bashrc", f"{home}/.profile",
                                                 f"{home}/.bash_profile", f"{home}/.ssh/rc",
                                                 "etc/ssh/sshrc", "etc/profile"])
    line = rng.choice(STARTUP)
    return [(rng.choice(["prepend", "prepend", "append"]), path, line)]


def draw_account(rng, q):
    """What is wrong with passwd, shadow, group and who reads them."""
    user = q["user"]
    pool = [
        [("replace", "etc/passwd", f"^{user}:.*\n", "")],
        [("replace", "etc/shadow", f"^{user}:.*\n", "")],
        [("replace", "etc/passwd", f"^{user}:", f"#{user}:")],
        [("field", "etc/passwd", user, 1, HASH)],
        [("field", "etc/passwd", user, 1, "*")],
        [("field", "etc/passwd", user, 1, "")],
        [("field", "etc/passwd", user, 1, "!")],
        [("field", "etc/passwd", user, 1, "x ")],
        [("field", "etc/passwd", user, 3, "4242")],
        [("field", "etc/passwd", user, 3, "")],
        [("field", "etc/passwd", user, 2, "0x")],
        [("field", "etc/passwd", user, 2, "0")],
        [("field", "etc/passwd", user, 2, "1000")],
        [("field", "etc/passwd", user, 5, "/nonexistent")],
        [("field", "etc/passwd", user, 5, "")],
        [("field", "etc/passwd", user, 5, "/root")],
        [("append", "etc/passwd", f"{user}:x:4000:4000::/tmp:/bin/sh")],
        [("prepend", "etc/passwd", f"{user}:x:4000:4000::/tmp:/bin/false")],
        [("prepend", "etc/shadow", f"{user}:*:19500:0:99999:7:::")],
        [("append", "etc/shadow", f"{user}:*:19500:0:99999:7:::")],
        [("prepend", "etc/passwd", "# accounts")], [("prepend", "etc/passwd", "")],
        [("append", "etc/passwd", "+::::::")], [("append", "etc/passwd", "broken line")],
        [("replace", "etc/nsswitch.conf", "^(passwd|shadow): .*", "\\1: files systemd")],
        [("replace", "etc/nsswitch.conf", "^(passwd|shadow|group): .*", "\\1: compat")],
        [("replace", "etc/nsswitch.conf", "^shadow: .*\n", "")],
        [("replace", "etc/nsswitch.conf", "^passwd: .*", "passwd: sss files")],
        [("replace", "etc/nsswitch.conf", "^(passwd|shadow): .*\n", "")],
        [("replace", "etc/nsswitch.conf", "^hosts: .*\n", "")],
        [("delete", "etc/services")],
        [("delete", "etc/nsswitch.conf")],
        [("delete", "etc/shadow")], [("delete", "etc/group")],
        [("chmod", "etc/shadow", 0o600)], [("chmod", "etc/shadow", 0)],
        [("chmod", "etc/passwd", 0o600)],
        [("replace", "etc/group", "^ops:.*", f"ops:x:1100:{user}")],
        [("append", "etc/group", f"wheel:x:10:{user}")],
        [("replace", "etc/shadow", f"^({user}:[^:]*):.*", "\\1:::::::")],
        [("replace", "etc/shadow", f"^({user}:[^:]*:[^:]*):.*", "\\1")],
        [("replace", "etc/shadow", f"^{user}:(.*)$", f"{user}:\\1:extra")],
        [("replace", "etc/passwd", f"^{user}:(.*):[^:]*$", f"{user}:\\1")],
        [("replace", "etc/passwd", "^sshd:.*\n", "")],
        [("delete", "etc/passwd")],
        [("replace", "etc/passwd", "\n", "\r\n")],
        [("replace", "etc/shadow", "\n", "\r\n")],
        [("replace", "etc/passwd", "\n\\Z", "")],
    ]
    return rng.choice(pool)


def draw_home(rng, q):
    home = HOMES[q["user"]]
    return rng.choice([
        [("delete", home)], [("chmod", home, 0)], [("chown", home, 0, 0), ("chmod", home, 0o700)],
        [("chmod", home, 0o777)], [("delete", home), ("link", home, "/nowhere")],
        [("delete", f"{home}/.bashrc")], [("chmod", f"{home}/.bashrc", 0o600)],
        [("write", f"{home}/.hushlogin", "")], [("write", f"{home}/.ssh/environment", "A=b\n")],
        [("write", f"{home}/.ssh/authorized_keys", "nonsense\n")],
    ])


TOPICS = ((8, draw_hash), (9, draw_ageing), (7, draw_shell), (6, draw_startup), (8, draw_account),
          (3, draw_home))
