/* SPDX-License-Identifier: MIT */
/*
 * Our reading of hosts.allow and hosts.deny against libwrap's own, on tables
 * made up at random. Nothing is run: libwrap is asked with dry_run, and no rule
 * twists. Skipped where there is no libwrap.
 *
 *   hosts-access [CASES [SEED]]
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "daemon/base/buf.h"
#include "probes/parse/hosts-access.h"

#define CASES_DEFAULT 10000
#define SHOWN_MAX 10
#define PORT 22

/* tcpd.h: request_init(3), and more room than a request takes. */
enum { RQ_DAEMON = 2, RQ_USER = 3, RQ_CLIENT_NAME = 4, RQ_CLIENT_ADDR = 5 };
enum { RQ_SERVER_NAME = 7, RQ_SERVER_ADDR = 8, RQ_SERVER_SIN = 9 };
typedef union Request {
        char bytes[8192];
        max_align_t align;
} Request;

typedef struct Libwrap {
        Request *(*init)(Request *request, ...);
        int (*access)(Request *request);
        const char **allow_table;
        const char **deny_table;
        int *dry_run;
} Libwrap;

static bool find_libwrap(Libwrap *ret) {
        void *library = dlopen("libwrap.so.0", RTLD_NOW);

        if (!library)
                return false;
        *(void **) &ret->init = dlsym(library, "request_init");
        *(void **) &ret->access = dlsym(library, "hosts_access");
        ret->allow_table = dlsym(library, "hosts_allow_table");
        ret->deny_table = dlsym(library, "hosts_deny_table");
        ret->dry_run = dlsym(library, "dry_run");
        return ret->init && ret->access && ret->allow_table && ret->deny_table && ret->dry_run;
}

/* --- what is asked --- */

static const struct {
        const char *address;
        const char *name;
        const char *local;
} callers[] = {
        { "10.20.0.5", "unknown", "10.20.0.1" },
        { "10.20.0.5", "push.example", "10.20.0.1" },
        { "10.20.0.5", "Push", "10.20.0.1" },
        { "10.20.0.5", "paranoid", "10.20.0.1" },
        { "192.0.2.255", "a.b.c.example", "192.0.2.1" },
        { "fd20::5", "unknown", "fd20::1" },
        { "fd20::5", "push.example", "fd20::1" },
};

/* --- tables at random --- */

static uint64_t state;

/* xorshift64*, so that a seed means the same everywhere. */
static uint32_t pick(uint32_t n) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (uint32_t) ((state * UINT64_C(2685821657736338717)) >> 32) % n;
}
#define PICK(array) ((array)[pick(PF_ELEMENTS(array))])

static const char *const daemons[] = { "sshd",
                                       "SSHD",
                                       "ALL",
                                       "vsftpd",
                                       "22",
                                       "ssh*",
                                       "*",
                                       "s?hd",
                                       "sshd@10.20.",
                                       "sshd@ALL",
                                       "sshd@",
                                       "EXCEPT",
                                       ".d",
                                       "ssh.",
                                       "022",
                                       "22x",
                                       "sshd@[fd20::1]",

                                       "KNOWN",
                                       "sshd@10.20.0.0/16",
                                       "2?",
                                       "22@192.0.2.1",
                                       "+22" };
static const char *const clients[] = { "ALL",
                                       "all",
                                       "LOCAL",
                                       "KNOWN",
                                       "UNKNOWN",
                                       "PARANOID",
                                       "EXCEPT",
                                       "EXCEPT",
                                       "10.20.0.5",
                                       "10.20.",
                                       "10.",
                                       "10.2",
                                       "10.20.0.0/16",
                                       "10.20.0.5/16",
                                       "10.20.0.0/255.255.0.0",
                                       "10.20.0.4/30",
                                       "10.20.0.0/0377.0xff.0.0",
                                       "012.024.0.0/16",
                                       "10.0.0.0/255.0.255.0",
                                       "0.0.0.0/0",
                                       "0.0.0.0/0.0.0.0",
                                       "10.20.0.0/33",
                                       "10.20.0.0/16x",
                                       "10.20.0.0/",
                                       "10.20/16",
                                       "192.0.2.255",
                                       "192.0.2.255/32",
                                       "192.0.2.0/24",
                                       "192.0.2.255/255.255.255.255",
                                       "255.255.255.255/32",
                                       "1*",
                                       "*5",
                                       "*.example",
                                       "*",
                                       "**",
                                       "?*",
                                       "10.20.?.5",
                                       "p*",
                                       "u*",
                                       "*:*",
                                       "f*",
                                       ".example",
                                       ".EXAMPLE",
                                       ".5",
                                       ".0.5",
                                       "push.",
                                       "push.example",
                                       "PUSH.example",
                                       "push",
                                       "a.b.c.example",
                                       ".c.example",
                                       "*.c.*",
                                       "[fd20::5]",
                                       "[FD20:0::5]",
                                       "[fd20::]/64",
                                       "[fd20::7]/127",
                                       "[fd20::4]/126",
                                       "[fd20::]/x",
                                       "[fd20::]/129",
                                       "[fd20::]/-1",
                                       "[::]/0",
                                       "fd20::5",
                                       "[fd20::5",
                                       "fd20::5]",
                                       "[10.20.0.5]",
                                       "[::ffff:10.20.0.5]",
                                       "x@ALL",
                                       "unknown@10.20.0.5",
                                       "ALL@10.",
                                       "*@*",
                                       "KNOWN@ALL",

                                       "ALL@",
                                       "a@b@ALL",
                                       "[]",
                                       "[*]",
                                       "/nonexistent/patterns",
                                       "/",
                                       "#",
                                       "10.20.0.256/16",
                                       "10.20.0.*/16",
                                       ".ex*mple",
                                       "*.",
                                       "?.*",
                                       "push.example/24",
                                       "10.20.0.5.",
                                       "1?.*.5",
                                       ".",
                                       "..",
                                       "p?sh.EXAMPLE",
                                       "[fd20::*]",
                                       "paranoid",
                                       "0.0.0.0/1",
                                       "128.0.0.0/1",
                                       "10.20.0.0/+16",
                                       "10.20.0.0/016",
                                       "10.20.0.00/16" };
static const char *const options[] = { "allow",
                                       "deny",
                                       "ALLOW",
                                       "Deny",
                                       "spawn x",
                                       "spawn=x",
                                       "spawn",
                                       "keepalive",
                                       "linger 5",
                                       "linger -1",
                                       "linger x",
                                       "umask 022",
                                       "umask 9",
                                       "nice",
                                       "nice 5",
                                       "nice x",
                                       "rfc931",
                                       "rfc931 0",
                                       "rfc931 5",
                                       "severity mail.info",
                                       "severity info",
                                       "severity local7.debug",
                                       "severity mail",
                                       "severity x.info",
                                       "severity warn",
                                       "setenv A",
                                       "setenv A b",
                                       "banners /nonexistent",
                                       "foo",
                                       "/bin/true",
                                       "",
                                       " ",
                                       "allow x",
                                       "allow =",
                                       "spawn a\\:b",
                                       "= x",
                                       "severity AUTH.INFO",
                                       "severity auth.info.x",
                                       "setenv",
                                       "keepalive x",
                                       "umask 0777",
                                       "umask 1000",
                                       "nice 5 5" };
static const char *const separators[] = { " ", " ", " ", ", ", ",", "\t", " \\\n ", "\\\n", ",," };
static const char *const blanks[] = { "", "", " ", "\t" };
static const char *const noise[] = {
        "#",   "# sshd: ALL", "",          "  ",    "sshd", "sshd ALL",     ":",
        "::",  "ALL:",        "\\",        ": ALL", "\r",   " # sshd: ALL", "sshd: ALL # so",
        "#\\", "[sshd: ALL",  "]sshd: ALL"
};

static void add(PfBuf *buf, const char *text) {
        if (pf_buf_add_string(buf, text) < 0)
                abort();
}

static void add_list(PfBuf *buf, const char *const *words, uint32_t n_words, uint32_t max) {
        uint32_t n = 1 + pick(max);

        for (uint32_t i = 0; i < n; i++) {
                add(buf, i > 0 ? PICK(separators) : PICK(blanks));
                add(buf, words[pick(n_words)]);
        }
        add(buf, PICK(blanks));
}

/* One rule in two means sshd for certain: the others would hide the rest. */
static void add_rule(PfBuf *buf) {
        if (pick(2))
                add(buf, "sshd");
        else
                add_list(buf, daemons, PF_ELEMENTS(daemons), 3);
        add(buf, ":");
        add_list(buf, clients, PF_ELEMENTS(clients), 4);
        for (uint32_t n = pick(8); n > 5; n--) {
                add(buf, ":");
                add(buf, PICK(blanks));
                add(buf, PICK(options));
        }
}

static void add_long_line(PfBuf *buf) {
        size_t n = 2030 + pick(30);

        add(buf, "sshd: x");
        while (n-- > 12)
                add(buf, pick(400) ? " " : "\\\n");
        add(buf, "ALL");
}

static void make_table(PfBuf *buf) {
        buf->n = 0;
        add(buf, "");
        for (uint32_t n = pick(4); n > 0; n--) {
                uint32_t kind = pick(60);

                if (kind == 0)
                        add_long_line(buf);
                else if (kind < 8)
                        add(buf, PICK(noise));
                else
                        add_rule(buf);
                if (n > 1 || pick(12) > 0)
                        add(buf, "\n");
                if (pick(300) == 0 && pf_buf_add(buf, "\0", 1) < 0)
                        abort();
        }
}

/* --- both answers --- */

static void write_table(const char *path, const PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "wb");

        if (!file || fwrite(buf->data ? buf->data : "", 1, buf->n, file) != buf->n)
                abort();
}

static bool ask_libwrap(const Libwrap *libwrap, size_t caller) {
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(PORT) };
        bool is_v6 = strchr(callers[caller].address, ':') != NULL;
        Request request;

        (void) inet_pton(AF_INET6, callers[caller].local, &v6.sin6_addr);
        (void) inet_pton(AF_INET, callers[caller].local, &v4.sin_addr);
        *libwrap->dry_run = 1;
        libwrap->init(&request, RQ_DAEMON, "sshd", RQ_USER, "unknown", RQ_CLIENT_NAME,
                      callers[caller].name, RQ_CLIENT_ADDR, callers[caller].address, RQ_SERVER_NAME,
                      "unknown", RQ_SERVER_ADDR, callers[caller].local, RQ_SERVER_SIN,
                      is_v6 ? (void *) &v6 : (void *) &v4, 0);
        return libwrap->access(&request) != 0;
}

static int no_file(void *data, const char *path, PfBuf *buf) {
        (void) data;
        (void) path;
        (void) buf;
        return 1;
}

static PfWrapperOutcome ask_ours(const PfBuf *allow, const PfBuf *deny, size_t caller) {
        const PfWrapperRequest request = {
                .daemon = "sshd",
                .port = PORT,
                .client = { callers[caller].address, callers[caller].name },
                .server = { callers[caller].local, "unknown" },
                .read = no_file,
        };
        const PfWrapperTable tables[] = { { "allow", allow->data, allow->n, false },
                                          { "deny", deny->data, deny->n, false } };
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        if (pf_hosts_access(&request, &tables[0], &tables[1], &verdict) < 0)
                abort();
        return verdict.outcome;
}

static void show(const char *name, const PfBuf *table) {
        printf("# %s: ", name);
        for (size_t i = 0; i < table->n; i++)
                if (table->data[i] < ' ')
                        printf("\\x%02x", (unsigned) table->data[i]);
                else
                        putchar(table->data[i]);
        putchar('\n');
}

static int run(const Libwrap *libwrap, unsigned long cases, const char *directory) {
        PF_AUTO_BUF PfBuf allow = PF_BUF_INIT(1 << 20);
        PF_AUTO_BUF PfBuf deny = PF_BUF_INIT(1 << 20);
        unsigned long counts[3] = { 0 };
        unsigned long wrong = 0;
        char paths[2][256];

        (void) snprintf(paths[0], sizeof(paths[0]), "%s/hosts.allow", directory);
        (void) snprintf(paths[1], sizeof(paths[1]), "%s/hosts.deny", directory);
        *libwrap->allow_table = paths[0];
        *libwrap->deny_table = paths[1];
        for (unsigned long i = 0; i < cases; i++) {
                size_t caller = pick(PF_ELEMENTS(callers));
                PfWrapperOutcome ours;
                bool theirs;

                make_table(&allow);
                make_table(&deny);
                write_table(paths[0], &allow);
                write_table(paths[1], &deny);
                theirs = ask_libwrap(libwrap, caller);
                ours = ask_ours(&allow, &deny, caller);
                counts[ours]++;
                if (ours == (theirs ? PF_WRAPPER_ALLOW : PF_WRAPPER_DENY) || wrong++ >= SHOWN_MAX)
                        continue;
                printf("# %s (%s): libwrap %s\n", callers[caller].address, callers[caller].name,
                       theirs ? "allows" : "denies");
                show("allow", &allow);
                show("deny", &deny);
        }
        printf("# %lu allowed, %lu denied, %lu undecided\n", counts[PF_WRAPPER_ALLOW],
               counts[PF_WRAPPER_DENY], counts[PF_WRAPPER_UNDECIDED]);
        printf("%s 1 - libwrap agrees on %lu tables\n", wrong == 0 ? "ok" : "not ok", cases);
        (void) unlink(paths[0]);
        (void) unlink(paths[1]);
        return wrong > 0;
}

int main(int argc, char **argv) {
        unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 10) : CASES_DEFAULT;
        char directory[] = "/tmp/pf-hosts-access-XXXXXX";
        Libwrap libwrap;
        int status;

        printf("1..1\n");
        if (!find_libwrap(&libwrap)) {
                printf("ok 1 # SKIP there is no libwrap.so.0 here\n");
                return 0;
        }
        state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t) time(NULL);
        state = state ? state : 1;
        printf("# seed %llu\n", (unsigned long long) state);
        if (!mkdtemp(directory))
                abort();
        /* libwrap complains of each line that is wrong, to the log of the system. */
        if (!freopen("/dev/null", "w", stderr))
                abort();
        status = run(&libwrap, cases, directory);
        (void) rmdir(directory);
        return status;
}
