/* SPDX-License-Identifier: MIT */
/*
 * The version of the server on a target: from the executable, the package
 * database, or what the release is known to ship.
 */
#include "probes/parse/sshd-version.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/program.h"

#define STATUS_MAX (64 << 20)  /* bytes of dpkg's status file */
#define RELEASE_MAX (64 << 10) /* bytes of os-release */
#define MARK PF_SSHD_VERSION_MARK

#define LATEST_MAJOR 10
#define LATEST_MINOR 0

/* Where a server is; those of 9.8 and later that hold the text come after it. */
static const char *const servers[] = {
        "/usr/sbin/sshd",
        "/usr/bin/sshd",
        "/usr/local/sbin/sshd",
        "/sbin/sshd",
};
static const char *const helpers[] = {
        "/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session",
        "/usr/libexec/ssh/sshd-session", "/usr/libexec/sshd-session",
        "/usr/lib/ssh/sshd-session",     "/usr/local/libexec/sshd-session",
};

static unsigned features_of(PfSshdFlavour flavour) {
        unsigned features = PF_SSHD_HAS_PAM;

        if (flavour != PF_SSHD_UPSTREAM)
                features |= PF_SSHD_HAS_GSSAPI | PF_SSHD_HAS_KRB5 | PF_SSHD_HAS_OPENSSL |
                            PF_SSHD_HAS_GSSAPI_KEX;
        return features;
}

PfSshdVersion pf_sshd_version_make(unsigned major, unsigned minor, unsigned portable,
                                   PfSshdFlavour flavour) {
        PfSshdVersion version = { .major = major,
                                  .minor = minor,
                                  .portable = portable,
                                  .flavour = flavour,
                                  .features = features_of(flavour),
                                  .source = PF_SSHD_VERSION_GIVEN };

        (void) snprintf(version.text, sizeof(version.text), MARK "%u.%up%u", major, minor,
                        portable);
        return version;
}

int pf_sshd_version_compare(const PfSshdVersion *version, unsigned major, unsigned minor) {
        if (version->major != major)
                return version->major < major ? -1 : 1;
        return version->minor == minor ? 0 : version->minor < minor ? -1 : 1;
}

/* A number of at most four digits. */
static const char *read_number(const char *text, unsigned *ret) {
        size_t n = strspn(text, "0123456789");

        if (n == 0 || n > 4)
                return NULL;
        *ret = (unsigned) strtoul(text, NULL, 10);
        return text + n;
}

/* "9.2p1"; "p1" may be missing. */
static const char *read_release(const char *text, PfSshdVersion *ret) {
        text = read_number(text, &ret->major);
        if (!text || *text++ != '.')
                return NULL;
        text = read_number(text, &ret->minor);
        if (!text)
                return NULL;
        ret->portable = 0;
        if (*text == 'p' && isdigit((unsigned char) text[1]))
                text = read_number(text + 1, &ret->portable);
        return text;
}

int pf_sshd_version_parse(const char *text, PfSshdFlavour flavour, PfSshdVersion *ret) {
        const char *start = text;
        PfSshdVersion read;

        if (strncmp(start, MARK, strlen(MARK)) == 0)
                start += strlen(MARK);
        else if (isdigit((unsigned char) *start) && start[strspn(start, "0123456789")] == ':')
                start += strspn(start, "0123456789") + 1; /* a package's epoch */
        if (!read_release(start, &read))
                return -EINVAL;
        *ret = pf_sshd_version_make(read.major, read.minor, read.portable, flavour);
        if (start != text && *text == 'O')
                (void) snprintf(ret->text, sizeof(ret->text), "%s", text);
        return 0;
}

/* The distribution's name is a part of the text where it is Debian or Ubuntu. */
static PfSshdFlavour flavour_in(const char *text, PfSshdFlavour otherwise) {
        return strstr(text, " Debian") || strstr(text, " Ubuntu") ? PF_SSHD_DEBIAN : otherwise;
}

/* The text "OpenSSH_9.2p1 Debian-2" in an executable. That with the release of the
 * portable edition wins wherever it stands: the bare "OpenSSH_9.2" is in there too. */
static bool find_in_binary(const PfStrv *texts, PfSshdFlavour flavour, PfSshdVersion *ret) {
        bool found = false;

        for (size_t i = 0; i < texts->n; i++) {
                const char *text = texts->items[i];
                PfSshdVersion version;

                if (pf_sshd_version_parse(text, flavour_in(text, flavour), &version) < 0)
                        continue;
                if (!found || version.portable > 0) {
                        *ret = version;
                        ret->source = PF_SSHD_VERSION_BINARY;
                }
                if (version.portable > 0)
                        return true;
                found = true;
        }
        return found;
}

typedef struct Search {
        const PfTarget *target;
        PfSshdVersion *version;
        PfSshdFlavour flavour;
        char id[64]; /* of os-release */
        char like[64];
        char release[32]; /* VERSION_ID */
        bool found_server;
        PfErr *err;
} Search;

static void note_path(Search *search, const char *path) {
        (void) snprintf(search->version->path, sizeof(search->version->path), "%s", path);
}

/* Return: 1 found, 0 not found, or a negative errno. */
static int search_binary(Search *search, const char *path, bool is_server) {
        PF_AUTO_PROGRAM PfProgram program = { 0 };
        PfErr ignored = { 0 };
        int r;

        r = pf_program_load(search->target, path, PF_SSHD_VERSION_MARK, &program, &ignored);
        if (r == -ENOMEM)
                return r;
        /* One that may not be read is there all the same; the packages may tell. */
        if (r < 0 || (r == 0 && is_server))
                search->found_server = search->found_server || is_server;
        if (r != 0 || !find_in_binary(&program.texts, search->flavour, search->version))
                return 0;
        note_path(search, path);
        return 1;
}

static int search_binaries(Search *search) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(servers) && r == 0; i++)
                r = search_binary(search, servers[i], true);
        for (size_t i = 0; i < PF_ELEMENTS(helpers) && r == 0 && search->found_server; i++)
                r = search_binary(search, helpers[i], false);
        return r;
}

/* The value of a field of a paragraph, up to the end of its line. */
static const char *field(const char *paragraph, const char *end, const char *name, size_t *ret_n) {
        size_t length = strlen(name);

        for (const char *line = paragraph; line && line < end;) {
                const char *newline = memchr(line, '\n', (size_t) (end - line));
                const char *line_end = newline ? newline : end;

                if ((size_t) (line_end - line) > length && strncmp(line, name, length) == 0 &&
                    line[length] == ':') {
                        line += length + 1;
                        while (line < line_end && *line == ' ')
                                line++;
                        *ret_n = (size_t) (line_end - line);
                        return line;
                }
                line = newline ? newline + 1 : NULL;
        }
        return NULL;
}

static bool field_is(const char *paragraph, const char *end, const char *name, const char *text) {
        size_t n;
        const char *value = field(paragraph, end, name, &n);

        return value && n == strlen(text) && strncmp(value, text, n) == 0;
}

/* Is the package of this paragraph of dpkg's status an installed server? */
static bool is_server_package(const char *paragraph, const char *end) {
        size_t n;
        const char *status = field(paragraph, end, "Status", &n);

        return field_is(paragraph, end, "Package", "openssh-server") && status &&
               n >= strlen(" installed") &&
               strncmp(status + n - strlen(" installed"), " installed", strlen(" installed")) == 0;
}

/* "1:9.2p1-2+deb12u3" as the server itself would say it. */
static int parse_package(const Search *search, const char *text, size_t n, PfSshdVersion *ret) {
        const char *vendor = strcmp(search->id, "ubuntu") == 0 ? "Ubuntu" : "Debian";
        const char *colon = memchr(text, ':', n);
        const char *start = colon ? colon + 1 : text;
        int length = (int) (n - (size_t) (start - text));
        const char *dash = memchr(start, '-', (size_t) length);
        char whole[96];

        if (n >= sizeof(whole))
                return -EINVAL;
        if (dash)
                (void) snprintf(whole, sizeof(whole), MARK "%.*s %s%.*s", (int) (dash - start),
                                start, vendor, length - (int) (dash - start), dash);
        else
                (void) snprintf(whole, sizeof(whole), MARK "%.*s", length, start);
        return pf_sshd_version_parse(whole, PF_SSHD_DEBIAN, ret);
}

static int search_packages(Search *search) {
        static const char path[] = "/var/lib/dpkg/status";
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(STATUS_MAX);
        const char *next;
        PfErr ignored = { 0 };
        int r;

        r = pf_target_read(search->target, path, STATUS_MAX, &buf, &ignored);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        for (const char *at = buf.data; at; at = next) {
                const char *end = strstr(at, "\n\n");
                const char *value;
                size_t n;

                next = end ? end + 2 : NULL;
                end = end ? end : at + strlen(at);
                if (!is_server_package(at, end))
                        continue;
                value = field(at, end, "Version", &n);
                if (!value || parse_package(search, value, n, search->version) < 0)
                        continue;
                search->version->source = PF_SSHD_VERSION_PACKAGE;
                search->found_server = true;
                note_path(search, path);
                return 1;
        }
        return 0;
}

/* What releases ship; rpm's own database can be read only through rpm. */
static const struct {
        const char *id;
        const char *release; /* the number, or what it begins with, up to a '.' */
        unsigned major;
        unsigned minor;
} releases[] = {
        { "debian", "8", 6, 7 },
        { "debian", "9", 7, 4 },
        { "debian", "10", 7, 9 },
        { "debian", "11", 8, 4 },
        { "debian", "12", 9, 2 },
        { "debian", "13", 10, 0 },
        { "ubuntu", "14.04", 6, 6 },
        { "ubuntu", "16.04", 7, 2 },
        { "ubuntu", "18.04", 7, 6 },
        { "ubuntu", "20.04", 8, 2 },
        { "ubuntu", "22.04", 8, 9 },
        { "ubuntu", "24.04", 9, 6 },
        { "ubuntu", "25.04", 9, 9 },
        { "ubuntu", "25.10", 10, 0 },
        { "rhel", "6", 5, 3 },
        { "rhel", "7", 7, 4 },
        { "rhel", "8", 8, 0 },
        { "rhel", "9", 8, 7 },
        { "rhel", "10", 9, 9 },
        { "centos", "6", 5, 3 },
        { "centos", "7", 7, 4 },
        { "centos", "8", 8, 0 },
        { "centos", "9", 8, 7 },
        { "centos", "10", 9, 9 },
        { "ol", "6", 5, 3 },
        { "ol", "7", 7, 4 },
        { "ol", "8", 8, 0 },
        { "ol", "9", 8, 7 },
        { "ol", "10", 9, 9 },
        { "rocky", "8", 8, 0 },
        { "rocky", "9", 8, 7 },
        { "rocky", "10", 9, 9 },
        { "almalinux", "8", 8, 0 },
        { "almalinux", "9", 8, 7 },
        { "almalinux", "10", 9, 9 },
        { "amzn", "2", 7, 4 },
        { "amzn", "2023", 8, 7 },
        { "sles", "12", 7, 2 },
        { "sles", "15", 8, 4 },
        { "sles", "15.4", 8, 4 },
        { "sles", "15.5", 8, 4 },
        { "sles", "15.6", 9, 6 },
        { "sles", "15.7", 9, 6 },
        { "sles", "16", 10, 0 },
        { "opensuse-leap", "15", 8, 4 },
        { "opensuse-leap", "15.6", 9, 6 },
        { "mariner", "2", 8, 9 },
        { "azurelinux", "3", 9, 8 },
        { "fedora", "39", 9, 3 },
        { "fedora", "40", 9, 6 },
        { "fedora", "41", 9, 8 },
        { "fedora", "42", 9, 9 },
        { "fedora", "43", 10, 0 },
};

/* How well a row's number fits: the longer the better, 0 is not at all. */
static size_t release_fits(const char *row, const char *release) {
        size_t n = strlen(row);

        return strncmp(row, release, n) == 0 && (!release[n] || release[n] == '.') ? n : 0;
}

static int search_releases(Search *search) {
        size_t best = 0;

        for (size_t i = 0; i < PF_ELEMENTS(releases); i++) {
                size_t n = strcmp(releases[i].id, search->id) == 0
                                   ? release_fits(releases[i].release, search->release)
                                   : 0;

                if (n <= best)
                        continue;
                best = n;
                *search->version = pf_sshd_version_make(releases[i].major, releases[i].minor, 1,
                                                        search->flavour);
        }
        if (best == 0)
                return 0;
        search->version->source = PF_SSHD_VERSION_RELEASE;
        search->version->assumed = true;
        note_path(search, "/etc/os-release");
        return 1;
}

/* A value of os-release without its quotes; cut where it does not fit. */
static void read_value(const char *contents, const char *name, char *ret, size_t size) {
        size_t length = strlen(name);

        for (const char *line = contents; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, name, length) != 0 || line[length] != '=')
                        continue;
                line += length + 1;
                line += *line == '"' || *line == '\'';
                (void) snprintf(ret, size, "%.*s", (int) strcspn(line, "\"'\n"), line);
        }
}

static bool has_word(const char *list, const char *word) {
        size_t n = strlen(word);

        for (; *list; list += strcspn(list, " "), list += *list == ' ')
                if (strncmp(list, word, n) == 0 && (!list[n] || list[n] == ' '))
                        return true;
        return false;
}

static PfSshdFlavour flavour_of(const Search *search) {
        static const struct {
                const char *word;
                PfSshdFlavour flavour;
        } words[] = {
                { "debian", PF_SSHD_DEBIAN },     { "ubuntu", PF_SSHD_DEBIAN },
                { "rhel", PF_SSHD_REDHAT },       { "fedora", PF_SSHD_REDHAT },
                { "centos", PF_SSHD_REDHAT },     { "ol", PF_SSHD_REDHAT },
                { "amzn", PF_SSHD_REDHAT },       { "mariner", PF_SSHD_REDHAT },
                { "azurelinux", PF_SSHD_REDHAT }, { "suse", PF_SSHD_SUSE },
                { "sles", PF_SSHD_SUSE },         { "opensuse-leap", PF_SSHD_SUSE },
        };

        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (has_word(search->id, words[i].word) || has_word(search->like, words[i].word))
                        return words[i].flavour;
        return PF_SSHD_UPSTREAM;
}

static int read_os_release(Search *search) {
        static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RELEASE_MAX);
        PfErr ignored = { 0 };
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(paths) && r == PF_TARGET_ABSENT; i++)
                r = pf_target_read(search->target, paths[i], RELEASE_MAX, &buf, &ignored);
        if (r == -ENOMEM)
                return r;
        if (buf.data) {
                read_value(buf.data, "ID", search->id, sizeof(search->id));
                read_value(buf.data, "ID_LIKE", search->like, sizeof(search->like));
                read_value(buf.data, "VERSION_ID", search->release, sizeof(search->release));
        }
        search->flavour = flavour_of(search);
        return 0;
}

static int search_latest(Search *search) {
        *search->version = pf_sshd_version_make(LATEST_MAJOR, LATEST_MINOR, 1, search->flavour);
        search->version->source = PF_SSHD_VERSION_LATEST;
        search->version->assumed = true;
        return 1;
}

int pf_sshd_version_detect(const PfTarget *target, PfSshdVersion *ret, PfErr *err) {
        static int (*const searches[])(Search *) = {
                search_binaries,
                search_packages,
                search_releases,
                search_latest,
        };
        PfSshdVersion version = { 0 };
        Search search = { .target = target, .version = &version, .err = err };
        int r;

        r = read_os_release(&search);
        for (size_t i = 0; i < PF_ELEMENTS(searches) && r == 0; i++)
                r = searches[i](&search);
        if (r < 0)
                return pf_err_errno(err, r, "version of the SSH server");
        *ret = version;
        return search.found_server ? 0 : PF_SSHD_VERSION_NO_SERVER;
}
