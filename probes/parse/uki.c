/* SPDX-License-Identifier: MIT */
/*
 * Unified kernel images: PE files whose sections hold a kernel, its initrd and
 * its command line. Nothing but the texts is looked at.
 */
#include "probes/parse/uki.h"

#include <string.h>

#include "probes/parse/os-release.h"
#include "probes/parse/pe.h"

#define TEXT_MAX 65536u /* of a section that is looked at */

/* What a profile may have of its own. */
typedef enum Part { CMDLINE, OSREL, UNAME, KERNEL, INITRD, PARTS } Part;

static const char *const part_names[PARTS] = {
        [CMDLINE] = ".cmdline", [OSREL] = ".osrel",   [UNAME] = ".uname",
        [KERNEL] = ".linux",    [INITRD] = ".initrd",
};

typedef struct Section {
        bool is_there;
        size_t offset;
        size_t n;
} Section;

typedef struct Profile {
        Section parts[PARTS];
} Profile;

/* The profiles, the first of which is what stands before any. */
static size_t read_profiles(const PfPe *image, Profile profiles[PF_PE_SECTIONS_MAX + 1]) {
        size_t n = 0;

        for (size_t i = 0; i < image->n_sections; i++) {
                const PfPeSection section = pf_pe_section(image, i);

                if (strcmp(section.name, ".profile") == 0)
                        profiles[++n] = profiles[0];
                for (size_t part = 0; part < PARTS; part++)
                        if (strcmp(section.name, part_names[part]) == 0)
                                profiles[n].parts[part] =
                                        (Section){ true, section.offset, section.n };
        }
        return n + 1;
}

/* What is read of a section, its text, lies within what was given. */
static bool is_whole(const PfPe *image, const Profile *profile) {
        for (size_t part = 0; part < KERNEL; part++)
                if (profile->parts[part].is_there &&
                    (profile->parts[part].n > TEXT_MAX ||
                     !pf_pe_holds(image, profile->parts[part].offset, profile->parts[part].n)))
                        return false;
        return true;
}

/* A copy of a section's text up to a NUL, without what follows the last line; NULL
 * where memory ran out. */
static char *copy_text(const PfPe *image, const Section *section) {
        char *text = section->is_there
                             ? strndup((const char *) image->bytes + section->offset, section->n)
                             : strdup("");
        size_t n = text ? strlen(text) : 0;

        while (n > 0 && strchr(" \t\r\n", text[n - 1]))
                text[--n] = '\0';
        return text;
}

typedef struct Words {
        PfBootMenu *menu;
        PfBootCommand *command;
} Words;

static int add_line(char *line, unsigned number, void *data) {
        Words *words = data;

        (void) pf_boot_trim_end(line);
        return pf_boot_menu_split(words->menu, &words->command->written, line, strlen(line),
                                  words->command->path, number);
}

static int add_command(const PfPe *image, const Profile *profile, PfBootMenu *menu,
                       PfBootEntry *entry) {
        PF_AUTO_FREE char *cmdline = copy_text(image, &profile->parts[CMDLINE]);
        PfBootCommand new = { .verb = PF_BOOT_KERNEL, .path = entry->path, .line = 1 };
        PfBootWord path = { .text = entry->path, .path = entry->path, .line = 1, .certain = true };
        Words words = { .menu = menu };
        int r = cmdline ? pf_boot_menu_text(menu, "linux", &new.name) : -ENOMEM;

        if (r == 0)
                r = pf_boot_menu_add_command(menu, &entry->commands, &new, &words.command);
        if (r == 0)
                r = pf_boot_menu_add_word(menu, &words.command->written, &path);
        if (r == 0)
                r = pf_boot_each_line(cmdline, strlen(cmdline), add_line, &words);
        return r < 0 ? r : pf_boot_words_copy(&words.command->written, &words.command->expanded);
}

/* What systemd-boot shows: PRETTY_NAME, or the system's id. */
static int set_title(const PfPe *image, const Profile *profile, PfBootMenu *menu,
                     PfBootEntry *entry) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = NULL;
        PF_AUTO_FREE char *text = copy_text(image, &profile->parts[OSREL]);
        const char *title;
        int r = text ? pf_os_release_parse(text, strlen(text), &release) : -ENOMEM;

        if (r == -EFBIG)
                return -E2BIG;
        if (r < 0)
                return r;
        title = pf_os_release_value(release, "PRETTY_NAME");
        if (!*title)
                title = pf_os_release_value(release, "ID");
        return pf_boot_menu_text(menu, title, &entry->title);
}

static int add_entry(const PfPe *image, const Profile *profile, const char *path,
                     PfBootMenu *menu) {
        PF_AUTO_FREE char *uname = copy_text(image, &profile->parts[UNAME]);
        const char *slash = strrchr(path, '/');
        PfBootEntry *entry, new = { .format = PF_BOOT_UKI };
        int r = uname ? pf_boot_menu_text(menu, path, &new.path) : -ENOMEM;

        if (r == 0)
                r = pf_boot_menu_text(menu, slash ? slash + 1 : path, &new.id);
        if (r == 0 && profile->parts[UNAME].is_there)
                r = pf_boot_menu_text(menu, uname, &new.version);
        if (r == 0)
                r = set_title(image, profile, menu, &new);
        new.written = new.title;
        if (r == 0)
                r = pf_boot_menu_add_entry(menu, &new, &entry);
        return r < 0 ? r : add_command(image, profile, menu, entry);
}

int pf_uki_parse(const char *path, const void *bytes, size_t n, PfBootMenu *ret, PfErr *err) {
        Profile profiles[PF_PE_SECTIONS_MAX + 1] = { 0 };
        size_t n_profiles;
        PfPe image;
        int r = 0;

        if (!pf_pe_open(bytes, n, &image))
                return pf_err_set(err, -EINVAL, "%s is no PE image", path);
        n_profiles = read_profiles(&image, profiles);
        if (!profiles[0].parts[KERNEL].is_there || !profiles[0].parts[OSREL].is_there)
                return PF_UKI_NONE;
        for (size_t i = 0; i < n_profiles; i++)
                if (!is_whole(&image, &profiles[i]))
                        return PF_UKI_CUT;
        for (size_t i = n_profiles > 1; i < n_profiles && r == 0; i++)
                r = add_entry(&image, &profiles[i], path, ret);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

int pf_uki_find_initrd(const void *bytes, size_t n, uint64_t *ret_offset, uint64_t *ret_size_bytes,
                       PfErr *err) {
        Profile profiles[PF_PE_SECTIONS_MAX + 1] = { 0 };
        const Section *initrd = &profiles[0].parts[INITRD];
        size_t n_profiles;
        PfPe image;

        if (!pf_pe_open(bytes, n, &image))
                return pf_err_set(err, -EINVAL, "it is no PE image");
        n_profiles = read_profiles(&image, profiles);
        if (!profiles[0].parts[KERNEL].is_there)
                return pf_err_set(err, -EINVAL, "it is no unified kernel image");
        for (size_t i = 1; i < n_profiles; i++)
                if (profiles[i].parts[INITRD].offset != initrd->offset)
                        return pf_err_set(err, -ENOTSUP, "its profiles have an initramfs each");
        if (!initrd->is_there)
                return PF_UKI_NONE;
        *ret_offset = initrd->offset;
        *ret_size_bytes = initrd->n;
        return 0;
}
