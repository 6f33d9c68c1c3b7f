/* SPDX-License-Identifier: MIT */
/*
 * The modules of PAM that carry a policy, ours against the real ones: random
 * files and arguments, and the same question to both. Only what is in scratch
 * files differs from the machine's own state; nothing of it is changed.
 *
 *   pam-modules [NUMBER [SEED]]
 */
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/buf.h"
#include "probes/pam/pam.h"

#define SCRATCH "/tmp/pf-pam-modules.XXXXXX"
#define TEXT_MAX 65536
#define NUMBER_DEFAULT 2000
#define MODULES "/usr/lib/x86_64-linux-gnu/security"
#define UNKNOWN_PERCENT_MAX 25
#define SHOWN_MAX 20

extern const PfPamModule pf_pam_access, pf_pam_time, pf_pam_listfile, pf_pam_succeed_if,
        pf_pam_usertype, pf_pam_wheel, pf_pam_localuser, pf_pam_limits;

/* One question, asked of both. */
typedef struct Case {
        const PfPamModule *module;
        PfPamFacility facility;
        const char *user;
        const char *source;
        PfBuf file;  /* contents of the scratch file */
        PfBuf words; /* the module's arguments, with one blank between them */
} Case;

static struct {
        uint64_t random;
        char directory[sizeof(SCRATCH)];
        char conf[64];
        char file[64];
        PfTarget *target;
} test;

static unsigned pick(unsigned n) {
        test.random ^= test.random << 13;
        test.random ^= test.random >> 7;
        test.random ^= test.random << 17;
        return (unsigned) ((test.random >> 33) % n);
}

static bool one_in(unsigned n) {
        return pick(n) == 0;
}

static void add(PfBuf *buf, const char *fmt, ...) PF_PRINTF(2, 3);
static void add(PfBuf *buf, const char *fmt, ...) {
        char text[512];
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        if (pf_buf_add_string(buf, text) < 0)
                abort();
}

#define PICK(pool) ((pool)[pick(PF_ELEMENTS(pool))])

static const char *const users[] = { "root", "daemon", "games", "nobody", "bin", "postgres" };
static const char *const sources[] = { "10.20.0.5", "10.20.0.6", "192.0.2.77", "fd20::5",
                                       "127.0.0.1" };

static void random_mask(PfBuf *buf) {
        static const char *const masks[] = { "255.255.0.0", "255.255.255.255",
                                             "0.0.0.0",     "255.0.255.0",
                                             "ffff::",      "0x10",
                                             "020",         "33",
                                             "129",         "-1",
                                             "x",           "" };

        if (one_in(2))
                add(buf, "/%u", pick(34));
        else
                add(buf, "/%s", PICK(masks));
}

static void random_origin(PfBuf *buf) {
        static const char *const plain[] = { "ALL",    "all",        "LOCAL",      "NONE",
                                             "10.20.", "10.",        "fd20::",     "10.20.0.5",
                                             "tty1",   ":0",         ".0.5",       ".5",
                                             "10.20",  ".",          "192.0.2.77", "fd20:0:0::5",
                                             "1",      "0x0a140005", "sshd",       "1.2.3.4." };

        add(buf, "%s", PICK(plain));
        if (one_in(6))
                add(buf, "%s", PICK(sources));
        if (one_in(4)) {
                add(buf, " %s", PICK(sources));
                random_mask(buf);
        }
}

static void random_person(PfBuf *buf) {
        static const char *const plain[] = { "ALL",        "root",    "ROOT",     "daemon",
                                             "(root)",     "(games)", "games",    "ssl-cert",
                                             "(ssl-cert)", "nogroup", "(ALL)",    "(nogroup)",
                                             "nobody",     "*",       "root@ALL", "root@x",
                                             "()",         "(",       "Bin" };

        add(buf, "%s", PICK(plain));
}

static void random_list(PfBuf *buf, void (*element)(PfBuf *buf)) {
        static const char *const separators[] = {
                " ", ",", "\t", ", ", " EXCEPT ", " except ", ";"
        };

        if (one_in(8))
                add(buf, " ");
        element(buf);
        while (one_in(2)) {
                add(buf, "%s", PICK(separators));
                if (!one_in(12))
                        element(buf);
        }
}

static void make_access(Case *one) {
        static const char *const permissions[] = { "+", "-", "-", "+x", " +", "", "#-", "- " };
        static const char *const words[] = { " nodefgroup", " listsep=,",  " fieldsep=|",
                                             " noaudit",    " listsep=;,", " fieldsep=:|" };

        for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
                bool bar = one_in(8);

                add(&one->file, "%s%s",
                    one_in(3)   ? PICK(permissions)
                    : one_in(2) ? "+"
                                : "-",
                    bar ? "|" : ":");
                random_list(&one->file, random_person);
                add(&one->file, "%s", one_in(20) ? "" : bar ? "|" : ":");
                random_list(&one->file, random_origin);
                add(&one->file, "%s%s", one_in(10) ? " " : "", one_in(12) ? "" : "\n");
        }
        add(&one->words, "accessfile=%s", test.file);
        while (one_in(4))
                add(&one->words, "%s", PICK(words));
        one->facility = (PfPamFacility) pick(3);
}

static void random_name(PfBuf *buf) {
        static const char *const names[] = { "sshd",   "ssh",  "root", "*",     "!*",     "s*",
                                             "*d",     "ro*t", "x",    "!x",    "!root",  "!ssh",
                                             "daemon", "r*t*", "**",   "ss*sh", "root,x", "a b",
                                             "",       "#",    "\\\n", "@",     "S*" };

        add(buf, "%s", PICK(names));
}

static void random_times(PfBuf *buf) {
        static const char *const days[] = { "Al", "Wk", "Wd", "Mo", "Tu", "We",  "Th", "Fr",
                                            "Sa", "Su", "al", "xx", "",   "!Al", "!Su" };
        time_t now = time(NULL);
        struct tm tm;

        (void) localtime_r(&now, &tm);
        do
                add(buf, "%s", PICK(days));
        while (one_in(3));
        if (one_in(10))
                return;
        for (unsigned i = 0; i < 2; i++) {
                unsigned minute = (unsigned) (tm.tm_min + 58 + (int) pick(5)) % 60;
                unsigned hour = one_in(2) ? (unsigned) tm.tm_hour : pick(25);

                if (one_in(15))
                        add(buf, "%u", pick(9999));
                else
                        add(buf, "%02u%02u", hour, minute);
                if (i == 0)
                        add(buf, "%s", one_in(20) ? "x" : "-");
        }
}

static void random_logic(PfBuf *buf, void (*element)(PfBuf *buf)) {
        static const char *const operators[] = { "|", "&", " | ", " & ", "||", "|!", "&!", " " };

        element(buf);
        while (one_in(3)) {
                add(buf, "%s", PICK(operators));
                element(buf);
        }
}

static void make_time(Case *one) {
        for (unsigned i = 0, n = 1 + pick(3); i < n; i++) {
                for (unsigned field = 0; field < 3; field++) {
                        if (one_in(2))
                                add(&one->file, "*");
                        else
                                random_logic(&one->file, random_name);
                        add(&one->file, "%s", one_in(25) ? "" : ";");
                }
                random_logic(&one->file, random_times);
                add(&one->file, "%s%s", one_in(15) ? " # x" : "", one_in(20) ? "" : "\n");
        }
        add(&one->words, "conffile=%s", test.file);
        one->facility = PF_PAM_ACCOUNT;
}

static void make_listfile(Case *one) {
        static const char *const lines[] = { "root",     "daemon",    "ssh",
                                             "/dev/ssh", "10.20.0.5", "fd20::5",
                                             "games",    "/bin/bash", "/usr/sbin/nologin",
                                             "",         " root",     "ROOT",
                                             "root\r",   "nogroup",   "ssl-cert" };
        static const char *const words[] = {
                "item=user",   "item=tty",      "item=rhost",  "item=ruser", "item=group",
                "item=shell",  "item=x",        "sense=allow", "sense=deny", "sense=x",
                "onerr=fail",  "onerr=succeed", "onerr=x",     "apply=root", "apply=@games",
                "apply=@root", "apply=daemon",  "apply=",      "file=/nope", "quiet",
                "apply=@",     "sense=deny",    "sense=allow", "item=user",  "x",
        };

        for (unsigned i = 0, n = pick(5); i < n; i++)
                add(&one->file, "%s%s", PICK(lines), one_in(12) ? "" : "\n");
        add(&one->words, "file=%s", test.file);
        if (!one_in(10))
                add(&one->words, " %s %s", words[pick(6)], words[7 + pick(2)]);
        while (one_in(3))
                add(&one->words, " %s", PICK(words));
        one->facility = (PfPamFacility) pick(3);
}

static void make_succeed_if(Case *one) {
        static const char *const fields[] = { "user",  "uid",   "gid", "shell",   "home",
                                              "ruser", "rhost", "tty", "service", "foo" };
        static const char *const tests[] = {
                "=",  "!=", "<",  ">",     "<=",      ">=",         "eq", "ne", "lt", "gt",
                "le", "ge", "in", "notin", "ingroup", "notingroup", "=~", "!~", "=="
        };
        static const char *const values[] = {
                "root",     "daemon",  "0",         "1",          "1000",
                "00",       "0x1",     "x:root",    "root:x",     "1:0",
                "r*",       "/bin/*",  "*",         "/root",      "ssh",
                "sshd",     "10.20.*", "10.20.0.5", "games:root", "nogroup",
                "ssl-cert", "-1",      "1x",        "65534",      "99999999999999999999",
                "?oot"
        };
        static const char *const flags[] = { "quiet", "use_uid", "debug", "audit", "quiet_fail" };

        for (unsigned i = 0, n = pick(4); i < n; i++) {
                if (one_in(4))
                        add(&one->words, "%s ", PICK(flags));
                add(&one->words, "%s %s %s ", PICK(fields), PICK(tests), PICK(values));
        }
        if (one_in(20))
                add(&one->words, "user ");
        one->facility = (PfPamFacility) pick(3);
}

static void make_usertype(Case *one) {
        static const char *const words[] = { "issystem", "isregular", "use_uid", "audit", "x" };

        for (unsigned i = 0, n = pick(4); i < n; i++)
                add(&one->words, "%s ", PICK(words));
        one->facility = (PfPamFacility) pick(3);
}

static void make_wheel(Case *one) {
        static const char *const words[] = { "deny",        "trust",      "root_only", "use_uid",
                                             "group=games", "group=root", "group=nope" };

        for (unsigned i = 0, n = pick(4); i < n; i++)
                add(&one->words, "%s ", PICK(words));
        one->facility = (PfPamFacility) pick(2);
}

static void make_localuser(Case *one) {
        static const char *const lines[] = { "root:", "root",   "daemon:x", "games:",
                                             ":",     " root:", "bin:x:1",  "Root:" };

        for (unsigned i = 0, n = pick(4); i < n; i++)
                add(&one->file, "%s%s", PICK(lines), one_in(10) ? "" : "\n");
        if (!one_in(5))
                add(&one->words, "file=%s", test.file);
        one->facility = (PfPamFacility) pick(3);
}

/* Only what sets nothing in this process. */
static void make_limits(Case *one) {
        static const char *const domains[] = { "root",     "daemon", "games",   "*",      "%",
                                               "@daemon",  "@games", "%daemon", ":1",     "1:2",
                                               "5:",       ":0",     "@:1",     "@5:",    "@0:9",
                                               "@nogroup", "x",      "@x",      "nobody", "@:65534",
                                               "Daemon",   "0:99" };
        static const char *const types[] = { "-", "hard", "soft", "HARD", "x" };
        static const char *const items[] = { "maxlogins", "maxsyslogins", "MAXLOGINS", "foo" };
        static const char *const values[] = { "0", "0",  "99999", "-1",     "unlimited", "infinity",
                                              "x", "0x", "00",    "99999x", "-" };

        for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
                add(&one->file, "%s%s\t%s", one_in(10) ? " " : "", PICK(domains), PICK(types));
                if (!one_in(12))
                        add(&one->file, " %s %s%s", PICK(items), PICK(values),
                            one_in(9) ? " x" : "");
                add(&one->file, "%s%s", one_in(9) ? "#x" : "", one_in(12) ? "" : "\n");
        }
        add(&one->words, "conf=%s", test.file);
        one->facility = PF_PAM_SESSION;
}

static const struct {
        const PfPamModule *module;
        void (*make)(Case *one);
} modules[] = {
        { &pf_pam_access, make_access },       { &pf_pam_time, make_time },
        { &pf_pam_listfile, make_listfile },   { &pf_pam_succeed_if, make_succeed_if },
        { &pf_pam_usertype, make_usertype },   { &pf_pam_wheel, make_wheel },
        { &pf_pam_localuser, make_localuser }, { &pf_pam_limits, make_limits },
};

static int answer_nothing(int n, const struct pam_message **messages,
                          struct pam_response **responses, void *data) {
        (void) messages;
        (void) data;
        *responses = calloc((size_t) n, sizeof(**responses));
        return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void write_file(const char *path, const PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "we");

        if (!file || fwrite(buf->data ? buf->data : "", 1, buf->n, file) != buf->n)
                abort();
}

static const char *const types[] = { "auth", "account", "session" };

/* The module decides alone; where it says "ignore", the line behind it does. */
static int ask_real(const Case *one) {
        const struct pam_conv talk = { .conv = answer_nothing };
        PF_AUTO_BUF PfBuf conf = PF_BUF_INIT(TEXT_MAX);
        const char *type = types[one->facility];
        pam_handle_t *handle;
        int r;

        add(&conf, "%s [success=done ignore=ignore default=die] %s.so ", type, one->module->name);
        if (pf_buf_add(&conf, one->words.data ? one->words.data : "", one->words.n) < 0)
                abort();
        add(&conf,
            "\n%s requisite pam_debug.so auth=module_unknown acct=module_unknown "
            "open_session=module_unknown\n",
            type);
        write_file(test.conf, &conf);
        if (pam_start_confdir("sshd", one->user, &talk, test.directory, &handle) != PAM_SUCCESS)
                abort();
        (void) pam_set_item(handle, PAM_TTY, "ssh");
        (void) pam_set_item(handle, PAM_RHOST, one->source);
        r = one->facility == PF_PAM_AUTH      ? pam_authenticate(handle, 0)
            : one->facility == PF_PAM_ACCOUNT ? pam_acct_mgmt(handle, 0)
                                              : pam_open_session(handle, 0);
        (void) pam_end(handle, r);
        return r == PAM_MODULE_UNKNOWN ? PAM_IGNORE : r;
}

static int ask_ours(const Case *one, time_t now) {
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };
        PF_AUTO_STRV PfStrv args = { 0 };
        const PfPamLine line = { .path = test.conf, .number = 1, .text = "", .args = &args };
        PF_AUTO_FREE char *words = strdup(one->words.data ? one->words.data : "");
        PfErr err = { 0 };
        char *rest = words;
        const char *word;

        while ((word = strsep(&rest, " ")))
                if (*word && pf_strv_add(&args, word) < 0)
                        abort();
        if (pf_sshd_account_read(test.target, one->user, &account, &err) < 0)
                abort();
        const PfPamQuestion question = { .target = test.target,
                                         .service = "sshd",
                                         .user = one->user,
                                         .account = &account,
                                         .tty = "ssh",
                                         .source = one->source,
                                         .source_host = one->source,
                                         .now_sec = now };
        if (one->module->run(&question, one->facility, &line, &answer, &err) < 0)
                return PF_PAM_UNKNOWN;
        return (int) answer.code;
}

/* Both, in one minute of the clock. */
static void ask(const Case *one, int *ret_real, int *ret_ours) {
        time_t before, after;

        write_file(test.file, &one->file);
        do {
                before = time(NULL);
                *ret_real = ask_real(one);
                *ret_ours = ask_ours(one, before);
                after = time(NULL);
        } while (before / 60 != after / 60);
}

static void show(const Case *one, int real, int ours) {
        printf("# %s %s %s from %s: real %d, ours %d; words: %s; file:\n", one->module->name,
               types[one->facility], one->user, one->source, real, ours,
               one->words.data ? one->words.data : "");
        for (const char *p = one->file.data ? one->file.data : "", *end; *p; p = end) {
                end = strchrnul(p, '\n');
                printf("#   %.*s%s\n", (int) (end - p), p, *end ? "" : "[end]");
                end += *end == '\n';
        }
}

/* Return: did they never differ? */
static bool compare(size_t i, unsigned number) {
        unsigned n_differ = 0, n_unknown = 0;
        bool fine;

        for (unsigned n = 0; n < number; n++) {
                Case one = { .module = modules[i].module,
                             .user = PICK(users),
                             .source = PICK(sources),
                             .file = PF_BUF_INIT(TEXT_MAX),
                             .words = PF_BUF_INIT(TEXT_MAX) };
                int real, ours;

                modules[i].make(&one);
                ask(&one, &real, &ours);
                n_unknown += ours == PF_PAM_UNKNOWN;
                if (ours != PF_PAM_UNKNOWN && ours != real && n_differ++ < SHOWN_MAX)
                        show(&one, real, ours);
                pf_buf_deinit(&one.file);
                pf_buf_deinit(&one.words);
        }
        fine = n_differ == 0 && n_unknown * 100 <= number * UNKNOWN_PERCENT_MAX;
        printf("%sok %zu - %s: %u questions, %u differ, %u unknown\n", fine ? "" : "not ", i + 1,
               modules[i].module->name, number, n_differ, n_unknown);
        (void) fflush(stdout);
        return fine;
}

/* A run can be repeated; a full one tries what none has tried before. */
static uint64_t default_seed(void) {
        return getenv("PF_FULL") ? (uint64_t) time(NULL) : 424242;
}

static int skip(const char *why) {
        printf("1..0 # SKIP %s\n", why);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        unsigned number = argc > 1 ? (unsigned) strtoul(argv[1], NULL, 10) : NUMBER_DEFAULT;
        uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : default_seed();
        bool fine = true;

        if (geteuid() != 0)
                return skip("only root may ask all of the modules");
        if (access(MODULES "/pam_access.so", R_OK) != 0 ||
            access(MODULES "/pam_debug.so", R_OK) != 0)
                return skip("the modules of Debian are not there");
        (void) strcpy(test.directory, SCRATCH);
        if (!mkdtemp(test.directory) || pf_target_new("/", PF_TARGET_DEFAULT, &test.target, NULL))
                return EXIT_FAILURE;
        (void) snprintf(test.conf, sizeof(test.conf), "%s/sshd", test.directory);
        (void) snprintf(test.file, sizeof(test.file), "%s/file", test.directory);
        test.random = seed * 0x9e3779b97f4a7c15u | 1;
        printf("1..%zu\n# seed %llu\n", PF_ELEMENTS(modules), (unsigned long long) seed);
        for (size_t i = 0; i < PF_ELEMENTS(modules); i++)
                fine = compare(i, number) && fine;
        (void) unlink(test.conf);
        (void) unlink(test.file);
        (void) rmdir(test.directory);
        pf_target_unref(test.target);
        return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
