# SPDX-License-Identifier: MIT
"""Every keyword of sshd_config(5), with makers of values for it.

A maker takes a random.Random and returns the arguments, a list of words that
are not quoted yet. `good` are the ones sshd takes, with few exceptions; `bad`
are those it mostly refuses.
"""

USERS = ["root", "azureuser", "alice", "Bob", "svc-1", "nobody", "ghost", "1000", "a.b", "user_x"]
USER_PATTERNS = USERS + ["*", "a*", "?oot", "r??t", "!root", "!a*", "ROOT", "azure*", "*user",
                         "s*1", "root,azureuser", "*,!root", "!root,*", "al*ce", "**", "a?ic?"]
GROUPS = ["root", "sudo", "wheel", "adm", "azureuser", "sftponly", "nogroup", "Domain Users",
          "staff"]
GROUP_PATTERNS = GROUPS + ["*", "s*", "!sudo", "*,!wheel", "adm,staff", "?udo", "!root,*", "SUDO",
                           "a*"]
HOSTS = ["push.example", "az.example", "db7.corp.example", "PUSH.Example", "localhost", "10.0.0.1",
         "unknown", "a-b.example"]
HOST_PATTERNS = HOSTS + ["*.example", "*.EXAMPLE", "!push.example", "push.*", "*",
                         "*.corp.example,push.*", "!*.example,*", "db?.corp.example",
                         "*,!az.example", ".example"]
ADDRESSES = ["203.0.113.10", "198.51.100.7", "192.0.2.7", "192.0.2.77", "10.0.0.1", "127.0.0.1",
             "2001:db8::7", "2001:db8:1::10", "fe80::1", "::1", "::ffff:192.0.2.7", "0.0.0.0", "::"]
ADDRESS_PATTERNS = ADDRESSES + [
    "192.0.2.0/24", "203.0.113.0/24", "198.51.100.7/32", "10.0.0.0/8", "0.0.0.0/0", "::/0",
    "2001:db8::/32", "2001:db8:1::/48", "2001:db8::7/128", "fe80::/10", "192.0.2.*", "*",
    "!192.0.2.7", "192.0.2.0/24,!192.0.2.7", "!192.0.2.7,192.0.2.0/24",
    "10.0.0.0/8,192.0.2.0/24,2001:db8::/32", "203.0.113.1?", "2001:db8:*", "2001:DB8::/32",
    "2001:0db8:0::7", "192.0.2.0/25", "192.0.2.64/26", "!10.0.0.0/8,*", "::ffff:192.0.2.0/120",
    "*.*.*.7", "!*", "203.0.113.8/29,198.51.100.0/30"]
BAD_ADDRESS_PATTERNS = ["192.0.2.7/24", "192.0.2.0/33", "2001:db8::/129", "10.0.0.0/x", "10.0.0.0/",
                        "/8", "192.0.2.0/24/8", "192.0.2.0/-1", "2001:db8::1/32", "foo/8", "1.2/8",
                        "192.0.2.0/024", "192.0.2.0/ 24"]
PORTS = ["22", "2222", "1", "65535", "22022"]
BAD_PORTS = ["0", "65536", "-1", "ssh", "22x", "0x16", "22,23", "99999999999", "+22", "notaservice"]
LOCAL_ADDRESSES = ["192.0.2.5", "10.1.1.1", "2001:db8::5", "127.0.0.1"]

CIPHERS = ["aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-gcm@openssh.com",
           "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-cbc", "aes256-cbc",
           "3des-cbc", "rijndael-cbc@lysator.liu.se", "none"]
MACS = ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-md5", "umac-64@openssh.com",
        "umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "hmac-sha1-96", "hmac-md5-96",
        "hmac-sha2-512-etm@openssh.com"]
KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
       "ecdh-sha2-nistp521", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1",
       "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha256",
       "diffie-hellman-group16-sha512", "sntrup761x25519-sha512@openssh.com",
       "sntrup761x25519-sha512", "diffie-hellman-group-exchange-sha1"]
KEYS = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-dss",
        "ssh-ed25519-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com",
        "ssh-rsa-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com", "ecdsa-sha2-nistp521",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"]
GSS_KEX = ["gss-group14-sha256-", "gss-group16-sha512-", "gss-nistp256-sha256-", "gss-gex-sha1-",
           "gss-curve25519-sha256-", "gss-group1-sha1-", "gss-group14-sha1-"]
IPQOS = ["af11", "af12", "af13", "af21", "af22", "af23", "af31", "af32", "af33", "af41", "af42",
         "af43", "cs0", "cs1", "cs2", "cs3", "cs4", "cs5", "cs6", "cs7", "ef", "le", "lowdelay",
         "throughput", "reliability", "none", "0", "0x10", "63", "64", "255", "010", "AF21",
         "LowDelay", "0xff"]
METHODS = ["publickey", "password", "keyboard-interactive", "hostbased", "gssapi-with-mic",
           "keyboard-interactive:pam", "keyboard-interactive:bsdauth", "gssapi-keyex",
           "none"]


def one_of(*values):
    return lambda r: [r.choice(values)]


def several(values, low=1, high=4):
    return lambda r: [r.choice(values) for _ in range(r.randint(low, high))]


def mixed(*makers):
    return lambda r: r.choice(makers)(r)


def integer(low, high):
    return lambda r: [str(r.choice((low, high, r.randint(low, high),
                                    r.randint(low, min(high, low + 9)))))]


def time(r):
    units = r.choice((["s"], ["m"], ["h"], ["d"], ["w"], ["h", "m"], ["m", "s"],
                      ["d", "h", "m", "s"], ["S"], ["M"], ["H"], ["D"], ["W"], ["w", "d"],
                      ["m", "m"], [""], [""], ["", "s"]))
    return ["".join(f"{r.choice((0, 1, 2, 5, 30, 59, 90, 600))}{unit}" for unit in units)]


def bad_time(r):
    return [r.choice(("", "-1", "1x", "m", "1h30", "99999999999", "2147483648", "2147483647",
                      "1.5h", "0x10", "3551w", "none", "1 h", "+5", "2147483647s1", "h1",
                      "4294967296", "1h-1"))]


def bad_integer(r):
    return [r.choice(("", "x", "12x", "-1", "-0", "+3", "0x10", "010", "1e3", "2147483648",
                      "2147483647", "99999999999999999999", "4294967296", "1.5", " 7", "7 ", "none",
                      "yes"))]


def list_of(names, good=True, prefixes=("", "", "", "+", "-", "^")):
    def make(r):
        chosen = r.sample(names, r.randint(1, min(4, len(names))))
        if not good:
            spoiler = r.choice(("bogus", "", "aes999", "*", "aes*", ",", "!x", "foo@bar", "none",
                                "+x"))
            chosen.insert(r.randint(0, len(chosen)), spoiler)
        if r.random() < 0.05:
            chosen.insert(r.randint(0, len(chosen)), "")
        prefix = r.choice(prefixes)
        if prefix == "-" and r.random() < 0.6:
            chosen = [r.choice((name[:4] + "*", "*" + name[-6:], "*", "?" + name[1:], "!" + name))
                      if r.random() < 0.6 else name for name in chosen]
        return [prefix + ",".join(chosen)]
    return make


def authentication_methods(r):
    lists = []
    for _ in range(r.randint(1, 3)):
        lists.append(",".join(r.choice(METHODS[:3] if r.random() < 0.8 else METHODS)
                              for _ in range(r.randint(1, 3))))
    return r.choice((lists, lists, lists, ["any"]))


def bad_methods(r):
    return r.choice((["any", "password"], ["password", "any"], ["bogus"], [""], ["password,"],
                     [",password"], ["password,,publickey"], ["publickey:x"], ["PASSWORD"],
                     ["none"], ["ANY"], ["password", ""], ["keyboard-interactive:"],
                     ["password,password"], ["publickey", "bogus"], ["hostbased"],
                     ["gssapi-with-mic"], ["gssapi-keyex"], ["challenge-response"]))


def listen_address(r):
    address = r.choice(("0.0.0.0", "::", "192.0.2.5", "127.0.0.1", "2001:db8::5", "::1",
                        "10.1.1.1"))
    v6 = ":" in address
    port = r.choice(PORTS)
    form = r.randint(0, 3)
    if form == 0:
        return [f"[{address}]:{port}" if v6 else f"{address}:{port}"]
    if form == 1 and not v6:
        return [f"[{address}]:{port}"]
    if form == 2:
        return [f"[{address}]"]
    return [address]


def bad_listen_address(r):
    # A routing domain with a name is refused where there is none: no file says.
    return r.choice((["[::1"], ["::1]:22"], ["192.0.2.5:99999"], ["192.0.2.5:"], [""], ["[]"],
                     ["[]:22"], ["192.0.2.5:ssh"], ["192.0.2.5:0"], ["300.1.1.1"],
                     ["192.0.2.5", "22"], ["[::1]22"], ["192.0.2.5", "rdomain"],
                     ["192.0.2.5", "rdomain", "%D"], ["192.0.2.5:22:23"], ["[192.0.2.5]:-1"],
                     ["2001:db8::5:22"], ["[::1]:22x"], ["[::1]:"], ["192.0.2.5/24"]))


def endpoints(r):
    out = []
    for _ in range(r.randint(1, 3)):
        host = r.choice(("localhost", "*", "192.0.2.9", "[2001:db8::9]", "db.example", "127.0.0.1"))
        out.append(f"{host}:{r.choice(PORTS + ['*', '80'])}")
    return out


def permit_open(r):
    return r.choice((endpoints(r), endpoints(r), ["any"], ["none"], endpoints(r) * 2))


def bad_permit_open(r):
    return r.choice((["host"], ["host:"], [":22"], ["host:0"], ["host:x"], ["any", "host:1"],
                     ["none", "host:1"], ["host:1", "any"], ["host:1", "none"], [""],
                     ["host:70000"], ["::1:22"], ["[::1:22"], ["Any"], ["NONE"], ["host:-1"],
                     ["a:1", "b"], ["[::1]"], ["host/22"], ["*"], ["host/a:22"]))


def permit_listen(r):
    return r.choice(([r.choice(PORTS)], [r.choice(PORTS), r.choice(PORTS)], endpoints(r), ["any"],
                     ["none"], ["*:8080"], ["localhost:8080", "9090"], ["*"], ["[::1]:80"]))


def set_environment(r):
    out = []
    for _ in range(r.randint(1, 3)):
        name = r.choice(("FOO", "BAR", "LANG", "foo", "A_B", "X1"))
        out.append(f"{name}={r.choice(('1', '', 'a b', 'x=y', '%u', 'C.UTF-8', 'q' * 40))}")
    return out


def bad_environment(r):
    return r.choice((["FOO"], ["=x"], [""], ["FOO=1", "BAR"], ["FOO=1", "FOO=2"], ["F*=1"],
                     ["F,O=1"], ["FOO ="]))


def environment_names(r):
    return several(["LANG", "LC_*", "EDITOR", "*", "XMODIFIERS", "GIT_?", "lc_all", "A" * 70])(r)


def subsystem(r):
    name = r.choice(("sftp", "sftp", "netconf", "Sftp", "x"))
    command = r.choice((["/usr/lib/openssh/sftp-server"], ["internal-sftp"],
                        ["internal-sftp", "-l", "INFO"],
                        ["/usr/lib/openssh/sftp-server", "-f", "AUTH", "-l", "VERBOSE"],
                        ["/bin/echo a b"], ["/bin/x", "", "y"],
                        ["/usr/libexec/openssh/sftp-server"], ["/a b/c", "-d", "d e"],
                        ["internal-sftp", "-u", "0002", "-P", "a,b"]))
    return [name] + command


def rekey_limit(r):
    size = r.choice(("default", "1G", "512M", "16K", "1024", "100000", "1g", "0", "none",
                     "4294967295", "64k", "8G", "1000000"))
    return [size] + r.choice(([], [], time(r), ["none"], ["1h"], ["0"]))


def bad_rekey_limit(r):
    return r.choice((["1"], ["15"], ["1T"], ["x"], ["-1"], [""], ["1G", "x"], ["1G", "1h", "z"],
                     ["default", ""], ["1GG"], ["99999999999999999999"], ["9999999999G"], ["G"],
                     ["1.5G"], ["0x10000"], ["default", "default"], ["4294967296"], ["+5000"],
                     ["1K1"]))


def max_startups(r):
    a, b = r.randint(1, 50), r.randint(50, 200)
    return [r.choice((str(a), f"{a}:{r.randint(1, 100)}:{b}", "10:30:100", "10:30:60", f"{b}",
                      f"{a}:100:{a}", "100"))]


def bad_max_startups(r):
    return [r.choice(("0", "", "x", "10:30", "10:0:100", "10:101:100", "100:30:10", "-1",
                      "10:30:100:5", "10:", "10:x:100", " 10", "10 ", "0:30:100", "10:30:0", "010",
                      "1e2", "10:30:100x", "0x10", "+7", "10 :30:60", "10: 30:60", "9999999999",
                      "2147483648:50:2147483649"))]


def channel_timeout(r):
    kinds = ("agent-connection", "direct-tcpip", "session:shell", "x11-connection", "*",
             "forwarded-tcpip", "tun-connection", "session:*", "unknown")
    pairs = [f"{r.choice(kinds)}={time(r)[0] or 0}" for _ in range(r.randint(1, 3))]
    return r.choice((["none"], pairs, pairs))


def path_tokens(r):
    return several([".ssh/authorized_keys", "/etc/ssh/keys/%u", "%h/.ssh/a",
                    ".ssh/authorized_keys2", "none", "/x/%%/y", "keys", "~/x", "/a b/c"], 1, 3)(r)


def account_list(r):
    return several(USER_PATTERNS + ["root@203.0.113.10", "*@192.0.2.0/24", "azureuser@*.example",
                                    "root@push.example", "a*@2001:db8::/32", "@host", "root@",
                                    "!bob@10.0.0.0/8", "x@y@z", "Bob@*", "DOMAIN\\\\alice",
                                    "root@!192.0.2.7,*"])(r)


def bad_account_list(r):
    return r.choice((["root@192.0.2.7/24"], [""], ["a", ""], ["alice@10.0.0.0/40"],
                     ["alice@2001:db8::1/16"], [","], ["root,@x"], ["root@/8"], ["a@10.0.0.0/x"],
                     ["!"], ["@"], ["a" * 1100]))


def group_list(r):
    return several(GROUP_PATTERNS)(r)


def command(r):
    return r.choice((["internal-sftp"], ["internal-sftp", "-d", "/x"], ["/bin/echo hello"],
                     ["none"], ["/bin/true", "#x"], ["echo", "a  b"], ["/usr/bin/x %u %h"],
                     ["None"], ["cmd", "a=b", '"q"']))


YES_NO = one_of("yes", "no", "yes", "no", "yes", "no", "Yes", "NO", "yEs")
NOT_YES_NO = one_of("true", "false", "on", "off", "1", "0", "maybe", "", "y", "yes,no", "none",
                    "YESNO", "without-password")
EMPTY = one_of("")
PATH = one_of("/etc/ssh/x", "none", "/etc/issue.net", "x/y", "~/x", "/a b", "/x/%u", "None", "%h/x",
              "/etc//b")
BAD_PATH = mixed(EMPTY, lambda r: ["/a", "/b"], one_of("yes"))

# keyword: (allowed in a Match block, good, bad)
KEYWORDS = {}


def add(names, in_match, good, bad):
    for name in names.split():
        KEYWORDS[name] = (in_match, good, bad)


add("UsePAM HostbasedUsesNameFromPacketOnly KerberosOrLocalPasswd KerberosTicketCleanup "
    "GSSAPICleanupCredentials GSSAPIStrictAcceptorCheck GSSAPIKeyExchange "
    "GSSAPIStoreCredentialsOnRekey PrintMotd PrintLastLog StrictModes UseDNS TCPKeepAlive "
    "DebianBanner GSSAPICleanupCreds KeepAlive IgnoreUserKnownHosts", False, YES_NO, NOT_YES_NO)
add("HostbasedAuthentication PubkeyAuthentication PasswordAuthentication "
    "KbdInteractiveAuthentication ChallengeResponseAuthentication KerberosAuthentication "
    "GSSAPIAuthentication PermitEmptyPasswords X11Forwarding X11UseLocalhost AllowAgentForwarding "
    "PermitTTY PermitUserRC DisableForwarding ExposeAuthInfo StreamLocalBindUnlink "
    "SkeyAuthentication", True, YES_NO, NOT_YES_NO)
add("DSAAuthentication", False, YES_NO, NOT_YES_NO)
add("IgnoreRhosts", True, one_of("yes", "no", "shosts-only", "Yes"), NOT_YES_NO)
add("PermitRootLogin", True, one_of("yes", "no", "prohibit-password", "without-password",
                                    "forced-commands-only", "YES", "Prohibit-Password"),
    one_of("true", "", "password", "without_password", "none"))
add("Compression", False, one_of("yes", "no", "delayed"), NOT_YES_NO)
add("PermitUserEnvironment", False, one_of("yes", "no", "LANG", "LC_*,EDITOR", "*", "YES"),
    mixed(EMPTY, lambda r: ["a", "b"]))
add("AllowTcpForwarding AllowStreamLocalForwarding", True,
    one_of("yes", "no", "all", "local", "remote", "Local"), NOT_YES_NO)
add("GatewayPorts", True, one_of("yes", "no", "clientspecified"), NOT_YES_NO)
add("PermitTunnel", True, one_of("yes", "no", "ethernet", "point-to-point"), NOT_YES_NO)
add("AddressFamily", False, one_of("any", "inet", "inet6", "ANY"), one_of("ipv4", "", "4", "inet4"))
add("Port", False, one_of(*PORTS), one_of(*BAD_PORTS, ""))
add("ListenAddress", False, listen_address, bad_listen_address)
add("HostKey HostDSAKey", False, one_of("/etc/ssh/ssh_host_ed25519_key",
                                        "/etc/ssh/ssh_host_rsa_key", "/nowhere", "keys/x", "none",
                             "/a b"), BAD_PATH)
add("HostKeyAgent", False, one_of("/nowhere.sock", "SSH_AUTH_SOCK", "none"), BAD_PATH)
add("HostCertificate", False, one_of("/etc/ssh/x-cert.pub", "none", "y"), BAD_PATH)
add("PidFile ModuliFile XAuthLocation SecurityKeyProvider", False, PATH, BAD_PATH)
add("RevokedKeys TrustedUserCAKeys Banner ChrootDirectory AuthorizedPrincipalsFile", True, PATH,
    BAD_PATH)
add("AuthorizedKeysFile", True, path_tokens, EMPTY)
add("AuthorizedKeysFile2", False, path_tokens, EMPTY)
add("AuthorizedKeysCommand AuthorizedPrincipalsCommand", True,
    one_of("none", "/usr/bin/true", "/usr/bin/keys %u", "None"),
    one_of("relative", "", "%h/x", "/x"))
add("AuthorizedKeysCommandUser AuthorizedPrincipalsCommandUser", True,
    one_of("nobody", "root", "none", "ghost", "%u"), EMPTY)
add("ForceCommand", True, command, EMPTY)
add("ClientAliveInterval", True, time, bad_time)
add("LoginGraceTime", False, mixed(time, one_of("none")), bad_time)
add("UnusedConnectionTimeout", True, mixed(time, one_of("none")), bad_time)
add("ClientAliveCountMax X11DisplayOffset", True, integer(0, 1000), bad_integer)
add("MaxAuthTries MaxSessions", True, integer(0, 100), bad_integer)
add("RequiredRSASize", True, integer(0, 8192), bad_integer)
add("PerSourceMaxStartups", False, mixed(integer(0, 50), one_of("none")), bad_integer)
add("PerSourceNetBlockSize", False, one_of("24", "32:128", "24:64", "0:0", "32", "0"),
    one_of("33", "32:129", "", "x", "24:", ":64", "-1", "24:64:3", "32:x", "08", "+8", " 8"))
add("MaxStartups", False, max_startups, bad_max_startups)
add("SyslogFacility", False, one_of("AUTH", "DAEMON", "USER", "AUTHPRIV", "LOCAL0", "LOCAL7",
                                    "auth", "Local3"),
    one_of("", "MAIL", "LOCAL8", "KERN", "yes"))
add("LogLevel", True, one_of("INFO", "QUIET", "FATAL", "ERROR", "VERBOSE", "DEBUG", "DEBUG1",
                             "DEBUG2", "DEBUG3", "info", "Verbose"),
    one_of("", "WARN", "DEBUG4", "NOTICE", "SILENT", "0"))
add("LogVerbose", True, several(["kex.c:*:1000", "*:kex_exchange_identification():*",
                                 "packet.c:*:*", "none", "auth*"], 1, 2),
    mixed(EMPTY, lambda r: ["none", "x"], lambda r: ["x", "none"]))
add("Ciphers", False, list_of(CIPHERS), list_of(CIPHERS, False))
add("MACs", False, list_of(MACS), list_of(MACS, False))
add("KexAlgorithms", False, list_of(KEX), list_of(KEX, False))
add("GSSAPIKexAlgorithms", False, list_of(GSS_KEX, True, ("",)), list_of(GSS_KEX, False))
add("HostKeyAlgorithms", False, list_of(KEYS), list_of(KEYS, False))
add("PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes HostbasedAcceptedAlgorithms "
    "HostbasedAcceptedKeyTypes CASignatureAlgorithms", True, list_of(KEYS), list_of(KEYS, False))
add("PubkeyAuthOptions", True, several(["none", "touch-required", "verify-required",
                                        "Touch-Required"], 1, 2),
    one_of("", "touch", "none,touch-required", "touch-required,", "yes",
           "touch-required,verify-required"))
add("FingerprintHash", False, one_of("md5", "sha256", "SHA256", "MD5", "sha512", "SHA1", "sha384",
                                     "ripemd160"), one_of("", "sha3", "none"))
add("RekeyLimit", True, rekey_limit, bad_rekey_limit)
add("IPQoS", True, several(IPQOS, 1, 2), mixed(one_of("", "bogus", "256", "-1", "cs8", "0x100",
                                                      "1x"),
                                             lambda r: ["af21", "bogus"],
                                               lambda r: ["cs0", "cs1", "cs2"]))
add("AllowUsers DenyUsers", True, account_list, bad_account_list)
add("AllowGroups DenyGroups", True, group_list, mixed(EMPTY, lambda r: ["a", ""], lambda r: ["!"],
                                                      lambda r: ["b" * 1100]))
add("AcceptEnv", True, environment_names, one_of("", "FOO=1", "=", "A=B"))
add("SetEnv", True, set_environment, bad_environment)
add("PermitOpen", True, permit_open, bad_permit_open)
add("PermitListen", True, permit_listen, bad_permit_open)
add("AuthenticationMethods", True, authentication_methods, bad_methods)
add("Subsystem", False, subsystem, mixed(one_of("sftp", ""), lambda r: ["sftp", ""],
                                         lambda r: ["", "x"]))
add("StreamLocalBindMask", True, one_of("0177", "0000", "077", "777", "0022", "1", "7"),
    one_of("", "8", "x", "01000", "-1", "0x7", "1777", "none"))
add("VersionAddendum", False, several(["none", "Debian", "x y", "hello", "-1", "a=b", "NONE"], 1,
                                      3), EMPTY)
add("ChannelTimeout", True, channel_timeout, one_of("", "x", "session=", "=5", "session=x",
                                                    "session=-1", "a=1s,b=2s"))
# Refused whatever it says, on this system: so it is a fault, and no line among others.
add("RDomain", True, one_of("none", "%D"), one_of("", "nosuchvrf", "%d", "%D", "NONE"))

# Kept from older versions, or for other systems: a warning, nothing, or a refusal.
OLD = ("ServerKeyBits KeyRegenerationInterval RhostsAuthentication RhostsRSAAuthentication "
       "RSAAuthentication Protocol UseLogin UsePrivilegeSeparation CheckMail KerberosGetAFSToken "
       "KerberosTgtPassing AFSTokenPassing ReverseMappingCheck VerifyReverseMapping "
       "PAMAuthenticationViaKbdInt PermitBlacklistedKeys GSSAPIUseSessionCredCache "
       "GSSUseSessionCCache X11 MaxLogins Hostbased UseBlacklist").split()
UNKNOWN = ["Foo", "PermitRootLogins", "Permit-Root-Login", "Allow_Users", "PasswordAuthenticatio",
           "RefuseConnection", "SshdSessionPath", "PerSourcePenalties", "UsePAMAuth", "Host",
           "IdentityFile", "ForwardAgent", "Compresion", "AuthorizedKeysCommandRunAs",
           "PermitRootLogin\u00a0", "\u200bPort", "HostKeyAlgorithm", "UseKeychain", "all", "none",
           "yes", "123", "Match2"]


def match_criterion(r, good=True):
    """An attribute and its argument."""
    kind = r.choice(("User", "User", "Group", "Host", "Address", "Address", "LocalAddress",
                     "LocalPort", "RDomain" if r.random() < 0.3 else "User"))
    argument = {
        "User": lambda: r.choice(USER_PATTERNS), "Group": lambda: r.choice(GROUP_PATTERNS),
        "Host": lambda: r.choice(HOST_PATTERNS), "Address": lambda: r.choice(ADDRESS_PATTERNS),
        "LocalAddress": lambda: r.choice(LOCAL_ADDRESSES + ADDRESS_PATTERNS),
        "LocalPort": lambda: r.choice(PORTS), "RDomain": lambda: r.choice(("*", "vrf0", "vrf0",
                                                                           "!x"))}[kind]()
    if not good:
        argument = {"Address": r.choice(BAD_ADDRESS_PATTERNS),
                    "LocalAddress": r.choice(BAD_ADDRESS_PATTERNS),
                    "LocalPort": r.choice(BAD_PORTS)}.get(kind, "")
    return [kind, argument]
