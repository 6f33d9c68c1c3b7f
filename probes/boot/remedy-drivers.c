/* SPDX-License-Identifier: MIT */
/*
 * Remedy of boot.drivers: the drivers that the initramfs of the next start lacks are added
 * to the configuration of the distribution's tool, and the tool builds the image anew. It is
 * built aside while the change is planned, so that the plan is judged by the very image that
 * is put in place; the old one is kept with the transaction.
 */
#include "probes/boot/remedy-drivers.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha1.h>

#include "probes/boot/modprobe.h"

#define CONFIGURATION_MAX (1u << 20)
#define LIST_MAX 512
#define MIB (1u << 20)

static const PfInitramfsMaker makers[] = {
        { .name = "initramfs-tools",
          .programs = { "/usr/sbin/mkinitramfs" },
          .directory = "/etc/initramfs-tools",
          .file = "/etc/initramfs-tools/modules",
          .before = "",
          .after = "",
          .by_hand = "update-initramfs -u -k" },
        { .name = "dracut",
          .programs = { "/usr/bin/dracut", "/usr/sbin/dracut", "/sbin/dracut" },
          .directory = "/etc/dracut.conf.d",
          .file = "/etc/dracut.conf.d/preflightd.conf",
          .before = "add_drivers+=\" ",
          .after = " \"",
          .by_hand = "dracut --force --kver",
          .takes_path = true },
};

typedef struct Work {
        const PfRemedyRoom *room;
        PfBootInventory inventory;
        PfBootKernel kernel;
        PfDrivers drivers;
        char names[LIST_MAX]; /* of those that are lacking */
        const char *image;    /* that is built anew; borrowed of the kernel */
        const PfInitramfsMaker *maker;
        const char *program;
        PfBuf configuration; /* empty: it stays as it is */
        PfProposal *proposal;
} Work;

static void work_deinit(Work *work) {
        pf_boot_inventory_deinit(&work->inventory);
        pf_boot_kernel_deinit(&work->kernel);
        pf_buf_deinit(&work->configuration);
}

/* Positive outcome: there will be no candidate, and the proposal says why. */
enum { REFUSED = 1 };

#define REFUSE(work, ...)                                                                          \
        (pf_proposal_refuse((work)->proposal, __VA_ARGS__) < 0 ? -ENOMEM : REFUSED)

/* --- what is lacking --- */

static int find_kernel(Work *work, PfErr *err) {
        PfErr unknown = { 0 };
        int r = pf_boot_inventory_load(work->room->target, &work->inventory, err);

        if (r == 0)
                r = pf_boot_kernel_next(work->room->target, &work->inventory, &work->kernel,
                                        &unknown);
        return r == PF_KERNEL_NOT_KNOWN ? REFUSE(work, "which kernel starts next is not known: %s",
                                                 pf_err_text(&unknown, unknown.code))
                                        : r;
}

static bool is_lacking(const Work *work, const PfDriver *driver) {
        PfDriverState state = pf_driver_state(&work->drivers, driver);

        return state == PF_DRIVER_MISSING || state == PF_DRIVER_TOO_LATE;
}

/* What modprobe(8) may not load, it does not list for a tool either. */
static int check_driver(Work *work, const PfDriver *driver, const PfModuleBans *bans) {
        const PfModuleBan *ban = pf_module_bans_find(bans, driver->name);
        size_t n = strlen(work->names);

        if (ban)
                return REFUSE(work, "%s:%u keeps %s from being loaded, which a person has decided",
                              ban->path, ban->line, driver->name);
        if (driver->on_disk != PF_YES)
                return REFUSE(work, "the modules of kernel %s do not include %s: %s",
                              work->kernel.version, driver->name,
                              "install its other packages, or another kernel");
        (void) snprintf(work->names + n, LIST_MAX - n, "%s%s", n > 0 ? ", " : "", driver->name);
        return 0;
}

static int find_lacking(Work *work, PfErr *err) {
        PF_CLEANUP(pf_block_graph_freep) PfBlockGraph *graph = NULL;
        PF_AUTO_MODULE_BANS PfModuleBans bans = { 0 };
        char root_reason[PF_ROOT_REASON_MAX];
        int r = pf_module_bans_load(work->room->target, &bans, err);

        if (r == 0)
                r = pf_block_graph_load(work->room->target, &graph, err);
        if (r == 0)
                r = pf_kernel_drivers_find(work->room->target, graph, &work->kernel, &work->drivers,
                                           root_reason);
        if (r == 0 && work->drivers.image_reason[0])
                return REFUSE(work, "what the initramfs holds is not known: %s",
                              work->drivers.image_reason);
        for (size_t i = 0; i < work->drivers.n && r == 0; i++)
                if (is_lacking(work, &work->drivers.items[i]))
                        r = check_driver(work, &work->drivers.items[i], &bans);
        if (r == 0 && !work->names[0])
                return REFUSE(work, "the initramfs of the next start, of kernel %s, lacks none",
                              work->kernel.version);
        return r;
}

/* --- where it is to be --- */

/* "/boot/initrd.img-6.1.0-2" is not of "6.1.0-22", nor the other way round. */
static bool is_named_after(const char *path, const char *version) {
        for (const char *at = path; (at = strstr(at, version)); at++) {
                const char *end = at + strlen(version);

                if (at > path && strchr("-/", at[-1]) &&
                    (*end == '\0' || *end == '/' || strncmp(end, ".img", 4) == 0))
                        return true;
        }
        return false;
}

static int is_of_kernel(const Work *work, const char *path, bool *ret) {
        PF_AUTO_FREE char *text = NULL;
        int r;

        *ret = is_named_after(path, work->kernel.version);
        if (*ret)
                return 0;
        r = pf_target_readlink(work->room->target, path, &text, NULL);
        *ret = r == 0 && is_named_after(text, work->kernel.version);
        return r == -ENOMEM ? r : 0;
}

/* An image of another kernel that this one is started with by mistake is that other one's. */
static int find_image(Work *work) {
        const PfStrv *images = &work->kernel.images;
        int r = 0;

        if (images->n == 0)
                return REFUSE(work, "the entry of kernel %s loads no initramfs",
                              work->kernel.version);
        if (strcmp(images->items[0], work->kernel.file) == 0)
                return REFUSE(work,
                              "%s holds kernel and initramfs in one file, which is signed as "
                              "a whole",
                              work->kernel.file);
        for (size_t i = 0; i < images->n && r == 0; i++) {
                bool is_one = false;

                r = is_of_kernel(work, images->items[i], &is_one);
                if (is_one && work->image)
                        return REFUSE(work, "%s and %s are both loaded with kernel %s", work->image,
                                      images->items[i], work->kernel.version);
                if (is_one)
                        work->image = images->items[i];
        }
        if (r == 0 && !work->image)
                return REFUSE(work, "%s is not named after kernel %s: it may be another kernel's",
                              images->items[0], work->kernel.version);
        return r;
}

static int is_there(const Work *work, const char *path, bool *ret, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(work->room->target, path, &info, err);

        *ret = r == 0;
        return r < 0 ? r : 0;
}

static int find_program(Work *work, const PfInitramfsMaker *maker, const char **ret, PfErr *err) {
        bool found = false;
        int r = is_there(work, maker->directory, &found, err);

        *ret = NULL;
        for (size_t i = 0; r == 0 && found && maker->programs[i]; i++) {
                bool is_one;

                r = is_there(work, maker->programs[i], &is_one, err);
                if (is_one && !*ret)
                        *ret = maker->programs[i];
        }
        return r;
}

static int find_maker(Work *work, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(makers) && r == 0; i++) {
                const char *program;

                r = find_program(work, &makers[i], &program, err);
                if (r == 0 && program && work->maker)
                        return REFUSE(work,
                                      "%s and %s are both installed, and nothing tells which "
                                      "has built %s",
                                      work->maker->name, makers[i].name, work->image);
                if (program) {
                        work->maker = &makers[i];
                        work->program = program;
                }
        }
        if (r == 0 && !work->maker)
                return REFUSE(work, "neither mkinitramfs nor dracut is there to build %s anew",
                              work->image);
        return r;
}

/* --- what the tool is told --- */

static bool has_line(const PfBuf *text, const char *line) {
        size_t n = strlen(line);

        for (size_t at = 0; at < text->n;) {
                const char *end = memchr(text->data + at, '\n', text->n - at);
                size_t length = end ? (size_t) (end - text->data) - at : text->n - at;

                if (length == n && memcmp(text->data + at, line, n) == 0)
                        return true;
                at += length + 1;
        }
        return false;
}

static int add_line(Work *work, PfBuf *text, const char *driver) {
        char line[PF_MODULE_NAME_MAX + 64];
        int r = 0;

        (void) snprintf(line, sizeof(line), "%s%s%s", work->maker->before, driver,
                        work->maker->after);
        if (has_line(text, line))
                return 0;
        if (text->n > 0 && text->data[text->n - 1] != '\n')
                r = pf_buf_add(text, "\n", 1);
        return r == 0 ? pf_buf_printf(text, "%s\n", line) : r;
}

/* One that names them already is left alone: the image was not built since. */
static int configure(Work *work, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(2 * CONFIGURATION_MAX);
        int r = pf_target_read(work->room->target, work->maker->file, CONFIGURATION_MAX, &text,
                               err);
        size_t before = text.n;

        if (r == PF_TARGET_ABSENT)
                r = 0;
        for (size_t i = 0; i < work->drivers.n && r == 0; i++)
                if (is_lacking(work, &work->drivers.items[i]))
                        r = add_line(work, &text, work->drivers.items[i].name);
        if (r == 0 && text.n > before) {
                work->configuration = text;
                text = (PfBuf){ 0 };
        }
        return r;
}

/* --- room --- */

/* Is there room beside the image for another one of @n bytes? */
static int check_room(Work *work, uint64_t n, PfErr *err) {
        PfSpace space;
        int r = pf_target_space(work->room->target, work->image, &space, err);

        if (r != 0)
                return r < 0 ? r : 0; /* who writes it looks again */
        if (space.read_only)
                return REFUSE(work, "%s is on a file system that is mounted read-only",
                              work->image);
        if (space.root_free_bytes < n)
                return REFUSE(work,
                              "there is no room for another %s beside the old one: %llu MiB are "
                              "free and %llu MiB are needed; remove kernels that are not used",
                              work->image, (unsigned long long) space.root_free_bytes / MIB,
                              (unsigned long long) (n + MIB - 1) / MIB);
        return 0;
}

static int check_room_for_old(Work *work, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(work->room->target, work->image, &info, err);

        if (r == PF_TARGET_ABSENT)
                return REFUSE(work, "%s is not there any more", work->image);
        return r == 0 ? check_room(work, info.size_bytes, err) : r;
}

/* --- what is offered --- */

/* SHA-1 of a file as sha1sum(1) prints it, with the name that it is to have. */
static int sum_up(const char *spool, const char *name, char **ret, uint64_t *ret_size, PfErr *err) {
        PF_AUTO_CLOSE int fd = open(spool, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        char chunk[16384], hex[2 * SHA1_DIGEST_SIZE + 1];
        uint8_t digest[SHA1_DIGEST_SIZE];
        struct sha1_ctx context;
        ssize_t n = fd < 0 ? -1 : 1;

        sha1_init(&context);
        *ret_size = 0;
        while (n > 0) {
                n = read(fd, chunk, sizeof(chunk));
                if (n > 0)
                        sha1_update(&context, (size_t) n, (const uint8_t *) chunk);
                *ret_size += n > 0 ? (uint64_t) n : 0;
        }
        if (n < 0)
                return pf_err_errno(err, -errno, "%s", spool);
        sha1_digest(&context, sizeof(digest), digest);
        for (size_t i = 0; i < sizeof(digest); i++)
                (void) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        return asprintf(ret, "%s  %s\n", hex, name) < 0 ? (*ret = NULL, -ENOMEM) : 0;
}

/*
 * update-initramfs(8) before 0.131 keeps the sum of each image that it has built, and
 * builds none anew from then on whose sum is another.
 */
static int put_record(Work *work, PfCandidate *candidate, const char *sum, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        bool found = false;
        int r;

        if (work->maker->takes_path)
                return 0;
        if (asprintf(&path, "/var/lib/initramfs-tools/%s", work->kernel.version) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = is_there(work, path, &found, err);
        return r == 0 && found ? pf_candidate_put(candidate, path, sum, strlen(sum), NULL) : r;
}

static int put_image(Work *work, PfCandidate *candidate, char *spool_take) {
        PF_AUTO_FREE char *spool = spool_take;
        PfEdit *edit;
        int r = pf_candidate_put(candidate, work->image, "", 0, &edit);

        if (r < 0) {
                (void) unlink(spool);
                return r;
        }
        free(edit->bytes);
        edit->bytes = NULL;
        edit->spool = PF_STEAL(spool);
        edit->is_generated = edit->is_binary = true;
        return 0;
}

static int offer(Work *work, char *spool_take, const char *sum, PfErr *err) {
        PF_AUTO_FREE char *spool = spool_take;
        PfCandidate *candidate;
        int r = pf_proposal_add(work->proposal, &candidate, "%s in %s, which %s builds anew",
                                work->names, work->image, work->program);

        if (r < 0) {
                (void) unlink(spool);
                return r;
        }
        r = put_image(work, candidate, PF_STEAL(spool));
        if (r == 0 && work->configuration.n > 0)
                r = pf_candidate_put(candidate, work->maker->file, work->configuration.data,
                                     work->configuration.n, NULL);
        return r == 0 ? put_record(work, candidate, sum, err) : r;
}

static int build(Work *work, PfInitramfsRun run, PfErr *err) {
        const PfInitramfsOrder order = {
                .maker = work->maker,
                .program = work->program,
                .version = work->kernel.version,
                .configuration = work->configuration.n > 0 ? work->configuration.data : NULL,
                .n = work->configuration.n,
                .scratch = work->room->scratch,
        };
        PF_AUTO_FREE char *spool = NULL, *sum = NULL;
        PfErr failed = { 0 };
        uint64_t size;
        int r = pf_initramfs_build(&order, run, &spool, &failed);

        if (r < 0)
                return r == -ENOMEM ? r
                                    : REFUSE(work, "%s could not be built anew: %s", work->image,
                                             pf_err_text(&failed, r));
        r = sum_up(spool, work->image, &sum, &size, err);
        if (r == 0)
                r = check_room(work, size, err);
        if (r != 0) {
                (void) unlink(spool);
                return r;
        }
        return offer(work, PF_STEAL(spool), sum, err);
}

/* --- all of it --- */

static int prepare(Work *work, PfErr *err) {
        static int (*const steps[])(Work *, PfErr *) = { find_kernel, find_lacking };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(steps) && r == 0; i++)
                r = steps[i](work, err);
        if (r == 0)
                r = find_image(work);
        if (r == 0)
                r = find_maker(work, err);
        return r == 0 ? configure(work, err) : r;
}

int pf_remedy_drivers_propose(const PfRemedyRoom *room, PfInitramfsRun run, PfProposal *proposal,
                              PfErr *err) {
        PF_CLEANUP(work_deinit) Work work = { .room = room, .proposal = proposal };
        int r = prepare(&work, err);

        if (r == 0 && !run)
                r = REFUSE(&work,
                           "no program of an image is run: add %s to %s, and run \"%s %s%s%s\" "
                           "in a chroot of it",
                           work.names, work.maker->file, work.maker->by_hand, work.kernel.version,
                           work.maker->takes_path ? " " : "",
                           work.maker->takes_path ? work.image : "");
        if (r == 0 && !room->scratch)
                r = REFUSE(&work, "there is no directory here that %s could be built in",
                           work.image);
        if (r == 0)
                r = check_room_for_old(&work, err);
        if (r == 0)
                r = build(&work, run, err);
        return r == REFUSED ? 0 : r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        return pf_remedy_drivers_propose(room, pf_target_is_host(room->target) ? pf_tool_run : NULL,
                                         proposal, err);
}

const PfRemedy pf_remedy_drivers = {
        .check = "boot.drivers",
        .by_tool = "the initramfs of the next start is built anew, with the drivers that it lacks",
        .wont = "It takes back no line that keeps a driver from being loaded, installs no module, "
                "changes no image that holds the kernel too, and runs no program of an image",
        .propose = propose,
};
