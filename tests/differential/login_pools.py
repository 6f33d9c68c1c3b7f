# SPDX-License-Identifier: MIT
"""What machines are changed by: pools to draw from, and how.

A drawer gets a generator of numbers and the question so far, and returns the
changes that belong together. Pools name what administrators write, right and
wrong; which of it stops a login is for sshd to say.
"""

import random
import time

from login_machines import HASH, Machine

USERS = ("root", "azureuser", "deploy")
CALLERS = ("10.20.0.5", "10.20.0.6", "172.16.3.9")
PLACES = ("top", "middle", "end", "50-site.conf", "10-cloud.conf", "notes.txt")
PLACE_WEIGHTS = (3, 3, 1, 3, 2, 1)


def today():
    return int(time.time()) // 86400


# sshd_config

HARMLESS = """\
PermitRootLogin yes
PasswordAuthentication yes
PasswordAuthentication YES
passwordauthentication=yes
PermitRootLogin "yes"
KbdInteractiveAuthentication yes
ChallengeResponseAuthentication no
UsePAM yes
UsePAM no
AuthenticationMethods any
AuthenticationMethods password
AuthenticationMethods publickey password
MaxAuthTries 1
MaxAuthTries 2
MaxSessions 1
MaxStartups 1:100:1
MaxStartups 10:30:60
LoginGraceTime 0
LoginGraceTime 1m
PerSourceMaxStartups 1
UseDNS yes
StrictModes no
Banner /etc/motd
Banner /etc/issue.net
PrintMotd yes
PermitTTY no
DisableForwarding yes
PermitUserEnvironment yes
PubkeyAuthentication no
PermitEmptyPasswords yes
AllowUsers *
AllowUsers root azureuser deploy
AllowUsers {user}@{from}
AllowUsers {user}@10.20.0.0/16 {user}@172.16.*
AllowUsers *@10.* *@172.16.0.0/12
DenyUsers git
DenyUsers {user}@192.0.2.*
DenyUsers {other}
DenyUsers !{user} git
AllowGroups *
AllowGroups root azureuser deploy
AllowGroups root sudo ops
DenyGroups nogroup
DenyGroups git mail
Compression no
TCPKeepAlive no
ClientAliveInterval 30
VersionAddendum test
RekeyLimit 1G 1h
IPQoS none
ExposeAuthInfo yes
X11Forwarding no
GSSAPIAuthentication yes
GSSAPIAuthentication no
KerberosAuthentication no
HostbasedAuthentication yes
IgnoreRhosts yes
AuthorizedKeysFile none
AcceptEnv *
LogLevel QUIET
SyslogFacility AUTH
PidFile /run/other.pid
ForceCommand none
ForceCommand internal-sftp
ForceCommand /usr/lib/openssh/sftp-server
ChrootDirectory none
ChrootDirectory /
Ciphers aes256-ctr,aes128-gcm@openssh.com
Ciphers -aes128-cbc
MACs hmac-sha2-256
KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256
KexAlgorithms ^diffie-hellman-group14-sha256
HostKeyAlgorithms ssh-ed25519,rsa-sha2-512
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_rsa_key
RequiredRSASize 2048
CASignatureAlgorithms ssh-ed25519
Include /etc/ssh/none/*.conf
Include sshd_config.d/*.conf
Protocol 2
UsePrivilegeSeparation sandbox
RhostsRSAAuthentication no
#PasswordAuthentication no
   # PermitRootLogin no
ListenAddress 0.0.0.0
ListenAddress 10.20.0.1
AddressFamily inet
Port 22
Port 2222
SetEnv LANG=C
""".splitlines()

HARMFUL = """\
PermitRootLogin no
PermitRootLogin prohibit-password
PermitRootLogin without-password
PermitRootLogin forced-commands-only
PermitRootLogin No
PasswordAuthentication no
PasswordAuthentication "no"
passwordauthentication = no
KbdInteractiveAuthentication maybe
AuthenticationMethods publickey
AuthenticationMethods publickey,password
AuthenticationMethods password,publickey password,keyboard-interactive
AuthenticationMethods keyboard-interactive
AuthenticationMethods keyboard-interactive:pam
AuthenticationMethods password,password
AuthenticationMethods none
AuthenticationMethods any password
AuthenticationMethods hostbased
MaxAuthTries 0
MaxSessions 0
MaxStartups 0
MaxStartups 10:30
PerSourceMaxStartups 0
PerSourceNetBlockSize 33
AllowUsers git
AllowUsers {other}
AllowUsers !{user} *
AllowUsers {user}@192.0.2.0/24
AllowUsers {user}@target
AllowUsers {user}@10.20.0.5/16
DenyUsers {user}
DenyUsers *
DenyUsers {user}@{from}
DenyUsers {user}@10.20.0.0/16
AllowGroups sudo
AllowGroups ops
AllowGroups wheel
AllowGroups !ops *
DenyGroups root
DenyGroups ops azureuser
DenyGroups *
ForceCommand /bin/false
ForceCommand /usr/local/bin/menu
ForceCommand echo hello
ForceCommand /bin/true
ForceCommand exec $SSH_ORIGINAL_COMMAND
ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"
ForceCommand
ChrootDirectory /srv/git
ChrootDirectory /nowhere
ChrootDirectory srv
ChrootDirectory %h
ChrootDirectory /srv/%z
ChrootDirectory /tmp
ChrootDirectory /srv
ChrootDirectory /var/empty
Ciphers aes128-cbc
Ciphers none
Ciphers aes256-foo
MACs hmac-md5
KexAlgorithms diffie-hellman-group1-sha1
KexAlgorithms +diffie-hellman-group1-sha1
HostKeyAlgorithms ssh-rsa
HostKeyAlgorithms ssh-dss
HostKeyAlgorithms ecdsa-sha2-nistp384
HostKey /etc/ssh/missing
HostKey none
RequiredRSASize 8192
RequiredRSASize 512
Port 0
Port 65536
Port ssh
ListenAddress 10.99.0.1
ListenAddress 10.21.0.1
ListenAddress 127.0.0.1
ListenAddress ::
ListenAddress 10.20.0.1:2222
ListenAddress no.such.name.example
AddressFamily inet6
AddressFamily ipv4
Foo bar
PasswordAuthentication
PasswordAuthentication yes no
PermitRootLogin maybe
UsePAM 1
LoginGraceTime never
Banner
Subsystem sftp internal-sftp
Subsystem other /bin/true
Include
PermitRootLogin "yes
AcceptEnv
StrictModes perhaps
X11DisplayOffset -1
IPQoS nonsense
""".splitlines()

SUBSYSTEMS = """\
Subsystem sftp internal-sftp
Subsystem sftp internal-sftp -l INFO
Subsystem sftp internal-sftp -f LOCAL5 -u 0022
Subsystem sftp internal-sftp -R
Subsystem sftp internal-sftp -d /tmp
Subsystem sftp /usr/lib/openssh/sftp-server -l VERBOSE
Subsystem sftp /usr/lib/sftp-server
Subsystem SFTP /usr/lib/openssh/sftp-server
Subsystem sftp "/usr/lib/openssh/sftp-server"
Subsystem sftp sftp-server
Subsystem sftp /usr/libexec/sftp-server
Subsystem sftp /usr/libexec/openssh/sftp-server
Subsystem sftp /bin/false
Subsystem sftp /bin/true
Subsystem sftp /bin/sh
Subsystem sftp internal-sftp -X
Subsystem sftp internal-sftp -p realpath,opendir
Subsystem sftp /usr/lib/openssh/sftp-server -h
Subsystem sftp sudo -n /usr/lib/openssh/sftp-server
Subsystem sftp exec /usr/lib/openssh/sftp-server
Subsystem sftp /usr/lib/openssh
Subsystem sftp /usr/bin/env /usr/lib/openssh/sftp-server
Subsystem sftp /usr/bin/sh -c /usr/lib/openssh/sftp-server
Subsystem sftp umask 022; /usr/lib/openssh/sftp-server
Subsystem sftp cd /tmp && /usr/lib/openssh/sftp-server
Subsystem sftp echo hi; /usr/lib/openssh/sftp-server
Subsystem sftp /usr/local/bin/sftp.sh
Subsystem sftp-server internal-sftp
#Subsystem sftp internal-sftp

""".splitlines()

CRITERIA = """\
User {user}
User {other}
User *
User !{user},*
User root,azureuser
User {user} Address {from}
Group root
Group sudo
Group ops,azureuser
Group !ops,*
Group *
Address {from}
Address 10.20.0.0/16
Address 10.20.*
Address 192.0.2.0/24
Address !10.20.0.5,*
Address !{from},10.0.0.0/8
Address *,!172.16.0.0/12
Address 10.20.0.5/16
Address fd20::/64
LocalAddress {to}
LocalAddress 10.21.0.0/16
LocalPort 22
LocalPort 2222
LocalPort 22,2222
Host {from}
Host *.example.com
Host caller.example.com
all
RDomain *
User {user} Group sudo Address 10.*
User {user} LocalPort 22 Address 10.20.0.0/16
Foo bar
User
""".splitlines()

IN_MATCH = """\
PasswordAuthentication no
PasswordAuthentication yes
PermitRootLogin no
PermitRootLogin yes
PermitRootLogin prohibit-password
AuthenticationMethods publickey
AuthenticationMethods password
AllowUsers {user}
AllowUsers {other}
DenyUsers {user}
DenyGroups root ops
AllowGroups sudo root
ForceCommand internal-sftp
ForceCommand /bin/false
ForceCommand none
ChrootDirectory /srv
ChrootDirectory /nowhere
ChrootDirectory none
MaxAuthTries 0
MaxSessions 0
MaxSessions 4
KbdInteractiveAuthentication yes
PermitEmptyPasswords yes
X11Forwarding no
AllowTcpForwarding no
Banner none
PermitTTY no
Include /etc/ssh/match.d/*.conf
UsePAM no
Port 22
Subsystem sftp internal-sftp
Ciphers aes128-cbc
""".splitlines()

QUIET_CRITERIA = 16  # of a draw in 100: nobody that asks


def fill(text, q):
    other = "azureuser" if q["user"] == "root" else "root"
    return text.format_map({**q, "other": other})


def place(rng):
    return rng.choices(PLACES, PLACE_WEIGHTS)[0]


def draw_config(rng, q):
    pool = HARMFUL if rng.random() < 0.3 else HARMLESS
    line = fill(rng.choice(pool), q)
    changes = [("config", place(rng), line)]
    if line in ("Port 2222", "ListenAddress 10.20.0.1:2222") and rng.random() < 0.6:
        changes.append(("ask", "port", 2222))
    return changes


def draw_setting(rng, q):
    """In place of what the base says."""
    pool = HARMFUL if rng.random() < 0.3 else HARMLESS
    lines = [line for line in pool if line.split()[:1] in (["PermitRootLogin"], ["UsePAM"],
                                                           ["KbdInteractiveAuthentication"])]
    line = rng.choice(lines)
    return [("setting", line.split()[0], rng.choice([line, line, ""]))]


def draw_subsystem(rng, q):
    changes = [("setting", "Subsystem", rng.choice(SUBSYSTEMS))]
    if "sftp.sh" in changes[0][2]:
        changes += draw_script(rng, "usr/local/bin/sftp.sh")
    return changes


SCRIPTS = (
    "#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n",
    "#!/bin/bash\nexec /usr/lib/openssh/sftp-server \"$@\"\n",
    "#!/bin/sh\n/usr/lib/openssh/sftp-server\n",
    "#!/bin/sh\necho welcome\nexec /usr/lib/openssh/sftp-server\n",
    "#!/bin/sh\necho welcome >&2\nexec /usr/lib/openssh/sftp-server\n",
    "#!/bin/sh\nexit 0\n",
    "#!/usr/bin/nonexistent\n",
    "exec /usr/lib/openssh/sftp-server\n",
)


def draw_script(rng, path):
    return [("write", path, rng.choice(SCRIPTS)),
            ("chmod", path, rng.choice([0o755, 0o755, 0o755, 0o644, 0o700]))]


def draw_match(rng, q):
    criteria = fill(rng.choice(CRITERIA), q)
    count = rng.choice([1, 1, 2])
    lines = [fill(line, q) for line in rng.sample(IN_MATCH, count)]
    block = [f"Match {criteria}", *("\t" + line for line in lines)]
    if rng.random() < 0.3:
        block.append("Match all")
    where = rng.choices(["end", "60-match.conf", "top", "middle"], [6, 3, 1, 1])[0]
    changes = [("config", where, *block)]
    if any("Include" in line for line in lines):
        changes.append(("write", "etc/ssh/match.d/a.conf", fill(rng.choice(IN_MATCH), q) + "\n"))
    return changes


def draw_include(rng, q):
    line = fill(rng.choice(HARMLESS + HARMFUL[:20]), q)
    kind = rng.randrange(4)
    if kind == 0:
        return [("link", "etc/ssh/sshd_config.d/70-link.conf", "/srv/policy.conf"),
                ("write", "srv/policy.conf", line + "\n")]
    if kind == 1:
        return [("config", "middle", "Include extra/*.conf"),
                ("write", "etc/ssh/extra/b.conf", line + "\n")]
    if kind == 2:
        return [("config", "40-include.conf", "Include /etc/ssh/extra.conf"),
                ("write", "etc/ssh/extra.conf", line)]
    return [("link", "etc/ssh/sshd_config.d/70-link.conf", "/nowhere")]


# Accounts

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
              "$y$j75$preflightSalt1$", "U6aMy0wojraho", "$x$y$z")


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
    home = {"root": "root", "azureuser": "home/azureuser", "deploy": "home/deploy"}[q["user"]]
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
        [("write", "etc/nsswitch.conf", "passwd: files systemd\nshadow: files systemd\n")],
        [("write", "etc/nsswitch.conf", "passwd: compat\ngroup: compat\nshadow: compat\n")],
        [("write", "etc/nsswitch.conf", "passwd: files\ngroup: files\n")],
        [("write", "etc/nsswitch.conf", "passwd: sss files\nshadow: files sss\n")],
        [("write", "etc/nsswitch.conf", "group: files\n")],
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


# PAM

PAM_LINES = """\
auth required pam_permit.so
auth optional pam_deny.so
auth required pam_deny.so
auth sufficient pam_permit.so
auth requisite pam_nologin.so
auth required pam_faildelay.so delay=0
auth required pam_env.so
auth optional pam_missing.so
-auth optional pam_missing.so
auth required pam_missing.so
-auth required pam_missing.so
auth sufficient pam_missing.so
auth required pam_succeed_if.so uid >= 1000 quiet
auth required pam_succeed_if.so user != root
auth requisite pam_succeed_if.so user ingroup ops
auth sufficient pam_succeed_if.so uid = 0
auth [success=1 default=ignore] pam_succeed_if.so user = {user}
auth required pam_succeed_if.so user in root:deploy
auth required pam_succeed_if.so shell = /bin/bash
auth required pam_succeed_if.so service = sshd
auth required pam_succeed_if.so rhost = {from}
auth required pam_usertype.so isregular
auth required pam_usertype.so issystem
auth required pam_shells.so
auth required pam_rootok.so
auth sufficient pam_rootok.so
auth required pam_wheel.so
auth required pam_wheel.so group=sudo
auth required pam_localuser.so
auth required pam_securetty.so
auth required pam_rhosts.so
auth required pam_exec.so /bin/true
auth required pam_exec.so /bin/false
auth required pam_warn.so
auth required pam_echo.so hello
auth optional pam_group.so
auth required pam_unix.so
auth required pam_unix.so nullok try_first_pass
auth required pam_unix.so use_first_pass
auth sufficient pam_unix.so
auth [success=2 default=ignore] pam_unix.so nullok
auth [success=die default=ignore] pam_permit.so
auth [default=bad] pam_permit.so
auth [success=done] pam_permit.so
auth [success=1] pam_permit.so
auth [success=9 default=ignore] pam_permit.so
auth [default=die] pam_debug.so auth=perm_denied
auth required pam_debug.so auth=auth_err
auth mandatory pam_permit.so
auth required
auth [success=ok pam_permit.so
auth include common-account
auth substack site
auth include site
@include site
@include missing
account required pam_deny.so
account sufficient pam_permit.so
account required pam_access.so
account required pam_access.so nodefgroup
account required pam_access.so accessfile=/etc/security/other.conf
account required pam_access.so listsep=,
account required pam_nologin.so
account required pam_time.so
account required pam_succeed_if.so uid < 1000
account requisite pam_succeed_if.so user notingroup sudo
account required pam_listfile.so item=user sense=allow file=/etc/allowed onerr=fail
account required pam_listfile.so item=user sense=deny file=/etc/allowed onerr=succeed
account required pam_localuser.so
account required pam_missing.so
account optional pam_missing.so
account required pam_shells.so
account [default=ignore] pam_deny.so
account [success=1 default=ignore] pam_unix.so
account required pam_unix.so no_pass_expiry
account required pam_usertype.so issystem
account sufficient pam_succeed_if.so user = root
account required pam_exec.so quiet /bin/false
account required pam_permit.so
account requisite pam_deny.so
account required pam_debug.so acct=acct_expired
account required pam_debug.so acct=new_authtok_reqd
session required pam_deny.so
session optional pam_deny.so
session required pam_missing.so
session optional pam_missing.so
session required pam_limits.so
session required pam_limits.so conf=/etc/limits.other
session required pam_mkhomedir.so
session required pam_umask.so
session required pam_exec.so /bin/false
session optional pam_exec.so /bin/false
session required pam_access.so
session required pam_succeed_if.so uid >= 1000
session required pam_env.so envfile=/etc/none
session required pam_lastlog.so
session required pam_motd.so
session requisite pam_debug.so open_session=perm_denied
session required pam_unix.so
session [success=1 default=ignore] pam_permit.so
session sufficient pam_permit.so
session required pam_namespace.so
session required pam_keyinit.so
session required pam_tty_audit.so disable=*
auth\trequired\tpam_listfile.so item=user sense=deny file=/etc/allowed onerr=succeed
auth required pam_listfile.so item=user sense=allow file=/etc/allowed onerr=fail
auth required pam_listfile.so item=rhost sense=allow file=/etc/hostlist onerr=fail
auth required pam_listfile.so item=group sense=deny file=/etc/grouplist onerr=fail
auth required pam_listfile.so item=shell sense=allow file=/etc/shells onerr=fail
auth required /lib/security/pam_permit.so
auth required /usr/lib/x86_64-linux-gnu/security/pam_permit.so
# auth required pam_deny.so
password required pam_deny.so
AUTH REQUIRED pam_permit.so
auth required pam_deny.so # no
auth required pam_permit.so \\
""".splitlines()

PAM_FILES = ("sshd", "sshd", "sshd", "common-auth", "common-account", "common-session")

ACCESS_RULES = """\
-:ALL:ALL
+:ALL:ALL
-:root:ALL
+:root:{from}
-:{user}:ALL
+:{user}:ALL
-:ALL EXCEPT root:ALL
-:ALL EXCEPT {user}:ALL
-:{user}:{from}
-:{user}:10.20.
-:{user}:10.20.0.0/16
-:{user}:172.16.0.0/255.240.0.0
-:ALL:LOCAL
-:ALL:ALL EXCEPT LOCAL
-:ALL:ALL EXCEPT {from}
+:(ops):ALL
-:(ops):ALL
+:ops:ALL
-:sudo:10.20.
+:@admins:ALL
-:ALL:.example.com
-:ALL:caller.example.com
- : {user} : ALL
-:{user} deploy:10.20.0.0/16 172.16.
#-:ALL:ALL
-:ALL:tty1
-:ALL
bad line
-:{user}:none
-:{user}@@target:ALL
""".splitlines()

TIME_RULES = """\
sshd;*;{user};Al0000-2400
sshd;*;{user};!Al0000-2400
*;*;{user};!Al0000-2400
login;*;*;!Al0000-2400
sshd;*;!{user};!Al0000-2400
sshd;tty1;*;!Al0000-2400
sshd;*;*;Wk0000-2400|Wd0000-2400
sshd;*;{user}|git;!Al0000-2400
sshd & !login;*;{user};!Al0000-2400
sshd;ssh;{user};!Al0000-2400
sshd;*;{user}
""".splitlines()

LIMITS = """\
{user} - maxlogins 0
{user} - maxlogins 1
* - maxlogins 0
{user} hard nproc 0
{user} hard nproc 200
* hard nproc 0
{user} - maxsyslogins 0
* - maxsyslogins 0
{user} hard as 1000
{user} hard nofile 64
{user} hard fsize 0
{user} hard cpu 1
@ops - maxlogins 0
@azureuser hard nproc 0
{user} hard data 1
{user} hard stack 64
{user} hard core 0
root - nproc 0
{user} - nice -5
{user} hard nproc none
{user} -
bad
# {user} - maxlogins 0
{user} soft nproc 0
""".splitlines()


def draw_pam(rng, q):
    line = fill(rng.choice(PAM_LINES), q)
    service = rng.choice(PAM_FILES)
    kind = line.lstrip("-").split()[0].lower() if line else ""
    if kind in ("account", "session", "auth") and rng.random() < 0.5:
        service = rng.choice(["sshd", f"common-{kind}"])
    changes = [("pam", service, rng.randrange(12), line)]
    changes += draw_pam_files(rng, q, line)
    return changes


def draw_pam_files(rng, q, line):
    """What the module of a line reads."""
    changes = []
    if "pam_access" in line:
        path = "etc/security/other.conf" if "accessfile" in line else "etc/security/access.conf"
        changes += [("append", path, fill(rng.choice(ACCESS_RULES), q))
                    for _ in range(rng.choice([1, 1, 2, 3]))]
    elif "/etc/allowed" in line and rng.random() < 0.8:
        changes.append(("write", "etc/allowed", rng.choice(["root\n", "azureuser\ndeploy\n", "",
                                                            q["user"], "# none\n",
                                                            f" {q['user']}\n"])))
        if rng.random() < 0.2:
            changes.append(("chmod", "etc/allowed", 0o666))
    elif "/etc/hostlist" in line:
        changes.append(("write", "etc/hostlist", rng.choice([q["from"], "10.20.0.9"]) + "\n"))
    elif "/etc/grouplist" in line:
        changes.append(("write", "etc/grouplist", rng.choice(["ops", "root", "git"]) + "\n"))
    elif "pam_time" in line:
        changes += [("append", "etc/security/time.conf", fill(rng.choice(TIME_RULES), q))
                    for _ in range(rng.choice([1, 1, 2]))]
    elif "pam_limits" in line and "conf=" in line:
        changes.append(("write", "etc/limits.other", fill(rng.choice(LIMITS), q) + "\n"))
    elif "pam_nologin" in line and rng.random() < 0.5:
        changes.append(("write", rng.choice(["etc/nologin", "run/nologin"]), "down\n"))
    elif line.split()[-1] == "site":
        changes.append(("write", "etc/pam.d/site",
                        fill(rng.choice([line for line in PAM_LINES if "site" not in line]), q)
                        + "\n"))
    return changes


def draw_pam_edit(rng, q):
    """Changes of what Debian installs."""
    return rng.choice([
        [("replace", "etc/pam.d/common-auth", "success=1", "success=2")],
        [("replace", "etc/pam.d/common-auth", "success=1", "success=ok")],
        [("replace", "etc/pam.d/common-auth", " nullok", "")],
        [("replace", "etc/pam.d/common-auth", "^auth.*pam_permit.*\n", "")],
        [("replace", "etc/pam.d/common-auth", "^auth.*pam_deny.*\n", "")],
        [("replace", "etc/pam.d/common-account", "success=1 new_authtok_reqd=done", "success=1")],
        [("replace", "etc/pam.d/common-account", "^account.*pam_deny.*\n", "")],
        [("replace", "etc/pam.d/common-account", "^account.*pam_permit.*\n", "")],
        [("replace", "etc/pam.d/sshd", "^@include common-auth\n", "")],
        [("replace", "etc/pam.d/sshd", "^@include common-account\n", "")],
        [("replace", "etc/pam.d/sshd", "^@include common-session\n", "")],
        [("replace", "etc/pam.d/sshd", "^account.*pam_nologin.so\n", "")],
        [("replace", "etc/pam.d/sshd", "^session.*pam_loginuid.so\n", "")],
        [("delete", "etc/pam.d/sshd")],
        [("delete", "etc/pam.d/sshd"), ("delete", "etc/pam.d/other")],
        [("delete", "etc/pam.d/sshd"), ("write", "etc/pam.d/other",
                                        "auth required pam_permit.so\naccount required "
                                        "pam_permit.so\nsession required pam_permit.so\n")],
        [("delete", "etc/pam.d/common-auth")], [("delete", "etc/pam.d/common-session")],
        [("delete", "etc/pam.d/common-password")],
        [("write", "etc/pam.d/sshd", "")],
        [("write", "etc/pam.d/sshd", "auth required pam_unix.so\naccount required pam_unix.so\n"
                                     "session required pam_unix.so\n")],
        [("delete", "usr/lib/x86_64-linux-gnu/security/pam_unix.so")],
        [("delete", "usr/lib/x86_64-linux-gnu/security/pam_motd.so")],
        [("delete", "usr/lib/x86_64-linux-gnu/security/pam_limits.so")],
        [("delete", "usr/lib/x86_64-linux-gnu/security/pam_env.so")],
        [("delete", "usr/lib/x86_64-linux-gnu/security/pam_permit.so")],
        [("write", "etc/pam.conf", "sshd auth required pam_deny.so\n")],
        [("write", "usr/lib/pam.d/sshd", "auth required pam_deny.so\n")],
    ])


def draw_faillock(rng, q):
    conf = rng.choice(["", "", "deny = 5\n", "deny=2\nunlock_time = 600\n", "even_deny_root\n",
                       "fail_interval = 60\n", "unlock_time = 20\n", "unlock_time = 0\n",
                       "dir = /var/lib/faillock\n", "deny = 0\n", "root_unlock_time = 10\n"])
    ages = rng.choice([[90, 60, 30], [90, 60], [3000, 2000, 1000], [50, 40, 30, 20, 10],
                       [800, 700, 650], [30, 25, 22], []])
    arguments = rng.choice(["", "", " even_deny_root", " deny=2", " unlock_time=30",
                            " no_such_option", " local_users_only"])
    changes = [("pam", "common-auth", 0, f"auth required pam_faillock.so preauth{arguments}"),
               ("tally", rng.choice(["run/faillock", "run/faillock", "var/lib/faillock"]),
                q["user"], ages)]
    if conf:
        changes.append(("write", "etc/security/faillock.conf", conf))
    if rng.random() < 0.3:
        changes.append(("pam", "common-account", 0, "account required pam_faillock.so"))
    if rng.random() < 0.2:
        changes[0] = ("pam", "common-account", 0, "account required pam_faillock.so")
    return changes


def draw_nologin(rng, q):
    changes = [("write", rng.choice(["etc/nologin", "run/nologin"]),
                rng.choice(["down for maintenance\n", ""]))]
    if rng.random() < 0.4:
        changes.append(("setting", "UsePAM", "UsePAM no"))
    return changes


def draw_limits(rng, q):
    path = rng.choice(["etc/security/limits.conf", "etc/security/limits.d/10-site.conf",
                       "etc/security/limits.d/10-site.txt"])
    return [("append", path, fill(rng.choice(LIMITS), q)) for _ in range(rng.choice([1, 1, 2]))]


def draw_second_module(rng, q):
    """A stack of a site, as they are copied from each other."""
    return rng.choice([
        [("pam", "sshd", 0, "auth required pam_google_authenticator.so nullok")],
        [("pam", "sshd", 0, "auth sufficient pam_sss.so forward_pass")],
        [("pam", "common-auth", 0, "auth [success=2 default=ignore] pam_sss.so use_first_pass"),
         ("pam", "common-account", 0, "account [default=bad success=ok user_unknown=ignore] "
                                      "pam_sss.so")],
        [("pam", "common-auth", 0, "auth required pam_tally2.so deny=5")],
        [("pam", "common-auth", 1, "auth required pam_unix.so")],
        [("pam", "common-auth", 0, "auth required pam_unix.so"),
         ("pam", "common-auth", 1, "auth required pam_unix.so")],
        [("pam", "sshd", 0, "auth [success=1 default=ignore] pam_succeed_if.so uid = 0"),
         ("pam", "sshd", 1, "auth required pam_deny.so")],
        [("pam", "sshd", 0, "auth [success=ignore default=1] pam_succeed_if.so user ingroup ops"),
         ("pam", "sshd", 1, "auth requisite pam_deny.so")],
        [("pam", "sshd", 0, "auth requisite pam_succeed_if.so user ingroup sudo"),
         ("replace", "etc/group", "^sudo:.*", f"sudo:x:27:{q['user']}")],
    ])


# Before sshd, and after the login

HOST_RULES = """\
sshd: ALL
ALL: ALL
sshd: {from}
sshd: 10.20.
sshd: 10.20.0.0/16
sshd: 10.20.0.0/255.255.0.0
sshd: ALL EXCEPT {from}
ALL EXCEPT sshd: ALL
sshd: LOCAL
sshd: .example.com
sshd: caller.example.com
sshd: PARANOID
sshd: UNKNOWN
sshd: KNOWN
sshd, vsftpd: 172.16.0.0/12
vsftpd: ALL
sshd: ALL: DENY
sshd: ALL: ALLOW
sshd: {from}: allow
sshd: {from}: deny
sshd: {from} : spawn /bin/true
sshd: ALL: twist /bin/echo no
sshd@10.20.0.1: ALL
sshd@10.21.0.1: ALL
SSHD: all
#sshd: ALL
sshd ALL
  sshd : 10.20.0.5, 10.20.0.6
sshd: [fd20::]/64
sshd: /etc/hostlist
sshd: *.5
sshd: 10.20.0.?
22: ALL
ssh: ALL
sshd: ALL: severity auth.info
sshd: ALL: badoption
""".splitlines()


def draw_wrappers(rng, q):
    deny = fill(rng.choice(HOST_RULES), q)
    changes = [("append", "etc/hosts.deny", deny)]
    if rng.random() < 0.4:
        changes.append(("append", "etc/hosts.allow", fill(rng.choice(HOST_RULES), q)))
    if "/etc/hostlist" in deny:
        changes.append(("write", "etc/hostlist", q["from"] + "\n"))
    return changes


def draw_listener(rng, q):
    return rng.choice([
        [("config", "middle", "Port 2222"), ("ask", "port", 2222)],
        [("config", "middle", "Port 2222")],
        [("config", "middle", "Port 22", "Port 2222"), ("ask", "port", 2222)],
        [("config", "middle", "Port 2222", "ListenAddress 10.20.0.1:22")],
        [("config", "middle", "ListenAddress 10.20.0.1:22", "Port 2222")],
        [("config", "middle", "ListenAddress 10.20.0.1", "ListenAddress 10.21.0.1")],
        [("config", "middle", "ListenAddress 10.21.0.1"), ("ask", "to", "10.21.0.1")],
        [("config", "middle", "ListenAddress 10.20.0.1"), ("ask", "to", "10.21.0.1")],
        [("ask", "to", "10.21.0.1")],
        [("ask", "to", "fd20::1"), ("ask", "from", "fd20::5")],
        [("config", "middle", "AddressFamily inet"), ("ask", "to", "fd20::1"),
         ("ask", "from", "fd20::5")],
        [("config", "middle", "AddressFamily inet6"), ("ask", "to", "fd20::1"),
         ("ask", "from", "fd20::5")],
        [("config", "middle", "ListenAddress [fd20::1]:22"), ("ask", "to", "fd20::1"),
         ("ask", "from", "fd20::5")],
        [("config", "middle", "ListenAddress ::", "ListenAddress 0.0.0.0")],
        [("config", "middle", "ListenAddress target")],
        [("config", "middle", "ListenAddress localhost")],
        [("config", "middle", "ListenAddress 0.0.0.0:2222", "ListenAddress 0.0.0.0:22")],
        [("config", "middle", "ListenAddress 10.99.0.1", "ListenAddress 10.20.0.1")],
        [("config", "middle", "Match LocalPort 2222", "\tPasswordAuthentication no"),
         ("config", "top", "Port 22", "Port 2222"), ("ask", "port", 2222)],
    ])


OPTIONS = (
    ('SSHD_OPTS="-o PasswordAuthentication=no"\n', ["-o", "PasswordAuthentication=no"]),
    ('SSHD_OPTS="-oPermitRootLogin=no"\n', ["-oPermitRootLogin=no"]),
    ("SSHD_OPTS=-4\n", ["-4"]), ("SSHD_OPTS=-6\n", ["-6"]),
    ('SSHD_OPTS="-p 2222"\n', ["-p", "2222"]), ('SSHD_OPTS="-p 22"\n', ["-p", "22"]),
    ("SSHD_OPTS=-u0\n", ["-u0"]), ("SSHD_OPTS=\n", []), ("#SSHD_OPTS=-6\n", []),
    ("SSHD_OPTS='-o UseDNS=yes -o MaxAuthTries=3'\n", ["-o", "UseDNS=yes", "-o", "MaxAuthTries=3"]),
    ('SSHD_OPTS="-o Foo=bar"\n', ["-o", "Foo=bar"]),
    ("OPTIONS=-6\n", []), ('SSHD_OPTS="-f /etc/ssh/other_config"\n', ["-f", "/etc/ssh/other_config"]),
    ('SSHD_OPTS="-g 60"\n', ["-g", "60"]), ("SSHD_OPTS=-6\nSSHD_OPTS=-4\n", ["-4"]),
    ('export SSHD_OPTS="-6"\n', []), ('SSHD_OPTS="-o Port=2222 -o Port=22"\n',
                                     ["-o", "Port=2222", "-o", "Port=22"]),
    ('SSHD_OPTS="-o MaxSessions=0"\n', ["-o", "MaxSessions=0"]),
    ('SSHD_OPTS="-h /etc/ssh/ssh_host_ed25519_key"\n', ["-h", "/etc/ssh/ssh_host_ed25519_key"]),
    ('SSHD_OPTS="-h /etc/ssh/missing"\n', ["-h", "/etc/ssh/missing"]),
)


def draw_options(rng, q):
    text, arguments = rng.choice(OPTIONS)
    changes = [("options", text, arguments)]
    if "other_config" in text:
        changes.append(("write", "etc/ssh/other_config", rng.choice(
            ["PermitRootLogin yes\nSubsystem sftp internal-sftp\n", "UsePAM yes\n", "Foo bar\n"])))
    return changes


def draw_chroot(rng, q):
    changes = [("mkdir", "srv/jail", rng.choice([0o755, 0o755, 0o755, 0o775, 0o757, 0o700, 0o1755]),
                *rng.choice([(0, 0), (0, 0), (0, 0), (0, 1100), (1001, 1001)]))]
    if rng.random() < 0.2:
        changes.append(("chmod", "srv", rng.choice([0o775, 0o711, 0o700])))
    if rng.random() < 0.3:
        changes.append(("mkdir", f"srv/jail/{q['user']}", 0o755, 0, 0))
    where = rng.choice(["/srv/jail", "/srv/jail", "/srv/jail/", "/srv/jail/%u", "//srv//jail",
                        "/srv/../srv/jail", "/srv/%u", "/jail"])
    if where == "/jail":
        changes.append(("link", "jail", rng.choice(["srv/jail", "/srv/jail", "/nowhere"])))
    lines = [f"ChrootDirectory {where}"]
    if rng.random() < 0.75:
        lines.append("ForceCommand internal-sftp")
    if rng.random() < 0.4:
        lines = [fill(rng.choice(CRITERIA[:4]), q), *lines]
        lines[0] = "Match " + lines[0]
    return [*changes, ("config", "end", *lines)]


def draw_program(rng, q):
    path = "usr/lib/openssh/sftp-server"
    return rng.choice([
        [("delete", path)], [("chmod", path, 0o644)], [("chmod", path, 0o700)],
        [("chmod", path, 0o750)], [("write", path, "not a program\n")],
        [("write", path, SCRIPTS[5])], [("link", path, "/nowhere")],
        [("link", path, "/usr/bin/false")], [("chmod", "usr/lib/openssh", 0o700)],
        [("chmod", "usr/lib/openssh", 0o711)],
        [("delete", path), ("setting", "Subsystem", "Subsystem sftp internal-sftp")],
        [("write", path, SCRIPTS[0].replace("openssh/sftp-server", "sftp-server"))],
    ])


def draw_start(rng, q):
    key = "etc/ssh/ssh_host_%s_key"
    everyone = [("delete", key % kind) for kind in ("rsa", "ecdsa", "ed25519")]
    return rng.choice([
        everyone, everyone[:2], everyone[1:],
        [("chmod", key % kind, 0o640) for kind in ("rsa", "ecdsa", "ed25519")],
        [("chmod", key % "rsa", 0o644), *everyone[1:]],
        [("chmod", key % "rsa", 0o400), *everyone[1:]],
        [("write", key % "rsa", ""), *everyone[1:]],
        [("write", key % "rsa", "garbage\n"), everyone[1]],
        [("config", "middle", "HostKey /etc/ssh/keys/a")],
        [("config", "middle", "HostKey /etc/ssh/ssh_host_rsa_key", "RequiredRSASize 4096")],
        [("delete", "etc/ssh/sshd_config")],
        [("chmod", "etc/ssh/sshd_config", 0o600)],
        [("write", "etc/ssh/sshd_config", "")],
        [("delete", "etc/ssh/moduli")], [("delete", "tmp")],
        [("chown", key % "rsa", 1000, 1000), *everyone[1:]],
    ])


def draw_home(rng, q):
    home = {"root": "root", "azureuser": "home/azureuser", "deploy": "home/deploy"}[q["user"]]
    return rng.choice([
        [("delete", home)], [("chmod", home, 0)], [("chown", home, 0, 0), ("chmod", home, 0o700)],
        [("chmod", home, 0o777)], [("delete", home), ("write", home, "")],
        [("delete", f"{home}/.bashrc")], [("chmod", f"{home}/.bashrc", 0o600)],
        [("write", f"{home}/.hushlogin", "")], [("write", f"{home}/.ssh/environment", "A=b\n")],
        [("write", f"{home}/.ssh/authorized_keys", "nonsense\n")],
    ])


def draw_names(rng, q):
    """The caller has a name, where sshd asks for one."""
    changes = [("append", "etc/hosts", f"{q['from']} caller.example.com caller"),
               ("ask", "host", "caller.example.com")]
    if rng.random() < 0.7:
        changes.append(("config", "top", "UseDNS yes"))
    pool = ["AllowUsers *@*.example.com", "DenyUsers *@caller.example.com",
            "DenyUsers {user}@*.example.com", "AllowUsers {user}@caller"]
    if rng.random() < 0.6:
        changes.append(("config", "middle", fill(rng.choice(pool), q)))
    return changes


TOPICS = (
    (22, draw_config), (5, draw_setting), (6, draw_subsystem), (14, draw_match), (4, draw_include),
    (8, draw_hash), (9, draw_ageing), (7, draw_shell), (6, draw_startup), (8, draw_account),
    (20, draw_pam), (5, draw_pam_edit), (6, draw_faillock), (3, draw_nologin), (5, draw_limits),
    (3, draw_second_module), (7, draw_wrappers), (6, draw_listener), (5, draw_options),
    (6, draw_chroot), (3, draw_program), (4, draw_start), (3, draw_home), (3, draw_names),
)


def draw(seed, number):
    """The changes of machine @number of a seed."""
    rng = random.Random(f"{seed}/{number}")
    q = {"user": rng.choices(USERS, (5, 3, 3))[0], "from": rng.choices(CALLERS, (6, 2, 2))[0],
         "to": "10.20.0.1", "port": 22}
    changes = [("ask", "user", q["user"]), ("ask", "from", q["from"])]
    weights = [weight for weight, _ in TOPICS]
    for _ in range(rng.choices((0, 1, 2, 3, 4), (2, 38, 32, 18, 10))[0]):
        _, drawer = rng.choices(TOPICS, weights)[0]
        changes += drawer(rng, q)
    return changes


def machine(texts, changes):
    return Machine(texts, changes)
