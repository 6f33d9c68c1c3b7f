/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.sftp-subsystem: there is a subsystem "sftp", and its program is there.
 *
 * The distribution's own line comes first, where "#" switches it off; then the program
 * that is there, in the line that names another; then a new line. internal-sftp needs no
 * program, and is what is left where there is none, or in a chroot.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/command.h"
#include "probes/sshd/stages.h"

#define KEYWORD "Subsystem"
#define INTERNAL "internal-sftp"
#define COMMENTS_MAX 16 /* lines that are tried */

static const PfCheck trial = { "trial" };
static const char *const keywords[] = { "subsystem", NULL };
static const PfSshdGoal goal = {
        .keyword = KEYWORD,
        .stages = { pf_sshd_stage_subsystem, pf_sshd_stage_sftp_program },
        .keywords = keywords,
};

/* What the session would be; where nobody can say, it is left empty: then the server
 * within sshd is all that is offered. */
static int open_session(const PfSshdWork *work, PfSshdSession *ret) {
        PF_AUTO_REPORT PfReport ignored = { 0 };
        const PfSshdRoom room = { work->room->target, &work->demand, &work->look, &ignored };
        int r = pf_sshd_session_open(&room, &trial, ret, work->err);

        if (r == 0)
                ret->view.who = &ret->who;
        return r < 0 ? r : 0;
}

/* May the session run it? 1, 0, or a negative errno. */
static int can_run(const PfSshdWork *work, const PfSshdSession *session, const char *program) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        int r;

        if (strcmp(program, INTERNAL) == 0)
                return 1;
        if (*program != '/' || !session->view.target)
                return 0;
        r = pf_sshd_command_find(session, program, &file, work->err);
        return r < 0 ? r : r == 0;
}

/* --- a line that "#" switches off --- */

/* Does the line, once it is on, define the subsystem with a program that is there? */
static int is_restorable(const PfSshdWork *work, const PfSshdSession *session,
                         const PfSshdDraft *draft, unsigned line) {
        PF_AUTO_FREE char *name = NULL;
        PF_AUTO_FREE char *program = NULL;
        int r = pf_sshd_draft_word(draft, line, 1, &name);

        if (r == 0)
                r = pf_sshd_draft_word(draft, line, 2, &program);
        if (r != 0)
                return r < 0 ? r : 0;
        return strcmp(name, "sftp") == 0 ? can_run(work, session, program) : 0;
}

static int switch_on(PfSshdWork *work, const PfSshdSession *session, unsigned line) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        const char *path = work->look.path;
        int r = pf_sshd_work_draft(work, path, &draft);

        if (r == 0)
                r = pf_sshd_draft_switch_on(&draft, line);
        if (r != 0)
                return r < 0 ? r : 0;
        r = is_restorable(work, session, &draft, line);
        return r <= 0 ? r
                      : pf_sshd_work_try(work, path, &draft, "switch on the %s line %u of %s again",
                                         KEYWORD, line, path);
}

static int switch_any_on(PfSshdWork *work, const PfSshdSession *session) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        unsigned line = 0;
        int r = pf_sshd_work_read(work, work->look.path, &draft);

        for (unsigned i = 0; i < COMMENTS_MAX && r == 0 && work->proposal->n == 0; i++) {
                line = pf_sshd_draft_find(&draft, line + 1, pf_sshd_draft_sets_not, KEYWORD);
                if (line == 0)
                        return 0;
                r = switch_on(work, session, line);
        }
        return r;
}

/* --- a line that is not there --- */

static int add(PfSshdWork *work, const char *program) {
        PF_AUTO_FREE char *value = NULL;
        int r;

        if (asprintf(&value, "sftp %s", program) < 0) {
                value = NULL;
                return -ENOMEM;
        }
        r = pf_sshd_place_global(work, KEYWORD, value);
        return r == 0 && work->proposal->n == 0 ? pf_sshd_place_drop_in(work, KEYWORD, value) : r;
}

/* --- a line that names another program --- */

static int correct(PfSshdWork *work, const PfSshdLine *line, const char *program) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        int r = pf_sshd_work_draft(work, line->path, &draft);

        if (r == 0)
                r = pf_sshd_draft_replace(&draft, line->number, 2, 2, program);
        if (r != 0)
                return r < 0 ? r : 0;
        return pf_sshd_work_try(work, line->path, &draft, "name %s in line %u of %s", program,
                                line->number, line->path);
}

/* Only a program that is not there, or not to be run, was put there by mistake. */
static int refuse_to_correct(PfSshdWork *work, const PfSshdSession *session, const PfSshdLine *line,
                             const char *command) {
        PF_AUTO_FREE char *program = strndup(command, strcspn(command, " \t"));
        int r;

        if (!program)
                return -ENOMEM;
        if (!line || pf_sshd_work_is_option(work, line))
                return pf_sshd_work_refuse(work, "the subsystem is an option of sshd's command "
                                                 "line, which is not changed");
        if (!pf_sshd_place_is_own(work, line))
                return pf_sshd_work_refuse(work, "the subsystem is that of a Match block for "
                                                 "others too");
        r = can_run(work, session, program);
        return r > 0 ? pf_sshd_work_refuse(work,
                                           "%s is there, and somebody chose it: it is not "
                                           "replaced",
                                           program)
                     : r;
}

/* --- all of them --- */

typedef int (*Change)(PfSshdWork *work, const PfSshdLine *line, const char *program);

static int add_line(PfSshdWork *work, const PfSshdLine *line, const char *program) {
        (void) line;
        return add(work, program);
}

/* The distribution's program first. */
static int with_each_program(PfSshdWork *work, const PfSshdSession *session, const PfSshdLine *line,
                             Change change) {
        const char *place = session->view.target ? pf_sshd_sftp_place(session) : NULL;
        int r = place ? change(work, line, place) : 0;

        return r == 0 ? change(work, line, INTERNAL) : r;
}

static int propose_all(PfSshdWork *work, const PfSshdSession *session) {
        const PfSshdLine *line = NULL;
        const char *command = pf_sshd_effective_subsystem(work->look.effective, "sftp", &line);
        int r;

        if (command) {
                r = refuse_to_correct(work, session, line, command);
                return r == 0 ? with_each_program(work, session, line, correct) : r;
        }
        r = switch_any_on(work, session);
        return r == 0 ? with_each_program(work, session, NULL, add_line) : r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_SSHD_WORK PfSshdWork work = {
                .room = room, .goal = &goal, .proposal = proposal, .err = err
        };
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        int r = pf_sshd_work_open(&work);

        if (r == 0)
                r = open_session(&work, &session);
        if (r == 0)
                r = propose_all(&work, &session);
        if (r == 0 && proposal->n == 0)
                r = pf_sshd_place_refuse(&work);
        return r < 0 ? r : 0;
}

const PfRemedy pf_remedy_sshd_sftp = {
        .check = "ssh.sftp-subsystem",
        .wont = "it replaces no program that can be run, lifts no ForceCommand or chroot, and "
                "makes no read-only server writable",
        .propose = propose,
};
