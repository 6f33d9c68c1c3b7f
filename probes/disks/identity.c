/* SPDX-License-Identifier: MIT */
/*
 * Does every identity name one thing? Clones and attached snapshots repeat the
 * UUIDs of the original, and the agent does not tell upper from lower case.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "probes/disks/room.h"

static const struct Identity {
        const char *tag;
        size_t offset;
} identities[] = {
        { "UUID=", offsetof(PfBlockContent, uuid) },
        { "PARTUUID=", offsetof(PfBlockContent, part_uuid) },
};

static const char *value_of(const PfBlockNode *node, const struct Identity *identity) {
        return *(char *const *) ((const char *) &node->content + identity->offset);
}

static void answer_duplicate(const PfDisksRoom *room, const PfCheck *check, const char *text,
                             const PfBlockList *nodes) {
        char names[PF_DISKS_NAMES_MAX], found[PF_BLOCK_REASON_MAX];

        (void) pf_report_warn(room->report, check, "%s have the same %.*s",
                              pf_disks_names(names, nodes), (int) strcspn(text, "="), text);
        for (size_t i = 0; i < nodes->n && i < 8; i++) {
                const char *type = nodes->items[i]->content.fs_type;

                (void) snprintf(found, sizeof(found), "/dev/%s: %s %s", nodes->items[i]->name, text,
                                type ? type : "");
                (void) pf_report_evidence(room->report, NULL, NULL, 0, found, "an own one");
        }
        (void) pf_report_remedy(room->report, "detach the copy, or give it a new identity");
}

/* Each of these is 1 where it has answered, 0 where all is well, or a negative errno. */
static int judge_node(const PfDisksRoom *room, const PfCheck *check, const PfBlockNode *node,
                      const struct Identity *identity) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        PF_AUTO_FREE char *text = NULL;
        const char *value = value_of(node, identity);
        int r;

        if (!value)
                return 0;
        if (asprintf(&text, "%s%s", identity->tag, value) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        r = pf_block_graph_resolve(room->graph, text, &resolution);
        if (r < 0 || resolution.state != PF_BLOCK_DUPLICATE)
                return r;
        answer_duplicate(room, check, text, &resolution.nodes);
        return 1;
}

static int judge_identities(const PfDisksRoom *room, const PfCheck *check) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(identities); i++)
                for (size_t j = 0; j < room->graph->n && r == 0; j++)
                        r = judge_node(room, check, room->graph->nodes[j], &identities[i]);
        return r;
}

/* Texts that are the same but for their case, and not the same. */
static bool differ_in_case(const char *a, const char *b) {
        return strcasecmp(a, b) == 0 && strcmp(a, b) != 0;
}

static int answer_case(const PfDisksRoom *room, const PfCheck *check, const char *what,
                       const char *a, const char *b) {
        char found[PF_BLOCK_REASON_MAX];

        (void) pf_report_warn(room->report, check, "two %s have names that differ in case only",
                              what);
        (void) snprintf(found, sizeof(found), "%.100s and %.100s", a, b);
        (void) pf_report_evidence(room->report, NULL, NULL, 0, found, "names that differ");
        (void) pf_report_remedy(room->report, "rename one of them");
        return 1;
}

static int judge_volumes(const PfDisksRoom *room, const PfCheck *check) {
        const PfBlockGraph *graph = room->graph;

        for (size_t i = 0; i < graph->n; i++)
                for (size_t j = 0; j < i; j++) {
                        const char *a = graph->nodes[i]->mapper_name;
                        const char *b = graph->nodes[j]->mapper_name;

                        if (a && b && differ_in_case(a, b))
                                return answer_case(room, check, "volumes", a, b);
                }
        return 0;
}

static int judge_mounts(const PfDisksRoom *room, const PfCheck *check) {
        const PfBlockGraph *graph = room->graph;

        for (size_t i = 0; i < graph->n; i++)
                for (size_t j = 0; j < graph->nodes[i]->n_mounts; j++) {
                        const char *a = graph->nodes[i]->mounts[j]->directory;

                        for (size_t k = 0; k < i; k++)
                                for (size_t l = 0; l < graph->nodes[k]->n_mounts; l++) {
                                        const char *b = graph->nodes[k]->mounts[l]->directory;

                                        if (differ_in_case(a, b))
                                                return answer_case(room, check, "mount points", a,
                                                                   b);
                                }
                }
        return 0;
}

int pf_disks_identity_unique(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        static int (*const judges[])(const PfDisksRoom *, const PfCheck *) = { judge_identities,
                                                                               judge_volumes,
                                                                               judge_mounts };
        const PfBlockNode *unread;
        int r = 0;

        (void) err;
        if (!room->graph->known)
                return pf_report_unknown(room->report, check, "the devices are not known: %s",
                                         room->graph->reason);
        for (size_t i = 0; i < PF_ELEMENTS(judges) && r == 0; i++)
                r = judges[i](room, check);
        if (r != 0)
                return r < 0 ? r : 0;
        unread = pf_block_graph_unread(room->graph);
        if (unread)
                return pf_report_unknown(room->report, check, "what is on %s is not known: %s",
                                         unread->name, unread->content_reason);
        return pf_report_pass(room->report, check, "no identity is there twice");
}
