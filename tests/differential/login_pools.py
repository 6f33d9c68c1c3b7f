# SPDX-License-Identifier: MIT
"""What machines are changed by: pools to draw from, and how.

A drawer gets a generator of numbers and the question so far, and returns the
changes that belong together. Pools name what administrators write, right and
wrong; which of it stops a login is for sshd to say. Accounts and PAM have
files of their own.
"""

import random

import login_accounts as accounts
import login_pam as pam
from login_accounts import fill

USERS = ("root", "azureuser", "deploy")
CALLERS = ("10.20.0.5", "10.20.0.6", "172.16.3.9")
PLACES = ("top", "middle", "end", "50-site.conf", "10-cloud.conf", "notes.txt")
PLACE_WEIGHTS = (3, 3, 1, 3, 2, 1)


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


def place(rng):
    return rng.choices(PLACES, PLACE_WEIGHTS)[0]


def draw_config(rng, q):
    pool = HARMFUL if rng.random() < 0.22 else HARMLESS
    line = fill(rng.choice(pool), q)
    changes = [("config", place(rng), line)]
    if line in ("Port 2222", "ListenAddress 10.20.0.1:2222") and rng.random() < 0.6:
        changes.append(("ask", "port", 2222))
    return changes


def draw_setting(rng, q):
    """In place of what the base says."""
    pool = HARMFUL if rng.random() < 0.22 else HARMLESS
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
    ("OPTIONS=-6\n", []),
    ('SSHD_OPTS="-f /etc/ssh/other_config"\n', ["-f", "/etc/ssh/other_config"]),
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


def draw_names(rng, q):
    """The caller has a name, where sshd asks for one."""
    changes = [("append", "etc/hosts", f"{q['from']} caller.example.com caller"),
               ("ask", "host", "caller.example.com")]
    if rng.random() < 0.8:
        changes.append(("config", "top", "UseDNS yes"))
    pool = ["AllowUsers *@*.example.com", "DenyUsers *@caller.example.com",
            "DenyUsers {user}@*.example.com", "AllowUsers {user}@caller"]
    if rng.random() < 0.6:
        changes.append(("config", "middle", fill(rng.choice(pool), q)))
    return changes


TOPICS = (
    (22, draw_config), (5, draw_setting), (6, draw_subsystem), (14, draw_match), (4, draw_include),
    (7, draw_wrappers), (6, draw_listener), (5, draw_options), (6, draw_chroot),
    (3, draw_program), (4, draw_start), (3, draw_names), *accounts.TOPICS, *pam.TOPICS,
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
