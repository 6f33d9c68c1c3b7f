/* SPDX-License-Identifier: MIT */
#include "probes/parse/uki.h"

#include <stdint.h>
#include <string.h>

#include "tests/support/test-main.h"

/* A PE image in the making: a stub, headers, and sections one behind the other. */
typedef struct Pe {
        uint8_t bytes[16384];
        size_t n;
        size_t n_sections;
} Pe;

#define PE_AT 0x80
#define OPTIONAL_SIZE 0xf0
#define TABLE_AT (PE_AT + 4 + 20 + OPTIONAL_SIZE)
#define CONTENT_AT 0x800

static void put(Pe *pe, size_t at, uint32_t value, size_t n) {
        for (size_t i = 0; i < n; i++)
                pe->bytes[at + i] = (uint8_t) (value >> 8 * i);
}

static void begin(Pe *pe) {
        *pe = (Pe){ .n = CONTENT_AT };
        memcpy(pe->bytes, "MZ", 2);
        put(pe, 0x3c, PE_AT, 4);
        memcpy(pe->bytes + PE_AT, "PE\0\0", 4);
        put(pe, PE_AT + 4 + 16, OPTIONAL_SIZE, 2);
}

/* @padding: how much of the file it takes beyond its text. */
static void add_padded(Pe *pe, const char *name, const char *text, size_t padding) {
        size_t at = TABLE_AT + 40 * pe->n_sections++, n = strlen(text);

        strncpy((char *) pe->bytes + at, name, 8);
        put(pe, at + 8, (uint32_t) n, 4);
        put(pe, at + 16, (uint32_t) (n + padding), 4);
        put(pe, at + 20, (uint32_t) pe->n, 4);
        memcpy(pe->bytes + pe->n, text, n);
        pe->n += n + padding;
        put(pe, PE_AT + 4 + 2, (uint32_t) pe->n_sections, 2);
}

static void add(Pe *pe, const char *name, const char *text) {
        add_padded(pe, name, text, 16);
}

static void usual(Pe *pe) {
        begin(pe);
        add(pe, ".text", "code");
        add(pe, ".osrel", "ID=x\nPRETTY_NAME=\"X 1\"\n");
        add(pe, ".uname", "6.1.0-1\n");
        add(pe, ".cmdline", "root=UUID=u ro\nquiet\n");
        add(pe, ".linux", "MZ");
}

/* The outcome, then entries as "id,title,version{word@line …}". */
static void expect_n(const Pe *pe, size_t n, const char *want) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        PF_AUTO_FREE uint8_t *exact = malloc(n ? n : 1);
        int r, code;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, pe->bytes, n);
        code = pf_uki_parse("/efi/EFI/Linux/x.efi", exact, n, &menu, NULL);
        r = pf_buf_printf(&got, "%d", code);
        for (size_t i = 0; i < menu.n && r == 0; i++) {
                const PfBootEntry *entry = &menu.entries[i];
                const PfBootCommand *command = &entry->commands.items[0];

                r = pf_buf_printf(&got, " %s,%s,%s{", entry->id, entry->title,
                                  entry->version ? entry->version : "-");
                for (size_t j = 1; j < command->expanded.n && r == 0; j++)
                        r = pf_buf_printf(&got, "%s@%u ", command->expanded.items[j].text,
                                          command->expanded.items[j].line);
                r = r == 0 ? pf_buf_add_string(&got, "}") : r;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data, want);
}

static void expect(const Pe *pe, const char *want) {
        expect_n(pe, pe->n, want);
}

START_TEST(an_image) {
        Pe pe;

        usual(&pe);
        expect(&pe, "0 x.efi,X 1,6.1.0-1{root=UUID=u@1 ro@1 quiet@2 }");
        begin(&pe);
        add(&pe, ".linux", "MZ");
        add(&pe, ".osrel", "ID=y");
        expect(&pe, "0 x.efi,y,-{}");
}
END_TEST

START_TEST(profiles) {
        Pe pe;

        usual(&pe);
        add(&pe, ".profile", "ID=main");
        add(&pe, ".profile", "ID=rescue");
        add(&pe, ".cmdline", "single");
        expect(&pe,
               "0 x.efi,X 1,6.1.0-1{root=UUID=u@1 ro@1 quiet@2 } x.efi,X 1,6.1.0-1{single@1 }");
}
END_TEST

START_TEST(what_is_none) {
        Pe pe;

        begin(&pe);
        add(&pe, ".text", "code");
        expect(&pe, "1");
        add(&pe, ".linux", "MZ");
        expect(&pe, "1");
        pe.bytes[PE_AT] = 'X';
        expect(&pe, "-22");
        expect_n(&pe, 0, "-22");
        begin(&pe);
        pe.bytes[0] = 'X';
        expect(&pe, "-22");
        begin(&pe);
        put(&pe, 0x3c, 0xffffffff, 4);
        expect(&pe, "-22");
        begin(&pe);
        put(&pe, PE_AT + 4 + 2, 97, 2);
        expect(&pe, "-22");
        begin(&pe);
        put(&pe, PE_AT + 4 + 2, 96, 2);
        expect(&pe, "-22");
}
END_TEST

START_TEST(what_lies_beyond) {
        Pe pe;

        usual(&pe);
        expect_n(&pe, pe.n - 40, "2");
        expect_n(&pe, TABLE_AT + 40 * 5, "2");
        expect_n(&pe, TABLE_AT + 40 * 5 - 1, "-22");
        /* The kernel itself need not be there. */
        expect_n(&pe, pe.n - 18, "0 x.efi,X 1,6.1.0-1{root=UUID=u@1 ro@1 quiet@2 }");
        put(&pe, TABLE_AT + 40 * 3 + 20, 0xfffffff0, 4);
        expect(&pe, "2");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("uki");

        PF_TEST(suite, an_image);
        PF_TEST(suite, profiles);
        PF_TEST(suite, what_is_none);
        PF_TEST(suite, what_lies_beyond);
        return pf_test_main(suite);
}
