/* SPDX-License-Identifier: MIT */
#include "config/catalogue.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/cleanup.h"
#include "daemon/base/json.h"
#include "tests/support/test-main.h"

/* In the order of the report; a promise to whoever parses it. */
static const char *const check_ids[] = {
        "ssh.server",
        "ssh.configuration",
        "ssh.password-authentication",
        "ssh.root-login",
        "ssh.account-allowed",
        "ssh.authentication-methods",
        "ssh.sftp-subsystem",
        "ssh.access",
        "ssh.lease",
        "account.privileged",
        "account.usable",
        "account.locked-out",
        "boot.root-identity",
        "boot.resume-identity",
        "boot.identity-resolves",
        "boot.fstab-identity",
        "boot.configuration-live",
        "boot.next-kernel",
        "boot.drivers",
        "boot.arguments",
        "boot.secure-boot",
        "disk.boot-disk",
        "disk.boot-disk-unique",
        "disk.boot-system-same",
        "disk.system-span",
        "disk.lvm",
        "disk.filesystems",
        "disk.identity-unique",
        "disk.mounts",
        "space.copy",
        "space.root",
        "space.install",
        "space.inodes",
        "os.distribution",
        "os.kernel",
        "net.endpoints",
        "net.interface",
        "net.resolver",
        "net.ports",
        "system.reboot-pending",
        "system.prerequisites",
        "system.clock",
        "agent.leftovers",
        "windows.netlogon",
        "windows.logon-server",
        "windows.domain-trust",
        "windows.remote-uac",
        "windows.account-enabled",
        "windows.account-lockout",
        "windows.account-privileged",
        "windows.file-sharing",
        "windows.wmi",
        "windows.vss-service",
        "windows.vss-provider",
        "windows.service-database",
        "windows.services-pending",
        "windows.installer-log",
        "windows.com",
        "windows.cluster",
        "windows.boot-drivers",
        "windows.antivirus",
};

START_TEST(checks_are_complete_and_in_order) {
        size_t n_checks = 0;

        ck_assert_uint_eq(pf_catalogue_count(), PF_ELEMENTS(check_ids) + 104);
        for (size_t i = 0; i < pf_catalogue_count(); i++)
                n_checks += pf_catalogue_at(i)->kind == PF_CATALOGUE_CHECK;
        ck_assert_uint_eq(n_checks, PF_ELEMENTS(check_ids));
        for (size_t i = 0; i < PF_ELEMENTS(check_ids); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                ck_assert_int_eq(entry->kind, PF_CATALOGUE_CHECK);
                ck_assert_str_eq(entry->id, check_ids[i]);
        }
        ck_assert_ptr_null(pf_catalogue_at(pf_catalogue_count()));
}
END_TEST

/* "blocker"/"warning"/"info" are written the same there; the safety is not. */
static const char *our_safety(const char *theirs) {
        if (strcmp(theirs, "safe-auto") == 0)
                return "safe";
        return strcmp(theirs, "manual-only") == 0 ? "manual" : theirs;
}

static unsigned our_platforms(const char *theirs) {
        if (strcmp(theirs, "both") == 0)
                return PF_PLATFORM_LINUX | PF_PLATFORM_WINDOWS;
        return strcmp(theirs, "linux") == 0 ? PF_PLATFORM_LINUX : PF_PLATFORM_WINDOWS;
}

static PfJson *read_facts(const char *shared) {
        PF_AUTO_BUF PfBuf path = PF_BUF_INIT(4096);
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PF_AUTO_FCLOSE FILE *file = NULL;
        PfJson *facts = NULL;
        PfErr err = { 0 };
        char piece[4096];
        size_t n;

        ck_assert_int_eq(pf_buf_printf(&path, "%s/facts/error-catalogue.json", shared), 0);
        file = fopen(path.data, "rb");
        if (!file)
                return NULL;
        while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
                ck_assert_int_eq(pf_buf_add(&text, piece, n), 0);
        ck_assert_msg(pf_json_parse(text.data, text.n, 16, &facts, &err) == 0, "%s", err.text);
        return facts;
}

/* The facts that the texts were written from: nothing forgotten, nothing softened. */
START_TEST(errors_are_those_of_the_facts) {
        PF_CLEANUP(pf_json_freep) PfJson *facts = NULL;
        const char *shared = pf_test_shared();
        size_t first = PF_ELEMENTS(check_ids);

        facts = shared ? read_facts(shared) : NULL;
        if (!facts) {
                pf_test_skip("no facts/error-catalogue.json; see PF_SHARED");
                return;
        }
        ck_assert_uint_eq(pf_json_length(facts), pf_catalogue_count() - first);
        for (size_t i = 0; i < pf_json_length(facts); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(first + i);
                PfJson *fact = pf_json_at(facts, i);
                PfJson *safety = pf_json_get(fact, "fix_safety");

                ck_assert_str_eq(entry->id, pf_json_get_string(fact, "id"));
                ck_assert_str_eq(pf_severity_to_string(entry->severity),
                                 pf_json_get_string(fact, "severity"));
                ck_assert_str_eq(pf_safety_to_string(entry->safety),
                                 our_safety(pf_json_get_string(safety, "class")));
                ck_assert_uint_eq(entry->platforms,
                                  our_platforms(pf_json_get_string(fact, "platform")));
        }
}
END_TEST

static bool names(const char *const *list, const char *id) {
        for (; *list; list++)
                if (strcmp(*list, id) == 0)
                        return true;
        return false;
}

START_TEST(links_lead_both_ways) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                ck_assert_msg(entry->links[0], "%s has no link", entry->id);
                for (const char *const *link = entry->links; *link; link++) {
                        const PfCatalogueEntry *other = pf_catalogue_find(*link);

                        ck_assert_msg(other && other->kind != entry->kind, "%s links to %s",
                                      entry->id, *link);
                        ck_assert_msg(names(other->links, entry->id), "%s does not link to %s",
                                      *link, entry->id);
                }
        }
}
END_TEST

static void assert_text(const PfCatalogueEntry *entry, const char *text) {
        size_t n = strlen(text);

        ck_assert_msg(n > 0, "%s: an empty text", entry->id);
        ck_assert_msg(!strchr(" \n", text[0]) || strncmp(text, "    ", 4) == 0, "%s: %s", entry->id,
                      text);
        ck_assert_msg(!strchr(" \n", text[n - 1]), "%s: %s", entry->id, text);
        ck_assert_msg(!strstr(text, " \n"), "%s: white space at the end of a line", entry->id);
        for (size_t i = 0; i < n; i++)
                ck_assert_msg(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'), "%s: %s",
                              entry->id, text);
}

START_TEST(every_text_can_be_shown) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                assert_text(entry, entry->id);
                assert_text(entry, entry->title);
                assert_text(entry, entry->why);
                assert_text(entry, entry->fix);
                assert_text(entry, entry->documentation);
                ck_assert_int_eq(strncmp(entry->documentation, "https://", 8), 0);
                if (entry->applies_to)
                        assert_text(entry, entry->applies_to);
                ck_assert_uint_ne(entry->platforms, 0);
                if (entry->kind == PF_CATALOGUE_CHECK)
                        ck_assert_ptr_null(entry->aliases[0]);
        }
}
END_TEST

START_TEST(finds_by_id_alone) {
        static const char *const unknown[] = {
                "",     "ssh", "ssh.",        "ssh.serve", "ssh.serverx",
                "9510", "0x7", " ssh.server", "EP0858",    "exit 98",
        };
        char long_id[4096];

        for (size_t i = 0; i < pf_catalogue_count(); i++)
                ck_assert_ptr_eq(pf_catalogue_find(pf_catalogue_at(i)->id), pf_catalogue_at(i));
        ck_assert_str_eq(pf_catalogue_find("SSH.Password-AUTHENTICATION")->id,
                         "ssh.password-authentication");
        ck_assert_str_eq(pf_catalogue_find("vss-0x800706be-511")->id, "vss-0x800706BE-511");
        for (size_t i = 0; i < PF_ELEMENTS(unknown); i++)
                ck_assert_msg(!pf_catalogue_find(unknown[i]), "found '%s'", unknown[i]);
        memset(long_id, 'a', sizeof(long_id) - 1);
        long_id[sizeof(long_id) - 1] = '\0';
        ck_assert_ptr_null(pf_catalogue_find(long_id));
}
END_TEST

static bool is_found(const char *text, const PfCatalogueEntry *entry) {
        const PfCatalogueEntry *found[256];
        size_t n = pf_catalogue_lookup(text, found, PF_ELEMENTS(found));

        for (size_t i = 0; i < n; i++)
                if (found[i] == entry)
                        return true;
        return false;
}

/* The generator wrote the keys, the C code normalises the question: they agree. */
START_TEST(every_name_leads_to_its_entry) {
        for (size_t i = 0; i < pf_catalogue_count(); i++) {
                const PfCatalogueEntry *entry = pf_catalogue_at(i);

                ck_assert_msg(is_found(entry->id, entry), "%s", entry->id);
                for (const char *const *alias = entry->aliases; *alias; alias++)
                        ck_assert_msg(is_found(*alias, entry), "%s: %s", entry->id, *alias);
        }
}
END_TEST

/* Each line: a question, and the whole answer in order. */
static const struct {
        const char *text;
        const char *ids[8];
} lookups[] = {
        /* An ID comes before those that have it as an alias. */
        { "ssh.access", { "ssh.access" } },
        { "  SSH.ACCESS\n", { "ssh.access" } },
        { "97118", { "97118" } },
        { "95118", { "97118", "x-ssh-crypto-mismatch" } },
        { "95524", { "95524", "x-inodes" } },
        { "Error ID: 95524.", { "95524", "x-inodes" } },
        { "(ErrorID: 95320)", { "95320", "x-bls-cmdline" } },
        { "EP0858", { "95107" } },
        { "ep0858", { "95107" } },
        { "151126", { "95320" } },
        { "asrmobilityservicekernelnotsupported", { "unsupported-os" } },
        { ".install.lck", { "lin-installer-lock" } },

        /* A number, however it is written. */
        { "0x80070430", { "vss-0x80070430-517" } },
        { "0X80070430", { "vss-0x80070430-517" } },
        { "0X0080070430", { "vss-0x80070430-517" } },
        { "0xFFFFFFFF80070430", { "vss-0x80070430-517" } },
        { "[0x80070430]", { "vss-0x80070430-517" } },
        { "-2147023824", { "vss-0x80070430-517" } },
        { "2147943472", { "vss-0x80070430-517" } },
        { "error code 0x800706be", { "vss-0x800706BE-511" } },
        { "0x8004e00f", { "vss-0x8004E00F-802", "cluster-service-non-clustered" } },
        { "0x00000007", { "vss-0x7-511" } },
        { "7", { "vss-0x7-511" } },

        /* A status, with its words or without. */
        { "exit 98", { "95266", "setup-97-98" } },
        { "Exit code: 98", { "95266", "setup-97-98" } },
        { "98", { "95266", "setup-97-98" } },
        { "exit code 517", { "vss-0x80070430-517" } },
        { "exit 511", { "vss-0x800706BE-511", "vss-0x7-511" } },
        { "1072", { "vss-0x80070430-517" } },
        { "ERROR_SERVICE_MARKED_FOR_DELETE", { "vss-0x80070430-517" } },
        { "error_disk_full", { "95524" } },
        { "Windows Installer 1618", { "win-installer-busy" } },
        { "hydration error 10", { "lin-dhcp-client" } },

        /* A line out of a portal or a log; the better match first. */
        { "Setup failed (error -2147023170 [0x800706BE] - exit code 511)",
          { "vss-0x800706BE-511", "vss-0x7-511" } },
        { "Push install of db7 failed with 95519, see the portal", { "95519" } },
        { "{\"error_name\": \"ASRMobilityServiceDirsNotWritable\", \"error_params\": {}}",
          { "lin-dirs-writable" } },
        { "less /var/log/InstallerErrors.json", { "setup-97-98" } },

        /* Nothing that is known; short words in a sentence mean nothing. */
        { "", { NULL } },
        { " \t[]()\n", { NULL } },
        { "-", { NULL } },
        { "...", { NULL } },
        { "error code", { NULL } },
        { "exit", { NULL } },
        { "no such thing", { NULL } },
        { "we tried it 7 times on 5 machines", { NULL } },
        { "0x", { NULL } },
        { "0x80070430zz", { NULL } },
        { "0x180070430", { NULL } },
        { "0x10000000080070430", { NULL } },
        { "-4294967289", { NULL } },
        { "99999999999999999999999999", { NULL } },
        { "ssh", { NULL } },
};

START_TEST(lookup_answers_what_is_meant) {
        for (size_t i = 0; i < PF_ELEMENTS(lookups); i++) {
                const PfCatalogueEntry *found[16] = { NULL };
                size_t n = pf_catalogue_lookup(lookups[i].text, found, PF_ELEMENTS(found));

                for (size_t j = 0; j < n || lookups[i].ids[j]; j++) {
                        const char *expected = lookups[i].ids[j];
                        const char *id = j < n ? found[j]->id : NULL;

                        ck_assert_msg(expected && id && strcmp(id, expected) == 0,
                                      "'%s', answer %zu: %s, expected %s", lookups[i].text, j,
                                      id ? id : "none", expected ? expected : "none");
                }
        }
}
END_TEST

START_TEST(lookup_of_a_shared_number_begins_with_its_owner) {
        const PfCatalogueEntry *found[16];
        size_t n = pf_catalogue_lookup("95108", found, PF_ELEMENTS(found));

        ck_assert_uint_eq(n, 7);
        ck_assert_str_eq(found[0]->id, "95108");
        for (size_t i = 1; i < n; i++)
                ck_assert_msg(names(found[i]->aliases, "95108"), "%s", found[i]->id);
}
END_TEST

START_TEST(lookup_keeps_to_its_room) {
        const PfCatalogueEntry *found[3] = { NULL };

        ck_assert_uint_eq(pf_catalogue_lookup("95108", found, 0), 0);
        ck_assert_ptr_null(found[0]);
        ck_assert_uint_eq(pf_catalogue_lookup("95108", found, 2), 2);
        ck_assert_str_eq(found[0]->id, "95108");
        ck_assert_ptr_null(found[2]);
}
END_TEST

/* Long texts are cut, and what the cut leaves is looked at. */
START_TEST(lookup_survives_long_texts) {
        const PfCatalogueEntry *found[4];
        char text[8192];

        for (const char *unit = "a1-. 0"; *unit; unit++) {
                memset(text, *unit, sizeof(text) - 1);
                text[sizeof(text) - 1] = '\0';
                (void) pf_catalogue_lookup(text, found, PF_ELEMENTS(found));
        }
        for (size_t i = 0; i + 3 < sizeof(text); i += 3)
                memcpy(text + i, "-1 ", 4);
        ck_assert_uint_eq(pf_catalogue_lookup(text, found, PF_ELEMENTS(found)), 0);
        for (size_t i = 0; i + 2 < sizeof(text); i += 2)
                memcpy(text + i, "b ", 3);
        memcpy(text + 600, " 95520 ", 7);
        ck_assert_uint_eq(pf_catalogue_lookup(text, found, PF_ELEMENTS(found)), 0);
        memcpy(text, "95519 ", 6);
        ck_assert_uint_eq(pf_catalogue_lookup(text, found, PF_ELEMENTS(found)), 1);
        ck_assert_str_eq(found[0]->id, "95519");
}
END_TEST

START_TEST(words_of_the_enums) {
        ck_assert_str_eq(pf_safety_to_string(PF_SAFETY_SAFE), "safe");
        ck_assert_str_eq(pf_safety_to_string(PF_SAFETY_CONSENT), "consent");
        ck_assert_str_eq(pf_safety_to_string(PF_SAFETY_MANUAL), "manual");
        ck_assert_str_eq(pf_severity_to_string(PF_SEVERITY_INFO), "info");
        ck_assert_str_eq(pf_severity_to_string(PF_SEVERITY_WARNING), "warning");
        ck_assert_str_eq(pf_severity_to_string(PF_SEVERITY_BLOCKER), "blocker");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("catalogue");

        PF_TEST(suite, checks_are_complete_and_in_order);
        PF_TEST(suite, errors_are_those_of_the_facts);
        PF_TEST(suite, links_lead_both_ways);
        PF_TEST(suite, every_text_can_be_shown);
        PF_TEST(suite, finds_by_id_alone);
        PF_TEST(suite, every_name_leads_to_its_entry);
        PF_TEST(suite, lookup_answers_what_is_meant);
        PF_TEST(suite, lookup_of_a_shared_number_begins_with_its_owner);
        PF_TEST(suite, lookup_keeps_to_its_room);
        PF_TEST(suite, lookup_survives_long_texts);
        PF_TEST(suite, words_of_the_enums);
        return pf_test_main(suite);
}
