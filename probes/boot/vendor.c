/* SPDX-License-Identifier: MIT */
/*
 * The vendor's own check of the boot loader, as far as its published script
 * tells: what it will say, whether or not that is so.
 */
#include "probes/boot/boot.h"

#include <string.h>

#include "probes/parse/grub-script.h"

static const char *const paths[] = {
        "/boot/grub/grub.cfg",
        "/boot/grub2/grub.cfg",
        "/boot/grub/menu.lst",
};

typedef struct Reader {
        const PfBlockGraph *graph;
        PfBootVendor *vendor;
} Reader;

static int judge_map(const PfBlockGraph *graph, const char *device, PfVendorAnswer *ret) {
        PF_AUTO_BLOCK_RESOLUTION PfBlockResolution resolution = { 0 };
        int r = pf_block_graph_resolve(graph, device, &resolution);

        *ret = PF_VENDOR_REFUSES;
        if (r < 0 || resolution.state != PF_BLOCK_RESOLVED || resolution.nodes.n == 0) {
                if (r == 0 && resolution.state == PF_BLOCK_UNKNOWN)
                        *ret = PF_VENDOR_UNKNOWN;
                return r;
        }
        if (resolution.nodes.items[0]->type == PF_BLOCK_CRYPT)
                *ret = PF_VENDOR_ACCEPTS;
        /* Which target a volume has, linear or another one, is in no file of sysfs. */
        else if (resolution.nodes.items[0]->type == PF_BLOCK_LVM)
                *ret = resolution.nodes.items[0]->parents.n == 1 ? PF_VENDOR_ACCEPTS
                                                                 : PF_VENDOR_UNKNOWN;
        return 0;
}

static int judge_device(const PfBlockGraph *graph, const char *device, PfVendorAnswer *ret) {
        static const char *const taken[] = { "/dev/disk/by-uuid/", "/dev/disk/by-label/" };
        PfIdentityKind kind = pf_identity_kind(device);

        for (size_t i = 0; i < PF_ELEMENTS(taken); i++)
                if (strncmp(device, taken[i], strlen(taken[i])) == 0) {
                        *ret = PF_VENDOR_ACCEPTS;
                        return 0;
                }
        *ret = PF_VENDOR_REFUSES;
        if (kind != PF_IDENTITY_MAPPER && kind != PF_IDENTITY_LVM)
                return 0;
        return judge_map(graph, device, ret);
}

/* One "root=/dev/…" of a line, if there is one. */
static int judge_word(const Reader *reader, const char *line, const char *name, unsigned number,
                      PfVendorAnswer *answer, unsigned *refused_line) {
        const char *word = strstr(line, name);
        PF_AUTO_FREE char *device = NULL;
        PfVendorAnswer found = PF_VENDOR_ACCEPTS;
        int r;

        if (!word || *answer == PF_VENDOR_REFUSES)
                return 0;
        word = strchr(word, '=') + 1;
        device = strndup(word, strcspn(word, " \t\"'"));
        if (!device)
                return -ENOMEM;
        r = judge_device(reader->graph, device, &found);
        if (r < 0 || found == PF_VENDOR_ACCEPTS)
                return r;
        *answer = found;
        if (found == PF_VENDOR_REFUSES)
                *refused_line = number;
        return 0;
}

static int judge_line(char *line, unsigned number, void *data) {
        const Reader *reader = data;
        PfBootVendor *vendor = reader->vendor;
        const char *kernel = strstr(line, "kernel"), *linux_ = strstr(line, "linux");
        const char *from = !kernel || (linux_ && linux_ < kernel) ? linux_ : kernel;
        int r;

        if (*line == '#' || !from)
                return 0;
        r = judge_word(reader, from, "root=/dev/", number, &vendor->root, &vendor->root_line);
        return r < 0 ? r
                     : judge_word(reader, from, "resume=/dev/", number, &vendor->resume,
                                  &vendor->resume_line);
}

int pf_boot_vendor_look(const PfTarget *target, const PfBlockGraph *graph, PfBootVendor *ret) {
        const Reader reader = { .graph = graph, .vendor = ret };

        *ret = (PfBootVendor){ .root = PF_VENDOR_ACCEPTS, .resume = PF_VENDOR_ACCEPTS };
        for (size_t i = 0; i < PF_ELEMENTS(paths); i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_FILE_MAX);
                PfErr err = { 0 };
                int r = pf_target_read(target, paths[i], PF_GRUB_FILE_MAX, &buf, &err);

                if (r == PF_TARGET_ABSENT)
                        continue;
                ret->path = paths[i];
                if (r == 0)
                        r = pf_boot_each_line(buf.data ? buf.data : "", buf.n, judge_line,
                                              (void *) &reader);
                if (r < 0 && r != -ENOMEM)
                        ret->root = ret->resume = PF_VENDOR_UNKNOWN;
                return r == -ENOMEM ? r : 0;
        }
        return 0;
}
