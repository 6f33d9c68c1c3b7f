/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"
#include "daemon/ctl/ctl.h"

/*
 * Who plans and changes: of a running machine the service that may, with --root=
 * this process. Both speak the JSON of org.preflightd.Remediation. A running machine is
 * never changed by this process: there has to be one who keeps its leases.
 */
typedef struct PfChanger PfChanger;

/* Where the service listens, unless --socket says otherwise. */
#define PF_REMEDY_SOCKET "/run/preflightd/org.preflightd.Remediation"

/* What each of them can do; all functions return as pf_ask(). */
typedef struct PfChangerWay {
        /* @may_change: what was interrupted is finished first, and others have to wait. */
        PfExit (*open)(PfCtl *ctl, bool may_change, void **ret, PfErr *err);
        void (*close)(void *data);
        PfExit (*plan)(void *data, bool consent, PfJson **ret, PfErr *err);
        PfExit (*apply)(void *data, const char *digest, PfJson **ret, PfErr *err);
        PfExit (*list)(void *data, PfJson **ret, PfErr *err);
        PfExit (*undo)(void *data, const char *id, PfJson **ret, PfErr *err);
} PfChangerWay;

extern const PfChangerWay pf_changer_service;
extern const PfChangerWay pf_changer_image;

/* @may_change: for pf_changer_apply() or pf_changer_undo(). */
PfExit pf_changer_open(PfCtl *ctl, bool may_change, PfChanger **ret, PfErr *err) PF_MUST_CHECK;
PfChanger *pf_changer_free(PfChanger *changer);
PF_DEFINE_CLEANUP(PfChanger, pf_changer_free);

/* Plans for the words of the command and its options. @ret: type Plan. */
PfExit pf_changer_plan(PfChanger *changer, bool consent, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* Does what the last plan says. @ret: type Transaction, also of one that was taken back. */
PfExit pf_changer_apply(PfChanger *changer, const char *digest, PfJson **ret,
                        PfErr *err) PF_MUST_CHECK;

/* @ret: an array of type Transaction, the oldest first. */
PfExit pf_changer_list(PfChanger *changer, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* @ret: type Transaction. */
PfExit pf_changer_undo(PfChanger *changer, const char *id, PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* Why something was not done. */
typedef enum PfRefusal {
        PF_REFUSAL_STALE,     /* the plan is not for what the machine is now */
        PF_REFUSAL_BUSY,      /* somebody else is changing it */
        PF_REFUSAL_INVALID,   /* it was validated, or looked at afterwards, and taken back */
        PF_REFUSAL_READ_ONLY, /* it cannot be written */
        PF_REFUSAL_EDITED,    /* what is to be undone was edited since */
        PF_REFUSAL_FAILED,
} PfRefusal;

/* Says so, with the reason and what to do next. Return: PF_EXIT_UNKNOWN. */
PfExit pf_changer_refuse(PfRefusal refusal, const char *reason, PfErr *err);

/* Says that there is no such transaction. Return: PF_EXIT_USAGE. */
PfExit pf_changer_refuse_id(const char *id, PfErr *err);

/* Says why the service that changes was not reached, with what pf_peer_connect() said.
 * Return: PF_EXIT_UNREACHABLE; PF_EXIT_UNKNOWN where memory ran out. */
PfExit pf_changer_tell_unreachable(const char *path, int r, const PfErr *reason, PfErr *err);
