/* SPDX-License-Identifier: MIT */
/* The tree of what is mounted, as people see it: whole pages, and names that lie. */
#include "daemon/ctl/format-table.h"

#include <locale.h>
#include <string.h>

#include "tests/support/test-main.h"

static const PfTerminal utf8 = { .utf8 = true };
static const PfTerminal ascii = { .utf8 = false };

static char *show(const PfTerminal *terminal, const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *facts = NULL;
        const PfShow how = { 0 };
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };

        pf_page_init(&page, terminal);
        ck_assert_msg(pf_json_parse(text, strlen(text), 64, &facts, &err) == 0, "%s", err.text);
        pf_table_storage(&page, facts, &how);
        ck_assert_int_eq(page.error, 0);
        return strdup(page.out.data ? page.out.data : "");
}

#define DISK(name, number)                                                                         \
        "{\"path\":\"/dev/" name "\",\"number\":\"" number                                         \
        "\",\"type\":\"disk\",\"sizeBytes\":42949672960,\"tableType\":\"gpt\"}"
#define GROUP                                                                                      \
        "{\"path\":\"/dev/sda2\",\"number\":\"8:2\",\"type\":\"part\",\"sizeBytes\":41875931136,"  \
        "\"fileSystem\":\"LVM2_member\",\"uuid\":\"aa-bb\",\"on\":[" DISK(                         \
                "sda", "8:0") "]},"                                                                \
                              "{\"path\":\"/dev/"                                                  \
                              "sdb1\",\"number\":\"8:17\",\"type\":\"part\",\"sizeBytes\":1023,"   \
                              "\"fileSystem\":\"LVM2_member\",\"on\":[" DISK("sdb", "8:16") "]}"

static const char two_disks[] =
        "{\"known\":true,\"fileSystems\":["
        "{\"mountPoints\":[\"/\",\"/var/lib\"],\"roots\":{\"/var/lib\":\"/"
        "@lib\"},\"type\":\"btrfs\","
        "\"options\":\"rw,noatime\",\"devices\":[{\"path\":\"/dev/mapper/vg-root\",\"number\":"
        "\"253:0\",\"type\":\"lvm\",\"sizeBytes\":40802189312,\"fileSystem\":\"btrfs\",\"uuid\":"
        "\"1111-2222\",\"label\":\"système\",\"on\":[" GROUP "]}]},"
        "{\"mountPoints\":[\"/home\"],\"type\":\"xfs\",\"options\":\"ro\",\"devices\":[{\"path\":"
        "\"/dev/mapper/vg-home\",\"number\":\"253:1\",\"type\":\"lvm\",\"sizeBytes\":1073741824,"
        "\"fileSystem\":\"xfs\",\"on\":[" GROUP "]}]},"
        "{\"mountPoints\":[\"/run\"],\"type\":\"tmpfs\",\"options\":\"rw\",\"devices\":[]}],"
        "\"swap\":[{\"path\":\"/dev/md0\",\"number\":\"9:0\",\"type\":\"raid\",\"raidLevel\":"
        "\"raid1\",\"sizeBytes\":0,\"fileSystem\":\"swap\",\"file\":\"/swapfile\"}],"
        "\"unused\":[{\"path\":\"/dev/sdc1\",\"number\":\"8:33\",\"type\":\"part\",\"partType\":"
        "\"0x8e\",\"partUuid\":\"0001-01\",\"sizeBytes\":9223372036854775807,\"unknown\":"
        "\"could not be read\",\"on\":[" DISK("sdc", "8:32") "]}]}";

static const char two_disks_shown[] =
        "/ /var/lib [/@lib]\n"
        "└─ mapper/vg-root  lvm     38.0 GiB    btrfs        UUID=1111-2222 (système)\n"
        "   ├─ sda2         part    39.0 GiB    LVM2_member  UUID=aa-bb\n"
        "   │  └─ sda       disk    40.0 GiB    gpt\n"
        "   └─ sdb1         part    1023.0 B    LVM2_member\n"
        "      └─ sdb       disk    40.0 GiB    gpt\n"
        "/home (read-only)\n"
        "└─ mapper/vg-home  lvm     1.0 GiB     xfs\n"
        "   ├─ sda2         part    39.0 GiB    LVM2_member  UUID=aa-bb\n"
        "   │  └─ sda       disk    40.0 GiB    gpt\n"
        "   └─ sdb1         part    1023.0 B    LVM2_member\n"
        "      └─ sdb       disk    40.0 GiB    gpt\n"
        "/run is tmpfs, which lies on no device\n"
        "\n"
        "Swap\n"
        "└─ md0             raid1   0.0 B       swap         /swapfile\n"
        "\n"
        "Not mounted\n"
        "└─ sdc1            part    7.9 EiB     Linux LVM    PARTUUID=0001-01 not known: could "
        "not be read\n"
        "   └─ sdc          disk    40.0 GiB    gpt\n";

START_TEST(a_machine_of_two_disks) {
        PF_AUTO_FREE char *text = show(&utf8, two_disks);

        ck_assert_str_eq(text, two_disks_shown);
}
END_TEST

START_TEST(lines_without_utf8) {
        PF_AUTO_FREE char *text = show(&ascii, two_disks);

        ck_assert_ptr_nonnull(strstr(text, "\n   |- sda2  "));
        ck_assert_ptr_nonnull(strstr(text, "\n   |  `- sda  "));
        for (const char *at = text; *at; at++)
                ck_assert_int_ge((signed char) *at, 0);
}
END_TEST

/* What lies on more than a disk is shown once; then it is said. */
START_TEST(a_device_of_two_file_systems) {
        static const char root[] = "{\"path\":\"/dev/mapper/"
                                   "root\",\"number\":\"253:0\",\"type\":\"crypt\",\"sizeBytes\":"
                                   "1024,\"fileSystem\":\"btrfs\",\"on\":[" GROUP "]}";
        PF_AUTO_FREE char *facts = NULL;
        PF_AUTO_FREE char *text = NULL;

        ck_assert_int_gt(asprintf(&facts,
                                  "{\"known\":true,\"fileSystems\":[{\"mountPoints\":[\"/a\"],"
                                  "\"devices\":[%s]},{\"mountPoints\":[\"/b\"],\"devices\":[%s]}]}",
                                  root, root),
                         0);
        text = show(&utf8, facts);
        ck_assert_str_eq(text, "/a\n"
                               "└─ mapper/root  crypt   1.0 KiB     btrfs\n"
                               "   ├─ sda2      part    39.0 GiB    LVM2_member  UUID=aa-bb\n"
                               "   │  └─ sda    disk    40.0 GiB    gpt\n"
                               "   └─ sdb1      part    1023.0 B    LVM2_member\n"
                               "      └─ sdb    disk    40.0 GiB    gpt\n"
                               "/b\n"
                               "└─ mapper/root  crypt   1.0 KiB     btrfs        (as above)\n");
}
END_TEST

/* Anybody who mounts something, or labels a stick, chooses such names. */
static const char *const lies[] = {
        /* colours, a second line, the title of a terminal, C1 controls, the right to left */
        ("{\"known\":true,\"fileSystems\":[{\"mountPoints\":[\"/mnt/\\u001b[31mred\",\"/a\\n"
         "/ is "
         "fine\"],\"roots\":{\"/mnt/\\u001b[31mred\":\"/\\u001b]0;x\\u0007\"},\"options\":\"ro\","
         "\"devices\":[{\"path\":\"/dev/mapper/"
         "\\u009b2J\\rx\",\"type\":\"\\u001b[2J\",\"sizeBytes\":1,"
         "\"fileSystem\":\"ext4\",\"uuid\":\"\\u202eabc\",\"label\":"
         "\"\\t\\u0008\\u007f\","
         "\"file\":\"/\\u001bc\",\"unknown\":\"\\u001b[0m\"}]}]}"),
        "{\"known\":false,\"reason\":\"\\u001b[31m\\n\\r\",\"fileSystems\":[]}",
        /* what is of another type, or missing */
        "{\"known\":1,\"fileSystems\":{\"a\":[]},\"swap\":7,\"unused\":\"x\"}",
        ("{\"known\":true,\"fileSystems\":[null,7,[],{},{\"mountPoints\":[null,{},9],\"devices\":["
         "null,"
         "[],7,{\"path\":7,\"sizeBytes\":\"x\",\"on\":{},\"label\":[]}]}],\"swap\":[{}]}"),
        ("{\"known\":true,\"unused\":[{\"path\":\"\",\"sizeBytes\":-1},{\"sizeBytes\":"
         "-9223372036854775808}]}"),
        "[]",
};

START_TEST(names_that_lie) {
        PF_AUTO_FREE char *text = show(&utf8, lies[_i]);
        PF_AUTO_FREE char *plain = show(&ascii, lies[_i]);
        const char *const both[] = { text, plain };

        for (size_t i = 0; i < PF_ELEMENTS(both); i++) {
                for (const char *at = both[i]; *at; at++)
                        ck_assert_msg((unsigned char) *at >= ' ' ? *at != 0x7f : *at == '\n', "%s",
                                      both[i]);
                ck_assert_ptr_null(strstr(both[i], "\xc2\x9b"));
                ck_assert_ptr_null(strstr(both[i], "\xe2\x80\xae"));
                ck_assert_ptr_null(strstr(both[i], "\n/ is fine"));
        }
}
END_TEST

/* Deeper than any machine is, and wider than any screen. */
START_TEST(a_tree_has_an_end) {
        PF_AUTO_BUF PfBuf facts = PF_BUF_INIT(1 << 20);
        PF_AUTO_FREE char *text = NULL;
        PF_AUTO_FREE char *name = calloc(1, 100001);

        memset(name, 'n', 100000);
        ck_assert_int_eq(pf_buf_add_string(&facts, "{\"known\":true,\"unused\":["), 0);
        for (unsigned i = 0; i < 28; i++)
                ck_assert_int_eq(
                        pf_buf_printf(&facts, "{\"path\":\"d%u\",\"number\":\"%u\",\"on\":[", i, i),
                        0);
        ck_assert_int_eq(pf_buf_printf(&facts, "{\"path\":\"%s\"}", name), 0);
        for (unsigned i = 0; i < 28; i++)
                ck_assert_int_eq(pf_buf_add_string(&facts, "]}"), 0);
        ck_assert_int_eq(pf_buf_printf(&facts, ",{\"path\":\"%s\"}]}", name), 0);
        text = show(&utf8, facts.data);
        ck_assert_ptr_nonnull(strstr(text, " d23"));
        ck_assert_ptr_null(strstr(text, " d24"));
        ck_assert_ptr_nonnull(strstr(text, name));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ctl-storage");
        TCase *hostile = tcase_create("hostile");

        (void) setlocale(LC_ALL, "C.UTF-8");
        PF_TEST(suite, a_machine_of_two_disks);
        PF_TEST(suite, lines_without_utf8);
        PF_TEST(suite, a_device_of_two_file_systems);
        tcase_add_loop_test(hostile, names_that_lie, 0, PF_ELEMENTS(lies));
        suite_add_tcase(suite, hostile);
        PF_TEST(suite, a_tree_has_an_end);
        return pf_test_main(suite);
}
