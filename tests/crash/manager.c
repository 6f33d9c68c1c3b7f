/* SPDX-License-Identifier: MIT */
/*
 * A service manager for machines that are killed: it stays when who talks to it is killed, and what
 * it has done is to be seen in files.
 *
 *      crash-manager ROOT
 *
 * It talks on the system bus of the environment, and works below ROOT as systemd does:
 *      enable, disable    the links that [Install] of the unit asks for, below /etc/systemd/system
 *      start, stop        /run/manager/NAME is there while the unit is active; ssh.service and
 *                         ssh.socket listen at port 22 meanwhile
 *      a mount            /run/manager/mountinfo has its line, with the device that fstab names by
 *                         a link in /run/manager/devices: its text is "MAJOR:MINOR NAME"
 * Prints a line once it can be asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/cleanup.h"
#include "tests/support/manager-bus.h"

#define STATE "/run/manager/"
#define TABLE STATE "mountinfo"
#define LINKS "/etc/systemd/system/"
#define SSH_PORT 22

typedef struct Manager {
        PfManagerBus bus; /* first: the calls are given this */
        uint32_t jobs;
        int listener; /* of SSH; -1: it is stopped */
} Manager;

static void must(bool good, const char *what) {
        if (good)
                return;
        (void) fprintf(stderr, "crash-manager: %s: %s\n", what, strerror(errno));
        exit(1);
}

static bool ends_with(const char *name, const char *end) {
        size_t n = strlen(name), m = strlen(end);

        return n >= m && strcmp(name + n - m, end) == 0;
}

/* --- what is active --- */

static void state_path(const char *unit, char ret[static PATH_MAX]) {
        (void) snprintf(ret, PATH_MAX, STATE "%s", unit);
}

static bool is_active(const char *unit) {
        char path[PATH_MAX];

        state_path(unit, path);
        return access(path, F_OK) == 0;
}

static void set_active(const char *unit, bool active) {
        char path[PATH_MAX];

        state_path(unit, path);
        if (active)
                must(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == 0, path);
        else
                must(unlink(path) == 0 || errno == ENOENT, path);
}

static void listen_for_ssh(Manager *manager, bool active) {
        const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(SSH_PORT) };
        const int off = 0, on = 1;

        manager->listener = pf_close(manager->listener);
        if (!active)
                return;
        manager->listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(setsockopt(manager->listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0 &&
                     setsockopt(manager->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0,
             "setsockopt");
        must(bind(manager->listener, (const struct sockaddr *) &any, sizeof(any)) == 0 &&
                     listen(manager->listener, 16) == 0,
             "port 22");
}

/* --- mounts --- */

/* The entry of fstab that makes this unit; plain names only: "boot-efi.mount". */
static bool find_entry(const char *unit, struct mntent *ret, char *buffer, int size) {
        FILE *fstab = setmntent("/etc/fstab", "re");
        bool found = false;

        must(fstab, "/etc/fstab");
        while (!found && getmntent_r(fstab, ret, buffer, size)) {
                char name[PATH_MAX];

                (void) snprintf(name, sizeof(name), "%s.mount", ret->mnt_dir + 1);
                for (char *at = name; *at; at++)
                        if (*at == '/')
                                *at = '-';
                found = strcmp(name, unit) == 0;
        }
        (void) endmntent(fstab);
        return found;
}

/* The table with one line more, or without that of the mount point. */
static void change_table(const struct mntent *entry, bool active) {
        const struct timespec times[2] = { { 0 } };
        char line[PATH_MAX], middle[PATH_MAX], text[16384], device[64] = "";
        PF_AUTO_FCLOSE FILE *devices = fopen(STATE "devices", "re");
        FILE *table = fopen(TABLE, "re");
        size_t n = 0;

        must(devices && fgets(device, sizeof(device), devices), STATE "devices");
        must(table, TABLE);
        device[strcspn(device, "\n")] = '\0';
        (void) snprintf(middle, sizeof(middle), " / %s ", entry->mnt_dir);
        while (fgets(line, sizeof(line), table))
                if (!strstr(line, middle))
                        n += (size_t) snprintf(text + n, sizeof(text) - n, "%s", line);
        (void) fclose(table);
        if (active)
                n += (size_t) snprintf(text + n, sizeof(text) - n,
                                       "99 21 %.*s / %s rw - %s /dev/%s rw\n",
                                       (int) strcspn(device, " "), device, entry->mnt_dir,
                                       entry->mnt_type, device + strcspn(device, " ") + 1);
        /* In its place: it is bound over what the kernel tells. */
        table = fopen(TABLE, "we");
        must(table && fwrite(text, 1, n, table) == n && fclose(table) == 0, TABLE);
        must(utimensat(AT_FDCWD, TABLE, times, 0) == 0, TABLE); /* the same at any time */
}

/* --- jobs --- */

static void change_state(Manager *manager, const char *unit, bool active) {
        char buffer[4096];
        struct mntent entry;

        if (ends_with(unit, ".mount")) {
                must(find_entry(unit, &entry, buffer, sizeof(buffer)), unit);
                change_table(&entry, active);
        } else if (strncmp(unit, "ssh", 3) == 0) {
                listen_for_ssh(manager, active);
        }
        set_active(unit, active);
}

static int queue_job(PfManagerBus *bus, sd_bus_message *call, const char *unit, const char *mode,
                     sd_bus_error *error) {
        const char *method = sd_bus_message_get_member(call);
        Manager *manager = (Manager *) bus;
        int r;

        (void) mode;
        (void) error;
        if (strcmp(method, "ReloadUnit") != 0)
                change_state(manager, unit, strcmp(method, "StartUnit") == 0);
        r = pf_manager_bus_reply_job(call, ++manager->jobs);
        return r < 0 ? r : pf_manager_bus_job_is_over(bus, manager->jobs, unit, "done");
}

/* --- what is enabled --- */

static void change_link(const char *unit, const char *directory, const char *name, bool there) {
        char target[PATH_MAX], path[PATH_MAX];

        (void) snprintf(target, sizeof(target), "/lib/systemd/system/%s", unit);
        (void) snprintf(path, sizeof(path), LINKS "%s", directory);
        must(!there || mkdir(path, 0755) == 0 || errno == EEXIST, path);
        (void) snprintf(path, sizeof(path), LINKS "%s%s", directory, name);
        if (there)
                must(symlink(target, path) == 0 || errno == EEXIST, path);
        else
                must(unlink(path) == 0 || errno == ENOENT, path);
        (void) snprintf(path, sizeof(path), LINKS "%s", directory);
        if (!there && directory[0])
                (void) rmdir(path);
}

/* "WantedBy=multi-user.target", "Alias=sshd.service": one name a line. */
static void change_links(const char *unit, bool there) {
        char line[PATH_MAX], path[PATH_MAX], directory[PATH_MAX + 16];
        PF_AUTO_FCLOSE FILE *file = NULL;

        (void) snprintf(path, sizeof(path), "/usr/lib/systemd/system/%s", unit);
        file = fopen(path, "re");
        must(file, path);
        while (fgets(line, sizeof(line), file)) {
                char *value = strchr(line, '=');

                line[strcspn(line, "\n")] = '\0';
                if (value && strncmp(line, "WantedBy=", 9) == 0) {
                        (void) snprintf(directory, sizeof(directory), "%s.wants/", value + 1);
                        change_link(unit, directory, unit, there);
                } else if (value && strncmp(line, "Alias=", 6) == 0) {
                        change_link(unit, "", value + 1, there);
                }
        }
}

static int change_files(PfManagerBus *bus, const char *unit, bool on) {
        (void) bus;
        change_links(unit, on);
        return 0;
}

static bool unit_is_active(PfManagerBus *bus, const char *unit) {
        (void) bus;
        return is_active(unit);
}

static const PfManagerCalls manager_calls = {
        .job = queue_job,
        .files = change_files,
        .is_active = unit_is_active,
};

int main(int argc, char **argv) {
        Manager manager = { .bus.calls = &manager_calls, .listener = -1 };
        int r;

        must(argc == 2, "usage: crash-manager ROOT");
        r = pf_manager_bus_join(&manager.bus);
        errno = -r;
        must(r >= 0, "system bus");
        must(chroot(argv[1]) == 0 && chdir("/") == 0, argv[1]);
        must(mkdir(STATE, 0755) == 0 || errno == EEXIST, STATE);
        if (is_active("ssh.service"))
                listen_for_ssh(&manager, true);
        (void) puts("ready");
        (void) fflush(stdout);
        (void) pf_manager_bus_serve(&manager.bus);
        return 1; /* the bus is gone */
}
