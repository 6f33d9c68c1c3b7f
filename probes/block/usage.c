/* SPDX-License-Identifier: MIT */
/*
 * What the devices are in use for: the table of mounts, and that of swap. Both
 * are the kernel's words; no directory is opened, so that a mount whose server
 * is gone costs nothing.
 */
#include <string.h>

#include "probes/block/graph-internal.h"

#define SWAPS_PATH "/proc/swaps"
#define SWAPS_MAX (1u << 20)

static int add_mount(PfBlockNode *node, const PfMount *mount) {
        const PfMount **mounts = realloc(node->mounts, (node->n_mounts + 1) * sizeof(*mounts));

        if (!mounts)
                return -ENOMEM;
        node->mounts = mounts;
        mounts[node->n_mounts++] = mount;
        return 0;
}

static int read_mounts(const PfTarget *target, PfBlockGraph *graph) {
        PfErr detail = { 0 };
        int r;

        if (pf_block_is_of_another_machine(target, "/proc")) {
                pf_block_because(graph->mounts_reason,
                                 "the /proc below the image is that of another machine");
                return 0;
        }
        r = pf_mounts_load(target, &graph->mounts, &detail);
        if (r == -ENOMEM)
                return r;
        if (r != 0) {
                pf_block_because(graph->mounts_reason, "%.200s",
                                 r < 0 ? pf_err_text(&detail, r)
                                       : "there is no table of what is mounted");
                return 0;
        }
        for (size_t i = 0; i < pf_mounts_count(graph->mounts); i++) {
                const PfMount *mount = pf_mounts_at(graph->mounts, i);
                const PfBlockNode *node = pf_block_graph_of_mount(graph, mount);

                if (node && add_mount(graph->nodes[node->index], mount) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* "\040" back to the byte, in place: as the kernel writes paths in its tables. */
static void decode_octal(char *text) {
        char *to = text;

        for (const char *from = text; *from; to++) {
                unsigned byte = 0;
                int n = 0;

                if (*from == '\\' && sscanf(from + 1, "%3o%n", &byte, &n) == 1 && n == 3 && byte) {
                        *to = (char) byte;
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}

static int take_swap(PfBlockGraph *graph, char *line) {
        PF_AUTO_BLOCK_LIST PfBlockList list = { 0 };
        int r;

        line[strcspn(line, " \t")] = '\0';
        decode_octal(line);
        if (strncmp(line, "/dev/", 5) != 0)
                return 0; /* a file, or the heading */
        r = pf_block_collect_path(graph, line, &list);
        for (size_t i = 0; i < list.n && r == 0; i++)
                graph->nodes[list.items[i]->index]->is_swap = true;
        return r;
}

static int read_swaps(const PfTarget *target, PfBlockGraph *graph) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SWAPS_MAX);
        char *rest, *line;
        int r;

        r = pf_target_read(target, SWAPS_PATH, SWAPS_MAX, &buf, NULL);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        rest = buf.data;
        while (r == 0 && (line = strsep(&rest, "\n")))
                r = take_swap(graph, line);
        return r;
}

int pf_block_read_usage(const PfTarget *target, PfBlockGraph *graph, PfErr *err) {
        int r;

        (void) err;
        r = read_mounts(target, graph);
        return r < 0 || !graph->mounts ? r : read_swaps(target, graph);
}
