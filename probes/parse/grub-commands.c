/* SPDX-License-Identifier: MIT */
/*
 * The commands of GRUB that say what is booted, or what a variable holds. All
 * others have no effect here, and an outcome that is not known.
 */
#include <string.h>

#include "probes/parse/grub-env.h"
#include "probes/parse/grub-evaluate.h"

int pf_grub_record(PfGrubFrame *frame, const PfGrubCall *call, PfBootVerb verb) {
        PfBootMenu *menu = frame->evaluator->menu;
        PfBootCommands *to = frame->i_entry == PF_GRUB_NO_ENTRY
                                     ? &menu->outside
                                     : &menu->entries[frame->i_entry].commands;
        PfBootWords arguments = { .items = call->expanded.items + 1, .n = call->expanded.n - 1 };
        const PfGrubWord *word = call->words;
        PfGrubScope scope = pf_grub_frame_scope(frame);
        PfBootCommand *command;
        int r;

        r = pf_boot_menu_add_command(menu, to,
                                     &(PfBootCommand){ .verb = verb,
                                                       .name = call->expanded.items[0].text,
                                                       .path = frame->path,
                                                       .line = call->node->line,
                                                       .conditional = frame->nesting > 0,
                                                       .when = pf_grub_frame_when(frame) },
                                     &command);
        if (r == 0)
                r = pf_boot_menu_text(menu, frame->function, &command->function);
        if (r == 0)
                r = pf_boot_words_copy(verb == PF_BOOT_SET ? &call->expanded : &arguments,
                                       &command->expanded);
        if (verb != PF_BOOT_SET && word)
                word = word->next;
        for (; word && r == 0; word = word->next)
                r = pf_grub_written(&scope, word, &command->written);
        return r;
}

static const char *argument(const PfGrubCall *call, size_t i) {
        return i < call->expanded.n ? call->expanded.items[i].text : NULL;
}

/* Whether a variable that is set now is set for sure, where the branch is run at all. */
static bool is_certain(const PfGrubFrame *frame) {
        return frame->after == PF_BOOT_ALWAYS && frame->loop == PF_BOOT_ALWAYS &&
               frame->evaluator->exit == PF_BOOT_ALWAYS;
}

static int assign(PfGrubFrame *frame, const PfBootWord *word) {
        const char *equals = strchr(word->text, '=');
        PfGrubVariable variable = { .value = equals + 1,
                                    .path = word->path,
                                    .line = word->line,
                                    .certain = word->certain && is_certain(frame) };
        int r;

        if (pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return 0;
        r = pf_boot_texts_add(&frame->evaluator->menu->texts, word->text,
                              (size_t) (equals - word->text), &variable.name);
        return r < 0 ? r : pf_grub_variables_set(&frame->evaluator->variables, &variable);
}

static int set_unknown(PfGrubFrame *frame, const char *name) {
        PfGrubVariable variable = { .path = frame->path };
        int r = pf_boot_menu_text(frame->evaluator->menu, name, &variable.name);

        if (r < 0 || pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return r;
        return pf_grub_variables_set(&frame->evaluator->variables, &variable);
}

/* Whether the text to assign says what it is: a name that is not known may be any. */
static bool is_assignment(const char *text) {
        size_t n = strcspn(text, "=");

        return n > 0 && text[n] == '=' && !memchr(text, '$', n);
}

static int run_set(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        int r;

        *ret = PF_GRUB_TRUE;
        if (!argument(call, 1) || !is_assignment(argument(call, 1)))
                return 0;
        r = assign(frame, &call->expanded.items[1]);
        if (r == 0) {
                PfGrubCall inner = { .node = call->node,
                                     .words = call->words->next,
                                     .expanded = { .items = call->expanded.items + 1, .n = 1 } };

                r = pf_grub_record(frame, &inner, PF_BOOT_SET);
        }
        return r;
}

static int run_export(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        const char *name;
        int r = 0;

        *ret = PF_GRUB_TRUE;
        for (size_t i = 1; i < call->expanded.n && r == 0; i++) {
                size_t n = strcspn(call->expanded.items[i].text, "=");

                if (call->expanded.items[i].text[n] == '=')
                        r = assign(frame, &call->expanded.items[i]);
                if (r == 0)
                        r = pf_boot_texts_add(&frame->evaluator->menu->texts,
                                              call->expanded.items[i].text, n, &name);
                if (r == 0 && pf_grub_frame_when(frame) != PF_BOOT_NEVER)
                        r = pf_grub_variables_export(&frame->evaluator->variables, name);
        }
        return r;
}

static int run_unset(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        PfGrubVariable variable = { .name = argument(call, 1),
                                    .path = frame->path,
                                    .line = call->node->line,
                                    .certain = is_certain(frame) };

        *ret = PF_GRUB_TRUE;
        if (!variable.name || pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return 0;
        return pf_grub_variables_set(&frame->evaluator->variables, &variable);
}

static int run_test(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        bool bracket = strcmp(argument(call, 0), "[") == 0;
        bool closed = strcmp(argument(call, call->expanded.n - 1), "]") == 0;
        PfBootWords words = { .items = call->expanded.items + 1,
                              .n = call->expanded.n - 1 - (bracket && closed) };

        *ret = bracket && !closed ? PF_GRUB_FALSE
                                  : pf_grub_test(&words, pf_grub_frame_when(frame) == PF_BOOT_NEVER
                                                                 ? NULL
                                                                 : frame->evaluator->files);
        return 0;
}

static int run_true(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        (void) frame;
        *ret = strcmp(argument(call, 0), "true") == 0 ? PF_GRUB_TRUE : PF_GRUB_FALSE;
        return 0;
}

/* What follows is not come to, or may not be. */
static PfBootWhen stopped(const PfGrubFrame *frame, PfBootWhen before) {
        PfBootWhen when = pf_grub_frame_when(frame);

        return when == PF_BOOT_ALWAYS                            ? PF_BOOT_NEVER
               : when == PF_BOOT_MAYBE && before < PF_BOOT_MAYBE ? PF_BOOT_MAYBE
                                                                 : before;
}

static int run_stop(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        const char *name = argument(call, 0);

        *ret = PF_GRUB_UNKNOWN;
        if (strcmp(name, "return") == 0)
                frame->after = stopped(frame, frame->after);
        else if (strcmp(name, "break") == 0 || strcmp(name, "continue") == 0)
                frame->loop = stopped(frame, frame->loop);
        else
                frame->evaluator->exit = stopped(frame, frame->evaluator->exit);
        return 0;
}

/* Options that name the variable a command sets: --set, --set=NAME, -s NAME. */
static int run_setter(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        bool is_search = strncmp(argument(call, 0), "search", 6) == 0;
        int r = is_search ? pf_grub_record(frame, call, PF_BOOT_SEARCH) : 0;

        *ret = PF_GRUB_UNKNOWN;
        for (size_t i = 1; i < call->expanded.n && r == 0; i++) {
                const char *text = argument(call, i), *next = argument(call, i + 1);
                const char *colon = strrchr(text, ':');

                if (strncmp(text, "--set=", 6) == 0)
                        r = set_unknown(frame, colon ? colon + 1 : text + 6);
                else if (strcmp(text, "--set") == 0 && (is_search || !next))
                        r = set_unknown(frame, "root");
                else if (strcmp(text, "--set") == 0 || strcmp(text, "-s") == 0) {
                        colon = next ? strrchr(next, ':') : NULL;
                        r = set_unknown(frame, colon ? colon + 1 : next ? next : "root");
                }
        }
        return r;
}

static int run_read(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        int r = 0;

        *ret = PF_GRUB_UNKNOWN;
        for (size_t i = 1; i < call->expanded.n && r == 0; i++)
                if (*argument(call, i) != '-')
                        r = set_unknown(frame, argument(call, i));
        return r;
}

/* The contents of a file that the script names. Return: as PfBootFiles.read(). */
static int read_file(const PfGrubFrame *frame, const PfBootWord *path, size_t max, PfBuf *buf) {
        const PfBootFiles *files = frame->evaluator->files;

        if (!files || !path->certain)
                return -ENODATA;
        return files->read(files->data, path->text, max, buf, NULL);
}

static int load_variables(PfGrubFrame *frame, const PfBootSettings *settings,
                          const PfGrubCall *call, size_t i_list) {
        PfBootMenu *menu = frame->evaluator->menu;
        int r = 0;

        for (size_t i = 0; i < settings->n && r == 0; i++) {
                PfGrubVariable variable = { .line = settings->items[i].line,
                                            .certain = is_certain(frame) };
                bool listed = i_list >= call->expanded.n;

                for (size_t j = i_list; j < call->expanded.n && !listed; j++)
                        listed = strcmp(argument(call, j), settings->items[i].name) == 0;
                if (!listed)
                        continue;
                r = pf_boot_menu_text(menu, settings->items[i].name, &variable.name);
                if (r == 0)
                        r = pf_boot_menu_text(menu, settings->items[i].value, &variable.value);
                if (r == 0)
                        r = pf_boot_menu_text(menu, settings->items[i].path, &variable.path);
                if (r == 0)
                        r = pf_grub_variables_set(&frame->evaluator->variables, &variable);
        }
        return r;
}

/* The block to load, and the index of the first name of a list of what to take. */
static int block_path(const PfGrubFrame *frame, const PfGrubCall *call, size_t *ret_list,
                      PfBootWord *ret) {
        PfGrubVariable prefix;
        char path[4096];
        size_t i;

        pf_grub_variables_get(&frame->evaluator->variables, "prefix", &prefix);
        (void) snprintf(path, sizeof(path), "%s/grubenv", prefix.value ? prefix.value : "");
        *ret = (PfBootWord){ .text = path, .certain = prefix.value && prefix.certain };
        for (i = 1; i < call->expanded.n && *argument(call, i) == '-'; i++) {
                const char *text = argument(call, i);

                if (strncmp(text, "--file=", 7) == 0)
                        *ret = (PfBootWord){ .text = text + 7,
                                             .certain = call->expanded.items[i].certain };
                else if (i + 1 < call->expanded.n &&
                         (strcmp(text, "-f") == 0 || strcmp(text, "--file") == 0))
                        *ret = call->expanded.items[++i];
        }
        *ret_list = i;
        return pf_boot_menu_text(frame->evaluator->menu, ret->text, &ret->text);
}

static int run_load_env(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_ENV_MAX);
        PfBootWord path;
        size_t i_list;
        int r = block_path(frame, call, &i_list, &path);

        *ret = PF_GRUB_UNKNOWN;
        if (r < 0 || pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return r;
        r = read_file(frame, &path, PF_GRUB_ENV_MAX, &buf);
        if (r < 0)
                frame->evaluator->variables.open = true;
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        if (r == 0)
                r = pf_grub_env_parse(path.text, buf.data ? buf.data : "", buf.n, &settings, NULL);
        *ret = r == 0 ? PF_GRUB_TRUE : PF_GRUB_FALSE;
        if (r == -ENOMEM || r == -E2BIG)
                return r;
        return r == 0 ? load_variables(frame, &settings, call, i_list) : 0;
}

/* In a context of its own: what was exported goes in, nothing comes out. */
static int run_configfile(PfGrubFrame *frame, const char *path, const PfBuf *buf) {
        PfGrubEvaluator *evaluator = frame->evaluator;
        bool for_good =
                pf_grub_frame_when(frame) == PF_BOOT_ALWAYS && frame->i_entry == PF_GRUB_NO_ENTRY;
        PfBootWhen exit = evaluator->exit;
        PfGrubVariables inner = { 0 }, outer = evaluator->variables;
        int r = pf_grub_variables_copy(&evaluator->variables, true, &inner);

        evaluator->variables = inner;
        if (r == 0)
                r = pf_grub_run_menu(frame, path, buf->data ? buf->data : "", buf->n, NULL);
        if (r == 0 && for_good && !evaluator->has_final) {
                evaluator->has_final = true;
                evaluator->final = evaluator->variables;
                evaluator->variables = (PfGrubVariables){ 0 };
        }
        pf_grub_variables_deinit(&evaluator->variables);
        evaluator->variables = outer;
        evaluator->exit = for_good ? PF_BOOT_MAYBE : exit;
        return r;
}

static int run_file(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        bool is_source = strcmp(argument(call, 0), "configfile") != 0;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_FILE_MAX);
        int r = pf_grub_record(frame, call, PF_BOOT_CONFIG);

        *ret = PF_GRUB_UNKNOWN;
        if (r < 0 || call->expanded.n < 2 || pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return r;
        r = read_file(frame, &call->expanded.items[1], PF_GRUB_FILE_MAX, &buf);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && is_source)
                frame->evaluator->variables.open = true;
        if (r != 0) {
                *ret = r < 0 ? PF_GRUB_UNKNOWN : PF_GRUB_FALSE;
                return 0;
        }
        *ret = PF_GRUB_TRUE;
        return is_source
                       ? pf_grub_run_text(frame, argument(call, 1), buf.data ? buf.data : "", buf.n)
                       : run_configfile(frame, argument(call, 1), &buf);
}

/* Title, id and arguments of an entry, out of words that may be options. */
typedef struct EntryWords {
        const char *title;
        const char *id;
} EntryWords;

static bool takes_value(const char *option) {
        static const char *const options[] = { "--class", "--users", "--hotkey", "--id",
                                               "--source" };

        for (size_t i = 0; i < PF_ELEMENTS(options); i++)
                if (strcmp(option, options[i]) == 0)
                        return true;
        return false;
}

static int split_entry_words(const PfBootWords *words, EntryWords *ret,
                             PfBootWords *ret_arguments) {
        int r = 0;

        for (size_t i = 0; i < words->n && r == 0; i++) {
                const char *text = words->items[i].text;
                bool is_id =
                        strcmp(text, "--id") == 0 || strcmp(text, "${menuentry_id_option}") == 0;

                if (strncmp(text, "--id=", 5) == 0)
                        ret->id = text + 5;
                else if ((is_id || takes_value(text)) && i + 1 < words->n) {
                        i++;
                        if (is_id)
                                ret->id = words->items[i].text;
                } else if (strncmp(text, "--", 2) != 0) {
                        if (!ret->title)
                                ret->title = text;
                        if (ret_arguments)
                                r = pf_boot_words_copy(
                                        &(PfBootWords){ .items = &words->items[i], .n = 1 },
                                        ret_arguments);
                }
        }
        return r;
}

static int fill_entry(PfGrubFrame *frame, const PfGrubCall *call, PfGrubDeferred *deferred) {
        PF_CLEANUP(pf_boot_words_deinit) PfBootWords written = { 0 };
        PfBootWords words = { .items = call->expanded.items + 1, .n = call->expanded.n - 1 };
        PfGrubScope scope = pf_grub_frame_scope(frame);
        EntryWords shown = { 0 }, in_file = { 0 };
        int r = 0;

        for (const PfGrubWord *word = call->words->next; word && r == 0; word = word->next)
                r = pf_grub_written(&scope, word, &written);
        if (r == 0)
                r = split_entry_words(&written, &in_file, NULL);
        if (r == 0)
                r = split_entry_words(&words, &shown, &deferred->arguments);
        if (r == 0)
                r = pf_boot_words_copy(frame->submenu, &deferred->entry.submenu);
        deferred->entry.title = shown.title ? shown.title : "";
        deferred->entry.written = in_file.title ? in_file.title : "";
        deferred->entry.id = shown.id;
        return r;
}

static int run_entry(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        PfGrubDeferred *deferred = NULL;

        *ret = PF_GRUB_TRUE;
        if (!call->node->has_block)
                return 0;
        deferred = calloc(1, sizeof(*deferred));
        if (!deferred)
                return -ENOMEM;
        *deferred = (PfGrubDeferred){
                .entry = { .format = PF_BOOT_GRUB,
                           .path = frame->path,
                           .line = call->node->line,
                           .conditional = frame->nesting > 0,
                           .when = pf_grub_frame_when(frame) },
                .body = call->node->body,
                .is_submenu = strcmp(argument(call, 0), "submenu") == 0,
        };
        **frame->tail = deferred; /* the context frees it */
        *frame->tail = &deferred->next;
        return fill_entry(frame, call, deferred);
}

typedef struct Command {
        const char *name; /* up to a '*', where it ends in one */
        int (*run)(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret);
        PfBootVerb verb; /* where there is nothing to run */
} Command;

static const Command commands[] = {
        { .name = "set", .run = run_set },
        { .name = "export", .run = run_export },
        { .name = "unset", .run = run_unset },
        { .name = "[", .run = run_test },
        { .name = "test", .run = run_test },
        { .name = "true", .run = run_true },
        { .name = "false", .run = run_true },
        { .name = "menuentry", .run = run_entry },
        { .name = "submenu", .run = run_entry },
        { .name = "source", .run = run_file },
        { .name = ".", .run = run_file },
        { .name = "configfile", .run = run_file },
        { .name = "load_env", .run = run_load_env },
        { .name = "return", .run = run_stop },
        { .name = "break", .run = run_stop },
        { .name = "continue", .run = run_stop },
        { .name = "exit", .run = run_stop },
        { .name = "normal_exit", .run = run_stop },
        { .name = "search*", .run = run_setter },
        { .name = "regexp", .run = run_setter },
        { .name = "probe", .run = run_setter },
        { .name = "smbios", .run = run_setter },
        { .name = "read", .run = run_read },
        { .name = "linux*", .verb = PF_BOOT_KERNEL },
        { .name = "multiboot*", .verb = PF_BOOT_KERNEL },
        { .name = "xen_hypervisor", .verb = PF_BOOT_KERNEL },
        { .name = "module*", .verb = PF_BOOT_KERNEL },
        { .name = "xen_module", .verb = PF_BOOT_KERNEL },
        { .name = "initrd*", .verb = PF_BOOT_INITRD },
        { .name = "devicetree", .verb = PF_BOOT_DEVICETREE },
        { .name = "blscfg", .verb = PF_BOOT_BLSCFG },
        { .name = "chainloader", .verb = PF_BOOT_CHAIN },
        { .name = "fwsetup", .verb = PF_BOOT_CHAIN },
        { .name = "halt", .verb = PF_BOOT_CHAIN },
        { .name = "reboot", .verb = PF_BOOT_CHAIN },
        { .name = "normal", .verb = PF_BOOT_CONFIG },
        { .name = "legacy_*", .verb = PF_BOOT_CONFIG },
        { .name = "syslinux_*", .verb = PF_BOOT_CONFIG },
        { .name = "extract_*", .verb = PF_BOOT_CONFIG },
};

static const Command *find_command(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(commands); i++) {
                size_t n = strlen(commands[i].name);

                if (commands[i].name[n - 1] == '*' ? strncmp(name, commands[i].name, n - 1) == 0
                                                   : strcmp(name, commands[i].name) == 0)
                        return &commands[i];
        }
        return NULL;
}

int pf_grub_run_command(PfGrubFrame *frame, const PfGrubCall *call, PfGrubTruth *ret) {
        const Command *command = find_command(argument(call, 0));
        int r;

        if (command && command->run)
                return command->run(frame, call, ret);
        *ret = PF_GRUB_UNKNOWN;
        if (command)
                return pf_grub_record(frame, call, command->verb);
        if (!is_assignment(argument(call, 0)))
                return 0;
        *ret = PF_GRUB_TRUE;
        r = assign(frame, &call->expanded.items[0]);
        return r < 0 ? r : pf_grub_record(frame, call, PF_BOOT_SET);
}
