/* SPDX-License-Identifier: MIT */
/* The records by which everybody sees which leases are open. They are told, and decide
 * nothing: what cannot be written is logged, and no lease stays open for it. */
#include "daemon/remedy/lease-publish.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/write-all.h"
#include "daemon/remedy/run-directory.h"

#define RECORD_MODE 0644
#define DIRECTORY_MODE 0755
#define NAME_SIZE 300

static int make_text(const PfTransaction *transaction, const PfLeaseClock *now, PfBuf *buf) {
        const PfTransactionLease *lease = transaction->lease;
        PfLeaseRecord record = {
                .id = transaction->id,
                .account = lease->scope.account,
                .source = lease->scope.source,
                .who = transaction->who,
                .why = transaction->why,
                .started_usec = transaction->started_usec,
                .ends_usec = transaction->is_covered
                                     ? lease->deadline_real_usec
                                     : now->real_usec + pf_lease_left_usec(lease, now),
                .is_covered = transaction->is_covered,
        };
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        int r;

        r = pf_lease_record_to_json(&record, &json);
        return r < 0 ? r : pf_json_write(json, buf);
}

/* No fsync: a record is of this boot, in memory. */
static int write_record(int directory, const PfTransaction *transaction, const PfLeaseClock *now,
                        PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_LEASE_RECORD_MAX);
        PF_AUTO_CLOSE int fd = -1;
        char name[NAME_SIZE], final[NAME_SIZE];
        int r;

        (void) snprintf(name, sizeof(name), ".%s.new", transaction->id);
        (void) snprintf(final, sizeof(final), "%s.json", transaction->id);
        r = make_text(transaction, now, &buf);
        if (r < 0)
                return pf_err_errno(err, r, "%s/%s", PF_LEASES_PATH, final);
        (void) unlinkat(directory, name, 0); /* of somebody who was killed */
        fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, RECORD_MODE);
        r = fd < 0 ? -errno : pf_write_all(fd, buf.data, buf.n);
        if (r == 0 && fchmod(fd, RECORD_MODE) < 0) /* whatever the umask is */
                r = -errno;
        if (r == 0 && renameat(directory, name, directory, final) < 0)
                r = -errno;
        if (r == 0)
                return 0;
        if (fd >= 0)
                (void) unlinkat(directory, name, 0);
        return pf_err_errno(err, r, "%s/%s", PF_LEASES_PATH, final);
}

static bool is_of_open_lease(const char *name, PfTransaction *const *list, size_t n) {
        for (size_t i = 0; i < n; i++) {
                size_t length = strlen(list[i]->id);

                if (pf_lease_is_open(list[i]) && strncmp(name, list[i]->id, length) == 0 &&
                    strcmp(name + length, ".json") == 0)
                        return true;
        }
        return false;
}

static int remove_others(int directory, PfTransaction *const *list, size_t n, PfErr *err) {
        PF_AUTO_CLOSE int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const struct dirent *entry;
        int first = 0;
        DIR *stream;

        stream = copy < 0 ? NULL : fdopendir(copy);
        if (!stream)
                return pf_err_errno(err, -errno, "%s", PF_LEASES_PATH);
        (void) pf_steal_fd(&copy); /* the stream's */
        while ((entry = readdir(stream))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    is_of_open_lease(entry->d_name, list, n))
                        continue;
                if (unlinkat(directory, entry->d_name, 0) < 0 && errno != ENOENT && first == 0)
                        first = pf_err_errno(err, -errno, "%s/%s", PF_LEASES_PATH, entry->d_name);
        }
        (void) closedir(stream);
        return first;
}

static bool any_is_open(PfTransaction *const *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (pf_lease_is_open(list[i]))
                        return true;
        return false;
}

static bool is_there(const char *root) {
        PF_AUTO_FREE char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s%s", root, PF_LEASES_PATH) < 0) {
                path = NULL;
                return true;
        }
        return lstat(path, &st) == 0;
}

int pf_leases_publish(const char *root, PfTransaction *const *list, size_t n,
                      const PfLeaseClock *now, PfErr *err) {
        PF_AUTO_CLOSE int directory = -1;
        int first = 0;

        /* A machine that never has a lease gets no directory for it. */
        if (!any_is_open(list, n) && !is_there(root))
                return 0;
        directory = pf_run_directory(root, "leases", DIRECTORY_MODE, err);
        if (directory < 0)
                return directory;
        for (size_t i = 0; i < n; i++) {
                int r = pf_lease_is_open(list[i]) ? write_record(directory, list[i], now, err) : 0;

                if (r < 0 && first == 0)
                        first = r;
        }
        if (first < 0)
                return first;
        return remove_others(directory, list, n, err);
}
