/* SPDX-License-Identifier: MIT */
/*
 * Check boot.identity-resolves: does each identity that a start depends on belong
 * to exactly one device?
 */
#include "probes/boot/boot.h"

#include <string.h>

typedef struct Tally {
        size_t n_looked;
        size_t n_fatal;     /* without it the machine does not start */
        size_t n_slow;      /* without it the machine starts later */
        PfBlockState state; /* of the first, a fatal one before the others */
        bool unknown;
        char reason[PF_BLOCK_REASON_MAX];
} Tally;

static bool is_asked(const PfBootInventory *inventory, const PfBootStatement *statement) {
        if (!statement->counts || !statement->certain)
                return false;
        return statement->place == PF_BOOT_IN_INITRAMFS ||
               (statement->place == PF_BOOT_IN_ENTRY &&
                inventory->items[statement->i_item].live != PF_NO);
}

#define UUID_DIGITS 32

/* mdadm writes the UUID of an array in four groups; what is on its members is
 * printed in the groups of all others. */
static bool write_array_uuid(const char *identity, char uuid[static UUID_DIGITS + 16]) {
        static const size_t groups[] = { 8, 12, 16, 20 };
        size_t n = 0, to = (size_t) snprintf(uuid, UUID_DIGITS + 16, "UUID=");

        for (const char *p = identity + 5; *p; p++) {
                if (*p == ':' || *p == '-')
                        continue;
                if (n == UUID_DIGITS)
                        return false;
                for (size_t i = 0; i < PF_ELEMENTS(groups); i++)
                        if (groups[i] == n)
                                uuid[to++] = '-';
                uuid[to++] = *p;
                n++;
        }
        uuid[to] = '\0';
        return n == UUID_DIGITS;
}

/* What of an identity can be looked up. dracut takes the beginning of a UUID for
 * the whole: that is nobody's identity. */
static bool is_whole(const PfBootStatement *statement, const char **identity,
                     char uuid[static UUID_DIGITS + 16]) {
        *identity = statement->identity;
        if (pf_boot_classify_text(statement->kind, statement->identity) == PF_BOOT_CLASS_NONE)
                return false;
        if (statement->kind != PF_IDENTITY_UUID)
                return true;
        if (statement->role == PF_CMDLINE_ACTIVATE) {
                *identity = uuid;
                return write_array_uuid(statement->identity, uuid);
        }
        return statement->role != PF_CMDLINE_UNLOCK || strlen(statement->identity) >= 5 + 36;
}

static int look_up(const PfBootFacts *facts, const PfBootStatement *statement,
                   PfBlockResolution *ret) {
        char uuid[UUID_DIGITS + 16];
        const char *identity;

        ret->state = PF_BLOCK_NO_DEVICE;
        if (!is_whole(statement, &identity, uuid))
                return 0;
        return pf_block_graph_resolve(facts->graph, identity, ret);
}

/* Members of an array share its UUID: that is how they are found. */
static bool is_bad(const PfBootStatement *statement, const PfBlockResolution *resolution) {
        return resolution->state == PF_BLOCK_DANGLING ||
               (resolution->state == PF_BLOCK_DUPLICATE && statement->role != PF_CMDLINE_ACTIVATE);
}

static int count(const PfBootFacts *facts, Tally *tally) {
        int r = 0;

        for (size_t i = 0; i < facts->inventory.n_statements && r == 0; i++) {
                const PfBootStatement *statement = &facts->inventory.statements[i];
                PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
                bool is_slow = statement->role == PF_CMDLINE_RESUME ||
                               statement->place == PF_BOOT_IN_INITRAMFS;

                if (!is_asked(&facts->inventory, statement))
                        continue;
                r = look_up(facts, statement, &resolution);
                tally->n_looked += resolution.state != PF_BLOCK_NO_DEVICE;
                if (resolution.state == PF_BLOCK_UNKNOWN && !tally->unknown) {
                        tally->unknown = true;
                        memcpy(tally->reason, resolution.reason, sizeof(tally->reason));
                }
                if (r < 0 || !is_bad(statement, &resolution))
                        continue;
                if (tally->n_fatal == 0 && (!is_slow || tally->n_slow == 0))
                        tally->state = resolution.state;
                tally->n_fatal += !is_slow;
                tally->n_slow += is_slow;
        }
        return r;
}

static int add_evidence(const PfBootFacts *facts, PfReport *report) {
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < facts->inventory.n_statements && r == 0; i++) {
                const PfBootStatement *statement = &facts->inventory.statements[i];
                PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };

                if (!is_asked(&facts->inventory, statement))
                        continue;
                r = look_up(facts, statement, &resolution);
                if (r < 0 || !is_bad(statement, &resolution))
                        continue;
                if (n++ == PF_BOOT_EVIDENCE_MAX)
                        break;
                r = pf_boot_evidence(facts, report, statement,
                                     "what exactly one device of this machine has");
        }
        return r;
}

static int answer_bad(const PfBootFacts *facts, PfReport *report, const Tally *tally) {
        const char *what =
                tally->state == PF_BLOCK_DUPLICATE ? "several devices have it" : "no device has it";

        if (tally->n_fatal > 0)
                (void) pf_report_fail(report, &pf_boot_checks[PF_BOOT_RESOLVES],
                                      "the boot loader depends on an identity, and %s", what);
        else
                (void) pf_report_warn(report, &pf_boot_checks[PF_BOOT_RESOLVES],
                                      "the start waits for an identity, and %s", what);
        return add_evidence(facts, report);
}

int pf_boot_check_resolves(const PfBootFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_boot_checks[PF_BOOT_RESOLVES];
        const char *missing = pf_boot_what_is_missing(facts);
        Tally tally = { 0 };
        int r = count(facts, &tally);

        if (r < 0)
                return r;
        if (tally.n_fatal > 0)
                return answer_bad(facts, report, &tally);
        if (pf_boot_answer_nothing(facts, report, check))
                return report->error;
        if (missing)
                return pf_report_unknown(
                        report, check, "not all of the boot loader's files are known: %s", missing);
        if (tally.unknown)
                return pf_report_unknown(report, check,
                                         "what the boot loader names could not be looked up: %s",
                                         tally.reason);
        if (tally.n_slow > 0)
                return answer_bad(facts, report, &tally);
        return pf_report_pass(report, check,
                              tally.n_looked ? "everything that the boot loader names is there once"
                                             : "the boot loader names no device");
}
