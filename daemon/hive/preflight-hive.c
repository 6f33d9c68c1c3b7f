/* SPDX-License-Identifier: MIT */
/*
 * preflight-hive KEY...: what a hive says of some keys.
 *
 * The hive is standard input, a regular file; each key is answered by a line on standard
 * output, as the book "registry" has it: daemon/platform/registry.h. The file may be made
 * to harm who reads it, and the library that does has been wrong before: so this is a
 * program of its own, without rights to write, with little memory and time, of which
 * nobody takes more than lines that are read with the same care as any other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "daemon/base/json.h"
#include "daemon/base/sanitizer.h"
#include "daemon/hive/hive.h"

#define HIVE "/proc/self/fd/0"
#define MEMORY_MAX (PF_HIVE_SIZE_MAX + (512ull << 20)) /* addresses: the file is mapped */
#define CPU_SEC 10
#define FILES_MAX 16 /* for the tables of iconv(3) */
#define ANSWER_MAX (64u << 20)

static int set_limit(int resource, rlim_t value) {
        const struct rlimit both = { value, value };

        return setrlimit(resource, &both);
}

/* The address sanitizer maps terabytes for itself. */
static int give_up_rights(void) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || set_limit(RLIMIT_CORE, 0) < 0 ||
            set_limit(RLIMIT_CPU, CPU_SEC) < 0 || set_limit(RLIMIT_FSIZE, ANSWER_MAX) < 0 ||
            set_limit(RLIMIT_NPROC, 0) < 0 || set_limit(RLIMIT_NOFILE, FILES_MAX) < 0)
                return -errno;
        return PF_HAS_ADDRESS_SANITIZER || set_limit(RLIMIT_AS, MEMORY_MAX) == 0 ? 0 : -errno;
}

static int print(const PfJson *answer) {
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(ANSWER_MAX);
        int r = answer ? pf_json_write(answer, &line) : -ENOMEM;

        if (r == 0)
                r = pf_buf_add_string(&line, "\n");
        if (r < 0)
                return r;
        return fwrite(line.data, 1, line.n, stdout) == line.n && fflush(stdout) == 0 ? 0 : -EIO;
}

static int answer(PfHive *hive, const char *path, int opened, const PfErr *open_err) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfErr err = *open_err;
        int r = opened < 0 ? opened : pf_hive_read(hive, path, &key, &err);

        json = pf_registry_answer_to_json(r, &key, &err);
        return print(json);
}

int main(int argc, char **argv) {
        PF_CLEANUP(pf_hive_closep) PfHive *hive = NULL;
        PfErr err = { 0 };
        int opened, r = give_up_rights();

        if (r < 0)
                return EXIT_FAILURE;
        opened = pf_hive_open(HIVE, &hive, &err);
        for (int i = 1; i < argc && r == 0; i++)
                r = answer(hive, argv[i], opened, &err);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
