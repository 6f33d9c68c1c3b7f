/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All that a remedy includes of ours.
 *
 * A remedy knows changes that would make one check pass. Like a probe it is a
 * pure function: it reads the machine, writes nothing, and offers candidates, the
 * smallest first. Who plans tries each of them on an overlay of the machine, with
 * every probe, and takes the first that turns the check and worsens no other; so a
 * candidate that may fail to help is no mistake, and one that is not offered is
 * never made. Each file ends in one const PfRemedy, which is named in remedy-list.h.
 *
 * preflightd does not link this: what cannot change the machine does not contain
 * the code to.
 */

#include "probes/probe.h"

/* What is done beside files, once they are in place; undone in reverse order. */
typedef enum PfActionKind {
        PF_ACTION_RELOAD, /* a unit that runs reads its files again; undo: again */
        PF_ACTION_ENABLE, /* systemctl enable; undo: disable */
        PF_ACTION_START,  /* systemctl start; undo: stop */
        PF_ACTION_MOUNT,  /* an entry of fstab, by its mount point; undo: unmount */
} PfActionKind;
#define PF_N_ACTION_KINDS (PF_ACTION_MOUNT + 1)

const char *pf_action_to_string(PfActionKind kind); /* "reload" */

typedef struct PfAction {
        PfActionKind kind;
        char *subject; /* "ssh.service", "/data" */
} PfAction;

/* What a machine keeps beside files, of Windows. */
typedef enum PfSettingKind {
        PF_SETTING_REGISTRY,   /* a value of a key: "dword:00000001"; NULL: there is none */
        PF_SETTING_START_TYPE, /* of a service: "automatic", "demand", "disabled" … */
        PF_SETTING_SERVICE,    /* whether one runs: "running", "stopped" */
        PF_SETTING_FIREWALL,   /* a rule, as the registry has it: "v2.10|Action=Allow|…" */
} PfSettingKind;
#define PF_N_SETTING_KINDS (PF_SETTING_FIREWALL + 1)

const char *pf_setting_kind_to_string(PfSettingKind kind); /* "starttype" */

/* One that would be another. It is known by its kind, subject and name. */
typedef struct PfSetting {
        PfSettingKind kind;
        char *subject; /* the key, the service, the rule: "HKLM\SYSTEM\…", "Netlogon" */
        char *name;    /* of the value in the key; NULL of all others */
        char *value;   /* what it is to be; NULL: it is to be gone */
} PfSetting;

void pf_setting_deinit(PfSetting *setting);
int pf_setting_copy(const PfSetting *from, PfSetting *ret) PF_MUST_CHECK;
bool pf_setting_is_same(const PfSetting *a, const PfSetting *b); /* whatever its value */

/* For people: "HKLM\…\System, LocalAccountTokenFilterPolicy", "start type of VSS". */
#define PF_SETTING_SHOWN_MAX 1280
const char *pf_setting_show(const PfSetting *setting, char ret[static PF_SETTING_SHOWN_MAX]);

/* A file that would hold something else. */
typedef struct PfEdit {
        char *path;  /* as the machine names it; links are followed by who writes */
        char *bytes; /* what it is to hold; NULL: it is to be gone, or see spool */
        size_t n;
        char *spool;       /* instead of bytes: a file on the host that holds them, for what
                            * is too large for memory (an initramfs); removed with the edit */
        bool is_generated; /* nobody edits it by hand, and a tool writes it anew: grub.cfg */
        bool is_binary;    /* no diff is shown */
} PfEdit;

void pf_edit_deinit(PfEdit *edit);

/* A book of this name is none: the question is a path, the answer what a file there will
 * hold that nobody writes, as the kernel's table of mounts. */
#define PF_ASSUMPTION_FILE "file"

/* What an action will make the machine say: for the overlay, see pf_overlay_answer(). */
typedef struct PfAssumption {
        char *book;
        char *question;
        PfJson *answer;
} PfAssumption;

/* One way to make the check pass. All zero is empty. */
typedef struct PfCandidate {
        char *summary; /* one sentence without a full stop: what is changed */
        PfEdit *edits;
        size_t n_edits;
        PfSetting *settings; /* in the order in which they are made; undone in reverse */
        size_t n_settings;
        bool needs_consent; /* also where the check's remedy does not by itself */
        PfAction *actions;
        size_t n_actions;
        PfAssumption *assumptions;
        size_t n_assumptions;
} PfCandidate;

void pf_candidate_deinit(PfCandidate *candidate);
#define PF_AUTO_CANDIDATE PF_CLEANUP(pf_candidate_deinit)

/* What a remedy offers. All zero is empty: it knows no way, and says why. */
typedef struct PfProposal {
        PfCandidate *candidates; /* in the order in which they are to be tried */
        size_t n;
        char *refusal; /* why there is none, or no other: a sentence for people; or NULL */
} PfProposal;

void pf_proposal_deinit(PfProposal *proposal);
#define PF_AUTO_PROPOSAL PF_CLEANUP(pf_proposal_deinit)

/**
 * pf_proposal_add() - begin another candidate
 * @fmt:   its summary
 * Return: 0 or -ENOMEM; *@ret is valid until the next is added.
 */
int pf_proposal_add(PfProposal *proposal, PfCandidate **ret, const char *fmt, ...)
        PF_PRINTF(3, 4) PF_MUST_CHECK;

/* Why nothing (else) is offered; the first reason given stays. Return: 0 or -ENOMEM. */
int pf_proposal_refuse(PfProposal *proposal, const char *fmt, ...) PF_PRINTF(2, 3) PF_MUST_CHECK;

/**
 * pf_candidate_put() - the file at @path is to hold @n @bytes, which are copied
 * A file is named once in a candidate: the last bytes count.
 * Return: 0 or -ENOMEM; *@ret, which may be NULL, receives the edit.
 */
int pf_candidate_put(PfCandidate *candidate, const char *path, const void *bytes, size_t n,
                     PfEdit **ret) PF_MUST_CHECK;

/* What the file holds in this candidate so far, borrowed, or NULL: not touched yet. */
const PfEdit *pf_candidate_find(const PfCandidate *candidate, const char *path);

/**
 * pf_candidate_set() - a setting is to be @value; NULL: it is to be gone
 * @name: of a value in a key; NULL of the other kinds
 * What the probes will see then follows by itself: daemon/remedy/setting.h. One that is named
 * again gets the last value, and keeps its place.
 * Return: 0 or -ENOMEM.
 */
int pf_candidate_set(PfCandidate *candidate, PfSettingKind kind, const char *subject,
                     const char *name, const char *value) PF_MUST_CHECK;

/* Adds an action; one that is there already is not added again. */
int pf_candidate_act(PfCandidate *candidate, PfActionKind kind, const char *subject) PF_MUST_CHECK;

int pf_candidate_assume(PfCandidate *candidate, const char *book, const char *question,
                        PfJson *answer_take) PF_MUST_CHECK;

/* Whom a change is for, where it is for a while only. */
typedef struct PfLeaseScope {
        const char *account; /* never NULL */
        const char *source;  /* address or CIDR network; never NULL */
        uint64_t duration_usec;
} PfLeaseScope;

/*
 * The lines around what a lease puts into a file: each whole, at the beginning of its line.
 * No second one is opened while a block of one is there: it would close with the first.
 */
#define PF_LEASE_BEGIN "# preflightd: begin of a lease, which removes itself; see preflightctl(1)"
#define PF_LEASE_END "# preflightd: end of the lease"

/* What a remedy may look at. */
typedef struct PfRemedyRoom {
        const PfTarget *target; /* the machine, or what earlier edits of the plan make of it */
        const PfDemand *demand;
        const PfResult *result;    /* the check's answer, which does not pass */
        const PfLeaseScope *lease; /* NULL: for good */
        bool lease_is_begun;       /* the block that is there is of an earlier edit of the plan */
        const char *scratch;       /* a private directory on the host for PfEdit.spool, or NULL:
                                    * only what fits into memory can be offered */
} PfRemedyRoom;

typedef struct PfRemedy {
        const char *check; /* "ssh.sftp-subsystem"; how far it may go is in the catalogue */
        bool can_lease;
        const char *by_tool; /* NULL; or, of one that has a tool of the machine work for minutes,
                              * what it changes: without consent nobody has it propose that */
        const char *wont;    /* what it will not do, one sentence for the manual and `plan` */

        /**
         * propose() - offer candidates
         * @proposal: empty
         * Return: 0, also where there is none: then the proposal has a refusal.
         *         A negative errno with a text where it could not look.
         */
        int (*propose)(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err);
} PfRemedy;

/* Every remedy of this system, in the order of the report. */
extern const PfRemedy *const pf_remedies[];
extern const size_t pf_n_remedies;

const PfRemedy *pf_remedy_find(const char *check); /* NULL: there is none */
