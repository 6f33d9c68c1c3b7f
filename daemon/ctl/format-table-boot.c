/* SPDX-License-Identifier: MIT */
/*
 * The boot loaders of a machine for people: each entry with the devices that it
 * names, what they are here, and whether those names hold. Entries of a loader
 * stand below its file.
 */
#include "daemon/ctl/format-table.h"

#include <string.h>

#define LABEL_COLUMN 6
#define VALUE_COLUMN 16

typedef struct Role {
        const char *key;
        const char *label;
} Role;

static const Role roles[] = { { "root", "root" }, { "resume", "resume" } };

static bool is_true(const PfJson *object, const char *key) {
        return pf_json_bool(pf_json_get(object, key));
}

static bool is_text(const PfJson *object, const char *key, const char *text) {
        const char *found = pf_json_get_string(object, key);

        return found && strcmp(found, text) == 0;
}

static void begin_labelled(PfPage *page, const char *label) {
        pf_page_begin(page, LABEL_COLUMN, VALUE_COLUMN);
        pf_page_word(page, PF_COLOUR_DIM, label);
        pf_page_column(page, VALUE_COLUMN);
}

/* The disks that a device lies on, unless its name tells. */
static void show_disks(PfPage *page, const char *device, const PfJson *disks) {
        const char *disk = pf_json_string(pf_json_at(disks, 0));
        size_t n = pf_json_length(disks);

        if (!disk || (n == 1 && strncmp(device, "/dev/", 5) == 0 &&
                      strncmp(device + 5, disk, strlen(disk)) == 0))
                return;
        for (size_t i = 0; i < n; i++) {
                pf_page_text(page, PF_COLOUR_DIM, i == 0 ? " (" : ", ");
                pf_page_text(page, PF_COLOUR_DIM, pf_json_string(pf_json_at(disks, i)));
        }
        pf_page_text(page, PF_COLOUR_DIM, ")");
}

/* What the name is here; a name that is the device's own says so itself. */
static void show_device(PfPage *page, const PfJson *identity) {
        const char *device = pf_json_get_string(identity, "resolvesTo");

        if (device) {
                if (!is_text(identity, "text", device)) {
                        pf_page_say(page, PF_COLOUR_DIM, " is ");
                        pf_page_text(page, PF_COLOUR_NONE, device);
                }
                show_disks(page, device, pf_json_get(identity, "disks"));
        } else if (is_text(identity, "state", "dangling")) {
                pf_page_say(page, PF_COLOUR_RED, " is nothing here");
        } else if (is_text(identity, "state", "unknown")) {
                pf_page_say(page, PF_COLOUR_DIM, " is not known here");
        }
}

static void show_identity(PfPage *page, const char *label, const PfJson *identity) {
        bool counts = is_true(identity, "counts"), bad = is_true(identity, "bad");

        begin_labelled(page, label);
        pf_page_text(page, bad && counts ? PF_COLOUR_RED : PF_COLOUR_BOLD,
                     pf_table_string(identity, "text", ""));
        show_device(page, identity);
        if (bad) {
                pf_page_text(page, counts ? PF_COLOUR_RED : PF_COLOUR_DIM, ": ");
                pf_page_sentence(page, counts ? PF_COLOUR_RED : PF_COLOUR_DIM,
                                 pf_table_string(identity, "class", ""));
        }
        if (!counts)
                pf_page_say(page, PF_COLOUR_DIM, " (a later one takes its place)");
        pf_page_end(page);
}

static void show_identities(PfPage *page, const PfJson *object) {
        for (size_t i = 0; i < PF_ELEMENTS(roles); i++) {
                const PfJson *list = pf_json_get(object, roles[i].key);

                for (size_t j = 0; j < pf_json_length(list); j++)
                        show_identity(page, roles[i].label, pf_json_at(list, j));
        }
}

static void show_text(PfPage *page, const char *label, const char *text) {
        if (!text)
                return;
        begin_labelled(page, label);
        pf_page_text(page, PF_COLOUR_NONE, text);
        pf_page_end(page);
}

/* The images that are loaded together. */
static void show_images(PfPage *page, const PfJson *images) {
        size_t n = pf_json_length(images);

        if (n == 0)
                return;
        begin_labelled(page, "initrd");
        for (size_t i = 0; i < n; i++) {
                pf_page_text(page, PF_COLOUR_NONE, i > 0 ? " " : "");
                pf_page_text(page, PF_COLOUR_NONE, pf_json_string(pf_json_at(images, i)));
        }
        pf_page_end(page);
}

/* Its title, and beside it what is special about it. */
static void show_title(PfPage *page, const PfJson *entry) {
        bool withheld = is_true(entry, "withheld");

        pf_page_begin(page, 2, 4);
        if (withheld)
                pf_page_say(page, PF_COLOUR_DIM, "(only root and group preflightd may see it)");
        else if (pf_json_get_string(entry, "title"))
                pf_page_text(page, PF_COLOUR_BOLD, pf_json_get_string(entry, "title"));
        else
                pf_page_say(page, PF_COLOUR_BOLD, "(outside of entries)");
        if (is_true(entry, "next"))
                pf_page_say(page, PF_COLOUR_GREEN, "  starts next");
        if (is_true(entry, "running"))
                pf_page_say(page, PF_COLOUR_CYAN, "  running");
        pf_page_text(page, PF_COLOUR_DIM, "  # ");
        pf_table_place(page, entry);
        pf_page_end(page);
}

static void show_entry(PfPage *page, const PfJson *entry, const PfShow *show) {
        show_title(page, entry);
        if (!show->quiet) {
                show_text(page, "kernel", pf_json_get_string(entry, "kernel"));
                show_images(page, pf_json_get(entry, "initrd"));
        }
        show_identities(page, entry);
}

static void show_loader(PfPage *page, const PfJson *loader) {
        pf_table_heading(page, pf_table_string(loader, "path", ""));
        pf_page_begin(page, 2, 4);
        pf_page_text(page, PF_COLOUR_DIM, pf_table_string(loader, "format", ""));
        if (is_text(loader, "live", "no"))
                pf_page_say(page, PF_COLOUR_YELLOW, ", this machine does not start from it");
        else if (is_text(loader, "live", "yes"))
                pf_page_say(page, PF_COLOUR_GREEN, ", this machine starts from it");
        else
                pf_page_say(page, PF_COLOUR_DIM,
                            ", whether this machine starts from it is not "
                            "known");
        if (pf_json_get_string(loader, "why")) {
                pf_page_text(page, PF_COLOUR_DIM, ": ");
                pf_page_sentence(page, PF_COLOUR_DIM, pf_json_get_string(loader, "why"));
        }
        pf_page_end(page);
        if (!pf_json_get_string(loader, "problem"))
                return;
        pf_page_begin(page, 2, 4);
        pf_page_sentence(page, PF_COLOUR_RED, pf_json_get_string(loader, "problem"));
        pf_page_end(page);
}

typedef struct Variables {
        PfPage *page;
        const PfJson *uncertain; /* names of those whose value a file alone does not tell */
} Variables;

static bool is_uncertain(const Variables *variables, const char *name) {
        for (size_t i = 0; i < pf_json_length(variables->uncertain); i++)
                if (strcmp(pf_json_string(pf_json_at(variables->uncertain, i)), name) == 0)
                        return true;
        return false;
}

static int show_variable(const char *name, PfJson *value, void *data) {
        const Variables *variables = data;
        PfPage *page = variables->page;

        pf_page_begin(page, 2, 4);
        pf_page_word(page, PF_COLOUR_NONE, name);
        pf_page_text(page, PF_COLOUR_DIM, "=");
        pf_page_text(page, PF_COLOUR_NONE, pf_json_string(value) ? pf_json_string(value) : "");
        if (is_uncertain(variables, name))
                pf_page_say(page, PF_COLOUR_DIM, " (a shell would have to tell)");
        pf_page_end(page);
        return 0;
}

static void show_settings(PfPage *page, const PfJson *settings) {
        for (size_t i = 0; i < pf_json_length(settings); i++) {
                const PfJson *file = pf_json_at(settings, i);
                Variables variables = { page, pf_json_get(file, "uncertain") };

                pf_table_heading(page, pf_table_string(file, "path", ""));
                if (is_true(file, "withheld")) {
                        pf_page_begin(page, 2, 4);
                        pf_page_say(page, PF_COLOUR_DIM,
                                    "(only root and group preflightd may see it)");
                        pf_page_end(page);
                }
                (void) pf_json_each(pf_json_get(file, "variables"), show_variable, &variables);
        }
}

static void show_running(PfPage *page, const PfJson *running) {
        if (!running)
                return;
        pf_table_heading(page, "The running kernel was started with");
        pf_page_begin(page, 2, 4);
        pf_page_text(page, PF_COLOUR_NONE, pf_table_string(running, "text", ""));
        pf_page_end(page);
        show_identities(page, running);
}

void pf_table_boot(PfPage *page, const PfJson *facts, const PfShow *show) {
        const PfJson *loaders = pf_json_get(facts, "loaders");
        const PfJson *entries = pf_json_get(facts, "entries");
        const PfJson *problems = pf_json_get(facts, "problems");

        if (pf_json_length(loaders) == 0) {
                pf_page_begin(page, 0, 2);
                pf_page_say(page, PF_COLOUR_YELLOW, "no boot loader's files were found");
                pf_page_end(page);
        }
        for (size_t i = 0; i < pf_json_length(loaders); i++) {
                show_loader(page, pf_json_at(loaders, i));
                for (size_t j = 0; j < pf_json_length(entries); j++)
                        if (pf_json_integer(pf_json_get(pf_json_at(entries, j), "loader")) ==
                            (int64_t) i)
                                show_entry(page, pf_json_at(entries, j), show);
        }
        show_running(page, pf_json_get(facts, "cmdline"));
        for (size_t i = 0; i < pf_json_length(problems); i++) {
                pf_page_begin(page, 0, 2);
                pf_page_sentence(page, PF_COLOUR_RED, pf_json_string(pf_json_at(problems, i)));
                pf_page_end(page);
        }
        if (!show->quiet)
                show_settings(page, pf_json_get(facts, "settings"));
}
