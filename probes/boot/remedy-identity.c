/* SPDX-License-Identifier: MIT */
/*
 * Remedies of boot.root-identity and boot.resume-identity: the name of a device
 * becomes the identity of the device that has the name, in every file that says
 * so: what boots, so that the next start works, and what that is generated from, so
 * that it stays so. Nothing is generated anew: that runs dozens of programs, and
 * changes what nobody asked for.
 */
#include "probes/block/graph-internal.h"
#include "probes/boot/edit.h"
#include "probes/boot/remedy-proof.h"
#include "probes/remedy.h"

#include <string.h>

#define FILE_MAX_BYTES (4u << 20)
#define SWAPS_MAX 64
#define PLACES_MAX 4096

/* A file that holds a name, and which. */
typedef struct Place {
        const char *path;
        PfBootSyntax syntax;
        unsigned line;
        const char *identity; /* that must be found there; NULL: of a switch of grub-mkconfig */
} Place;

typedef struct Work {
        const PfRemedyRoom *room;
        const PfBootFacts *facts;
        const PfBootWitness *witness;
        PfCmdlineRole role;
        const char *name; /* "root" */
        PfBootSwap swaps[SWAPS_MAX];
        size_t n_swaps;
        Place *places;
        size_t n_places;
        PfStrv texts;     /* of the swaps */
        PfProposal draft; /* one candidate, once there are edits */
        PfProposal *proposal;
} Work;

static void work_deinit(Work *work) {
        free(work->places);
        pf_strv_deinit(&work->texts);
        pf_proposal_deinit(&work->draft);
}

/* Positive outcome: there will be no candidate, and the proposal says why. */
enum { REFUSED = 1 };

static int refuse(Work *work, const PfBootStatement *statement, const char *why) {
        int r = pf_proposal_refuse(work->proposal, "%s:%u: %s stays as it is: %s", statement->path,
                                   statement->line, statement->found, why);

        return r < 0 ? r : REFUSED;
}

/* --- where it stands --- */

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), n_end = strlen(end);

        return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

static const PfBootLoader *find_loader(const PfBootInventory *inventory,
                                       const PfBootStatement *statement) {
        if (statement->i_item != PF_BOOT_NO_ITEM)
                return &inventory->loaders[inventory->items[statement->i_item].i_loader];
        for (size_t i = 0; i < inventory->n_loaders; i++)
                if (strcmp(inventory->loaders[i].path, statement->path) == 0)
                        return &inventory->loaders[i];
        return NULL;
}

/* How the file is written; false: nobody edits it. */
static bool find_syntax(const PfBootInventory *inventory, const PfBootStatement *statement,
                        PfBootSyntax *ret) {
        static const PfBootSyntax by_format[PF_BOOT_FORMATS] = {
                [PF_BOOT_GRUB] = PF_BOOT_SYNTAX_GRUB,
                [PF_BOOT_MENU_LST] = PF_BOOT_SYNTAX_MENU_LST,
                [PF_BOOT_BLS] = PF_BOOT_SYNTAX_BLS,
                [PF_BOOT_SYSTEMD_BOOT] = PF_BOOT_SYNTAX_BLS,
                [PF_BOOT_EXTLINUX] = PF_BOOT_SYNTAX_EXTLINUX,
        };
        const PfBootLoader *loader = find_loader(inventory, statement);
        const char *path = statement->path;

        if (ends_with(path, "/grubenv"))
                *ret = PF_BOOT_SYNTAX_GRUBENV;
        else if (strncmp(path, "/etc/default/", 13) == 0)
                *ret = PF_BOOT_SYNTAX_SHELL;
        else if (ends_with(path, "/kernel/cmdline"))
                *ret = PF_BOOT_SYNTAX_CMDLINE;
        else if (!loader || loader->format == PF_BOOT_UKI)
                return false;
        else
                /* What a variable of GRUB holds stands in GRUB's own file. */
                *ret = loader->format == PF_BOOT_BLS && !ends_with(path, ".conf")
                               ? PF_BOOT_SYNTAX_GRUB
                               : by_format[loader->format];
        return *path == '/';
}

static int add_place(Work *work, const Place *place) {
        int r = pf_boot_grow((void **) &work->places, work->n_places, sizeof(*place), PLACES_MAX);

        if (r == 0)
                work->places[work->n_places++] = *place;
        return r;
}

/* --- what it becomes --- */

static int add_swap(Work *work, PfBootSwapKind kind, const char *name, const char *from,
                    const char *to) {
        if (work->n_swaps == SWAPS_MAX)
                return -E2BIG;
        work->swaps[work->n_swaps++] =
                (PfBootSwap){ .kind = kind, .name = name, .from = from, .to = to };
        return 0;
}

static const PfBootSwap *find_swap(const Work *work, const char *identity) {
        for (size_t i = 0; i < work->n_swaps; i++)
                if (work->swaps[i].kind == PF_BOOT_SWAP_ARGUMENT &&
                    strcmp(work->swaps[i].from, identity) == 0)
                        return &work->swaps[i];
        return NULL;
}

static bool has_verb(const PfBootCommands *commands, PfBootVerb verb) {
        for (size_t i = 0; i < commands->n; i++)
                if (commands->items[i].verb == verb && commands->items[i].when != PF_BOOT_NEVER)
                        return true;
        return false;
}

/* Does the system sleep into a file, which stands at an offset of the device? */
static bool has_offset(const PfBootInventory *inventory, const PfBootStatement *statement) {
        const PfBootCommand *kernel = statement->i_item == PF_BOOT_NO_ITEM
                                              ? NULL
                                              : inventory->items[statement->i_item].kernel;

        for (size_t i = 0; kernel && i < kernel->expanded.n; i++)
                if (strstr(kernel->expanded.items[i].text, "resume_offset="))
                        return true;
        for (size_t i = 0; !kernel && i < inventory->grub.n; i++)
                if (strstr(inventory->grub.items[i].value, "resume_offset="))
                        return true;
        return false;
}

/* All that the statements with this name say of it. */
static PfBootClaim make_claim(const Work *work, const char *identity) {
        const PfBootInventory *inventory = &work->facts->inventory;
        PfBootClaim claim = { .identity = identity, .is_swap = work->role == PF_CMDLINE_RESUME };

        for (size_t i = 0; i < inventory->n_statements; i++) {
                const PfBootStatement *statement = &inventory->statements[i];

                if (statement->role != work->role || strcmp(statement->identity, identity) != 0)
                        continue;
                if (work->role == PF_CMDLINE_ROOT)
                        claim.is_root =
                                claim.is_root || pf_boot_is_of_this_system(inventory, statement);
                else if (has_offset(inventory, statement))
                        claim.is_swap = false;
                if (statement->place == PF_BOOT_IN_ENTRY &&
                    !has_verb(inventory->items[statement->i_item].commands, PF_BOOT_INITRD))
                        claim.by_kernel = true;
        }
        return claim;
}

/* A variable that is nothing but a device: "linux … root=$device". */
static int add_variables(Work *work, const PfBootSwap *swap) {
        const PfBootInventory *inventory = &work->facts->inventory;
        size_t n = strlen(work->name);
        int r = 0;

        for (size_t i = 0; i < inventory->n_items && r == 0; i++) {
                const PfBootCommand *kernel = inventory->items[i].kernel;

                for (size_t j = 0; kernel && j < kernel->written.n && r == 0; j++) {
                        const char *text = kernel->written.items[j].text;
                        size_t length = strlen(text);
                        const char *name;

                        if (length < n + 5 || strncmp(text, work->name, n) != 0 ||
                            strncmp(text + n, "=${", 3) != 0 ||
                            strchr(text, '}') != text + length - 1)
                                continue;
                        r = pf_strv_add_n(&work->texts, text + n + 3, length - n - 4);
                        name = r == 0 ? work->texts.items[work->texts.n - 1] : NULL;
                        if (r == 0)
                                r = add_swap(work, PF_BOOT_SWAP_VARIABLE, name, swap->from,
                                             swap->to);
                }
        }
        return r;
}

/* The swap of a name, if it can be proven. Return: 0, PF_BOOT_UNPROVEN, a negative errno. */
static int make_swap(Work *work, const char *identity, char reason[static PF_BLOCK_REASON_MAX]) {
        const PfBootClaim claim = make_claim(work, identity);
        PF_AUTO_FREE char *to = NULL;
        int r;

        if (find_swap(work, identity))
                return 0;
        r = pf_boot_prove(work->witness, &claim, &to, reason);
        if (r == 0)
                r = pf_strv_add(&work->texts, to);
        if (r == 0)
                r = add_swap(work, PF_BOOT_SWAP_ARGUMENT, work->name, identity,
                             work->texts.items[work->texts.n - 1]);
        return r != 0 ? r : add_variables(work, &work->swaps[work->n_swaps - 1]);
}

/* --- statements --- */

static int take_statement(Work *work, const PfBootStatement *statement, PfBootClass class) {
        char reason[PF_BLOCK_REASON_MAX] = "";
        Place place = { .path = statement->path,
                        .line = statement->line,
                        .identity = statement->identity };
        int r = PF_BOOT_UNPROVEN;

        if (statement->place == PF_BOOT_IN_INITRAMFS)
                pf_block_because(reason, "it is part of the initramfs, which must be generated "
                                         "anew once it is corrected");
        else if (class == PF_BOOT_CLASS_DUPLICATE || class == PF_BOOT_CLASS_DANGLING)
                pf_block_because(reason, "it is %s, and nothing tells which one is meant",
                                 pf_boot_class_text(class));
        else if (!find_syntax(&work->facts->inventory, statement, &place.syntax))
                pf_block_because(reason, "it is part of a program that is signed as a whole");
        else
                r = make_swap(work, statement->identity, reason);
        if (r == 0)
                return add_place(work, &place);
        if (r < 0 || !statement->counts || pf_boot_is_idle(&work->facts->inventory, statement))
                return r < 0 ? r : 0;
        return refuse(work, statement, reason);
}

/* The agent's own check takes less than would be found: it looks at every word of one file,
 * whether or not it counts, and at how it is written. */
static bool is_refused_by_vendor(const Work *work, const PfBootStatement *statement) {
        const PfBootVendor *vendor = &work->facts->vendor;
        PfVendorAnswer answer = work->role == PF_CMDLINE_ROOT ? vendor->root : vendor->resume;

        return answer == PF_VENDOR_REFUSES && strcmp(statement->path, vendor->path) == 0 &&
               strncmp(statement->identity, "/dev/", 5) == 0 &&
               statement->kind != PF_IDENTITY_BY_UUID_PATH &&
               statement->kind != PF_IDENTITY_BY_LABEL_PATH &&
               statement->kind != PF_IDENTITY_MAPPER && statement->kind != PF_IDENTITY_LVM;
}

static int take_statements(Work *work) {
        const PfBootInventory *inventory = &work->facts->inventory;
        int r = 0;

        for (size_t i = 0; i < inventory->n_statements && r == 0; i++) {
                const PfBootStatement *statement = &inventory->statements[i];
                PfBootClass class;

                if (statement->role != work->role || statement->place > PF_BOOT_IN_INITRAMFS)
                        continue;
                r = pf_boot_classify(work->facts, statement, &class);
                if (r == 0 && ((statement->counts && pf_boot_class_is_bad(class)) ||
                               is_refused_by_vendor(work, statement)))
                        r = take_statement(work, statement, class);
        }
        return r;
}

/* Where these are "true", grub-mkconfig writes names of devices. */
static const char *const switches[] = { "GRUB_DISABLE_LINUX_UUID", "GRUB_DISABLE_UUID" };

static int take_switches(Work *work) {
        const PfBootSettings *settings = &work->facts->inventory.grub;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(switches) && r == 0; i++) {
                const PfBootSetting *setting = pf_boot_settings_find(settings, switches[i]);

                if (work->role != PF_CMDLINE_ROOT || !setting || !setting->certain ||
                    strcmp(setting->value, "true") != 0)
                        continue;
                r = add_swap(work, PF_BOOT_SWAP_VARIABLE, switches[i], "true", "false");
                if (r == 0)
                        r = add_place(work, &(Place){ .path = setting->path,
                                                      .syntax = PF_BOOT_SYNTAX_SHELL,
                                                      .line = setting->line });
        }
        return r;
}

/* --- files --- */

/* Was the name replaced in the file that was edited last? */
static bool was_found(const Work *work, const char *identity) {
        for (size_t i = 0; i < work->n_swaps; i++)
                if (strcmp(work->swaps[i].from, identity) == 0 && work->swaps[i].n > 0)
                        return true;
        return false;
}

static int check_places(Work *work, const char *path) {
        for (size_t i = 0; i < work->n_places; i++) {
                const Place *place = &work->places[i];

                if (strcmp(place->path, path) != 0 || !place->identity ||
                    was_found(work, place->identity))
                        continue;
                return pf_proposal_refuse(work->proposal,
                                          "%s:%u: %s= is put together from parts there, which "
                                          "only a person can change",
                                          path, place->line, work->name) < 0
                               ? -ENOMEM
                               : REFUSED;
        }
        return 0;
}

static int edit_file(Work *work, const Place *place, PfErr *err) {
        PF_AUTO_BUF PfBuf before = PF_BUF_INIT(FILE_MAX_BYTES);
        PF_AUTO_BUF PfBuf after = PF_BUF_INIT(2 * FILE_MAX_BYTES);
        PfCandidate *candidate = &work->draft.candidates[0];
        PfEdit *edit;
        int r = pf_target_read(work->room->target, place->path, FILE_MAX_BYTES, &before, err);

        if (r == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "%s: went away while it was read", place->path);
        for (size_t i = 0; i < work->n_swaps; i++)
                work->swaps[i].n = 0;
        if (r == 0)
                r = pf_boot_edit(place->syntax, before.data ? before.data : "", before.n,
                                 work->swaps, work->n_swaps, &after);
        if (r == PF_BOOT_EDIT_FULL)
                return pf_proposal_refuse(work->proposal, "%s has no room for an identity",
                                          place->path) < 0
                               ? -ENOMEM
                               : REFUSED;
        if (r == 0)
                r = check_places(work, place->path);
        if (r == 0)
                r = pf_candidate_put(candidate, place->path, after.data, after.n, &edit);
        if (r == 0)
                edit->is_generated = ends_with(place->path, "/grub.cfg");
        return r;
}

static int make_candidate(Work *work, PfErr *err) {
        const PfBootSwap *first = &work->swaps[0];
        PfCandidate *candidate;
        int r = pf_proposal_add(&work->draft, &candidate, "%s=%s in place of %s", work->name,
                                first->to, first->from);

        for (size_t i = 0; i < work->n_places && r == 0; i++)
                if (!pf_candidate_find(candidate, work->places[i].path))
                        r = edit_file(work, &work->places[i], err);
        return r;
}

static int run(Work *work, PfErr *err) {
        int r = take_statements(work);

        if (r == 0 && work->n_swaps == 0)
                return pf_proposal_refuse(work->proposal,
                                          "no %s= names a device that could be told from others",
                                          work->name);
        if (r == 0)
                r = take_switches(work);
        if (r == 0)
                r = make_candidate(work, err);
        if (r != 0)
                return r == REFUSED ? 0 : r;
        work->proposal->candidates = PF_STEAL(work->draft.candidates);
        work->proposal->n = work->draft.n;
        work->draft.n = 0;
        return 0;
}

static int propose(const PfRemedyRoom *room, PfCmdlineRole role, const char *name,
                   PfProposal *proposal, PfErr *err) {
        PF_AUTO_BOOT_FACTS PfBootFacts facts = { 0 };
        PF_AUTO_BOOT_WITNESS PfBootWitness witness = { 0 };
        PF_CLEANUP(work_deinit)
        Work work = { .room = room,
                      .facts = &facts,
                      .witness = &witness,
                      .role = role,
                      .name = name,
                      .proposal = proposal };
        int r = pf_boot_facts_load(room->target, &facts, err);

        if (r == 0)
                r = pf_boot_witness_load(&facts, NULL, &witness, err);
        if (r == 0)
                r = run(&work, err);
        return r == -E2BIG ? pf_err_set(err, r, "devices are named in too many places") : r;
}

static int propose_root(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return propose(room, PF_CMDLINE_ROOT, "root", proposal, err);
}

static int propose_resume(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return propose(room, PF_CMDLINE_RESUME, "resume", proposal, err);
}

const PfRemedy pf_remedy_root_identity = {
        .check = "boot.root-identity",
        .wont = "It changes no name whose device it cannot prove, no identity that several devices "
                "have, and no kernel image that holds its own command line",
        .propose = propose_root,
};

const PfRemedy pf_remedy_resume_identity = {
        .check = "boot.resume-identity",
        .wont = "It changes no name whose device it cannot prove, and nothing that is part of an "
                "initramfs",
        .propose = propose_resume,
};
