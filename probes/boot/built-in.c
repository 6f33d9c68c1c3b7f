/* SPDX-License-Identifier: MIT */
/*
 * What GRUB was told when it was installed: its prefix, and the commands that are
 * built in. A firmware starts the image; only the image knows where to go on.
 */
#include "probes/boot/built-in.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/target-file.h"
#include "probes/boot/efi-variables.h"
#include "probes/boot/inventory-internal.h"
#include "probes/parse/grub-image.h"
#include "probes/parse/grub-script.h"
#include "probes/parse/lines.h"

#define BOOK "grub-image"
#define ANSWER_MAX (256u << 10)

/* The answer's lines, by their first characters. */
enum { PREFIX = '=', CONFIG = '+', MEMDISK = 'm', WRONG = '!' };

static int tell_config(const char *config, PfBuf *ret) {
        int r = 0;

        while (config && *config && r == 0) {
                size_t n = strcspn(config, "\n");

                r = pf_buf_printf(ret, "%c%.*s\n", CONFIG, (int) n, config);
                config += n + (config[n] == '\n');
        }
        return r;
}

static int look(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_IMAGE_MAX);
        PF_AUTO_GRUB_IMAGE PfGrubImage image = { 0 };
        PfErr wrong = { 0 };
        int r;

        (void) data;
        r = pf_target_file_read_all(file, &buf, err);
        if (r == 0)
                r = pf_grub_image_parse(buf.data ? buf.data : "", buf.n, &image, &wrong);
        if (r == PF_GRUB_IMAGE_NONE || r == -EINVAL)
                return pf_buf_printf(ret, "%c\n", WRONG);
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&wrong, r));
        if (image.prefix && !strchr(image.prefix, '\n'))
                r = pf_buf_printf(ret, "%c%s\n", PREFIX, image.prefix);
        if (r == 0 && image.has_memdisk)
                r = pf_buf_printf(ret, "%c\n", MEMDISK);
        return r == 0 ? tell_config(image.config, ret) : r;
}

/* The image's answer, taken apart. */
typedef struct BuiltIn {
        char *prefix;
        PfBuf config;
        bool is_none;
        bool is_open;
} BuiltIn;

static void built_in_deinit(BuiltIn *built_in) {
        free(built_in->prefix);
        pf_buf_deinit(&built_in->config);
}

static int take_line(BuiltIn *built_in, const PfLines *line) {
        switch (line->text_n > 0 ? line->text[0] : '\0') {
        case PREFIX:
                free(built_in->prefix);
                built_in->prefix = strndup(line->text + 1, line->text_n - 1);
                return built_in->prefix ? 0 : -ENOMEM;
        case CONFIG:
                return pf_buf_printf(&built_in->config, "%.*s\n", (int) line->text_n - 1,
                                     line->text + 1);
        case MEMDISK:
                built_in->is_open = true;
                return 0;
        case WRONG:
                built_in->is_none = true;
                return 0;
        default: /* a captured answer that is not understood */
                built_in->is_open = true;
                return 0;
        }
}

static int load(const PfTarget *target, const char *path, BuiltIn *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf answer = PF_BUF_INIT(ANSWER_MAX);
        int r = pf_target_derive(target, BOOK, path, look, NULL, &answer, err);
        PfLines lines = { .rest = answer.data, .n = answer.n };

        ret->is_none = r == PF_TARGET_ABSENT;
        while (r == 0 && pf_lines_next(&lines))
                r = take_line(ret, &lines);
        return r == PF_TARGET_ABSENT ? 0 : r;
}

/* The last command that decides, as far as one does. */
typedef struct Course {
        const char *config; /* that it hands over to */
        bool is_open;
} Course;

static Course follow(const PfBootMenu *menu) {
        Course course = { 0 };

        for (size_t i = 0; i < menu->outside.n; i++) {
                const PfBootCommand *command = &menu->outside.items[i];
                const bool hands_over = command->verb == PF_BOOT_CONFIG && command->expanded.n > 0;
                const bool sets_prefix = command->verb == PF_BOOT_SET && command->written.n > 0 &&
                                         strncmp(command->written.items[0].text, "prefix=", 7) == 0;

                if (command->when == PF_BOOT_NEVER || (!hands_over && !sets_prefix))
                        continue;
                course.is_open = course.is_open || command->conditional;
                if (hands_over && !course.config)
                        course.config = command->expanded.items[command->expanded.n - 1].text;
        }
        return course;
}

/* A path with its device, of which only the path can be known. */
static int without_device(const char *path, const char *file, char **ret) {
        const char *close = *path == '(' ? strchr(path, ')') : NULL;

        path = close ? close + 1 : path;
        if (*path != '/' || strchr(path, '$') || strchr(path, '('))
                return PF_BOOT_BUILT_IN_OPEN;
        return asprintf(ret, "%s%s", path, file) < 0 ? -ENOMEM : 0;
}

/* Runs what is built in, which reads no file: what it would find is the machine's matter. */
static int run(const BuiltIn *built_in, const char *path, char **ret, PfErr *err) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings presets = { 0 };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        const PfBootSetting prefix = {
                .name = "prefix", .value = built_in->prefix, .path = "", .certain = true
        };
        const PfBootSetting *found;
        Course course;
        int r = pf_boot_settings_add(&presets, &prefix);

        if (r == 0)
                r = pf_grub_script_load(path, built_in->config.data ? built_in->config.data : "",
                                        built_in->config.n, &presets, NULL, &menu, err);
        if (r < 0)
                return r;
        course = follow(&menu);
        if (course.is_open)
                return PF_BOOT_BUILT_IN_OPEN;
        if (course.config)
                return without_device(course.config, "", ret);
        found = pf_boot_settings_find(&menu.settings, "prefix");
        return without_device(found ? found->value : built_in->prefix, "/grub.cfg", ret);
}

int pf_boot_built_in(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        PF_CLEANUP(built_in_deinit) BuiltIn built_in = { .config = PF_BUF_INIT(ANSWER_MAX) };
        int r = load(target, path, &built_in, err);

        if (r < 0)
                return r;
        if (built_in.is_none)
                return PF_BOOT_BUILT_IN_NONE;
        if (built_in.is_open || !built_in.prefix || !*built_in.prefix)
                return PF_BOOT_BUILT_IN_OPEN;
        return run(&built_in, path, ret, err);
}

/* --- all of them --- */

/* What images of GRUB were told when they were installed, as far as they agree. */
typedef struct Images {
        char *config;
        unsigned n;
        bool is_open; /* one cannot be told, or they do not agree */
} Images;

static void images_deinit(Images *images) {
        free(images->config);
}

static int look_at_image(const PfTarget *target, const char *path, Images *images) {
        PF_AUTO_FREE char *config = NULL;
        PfErr ignored = { 0 };
        int r = pf_boot_built_in(target, path, &config, &ignored);

        if (r == -ENOMEM || r == PF_BOOT_BUILT_IN_NONE)
                return r < 0 ? r : 0;
        if (r != 0 || (images->config && strcmp(images->config, config) != 0))
                images->is_open = true;
        else if (!images->config)
                images->config = PF_STEAL(config);
        images->n++;
        return 0;
}

/* Names of an EFI partition are in any case; an image ends in ".efi". */
static int look_at_directory(const PfTarget *target, const char *directory, Images *images) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr ignored = { 0 };
        int r = pf_target_list(target, directory, &names, &ignored);

        if (r != 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                const size_t n = strlen(names.items[i]);
                char path[4096];

                if (n > 4 && strcasecmp(names.items[i] + n - 4, ".efi") == 0 &&
                    snprintf(path, sizeof(path), "%s/%s", directory, names.items[i]) <
                            (int) sizeof(path))
                        r = look_at_image(target, path, images);
        }
        return r;
}

/* The directory that the firmware started a program from, or all that it might. */
static int look_at_efi(const PfTarget *target, Images *images) {
        static const char *const partitions[] = { "/boot/efi", "/efi" };
        PF_AUTO_FREE char *file = NULL;
        PfErr ignored = { 0 };
        int r = pf_efi_started_from(target, &file, &ignored);
        char *slash = r == 0 ? strrchr(file, '/') : NULL;

        if (r == -ENOMEM)
                return r;
        if (slash)
                *slash = '\0';
        r = 0;
        for (size_t i = 0; i < PF_ELEMENTS(partitions) && r == 0; i++) {
                PF_AUTO_STRV PfStrv directories = { 0 };
                char pattern[4096];

                if (snprintf(pattern, sizeof(pattern), "%s%s", partitions[i],
                             slash ? file : "/EFI/*") >= (int) sizeof(pattern))
                        continue;
                r = slash ? pf_strv_add(&directories, pattern)
                          : pf_target_glob(target, pattern, &directories, &ignored);
                r = r == -ENOMEM ? r : 0;
                for (size_t j = 0; j < directories.n && r == 0; j++)
                        r = look_at_directory(target, directories.items[j], images);
        }
        return r;
}

static int look_at_bios(const PfTarget *target, Images *images) {
        static const char *const cores[] = { "/boot/grub/i386-pc/core.img",
                                             "/boot/grub2/i386-pc/core.img" };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(cores) && r == 0; i++)
                r = look_at_image(target, cores[i], images);
        return r;
}

int pf_boot_built_in_all(const PfTarget *target, PfMaybe efi, char **ret) {
        PF_CLEANUP(images_deinit) Images images = { 0 };
        int r = 0;

        if (efi != PF_NO)
                r = look_at_efi(target, &images);
        if (efi != PF_YES && r == 0)
                r = look_at_bios(target, &images);
        if (r < 0)
                return r;
        if (images.n == 0)
                return PF_BOOT_BUILT_IN_NONE;
        if (images.is_open)
                return PF_BOOT_BUILT_IN_OPEN;
        *ret = PF_STEAL(images.config);
        return 0;
}
