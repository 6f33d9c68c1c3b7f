/* SPDX-License-Identifier: MIT */
/*
 * What crash-run kills: a machine in a directory, a transaction on it, and what is to be there
 * afterwards.
 *
 *      apply make DIR         a new machine, in the place of one that is there
 *      apply apply DIR        a plan of several edits and settings, with a service that reads one
 *      apply lease DIR        the same as a lease
 *      apply undo DIR         the newest transaction
 *      apply end DIR          the newest transaction, a lease
 *      apply open DIR         recovery alone
 *      apply reference DIR    writes DIR/../old, new and open (a lease): what the trees are to be
 *      apply check DIR        recovery; then all old or all new, nothing left over, and the
 *                             service has read what is there
 *
 * The service is the file /run/loaded: a reload copies /etc/config there, in a child.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "daemon/base/sha256.h"
#include "daemon/remedy/replace.h"
#include "daemon/remedy/transaction.h"
#include "tests/support/make-plan.h"

#define TEXT_MAX (1 << 20)

static const char *top; /* of the machine */

static void must(bool good, const char *what) {
        if (good)
                return;
        (void) fprintf(stderr, "apply: %s: %s\n", what, strerror(errno));
        exit(2);
}

static const char *place(const char *path) {
        static char places[4][4096];
        static int next;
        char *here = places[next++ % 4];

        (void) snprintf(here, sizeof(places[0]), "%s%s", top, path);
        return here;
}

static void write_file(const char *path, const char *text, mode_t mode) {
        const struct timespec times[2] = { { 1700000000, 123456789 }, { 1600000000, 987654321 } };
        int fd = open(place(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text), path);
        must(fchmod(fd, mode) == 0 && futimens(fd, times) == 0 && close(fd) == 0, path);
}

static void read_file(const char *path, PfBuf *ret) {
        FILE *file = fopen(path, "re");
        char piece[4096];
        size_t n;

        must(file, path);
        while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
                must(pf_buf_add(ret, piece, n) == 0, path);
        must(pf_buf_add(ret, "", 0) == 0 && fclose(file) == 0, path);
}

/* ---- the machine ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st;
        (void) type;
        (void) ftw;
        return remove(path);
}

static void make(void) {
        static const char *const directories[] = { "",     "/etc", "/srv",    "/srv/settings",
                                                   "/run", "/var", "/var/lib" };

        must(nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT, top);
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++)
                must(mkdir(place(directories[i]), 0755) == 0, directories[i]);
        write_file("/etc/config", "old\n", 0640);
        must(chown(place("/etc/config"), geteuid(), getegid()) == 0, "chown");
        if (setxattr(place("/etc/config"), "user.kept", "yes", 3, 0) < 0)
                must(errno == EOPNOTSUPP || errno == ENOTSUP, "setxattr");
        write_file("/etc/removed", "gone soon\n", 0444);
        write_file("/etc/other", "of somebody else\n", 0644);
        write_file("/srv/real", "real\n", 0600);
        must(symlink("../srv/real", place("/etc/linked")) == 0, "symlink");
        write_file("/srv/settings/was-disabled", "disabled", 0600);
        write_file("/srv/settings/goes", "dword:00000007", 0600);
        write_file("/run/loaded", "old\n", 0644);
}

static PfPlan *make_plan(void) {
        PfPlan *plan = pf_make_plan();

        pf_make_text(plan, top, "/etc/config", "new\n");
        pf_make_text(plan, top, "/etc/made", "made\n");
        pf_make_text(plan, top, "/etc/removed", NULL);
        pf_make_text(plan, top, "/etc/linked", "better\n");
        pf_make_setting(plan, PF_SETTING_REGISTRY, "was-absent", "value", NULL, "dword:00000001");
        pf_make_setting(plan, PF_SETTING_START_TYPE, "was-disabled", NULL, "disabled", "automatic");
        pf_make_setting(plan, PF_SETTING_REGISTRY, "goes", "value", "dword:00000007", NULL);
        pf_make_action(plan, PF_ACTION_RELOAD, "service");
        return plan;
}

/* ---- the service ---- */

static int validate(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        (void) err;
        return 0;
}

static void load(void) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);

        read_file(place("/etc/config"), &text);
        write_file("/run/loading", text.data, 0644);
        _exit(rename(place("/run/loading"), place("/run/loaded")) == 0 ? 0 : 1);
}

static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        pid_t child = fork();
        int status;

        (void) undo;
        (void) data;
        if (child == 0)
                load();
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
                return pf_err_set(err, -EIO, "%s does not load", action->subject);
        return 0;
}

/* ---- settings ---- */

/* Each is a file of its own, which is old or new, as a value of a registry is. */
static int look_setting(const PfSetting *setting, char **ret, void *data, PfErr *err) {
        PF_AUTO_FCLOSE FILE *file = NULL;
        char path[256], value[256] = "";

        (void) data;
        (void) snprintf(path, sizeof(path), "/srv/settings/%s", setting->subject);
        file = fopen(place(path), "re");
        if (!file)
                return errno == ENOENT ? 0 : pf_err_errno(err, -errno, "%s", path);
        must(fgets(value, sizeof(value), file), path);
        *ret = strdup(value);
        return *ret ? 0 : -ENOMEM;
}

static int set_setting(const PfSetting *setting, const char *value, void *data, PfErr *err) {
        char path[256];

        (void) data;
        (void) snprintf(path, sizeof(path), "/srv/settings/%s", setting->subject);
        if (!value)
                return unlink(place(path)) == 0 || errno == ENOENT
                               ? 0
                               : pf_err_errno(err, -errno, "%s", path);
        write_file("/run/setting", value, 0600);
        return rename(place("/run/setting"), place(path)) == 0
                       ? 0
                       : pf_err_errno(err, -errno, "%s", path);
}

static const PfEffects effects = { .validate = validate,
                                   .act = act,
                                   .verify = validate,
                                   .look = look_setting,
                                   .set = set_setting };

/* ---- what is done ---- */

static PfTransactions *open_them(void) {
        PfTransactions *transactions = NULL;
        PfErr err = { 0 };

        if (pf_transactions_open(top, &effects, &transactions, &err) < 0) {
                (void) fprintf(stderr, "apply: %s\n", err.text);
                exit(1);
        }
        return transactions;
}

static int apply(bool is_lease) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PF_CLEANUP(pf_transaction_freep) PfTransaction *done = NULL;
        PF_CLEANUP(pf_plan_freep) PfPlan *plan = make_plan();
        PfErr err = { 0 };
        int r;

        if (is_lease)
                pf_make_lease(plan, "root", "192.0.2.7", 60000000);
        r = pf_transactions_apply(transactions, plan, "root", "a test", &done, &err);
        if (r < 0)
                (void) fprintf(stderr, "apply: %s\n", err.text);
        return r < 0;
}

static int leave(const char *now, size_t n, const char *after, size_t n_after, PfBuf *rest) {
        (void) now;
        (void) n;
        (void) after;
        (void) n_after;
        (void) rest;
        return PF_TRANSACTION_CUT_LEAVE;
}

static int undo(bool is_lease) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PfTransaction **list = NULL;
        PfErr err = { 0 };
        size_t n;
        int r;

        must(pf_transactions_list(transactions, &list, &n, &err) == 0 && n > 0, "no transaction");
        r = is_lease ? pf_transactions_end_lease(transactions, list[n - 1]->id, "root", leave, &err)
                     : pf_transactions_undo(transactions, list[n - 1]->id, "root", &err);
        while (n > 0)
                (void) pf_transaction_free(list[--n]);
        free(list);
        if (r < 0)
                (void) fprintf(stderr, "apply: %s\n", err.text);
        return r < 0;
}

/* ---- what is to be there ---- */

static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry) {
        return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void describe_contents(const char *path, const struct stat *st, PfBuf *ret) {
        char link[256] = "", value[256] = "", hex[PF_SHA256_HEX_SIZE] = "";
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);

        if (S_ISLNK(st->st_mode)) {
                must(readlink(place(path), link, sizeof(link) - 1) > 0, path);
        } else {
                read_file(place(path), &text);
                pf_sha256_hex(text.data, text.n, hex);
                (void) lgetxattr(place(path), "user.kept", value, sizeof(value) - 1);
        }
        must(pf_buf_printf(ret, "%s %s %s", link, hex, value) == 0, path);
}

/* What a lease lays beside the files has the name of its transaction. */
static const char *name_of(const struct dirent *entry, char ret[static 256]) {
        const size_t prefix = strlen(PF_STAGED_PREFIX), id = strlen("20261123T101500Z-1f3a");
        const char *name = entry->d_name;

        if (strncmp(name, PF_STAGED_PREFIX, prefix) != 0 || strlen(name) < prefix + id)
                return name;
        (void) snprintf(ret, 256, "%sID%s", PF_STAGED_PREFIX, name + prefix + id);
        return ret;
}

/* Every name below a path, with all that is known of it. */
static void describe(const char *path, bool with_times, PfBuf *ret) {
        struct dirent **entries = NULL;
        int n = scandir(place(path), &entries, is_entry, by_name);

        must(n >= 0, path);
        for (int i = 0; i < n; i++) {
                char below[1024], name[256];
                struct stat st;

                (void) snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
                must(lstat(place(below), &st) == 0, below);
                must(pf_buf_printf(ret, "%s/%s %o %u:%u ", path, name_of(entries[i], name),
                                   st.st_mode, st.st_uid, st.st_gid) == 0,
                     below);
                free(entries[i]);
                if (!S_ISDIR(st.st_mode))
                        describe_contents(below, &st, ret);
                if (with_times && S_ISREG(st.st_mode))
                        must(pf_buf_printf(ret, " %lld.%09ld", (long long) st.st_mtim.tv_sec,
                                           st.st_mtim.tv_nsec) == 0,
                             below);
                must(pf_buf_add_string(ret, "\n") == 0, below);
                if (S_ISDIR(st.st_mode))
                        describe(below, with_times, ret);
        }
        free(entries);
}

/* Files that were not changed have their times; those that are new have the time they were made. */
static void describe_machine(bool with_times, PfBuf *ret) {
        describe("/etc", with_times, ret);
        describe("/srv", with_times, ret);
}

static void write_reference(const char *name, bool with_times) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);
        char path[4096];
        FILE *file;

        (void) snprintf(path, sizeof(path), "%s/../%s", top, name);
        describe_machine(with_times, &text);
        file = fopen(path, "we");
        must(file && fputs(text.data, file) >= 0 && fclose(file) == 0, path);
}

static int write_references(void) {
        make();
        write_reference("old", true);
        must(apply(false) == 0, "apply");
        write_reference("new", false);
        make();
        must(apply(true) == 0, "lease");
        write_reference("open", false);
        return 0;
}

static bool is_like(const char *name, bool with_times) {
        PF_AUTO_BUF PfBuf wanted = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(TEXT_MAX);
        char path[4096];

        (void) snprintf(path, sizeof(path), "%s/../%s", top, name);
        read_file(path, &wanted);
        describe_machine(with_times, &found);
        return strcmp(wanted.data, found.data) == 0;
}

static int bad(const char *what) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(TEXT_MAX);

        describe_machine(true, &found);
        (void) fprintf(stderr, "apply: %s\n%s", what, found.data);
        return 1;
}

/* Only finished transactions, of which the newest says what the files are. */
static const char *check_history(bool is_new) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = open_them();
        PfTransactionState newest = PF_TRANSACTION_UNDONE;
        PfTransaction **list = NULL;
        PfErr err = { 0 };
        const char *wrong = NULL;
        size_t n;

        if (pf_transactions_complaints(transactions)->n > 0)
                return "something was left to recover";
        must(pf_transactions_list(transactions, &list, &n, &err) == 0, "list");
        for (size_t i = 0; i < n; i++) {
                newest = list[i]->state;
                if (newest != PF_TRANSACTION_APPLIED && newest != PF_TRANSACTION_UNDONE &&
                    newest != PF_TRANSACTION_ROLLED_BACK)
                        wrong = "a transaction has not ended";
                (void) pf_transaction_free(list[i]);
        }
        free(list);
        if (!wrong && is_new != (newest == PF_TRANSACTION_APPLIED))
                wrong = "the history says something else than the files";
        return wrong;
}

static const char *check_journal(void) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);

        describe(PF_TRANSACTIONS_PATH, false, &text);
        return strstr(text.data, ".new") ? "something was left in the journal" : NULL;
}

static int check(void) {
        PF_AUTO_BUF PfBuf config = PF_BUF_INIT(TEXT_MAX);
        PF_AUTO_BUF PfBuf loaded = PF_BUF_INIT(TEXT_MAX);
        const char *wrong;
        bool is_new;

        (void) pf_transactions_free(open_them());
        is_new = is_like("new", false) || is_like("open", false);
        if (!is_new && !is_like("old", true))
                return bad("neither old nor new");
        wrong = check_history(is_new);
        if (!wrong)
                wrong = check_journal();
        if (wrong)
                return bad(wrong);
        read_file(place("/etc/config"), &config);
        read_file(place("/run/loaded"), &loaded);
        if (strcmp(config.data, loaded.data) != 0)
                return bad("the service runs with something else");
        return 0;
}

int main(int argc, char **argv) {
        const char *what = argc == 3 ? argv[1] : "";

        top = argc == 3 ? argv[2] : "";
        if (strcmp(what, "make") == 0)
                return make(), 0;
        if (strcmp(what, "apply") == 0 || strcmp(what, "lease") == 0)
                return apply(what[0] == 'l');
        if (strcmp(what, "undo") == 0 || strcmp(what, "end") == 0)
                return undo(what[0] == 'e');
        if (strcmp(what, "open") == 0) {
                (void) pf_transactions_free(open_them());
                return 0;
        }
        if (strcmp(what, "reference") == 0)
                return write_references();
        if (strcmp(what, "check") == 0)
                return check();
        (void) fprintf(stderr, "usage: apply make|apply|lease|undo|end|open|reference|check DIR\n");
        return 2;
}
