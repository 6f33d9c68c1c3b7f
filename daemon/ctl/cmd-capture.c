/* SPDX-License-Identifier: MIT */
/*
 * preflightctl capture: copy what the checks look at, so that they can be
 * repeated where the machine is not.
 */
#include "daemon/ctl/ask.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/capture/copy.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/view.h"

static int count(const char *key, PfJson *value, void *data) {
        (void) key;
        (void) value;
        ++*(size_t *) data;
        return 0;
}

static int count_book(const char *key, PfJson *book, void *data) {
        (void) key;
        return pf_json_each(book, count, data);
}

static PfJson *masked_to_json(const PfMasked *masked) {
        PF_CLEANUP(pf_json_freep) PfJson *value = pf_json_new_object();

        if (!value || pf_json_put_uint(value, "hashes", masked->hashes) < 0 ||
            pf_json_put_uint(value, "keys", masked->keys) < 0 ||
            pf_json_put_uint(value, "passwords", masked->passwords) < 0)
                return NULL;
        return PF_STEAL(value);
}

static PfJson *summary_to_json(const char *directory, const PfCopied *copied, size_t answers,
                               const char *verdict) {
        PF_CLEANUP(pf_json_freep) PfJson *value = pf_json_new_object();

        if (!value || pf_json_put_string(value, "directory", directory) < 0 ||
            pf_json_put_uint(value, "files", copied->files) < 0 ||
            pf_json_put_uint(value, "bytes", copied->bytes) < 0 ||
            pf_json_put_uint(value, "answers", answers) < 0 ||
            pf_json_put_take(value, "masked", masked_to_json(&copied->masked)) < 0 ||
            pf_json_put_string(value, "verdict", verdict) < 0)
                return NULL;
        return PF_STEAL(value);
}

static void add_line(PfPage *page, const char *label, const char *fmt, ...) PF_PRINTF(3, 4);

static void add_line(PfPage *page, const char *label, const char *fmt, ...) {
        PF_AUTO_FREE char *text;
        va_list args;

        va_start(args, fmt);
        text = pf_language_print(page->terminal->language, fmt, args);
        va_end(args);
        pf_page_begin(page, 0, 10);
        pf_page_say(page, PF_COLOUR_DIM, label);
        pf_page_column(page, 10);
        pf_page_text(page, PF_COLOUR_NONE, text ? text : "");
        pf_page_end(page);
}

static void show_table(PfPage *page, const char *directory, const PfCopied *copied, size_t answers,
                       const char *verdict) {
        const PfMasked *masked = &copied->masked;

        add_line(page, "Captured", "%zu files, %llu bytes, and %zu answers in %s", copied->files,
                 (unsigned long long) copied->bytes, answers, directory);
        add_line(page, "Masked", "%zu password hashes, %zu private keys, %zu passwords in clear",
                 masked->hashes, masked->keys, masked->passwords);
        add_line(page, "Verdict", "%s, also from: %s check --root=%s", verdict, PF_CTL_NAME,
                 directory);
}

static PfExit show(PfCtl *ctl, const PfCopy *copy, const PfRecording *recording) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        const PfCopied *copied = pf_copy_counts(copy);
        const char *directory = ctl->arguments[0];
        const char *verdict = pf_json_get_string(recording->report, "verdict");
        const PfShow how = { .quiet = ctl->options.quiet };
        PF_AUTO_PAGE PfPage page;
        size_t answers = 0;

        verdict = verdict ? verdict : "unknown";
        pf_page_init(&page, &ctl->out);
        (void) pf_json_each(recording->books, count_book, &answers);
        if (ctl->options.format == &pf_format_table) {
                show_table(&page, directory, copied, answers, verdict);
        } else {
                value = summary_to_json(directory, copied, answers, verdict);
                if (!value) {
                        pf_ctl_say(ctl, "out of memory");
                        return PF_EXIT_UNKNOWN;
                }
                ctl->options.format->facts(&page, value, &how);
        }
        return pf_ctl_print(ctl, &page, PF_EXIT_OK);
}

static PfExit copy_to(PfCopy *copy, PfCtl *ctl, PfRecording *recording, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *files = NULL;
        PfExit status;
        PfErr reason = { 0 };
        int r;

        status = pf_ask_record(ctl, recording, &reason);
        if (pf_copy_error(copy)->code < 0)
                reason = *pf_copy_error(copy);
        if (status != PF_EXIT_OK)
                return pf_exit_set(err, status, "%s", reason.text);
        r = pf_target_new(ctl->options.root ? ctl->options.root : "/", PF_TARGET_AS_FILES, &files,
                          &reason);
        if (r == 0)
                r = pf_copy_finish(copy, files, recording->about, recording->books, &reason);
        return r < 0 ? pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(&reason, r))
                     : PF_EXIT_OK;
}

static void recording_deinit(PfRecording *recording) {
        (void) pf_json_free(recording->report);
        (void) pf_json_free(recording->books);
        (void) pf_json_free(recording->about);
}

PfExit pf_cmd_capture(PfCtl *ctl) {
        PF_CLEANUP(recording_deinit) PfRecording recording = { .contents = pf_copy_contents };
        PF_CLEANUP(pf_copy_freep) PfCopy *copy = NULL;
        PfErr err = { 0 };
        PfExit status;

        if (pf_copy_new(ctl->arguments[0], &copy, &err) < 0)
                return pf_ctl_fail(ctl, PF_EXIT_USAGE, &err);
        recording.data = copy;
        status = copy_to(copy, ctl, &recording, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        if (pf_view_count(recording.report, "unknown") > 0 && !pf_here_is_privileged())
                pf_ctl_note(ctl, "%s", pf_here_hint_capture);
        return show(ctl, copy, &recording);
}
