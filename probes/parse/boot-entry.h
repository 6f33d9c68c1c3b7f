/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the readers of boot loaders find, in one form for all of them: settings,
 * and entries with the commands that load a kernel. Every item says which file
 * and line it comes from. Nothing is judged, and no device is looked up.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/strv.h"

/* Limits of one menu, or one list of settings; beyond them reading fails with -E2BIG. */
#define PF_BOOT_TEXT_MAX (16u << 20) /* bytes of all texts */
#define PF_BOOT_ENTRIES_MAX 4096
#define PF_BOOT_COMMANDS_MAX 65536 /* of all entries */
#define PF_BOOT_WORDS_MAX 65536    /* of one command */
#define PF_BOOT_SETTINGS_MAX 4096

/**
 * pf_boot_grow() - make room for one more item of a list that only grows
 * @items: the list of @n items, of @size bytes each
 * Return: 0, -E2BIG where @max are there, -ENOMEM.
 */
int pf_boot_grow(void **items, size_t n, size_t size, size_t max) PF_MUST_CHECK;

/* Texts that are freed together. */
typedef struct PfBootTexts {
        PfStrv strv;
        size_t n_bytes;
} PfBootTexts;

void pf_boot_texts_deinit(PfBootTexts *texts);

/* A copy of the first @n bytes of @text, borrowed. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_texts_add(PfBootTexts *texts, const char *text, size_t n,
                      const char **ret) PF_MUST_CHECK;

/* NAME=VALUE, wherever it is written. All texts borrowed from the list. */
typedef struct PfBootSetting {
        const char *name;
        const char *value; /* where it is not certain, the best that can be said */
        const char *path;
        unsigned line; /* from 1 */
        bool certain;  /* false: another value is possible, or the value needs a shell */
} PfBootSetting;

/* In the order of the file; a name may be there several times. All zero is empty. */
typedef struct PfBootSettings {
        PfBootSetting *items;
        size_t n;
        PfBootTexts texts;
} PfBootSettings;

void pf_boot_settings_deinit(PfBootSettings *settings);
#define PF_AUTO_BOOT_SETTINGS PF_CLEANUP(pf_boot_settings_deinit)

/* Append copies of the texts. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_settings_add(PfBootSettings *settings, const PfBootSetting *setting) PF_MUST_CHECK;

/* The last one of a name, or NULL; and its value, or @otherwise. */
const PfBootSetting *pf_boot_settings_find(const PfBootSettings *settings, const char *name);
const char *pf_boot_settings_value(const PfBootSettings *settings, const char *name,
                                   const char *otherwise);

/* A word of a command. */
typedef struct PfBootWord {
        const char *text;
        const char *path; /* where the text stands: for what a variable held, where it was set */
        unsigned line;
        bool certain; /* false: holds a variable whose value cannot be told */
} PfBootWord;

typedef struct PfBootWords {
        PfBootWord *items;
        size_t n;
} PfBootWords;

typedef enum PfBootVerb {
        PF_BOOT_KERNEL, /* linux, kernel, module: loads an image, with arguments */
        PF_BOOT_INITRD,
        PF_BOOT_DEVICETREE,
        PF_BOOT_CHAIN,  /* another loader, or the firmware */
        PF_BOOT_SEARCH, /* search, find, root: which device what follows is on */
        PF_BOOT_CONFIG, /* another file of the loader */
        PF_BOOT_BLSCFG, /* the entries of the Boot Loader Specification */
        PF_BOOT_SET,    /* an assignment of a script */
        PF_BOOT_OTHER,
} PfBootVerb;

/* Whether the loader comes to it. */
typedef enum PfBootWhen {
        PF_BOOT_ALWAYS,
        PF_BOOT_MAYBE, /* decided by what only the machine knows */
        PF_BOOT_NEVER, /* behind a condition that is known to be false */
} PfBootWhen;

typedef struct PfBootCommand {
        PfBootVerb verb;
        const char *name; /* as written: "linux16" */
        const char *path;
        unsigned line;
        PfBootWords written;  /* of a kernel: options of the command, image, arguments */
        PfBootWords expanded; /* the same with variables put in; as written where there are none */
        size_t i_image;       /* of a kernel: which word is the image, in either list; else 0 */
        const char *function; /* the function of the script it stands in, or NULL */
        bool conditional;     /* stands under an if or in a loop */
        PfBootWhen when;
} PfBootCommand;

typedef struct PfBootCommands {
        PfBootCommand *items;
        size_t n;
} PfBootCommands;

typedef enum PfBootFormat {
        PF_BOOT_GRUB,
        PF_BOOT_MENU_LST,
        PF_BOOT_BLS,
        PF_BOOT_SYSTEMD_BOOT,
        PF_BOOT_UKI,
        PF_BOOT_EXTLINUX,
        PF_BOOT_FORMATS,
} PfBootFormat;

/* As reports print it: "menu.lst". */
const char *pf_boot_format_name(PfBootFormat format);

typedef struct PfBootEntry {
        PfBootFormat format;
        const char *path;
        unsigned line;       /* 0 where the whole file is the entry */
        const char *title;   /* as the menu shows it */
        const char *written; /* the title with variables as ${name} */
        const char *id;      /* by which a default can name it; NULL where it has none */
        const char *version;
        const char *sort_key;
        const char *machine_id;
        PfBootWords submenu; /* titles of those around it, the outermost first */
        PfBootCommands commands;
        bool conditional;
        PfBootWhen when;
} PfBootEntry;

/* All zero is empty. Owns all that its entries point at. */
typedef struct PfBootMenu {
        PfBootEntry *entries; /* in the order of the menu */
        size_t n;
        PfBootCommands outside; /* commands in no entry: configfile, blscfg, search … */
        PfBootSettings settings;
        PfBootTexts texts;
        size_t n_commands; /* of all entries and outside */
        unsigned bad_line; /* the first one that the loader would refuse; 0: none */
        const char *bad_path;
} PfBootMenu;

void pf_boot_menu_deinit(PfBootMenu *menu);
#define PF_AUTO_BOOT_MENU PF_CLEANUP(pf_boot_menu_deinit)

/* A copy of a text in the menu; NULL stays NULL. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_menu_text(PfBootMenu *menu, const char *text, const char **ret) PF_MUST_CHECK;

/* Append an entry, or a command, as it is: its texts are the menu's already.
 * *@ret is borrowed until the next one. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_menu_add_entry(PfBootMenu *menu, const PfBootEntry *entry,
                           PfBootEntry **ret) PF_MUST_CHECK;
int pf_boot_menu_add_command(PfBootMenu *menu, PfBootCommands *to, const PfBootCommand *command,
                             PfBootCommand **ret) PF_MUST_CHECK;

/* Append a word with a copy of its text. Return: 0, -E2BIG, -ENOMEM. */
int pf_boot_menu_add_word(PfBootMenu *menu, PfBootWords *words,
                          const PfBootWord *word) PF_MUST_CHECK;
/* Append the words of a text that blanks and tabs separate, all on one line. */
int pf_boot_menu_split(PfBootMenu *menu, PfBootWords *words, const char *text, size_t n,
                       const char *path, unsigned line) PF_MUST_CHECK;
/* Append all of @from, whose texts stay whose they are. */
int pf_boot_words_copy(const PfBootWords *from, PfBootWords *words) PF_MUST_CHECK;
void pf_boot_words_deinit(PfBootWords *words);

/* What both kinds of words of a kernel mean; NULL where there is no image. */
const PfBootWord *pf_boot_command_image(const PfBootCommand *command);

/* Where a reader gets the files that one includes. A path is as the loader has it;
 * what lies where is the caller's to know. read() behaves as pf_target_read(): a
 * positive outcome is "no such file", a negative one "not known". */
typedef struct PfBootFiles {
        int (*read)(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err);
        void *data;
} PfBootFiles;

/**
 * pf_boot_each_line() - the lines of a text, without what ends them
 * @visit: gets each, NUL-terminated and his to change; a NUL in it ends it
 *
 * Return: what @visit returned first that is not 0; 0; -E2BIG for a line of more
 *         than PF_BOOT_LINE_MAX bytes, -ENOMEM.
 */
#define PF_BOOT_LINE_MAX (1u << 20)
typedef int (*PfBootLineVisit)(char *line, unsigned number, void *data);
int pf_boot_each_line(const char *text, size_t n, PfBootLineVisit visit, void *data) PF_MUST_CHECK;

/* The next word of a line, cut off in place, or NULL; *@rest is what follows the
 * blanks behind it. */
char *pf_boot_take_word(char **rest);

/* Cuts blanks off the end. Return: @text. */
char *pf_boot_trim_end(char *text);
