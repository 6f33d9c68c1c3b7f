/* SPDX-License-Identifier: MIT */
/* The folder of settings: what lies there counts only where administrators put it there. */
#include "daemon/win32/data-directory.h"

#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "tests/support/test-main.h"
#include "tests/windows/service/wine.h"

static char top[MAX_PATH];       /* of a test */
static char path[MAX_PATH + 32]; /* the folder */

static void begin(void) {
        char temporary[MAX_PATH];

        ck_assert_uint_ne(GetTempPathA(MAX_PATH, temporary), 0);
        ck_assert_uint_ne(GetTempFileNameA(temporary, "pf", 0, top), 0);
        ck_assert(DeleteFileA(top));
        ck_assert(CreateDirectoryA(top, NULL));
        (void) snprintf(path, sizeof(path), "%s\\preflightd", top);
}

static const char *below(const char *name) {
        static char text[sizeof(path) + 64];

        (void) snprintf(text, sizeof(text), "%s\\%s", path, name);
        return text;
}

static void make_file(const char *name) {
        HANDLE file = CreateFileA(below(name), GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

        ck_assert_ptr_ne(file, INVALID_HANDLE_VALUE);
        (void) CloseHandle(file);
}

START_TEST(where_it_is) {
        PF_AUTO_FREE char *found = NULL;
        PfErr err = { 0 };

        ck_assert(SetEnvironmentVariableA("ProgramData", "C:\\somewhere"));
        ck_assert_msg(pf_data_directory_path(&found, &err) == 0, "%s", err.text);
        ck_assert_str_eq(found, "C:\\ProgramData\\preflightd");
}
END_TEST

START_TEST(is_made) {
        PfErr err = { 0 };

        begin();
        ck_assert_int_eq(pf_data_directory_check(path, &err), 0); /* it is not there */
        ck_assert_msg(pf_data_directory_make(path, &err) == 0, "%s", err.text);
        ck_assert_msg(pf_data_directory_make(path, &err) == 0, "%s", err.text);
        make_file("preflightd.conf");
        ck_assert(CreateDirectoryA(below("waivers.d"), NULL));
        make_file("waivers.d\\one.conf");
        ck_assert_msg(pf_data_directory_make(path, &err) == 0, "%s", err.text);
        ck_assert_msg(pf_data_directory_check(path, &err) == 0, "%s", err.text);
        ck_assert(DeleteFileA(below("waivers.d\\one.conf")));
        ck_assert(RemoveDirectoryA(below("waivers.d")));
        ck_assert(DeleteFileA(below("preflightd.conf")));
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

/* Also where it was there, and more could write. */
START_TEST(others_may_not_write) {
        PSECURITY_DESCRIPTOR descriptor;
        char *text;

        if (is_wine())
                return pf_test_skip("Wine keeps modes of Unix in the place of access lists");
        begin();
        ck_assert(CreateDirectoryA(path, NULL));
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        ck_assert_uint_eq(GetNamedSecurityInfoA(path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
                                                NULL, NULL, NULL, NULL, &descriptor),
                          0);
        ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorA(
                descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
        ck_assert_int_eq(strncmp(text, "D:P", 3), 0);
        ck_assert_str_eq(strchr(text, '('),
                         "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)");
        (void) LocalFree(text);
        (void) LocalFree(descriptor);
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

START_TEST(file_in_its_place) {
        PfErr err = { 0 };
        HANDLE file;

        begin();
        file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
        ck_assert_ptr_ne(file, INVALID_HANDLE_VALUE);
        (void) CloseHandle(file);
        ck_assert_int_eq(pf_data_directory_make(path, &err), -ENOTDIR);
        ck_assert_ptr_nonnull(strstr(err.text, "is no folder"));
        ck_assert(DeleteFileA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

/* Its owner could open it to us when nobody looks any more. */
START_TEST(file_that_denies_access) {
        PSECURITY_DESCRIPTOR descriptor;
        PfErr err = { 0 };

        if (is_wine())
                return pf_test_skip("Wine keeps modes of Unix in the place of access lists");
        begin();
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        make_file("preflightd.conf");
        ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
                "D:P(D;;RC;;;WD)(A;;WDSD;;;WD)", SDDL_REVISION_1, &descriptor, NULL));
        ck_assert(
                SetFileSecurityA(below("preflightd.conf"), DACL_SECURITY_INFORMATION, descriptor));
        (void) LocalFree(descriptor);
        ck_assert_int_eq(pf_data_directory_make(path, &err), -EACCES);
        ck_assert_ptr_nonnull(strstr(err.text, "preflightd.conf"));
        ck_assert_msg(pf_data_directory_check(path, &err) == 0, "%s", err.text);
        ck_assert(DeleteFileA(below("preflightd.conf")));
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

START_TEST(too_deep) {
        PfErr err = { 0 };
        char name[64] = "";

        begin();
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        for (int i = 0; i < 10; i++) {
                (void) strcat(name, i ? "\\d" : "d");
                ck_assert(CreateDirectoryA(below(name), NULL));
        }
        ck_assert_int_eq(pf_data_directory_check(path, &err), -ELOOP);
        for (; name[0]; name[strlen(name) > 1 ? strlen(name) - 2 : 0] = '\0')
                ck_assert(RemoveDirectoryA(below(name)));
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

START_TEST(link_is_not_followed) {
        PfErr err = { 0 };

        begin();
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        if (!CreateSymbolicLinkA(below("waivers.d"), "C:\\Users", SYMBOLIC_LINK_FLAG_DIRECTORY) ||
            GetFileAttributesA(below("waivers.d")) == INVALID_FILE_ATTRIBUTES) {
                (void) RemoveDirectoryA(path);
                (void) RemoveDirectoryA(top);
                return pf_test_skip("this system makes no symbolic links");
        }
        ck_assert_int_eq(pf_data_directory_check(path, &err), -ELOOP);
        ck_assert_ptr_nonnull(strstr(err.text, "is a link"));
        ck_assert(RemoveDirectoryA(below("waivers.d")));
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

/* One more name of a file that belongs to the system. */
START_TEST(hard_link_is_refused) {
        static char elsewhere[sizeof(top) + 16];
        PfErr err = { 0 };

        begin();
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        make_file("preflightd.log");
        (void) snprintf(elsewhere, sizeof(elsewhere), "%s\\elsewhere", top);
        ck_assert(CreateHardLinkA(elsewhere, below("preflightd.log"), NULL));
        ck_assert_int_eq(pf_data_directory_make(path, &err), -EMLINK);
        ck_assert_ptr_nonnull(strstr(err.text, "preflightd.log: has other names"));
        ck_assert_int_eq(pf_data_directory_check(path, NULL), -EMLINK);
        ck_assert(DeleteFileA(elsewhere));
        ck_assert_int_eq(pf_data_directory_make(path, NULL), 0);
        ck_assert(DeleteFileA(below("preflightd.log")));
        ck_assert(RemoveDirectoryA(path));
        ck_assert(RemoveDirectoryA(top));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("data-directory");

        PF_TEST(suite, where_it_is);
        PF_TEST(suite, is_made);
        PF_TEST(suite, others_may_not_write);
        PF_TEST(suite, file_in_its_place);
        PF_TEST(suite, file_that_denies_access);
        PF_TEST(suite, too_deep);
        PF_TEST(suite, link_is_not_followed);
        PF_TEST(suite, hard_link_is_refused);
        return pf_test_main(suite);
}
