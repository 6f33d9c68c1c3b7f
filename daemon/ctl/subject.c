/* SPDX-License-Identifier: MIT */
/* What a run in this process is about: where from, about what, and for whom. */
#include "daemon/ctl/subject.h"

#include <string.h>

#include "daemon/ctl/options.h"
#include "daemon/ctl/profiles.h"
#include "daemon/ctl/selection.h"
#include "daemon/report/schedule.h"

void pf_subject_deinit(PfSubject *subject) {
        (void) pf_question_unref(subject->question);
        (void) pf_profile_unref(subject->profile);
        (void) pf_kernels_unref(subject->kernels);
        (void) pf_settings_free(subject->settings);
        (void) pf_target_unref(subject->target);
        (void) pf_target_unref(subject->host);
}

/* A program of Windows has no probes for another system: see probes/probe-list.h. */
static bool is_looked_at(unsigned platform) {
        for (size_t i = 0; i < pf_n_probes; i++)
                if (pf_probe_is_for(pf_probes[i], platform))
                        return true;
        return false;
}

static PfExit open_target(PfSubject *subject, const char *root, PfErr *err) {
        PfErr reason = { 0 };
        int r = pf_target_new(root, PF_TARGET_DEFAULT, &subject->target, &reason);

        if (r == -ENOENT || r == -ENOTDIR)
                return pf_exit_set(err, PF_EXIT_USAGE, "--root=%s: there is no such directory",
                                   root);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(&reason, r));
        if (!is_looked_at(pf_target_platform(subject->target)))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--root=%s: there is no Windows in it; a machine with Linux "
                                   "is looked at on Linux",
                                   root);
        return PF_EXIT_OK;
}

static PfExit load_profile(PfSubject *subject, const char *name, PfErr *err) {
        int r = pf_profile_load(subject->host, name, &subject->profile, err);

        if (r == PF_PROFILE_ABSENT)
                return pf_profiles_refuse(name, err);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_USAGE, "cannot load the profile \"%s\"", name);
        return PF_EXIT_OK;
}

static const char *or_else(const char *text, const char *otherwise) {
        return text ? text : otherwise;
}

bool pf_subject_wants_probe(const PfSubject *subject, const PfProbe *probe) {
        if (!pf_probe_is_for(probe, pf_target_platform(subject->target)))
                return false;
        for (size_t i = 0; i < probe->n_checks; i++)
                if (pf_question_wants(subject->question, probe->checks[i].id))
                        return true;
        return false;
}

static bool wants_any(const PfSubject *subject) {
        for (size_t i = 0; i < pf_n_probes; i++)
                if (pf_subject_wants_probe(subject, pf_probes[i]))
                        return true;
        return false;
}

static PfExit make_question(PfSubject *subject, const PfOptions *options, PfErr *err) {
        const PfSettings *settings = subject->settings;
        const unsigned platform = pf_target_platform(subject->target);
        const char *unmatched;
        const char *field = NULL;
        PfErr refused = { 0 };
        char option[64];
        PfQuestionSpec spec = {
                .profile = subject->profile,
                .kernels = subject->kernels,
                .agent_version = or_else(options->agent_version, settings->agent_version),
                .account = or_else(options->account, settings->account),
                .source = or_else(options->source, settings->source),
                .source_host = options->source_host,
                .local_address = options->local_address,
                .local_port = options->local_port,
                .only = &options->only,
                .skip = &options->skip,
                .endpoints = &settings->endpoints,
                .network_timeout_usec = settings->network_timeout_usec,
        };

        if (pf_question_new(&spec, &subject->question, &field, &refused) < 0) {
                const char *reason = strstr(refused.text, ": ");

                if (!field)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                return pf_exit_set(err, PF_EXIT_USAGE, "--%s%s",
                                   pf_options_of_field(field, option, sizeof(option)),
                                   reason ? reason : ": cannot be that");
        }
        unmatched = pf_question_unmatched(subject->question, platform);
        if (unmatched)
                return pf_selection_refuse(unmatched, err);
        if (!wants_any(subject))
                return pf_exit_set(err, PF_EXIT_USAGE, "--skip leaves no check to answer");
        return PF_EXIT_OK;
}

PfExit pf_subject_prepare(PfSubject *subject, const PfOptions *options, PfErr *err) {
        PfExit status;

        subject->loop = uv_default_loop();
        if (!subject->loop)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot set up an event loop");

        status = pf_selection_check(options, err);
        if (status == PF_EXIT_OK)
                status = open_target(subject, options->root ? options->root : "/", err);
        if (status != PF_EXIT_OK)
                return status;
        if (pf_target_new("/", PF_TARGET_DEFAULT, &subject->host, err) < 0 ||
            pf_settings_load(subject->host, &subject->settings, NULL, err) < 0)
                return pf_exit_set(err, PF_EXIT_USAGE, "cannot load the settings");
        if (pf_kernels_load(subject->host, &subject->kernels) < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        status = load_profile(subject, or_else(options->profile, subject->settings->profile), err);
        if (status == PF_EXIT_OK)
                status = make_question(subject, options, err);
        return status;
}
