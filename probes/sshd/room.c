/* SPDX-License-Identifier: MIT */
/*
 * How the stages of a login speak: of whom, of which line, and what to do.
 */
#include "probes/sshd/room.h"

#include <string.h>

int pf_sshd_answer_stage(const PfSshdRoom *room, const PfCheck *stage, PfSshdStageFn run) {
        const size_t n = room->report->n;
        PfErr err = { 0 };
        int r = run(room, stage, &err);

        if (r >= 0 && room->report->n == n)
                r = pf_err_set(&err, -ENODATA, "the stage gave no answer");
        return pf_report_settle(room->report, stage, n, r, &err);
}

const char *pf_sshd_whom(const PfSshdRoom *room, char *buffer, size_t size) {
        if (room->demand->source)
                (void) snprintf(buffer, size, "%s from %s", room->demand->account,
                                room->demand->source);
        else
                (void) snprintf(buffer, size, "%s", room->demand->account);
        return buffer;
}

bool pf_sshd_is_root(const PfSshdRoom *room) {
        if (room->look->account.exists)
                return room->look->account.uid == 0;
        return strcmp(room->demand->account, "root") == 0;
}

const char *pf_sshd_text_of(const PfSshdSetting *setting) {
        return setting->n_values > 0 ? setting->values[0].text : "";
}

void pf_sshd_evidence_of(const PfSshdRoom *room, const PfSshdSetting *setting, size_t i,
                         const char *expected) {
        const PfSshdLine *line = i < setting->n_values ? setting->values[i].line : NULL;
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(1024);

        if (line) {
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, expected);
                return;
        }
        if (pf_buf_printf(&found, "%s is not set; the default of %s is %s", setting->keyword,
                          room->look->version.text,
                          setting->n_values ? setting->values[0].text : "none") == 0)
                (void) pf_report_evidence(room->report, NULL, room->look->path, 0, found.data,
                                          expected);
        line = expected
                       ? pf_sshd_config_find_comment(room->look->conf, setting->keyword, NULL, NULL)
                       : NULL;
        if (line)
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, expected);
}

/* Where a line that lost would have done, people wonder why it has no effect. */
void pf_sshd_remedy_setting(const PfSshdRoom *room, const PfSshdSetting *setting,
                            const char *wanted) {
        const PfSshdLine *line = setting->n_values ? setting->values[0].line : NULL;

        if (!line)
                (void) pf_report_remedy(room->report,
                                        "add the line \"%s\" at the top of %s, before any Match "
                                        "and Include, then reload sshd",
                                        wanted, room->look->path);
        else if (setting->n_shadowed > 0)
                (void) pf_report_remedy(room->report,
                                        "change line %u of %s to \"%s\" and reload sshd; line %u "
                                        "of %s comes later and has no effect: the first counts",
                                        line->number, line->path, wanted,
                                        setting->shadowed[0]->number, setting->shadowed[0]->path);
        else
                (void) pf_report_remedy(room->report,
                                        "change line %u of %s to \"%s\" and reload sshd",
                                        line->number, line->path, wanted);
}

bool pf_sshd_is_doubtful(const PfSshdRoom *room, const PfCheck *stage,
                         const PfSshdSetting *setting) {
        if (!setting->doubt)
                return false;
        (void) pf_report_unknown(room->report, stage,
                                 "%s depends on where the connection comes from: ask with "
                                 "--source",
                                 setting->keyword);
        (void) pf_report_evidence(room->report, room->target, setting->doubt->path,
                                  setting->doubt->number, setting->doubt->text, NULL);
        return true;
}

const PfSshdSetting *pf_sshd_get(const PfSshdRoom *room, const PfCheck *stage,
                                 const char *keyword) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, keyword);

        if (!setting) {
                (void) pf_report_unknown(room->report, stage, "%s is not known to %s", keyword,
                                         room->look->version.text);
                return NULL;
        }
        return pf_sshd_is_doubtful(room, stage, setting) ? NULL : setting;
}
