/* SPDX-License-Identifier: MIT */
/*
 * boot-edit FOLDER FILE PAIRS: the file with every device in it called something else,
 * on standard output, and "from<tab>to" for each into PAIRS. FOLDER is that of the
 * corpus, which tells how the file is written.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/boot-edit.h"

static int read_all(const char *path, PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "rb");
        size_t n;

        if (!file)
                return -errno;
        do {
                if (pf_buf_reserve(buf, 65536) < 0)
                        return -ENOMEM;
                n = fread(buf->data + buf->n, 1, 65536, file);
                buf->n += n;
        } while (n > 0);
        return ferror(file) ? -EIO : 0;
}

static int write_pairs(const char *path, const PfBootRenaming *renaming) {
        PF_AUTO_FCLOSE FILE *file = fopen(path, "w");

        if (!file)
                return -errno;
        for (size_t i = 0; i < renaming->n; i++)
                if (fprintf(file, "%s\t%s\n", renaming->swaps[i].from, renaming->swaps[i].to) < 0)
                        return -EIO;
        return 0;
}

int main(int argc, char **argv) {
        PF_AUTO_BUF PfBuf before = PF_BUF_INIT(8u << 20), after = PF_BUF_INIT(8u << 20);
        PF_AUTO_BOOT_READING PfBootReading reading = { 0 };
        PF_AUTO_BOOT_RENAMING PfBootRenaming renaming = { 0 };
        PfBootSyntax syntax;
        const char *text;
        int r;

        if (argc != 4)
                return 2;
        syntax = pf_boot_syntax_of(argv[1], argv[2]);
        if (syntax == PF_BOOT_SYNTAXES || read_all(argv[2], &before) < 0)
                return 2;
        text = before.data ? before.data : "";
        r = pf_boot_read(syntax, text, before.n, &reading);
        if (r == -EINVAL)
                return 3; /* the loader refuses it */
        if (r == 0)
                r = pf_boot_rename_all(syntax, &reading, &renaming);
        if (r < 0)
                return 1;
        if (pf_boot_edit(syntax, text, before.n, renaming.swaps, renaming.n, &after) != 0 ||
            write_pairs(argv[3], &renaming) < 0)
                return 1;
        return fwrite(after.data ? after.data : "", 1, after.n, stdout) == after.n ? 0 : 1;
}
