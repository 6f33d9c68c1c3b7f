/* SPDX-License-Identifier: MIT */
/*
 * Files of real systems, and odd ones, each with what sshd itself said of it:
 * every keyword that was recorded must be the same, and every refusal in the
 * same words. The material is kept beside the project.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sshd-case.h"

#define MESSAGES_SHOWN 20

/* What differs, of the running test; all of it is told at once. */
static PfBuf differences = PF_BUF_INIT(1 << 20);
static size_t n_differences;
static size_t n_asked;

static void differ(const char *fmt, ...) PF_PRINTF(1, 2);
static void differ(const char *fmt, ...) {
        char text[400];
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        if (n_differences++ < MESSAGES_SHOWN)
                ck_assert_int_eq(pf_buf_printf(&differences, "%s\n", text), 0);
}

static void finish(size_t at_least) {
        PF_AUTO_FREE char *text = pf_buf_steal(&differences);
        size_t n = n_differences, asked = n_asked;

        n_differences = n_asked = 0;
        ck_assert_msg(n == 0, "%zu differences in %zu answers\n%s", n, asked, text);
        ck_assert_msg(asked >= at_least, "only %zu answers were compared", asked);
}

typedef struct Comparison {
        const PfSshdCase *c;
        const char *connection;
        const PfSshdEffective *effective;
} Comparison;

static void compare_list(const Comparison *with, const char *keyword, PfJson *expected) {
        const PfSshdSetting *setting = pf_sshd_effective_get(with->effective, keyword);
        bool same = setting && setting->n_values == pf_json_length(expected);

        for (size_t i = 0; same && i < setting->n_values; i++)
                same = strcmp(setting->values[i].text, pf_json_string(pf_json_at(expected, i))) ==
                       0;
        if (!same)
                differ("%s for %s: %s", with->c->name, with->connection, keyword);
}

static int compare_keyword(const char *keyword, PfJson *expected, void *data) {
        const Comparison *with = data;
        const char *text, *found;

        if (pf_json_type(expected) == PF_JSON_ARRAY) {
                compare_list(with, keyword, expected);
                return 0;
        }
        text = pf_json_string(expected);
        found = strcmp(keyword, "subsystem_sftp") == 0
                        ? pf_sshd_effective_subsystem(with->effective, "sftp", NULL)
                        : pf_sshd_effective_text(with->effective, keyword);
        if (text ? !found || strcmp(found, text) != 0 : found != NULL)
                differ("%s for %s: %s %s, not %s", with->c->name, with->connection, keyword,
                       found ? found : "(none)", text ? text : "(none)");
        return 0;
}

/* As `sshd -T` prints it, without host keys, which were left out. */
static void print_lines(const PfSshdEffective *effective, PfStrv *ret) {
        for (size_t i = 0; i < pf_sshd_effective_count(effective); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_at(effective, i);

                if (strcmp(setting->keyword, "hostkey") == 0)
                        continue;
                for (size_t j = 0; j < setting->n_values; j++) {
                        PF_AUTO_FREE char *line = NULL;

                        ck_assert_int_gt(
                                asprintf(&line, "%s %s", setting->keyword, setting->values[j].text),
                                0);
                        ck_assert_int_eq(pf_strv_add(ret, line), 0);
                }
        }
}

static void print_empty(const PfSshdVersion *version, PfStrv *ret) {
        AUTO_SSHD_CASE empty = { .name = "empty" };
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;

        pf_sandbox_new(&empty.box);
        pf_sandbox_write(&empty.box, PF_SSHD_CONFIG_PATH, "");
        load(&empty, version);
        effective = evaluate(&empty, "");
        print_lines(effective, ret);
}

/* The lines that an empty file does not give, in the order of sshd or, for
 * other versions, sorted. */
static void compare_changed(const Comparison *with, const PfJson *expected, bool sorted) {
        PF_AUTO_STRV PfStrv defaults = { 0 };
        PF_AUTO_STRV PfStrv lines = { 0 };
        PF_AUTO_STRV PfStrv changed = { 0 };

        print_empty(pf_sshd_config_version(with->c->conf), &defaults);
        print_lines(with->effective, &lines);
        for (size_t i = 0; i < lines.n; i++)
                if (!pf_strv_contains(&defaults, lines.items[i]))
                        ck_assert_int_eq(pf_strv_add(&changed, lines.items[i]), 0);
        if (sorted)
                pf_strv_sort(&changed);
        for (size_t i = 0; i < changed.n || i < pf_json_length(expected); i++) {
                const char *ours = i < changed.n ? changed.items[i] : "(end)";
                const char *theirs = i < pf_json_length(expected)
                                             ? pf_json_string(pf_json_at((PfJson *) expected, i))
                                             : "(end)";

                if (strcmp(ours, theirs) == 0)
                        continue;
                differ("%s for %s: %s, not %s", with->c->name, with->connection, ours, theirs);
                return;
        }
}

/* What sshd logs of old keywords, and how it ends a file, is not part of its refusal. */
static bool is_refusal(const char *line) {
        return !strstr(line, ": terminating, ") && !strstr(line, "Deprecated option") &&
               !strstr(line, "Unsupported option");
}

static bool next_line(const char **rest, PfBuf *line) {
        size_t n = strcspn(*rest, "\n");

        if (!**rest)
                return false;
        pf_buf_consume(line, line->n);
        ck_assert_int_eq(pf_buf_add(line, *rest, n), 0);
        *rest += n + ((*rest)[n] == '\n');
        return true;
}

/* sshd's words must be the first of ours: it does not get to the others. */
static void compare_refusal(const Comparison *with, PfJson *expected) {
        PF_AUTO_BUF PfBuf words = PF_BUF_INIT(1 << 20);
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(1 << 20);
        const PfSshdProblem *problems;
        const char *rest;
        size_t n;

        problems = pf_sshd_effective_problems(with->effective, &n);
        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(pf_buf_printf(&words, "%s\n", problems[i].words), 0);
        rest = words.data ? words.data : "";
        if (n == 0)
                differ("%s for %s: is accepted", with->c->name, with->connection);
        for (size_t i = 0; n > 0 && i < pf_json_length(expected); i++) {
                const char *text = pf_json_string(pf_json_at(expected, i));

                if (!is_refusal(text))
                        continue;
                if (!next_line(&rest, &line) || strcmp(line.data, text) != 0) {
                        differ("%s for %s: %s, not %s", with->c->name, with->connection,
                               line.data ? line.data : "(nothing)", text);
                        return;
                }
        }
}

static void compare_warnings(const Comparison *with, PfJson *expected) {
        const PfSshdProblem *warnings;
        size_t n, found = 0;

        if (!expected)
                return;
        warnings = pf_sshd_config_warnings(with->c->conf, &n);
        for (size_t i = 0; i < pf_json_length(expected); i++) {
                const char *text = pf_json_string(pf_json_at(expected, i));

                if (strncmp(text, "reprocess", 9) == 0)
                        continue; /* the same line, read the second time */
                if (found == n || strcmp(warnings[found++].words, text) != 0) {
                        differ("%s: no warning %s", with->c->name, text);
                        return;
                }
        }
}

static bool is_accepted(PfJson *answer) {
        PfJson *status = pf_json_get(answer, "exit_status");

        return status ? pf_json_integer(status) == 0
                      : pf_json_bool(pf_json_get(answer, "accepted"));
}

static void compare_problems(const Comparison *with) {
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_effective_problems(with->effective, &n);
        if (n > 0)
                differ("%s for %s: refused: %s", with->c->name, with->connection,
                       problems[0].words);
}

/* An answer: exit_status or accepted, then error, or effective and nondefault. */
static void compare(const PfSshdCase *c, const char *connection, PfJson *answer) {
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = evaluate(c, connection);
        Comparison with = { .c = c, .connection = connection, .effective = effective };

        n_asked++;
        if (!is_accepted(answer)) {
                compare_refusal(&with, pf_json_get(answer, "error"));
                return;
        }
        compare_problems(&with);
        (void) pf_json_each(pf_json_get(answer, "effective"), compare_keyword, &with);
        if (pf_json_get(answer, "nondefault"))
                compare_changed(&with, pf_json_get(answer, "nondefault"), false);
        compare_warnings(&with, pf_json_get(answer, "warnings"));
}

typedef struct Material {
        PfTarget *shared;
        PfJson *answers;
        PfJson *about;
} Material;

static void material_close(Material *material) {
        material->answers = pf_json_free(material->answers);
        material->shared = pf_target_unref(material->shared);
}
#define AUTO_MATERIAL PF_CLEANUP(material_close) Material

static bool material_open(Material *material, const char *path) {
        *material = (Material){ .shared = shared_target() };
        if (!material->shared)
                return false;
        material->answers = read_json(material->shared, path);
        material->about = pf_json_get(material->answers, "_about");
        return true;
}

static PfSshdVersion reference(void) {
        return pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
}

static const char *const accounts[] = { "root", "azureuser" };

static const char *connection_of(const Material *material, const char *account) {
        PfJson *connections = pf_json_get(material->about, "connection");

        return pf_json_get_string(
                connections ? connections : pf_json_get(material->about, "connections"), account);
}

static int visit_truth(const char *name, PfJson *answers, void *data) {
        const Material *material = data;
        PfSshdVersion version = reference();
        AUTO_SSHD_CASE c = { 0 };

        open_file(&c, material->shared, name, NULL, false);
        load(&c, &version);
        for (size_t i = 0; i < PF_ELEMENTS(accounts); i++)
                compare(&c, connection_of(material, accounts[i]),
                        pf_json_get(answers, accounts[i]));
        return 0;
}

START_TEST(files_of_real_systems) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd/truth.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "files"), visit_truth, &material);
        finish(300);
}
END_TEST

/* The answer of one account may be that of the other, or be told under a
 * longer name where refused lines were left out. */
static PfJson *changed_of(PfJson *answers, const char *account) {
        char key[64];
        PfJson *answer;

        (void) snprintf(key, sizeof(key), "%s_with_refused_lines_blanked", account);
        answer = pf_json_get(answers, key);
        if (!answer)
                answer = pf_json_get(answers, account);
        if (pf_json_type(answer) == PF_JSON_STRING)
                answer = pf_json_get(answers, "root");
        return answer;
}

static int visit_changed(const char *name, PfJson *answers, void *data) {
        const Material *material = data;
        PfSshdVersion version = reference();
        AUTO_SSHD_CASE c = { 0 };

        open_file(&c, material->shared, name, NULL, false);
        load(&c, &version);
        for (size_t i = 0; i < PF_ELEMENTS(accounts); i++) {
                const char *connection = connection_of(material, accounts[i]);
                PfJson *answer = changed_of(answers, accounts[i]);
                PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
                Comparison with = { .c = &c, .connection = connection };

                if (!answer)
                        continue;
                effective = evaluate(&c, connection);
                with.effective = effective;
                n_asked++;
                compare_changed(&with, pf_json_get(answer, "nondefault"), false);
                compare_warnings(&with, pf_json_get(answer, "warnings"));
        }
        return 0;
}

START_TEST(every_other_line) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd/nondefault.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "files"), visit_changed, &material);
        finish(300);
}
END_TEST

static int visit_probes(const char *name, PfJson *probes, void *data) {
        const Material *material = data;
        PfSshdVersion version = reference();

        for (size_t i = 0; i < pf_json_length(probes); i++) {
                PfJson *probe = pf_json_at(probes, i);
                AUTO_SSHD_CASE c = { 0 };

                open_file(&c, material->shared, name,
                          pf_json_get_string(probe, "user_is_also_in_group"), false);
                load(&c, &version);
                compare(&c, pf_json_get_string(probe, "connection"), probe);
        }
        return 0;
}

START_TEST(connections_made_for_blocks) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd/probes.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "files"), visit_probes, &material);
        finish(30);
}
END_TEST

/* Each line that was taken out in turn must be named, and nothing else be refused. */
static void compare_blanked(const PfSshdCase *c, PfJson *blanked) {
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_config_problems(c->conf, &n);
        if (n != pf_json_length(blanked))
                differ("%s: %zu problems, not %zu", c->name, n, pf_json_length(blanked));
        for (size_t i = 0; i < n && i < pf_json_length(blanked); i++) {
                PfJson *line = pf_json_at(blanked, i);

                if (!problems[i].line ||
                    problems[i].line->number != pf_json_integer(pf_json_get(line, "line")) ||
                    !strstr(problems[i].words, pf_json_get_string(line, "error")))
                        differ("%s: %s, not %s", c->name, problems[i].words,
                               pf_json_get_string(line, "error"));
        }
}

static int visit_refused(const char *name, PfJson *answers, void *data) {
        const Material *material = data;
        PfSshdVersion version = reference();
        AUTO_SSHD_CASE c = { 0 };

        open_file(&c, material->shared, name, NULL, false);
        load(&c, &version);
        compare_blanked(&c, pf_json_get(answers, "blanked"));
        for (size_t i = 0; i < PF_ELEMENTS(accounts); i++) {
                const char *connection = connection_of(material, accounts[i]);
                PF_CLEANUP(pf_sshd_effective_freep)
                PfSshdEffective *effective = evaluate(&c, connection);
                Comparison with = { .c = &c, .connection = connection, .effective = effective };

                n_asked++;
                (void) pf_json_each(pf_json_get(pf_json_get(answers, accounts[i]), "effective"),
                                    compare_keyword, &with);
        }
        return 0;
}

START_TEST(without_the_refused_lines) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd/refused.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "files"), visit_refused, &material);
        finish(20);
}
END_TEST

static int visit_answer(const char *account, PfJson *answer, void *data) {
        (void) account;
        compare(data, pf_json_get_string(answer, "connection"), answer);
        return 0;
}

static int visit_quirk(const char *name, PfJson *quirk, void *data) {
        const Material *material = data;
        PfSshdVersion version = reference();
        AUTO_SSHD_CASE c = { 0 };

        open_quirk(&c, material->shared, name, quirk);
        load(&c, &version);
        return pf_json_each(pf_json_get(quirk, "answers"), visit_answer, &c);
}

START_TEST(odd_files) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd-quirks/truth.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "cases"), visit_quirk, &material);
        finish(60);
}
END_TEST

typedef struct Ask {
        PfSshdCase *c;
        const char *connection;
} Ask;

static bool is_keyword(const char *key) {
        return strcmp(key, "accepted") != 0 && strcmp(key, "error") != 0 &&
               strcmp(key, "nondefault") != 0;
}

static int compare_member(const char *key, PfJson *expected, void *data) {
        return is_keyword(key) ? compare_keyword(key, expected, data) : 0;
}

/* What one version says; the keywords stand beside "accepted". */
static int visit_version(const char *text, PfJson *answer, void *data) {
        const Ask *ask = data;
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
        PF_AUTO_FREE char *name = NULL;
        Comparison with = { 0 };
        PfSshdVersion version;
        PfSshdCase as = *ask->c;

        if (strstr(text, "debian"))
                return 0;
        ck_assert_int_eq(pf_sshd_version_parse(text, PF_SSHD_UPSTREAM, &version), 0);
        load(ask->c, &version);
        ck_assert_int_gt(asprintf(&name, "%s in %s", ask->c->name, text), 0);
        as.name = name;
        as.conf = ask->c->conf;
        effective = evaluate(&as, ask->connection);
        with = (Comparison){ .c = &as, .connection = ask->connection, .effective = effective };
        n_asked++;
        if (!is_accepted(answer)) {
                compare_refusal(&with, pf_json_get(answer, "error"));
                return 0;
        }
        compare_problems(&with);
        (void) pf_json_each(answer, compare_member, &with);
        if (pf_json_get(answer, "nondefault"))
                compare_changed(&with, pf_json_get(answer, "nondefault"), true);
        return 0;
}

static void compare_versions(const Material *material, PfSshdCase *c, PfJson *answers) {
        static const char *const names[] = { "root", "azureuser", "none" };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                Ask ask = { .c = c, .connection = connection_of(material, names[i]) };

                (void) pf_json_each(pf_json_get(answers, names[i]), visit_version, &ask);
        }
}

static int visit_file_versions(const char *name, PfJson *answers, void *data) {
        const Material *material = data;
        AUTO_SSHD_CASE c = { 0 };

        open_file(&c, material->shared, name, NULL, true);
        compare_versions(material, &c, answers);
        return 0;
}

static int visit_quirk_versions(const char *name, PfJson *answers, void *data) {
        const Material *material = data;
        PF_CLEANUP(pf_json_freep)
        PfJson *truth = read_json(material->shared, "/corpus/sshd-quirks/truth.json");
        AUTO_SSHD_CASE c = { 0 };

        open_quirk(&c, material->shared, name, pf_json_get(pf_json_get(truth, "cases"), name));
        compare_versions(material, &c, answers);
        return 0;
}

START_TEST(other_versions) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd/versions.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "differs"), visit_file_versions,
                            &material);
        finish(100);
}
END_TEST

START_TEST(odd_files_in_other_versions) {
        AUTO_MATERIAL material = { 0 };

        if (!material_open(&material, "/corpus/sshd-quirks/versions.json"))
                return;
        (void) pf_json_each(pf_json_get(material.answers, "differs"), visit_quirk_versions,
                            &material);
        finish(30);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-corpus");
        int status;

        PF_TEST(suite, files_of_real_systems);
        PF_TEST(suite, every_other_line);
        PF_TEST(suite, connections_made_for_blocks);
        PF_TEST(suite, without_the_refused_lines);
        PF_TEST(suite, odd_files);
        PF_TEST(suite, other_versions);
        PF_TEST(suite, odd_files_in_other_versions);
        status = pf_test_main(suite);
        pf_buf_deinit(&differences);
        return status;
}
