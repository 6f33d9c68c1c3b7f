/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <stdarg.h>

static void PF_PRINTF(2, 0) say(const PfCtl *ctl, const char *fmt, va_list args) {
        PF_AUTO_PAGE PfPage page;
        PF_AUTO_FREE char *text = NULL;

        if (vasprintf(&text, fmt, args) < 0)
                text = NULL;
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

PfExit pf_ctl_fail(const PfCtl *ctl, PfExit status, const PfErr *err) {
        if (err->text[0] != '\0')
                pf_ctl_say(ctl, "%s", err->text);
        return status;
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
