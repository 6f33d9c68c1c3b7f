/* SPDX-License-Identifier: MIT */
/*
 * Storage for people: from each mount point a tree down to the disks, so that
 * one sees what a file system lies on, and not what lies on a disk. Then swap,
 * and what nobody uses.
 */
#include "daemon/ctl/format-table.h"

#include <string.h>

#include "daemon/ctl/text.h"

#define DEPTH_MAX 24
#define LEVEL_COLUMNS 3
#define TYPE_COLUMNS 8
#define SIZE_COLUMNS 12

/* What the lines of a tree are drawn with. */
typedef struct Lines {
        const char *branch, *last, *through;
} Lines;

static const Lines unicode = { "├─", "└─", "│" };
static const Lines ascii = { "|-", "`-", "|" };

typedef struct Tree {
        PfPage *page;
        const Lines *lines;
        unsigned names;          /* columns of the longest, with what stands before it */
        unsigned systems;        /* columns of the longest name of a file system */
        bool through[DEPTH_MAX]; /* at each level: does more come below? */
        PfStrv shown;            /* numbers of the devices that lie on more than a disk */
} Tree;

static unsigned columns(const Tree *tree, const char *text) {
        return pf_text_columns(text, tree->page->terminal->utf8);
}

static const char *name_of(const PfJson *device) {
        const char *path = pf_table_string(device, "path", "");

        return strncmp(path, "/dev/", 5) == 0 ? path + 5 : path;
}

/* What partitions without a file system are for, by their type in the table: the GUIDs
 * of the Discoverable Partitions Specification, UEFI and GRUB; the numbers of MS-DOS. */
static const struct Use {
        const char *type;
        const char *text;
} uses[] = {
        { "21686148-6449-6e6f-744e-656564454649", "BIOS boot" },
        { "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system" },
        { "9e1a2d38-c612-4316-aa26-8b49521e5a8b", "PReP boot" },
        { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap" },
        { "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID" },
        { "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM" },
        { "ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS" },
        { "e3c9e316-0b5c-4db8-817d-f92df00215ae", "MS reserved" },
        { "0x5", "extended" },
        { "0xf", "extended" },
        { "0x82", "Linux swap" },
        { "0x8e", "Linux LVM" },
        { "0xef", "EFI system" },
        { "0xfd", "Linux RAID" },
};

static const char *use_of(const PfJson *partition) {
        const char *type = pf_table_string(partition, "partType", "");

        for (size_t i = 0; i < PF_ELEMENTS(uses); i++)
                if (strcmp(uses[i].type, type) == 0)
                        return uses[i].text;
        return "";
}

/* What is in it: a file system or what stands for one, or a table of partitions. */
static const char *system_of(const PfJson *device) {
        const char *system = pf_json_get_string(device, "fileSystem");
        bool is_whole = pf_json_length(pf_json_get(device, "on")) == 0;

        if (system)
                return system;
        return is_whole ? pf_table_string(device, "tableType", "") : use_of(device);
}

static void widen(unsigned *widest, unsigned width) {
        if (width > *widest)
                *widest = width;
}

/* The columns that devices and what they lie on take, at @depth. */
static void measure(Tree *tree, const PfJson *devices, unsigned depth) {
        for (size_t i = 0; i < pf_json_length(devices) && depth < DEPTH_MAX; i++) {
                const PfJson *device = pf_json_at(devices, i);

                widen(&tree->names, LEVEL_COLUMNS * (depth + 1) + columns(tree, name_of(device)));
                widen(&tree->systems, columns(tree, system_of(device)));
                measure(tree, pf_json_get(device, "on"), depth + 1);
        }
}

/* "38.0 GiB" */
static void show_size(PfPage *page, const PfJson *device) {
        static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        int64_t bytes = pf_json_integer(pf_json_get(device, "sizeBytes"));
        int64_t unit = 1;
        char text[48];
        size_t i = 0;

        while (i + 1 < PF_ELEMENTS(units) && bytes / unit >= 1024) {
                unit *= 1024;
                i++;
        }
        (void) snprintf(text, sizeof(text), "%lld.%lld %s", (long long) (bytes / unit),
                        (long long) (bytes % unit / ((unit + 9) / 10)), units[i]);
        pf_page_word(page, PF_COLOUR_NONE, text);
}

/* The first of these that a device has tells which one it is. */
static const struct Identity {
        const char *key;
        const char *tag;
} identities[] = { { "uuid", "UUID=" }, { "partUuid", "PARTUUID=" } };

static void show_identity(PfPage *page, const PfJson *device) {
        const char *label = pf_json_get_string(device, "label");
        const char *file = pf_json_get_string(device, "file");

        for (size_t i = 0; i < PF_ELEMENTS(identities); i++) {
                const char *value = pf_json_get_string(device, identities[i].key);

                if (!value)
                        continue;
                pf_page_printf(page, PF_COLOUR_NONE, "%s%s", identities[i].tag, value);
                break;
        }
        if (label)
                pf_page_printf(page, PF_COLOUR_DIM, " (%s)", label);
        if (file)
                pf_page_printf(page, PF_COLOUR_DIM, " %s", file);
        if (pf_json_get(device, "unknown"))
                pf_page_say(page, PF_COLOUR_YELLOW, " not known: ");
        if (pf_json_get(device, "unknown"))
                pf_page_sentence(page, PF_COLOUR_YELLOW, pf_table_string(device, "unknown", ""));
}

/* The type that people know: of an array its level. */
static const char *type_of(const PfJson *device) {
        const char *level = pf_json_get_string(device, "raidLevel");

        return level ? level : pf_table_string(device, "type", "");
}

/* What stands before a name. */
static void show_lines(const Tree *tree, unsigned depth) {
        PfPage *page = tree->page;

        for (unsigned i = 0; i < depth; i++)
                if (tree->through[i]) {
                        pf_page_column(page, LEVEL_COLUMNS * i);
                        pf_page_word(page, PF_COLOUR_DIM, tree->lines->through);
                }
        pf_page_column(page, LEVEL_COLUMNS * depth);
        pf_page_word(page, PF_COLOUR_DIM,
                     tree->through[depth] ? tree->lines->branch : tree->lines->last);
        pf_page_column(page, LEVEL_COLUMNS * (depth + 1));
}

static void show_device(const Tree *tree, const PfJson *device, unsigned depth, bool repeated) {
        PfPage *page = tree->page;
        unsigned column = tree->names + 2;

        pf_page_begin(page, 0, column);
        show_lines(tree, depth);
        pf_page_word(page, PF_COLOUR_NONE, name_of(device));
        pf_page_column(page, column);
        pf_page_word(page, PF_COLOUR_DIM, type_of(device));
        pf_page_column(page, column += TYPE_COLUMNS);
        show_size(page, device);
        pf_page_column(page, column += SIZE_COLUMNS);
        pf_page_word(page, PF_COLOUR_CYAN, system_of(device));
        pf_page_column(page, column + tree->systems + 2);
        show_identity(page, device);
        if (repeated)
                pf_page_say(page, PF_COLOUR_DIM, " (as above)");
        pf_page_end(page);
}

/* Was what it lies on shown before, and is it more than a disk? Once is enough. */
static bool is_repeated(Tree *tree, const PfJson *device) {
        const PfJson *on = pf_json_get(device, "on");
        const char *number = pf_table_string(device, "number", "");
        bool is_deep = false;

        for (size_t i = 0; i < pf_json_length(on); i++)
                is_deep = is_deep || pf_json_length(pf_json_get(pf_json_at(on, i), "on")) > 0;
        if (!is_deep || pf_strv_contains(&tree->shown, number))
                return is_deep;
        if (pf_strv_add(&tree->shown, number) < 0)
                tree->page->error = -ENOMEM;
        return false;
}

static void show_devices(Tree *tree, const PfJson *devices, unsigned depth) {
        size_t n = pf_json_length(devices);

        for (size_t i = 0; i < n && depth < DEPTH_MAX; i++) {
                const PfJson *device = pf_json_at(devices, i);
                bool repeated = is_repeated(tree, device);

                tree->through[depth] = i + 1 < n;
                show_device(tree, device, depth, repeated);
                if (!repeated)
                        show_devices(tree, pf_json_get(device, "on"), depth + 1);
        }
}

static bool is_read_only(const PfJson *system) {
        const char *options = pf_table_string(system, "options", "");

        return strncmp(options, "ro", 2) == 0 && (options[2] == ',' || options[2] == '\0');
}

static void show_file_system(Tree *tree, const PfJson *system) {
        const PfJson *points = pf_json_get(system, "mountPoints");
        const PfJson *devices = pf_json_get(system, "devices");
        PfPage *page = tree->page;

        pf_page_begin(page, 0, 2);
        for (size_t i = 0; i < pf_json_length(points); i++) {
                const char *point = pf_json_string(pf_json_at(points, i));
                const char *root =
                        point ? pf_json_get_string(pf_json_get(system, "roots"), point) : NULL;

                pf_page_text(page, PF_COLOUR_BOLD, i > 0 ? " " : "");
                pf_page_word(page, PF_COLOUR_BOLD, point ? point : "?");
                if (root)
                        pf_page_printf(page, PF_COLOUR_DIM, " [%s]", root);
        }
        if (is_read_only(system))
                pf_page_say(page, PF_COLOUR_YELLOW, " (read-only)");
        if (pf_json_length(devices) == 0)
                pf_page_printf(page, PF_COLOUR_DIM, " is %s, which lies on no device",
                               pf_table_string(system, "type", ""));
        pf_page_end(page);
        show_devices(tree, devices, 0);
}

static void show_rest(Tree *tree, const PfJson *facts, const char *key, const char *title) {
        const PfJson *devices = pf_json_get(facts, key);

        if (pf_json_length(devices) == 0)
                return;
        pf_table_heading(tree->page, title);
        show_devices(tree, devices, 0);
}

void pf_table_storage(PfPage *page, const PfJson *facts, const PfShow *show) {
        const PfJson *systems = pf_json_get(facts, "fileSystems");
        Tree tree = { .page = page, .lines = page->terminal->utf8 ? &unicode : &ascii };

        (void) show;
        if (!pf_json_bool(pf_json_get(facts, "known"))) {
                pf_page_begin(page, 0, 2);
                pf_page_say(page, PF_COLOUR_YELLOW, "the devices of this machine are not known: ");
                pf_page_sentence(page, PF_COLOUR_YELLOW, pf_table_string(facts, "reason", ""));
                pf_page_end(page);
        }
        for (size_t i = 0; i < pf_json_length(systems); i++)
                measure(&tree, pf_json_get(pf_json_at(systems, i), "devices"), 0);
        measure(&tree, pf_json_get(facts, "swap"), 0);
        measure(&tree, pf_json_get(facts, "unused"), 0);
        for (size_t i = 0; i < pf_json_length(systems); i++)
                show_file_system(&tree, pf_json_at(systems, i));
        show_rest(&tree, facts, "swap", "Swap");
        show_rest(&tree, facts, "unused", "Not mounted");
        pf_strv_deinit(&tree.shown);
}
