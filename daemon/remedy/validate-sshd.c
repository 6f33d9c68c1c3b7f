/* SPDX-License-Identifier: MIT */
/*
 * Asks the very sshd that the service starts, with the options that it has: sshd(8), -t.
 */
#include "daemon/remedy/validate-internal.h"

#include <string.h>

#include "probes/parse/sshd-config.h"
#include "probes/sshd/service.h"

#define DEFAULT_PROGRAM "/usr/sbin/sshd"

/* systemd makes it when the service starts: systemd.exec(5), RuntimeDirectory=. Without it the
 * sshd of Debian passes no test. */
#define RUNTIME_DIRECTORY "/run/sshd"

typedef struct Asking {
        PfSshdService service;
        PfSshdConfig *conf; /* as it is to be; NULL: there would be none */
        PfStrv words;
        PfStrv directories;
} Asking;

static void asking_deinit(Asking *asking) {
        pf_sshd_service_deinit(&asking->service);
        (void) pf_sshd_config_free(asking->conf);
        pf_strv_deinit(&asking->words);
        pf_strv_deinit(&asking->directories);
}

static const char *config_path(const Asking *asking) {
        const char *path = asking->service.line.config_path;

        return path ? path : PF_SSHD_CONFIG_PATH;
}

static int load(const PfTrial *trial, const PfSshdVersion *version, Asking *asking, PfErr *err) {
        const PfSshdCommandLine *line = &asking->service.line;
        int r = pf_sshd_config_load_with(trial->overlay,
                                         line->has_no_file ? NULL : config_path(asking), version,
                                         line->given, line->n_given, &asking->conf, err);

        return r < 0 ? r : 0;
}

/* The server's own, or what decides its command line. */
static bool is_of_sshd(const Asking *asking, const char *path) {
        static const char *const begins[] = { "/etc/ssh/sshd", "/etc/default/ssh",
                                              "/etc/sysconfig/ssh", "/usr/etc/ssh/sshd" };

        for (size_t i = 0; i < PF_ELEMENTS(begins); i++)
                if (strncmp(path, begins[i], strlen(begins[i])) == 0)
                        return true;
        return asking->conf && pf_strv_contains(pf_sshd_config_files(asking->conf), path);
}

static bool is_any_of_sshd(const PfTrial *trial, const Asking *asking) {
        for (size_t i = 0; i < trial->n_files; i++)
                if (is_of_sshd(asking, trial->plan->files[i].edit.path) ||
                    is_of_sshd(asking, trial->files[i].path))
                        return true;
        return false;
}

/* Its command line, and that it is to test. What is not known of the command line is left out. */
static int compose(Asking *asking) {
        const PfCommand *command = &asking->service.command;
        const bool is_known = command->n > 0 && !asking->service.doubt &&
                              pf_sshd_command_is_sshd(command) && command->words[0].text[0] == '/';
        int r = pf_strv_add(&asking->words, is_known ? command->words[0].text : DEFAULT_PROGRAM);

        if (r == 0)
                r = pf_strv_add(&asking->words, "-t");
        for (size_t i = 1; i < command->n && is_known && r == 0; i++)
                r = pf_strv_add(&asking->words, command->words[i].text);
        return r == 0 ? pf_strv_add(&asking->directories, RUNTIME_DIRECTORY) : r;
}

/* Without a view only a file that includes nothing can be tested, under another name. */
static int ask_about_copy(PfTrial *trial, Asking *asking, PfErr *err) {
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        int status, r;

        if (trial->n_files != 1 || !trial->files[0].staged || !asking->conf ||
            strcmp(trial->plan->files[0].edit.path, config_path(asking)) != 0 ||
            pf_sshd_config_files(asking->conf)->n != 1)
                return PF_TRIAL_NO_TOOL;
        r = pf_strv_add(&asking->words, "-f");
        if (r == 0)
                r = pf_strv_add(&asking->words, trial->files[0].staged);
        if (r == 0)
                r = pf_trial_run(trial, &asking->words, NULL, false, &output, &status, err);
        if (r == 0 && output.data && strstr(output.data, "rivilege separation directory"))
                return PF_TRIAL_NO_TOOL;
        return r == 0 ? pf_trial_judge(trial, status, &output, err) : r;
}

static int ask(PfTrial *trial, Asking *asking, PfErr *err) {
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX);
        int status, r;

        r = pf_trial_run(trial, &asking->words, &asking->directories, true, &output, &status, err);
        if (r == PF_TRIAL_NO_TOOL)
                return ask_about_copy(trial, asking, err);
        return r == 0 ? pf_trial_judge(trial, status, &output, err) : r;
}

int pf_trial_sshd(PfTrial *trial, PfErr *err) {
        PF_CLEANUP(asking_deinit) Asking asking = { 0 };
        PfSshdVersion version;
        int r;

        r = pf_sshd_version_detect(trial->overlay, &version, err);
        if (r != 0)
                return r < 0 ? r : PF_TRIAL_NOT_MINE;
        r = pf_sshd_service_read(trial->overlay, &version, &asking.service, err);
        if (r == 0)
                r = load(trial, &version, &asking, err);
        if (r < 0)
                return r;
        if (!is_any_of_sshd(trial, &asking))
                return PF_TRIAL_NOT_MINE;
        trial->name = "sshd -t";
        r = compose(&asking);
        if (r < 0)
                return r;
        return pf_trial_has(asking.words.items[0]) ? ask(trial, &asking, err) : PF_TRIAL_NO_TOOL;
}
