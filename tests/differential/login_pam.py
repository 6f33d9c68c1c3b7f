# SPDX-License-Identifier: MIT
"""PAM stacks that machines are invented with, and what their modules read."""

from login_accounts import fill

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
    ages = rng.choice([[90, 70, 45], [90, 70], [3000, 2000, 1000], [55, 45, 35, 25, 15],
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


TOPICS = ((20, draw_pam), (5, draw_pam_edit), (6, draw_faillock), (3, draw_nologin),
          (5, draw_limits), (3, draw_second_module))
