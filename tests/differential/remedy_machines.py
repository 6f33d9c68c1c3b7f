# SPDX-License-Identifier: MIT
"""Machines whose sshd keeps an installer out, for the remedies of sshd.

Each is made from (seed, number) alone. Most are like real ones: a file with comments, an
Include at the top or none, drop-ins, blocks, lists, an SFTP subsystem that is there, wrong,
switched off or missing. One in six is any machine of sshd_machines. Numbers below zero are
the files of the shared corpus, each as it is.
"""

import random

import sshd_machines as machines

CLOUD = "/etc/ssh/sshd_config.d/50-cloud-init.conf"
INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf"
ACCOUNTS = ("root", "root", "root", "azureuser", "alice")
SOURCES = (("192.0.2.7", "192.0.2.7"), ("192.0.2.7", "192.0.2.0/24"), ("10.1.2.3", "10.1.2.3"),
           ("2001:db8::7", "2001:db8::7"), ("2001:db8::7", "2001:db8::/64"))
MATCHES = ("User root", "User azureuser,alice", "User *", "Address 192.0.2.0/24",
           "Address 10.0.0.0/8,2001:db8::/32", "Address !192.0.2.7,*", "Group sudo",
           "User !root,*", "all", "User root Address 192.0.2.7", "Group root,wheel",
           "LocalPort 22", "Host *", "User alice Address 2001:db8::/32")
COMMENTS = ("# $OpenBSD: sshd_config $", "#PermitRootLogin prohibit-password",
            "#PasswordAuthentication yes", "# managed by Ansible", "",
            "#Subsystem\tsftp\t/usr/lib/openssh/sftp-server", "#\tPermitTTY no",
            "#Match User anoncvs", "# administrators", "#AuthenticationMethods any")
SFTP = ("Subsystem sftp /usr/lib/openssh/sftp-server", "#Subsystem sftp internal-sftp",
        "Subsystem sftp /usr/libexec/openssh/sftp-server -f AUTHPRIV -l INFO",
        "Subsystem\tsftp\tinternal-sftp", "#Subsystem sftp /usr/lib/openssh/sftp-server", "",
        "Subsystem sftp /usr/lib/ssh/sftp-server # SUSE", "Subsystem sftp /etc/passwd",
        "Subsystem SFTP internal-sftp", "Subsystem sftp internal-sftp -R",
        "Subsystem sftp /bin/false")


def setting(r):
    """One line that may be in the way, as people write it."""
    form = r.randrange(9)
    if form < 3:
        line = f"PasswordAuthentication {r.choice(('no', 'no', 'no', 'yes'))}"
    elif form < 5:
        line = "PermitRootLogin " + r.choice(("no", "prohibit-password", "without-password",
                                              "forced-commands-only", "yes"))
    elif form < 6:
        line = "AuthenticationMethods " + r.choice(("publickey", "publickey,password", "any",
                                                    "publickey,keyboard-interactive password",
                                                    "keyboard-interactive publickey"))
    elif form < 7:
        line = "AllowUsers " + r.choice(("alice", "azureuser alice", "root", "root@10.0.0.1 alice",
                                         "*@192.0.2.*", '"alice" bob'))
    elif form < 8:
        line = "DenyUsers " + r.choice(("root", "alice", "root alice", "r*", "root@192.0.2.0/24",
                                        "mallory root"))
    else:
        line = r.choice(("AllowGroups sudo", "AllowGroups sudo root", "DenyGroups root",
                         "AllowGroups wheel staff", "DenyGroups sudo", "DenyGroups adm",
                         "AllowGroups alice"))
    return dressed(r, line)


def dressed(r, line):
    """Blanks, case, '=' and a comment behind it."""
    form = r.randrange(12)
    keyword, _, rest = line.partition(" ")
    if form == 0:
        line = f"{keyword.lower()}\t{rest}"
    elif form == 1:
        line = f"  {keyword} = {rest}" if " " not in rest else line
    elif form == 2:
        line = f"{line}  # remark"
    elif form == 3 and " " not in rest:
        line = f'{keyword} "{rest}"'
    return line


def other(r):
    return r.choice(("X11Forwarding no", "UsePAM yes", "UsePAM no", "MaxAuthTries 4", "UseDNS no",
                     "PrintMotd no", "AllowTcpForwarding no", "ClientAliveInterval 60",
                     "KbdInteractiveAuthentication no", "PubkeyAuthentication yes"))


def block(r):
    indent = r.choice(("", "    ", "\t"))
    lines = [f"{r.choice(('Match', 'match', 'Match'))} {r.choice(MATCHES)}"]
    for _ in range(r.randint(1, 3)):
        lines.append(indent + (setting(r) if r.random() < 0.6 else "X11Forwarding no"))
    return lines


def body(r, size):
    lines = []
    for _ in range(size):
        form = r.random()
        lines.append(setting(r) if form < 0.45 else other(r) if form < 0.7 else r.choice(COMMENTS))
    return lines


def write(r, lines):
    end = "\r\n" if r.random() < 0.08 else "\n"
    text = end.join(lines)
    return (text if r.random() < 0.12 else text + end).encode()


def invent(r, machine):
    includes = r.random() < 0.6
    main = [INCLUDE] if includes and r.random() < 0.8 else []
    main += body(r, r.randint(1, 8))
    if includes and not main[0].startswith("Include"):
        main.insert(r.randrange(len(main) + 1), INCLUDE)
    main.append(r.choice(SFTP))
    for _ in range(r.choice((0, 0, 1, 1, 2, 3))):
        main += block(r)
    if r.random() < 0.5:
        main = r.sample(COMMENTS, 2) + main
    machine.files[machines.MAIN] = write(r, main)
    if not includes:
        return
    machine.directories.append("/etc/ssh/sshd_config.d")
    if r.random() < 0.5:
        machine.files[CLOUD] = b"PasswordAuthentication no\n"
    for name in r.sample(("01-permitrootlogin.conf", "60-cloudimg-settings.conf", "00-a.conf",
                          "99-hardening.conf"), r.choice((0, 1, 1, 2))):
        lines = body(r, r.randint(1, 3)) + (block(r) if r.random() < 0.4 else [])
        machine.files["/etc/ssh/sshd_config.d/" + name] = write(r, lines)


def make(seed, number, seeds):
    """A machine; its account and source are who is kept out, and lease is the scope asked for."""
    r = random.Random(f"remedy/{seed}/{number}")
    if number < 0:
        machine = machines.Machine(number)
        machine.origin, tree = seeds.trees[-1 - number]
        machine.files |= tree
    elif r.random() < 1 / 6:
        machine = machines.make(seed, number, seeds)
    else:
        machine = machines.Machine(number)
        invent(r, machine)
    machine.account = r.choice(ACCOUNTS)
    machine.source, machine.lease = r.choice(SOURCES)
    return machine
