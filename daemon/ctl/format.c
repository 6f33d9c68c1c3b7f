/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/format.h"

#include "daemon/ctl/ctl.h"

const PfFormat *const pf_formats[] = { &pf_format_table,      &pf_format_json,
                                       &pf_format_json_lines, &pf_format_junit,
                                       &pf_format_tap,        &pf_format_sarif,
                                       &pf_format_nagios,     &pf_format_openmetrics,
                                       &pf_format_prometheus, NULL };

PfShow pf_show_of(const PfOptions *options) {
        return (PfShow){ .root = options->root,
                         .host = options->host,
                         .quiet = options->quiet,
                         .strict = options->strict,
                         .all = options->all };
}

bool pf_format_shows(const PfFormat *format, unsigned command) {
        const struct {
                unsigned commands;
                PfShowValue show;
        } shown[] = {
                { PF_COMMAND_CHECK | PF_COMMAND_STATUS, format->report },
                { PF_COMMAND_WATCH, format->change },
                { PF_COMMAND_LIST, format->list },
                { PF_COMMAND_EXPLAIN, format->explain },
                { PF_COMMAND_INSPECT | PF_COMMAND_CAPTURE, format->facts },
                { PF_COMMAND_PLAN, format->plan },
                { PF_COMMAND_FIX, format->fixed },
                { PF_COMMAND_UNDO, format->undone },
                { PF_COMMAND_HISTORY, format->history },
        };

        for (size_t i = 0; i < PF_ELEMENTS(shown); i++)
                if ((shown[i].commands & command) && !shown[i].show)
                        return false;
        return true;
}
