/* SPDX-License-Identifier: MIT */
/*
 * Which kernels a machine has, and what each is started with.
 */
#include "probes/boot/boot-kernel.h"

#include <string.h>

#include "probes/boot/inventory-internal.h"

#define RELEASE_MAX 1024
#define PATH_SIZE 512

/* "The Linux/x86 Boot Protocol": where the real-mode header has what. */
#define HEADER_MAGIC_AT 0x202
#define HEADER_VERSION_AT 0x20e
#define HEADER_SECTOR 0x200
#define HEADER_READ (64u << 10)

void pf_boot_kernel_deinit(PfBootKernel *kernel) {
        free(kernel->file);
        kernel->file = NULL;
        pf_strv_deinit(&kernel->images);
}

/* How images are called: initramfs-tools, dracut, mkinitrd of SUSE, mkinitrd of RHEL 5. */
static const char *const image_names[] = { "/boot/initrd.img-%s", "/boot/initramfs-%s.img",
                                           "/boot/initrd-%s", "/boot/initrd-%s.img" };

static int find_images(const PfTarget *target, PfBootKernel *kernel) {
        for (size_t i = 0; i < PF_ELEMENTS(image_names); i++) {
                char path[PATH_SIZE];
                PfFileInfo info;
                PfErr err = { 0 };
                int r, n = (int) (strchr(image_names[i], '%') - image_names[i]);

                (void) snprintf(path, sizeof(path), "%.*s%s%s", n, image_names[i], kernel->version,
                                image_names[i] + n + strlen("%s"));
                r = pf_target_stat(target, path, &info, &err);
                if (r == 0)
                        return pf_strv_add(&kernel->images, path);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        (void) snprintf(kernel->images_reason, sizeof(kernel->images_reason), "%s",
                                        err.text);
        }
        if (!kernel->images_reason[0])
                (void) snprintf(kernel->images_reason, sizeof(kernel->images_reason),
                                "there is no initramfs of a usual name for it in /boot");
        return 0;
}

/* Letters that a version has, and that are safe as a name of a directory. */
static bool take_version(const char *text, char ret[static PF_KERNEL_VERSION_MAX]) {
        size_t n =
                strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~_-");

        if (n == 0 || n >= PF_KERNEL_VERSION_MAX || text[0] < '0' || text[0] > '9')
                return false;
        memcpy(ret, text, n);
        ret[n] = '\0';
        return true;
}

int pf_boot_kernel_installed(const PfTarget *target, const char *version, PfBootKernel *ret) {
        if (!take_version(version, ret->version))
                return 0;
        return find_images(target, ret);
}

int pf_boot_kernel_running(const PfTarget *target, PfBootKernel *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RELEASE_MAX);
        int r;

        ret->path = "/proc/sys/kernel/osrelease";
        ret->line = 1;
        r = pf_target_read(target, ret->path, RELEASE_MAX, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return PF_KERNEL_NONE_RUNS;
        if (r < 0)
                return r;
        if (!buf.data || !take_version(buf.data, ret->version))
                return pf_err_set(err, -EINVAL, "%s: does not begin with a version", ret->path);
        return find_images(target, ret);
}

static unsigned little16(const char *bytes) {
        return (unsigned char) bytes[0] | (unsigned) (unsigned char) bytes[1] << 8;
}

/* The version that the file itself says; false where it has no such header. */
static bool version_of_header(const PfBuf *head, char ret[static PF_KERNEL_VERSION_MAX]) {
        size_t at;

        if (head->n < HEADER_VERSION_AT + 2 || memcmp(head->data + HEADER_MAGIC_AT, "HdrS", 4) != 0)
                return false;
        at = little16(head->data + HEADER_VERSION_AT);
        return at > 0 && at + HEADER_SECTOR < head->n &&
               take_version(head->data + at + HEADER_SECTOR, ret);
}

/* "vmlinuz-6.1.0-22-amd64": behind the first dash that a digit follows. */
static bool version_of_name(const char *file, char ret[static PF_KERNEL_VERSION_MAX]) {
        const char *base = strrchr(file, '/');

        base = base ? base + 1 : file;
        for (const char *dash = base; (dash = strchr(dash, '-')); dash++)
                if (dash[1] >= '0' && dash[1] <= '9')
                        return take_version(dash + 1, ret) && strlen(ret) == strlen(dash + 1);
        return false;
}

static int find_version(const PfTarget *target, PfBootKernel *kernel, PfErr *err) {
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(HEADER_READ);
        int r = pf_target_read_head(target, kernel->file, HEADER_READ, &head, err);

        if (r == -ENOMEM)
                return r;
        if (r == 0 && version_of_header(&head, kernel->version))
                return 0;
        if (version_of_name(kernel->file, kernel->version))
                return 0;
        (void) pf_err_set(err, -EINVAL, "%s does not tell which kernel it is", kernel->file);
        return PF_KERNEL_NOT_KNOWN;
}

static bool is_unified(const PfBootItem *item) {
        return item->entry && item->entry->format == PF_BOOT_UKI;
}

/* What the image's .uname says; the kernel's own header is somewhere within. */
static int take_unified_version(const PfBootItem *item, PfBootKernel *kernel, PfErr *err) {
        if (item->entry->version && take_version(item->entry->version, kernel->version))
                return 0;
        (void) pf_err_set(err, -EINVAL, "%s does not tell which kernel it is", kernel->file);
        return PF_KERNEL_NOT_KNOWN;
}

/* One word of an initrd command: a path, unless it is an option. */
static int add_image(const PfTarget *target, const PfBootWord *word, PfBootKernel *kernel) {
        PF_AUTO_FREE char *path = NULL;
        PfErr err = { 0 };
        int r;

        if (word->text[0] == '\0' || strncmp(word->text, "--", 2) == 0)
                return 0;
        r = word->certain ? pf_boot_locate(target, word->text, &path, &err) : -EINVAL;
        if (r == 0)
                return pf_strv_add(&kernel->images, path);
        if (r == -ENOMEM)
                return r;
        (void) snprintf(kernel->images_reason, sizeof(kernel->images_reason), "%s %s", word->text,
                        r == PF_TARGET_ABSENT ? "is not there"
                        : word->certain       ? "could not be looked at"
                                              : "holds a variable that is not known");
        return 0;
}

static int add_images(const PfTarget *target, const PfBootItem *item, PfBootKernel *kernel) {
        if (is_unified(item))
                return pf_strv_add(&kernel->images, kernel->file);
        for (size_t i = 0; i < item->commands->n; i++) {
                const PfBootCommand *command = &item->commands->items[i];

                if (command->verb != PF_BOOT_INITRD || command->when == PF_BOOT_NEVER)
                        continue;
                for (size_t j = command->i_image; j < command->expanded.n; j++) {
                        int r = add_image(target, &command->expanded.items[j], kernel);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

int pf_boot_kernel_next(const PfTarget *target, const PfBootInventory *inventory, PfBootKernel *ret,
                        PfErr *err) {
        const PfBootItem *item = pf_boot_inventory_next(inventory);
        const PfBootWord *image = item && item->kernel ? pf_boot_command_image(item->kernel) : NULL;
        int r;

        if (!image || !image->certain) {
                (void) pf_err_set(err, -ENOENT, "%s",
                                  inventory->n_loaders == 0
                                          ? "no boot loader's configuration was found"
                                  : !item ? "no file tells which entry starts if nobody chooses one"
                                          : "the entry that starts names no kernel that is known");
                return PF_KERNEL_NOT_KNOWN;
        }
        ret->path = item->kernel->path;
        ret->line = item->kernel->line;
        r = pf_boot_locate(target, image->text, &ret->file, err);
        if (r == -ENOMEM)
                return r;
        if (r != 0) {
                (void) pf_err_set(err, -ENOENT,
                                  "the kernel %s of the entry that starts is not there",
                                  image->text);
                return PF_KERNEL_NOT_KNOWN;
        }
        r = is_unified(item) ? take_unified_version(item, ret, err)
                             : find_version(target, ret, err);
        return r != 0 ? r : add_images(target, item, ret);
}

int pf_boot_kernel_list(const PfTarget *target, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = pf_target_list(target, "/lib/modules", &names, err);

        if (r == PF_TARGET_ABSENT)
                return 0;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                char version[PF_KERNEL_VERSION_MAX], path[PATH_SIZE];
                PfFileInfo info;

                if (!take_version(names.items[i], version) || strcmp(version, names.items[i]) != 0)
                        continue;
                (void) snprintf(path, sizeof(path), "/lib/modules/%s/kernel", version);
                r = pf_target_stat(target, path, &info, err);
                if (r == 0)
                        r = pf_strv_add(ret, version);
                else if (r == PF_TARGET_ABSENT)
                        r = 0;
        }
        return r;
}
