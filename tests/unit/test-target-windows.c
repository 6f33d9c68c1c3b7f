/* SPDX-License-Identifier: MIT */
/*
 * What is read of Windows itself: volumes, names that it has and has not, files that others
 * have open, and where links lead. What every system does alike is tested in test-target.c.
 */
#include "daemon/platform/target-system.h"

#include <string.h>
#include <wchar.h>

#include <windows.h>

#include "daemon/platform/directory.h"
#include "daemon/platform/remove-tree.h"
#include "daemon/platform/win32/target-path.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LIMIT 1000

static PfSandbox box;

static PfTarget *open_target(const char *root) {
        PfTarget *target = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_target_new(root, PF_TARGET_DEFAULT, &target, &err) == 0, "%s", err.text);
        return target;
}

static uint64_t inode_of(const PfTarget *target, const char *path) {
        PfFileInfo info;
        PfErr err = { 0 };
        int r = pf_target_stat(target, path, &info, &err);

        ck_assert_msg(r == 0, "%s: %d %s", path, r, err.text);
        return info.inode;
}

static int look(const PfTarget *target, const char *path) {
        PfFileInfo info;

        return pf_target_stat(target, path, &info, NULL);
}

START_TEST(the_drive_with_windows_is_the_root) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = open_target("/");
        wchar_t windows[MAX_PATH];
        char path[64];

        ck_assert(pf_target_is_host(live));
        ck_assert_uint_eq(pf_target_platform(live), PF_PLATFORM_WINDOWS);
        ck_assert_uint_gt(GetSystemWindowsDirectoryW(windows, PF_ELEMENTS(windows)), 2);
        (void) snprintf(path, sizeof(path), "/%c:%ls", (char) windows[0], windows + 2);
        for (char *at = path; *at; at++)
                *at = *at == '\\' ? '/' : *at;
        ck_assert_uint_eq(inode_of(live, path), inode_of(live, path + 3));
        ck_assert_uint_eq(inode_of(live, "/"), inode_of(live, "/../.."));
        ck_assert_int_eq(look(live, "/no-such:"), PF_TARGET_ABSENT);
        ck_assert_int_eq(look(live, "/b:/file"), PF_TARGET_ABSENT);
}
END_TEST

START_TEST(capitals_do_not_matter) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PF_AUTO_STRV PfStrv found = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/Program Files/Agent.LOG", "read");
        ck_assert_int_eq(pf_target_read(box.target, "/PROGRAM FILES/agent.log", LIMIT, &buf, NULL),
                         0);
        ck_assert_str_eq(buf.data, "read");
        ck_assert_int_eq(pf_target_glob(box.target, "/Program*/*.log", &found, NULL), 0);
        ck_assert_uint_eq(found.n, 1);
        ck_assert_str_eq(found.items[0], "/Program Files/Agent.LOG");
}
END_TEST

START_TEST(patterns) {
        PF_AUTO_STRV PfStrv found = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/logs/a/1.log", "");
        pf_sandbox_write(&box, "/logs/b/2.log", "");
        pf_sandbox_write(&box, "/logs/b/.hidden.log", "");
        pf_sandbox_write(&box, "/logs/file", "");
        ck_assert_int_eq(pf_target_glob(box.target, "/logs/*/*.log", &found, NULL), 0);
        ck_assert_uint_eq(found.n, 2);
        ck_assert_str_eq(found.items[0], "/logs/a/1.log");
        ck_assert_str_eq(found.items[1], "/logs/b/2.log");
        ck_assert_int_eq(pf_target_glob(box.target, "/logs/[!a]/2.log", &found, NULL), 0);
        ck_assert_uint_eq(found.n, 3);
        ck_assert_int_eq(pf_target_glob(box.target, "/logs/file/x*", &found, NULL), 0);
        ck_assert_int_eq(pf_target_glob(box.target, "/none/*", &found, NULL), 0);
        ck_assert_uint_eq(found.n, 3);
}
END_TEST

/* A stream, a device and a directory are not meant by a name. */
START_TEST(names_that_are_none) {
        static const char *const names[] = {
                "/d/file:stream", "/d/file::$DATA", "/d\\file", "/d/f*", "/d/fi?e", "/d/\"",
                "/d/a|b",         "/d/\x01",        "/D:",      "/d/<",  "/C:/d",   "/d/\xff",
        };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/d/file", "text");
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                ck_assert_msg(look(box.target, names[i]) == PF_TARGET_ABSENT, "%s", names[i]);
        ck_assert_int_eq(look(box.target, "/d/file"), 0);
        ck_assert_int_eq(look(box.target, "/d/file/"), PF_TARGET_ABSENT);
        ck_assert_int_eq(look(box.target, "/d/./../d//file"), 0);
        ck_assert_int_eq(look(box.target, "d/file"), -EINVAL);
}
END_TEST

START_TEST(long_paths_and_all_letters) {
        static const char name[] = "\xe8\xa8\xad\xe5\xae\x9a-\xf0\x9f\x92\xbe";
        PF_CLEANUP(pf_directory_closep) PfDirectory *directory = NULL;
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(4096);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PF_AUTO_STRV PfStrv names = { 0 };
        char part[101];

        pf_sandbox_new(&box);
        memset(part, 'x', sizeof(part) - 1);
        part[sizeof(part) - 1] = '\0';
        ck_assert_int_eq(pf_directory_open(box.root, &directory), 0);
        for (int i = 0; i < 6; i++) {
                PF_CLEANUP(pf_directory_closep) PfDirectory *above = PF_STEAL(directory);

                ck_assert_int_eq(pf_directory_enter(above, part, &directory), 0);
                ck_assert_int_eq(pf_buf_printf(&path, "/%s", part), 0);
        }
        ck_assert_int_eq(pf_directory_write(directory, name, "deep", 4), 0);
        ck_assert_int_eq(pf_target_list(box.target, path.data, &names, NULL), 0);
        ck_assert_uint_eq(names.n, 1);
        ck_assert_str_eq(names.items[0], name);
        ck_assert_int_eq(pf_buf_printf(&path, "/%s", name), 0);
        ck_assert_int_eq(pf_target_read(box.target, path.data, LIMIT, &buf, NULL), 0);
        ck_assert_str_eq(buf.data, "deep");
        pf_remove_tree(box.root);
        ck_assert_int_eq(pf_directory_check_free(box.root), 0);
}
END_TEST

static HANDLE open_file(const char *path, DWORD access, DWORD share) {
        PF_AUTO_FREE char *place = pf_sandbox_path(&box, path);
        HANDLE file = CreateFileA(place, access, share, NULL, OPEN_EXISTING, 0, NULL);

        ck_assert_ptr_ne(file, INVALID_HANDLE_VALUE);
        return file;
}

/* An installer's log, which is being written. */
START_TEST(files_that_others_have_open) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LIMIT);
        PF_AUTO_HANDLE PfHandle file = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/log", "one");
        file = open_file("/log", GENERIC_READ | GENERIC_WRITE | DELETE, PF_SHARE_ALL);
        ck_assert_int_eq(pf_target_read(box.target, "/log", LIMIT, &buf, &err), 0);
        ck_assert_str_eq(buf.data, "one");
        pf_handle_closep(&file);

        file = open_file("/log", GENERIC_READ, 0);
        ck_assert_int_eq(look(box.target, "/log"), 0);
        ck_assert_int_eq(pf_target_read(box.target, "/log", LIMIT, &buf, &err), -EBUSY);
        ck_assert_ptr_nonnull(strstr(err.text, "/log: cannot be opened"));
}
END_TEST

/* Who reads keeps nobody from it. */
START_TEST(what_is_read_may_be_removed) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        PfFileIdentity identity;
        char byte;
        size_t n;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/log", "text");
        ck_assert_int_eq(pf_target_open(box.target, "/log", &file, NULL), 0);
        pf_sandbox_remove(&box, "/log");
        ck_assert_int_eq(pf_target_file_identify(file, &identity, NULL), 0);
        ck_assert_int_gt(identity.modified_nsec, INT64_C(1500000000000000000));
        ck_assert_int_eq(pf_target_file_read(file, &byte, 1, &n, NULL), 0);
        ck_assert_int_eq(byte, 't');
}
END_TEST

START_TEST(tells_about_files) {
        PF_AUTO_FREE char *place = NULL;
        PfFileInfo file, directory;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/d/file", "12345");
        place = pf_sandbox_path(&box, "/d/file");
        ck_assert(SetFileAttributesA(place, FILE_ATTRIBUTE_READONLY));
        ck_assert_int_eq(pf_target_stat(box.target, "/d/file", &file, NULL), 0);
        ck_assert_int_eq(file.type, PF_FILE_REGULAR);
        ck_assert_uint_eq(file.size_bytes, 5);
        ck_assert_uint_eq(file.mode, 0444);
        ck_assert_int_gt(file.modified_usec, 1500000000000000);
        ck_assert_int_eq(pf_target_stat(box.target, "/d", &directory, NULL), 0);
        ck_assert_int_eq(directory.type, PF_FILE_DIRECTORY);
        ck_assert_uint_eq(directory.device, file.device);
        ck_assert_uint_ne(directory.inode, file.inode);
        ck_assert(!pf_target_is_public(box.target, "/d/file"));
        ck_assert(SetFileAttributesA(place, FILE_ATTRIBUTE_NORMAL));
}
END_TEST

START_TEST(measures_space) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *live = open_target("/");
        PF_CLEANUP(pf_target_unrefp) PfTarget *volume = open_target("C:\\");
        ULARGE_INTEGER free_bytes, total_bytes, all_free;
        PfSpace space;

        ck_assert(GetDiskFreeSpaceExW(L"C:\\", &free_bytes, &total_bytes, &all_free));
        ck_assert_int_eq(pf_target_space(live, "/windows", &space, NULL), 0);
        ck_assert_uint_eq(space.total_bytes, total_bytes.QuadPart);
        ck_assert_uint_gt(space.free_bytes, 0);
        ck_assert_uint_le(space.free_bytes, space.total_bytes);
        ck_assert_uint_eq(space.total_inodes, 0);
        ck_assert(!space.read_only);
        ck_assert_int_eq(pf_target_space(live, "/missing", &space, NULL), PF_TARGET_ABSENT);

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_target_space(box.target, "/", &space, NULL), PF_TARGET_ELSEWHERE);
        ck_assert_int_eq(pf_target_space(volume, "/", &space, NULL), 0);
}
END_TEST

/* --- links, by what a file system keeps of them --- */

static const struct {
        bool is_junction;
        bool is_relative;
        const wchar_t *substitute;
        const char *of_host; /* NULL: -EXDEV */
        const char *of_image;
} links[] = {
        { false, true, L"..\\other\\file", "../other/file", "../other/file" },
        { false, true, L"\\dir", "/dir", "/dir" },
        { false, false, L"\\??\\C:\\Program Files", "/Program Files", "/Program Files" },
        { false, false, L"\\??\\c:", "/", "/" },
        { true, false, L"\\??\\C:\\Users\\", "/Users/", "/Users/" },
        { true, false, L"\\??\\D:\\data", "/D:/data", NULL },
        { true, false, L"\\??\\Volume{0b1c}\\", "/Volume{0b1c}/", NULL },
        { false, false, L"\\??\\UNC\\server\\share", NULL, NULL },
        { false, false, L"\\\\server\\share", NULL, NULL },
};

/* [MS-FSCC] 2.1.2.4, 2.1.2.5. */
static size_t make_link(int i, unsigned char bytes[static 512]) {
        const uint32_t tag = links[i].is_junction ? 0xa0000003 : 0xa000000c;
        const uint32_t flags = links[i].is_relative;
        const uint16_t n = (uint16_t) (2 * wcslen(links[i].substitute));
        const uint16_t sizes[4] = { 4, n, 0, 4 }; /* the printed name comes first */
        size_t at = 16;

        memset(bytes, 0, 512);
        memcpy(bytes, &tag, sizeof(tag));
        memcpy(bytes + 8, sizes, sizeof(sizes));
        if (!links[i].is_junction) {
                memcpy(bytes + at, &flags, sizeof(flags));
                at += sizeof(flags);
        }
        memcpy(bytes + at, L"PP", 4);
        memcpy(bytes + at + 4, links[i].substitute, n);
        return at + 4 + n;
}

START_TEST(where_links_lead) {
        unsigned char bytes[512];
        size_t n = make_link(_i, bytes);

        for (int is_host = 0; is_host <= 1; is_host++) {
                const char *expected = is_host ? links[_i].of_host : links[_i].of_image;
                PF_AUTO_FREE char *text = NULL;
                int r = pf_path_link_text(bytes, n, is_host, &text);

                ck_assert_int_eq(r, expected ? 0 : -EXDEV);
                if (expected)
                        ck_assert_str_eq(text, expected);
        }
}
END_TEST

START_TEST(links_that_are_cut) {
        unsigned char bytes[512];
        char *text = NULL;
        size_t n = make_link(2, bytes);

        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(pf_path_link_text(bytes, i, true, &text), -EIO);
        bytes[0] = 0x13; /* deduplicated contents */
        ck_assert_int_eq(pf_path_link_text(bytes, n, true, &text), -EINVAL);
        ck_assert_ptr_null(text);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("target-windows");

        PF_TEST(suite, the_drive_with_windows_is_the_root);
        PF_TEST(suite, capitals_do_not_matter);
        PF_TEST(suite, patterns);
        PF_TEST(suite, names_that_are_none);
        PF_TEST(suite, long_paths_and_all_letters);
        PF_TEST(suite, files_that_others_have_open);
        PF_TEST(suite, what_is_read_may_be_removed);
        PF_TEST(suite, tells_about_files);
        PF_TEST(suite, measures_space);
        pf_test_add_loop(suite, "where_links_lead", where_links_lead, PF_ELEMENTS(links));
        PF_TEST(suite, links_that_are_cut);
        return pf_test_main(suite);
}
