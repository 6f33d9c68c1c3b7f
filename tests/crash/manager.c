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
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/base/cleanup.h"

#define BUS_NAME "org.freedesktop.systemd1"
#define BUS_PATH "/org/freedesktop/systemd1"
#define STATE "/run/manager/"
#define TABLE STATE "mountinfo"
#define LINKS "/etc/systemd/system/"
#define SSH_PORT 22

typedef struct Manager {
        sd_bus *bus;
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

static int queue_job(sd_bus_message *message, void *data, sd_bus_error *error) {
        const char *method = sd_bus_message_get_member(message);
        Manager *manager = data;
        const char *unit, *mode;
        char job[64];
        int r = sd_bus_message_read(message, "ss", &unit, &mode);

        (void) error;
        if (r < 0)
                return r;
        if (strcmp(method, "ReloadUnit") != 0)
                change_state(manager, unit, strcmp(method, "StartUnit") == 0);
        (void) snprintf(job, sizeof(job), BUS_PATH "/job/%u", ++manager->jobs);
        r = sd_bus_reply_method_return(message, "o", job);
        if (r < 0)
                return r;
        return sd_bus_emit_signal(manager->bus, BUS_PATH, BUS_NAME ".Manager", "JobRemoved", "uoss",
                                  manager->jobs, job, unit, "done");
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

static int change_files(sd_bus_message *message, void *data, sd_bus_error *error) {
        const bool there = strcmp(sd_bus_message_get_member(message), "EnableUnitFiles") == 0;
        const char *unit;
        int r = sd_bus_message_read(message, "as", 1, &unit);

        (void) data;
        (void) error;
        if (r < 0)
                return r;
        change_links(unit, there);
        return there ? sd_bus_reply_method_return(message, "ba(sss)", 1, 0)
                     : sd_bus_reply_method_return(message, "a(sss)", 0);
}

/* --- the rest of the interface --- */

static int do_nothing(sd_bus_message *message, void *data, sd_bus_error *error) {
        (void) data;
        (void) error;
        return sd_bus_reply_method_return(message, "");
}

static int load_unit(sd_bus_message *message, void *data, sd_bus_error *error) {
        PF_AUTO_FREE char *path = NULL;
        const char *unit;
        int r = sd_bus_message_read(message, "s", &unit);

        (void) data;
        (void) error;
        if (r >= 0)
                r = sd_bus_path_encode(BUS_PATH "/unit", unit, &path);
        return r < 0 ? r : sd_bus_reply_method_return(message, "o", path);
}

static int find_unit(sd_bus *bus, const char *path, const char *interface, void *data, void **ret,
                     sd_bus_error *error) {
        (void) bus;
        (void) path;
        (void) interface;
        (void) error;
        *ret = data;
        return 1;
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *data, sd_bus_error *error) {
        PF_AUTO_FREE char *unit = NULL;
        int r = sd_bus_path_decode(path, BUS_PATH "/unit", &unit);

        (void) bus;
        (void) interface;
        (void) data;
        (void) error;
        if (r < 0)
                return r;
        if (strcmp(property, "LoadState") == 0)
                return sd_bus_message_append(reply, "s", "loaded");
        return sd_bus_message_append(reply, "s", is_active(unit) ? "active" : "inactive");
}

static const sd_bus_vtable manager_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Subscribe", "", "", do_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Reload", "", "", do_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("LoadUnit", "s", "o", load_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ReloadUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StartUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StopUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("EnableUnitFiles", "asbb", "ba(sss)", change_files,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("DisableUnitFiles", "asb", "a(sss)", change_files,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("LoadState", "s", get_state, 0, 0),
        SD_BUS_PROPERTY("ActiveState", "s", get_state, 0, 0),
        SD_BUS_VTABLE_END,
};

static int join_bus(Manager *manager) {
        int r = sd_bus_open_system(&manager->bus);

        if (r >= 0)
                r = sd_bus_add_object_vtable(manager->bus, NULL, BUS_PATH, BUS_NAME ".Manager",
                                             manager_table, manager);
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(manager->bus, NULL, BUS_PATH "/unit",
                                               BUS_NAME ".Unit", unit_table, find_unit, manager);
        return r < 0 ? r : sd_bus_request_name(manager->bus, BUS_NAME, 0);
}

int main(int argc, char **argv) {
        Manager manager = { .listener = -1 };
        int r;

        must(argc == 2, "usage: crash-manager ROOT");
        r = join_bus(&manager);
        errno = -r;
        must(r >= 0, "system bus");
        must(chroot(argv[1]) == 0 && chdir("/") == 0, argv[1]);
        must(mkdir(STATE, 0755) == 0 || errno == EEXIST, STATE);
        if (is_active("ssh.service"))
                listen_for_ssh(&manager, true);
        (void) puts("ready");
        (void) fflush(stdout);
        while (r >= 0) {
                r = sd_bus_process(manager.bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(manager.bus, UINT64_MAX);
        }
        return 1; /* the bus is gone */
}
