/* SPDX-License-Identifier: MIT */
/*
 * What initramfs-tools and dracut are told to put in, as far as it names block
 * devices. Their files are read as /etc/default/grub is.
 */
#include "probes/parse/initramfs-resume.h"

#include <string.h>

#include "probes/parse/grub-default.h"

#define DEVICES_MAX 4096

void pf_initramfs_devices_deinit(PfInitramfsDevices *devices) {
        free(devices->items);
        pf_boot_texts_deinit(&devices->texts);
        *devices = (PfInitramfsDevices){ 0 };
}

int pf_initramfs_parse(const char *path, const char *text, size_t n, PfBootSettings *settings,
                       PfErr *err) {
        return pf_grub_default_parse(path, text, n, settings, NULL, err);
}

static int add_device(PfInitramfsDevices *devices, const PfBootSetting *setting,
                      const char *identity, PfCmdlineRole role) {
        PfInitramfsDevice device = { .role = role,
                                     .line = setting->line,
                                     .certain = setting->certain };
        int r;

        r = pf_boot_grow((void **) &devices->items, devices->n, sizeof(device), DEVICES_MAX);
        if (r == 0)
                r = pf_boot_texts_add(&devices->texts, identity, strlen(identity),
                                      &device.identity);
        if (r == 0)
                r = pf_boot_texts_add(&devices->texts, setting->name, strlen(setting->name),
                                      &device.setting);
        if (r == 0)
                r = pf_boot_texts_add(&devices->texts, setting->path, strlen(setting->path),
                                      &device.path);
        if (r == 0)
                devices->items[devices->n++] = device;
        return r;
}

/* The value as a whole is a device, or says that there is none. */
static int take_resume(PfInitramfsDevices *devices, const PfBootSetting *setting,
                       const char *text) {
        char *rest;
        PF_AUTO_FREE char *copy = strdup(text);
        const char *word;

        if (!copy)
                return -ENOMEM;
        rest = copy;
        word = pf_boot_take_word(&rest);
        if (!word || strcmp(word, "none") == 0 || strcmp(word, "auto") == 0)
                return 0;
        return add_device(devices, setting, word, PF_CMDLINE_RESUME);
}

static int take_devices(PfInitramfsDevices *devices, const PfBootSetting *setting,
                        const char *text) {
        PF_AUTO_FREE char *copy = strdup(text);
        char *rest = copy, *word;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (word = pf_boot_take_word(&rest)))
                r = add_device(devices, setting, word, PF_CMDLINE_ACTIVATE);
        return r;
}

static int take_parameter(PfInitramfsDevices *devices, const PfBootSetting *setting,
                          const PfCmdlineWord *word) {
        const PfCmdlineParameter *parameter = pf_cmdline_parameter(word->name);
        PF_AUTO_FREE char *identity = NULL;
        int r;

        if (!parameter || !word->value || word->for_init)
                return 0;
        r = pf_cmdline_identity(parameter, word->value, &identity);
        return r < 0 || !*identity ? r : add_device(devices, setting, identity, parameter->role);
}

static int take_cmdline(PfInitramfsDevices *devices, const PfBootSetting *setting,
                        const char *text) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
        int r = pf_cmdline_parse(text, strlen(text), &cmdline);

        for (size_t i = 0; r == 0 && i < cmdline->n; i++)
                r = take_parameter(devices, setting, &cmdline->words[i]);
        return r;
}

typedef struct Row {
        PfInitramfsTool tool;
        const char *name;
        bool is_list; /* grows by += */
        int (*take)(PfInitramfsDevices *devices, const PfBootSetting *setting, const char *text);
} Row;

static const Row rows[] = {
        { PF_INITRAMFS_TOOLS, "RESUME", false, take_resume },
        { PF_INITRAMFS_DRACUT, "add_device", true, take_devices },
        { PF_INITRAMFS_DRACUT, "kernel_cmdline", true, take_cmdline },
};

/* The first of the assignments that make up the value: the last that does not go
 * on with what was there before it. */
static size_t find_start(const PfBootSettings *settings, const Row *row) {
        const char *before = NULL;
        size_t start = settings->n;

        for (size_t i = 0; i < settings->n; i++) {
                const char *value = settings->items[i].value;

                if (strcmp(settings->items[i].name, row->name) != 0)
                        continue;
                if (!row->is_list || !before || !*before ||
                    strncmp(value, before, strlen(before)) != 0)
                        start = i;
                before = value;
        }
        return start;
}

static int take_row(const PfBootSettings *settings, const Row *row, PfInitramfsDevices *ret) {
        size_t done = 0;
        int r = 0;

        for (size_t i = find_start(settings, row); i < settings->n && r == 0; i++) {
                const PfBootSetting *setting = &settings->items[i];

                if (strcmp(setting->name, row->name) != 0)
                        continue;
                r = row->take(ret, setting, setting->value + done);
                done = strlen(setting->value);
        }
        return r;
}

int pf_initramfs_devices(const PfBootSettings *settings, PfInitramfsTool tool,
                         PfInitramfsDevices *ret, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(rows) && r == 0; i++)
                if (rows[i].tool == tool)
                        r = take_row(settings, &rows[i], ret);
        return r < 0 ? pf_err_errno(err, r, "settings of the initramfs") : 0;
}
