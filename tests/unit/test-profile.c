/* SPDX-License-Identifier: MIT */
#include "config/profile.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define HEAD                                                                                       \
        "[Profile]\nTitle=T\nDocumentation=https://example.com\nAgentVersion=1.2\n"                \
        "Architecture=x86_64\n"                                                                    \
        "[Space]\nCopyPath=/tmp\nCopyBytes=1M\nRootBytes=1G\nRootWarnBytes=2G\n"                   \
        "InstallPath=/opt\nInstallBytes=2M\nInodes=7\n"

static PfProfile *parse(const char *text) {
        PfProfile *profile = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_profile_parse("p", "f", text, strlen(text), &profile, NULL, &err);
        ck_assert_msg(r == 0, "%d: %s", r, err.text);
        return profile;
}

static void expect_complaint(const char *text, const char *complaint) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PfProfile *profile = NULL;
        char all[4096] = "";
        size_t n = 0;

        ck_assert_int_eq(pf_profile_parse("p", "f", text, strlen(text), &profile, &errors, NULL),
                         -EINVAL);
        ck_assert_ptr_null(profile);
        for (size_t i = 0; i < errors.texts.n; i++)
                n += (size_t) snprintf(all + n, sizeof(all) - n, "%s|", errors.texts.items[i]);
        ck_assert_str_eq(all, complaint);
}

START_TEST(fields) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = parse(HEAD);

        ck_assert_str_eq(profile->name, "p");
        ck_assert_str_eq(profile->title, "T");
        ck_assert_str_eq(profile->documentation, "https://example.com");
        ck_assert_str_eq(profile->agent_version, "1.2");
        ck_assert_str_eq(profile->architecture, "x86_64");
        ck_assert_str_eq(profile->copy_path, "/tmp");
        ck_assert_str_eq(profile->install_path, "/opt");
        ck_assert_ptr_null(profile->images);
        ck_assert_uint_eq(profile->copy_bytes, 1 << 20);
        ck_assert_uint_eq(profile->root_bytes, 1 << 30);
        ck_assert_uint_eq(profile->root_warn_bytes, UINT64_C(2) << 30);
        ck_assert_uint_eq(profile->install_bytes, 2 << 20);
        ck_assert_uint_eq(profile->inodes, 7);
        ck_assert_uint_eq(profile->distributions.n, 0);
}
END_TEST

START_TEST(distributions) {
        PF_CLEANUP(pf_profile_unrefp)
        PfProfile *profile = parse(HEAD "[Distribution a]\nName=A Linux\nVersions=7 8.0-8.5\n"
                                        " 9.4@9.62\n[Distribution b]\nName=B\nVersions=1\n");
        const PfDistribution *a = pf_profile_distribution(profile, "a");

        ck_assert_uint_eq(profile->distributions.n, 2);
        ck_assert_ptr_null(pf_profile_distribution(profile, "c"));
        ck_assert_str_eq(a->name, "A Linux");
        ck_assert_uint_eq(a->versions.n, 3);
        ck_assert_str_eq(a->versions.items[0].from, "7");
        ck_assert_str_eq(a->versions.items[0].to, "7");
        ck_assert_ptr_null(a->versions.items[0].since);
        ck_assert_str_eq(a->versions.items[1].from, "8.0");
        ck_assert_str_eq(a->versions.items[1].to, "8.5");
        ck_assert_str_eq(a->versions.items[2].from, "9.4");
        ck_assert_str_eq(a->versions.items[2].since, "9.62");
}
END_TEST

START_TEST(detection) {
        PF_CLEANUP(pf_profile_unrefp)
        PfProfile *profile = parse(HEAD "[Detection]\nReleaseFile=/a\nAccept=A 1 @9.5\n"
                                        "Accept=me@home\nReleaseFile=/b\nOnly=x y\nAccept=^B\n");
        const PfReleaseFile *files = profile->release_files.items;

        ck_assert_uint_eq(profile->release_files.n, 2);
        ck_assert_str_eq(files[0].path, "/a");
        ck_assert_uint_eq(files[0].only.n, 0);
        ck_assert_uint_eq(files[0].texts.n, 2);
        ck_assert_str_eq(files[0].texts.items[0].text, "A 1");
        ck_assert_str_eq(files[0].texts.items[0].since, "9.5");
        ck_assert_str_eq(files[0].texts.items[1].text, "me@home");
        ck_assert_ptr_null(files[0].texts.items[1].since);
        ck_assert_str_eq(files[1].only.items[0], "x y");
        ck_assert_str_eq(files[1].texts.items[0].text, "^B");
}
END_TEST

START_TEST(severities) {
        PF_CLEANUP(pf_profile_unrefp)
        PfProfile *profile = parse(HEAD "[Checks]\nRequired=ssh.* os.kernel\nWarning=ssh.*\n"
                                        "Info=net.*\n ssh.server\nBlocker=ssh.access\n");

        ck_assert_int_eq(pf_profile_severity(profile, "ssh.access"), PF_SEVERITY_BLOCKER);
        ck_assert_int_eq(pf_profile_severity(profile, "ssh.server"), PF_SEVERITY_WARNING);
        ck_assert_int_eq(pf_profile_severity(profile, "net.ports"), PF_SEVERITY_INFO);
        ck_assert_int_eq(pf_profile_severity(profile, "space.copy"),
                         pf_catalogue_find("space.copy")->severity);
        ck_assert_int_eq(pf_profile_severity(profile, "no.such-check"), PF_SEVERITY_BLOCKER);
        ck_assert(pf_profile_is_required(profile, "ssh.access"));
        ck_assert(pf_profile_is_required(profile, "os.kernel"));
        ck_assert(!pf_profile_is_required(profile, "os.distribution"));
}
END_TEST

START_TEST(the_first_file_counts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_profile_unrefp) PfProfile *run = NULL, *etc = NULL, *none = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/run/preflightd/profiles/x.conf", HEAD);
        ck_assert_int_eq(pf_profile_load(box.target, "x", &run, &err), 0);
        ck_assert_str_eq(run->source.path, "/run/preflightd/profiles/x.conf");
        ck_assert(pf_profile_is_current(run, box.target));

        pf_sandbox_write(&box, "/etc/preflightd/profiles/x.conf", HEAD "# mine\n");
        ck_assert(!pf_profile_is_current(run, box.target));
        ck_assert_int_eq(pf_profile_load(box.target, "x", &etc, &err), 0);
        ck_assert_str_eq(etc->source.path, "/etc/preflightd/profiles/x.conf");
        ck_assert(pf_profile_is_current(etc, box.target));

        /* A mask hides those behind it, and the one that is built in. */
        pf_sandbox_symlink(&box, "/dev/null", "/etc/preflightd/profiles/asr-mobility.conf");
        ck_assert_int_eq(pf_profile_load(box.target, "asr-mobility", &none, &err),
                         PF_PROFILE_ABSENT);
        pf_sandbox_remove(&box, "/etc/preflightd/profiles/x.conf");
        pf_sandbox_symlink(&box, "../../../dev/null", "/etc/preflightd/profiles/x.conf");
        ck_assert_int_eq(pf_profile_load(box.target, "x", &none, &err), PF_PROFILE_ABSENT);
        ck_assert(!pf_profile_is_current(etc, box.target));
}
END_TEST

/* The schema is the table that profiles are read by; each key has a value that is
 * explained, and the example explains each key in the same words. */
START_TEST(the_schema_is_complete) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PF_AUTO_FCLOSE FILE *file = NULL;
        const char *word, *meaning;
        char path[4096], line[512];
        PfProfileKey key;
        size_t i, j;

        (void) snprintf(path, sizeof(path), "%s/config/profile-example.conf",
                        pf_test_source_root());
        file = fopen(path, "r");
        ck_assert_ptr_nonnull(file);
        while (fgets(line, sizeof(line), file))
                ck_assert_int_eq(pf_buf_add_string(&text, line), 0);
        profile = parse(text.data);
        for (i = 0; pf_profile_key(i, &key); i++) {
                for (j = 0; (word = pf_profile_syntax(j, &meaning)); j++)
                        if (strcmp(word, key.syntax) == 0)
                                break;
                ck_assert_msg(word && meaning[0], "%s=%s is not explained", key.name, key.syntax);
                (void) snprintf(line, sizeof(line), "\n# %s=%s (%s%s)\n#   %s\n", key.name,
                                key.syntax, key.is_required ? "required" : "optional",
                                key.is_list ? ", a list" : "", key.help);
                ck_assert_msg(strstr(text.data, line), "not in the example:%s", line);
        }
        ck_assert_uint_ge(i, 20);
        for (j = 0; (word = pf_profile_syntax(j, &meaning)); j++) {
                (void) snprintf(line, sizeof(line), "\n#   %-16s %s\n", word, meaning);
                ck_assert_msg(strstr(text.data, line), "not in the example:%s", line);
        }
}
END_TEST

START_TEST(complaints) {
        expect_complaint(HEAD "[Checks]\nBlocker=ssh.* no.such\n",
                         "f:15: Blocker=ssh.* no.such: expected names of checks, or wildcards that "
                         "match some: ssh.access, boot.*|");
        expect_complaint(HEAD "X=1\n", "f:14: unknown key X= in [Space]|");
        expect_complaint(HEAD "Inodes=8\n", "f:14: Inodes= is given twice|");
        expect_complaint(
                HEAD "[Checks x]\n",
                "f:14: unknown section [Checks x], expected Profile, Space, Kernels, Layout, "
                "Checks, Detection or Distribution with an ID|");
        expect_complaint(HEAD "[Other]\nX=1\n",
                         "f:14: unknown section [Other], expected Profile, Space, Kernels, Layout, "
                         "Checks, Detection or Distribution with an ID|");
        expect_complaint(HEAD "[Detection]\nAccept=x\n",
                         "f:15: Accept= stands before any ReleaseFile=|");
        expect_complaint(HEAD "[Distribution]\nName=N\nVersions=1\n",
                         "f:14: [Distribution]: expected an ID= of os-release(5) behind "
                         "Distribution|");
        expect_complaint(HEAD "[Distribution a]\nName=N\nVersions=1\n[Distribution a]\nName=N\n"
                              "Versions=1\n",
                         "f:17: [Distribution a] is there twice|");
        expect_complaint(HEAD "[Distribution a]\nName=N\nVersions=1-\n",
                         "f:16: Versions=1-: expected versions such as 8.7, 9.0-9.5 or 9.4@9.62|");
        expect_complaint(HEAD "[Distribution a]\nName=N\nVersions=9.10-9.9\n",
                         "f:16: Versions=9.10-9.9: expected versions such as 8.7, 9.0-9.5 or "
                         "9.4@9.62|");
        expect_complaint("Title=T\n" HEAD, "f:1: Title= stands before the first [Section]|");
        expect_complaint(HEAD "Images=/boot/initr*\n", "f: Images= and BackupPath= go together|");
}
END_TEST

START_TEST(what_is_missing) {
        expect_complaint(
                "[Profile]\nTitle=\nAgentVersion=x\n[Space]\nCopyPath=/tmp\nCopyBytes=1M\n"
                "RootBytes=1G\nRootWarnBytes=2G\nInstallPath=/opt\nInstallBytes=many\nInodes=7\n"
                "[Distribution a]\nName=A\n",
                "f:2: Title= is empty: what it is called|"
                "f:3: AgentVersion=x: expected a version such as 9.65|"
                "f:10: InstallBytes=many: expected a size such as 512K, 100M or 2G|"
                "f:12: Versions= is missing in [Distribution]: supported: 8.7, 9.0-9.5, or "
                "9.4@9.62 from an agent version on|"
                "f: Documentation= is missing in [Profile]: where the demands are written down|"
                "f: Architecture= is missing in [Profile]: the one there are packages for, as "
                "uname -m|");
}
END_TEST

START_TEST(the_embedded_profile) {
        PF_CLEANUP(pf_profile_unrefp) PfProfile *profile = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_profile_embedded("asr-mobility", &profile, &err);
        ck_assert_msg(r == 0, "%s", err.text);
        ck_assert_str_eq(profile->name, "asr-mobility");
        ck_assert_str_eq(profile->agent_version, "9.65");
        ck_assert_uint_eq(profile->copy_bytes, 100 * 1024 * 1024);
        ck_assert_uint_eq(profile->install_bytes, 256000 * 1024);
        ck_assert_uint_eq(profile->windows_install_bytes, 500 * 1024 * 1024);
        ck_assert_uint_eq(profile->root_bytes, 1048576 * 1024);
        ck_assert_ptr_nonnull(pf_profile_distribution(profile, "debian"));
        ck_assert_ptr_null(pf_profile_distribution(profile, "fedora"));
        ck_assert_uint_eq(profile->release_files.n, 6);
        ck_assert_int_eq(pf_profile_severity(profile, "os.distribution"), PF_SEVERITY_BLOCKER);
        ck_assert_int_eq(pf_profile_embedded("other", &profile, &err), PF_PROFILE_ABSENT);
}
END_TEST

START_TEST(files_before_the_embedded_one) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_profile_unrefp) PfProfile *a = NULL;
        PF_CLEANUP(pf_profile_unrefp) PfProfile *b = NULL;
        PF_CLEANUP(pf_profile_unrefp) PfProfile *c = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_profile_load(box.target, "asr-mobility", &a, &err), 0);
        ck_assert_str_ne(a->title, "T");

        pf_sandbox_write(&box, "/run/preflightd/profiles/asr-mobility.conf", HEAD);
        ck_assert_int_eq(pf_profile_load(box.target, "asr-mobility", &b, &err), 0);
        ck_assert_str_eq(b->title, "T");

        /* A broken one in front is an error; what is behind it is not taken instead. */
        pf_sandbox_write(&box, "/etc/preflightd/profiles/asr-mobility.conf", "[X]\n");
        ck_assert_int_eq(pf_profile_load(box.target, "asr-mobility", &c, &err), -EINVAL);
        ck_assert_ptr_null(c);
        ck_assert_ptr_nonnull(strstr(err.text, "/etc/preflightd/profiles/asr-mobility.conf:1:"));
}
END_TEST

START_TEST(names_that_are_no_profile) {
        static const char *const names[] = {
                "", "other", "../../etc/shadow", ".", "a/b", "/etc/x"
        };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfProfile *profile = NULL;

        pf_sandbox_new(&box);
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                ck_assert_int_eq(pf_profile_load(box.target, names[i], &profile, NULL),
                                 PF_PROFILE_ABSENT);
        ck_assert_ptr_null(profile);
}
END_TEST

START_TEST(lists_what_can_be_loaded) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_STRV PfStrv names = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/preflightd/profiles/zz.conf", HEAD);
        pf_sandbox_write(&box, "/etc/preflightd/profiles/asr-mobility.conf", HEAD);
        pf_sandbox_write(&box, "/run/preflightd/profiles/zz.conf", HEAD);
        pf_sandbox_write(&box, "/run/preflightd/profiles/README", "");
        ck_assert_int_eq(pf_profile_list(box.target, &names, NULL), 0);
        ck_assert_uint_eq(names.n, 2);
        ck_assert_str_eq(names.items[0], "asr-mobility");
        ck_assert_str_eq(names.items[1], "zz");
}
END_TEST

START_TEST(references) {
        PfProfile *profile = parse(HEAD);

        ck_assert_ptr_eq(pf_profile_ref(profile), profile);
        ck_assert_ptr_null(pf_profile_unref(profile));
        ck_assert_str_eq(profile->title, "T");
        ck_assert_ptr_null(pf_profile_unref(profile));
        ck_assert_ptr_null(pf_profile_unref(NULL));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("profile");

        PF_TEST(suite, fields);
        PF_TEST(suite, distributions);
        PF_TEST(suite, detection);
        PF_TEST(suite, severities);
        PF_TEST(suite, complaints);
        PF_TEST(suite, the_first_file_counts);
        PF_TEST(suite, the_schema_is_complete);
        PF_TEST(suite, what_is_missing);
        PF_TEST(suite, the_embedded_profile);
        PF_TEST(suite, files_before_the_embedded_one);
        PF_TEST(suite, names_that_are_no_profile);
        PF_TEST(suite, lists_what_can_be_loaded);
        PF_TEST(suite, references);
        return pf_test_main(suite);
}
