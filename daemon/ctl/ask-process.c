/* SPDX-License-Identifier: MIT */
/*
 * Asking without a daemon: the probes run in this process, on libuv's pool.
 *
 * A probe that hangs keeps using the loop of its pool after its answer was given
 * up. That is why the loop is the default one, which is never freed.
 */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "daemon/base/capture.h"
#include "daemon/ctl/progress.h"
#include "daemon/ctl/subject.h"
#include "daemon/report/evaluate.h"
#include "daemon/report/inspect.h"

typedef struct Process {
        PfSubject subject;
        PfProgress *progress;

        bool is_over;
        PfJson *value;
        int r;
        PfErr err;
} Process;

static void process_deinit(Process *process) {
        pf_subject_deinit(&process->subject);
        (void) pf_json_free(process->value);
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

        const unsigned platform = pf_target_platform(process->subject.target);

        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0;
                     pf_probe_is_for(pf_probes[i], platform) && j < pf_probes[i]->n_checks; j++)
                        if (pf_question_wants(process->subject.question,
                                              pf_probes[i]->checks[j].id) &&
                            pf_strv_add(&checks, pf_probes[i]->checks[j].id) < 0)
                                return NULL;
        return pf_progress_new(ctl, process->subject.loop, &checks);
}

/* Lets the loop release what was closed; not where a probe would keep it running. */
static void finish(Process *process, PfCtl *ctl, bool is_hanging) {
        process->progress = pf_progress_free(process->progress);
        ctl->is_hanging = is_hanging;
        (void) uv_run(process->subject.loop, is_hanging ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
}

static PfExit make_report(Process *process, PfCtl *ctl, PfErr *err) {
        PF_CLEANUP(pf_readiness_freep) PfReadiness *readiness = NULL;
        const PfEvaluation evaluation = {
                .loop = process->subject.loop,
                .target = process->subject.target,
                .question = process->subject.question,
                .deadline_ms = process->subject.settings->deadline_usec / 1000,
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
                .loop = process->subject.loop,
                .target = process->subject.target,
                .question = process->subject.question,
                .subject = subject,
                .deadline_ms = process->subject.settings->deadline_usec / 1000,
                .privileged = true,
        };
        int r = pf_inspect(&inspection, on_inspected, process);

        if (r == PF_INSPECT_NONE)
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "%s: there are no facts about that on this system", subject);
        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot probe: %s", pf_err_text(NULL, r));
        while (!process->is_over)
                (void) uv_run(process->subject.loop, UV_RUN_ONCE);
        finish(process, ctl, pf_inspect_n_running() > 0);
        if (process->r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s: %s", subject, process->err.text);
        return PF_EXIT_OK;
}

PfExit pf_ask_process(PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) {
        PF_CLEANUP(process_deinit) Process process = { 0 };
        PfExit status;

        status = pf_subject_prepare(&process.subject, &ctl->options, err);
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
        const PfDemand *demand = pf_question_demand(process->subject.question);

        if (!about || pf_json_put_uint(about, "schema", PF_CAPTURE_SCHEMA) < 0 ||
            pf_json_put_bool(about, "live", pf_target_is_live(process->subject.target)) < 0 ||
            pf_json_put_uint(about, "timeUSec", pf_target_now_usec(process->subject.target)) < 0 ||
            (pf_target_platform(process->subject.target) == PF_PLATFORM_WINDOWS &&
             pf_json_put_string(about, "platform", "windows") < 0) ||
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

                if (!pf_probes[i]->inspect ||
                    !pf_subject_wants_probe(&process->subject, pf_probes[i]))
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
        pf_target_start_recording(process->subject.target, recording->contents, recording->data);
        status = make_report(process, ctl, err);
        recording->report = PF_STEAL(process->value);
        if (status == PF_EXIT_OK)
                ask_for_facts(process, ctl);
        r = pf_target_stop_recording(process->subject.target, &recording->books);
        if (status == PF_EXIT_OK && r < 0)
                status = pf_exit_set(err, PF_EXIT_UNKNOWN, "cannot keep what was read: %s",
                                     pf_err_text(NULL, r));
        return status;
}

PfExit pf_ask_record(PfCtl *ctl, PfRecording *recording, PfErr *err) {
        PF_CLEANUP(process_deinit) Process process = { 0 };
        PfExit status;

        status = pf_subject_prepare(&process.subject, &ctl->options, err);
        return status == PF_EXIT_OK ? record(&process, ctl, recording, err) : status;
}
