/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-image.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

/* The corpus of the fuzzer: images of our own making. differential/grub-image.py has
 * those of the real grub-mkimage. */
static const struct {
        const char *name;
        int r;
        const char *prefix;
        const char *config; /* how it begins */
        bool has_memdisk;
} cases[] = {
        { "y_efi-config", 0, "/EFI/debian", "search.fs_uuid 1111-2222", false },
        { "y_efi-32", 0, "(,gpt1)/EFI/suse", NULL, false },
        { "y_efi-memdisk", 0, "/EFI/debian", NULL, true },
        { "y_core", 0, "(,msdos1)/grub2", NULL, false },
        { "y_core-config", 0, "/boot/grub", "search.fs_uuid 1111-2222", false },
        { "n_efi-other", PF_GRUB_IMAGE_NONE, NULL, NULL, false },
        { "n_efi-size", -EINVAL, NULL, NULL, false },
        { "n_efi-module", -EINVAL, NULL, NULL, false },
        { "n_core-cut", PF_GRUB_IMAGE_NONE, NULL, NULL, false },
        { "n_core-bits", PF_GRUB_IMAGE_NONE, NULL, NULL, false },
        { "n_core-large", PF_GRUB_IMAGE_NONE, NULL, NULL, false },
};

static void read_image(const char *name, PfBuf *buf) {
        PF_AUTO_FCLOSE FILE *file = NULL;
        char path[512], bytes[8192];
        size_t n;

        (void) snprintf(path, sizeof(path), "%s/tests/corpus/grub-image/%s", pf_test_source_root(),
                        name);
        file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s", path);
        n = fread(bytes, 1, sizeof(bytes), file);
        ck_assert_int_eq(pf_buf_add(buf, bytes, n), 0);
}

START_TEST(what_is_built_in) {
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_GRUB_IMAGE PfGrubImage image = { 0 };
                PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(1 << 20);
                const char *config = cases[i].config;
                PfErr err = { 0 };
                int r;

                read_image(cases[i].name, &bytes);
                r = pf_grub_image_parse(bytes.data, bytes.n, &image, &err);
                ck_assert_msg(r == cases[i].r, "%s: %d", cases[i].name, r);
                ck_assert_pstr_eq(image.prefix, cases[i].prefix);
                ck_assert(!config == !image.config);
                ck_assert(!config || strncmp(image.config, config, strlen(config)) == 0);
                ck_assert(image.has_memdisk == cases[i].has_memdisk);
                ck_assert(r >= 0 || err.text[0]);
        }
}
END_TEST

/* Every length that a broken copy may have. */
START_TEST(cut_anywhere) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(1 << 20);

        read_image("y_efi-config", &bytes);
        for (size_t n = 0; n < bytes.n; n++) {
                PF_AUTO_GRUB_IMAGE PfGrubImage image = { 0 };
                PF_AUTO_FREE char *copy = malloc(n + 1);

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, bytes.data, n);
                ck_assert_msg(pf_grub_image_parse(copy, n, &image, NULL) != 0, "at %zu", n);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-image");

        PF_TEST(suite, what_is_built_in);
        PF_TEST(suite, cut_anywhere);
        return pf_test_main(suite);
}
