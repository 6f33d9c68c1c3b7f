/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <stdarg.h>

#include "daemon/ctl/format.h"
#include "daemon/ctl/view.h"

static void PF_PRINTF(2, 0) say(const PfCtl *ctl, const char *fmt, va_list args) {
        PF_AUTO_PAGE PfPage page;
        PF_AUTO_FREE char *english = NULL;
        PF_AUTO_FREE char *text = NULL;

        if (vasprintf(&english, fmt, args) < 0)
                english = NULL;
        if (english)
                text = pf_language_sentence(ctl->errors.language, english, NULL);
        pf_page_init(&page, &ctl->errors);
        pf_page_begin(&page, 0, 4);
        pf_page_text(&page, PF_COLOUR_NONE, PF_CTL_NAME ": ");
        pf_page_text(&page, PF_COLOUR_NONE, text ? text : "out of memory");
        pf_page_end(&page);
        /* There is nowhere left to say that this could not be said. */
        (void) !pf_page_write(&page, STDERR_FILENO, NULL);
}

void pf_ctl_say(const PfCtl *ctl, const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        say(ctl, fmt, args);
        va_end(args);
}

void pf_ctl_note(const PfCtl *ctl, const char *fmt, ...) {
        va_list args;

        if (ctl->options.quiet)
                return;
        va_start(args, fmt);
        say(ctl, fmt, args);
        va_end(args);
}

/* There may be nobody who reads standard output: then nothing is left to be done. */
static PfExit fail_in_format(const PfCtl *ctl, const char *text) {
        PF_AUTO_PAGE PfPage page;
        int status;

        pf_page_init(&page, &ctl->out);
        status = ctl->options.format->failure(&page, text);
        (void) !pf_page_write(&page, STDOUT_FILENO, NULL);
        return (PfExit) status;
}

PfExit pf_ctl_fail(const PfCtl *ctl, PfExit status, const PfErr *err) {
        if (err->text[0] == '\0')
                return status;
        pf_ctl_say(ctl, "%s", err->text);
        return ctl->options.format->failure ? fail_in_format(ctl, err->text) : status;
}

PfExit pf_ctl_exit(const PfCtl *ctl, const PfJson *report) {
        bool strict = ctl->options.strict;

        if (ctl->options.format->exit)
                return (PfExit) ctl->options.format->exit(report, strict);
        return pf_view_exit(report, strict);
}

PfExit pf_ctl_print(const PfCtl *ctl, PfPage *page, PfExit status) {
        PfErr err = { 0 };

        if (pf_page_write(page, STDOUT_FILENO, &err) < 0)
                return pf_ctl_fail(ctl, PF_EXIT_USAGE, &err);
        return status;
}

PfExit pf_exit_set(PfErr *err, PfExit status, const char *fmt, ...) {
        PF_AUTO_FREE char *text = NULL;
        va_list args;

        va_start(args, fmt);
        if (vasprintf(&text, fmt, args) < 0)
                text = NULL;
        va_end(args);
        (void) pf_err_set(err, -EINVAL, "%s", text ? text : "out of memory");
        return status;
}
