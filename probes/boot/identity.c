/* SPDX-License-Identifier: MIT */
/*
 * How long a device's name holds, by its text and by what is on the machine; and
 * the checks of root= and resume= (error 95320), and of all identities.
 */
#include "probes/boot/boot.h"

#include <string.h>

static const char *const class_texts[] = {
        [PF_BOOT_CLASS_NONE] = "no device",
        [PF_BOOT_CLASS_STABLE] = "an identity",
        [PF_BOOT_CLASS_HYPERVISOR] = "a name that holds on this hypervisor only",
        [PF_BOOT_CLASS_DEVICE] = "a device name",
        [PF_BOOT_CLASS_DUPLICATE] = "an identity that several devices have",
        [PF_BOOT_CLASS_DANGLING] = "an identity that no device has",
        [PF_BOOT_CLASS_UNCERTAIN] = "a name that files do not tell",
};

const char *pf_boot_class_text(PfBootClass class) {
        return class_texts[class];
}

bool pf_boot_class_is_bad(PfBootClass class) {
        return class == PF_BOOT_CLASS_HYPERVISOR || class == PF_BOOT_CLASS_DEVICE ||
               class == PF_BOOT_CLASS_DUPLICATE || class == PF_BOOT_CLASS_DANGLING;
}

static const PfBootClass classes[PF_IDENTITY_KINDS] = {
        [PF_IDENTITY_NONE] = PF_BOOT_CLASS_NONE,
        [PF_IDENTITY_DEVICE] = PF_BOOT_CLASS_DEVICE,
        [PF_IDENTITY_UUID] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_PARTUUID] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_LABEL] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_PARTLABEL] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_BY_UUID_PATH] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_BY_ID_PATH] = PF_BOOT_CLASS_HYPERVISOR,
        [PF_IDENTITY_BY_PATH_PATH] = PF_BOOT_CLASS_HYPERVISOR,
        [PF_IDENTITY_BY_LABEL_PATH] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_BY_PARTUUID_PATH] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_BY_PARTLABEL_PATH] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_MAPPER] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_LVM] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_ZFS] = PF_BOOT_CLASS_STABLE,
        [PF_IDENTITY_NFS] = PF_BOOT_CLASS_NONE,
        [PF_IDENTITY_VARIABLE] = PF_BOOT_CLASS_UNCERTAIN,
        [PF_IDENTITY_DEVNUM] = PF_BOOT_CLASS_DEVICE,
        [PF_IDENTITY_PATH] = PF_BOOT_CLASS_NONE,
        [PF_IDENTITY_OTHER] = PF_BOOT_CLASS_NONE,
};

/* Links of udev in by-id that are made from what is written on the device. */
static const char *const written_ids[] = { "dm-name-",     "dm-uuid-LVM-", "dm-uuid-CRYPT-",
                                           "lvm-pv-uuid-", "md-name-",     "md-uuid-" };

/* A disk or partition without "/dev/", which older initramfs programs add. */
static bool is_bare_name(const char *text) {
        static const char *const prefixes[] = { "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md" };

        for (size_t i = 0; i < PF_ELEMENTS(prefixes); i++) {
                size_t n = strlen(prefixes[i]);
                bool numbered = i >= 4; /* these go on with a number, the others with a letter */

                if (strncmp(text, prefixes[i], n) != 0)
                        continue;
                text += n;
                n = numbered ? strspn(text, "0123456789")
                             : strspn(text, "abcdefghijklmnopqrstuvwxyz");
                return n > 0 && n < 4 && text[n + strspn(text + n, "0123456789np")] == '\0';
        }
        return false;
}

PfBootClass pf_boot_classify_text(PfIdentityKind kind, const char *identity) {
        const char *name = strrchr(identity, '/');

        for (size_t i = 0; kind == PF_IDENTITY_BY_ID_PATH && i < PF_ELEMENTS(written_ids); i++)
                if (strncmp(name + 1, written_ids[i], strlen(written_ids[i])) == 0)
                        return PF_BOOT_CLASS_STABLE;
        /* The pool that is found says which of its datasets is the root. */
        if (kind == PF_IDENTITY_ZFS && strlen(identity) >= 4 &&
            strcmp(identity + strlen(identity) - 4, "AUTO") == 0)
                return PF_BOOT_CLASS_NONE;
        if (kind == PF_IDENTITY_OTHER && is_bare_name(identity))
                return PF_BOOT_CLASS_DEVICE;
        /* A volume of ZFS, and a disk in memory that the loader fills. */
        if (kind == PF_IDENTITY_DEVICE &&
            (strncmp(identity, "/dev/zvol/", 10) == 0 || strcmp(identity, "/dev/ram0") == 0))
                return PF_BOOT_CLASS_STABLE;
        return classes[kind];
}

int pf_boot_classify(const PfBootFacts *facts, const PfBootStatement *statement, PfBootClass *ret) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        PfBootClass class = pf_boot_classify_text(statement->kind, statement->identity);
        int r;

        if (class == PF_BOOT_CLASS_STABLE && !statement->certain)
                class = PF_BOOT_CLASS_UNCERTAIN;
        *ret = class;
        if (class != PF_BOOT_CLASS_STABLE)
                return 0;
        r = pf_block_graph_resolve(facts->graph, statement->identity, &resolution);
        if (r < 0)
                return r;
        if (resolution.state == PF_BLOCK_DUPLICATE)
                *ret = PF_BOOT_CLASS_DUPLICATE;
        else if (resolution.state == PF_BLOCK_DANGLING)
                *ret = PF_BOOT_CLASS_DANGLING;
        return 0;
}

/* Where a bad name does harm. */
typedef enum Where {
        WHERE_BOOTS,     /* in what the machine starts, or may */
        WHERE_GENERATES, /* in what that is generated from */
        WHERE_IDLE,      /* in a file that the machine does not start from */
        N_WHERES,
} Where;

typedef struct Tally {
        PfCmdlineRole role;
        const char *what; /* "root" */
        size_t n_bad[N_WHERES];
        size_t n_fatal[N_WHERES]; /* of these; the others cost time only */
        size_t n_uncertain;
        size_t n_named;              /* in what the machine starts */
        bool by_next;                /* in what it starts if nobody chooses */
        PfBootClass class[N_WHERES]; /* of the first */
} Tally;

/* Settings of GRUB mean nothing where another loader has taken its place. */
static bool is_used(const PfBootInventory *inventory, const PfBootStatement *statement) {
        bool is_grub = strncmp(statement->path, "/etc/default/", 13) == 0;

        for (size_t i = 0; i < inventory->n_loaders && is_grub; i++)
                if (inventory->loaders[i].format == PF_BOOT_GRUB)
                        return true;
        return !is_grub || inventory->n_loaders == 0;
}

bool pf_boot_is_idle(const PfBootInventory *inventory, const PfBootStatement *statement) {
        if (statement->place == PF_BOOT_IN_SETTING)
                return !is_used(inventory, statement);
        return statement->place == PF_BOOT_IN_ENTRY &&
               inventory->items[statement->i_item].live == PF_NO;
}

static Where where_is(const PfBootInventory *inventory, const PfBootStatement *statement) {
        if (pf_boot_is_idle(inventory, statement))
                return WHERE_IDLE;
        return statement->place == PF_BOOT_IN_SETTING ? WHERE_GENERATES : WHERE_BOOTS;
}

static bool is_asked(const Tally *tally, const PfBootStatement *statement) {
        return statement->role == tally->role && statement->counts &&
               (statement->place == PF_BOOT_IN_ENTRY || statement->place == PF_BOOT_IN_SETTING ||
                statement->place == PF_BOOT_IN_INITRAMFS);
}

/* Does it stand in the entry that starts if nobody chooses another one? */
static bool is_next(const PfBootInventory *inventory, const PfBootStatement *statement) {
        return statement->place == PF_BOOT_IN_ENTRY &&
               &inventory->items[statement->i_item] == pf_boot_inventory_next(inventory);
}

static int count(const PfBootFacts *facts, Tally *tally) {
        int r = 0;

        for (size_t i = 0; i < facts->inventory.n_statements && r == 0; i++) {
                const PfBootStatement *statement = &facts->inventory.statements[i];
                Where where;
                PfBootClass class;

                if (!is_asked(tally, statement))
                        continue;
                where = where_is(&facts->inventory, statement);
                r = pf_boot_classify(facts, statement, &class);
                tally->n_named += where == WHERE_BOOTS && class != PF_BOOT_CLASS_NONE;
                tally->by_next = tally->by_next || (class != PF_BOOT_CLASS_NONE &&
                                                    is_next(&facts->inventory, statement));
                tally->n_uncertain += where == WHERE_BOOTS && class == PF_BOOT_CLASS_UNCERTAIN;
                if (!pf_boot_class_is_bad(class))
                        continue;
                /* A system that is not found to resume from starts all the same, later. */
                tally->n_fatal[where] += tally->role == PF_CMDLINE_ROOT ||
                                         class == PF_BOOT_CLASS_DEVICE ||
                                         class == PF_BOOT_CLASS_HYPERVISOR;
                if (tally->n_bad[where]++ == 0)
                        tally->class[where] = class;
        }
        return r;
}

static const char *expected_form(const Tally *tally) {
        return tally->role == PF_CMDLINE_ROOT ? "root=UUID=…" : "resume=UUID=…, or noresume";
}

/* The lines at fault: those of one place, or what is uncertain. */
static int add_evidence(const PfBootFacts *facts, PfReport *report, const Tally *tally, int where) {
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < facts->inventory.n_statements && r == 0; i++) {
                const PfBootStatement *statement = &facts->inventory.statements[i];
                PfBootClass class;

                if (!is_asked(tally, statement))
                        continue;
                r = pf_boot_classify(facts, statement, &class);
                if (r < 0 || n == PF_BOOT_EVIDENCE_MAX)
                        break;
                if (where == N_WHERES
                            ? class != PF_BOOT_CLASS_UNCERTAIN
                            : !pf_boot_class_is_bad(class) ||
                                      where != (int) where_is(&facts->inventory, statement))
                        continue;
                r = pf_boot_evidence(facts, report, statement, expected_form(tally));
                n++;
        }
        return r;
}

static PfVendorAnswer vendor_answer(const PfBootFacts *facts, const Tally *tally) {
        return tally->role == PF_CMDLINE_ROOT ? facts->vendor.root : facts->vendor.resume;
}

/* It looks at one file, and not at what that file means. */
static void add_vendor_accepts(const PfBootFacts *facts, PfReport *report, const Tally *tally) {
        if (vendor_answer(facts, tally) != PF_VENDOR_ACCEPTS)
                return;
        if (facts->vendor.path)
                (void) pf_report_vendor_verdict(
                        report,
                        "accepted: it reads %s alone, and finds no %s=/dev/… on a line there",
                        facts->vendor.path, tally->what);
        else
                (void) pf_report_vendor_verdict(
                        report, "accepted: none of the files that it reads is there");
}

static int answer_bad(const PfBootFacts *facts, PfReport *report, const PfCheck *check,
                      const Tally *tally, Where where) {
        static const char *const places[N_WHERES] = {
                [WHERE_BOOTS] = "what boots",
                [WHERE_GENERATES] = "what the boot files are generated from next time",
                [WHERE_IDLE] = "a file that this machine does not start from",
        };
        const char *text = pf_boot_class_text(tally->class[where]);
        size_t n = tally->n_bad[where];

        if (where == WHERE_IDLE || tally->n_fatal[where] == 0)
                (void) pf_report_warn(report, check, "%s= is %s in %s", tally->what, text,
                                      places[where]);
        else if (n == 1)
                (void) pf_report_fail(report, check, "%s= is %s in %s", tally->what, text,
                                      places[where]);
        else
                (void) pf_report_fail(report, check, "%s= is %s in %s, in %zu places", tally->what,
                                      text, places[where], n);
        (void) add_evidence(facts, report, tally, (int) where);
        if (where == WHERE_IDLE) {
                if (vendor_answer(facts, tally) == PF_VENDOR_REFUSES)
                        (void) pf_report_vendor_verdict(report,
                                                        "refused: it reads %s, whether or not the "
                                                        "machine starts from it",
                                                        facts->vendor.path);
                return report->error;
        }
        if (tally->n_fatal[where] > 0)
                add_vendor_accepts(facts, report, tally);
        return pf_report_remedy(report, "write %s in its place, and generate the boot files anew",
                                expected_form(tally));
}

/* Nothing is wrong with it, and the vendor's check refuses all the same. */
static bool answer_refused(const PfBootFacts *facts, PfReport *report, const PfCheck *check,
                           const Tally *tally) {
        unsigned line = tally->role == PF_CMDLINE_ROOT ? facts->vendor.root_line
                                                       : facts->vendor.resume_line;

        if (vendor_answer(facts, tally) != PF_VENDOR_REFUSES)
                return false;
        (void) pf_report_warn(report, check,
                              "%s= would be found in Azure, but the agent's own check refuses how "
                              "it is written",
                              tally->what);
        (void) pf_report_evidence(report, facts->target, facts->vendor.path, line, NULL,
                                  expected_form(tally));
        (void) pf_report_vendor_verdict(
                report, "refused: of what begins with /dev/ it takes by-uuid, by-label, and "
                        "volumes of LVM");
        return true;
}

/* Without root= an initramfs asks at the console, or looks for a partition by its type. */
static bool answer_unnamed(const PfBootFacts *facts, PfReport *report, const PfCheck *check,
                           const Tally *tally) {
        const PfBootItem *next = pf_boot_inventory_next(&facts->inventory);

        if (tally->role != PF_CMDLINE_ROOT || (tally->n_named > 0 && tally->by_next))
                return false;
        if (tally->n_named == 0) {
                (void) pf_report_unknown(report, check,
                                         "no entry of the boot loader names the root file system");
                return true;
        }
        if (!next || !next->kernel)
                return false;
        (void) pf_report_unknown(report, check,
                                 "the entry that starts next names no root file system");
        (void) pf_report_evidence(report, facts->target, next->path, next->line, NULL,
                                  expected_form(tally));
        return true;
}

static int answer_good(const PfBootFacts *facts, PfReport *report, const PfCheck *check,
                       const Tally *tally) {
        const char *missing = pf_boot_what_is_missing(facts);

        if (tally->n_uncertain > 0) {
                (void) pf_report_unknown(report, check,
                                         "what %s= is cannot be told from the boot loader's files",
                                         tally->what);
                return add_evidence(facts, report, tally, N_WHERES);
        }
        if (missing)
                return pf_report_unknown(report, check,
                                         "not all of the boot loader's files are "
                                         "known: %s",
                                         missing);
        if (answer_unnamed(facts, report, check, tally) ||
            answer_refused(facts, report, check, tally))
                return report->error;
        if (tally->n_named > 0)
                return pf_report_pass(report, check, "%s= is an identity wherever it stands",
                                      tally->what);
        return pf_report_pass(report, check, "no device to resume from is named");
}

static int check(const PfBootFacts *facts, PfReport *report, PfBootCheck id, PfCmdlineRole role,
                 const char *what) {
        Tally tally = { .role = role, .what = what };
        int r = count(facts, &tally);

        if (r < 0)
                return r;
        for (Where i = 0; i < WHERE_IDLE; i++)
                if (tally.n_bad[i] > 0)
                        return answer_bad(facts, report, &pf_boot_checks[id], &tally, i);
        if (pf_boot_answer_nothing(facts, report, &pf_boot_checks[id]))
                return report->error;
        if (tally.n_bad[WHERE_IDLE] > 0 && tally.n_uncertain == 0 &&
            !pf_boot_what_is_missing(facts))
                return answer_bad(facts, report, &pf_boot_checks[id], &tally, WHERE_IDLE);
        return answer_good(facts, report, &pf_boot_checks[id], &tally);
}

int pf_boot_check_root(const PfBootFacts *facts, PfReport *report) {
        return check(facts, report, PF_BOOT_ROOT, PF_CMDLINE_ROOT, "root");
}

int pf_boot_check_resume(const PfBootFacts *facts, PfReport *report) {
        return check(facts, report, PF_BOOT_RESUME, PF_CMDLINE_RESUME, "resume");
}
