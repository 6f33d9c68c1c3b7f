/* SPDX-License-Identifier: MIT */
/*
 * sshd_config: several files in one input (tests/support/sshd-files.h), read
 * and evaluated for connections that know much, little and nothing. Values and
 * problems must name lines that are there, and asking twice must not matter.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/sshd-effective.h"
#include "tests/support/sshd-files.h"

#define PRINTED_MAX ((size_t) 256 << 20)

static char *group_names[] = { (char *) "root", (char *) "wheel" };
static const PfStrv groups = { .items = group_names, .n = 2 };

static const PfSshdConnection connections[] = {
        { .user = "root",
          .groups = &groups,
          .host = "push.example",
          .address = "192.0.2.7",
          .local_address = "192.0.2.5",
          .local_port = 22,
          .rdomain = "" },
        { .user = "root", .groups = &groups },
        { .user = "nobody", .address = "2001:db8::7", .as_test = true },
        { .as_test = true },
        { .invalid_user = true },
};

static void check_line(const PfSshdConfig *conf, const PfSshdLine *line) {
        if (!line)
                return;
        check(pf_strv_contains(pf_sshd_config_files(conf), line->path));
        check(line->number > 0 && line->text);
        if (line->match)
                check(strcmp(line->match->path, line->path) != 0 ||
                      line->match->number < line->number);
}

static void check_problems(const PfSshdConfig *conf, const PfSshdProblem *problems, size_t n) {
        for (size_t i = 0; i < n; i++) {
                check(problems[i].text && problems[i].words && problems[i].words[0]);
                check_line(conf, problems[i].line);
        }
}

static void check_setting(const PfSshdConfig *conf, const PfSshdSetting *setting) {
        bool from_a_line = false;

        check(setting->is_list || setting->n_values <= 1);
        for (size_t i = 0; i < setting->n_values; i++) {
                check(setting->values[i].text && !strchr(setting->values[i].text, '\n'));
                check_line(conf, setting->values[i].line);
                from_a_line = from_a_line || setting->values[i].line;
        }
        check(setting->is_default == !from_a_line);
        for (size_t i = 0; i < setting->n_shadowed; i++)
                check_line(conf, setting->shadowed[i]);
        check_line(conf, setting->doubt);
}

static void print(const PfSshdConfig *conf, const PfSshdConnection *connection, PfBuf *buf) {
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
        const PfSshdProblem *problems;
        size_t n;
        int r;

        r = pf_sshd_config_evaluate(conf, connection, &effective, NULL);
        check(r == 0 || r == -E2BIG);
        if (r < 0)
                return;
        problems = pf_sshd_effective_problems(effective, &n);
        check_problems(conf, problems, n);
        check(pf_sshd_effective_is_accepted(effective) == (n == 0));
        check(pf_sshd_config_is_accepted(conf) || n > 0);
        for (size_t i = 0; i < pf_sshd_effective_count(effective); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_at(effective, i);

                check_setting(conf, setting);
        }
        check(pf_sshd_effective_print(effective, buf) == 0);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;

        return pf_virtual_load((const char *) bytes, n, &conf, NULL) == 0 &&
               pf_sshd_config_is_accepted(conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        PF_AUTO_BUF PfBuf first = PF_BUF_INIT(PRINTED_MAX);
        PF_AUTO_BUF PfBuf again = PF_BUF_INIT(PRINTED_MAX);
        const PfSshdProblem *problems;
        size_t n_problems;
        int r;

        r = pf_virtual_load((const char *) bytes, n, &conf, NULL);
        check(r == 0 || r == -E2BIG || r == -EFBIG);
        if (r < 0)
                return 0;
        problems = pf_sshd_config_problems(conf, &n_problems);
        check_problems(conf, problems, n_problems);
        problems = pf_sshd_config_warnings(conf, &n_problems);
        check_problems(conf, problems, n_problems);
        print(conf, &connections[0], &first);
        for (size_t i = 1; i < PF_ELEMENTS(connections); i++) {
                PF_AUTO_BUF PfBuf other = PF_BUF_INIT(PRINTED_MAX);

                print(conf, &connections[i], &other);
        }
        print(conf, &connections[0], &again);
        check(first.n == again.n && (first.n == 0 || memcmp(first.data, again.data, first.n) == 0));
        return 0;
}
