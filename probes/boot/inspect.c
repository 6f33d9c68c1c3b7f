/* SPDX-License-Identifier: MIT */
/*
 * inspect boot: every entry with what it boots and what its devices are here, the
 * settings that entries are made from, and the running kernel's command line.
 */
#include "probes/boot/boot.h"

#include <string.h>

typedef struct Printer {
        const PfBootFacts *facts;
        bool privileged;
} Printer;

static bool is_visible(const Printer *printer, const char *path) {
        return printer->privileged || pf_target_is_public(printer->facts->target, path);
}

static int put_optional(PfJson *object, const char *key, const char *text) {
        return text ? pf_json_put_string(object, key, text) : pf_json_put_null(object, key);
}

/* The disks that a device lies on: more than one for a mirror or a volume, none for what is no
 * disk's. */
static int put_disks(const Printer *printer, PfJson *object, const PfBlockNode *node) {
        PF_AUTO_BLOCK_LIST PfBlockList disks = { 0 };
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = pf_block_graph_disks(printer->facts->graph, node, &disks);

        for (size_t i = 0; i < disks.n && r == 0; i++)
                r = pf_strv_add(&names, disks.items[i]->name);
        pf_strv_sort(&names);
        return r < 0 ? r : pf_json_put_strv(object, "disks", &names);
}

/* The devices that an identity leads to; null where that is not known, or none. */
static int put_devices(const Printer *printer, PfJson *object, const char *identity) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        PF_AUTO_BUF PfBuf names = PF_BUF_INIT(65536);
        int r = pf_block_graph_resolve(printer->facts->graph, identity, &resolution);
        bool found =
                resolution.state == PF_BLOCK_RESOLVED || resolution.state == PF_BLOCK_DUPLICATE;

        /* Of what is one file system the first stands for all. */
        for (size_t i = 0; found && i < resolution.nodes.n && r == 0; i++) {
                PF_AUTO_FREE char *path = pf_block_node_path(resolution.nodes.items[i]);

                if (i > 0 && resolution.state == PF_BLOCK_RESOLVED)
                        break;
                r = path ? pf_buf_printf(&names, "%s%s", i > 0 ? " " : "", path) : -ENOMEM;
        }
        if (r == 0)
                r = put_optional(object, "resolvesTo", names.data);
        if (r == 0)
                r = pf_json_put_string(object, "state", pf_block_state_name(resolution.state));
        if (r == 0 && resolution.reason[0])
                r = pf_json_put_string(object, "reason", resolution.reason);
        if (r == 0 && resolution.state == PF_BLOCK_RESOLVED)
                r = put_disks(printer, object, resolution.nodes.items[0]);
        return r;
}

static int put_statement(const Printer *printer, PfJson *array, const PfBootStatement *statement) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PfBootClass class;

        if (!object || pf_boot_classify(printer->facts, statement, &class) < 0 ||
            pf_json_put_string(object, "text", statement->identity) < 0 ||
            pf_json_put_string(object, "kind", pf_identity_kind_name(statement->kind)) < 0 ||
            put_devices(printer, object, statement->identity) < 0 ||
            pf_json_put_string(object, "class", pf_boot_class_text(class)) < 0 ||
            put_optional(object, "path", statement->path) < 0 ||
            pf_json_put_uint(object, "line", statement->line) < 0 ||
            pf_json_put_bool(object, "bad", pf_boot_class_is_bad(class)) < 0 ||
            pf_json_put_bool(object, "counts", statement->counts) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

/* Statements of one item, or of one place, that are about one thing. Those of an
 * item stand together, from @i_first on. */
static int put_statements(const Printer *printer, PfJson *object, const char *key,
                          PfBootPlace place, size_t i_item, PfCmdlineRole role, size_t i_first) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        const PfBootInventory *inventory = &printer->facts->inventory;
        int r = array ? 0 : -ENOMEM;

        for (size_t i = i_first; i < inventory->n_statements && r == 0; i++) {
                const PfBootStatement *statement = &inventory->statements[i];

                if (place == PF_BOOT_IN_ENTRY &&
                    (statement->place != place || statement->i_item != i_item))
                        break;
                if (statement->place == place && statement->role == role)
                        r = put_statement(printer, array, statement);
        }
        return r < 0 ? r : pf_json_put_take(object, key, PF_STEAL(array));
}

static int put_words(PfJson *object, const char *key, const PfBootWords *words, size_t from) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = from; i < words->n && r == 0; i++)
                r = pf_json_append_string(array, words->items[i].text);
        return r < 0 ? r : pf_json_put_take(object, key, PF_STEAL(array));
}

static int put_initrds(PfJson *object, const PfBootCommands *commands) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < commands->n && r == 0; i++) {
                const PfBootCommand *command = &commands->items[i];

                for (size_t j = 0;
                     command->verb == PF_BOOT_INITRD && command->when != PF_BOOT_NEVER &&
                     j < command->expanded.n && r == 0;
                     j++)
                        r = pf_json_append_string(array, command->expanded.items[j].text);
        }
        return r < 0 ? r : pf_json_put_take(object, "initrd", PF_STEAL(array));
}

static const char *const answers[] = { [PF_NO] = "no", [PF_YES] = "yes", [PF_MAYBE] = "unknown" };

static int put_kernel(PfJson *object, const PfBootItem *item) {
        static const PfBootWords none = { 0 };
        const PfBootCommand *kernel = item->kernel;
        const PfBootWord *image = kernel ? pf_boot_command_image(kernel) : NULL;
        size_t from = kernel ? kernel->i_image + 1 : 0;

        if (put_optional(object, "kernel", image ? image->text : NULL) < 0 ||
            put_initrds(object, item->commands) < 0 ||
            put_words(object, "arguments", kernel ? &kernel->written : &none, from) < 0)
                return -ENOMEM;
        return put_words(object, "expanded", kernel ? &kernel->expanded : &none, from);
}

static int put_item(const Printer *printer, PfJson *array, size_t i_item, size_t i_statement) {
        const PfBootInventory *inventory = &printer->facts->inventory;
        const PfBootItem *item = &inventory->items[i_item];
        const PfBootLoader *loader = &inventory->loaders[item->i_loader];
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();

        if (!object || pf_json_put_string(object, "path", item->path) < 0 ||
            pf_json_put_uint(object, "line", item->line) < 0 ||
            pf_json_put_uint(object, "loader", item->i_loader) < 0 ||
            pf_json_put_string(object, "format", pf_boot_format_name(loader->format)) < 0)
                return -ENOMEM;
        if (!is_visible(printer, item->path)) {
                if (pf_json_put_bool(object, "withheld", true) < 0)
                        return -ENOMEM;
        } else if (put_optional(object, "title", item->entry ? item->entry->title : NULL) < 0 ||
                   put_kernel(object, item) < 0 ||
                   put_statements(printer, object, "root", PF_BOOT_IN_ENTRY, i_item,
                                  PF_CMDLINE_ROOT, i_statement) < 0 ||
                   put_statements(printer, object, "resume", PF_BOOT_IN_ENTRY, i_item,
                                  PF_CMDLINE_RESUME, i_statement) < 0) {
                return -ENOMEM;
        }
        if (pf_json_put_bool(object, "next", item->next && item->live != PF_NO) < 0 ||
            pf_json_put_string(object, "live", answers[item->live]) < 0 ||
            pf_json_put_bool(object, "running", item->running) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_entries(const Printer *printer, PfJson *object) {
        const PfBootInventory *inventory = &printer->facts->inventory;
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        size_t i_statement = 0;
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < inventory->n_items && r == 0; i++) {
                r = put_item(printer, array, i, i_statement);
                while (i_statement < inventory->n_statements &&
                       inventory->statements[i_statement].place == PF_BOOT_IN_ENTRY &&
                       inventory->statements[i_statement].i_item == i)
                        i_statement++;
        }
        return r < 0 ? r : pf_json_put_take(object, "entries", PF_STEAL(array));
}

static int put_loaders(const Printer *printer, PfJson *object) {
        const PfBootInventory *inventory = &printer->facts->inventory;
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < inventory->n_loaders; i++) {
                const PfBootLoader *loader = &inventory->loaders[i];
                PF_CLEANUP(pf_json_freep) PfJson *item = pf_json_new_object();

                if (!item || pf_json_put_string(item, "path", loader->path) < 0 ||
                    pf_json_put_string(item, "format", pf_boot_format_name(loader->format)) < 0 ||
                    pf_json_put_string(item, "live", answers[loader->live]) < 0 ||
                    put_optional(item, "why", loader->why) < 0 ||
                    put_optional(item, "problem", loader->problem) < 0 ||
                    pf_json_append_take(array, PF_STEAL(item)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "loaders", PF_STEAL(array));
}

/* The settings of one file out of a list that holds several files': the last value of
 * each name that stands in it. */
static int put_file(const Printer *printer, PfJson *array, const PfBootSettings *settings,
                    const char *path) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *variables = pf_json_new_object();
        PF_AUTO_STRV PfStrv uncertain = { 0 };

        if (!object || !variables || pf_json_put_string(object, "path", path) < 0)
                return -ENOMEM;
        if (!is_visible(printer, path)) {
                if (pf_json_put_bool(object, "withheld", true) < 0)
                        return -ENOMEM;
                return pf_json_append_take(array, PF_STEAL(object));
        }
        for (size_t i = 0; i < settings->n; i++) {
                const PfBootSetting *setting = &settings->items[i];

                if (strcmp(setting->path, path) == 0 &&
                    (pf_json_put_string(variables, setting->name, setting->value) < 0 ||
                     (!setting->certain && pf_strv_add(&uncertain, setting->name) < 0)))
                        return -ENOMEM;
        }
        if (pf_json_put_take(object, "variables", PF_STEAL(variables)) < 0 ||
            pf_json_put_strv(object, "uncertain", &uncertain) < 0)
                return -ENOMEM;
        return pf_json_append_take(array, PF_STEAL(object));
}

static int put_list(const Printer *printer, PfJson *array, const PfBootSettings *settings) {
        PF_AUTO_STRV PfStrv seen = { 0 };
        int r = 0;

        for (size_t i = 0; i < settings->n && r == 0; i++) {
                const char *path = settings->items[i].path;

                if (pf_strv_contains(&seen, path))
                        continue;
                r = pf_strv_add(&seen, path);
                if (r == 0)
                        r = put_file(printer, array, settings, path);
        }
        return r;
}

static int put_settings(const Printer *printer, PfJson *object) {
        const PfBootInventory *inventory = &printer->facts->inventory;
        const PfBootSettings *const lists[] = { &inventory->grub, &inventory->files,
                                                &inventory->initramfs_tools, &inventory->dracut };
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; i < PF_ELEMENTS(lists) && r == 0; i++)
                r = put_list(printer, array, lists[i]);
        return r < 0 ? r : pf_json_put_take(object, "settings", PF_STEAL(array));
}

static int put_running(const Printer *printer, PfJson *object) {
        const PfBootInventory *inventory = &printer->facts->inventory;
        PF_CLEANUP(pf_json_freep) PfJson *running = pf_json_new_object();

        if (!inventory->running)
                return pf_json_put_null(object, "cmdline");
        if (!running || pf_json_put_string(running, "path", "/proc/cmdline") < 0 ||
            pf_json_put_string(running, "text", inventory->running) < 0 ||
            put_statements(printer, running, "root", PF_BOOT_IN_RUNNING, PF_BOOT_NO_ITEM,
                           PF_CMDLINE_ROOT, 0) < 0 ||
            put_statements(printer, running, "resume", PF_BOOT_IN_RUNNING, PF_BOOT_NO_ITEM,
                           PF_CMDLINE_RESUME, 0) < 0)
                return -ENOMEM;
        return pf_json_put_take(object, "cmdline", PF_STEAL(running));
}

int pf_boot_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                    PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_BOOT_FACTS PfBootFacts facts = { 0 };
        const Printer printer = { .facts = &facts, .privileged = privileged };
        int r = object ? pf_boot_facts_load(target, &facts, err) : -ENOMEM;

        (void) demand;
        if (r == 0)
                r = put_entries(&printer, object);
        if (r == 0)
                r = put_settings(&printer, object);
        if (r == 0)
                r = put_running(&printer, object);
        if (r == 0)
                r = put_loaders(&printer, object);
        if (r == 0)
                r = pf_json_put_strv(object, "problems", &facts.inventory.problems);
        if (r < 0)
                return r;
        *ret = PF_STEAL(object);
        return 0;
}
