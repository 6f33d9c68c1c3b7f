/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/json.h"
#include "daemon/base/target.h"
#include "daemon/ctl/ctl.h"

/*
 * Getting an answer: from the daemon, or where none is to be asked by probing in
 * this process. Both give the same JSON.
 */
typedef enum PfAsk {
        PF_ASK_CHECK,   /* look now: type Report */
        PF_ASK_STATUS,  /* the report that is kept, where there is one: type Report */
        PF_ASK_INSPECT, /* the facts about the subject in ctl->arguments[0] */
} PfAsk;

/**
 * pf_ask() - ask whoever can answer
 * @ret:   receives an object, which the caller frees
 *
 * With --root or --in-process, this process; with --host, who answers on that machine;
 * with --socket, the daemon there.
 * Otherwise the daemon at its usual place; where there is none, this process,
 * which is said.
 * Return: PF_EXIT_OK, also for a machine that is not ready; or with a text
 *         another status.
 */
PfExit pf_ask(PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* In this process. Sets ctl->is_hanging where a probe does. */
PfExit pf_ask_process(PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* What pf_ask_record() gathers: the report, and what it was made from. */
typedef struct PfRecording {
        PfTargetContents contents; /* called for every file that is read */
        void *data;

        PfJson *report; /* the caller frees these */
        PfJson *books;  /* as from pf_target_stop_recording() */
        PfJson *about;  /* what PF_CAPTURE_ABOUT is to say */
} PfRecording;

/**
 * pf_ask_record() - look in this process, and keep all that is asked of the machine
 * The facts that pf_ask() would give are gathered too, so that they can be shown
 * of the copy.
 * Return: as pf_ask_process(); -ENOMEM and what the callback returned are
 *         PF_EXIT_UNKNOWN with a text.
 */
PfExit pf_ask_record(PfCtl *ctl, PfRecording *recording, PfErr *err) PF_MUST_CHECK;

/* Where the daemon listens: --socket, or what is configured. The caller frees it. */
PfExit pf_ask_socket_path(const PfCtl *ctl, char **ret, PfErr *err) PF_MUST_CHECK;
