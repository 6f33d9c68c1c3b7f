/* SPDX-License-Identifier: MIT */
/*
 * Prints the names in an initramfs, as lsinitramfs(8) and lsinitrd(1) list them, for
 * the tests that compare with those.
 *
 *   initramfs-names FILE [--until=NAME | --count]
 *
 * --until stops at the first file of that name, --count prints but how many there are,
 * and the KiB of memory by which the reading made the process grow. Exit status: 0; 1 for an image
 * that is wrong, 2 usage.
 */
#include <stdio.h>
#include <string.h>

#include "probes/parse/initramfs.h"

typedef struct Names {
        const char *until;
        bool quiet;
        unsigned long n;
} Names;

enum { FOUND = 1 };

static int print_name(const PfCpioEntry *entry, void *data) {
        Names *names = data;
        const char *base = strrchr(entry->name, '/');

        names->n++;
        if (!names->quiet)
                (void) printf("%s\n", entry->name);
        return names->until && strcmp(base ? base + 1 : entry->name, names->until) == 0 ? FOUND : 0;
}

static int read_input(void *data, void *bytes, size_t n, size_t *ret_n, PfErr *err) {
        *ret_n = fread(bytes, 1, n, data);
        return ferror(data) ? pf_err_set(err, -EIO, "cannot be read") : 0;
}

static int skip_input(void *data, uint64_t n, uint64_t *ret_n, PfErr *err) {
        long here = ftell(data), end;

        if (fseek(data, 0, SEEK_END) < 0 || (end = ftell(data)) < 0 || here < 0)
                return pf_err_set(err, -EIO, "cannot be read");
        *ret_n = n < (uint64_t) (end - here) ? n : (uint64_t) (end - here);
        return fseek(data, here + (long) *ret_n, SEEK_SET) < 0
                       ? pf_err_set(err, -EIO, "cannot be read")
                       : 0;
}

/* KiB at the peak, since this program was started: getrusage(2) keeps what its parent had. */
static long peak_memory(void) {
        PF_AUTO_FCLOSE FILE *file = fopen("/proc/self/status", "r");
        char line[256];
        long peak = 0;

        while (file && fgets(line, sizeof(line), file))
                if (sscanf(line, "VmHWM: %ld kB", &peak) == 1)
                        break;
        return peak;
}

int main(int argc, char *argv[]) {
        Names names = { 0 };
        PF_AUTO_FCLOSE FILE *file = argc >= 2 && argc <= 3 ? fopen(argv[1], "rb") : NULL;
        PfInitramfsInput input = { .read = read_input, .skip = skip_input, .data = file };
        PfErr err = { 0 };
        long before;
        int r;

        if (argc == 3 && strncmp(argv[2], "--until=", 8) == 0)
                names.until = argv[2] + 8;
        else if (argc == 3 && strcmp(argv[2], "--count") == 0)
                names.quiet = true;
        else if (argc != 2)
                file = NULL;
        if (!file) {
                (void) fprintf(stderr, "usage: initramfs-names FILE [--until=NAME | --count]\n");
                return 2;
        }
        before = peak_memory();
        r = pf_initramfs_read(&input, print_name, &names, &err);
        if (r < 0) {
                (void) fprintf(stderr, "%s: %s\n", argv[1], pf_err_text(&err, r));
                return 1;
        }
        if (names.quiet)
                (void) printf("%lu %ld\n", names.n, peak_memory() - before);
        return 0;
}
