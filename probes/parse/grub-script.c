/* SPDX-License-Identifier: MIT */
/*
 * Runs GRUB's scripts: statements, functions, and the blocks of entries. What
 * single commands do is in grub-commands.c.
 */
#include "probes/parse/grub-script.h"

#include <string.h>

#include "probes/parse/grub-evaluate.h"

static void free_deferred(PfGrubDeferred **first) {
        while (*first) {
                PfGrubDeferred *next = (*first)->next;

                pf_boot_words_deinit(&(*first)->arguments);
                pf_boot_words_deinit(&(*first)->entry.submenu);
                free(*first);
                *first = next;
        }
}

static PfBootWhen later(PfBootWhen a, PfBootWhen b) {
        return a > b ? a : b;
}

PfBootWhen pf_grub_frame_when(const PfGrubFrame *frame) {
        return later(later(frame->when, frame->after), later(frame->loop, frame->evaluator->exit));
}

PfGrubScope pf_grub_frame_scope(const PfGrubFrame *frame) {
        return (PfGrubScope){ .menu = frame->evaluator->menu,
                              .variables = &frame->evaluator->variables,
                              .arguments = frame->arguments,
                              .path = frame->path };
}

static int count_steps(PfGrubEvaluator *evaluator, size_t n) {
        if (n > PF_GRUB_STEPS_MAX - evaluator->steps)
                return pf_err_set(evaluator->err, -E2BIG, "a script of GRUB that runs too long");
        evaluator->steps += (unsigned) n;
        return 0;
}

/* A list in a branch that is come to @when, on the variables as they are now. */
static int run_branch(PfGrubFrame *frame, const PfGrubNode *list, PfBootWhen when,
                      PfGrubTruth *ret) {
        PfBootWhen outer = frame->when;
        int r;

        frame->when = later(outer, when);
        frame->nesting++;
        r = pf_grub_run_list(frame, list, ret);
        frame->nesting--;
        frame->when = outer;
        return r;
}

static void swap(PfGrubVariables *a, PfGrubVariables *b) {
        PfGrubVariables kept = *a;

        *a = *b;
        *b = kept;
}

static int copy_variables(PfGrubEvaluator *evaluator, bool exported_only, PfGrubVariables *ret) {
        int r = count_steps(evaluator, evaluator->variables.n / 64 + 1);

        return r < 0 ? r : pf_grub_variables_copy(&evaluator->variables, exported_only, ret);
}

/* Both branches, each on the variables as they were, and what holds afterwards. */
static int run_branches(PfGrubFrame *frame, const PfGrubNode *then, const PfGrubNode *otherwise,
                        PfGrubTruth condition, PfGrubTruth *ret) {
        static const PfBootWhen when[] = { [PF_GRUB_TRUE] = PF_BOOT_ALWAYS,
                                           [PF_GRUB_UNKNOWN] = PF_BOOT_MAYBE,
                                           [PF_GRUB_FALSE] = PF_BOOT_NEVER };
        PfGrubVariables *variables = &frame->evaluator->variables;
        PF_AUTO_GRUB_VARIABLES PfGrubVariables other = { 0 };
        PfGrubTruth status[2] = { PF_GRUB_TRUE, PF_GRUB_TRUE };
        int r;

        r = copy_variables(frame->evaluator, false, &other);
        if (r == 0)
                r = run_branch(frame, then, when[condition], &status[0]);
        swap(variables, &other);
        if (r == 0)
                r = run_branch(frame, otherwise, when[pf_grub_not(condition)], &status[1]);
        if (r == 0 && condition == PF_GRUB_UNKNOWN)
                r = pf_grub_variables_merge(variables, &other);
        else if (condition == PF_GRUB_TRUE)
                swap(variables, &other);
        *ret = condition == PF_GRUB_UNKNOWN ? condition : status[condition == PF_GRUB_FALSE];
        return r;
}

static int run_if(PfGrubFrame *frame, const PfGrubNode *node, PfGrubTruth *ret) {
        PfGrubTruth condition = PF_GRUB_UNKNOWN;
        int r = pf_grub_run_list(frame, node->condition, &condition);

        return r < 0 ? r : run_branches(frame, node->body, node->otherwise, condition, ret);
}

/* Once, as it may or may not be: how often is the machine's business. */
static int run_while(PfGrubFrame *frame, const PfGrubNode *node, PfGrubTruth *ret) {
        PfBootWhen outer = frame->loop;
        PfGrubTruth condition;
        int r = pf_grub_run_list(frame, node->condition, &condition);

        if (r == 0)
                r = run_branches(frame, node->body, NULL, PF_GRUB_UNKNOWN, ret);
        frame->loop = outer;
        return r;
}

static int run_for_item(PfGrubFrame *frame, const PfGrubNode *node, const PfBootWord *item,
                        PfGrubTruth *ret) {
        bool known = item->certain && !strpbrk(item->text, "*?");
        PfGrubVariable variable = {
                .name = node->name,
                .value = known ? item->text : NULL,
                .path = item->path,
                .line = item->line,
                .certain = known,
        };
        int r = 0;

        if (pf_grub_frame_when(frame) != PF_BOOT_NEVER)
                r = pf_grub_variables_set(&frame->evaluator->variables, &variable);
        if (r == 0 && known)
                return run_branch(frame, node->body, PF_BOOT_ALWAYS, ret);
        return r < 0 ? r : run_branches(frame, node->body, NULL, PF_GRUB_UNKNOWN, ret);
}

static int expand_all(const PfGrubFrame *frame, const PfGrubWord *words, PfBootWords *ret) {
        PfGrubScope scope = pf_grub_frame_scope(frame);
        int r = 0;

        for (const PfGrubWord *word = words; word && r == 0; word = word->next)
                r = pf_grub_expand(&scope, word, ret);
        return r;
}

static int run_for(PfGrubFrame *frame, const PfGrubNode *node, PfGrubTruth *ret) {
        PF_CLEANUP(pf_boot_words_deinit) PfBootWords items = { 0 };
        PfBootWhen outer = frame->loop;
        int r = expand_all(frame, node->words, &items);

        *ret = PF_GRUB_TRUE;
        if (r == 0 && items.n == 0)
                r = run_branches(frame, node->body, NULL, PF_GRUB_FALSE, ret);
        for (size_t i = 0; i < items.n && r == 0; i++)
                r = run_for_item(frame, node, &items.items[i], ret);
        frame->loop = outer;
        return r;
}

/* The body as such, for who looks for what stands in the file; then the name. */
static int run_function(PfGrubFrame *frame, const PfGrubNode *node, PfGrubTruth *ret) {
        PfGrubEvaluator *evaluator = frame->evaluator;
        PF_CLEANUP(free_deferred) PfGrubDeferred *ignored = NULL;
        PfGrubDeferred **tail = &ignored;
        PfGrubFrame inner = *frame;
        PfGrubFunction *functions;
        int r;

        inner.function = node->name;
        inner.arguments = NULL;
        inner.tail = &tail;
        inner.nesting = 0;
        r = run_branches(&inner, node->body, NULL, PF_GRUB_FALSE, ret);
        *ret = PF_GRUB_TRUE;
        if (r < 0 || pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return r;
        functions =
                reallocarray(evaluator->functions, evaluator->n_functions + 1, sizeof(*functions));
        if (!functions)
                return -ENOMEM;
        evaluator->functions = functions;
        functions[evaluator->n_functions++] =
                (PfGrubFunction){ .name = node->name, .path = frame->path, .body = node->body };
        return 0;
}

/* The last one of the name. */
static const PfGrubFunction *find_function(const PfGrubEvaluator *evaluator, const char *name) {
        for (size_t i = evaluator->n_functions; i-- > 0;)
                if (strcmp(evaluator->functions[i].name, name) == 0)
                        return &evaluator->functions[i];
        return NULL;
}

static int call_function(PfGrubFrame *frame, const PfGrubFunction *function,
                         const PfBootWords *words, PfGrubTruth *ret) {
        PfBootWords arguments = { .items = words->items + 1, .n = words->n - 1 };
        PfGrubFrame inner = *frame;
        int r;

        *ret = PF_GRUB_UNKNOWN;
        if (frame->evaluator->calls == PF_GRUB_CALLS_MAX ||
            pf_grub_frame_when(frame) == PF_BOOT_NEVER)
                return 0;
        inner.function = function->name;
        inner.path = function->path;
        inner.arguments = &arguments;
        inner.after = later(frame->after, frame->loop);
        inner.loop = PF_BOOT_ALWAYS;
        frame->evaluator->calls++;
        r = pf_grub_run_list(&inner, function->body, ret);
        frame->evaluator->calls--;
        return r;
}

static int run_call(PfGrubFrame *frame, const PfGrubNode *node, PfGrubTruth *ret) {
        PF_CLEANUP(pf_boot_words_deinit) PfBootWords words = { 0 };
        const PfGrubFunction *function;
        PfGrubCall call = { .node = node };
        size_t skip;
        int r = expand_all(frame, node->words, &words);

        *ret = PF_GRUB_TRUE;
        if (r < 0 || words.n == 0)
                return r;
        skip = words.n > 1 && strcmp(words.items[0].text, "!") == 0;
        call.words = skip ? node->words->next : node->words;
        call.expanded = (PfBootWords){ .items = words.items + skip, .n = words.n - skip };
        function = find_function(frame->evaluator, call.expanded.items[0].text);
        r = function ? call_function(frame, function, &call.expanded, ret)
                     : pf_grub_run_command(frame, &call, ret);
        if (skip)
                *ret = pf_grub_not(*ret);
        return r;
}

int pf_grub_run_list(PfGrubFrame *frame, const PfGrubNode *list, PfGrubTruth *ret) {
        static int (*const run[])(PfGrubFrame *, const PfGrubNode *, PfGrubTruth *) = {
                [PF_GRUB_COMMAND] = run_call,      [PF_GRUB_IF] = run_if,
                [PF_GRUB_FOR] = run_for,           [PF_GRUB_WHILE] = run_while,
                [PF_GRUB_FUNCTION] = run_function,
        };
        int r = 0;

        for (const PfGrubNode *node = list; node && r == 0; node = node->next) {
                r = count_steps(frame->evaluator, 1);
                if (r == 0)
                        r = run[node->kind](frame, node, ret);
        }
        return r;
}

static int run_entry(PfGrubFrame *frame, PfGrubDeferred *deferred) {
        PfBootMenu *menu = frame->evaluator->menu;
        PfGrubTruth status;
        PfBootEntry *entry;
        int r = pf_boot_menu_add_entry(menu, &deferred->entry, &entry);

        if (r < 0)
                return r;
        deferred->entry.submenu = (PfBootWords){ 0 };
        frame->i_entry = menu->n - 1;
        return pf_grub_run_list(frame, deferred->body, &status);
}

static int run_submenu(PfGrubFrame *frame, PfGrubDeferred *deferred) {
        PfBootWord title = { .text = deferred->entry.title,
                             .path = deferred->entry.path,
                             .line = deferred->entry.line,
                             .certain = true };
        int r;

        if (frame->evaluator->calls == PF_GRUB_CALLS_MAX)
                return -E2BIG;
        r = pf_boot_menu_add_word(frame->evaluator->menu, &deferred->entry.submenu, &title);
        frame->submenu = &deferred->entry.submenu;
        frame->evaluator->calls++;
        if (r == 0)
                r = pf_grub_run_menu(frame, NULL, NULL, 0, deferred->body);
        frame->evaluator->calls--;
        return r;
}

/* The block, on a copy of the variables: nothing of it is there for the next one. */
static int run_deferred(const PfGrubFrame *frame, PfGrubDeferred *deferred) {
        PfGrubEvaluator *evaluator = frame->evaluator;
        PF_AUTO_GRUB_VARIABLES PfGrubVariables kept = { 0 };
        PfBootWhen exit = evaluator->exit;
        PfGrubFrame inner = {
                .evaluator = evaluator,
                .path = deferred->entry.path,
                .arguments = &deferred->arguments,
                .submenu = frame->submenu,
                .tail = frame->tail,
                .i_entry = PF_GRUB_NO_ENTRY,
                .when = deferred->entry.when,
        };
        int r = copy_variables(evaluator, deferred->is_submenu, &kept);

        swap(&evaluator->variables, &kept);
        evaluator->exit = PF_BOOT_ALWAYS;
        if (r == 0)
                r = deferred->is_submenu ? run_submenu(&inner, deferred)
                                         : run_entry(&inner, deferred);
        evaluator->exit = exit;
        swap(&evaluator->variables, &kept);
        return r;
}

int pf_grub_run_text(PfGrubFrame *frame, const char *path, const char *text, size_t n) {
        PfGrubEvaluator *evaluator = frame->evaluator;
        PF_CLEANUP(pf_grub_tree_freep) PfGrubTree *tree = NULL;
        PfGrubFrame inner = *frame;
        PfGrubTruth status;
        PfGrubTree **trees;
        int r;

        if (evaluator->n_trees == PF_GRUB_FILES_MAX || evaluator->calls == PF_GRUB_CALLS_MAX)
                return pf_err_set(evaluator->err, -E2BIG, "%s: too many files within files", path);
        trees = reallocarray(evaluator->trees, evaluator->n_trees + 1, sizeof(*trees));
        if (!trees)
                return -ENOMEM;
        evaluator->trees = trees;
        r = pf_boot_menu_text(evaluator->menu, path, &inner.path);
        if (r == 0)
                r = pf_grub_parse(text, n, &tree);
        if (r < 0)
                return r;
        if (tree->bad_line && evaluator->menu->bad_line == 0) {
                evaluator->menu->bad_line = tree->bad_line;
                evaluator->menu->bad_path = inner.path;
        }
        inner.after = later(frame->after, frame->loop);
        inner.loop = PF_BOOT_ALWAYS;
        evaluator->calls++;
        trees[evaluator->n_trees++] = tree;
        r = pf_grub_run_list(&inner, PF_STEAL(tree)->first, &status);
        evaluator->calls--;
        return r;
}

int pf_grub_run_menu(PfGrubFrame *frame, const char *path, const char *text, size_t n,
                     const PfGrubNode *list) {
        PF_CLEANUP(free_deferred) PfGrubDeferred *first = NULL;
        PfGrubDeferred **tail = &first;
        PfGrubFrame inner = *frame;
        PfGrubTruth status;
        int r;

        inner.tail = &tail;
        inner.i_entry = PF_GRUB_NO_ENTRY;
        r = path ? pf_grub_run_text(&inner, path, text, n)
                 : pf_grub_run_list(&inner, list, &status);
        for (PfGrubDeferred *deferred = first; deferred && r == 0; deferred = deferred->next)
                r = run_deferred(&inner, deferred);
        return r;
}

static void deinit_evaluator(PfGrubEvaluator *evaluator) {
        for (size_t i = 0; i < evaluator->n_trees; i++)
                (void) pf_grub_tree_free(evaluator->trees[i]);
        free(evaluator->trees);
        free(evaluator->functions);
        pf_grub_variables_deinit(&evaluator->variables);
        pf_grub_variables_deinit(&evaluator->final);
}

static int set_presets(PfGrubEvaluator *evaluator, const PfBootSettings *preset) {
        int r = 0;

        for (size_t i = 0; i < preset->n && r == 0; i++) {
                const PfBootSetting *setting = &preset->items[i];

                r = pf_grub_variables_set(&evaluator->variables,
                                          &(PfGrubVariable){ .name = setting->name,
                                                             .value = setting->value,
                                                             .path = setting->path,
                                                             .line = setting->line,
                                                             .certain = setting->certain });
                if (r == 0)
                        r = pf_grub_variables_export(&evaluator->variables, setting->name);
        }
        return r;
}

static int keep_settings(const PfGrubVariables *variables, PfBootSettings *ret) {
        int r = 0;

        for (size_t i = 0; i < variables->n && r == 0; i++) {
                const PfGrubVariable *variable = &variables->items[i];

                if (variable->value || !variable->certain)
                        r = pf_boot_settings_add(
                                ret,
                                &(PfBootSetting){ .name = variable->name,
                                                  .value = variable->value ? variable->value : "",
                                                  .path = variable->path ? variable->path : "",
                                                  .line = variable->line,
                                                  .certain = variable->certain });
        }
        return r;
}

int pf_grub_script_load(const char *path, const char *text, size_t n, const PfBootSettings *preset,
                        const PfBootFiles *files, PfBootMenu *ret, PfErr *err) {
        PF_CLEANUP(deinit_evaluator)
        PfGrubEvaluator evaluator = { .menu = ret, .files = files, .err = err };
        PfBootWords no_submenu = { 0 };
        PfGrubFrame frame = { .evaluator = &evaluator, .submenu = &no_submenu };
        int r = preset ? set_presets(&evaluator, preset) : 0;

        if (r == 0)
                r = pf_grub_run_menu(&frame, path, text, n, NULL);
        if (r == 0)
                r = keep_settings(evaluator.has_final ? &evaluator.final : &evaluator.variables,
                                  &ret->settings);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
