/* SPDX-License-Identifier: MIT */
/*
 * Asking without a daemon: the probes run in this process, on libuv's pool.
 *
 * A probe that hangs keeps using the loop of its pool after its answer was given
 * up. That is why the loop is the default one, which is never freed.
 */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "config/config.h"
#include "config/profile.h"
#include "daemon/base/capture.h"
#include "daemon/ctl/options.h"
#include "daemon/ctl/profiles.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/selection.h"
#include "daemon/report/evaluate.h"
#include "daemon/report/inspect.h"

typedef struct Process {
        uv_loop_t *loop;
        PfTarget *host;   /* whose settings and profiles are used: this machine */
        PfTarget *target; /* what is looked at */
        PfSettings *settings;
        PfProfile *profile;
        PfKernels *kernels;
        PfQuestion *question;
        PfProgress *progress;

        bool is_over;
        PfJson *value;
        int r;
        PfErr err;
} Process;

static void process_deinit(Process *process) {
        (void) pf_question_unref(process->question);
        (void) pf_profile_unref(process->profile);
        (void) pf_kernels_unref(process->kernels);
        (void) pf_settings_free(process->settings);
        (void) pf_target_unref(process->target);
        (void) pf_target_unref(process->host);
        (void) pf_json_free(process->value);
}

static PfExit open_target(Process *process, const char *root, PfErr *err) {
        PfErr reason = { 0 };
        int r = pf_target_new(root, PF_TARGET_DEFAULT, &process->target, &reason);

        if (r == -ENOENT || r == -ENOTDIR)
                return pf_exit_set(err, PF_EXIT_USAGE, "--root=%s: there is no such directory",
                                   root);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(&reason, r));
        return PF_EXIT_OK;
}

static PfExit load_profile(Process *process, const char *name, PfErr *err) {
        int r = pf_profile_load(process->host, name, &process->profile, err);

        if (r == PF_PROFILE_ABSENT)
                return pf_profiles_refuse(name, err);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_USAGE, "cannot load the profile \"%s\"", name);
        return PF_EXIT_OK;
}

static const char *or_else(const char *text, const char *otherwise) {
        return text ? text : otherwise;
}

static bool wants_probe(const PfQuestion *question, const PfProbe *probe) {
        for (size_t i = 0; i < probe->n_checks; i++)
                if (pf_question_wants(question, probe->checks[i].id))
                        return true;
        return false;
}

static bool wants_any(const PfQuestion *question) {
        for (size_t i = 0; i < pf_n_probes; i++)
                if (wants_probe(question, pf_probes[i]))
                        return true;
        return false;
}

static PfExit make_question(Process *process, const PfOptions *options, PfErr *err) {
        const PfSettings *settings = process->settings;
        const char *unmatched;
        const char *field = NULL;
        PfErr refused = { 0 };
        char option[64];
        PfQuestionSpec spec = {
                .profile = process->profile,
                .kernels = process->kernels,
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

        if (pf_question_new(&spec, &process->question, &field, &refused) < 0) {
                const char *reason = strstr(refused.text, ": ");

                if (!field)
                        return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
                return pf_exit_set(err, PF_EXIT_USAGE, "--%s%s",
                                   pf_options_of_field(field, option, sizeof(option)),
                                   reason ? reason : ": cannot be that");
        }
        unmatched = pf_question_unmatched(process->question);
        if (unmatched)
                return pf_selection_refuse(unmatched, err);
        if (!wants_any(process->question))
                return pf_exit_set(err, PF_EXIT_USAGE, "--skip leaves no check to answer");
        return PF_EXIT_OK;
}

static PfExit prepare(Process *process, const PfCtl *ctl, PfErr *err) {
        const PfOptions *options = &ctl->options;
        PfExit status;

        if (pf_schedule_prepare_pool() < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        process->loop = uv_default_loop();
        if (!process->loop)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot set up an event loop");

        status = pf_selection_check(options, err);
        if (status == PF_EXIT_OK)
                status = open_target(process, options->root ? options->root : "/", err);
        if (status != PF_EXIT_OK)
                return status;
        if (pf_target_new("/", PF_TARGET_DEFAULT, &process->host, err) < 0 ||
            pf_settings_load(process->host, &process->settings, NULL, err) < 0)
                return pf_exit_set(err, PF_EXIT_USAGE, "cannot load the settings");
        if (pf_kernels_load(process->host, &process->kernels) < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        status = load_profile(process, or_else(options->profile, process->settings->profile), err);
        if (status == PF_EXIT_OK)
                status = make_question(process, options, err);
        return status;
}

/* --- reports --- */

static void on_finished(const PfResult *results, size_t n, const PfWaivers *waivers, void *data) {
        Process *process = data;

        (void) waivers;
        for (size_t i = 0; i < n; i++)
                pf_progress_finished(process->progress, results[i].check->id);
}

/* The checks that will be answered; without those that memory has no room for. */
static PfProgress *make_progress(const Process *process, const PfCtl *ctl) {
        PF_AUTO_STRV PfStrv checks = { 0 };

        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0; j < pf_probes[i]->n_checks; j++)
                        if (pf_question_wants(process->question, pf_probes[i]->checks[j].id) &&
                            pf_strv_add(&checks, pf_probes[i]->checks[j].id) < 0)
                                return NULL;
        return pf_progress_new(ctl, process->loop, &checks);
}

/* Lets the loop release what was closed; not where a probe would keep it running. */
static void finish(Process *process, PfCtl *ctl, bool is_hanging) {
        process->progress = pf_progress_free(process->progress);
        ctl->is_hanging = is_hanging;
        (void) uv_run(process->loop, is_hanging ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
}

static PfExit make_report(Process *process, PfCtl *ctl, PfErr *err) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const PfEvaluation evaluation = {
                .loop = process->loop,
                .target = process->target,
                .question = process->question,
                .deadline_ms = process->settings->deadline_usec / 1000,
                .finished = on_finished,
                .data = process,
        };
        const char *hanging;
        int r;

        process->progress = make_progress(process, ctl);
        r = pf_evaluate(&evaluation, &readiness, &hanging);
        if (r == 0)
                r = pf_readiness_to_json(readiness, true, &process->value);
        finish(process, ctl, hanging != NULL);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot probe: %s", pf_err_text(NULL, r));
        return PF_EXIT_OK;
}

/* --- facts --- */

static void on_inspected(PfJson *facts_take, int r, const char *text, void *data) {
        Process *process = data;

        process->value = facts_take;
        process->r = r;
        if (r < 0)
                (void) pf_err_set(&process->err, r, "%s", text);
        process->is_over = true;
}

static PfExit gather_facts(Process *process, PfCtl *ctl, const char *subject, PfErr *err) {
        const PfInspection inspection = {
                .loop = process->loop,
                .target = process->target,
                .question = process->question,
                .subject = subject,
                .privileged = true,
        };
        int r = pf_inspect(&inspection, on_inspected, process);

        if (r == PF_INSPECT_NONE)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "%s: there are no facts about that on this system", subject);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot probe: %s", pf_err_text(NULL, r));
        while (!process->is_over)
                (void) uv_run(process->loop, UV_RUN_ONCE);
        finish(process, ctl, pf_inspect_n_running() > 0);
        if (process->r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s: %s", subject, process->err.text);
        return PF_EXIT_OK;
}

PfExit pf_ask_process(PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) {
        PF_CLEANUP(process_deinit) Process process = { 0 };
        PfExit status;

        status = prepare(&process, ctl, err);
        if (status == PF_EXIT_OK)
                status = ask == PF_ASK_INSPECT ? gather_facts(&process, ctl, ctl->arguments[0], err)
                                               : make_report(&process, ctl, err);
        if (status == PF_EXIT_OK)
                *ret = PF_STEAL(process.value);
        return status;
}

/* --- recording --- */

static PfExit describe(const Process *process, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *about = pf_json_new_object();
        const PfDemand *demand = pf_question_demand(process->question);

        if (!about || pf_json_put_uint(about, "schema", PF_CAPTURE_SCHEMA) < 0 ||
            pf_json_put_bool(about, "live", pf_target_is_live(process->target)) < 0 ||
            pf_json_put_uint(about, "timeUSec", pf_target_now_usec(process->target)) < 0 ||
            pf_json_put_string(about, "program", PF_CTL_NAME " " PF_VERSION) < 0 ||
            pf_json_put_string(about, "account", demand->account) < 0 ||
            pf_json_put_string(about, "agentVersion", demand->agent_version) < 0 ||
            (demand->source && pf_json_put_string(about, "source", demand->source) < 0))
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        *ret = PF_STEAL(about);
        return PF_EXIT_OK;
}

/* The facts are a matter for who will look at the copy: here they may be missing. */
static void ask_for_facts(Process *process, PfCtl *ctl) {
        for (size_t i = 0; i < pf_n_probes && !ctl->is_hanging; i++) {
                PfErr ignored = { 0 };

                if (!pf_probes[i]->inspect || !wants_probe(process->question, pf_probes[i]))
                        continue;
                process->is_over = false;
                process->err = (PfErr){ 0 };
                (void) !gather_facts(process, ctl, pf_probes[i]->subject, &ignored);
                process->value = pf_json_free(process->value);
        }
}

static PfExit record(Process *process, PfCtl *ctl, PfRecording *recording, PfErr *err) {
        PfExit status;
        int r;

        status = describe(process, &recording->about, err);
        if (status != PF_EXIT_OK)
                return status;
        pf_target_start_recording(process->target, recording->contents, recording->data);
        status = make_report(process, ctl, err);
        recording->report = PF_STEAL(process->value);
        if (status == PF_EXIT_OK)
                ask_for_facts(process, ctl);
        r = pf_target_stop_recording(process->target, &recording->books);
        if (status == PF_EXIT_OK && r < 0)
                status = pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot keep what was read: %s",
                                     pf_err_text(NULL, r));
        return status;
}

PfExit pf_ask_record(PfCtl *ctl, PfRecording *recording, PfErr *err) {
        PF_CLEANUP(process_deinit) Process process = { 0 };
        PfExit status;

        status = prepare(&process, ctl, err);
        return status == PF_EXIT_OK ? record(&process, ctl, recording, err) : status;
}
