/* SPDX-License-Identifier: MIT */
/*
 * Which system is it? Nothing here knows what an agent supports.
 */
#include "probes/os-system.h"

#include <string.h>

#include "probes/parse/os-release.h"

#define RELEASE_MAX (64u << 10)
#define ELF_HEAD 20 /* up to and with e_machine */

/* A copy of a text that ends after @n bytes or sooner; what does not fit is cut. */
static void put_text(char *ret, size_t size, const char *text, size_t n) {
        n = strnlen(text, n);
        if (n >= size)
                n = size - 1;
        memcpy(ret, text, n);
        ret[n] = '\0';
}

#define PUT(field, text, n) put_text((field), sizeof(field), (text), (n))

static void put_line(PfSystemLine *at, const char *path, unsigned line, const char *text) {
        at->path = path;
        at->line = line;
        PUT(at->text, text, strcspn(text, "\n"));
}

static size_t version_length(const char *text) {
        return strspn(text, "0123456789.");
}

/* "NAME release 7.9.2009 (Core)": how each RHEL and its like have said it. */
static bool read_release(const char *path, const char *text, PfSystem *system) {
        static const struct {
                const char *words;
                const char *id;
        } ids[] = {
                { "CentOS Stream", "centos-stream" },
                { "CentOS", "centos" },
                { "Red Hat Enterprise Linux", "rhel" },
                { "Oracle Linux", "ol" },
                { "Enterprise Linux Enterprise Linux", "ol" },
                { "Rocky Linux", "rocky" },
                { "AlmaLinux", "almalinux" },
                { "Fedora", "fedora" },
                { "Amazon Linux", "amzn" },
                { "Scientific Linux", "scientific" },
        };
        const char *release = strstr(text, " release ");
        size_t n = release && release < text + strcspn(text, "\n") ? (size_t) (release - text)
                                                                   : strcspn(text, "\n");

        PUT(system->name, text, n);
        for (size_t i = 0; i < PF_ELEMENTS(ids) && !system->id[0]; i++)
                if (strncmp(text, ids[i].words, strlen(ids[i].words)) == 0)
                        PUT(system->id, ids[i].id, strlen(ids[i].id));
        if (text[n] == ' ') {
                release += strlen(" release ");
                PUT(system->version, release, version_length(release));
        }
        put_line(&system->id_at, path, 1, text);
        put_line(&system->version_at, path, 1, text);
        return n > 0;
}

/* The value behind "KEY = " on a line of its own; 0 where there is none. */
static unsigned find_pair(const char *text, const char *key, const char **ret) {
        unsigned line = 1;

        for (; *text; text += strcspn(text, "\n"), text += *text == '\n', line++) {
                size_t n = strlen(key);

                if (strncmp(text, key, n) == 0 && strncmp(text + n, " = ", 3) == 0) {
                        *ret = text + n + 3;
                        return line;
                }
        }
        return 0;
}

/* Puts one more number behind a version. */
static void add_component(PfSystem *system, const char *text) {
        size_t n = strlen(system->version), left = sizeof(system->version) - n;

        if (left > 1 && version_length(text) > 0) {
                system->version[n] = '.';
                put_text(system->version + n + 1, left - 1, text, version_length(text));
        }
}

/* SLES 11: "SUSE Linux Enterprise Server 11 (x86_64)", VERSION = 11, PATCHLEVEL = 4. */
static bool read_suse(const char *path, const char *text, PfSystem *system) {
        const char *version, *level;
        unsigned line = find_pair(text, "VERSION", &version);
        const char *id = strncmp(text, "SUSE Linux Enterprise Server", 28) == 0    ? "sles"
                         : strncmp(text, "SUSE Linux Enterprise Desktop", 29) == 0 ? "sled"
                                                                                   : "opensuse";

        if (line == 0)
                return false;
        PUT(system->id, id, strlen(id));
        PUT(system->name, text, strcspn(text, "0123456789(\n"));
        PUT(system->version, version, version_length(version));
        put_line(&system->id_at, path, 1, text);
        put_line(&system->version_at, path, line, version - strlen("VERSION = "));
        if (find_pair(text, "PATCHLEVEL", &level) > 0)
                add_component(system, level);
        return true;
}

static void put_field(PfSystemLine *at, const char *path, const PfOsReleaseField *field) {
        if (field)
                put_line(at, path, field->line, field->text);
}

/* The assignments of os-release, or of lsb-release. */
static int read_assignments(const char *path, const char *text, size_t n, const char *id_key,
                            const char *version_key, PfSystem *system) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = NULL;
        const char *name;
        int r;

        r = pf_os_release_parse(text, n, &release);
        if (r < 0)
                return r;
        name = pf_os_release_value(release, "NAME");
        PUT(system->id, pf_os_release_value(release, id_key),
            sizeof(system->id)); /* longer is none that anybody knows */
        PUT(system->name, name[0] ? name : system->id, sizeof(system->name));
        PUT(system->version, pf_os_release_value(release, version_key), sizeof(system->version));
        system->id_at.path = system->version_at.path = path;
        put_field(&system->id_at, path, pf_os_release_field(release, id_key));
        put_field(&system->version_at, path, pf_os_release_field(release, version_key));
        return 0;
}

static void to_lower(char *text) {
        for (; *text; text++)
                if (*text >= 'A' && *text <= 'Z')
                        *text = (char) (*text - 'A' + 'a');
}

static bool read_lsb(const char *path, const char *text, PfSystem *system) {
        if (read_assignments(path, text, strlen(text), "DISTRIB_ID", "DISTRIB_RELEASE", system) < 0)
                return false;
        to_lower(system->id);
        return system->id[0];
}

static bool read_debian(const char *path, const char *text, PfSystem *system) {
        PUT(system->id, "debian", 6);
        PUT(system->name, "Debian GNU/Linux", 16);
        PUT(system->version, text, version_length(text));
        put_line(&system->id_at, path, 1, text);
        put_line(&system->version_at, path, 1, text);
        return true;
}

/* Before os-release(5), in an order in which no copy of another's file misleads. */
static const struct Legacy {
        const char *path;
        bool (*read)(const char *path, const char *text, PfSystem *system);
} legacy[] = {
        { "/etc/oracle-release", read_release }, { "/etc/centos-release", read_release },
        { "/etc/redhat-release", read_release }, { "/etc/SuSE-release", read_suse },
        { "/etc/lsb-release", read_lsb },        { "/etc/debian_version", read_debian },
};

/* The text of a file, which the caller frees. */
static int read_text(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RELEASE_MAX);
        int r;

        r = pf_target_read(target, path, RELEASE_MAX, &buf, err);
        if (r != 0)
                return r;
        *ret = pf_buf_steal(&buf);
        return *ret ? 0 : -ENOMEM;
}

static int identify_legacy(const PfTarget *target, PfSystem *ret, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(legacy); i++) {
                PF_AUTO_FREE char *text = NULL;
                PfSystem system = { .exact = true };
                int r = read_text(target, legacy[i].path, &text, err);

                if (r < 0)
                        return r;
                if (r == 0 && legacy[i].read(legacy[i].path, text, &system)) {
                        *ret = system;
                        return 0;
                }
        }
        return PF_SYSTEM_ABSENT;
}

static int identify_os_release(const PfTarget *target, PfSystem *ret, PfErr *err) {
        static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };

        for (size_t i = 0; i < PF_ELEMENTS(paths); i++) {
                PF_AUTO_FREE char *text = NULL;
                int r = read_text(target, paths[i], &text, err);

                if (r < 0)
                        return r;
                if (r == PF_TARGET_ABSENT)
                        continue;
                *ret = (PfSystem){ .exact = true };
                r = read_assignments(paths[i], text, strlen(text), "ID", "VERSION_ID", ret);
                if (r < 0)
                        return pf_err_set(err, r, "%s: cannot be understood", paths[i]);
                return 0;
        }
        return PF_SYSTEM_ABSENT;
}

/* Takes the longer version of a file of the distribution's own, if it goes on
 * where os-release ends: 7 and 7.9.2009. */
static void take_longer(PfSystem *system, const char *path, const char *text, const char *version) {
        size_t n = strlen(system->version), n_longer = version_length(version);

        if (n == 0 || n_longer <= n || strncmp(version, system->version, n) != 0 ||
            version[n] != '.')
                return;
        PUT(system->version, version, n_longer);
        put_line(&system->version_at, path, 1, text);
}

static int refine_centos(const PfTarget *target, PfSystem *system, PfErr *err) {
        static const char path[] = "/etc/centos-release";
        PF_AUTO_FREE char *text = NULL;
        const char *release;
        int r;

        r = read_text(target, path, &text, err);
        if (r < 0)
                return r;
        release = r == 0 ? strstr(text, " release ") : NULL;
        if (release)
                take_longer(system, path, text, release + strlen(" release "));
        if (strstr(system->name, "Stream") || (r == 0 && strstr(text, "CentOS Stream")))
                PUT(system->id, "centos-stream", 13);
        system->exact = strchr(system->version, '.');
        return 0;
}

static int refine_debian(const PfTarget *target, PfSystem *system, PfErr *err) {
        static const char path[] = "/etc/debian_version";
        PF_AUTO_FREE char *text = NULL;
        int r;

        r = read_text(target, path, &text, err);
        if (r < 0)
                return r;
        if (r == 0)
                take_longer(system, path, text, text);
        system->exact = strchr(system->version, '.');
        return 0;
}

int pf_system_identify(const PfTarget *target, PfSystem *ret, PfErr *err) {
        PfSystem system;
        int r;

        r = identify_os_release(target, &system, err);
        if (r == PF_SYSTEM_ABSENT)
                r = identify_legacy(target, &system, err);
        if (r != 0)
                return r;
        if (strcmp(system.id, "centos") == 0)
                r = refine_centos(target, &system, err);
        else if (strcmp(system.id, "debian") == 0)
                r = refine_debian(target, &system, err);
        if (r == 0)
                *ret = system;
        return r;
}

/* elf(5): the numbers of e_machine, and what uname(1) calls them. */
static const char *machine_name(const unsigned char *head) {
        static const struct {
                unsigned number;
                const char *name;
        } machines[] = {
                { 3, "i686" },    { 8, "mips" },        { 20, "ppc" },    { 21, "ppc64" },
                { 22, "s390x" },  { 40, "arm" },        { 62, "x86_64" }, { 183, "aarch64" },
                { 243, "riscv" }, { 258, "loongarch" },
        };
        unsigned number = head[5] == 2 ? head[18] << 8 | head[19] : head[19] << 8 | head[18];

        for (size_t i = 0; i < PF_ELEMENTS(machines); i++)
                if (machines[i].number == number)
                        return machines[i].name;
        return "another architecture";
}

int pf_system_architecture(const PfTarget *target, PfArchitecture *ret, PfErr *err) {
        static const char *const programs[] = { "/bin/sh", "/usr/bin/sh",
                                                "/usr/lib/systemd/systemd", "/usr/bin/env" };

        *ret = (PfArchitecture){ 0 };
        for (size_t i = 0; i < PF_ELEMENTS(programs); i++) {
                PF_AUTO_BUF PfBuf head = PF_BUF_INIT(ELF_HEAD);
                int r = pf_target_read_head(target, programs[i], ELF_HEAD, &head, err);

                if (r < 0)
                        return r;
                if (r == 0 && head.n == ELF_HEAD && memcmp(head.data, "\177ELF", 4) == 0) {
                        ret->name = machine_name((const unsigned char *) head.data);
                        ret->path = programs[i];
                        return 0;
                }
        }
        return 0;
}
