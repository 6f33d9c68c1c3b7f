/* SPDX-License-Identifier: MIT */
#include "tests/windows/asks/state.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "tests/windows/asks/services.h"

#define UNDO_MAX 512
#define DATA_MAX 4096

/* How one thing was before. */
typedef struct Undo {
        const AsksState *state;
        BOOL was_there, was_key;
        DWORD type, n; /* of a value */
        BYTE data[DATA_MAX];
        char folder[MAX_PATH]; /* of a file: the highest that was made for it */
} Undo;

static Undo undos[UNDO_MAX];
static size_t n_undos;

static Undo *new_undo(const AsksState *state) {
        ck_assert_uint_lt(n_undos, UNDO_MAX);
        undos[n_undos] = (Undo){ .state = state };
        return &undos[n_undos++];
}

/* --- the registry --- */

static HKEY open_key(const char *path, BOOL make) {
        const REGSAM access = KEY_ALL_ACCESS | KEY_WOW64_64KEY;
        HKEY key = NULL;
        LSTATUS error = make ? RegCreateKeyExA(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, access, NULL,
                                               &key, NULL)
                             : RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, access, &key);

        ck_assert_msg(error == 0 || !make, "%s: %ld", path, error);
        return error ? NULL : key;
}

static BOOL has_key(const char *path) {
        HKEY key = open_key(path, FALSE);

        (void) RegCloseKey(key);
        return key != NULL;
}

static void put_value(HKEY key, const AsksState *state) {
        const char *text = state->text ? state->text : "";
        char texts[DATA_MAX] = { 0 };
        LSTATUS error = 0;

        switch (state->kind) {
        case ASKS_DWORD:
                error = RegSetValueExA(key, state->value, 0, REG_DWORD,
                                       (const BYTE *) &state->number, sizeof(state->number));
                break;
        case ASKS_TEXT:
                error = RegSetValueExA(key, state->value, 0, REG_SZ, (const BYTE *) text,
                                       (DWORD) strlen(text) + 1);
                break;
        case ASKS_TEXTS:
                (void) snprintf(texts, sizeof(texts) - 1, "%s", text);
                error = RegSetValueExA(key, state->value, 0, REG_MULTI_SZ, (const BYTE *) texts,
                                       (DWORD) strlen(text) + 2);
                break;
        case ASKS_OF_TYPE:
                error = RegSetValueExA(key, state->value, 0, state->number, NULL, 0);
                break;
        default:
                error = RegDeleteValueA(key, state->value);
                error = error == ERROR_FILE_NOT_FOUND ? 0 : error;
        }
        ck_assert_msg(error == 0, "%s\\%s: %ld", state->path, state->value, error);
}

static void set_value(const AsksState *state) {
        const BOOL was_key = has_key(state->path);
        HKEY key = open_key(state->path, state->kind != ASKS_NO_VALUE);
        Undo *undo = new_undo(state);

        undo->was_key = was_key;
        undo->n = DATA_MAX;
        undo->was_there = key && RegQueryValueExA(key, state->value, NULL, &undo->type, undo->data,
                                                  &undo->n) == 0;
        if (key)
                put_value(key, state);
        (void) RegCloseKey(key);
}

static void restore_value(const Undo *undo) {
        HKEY key = open_key(undo->state->path, TRUE);

        if (undo->was_there)
                (void) RegSetValueExA(key, undo->state->value, 0, undo->type, undo->data, undo->n);
        else
                (void) RegDeleteValueA(key, undo->state->value);
        (void) RegCloseKey(key);
        if (!undo->was_key)
                (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, undo->state->path);
}

/* A key that is to be gone was put there by the test. */
static void set_key(const AsksState *state) {
        Undo *undo = new_undo(state);

        undo->was_there = has_key(state->path);
        if (state->kind == ASKS_KEY)
                (void) RegCloseKey(open_key(state->path, TRUE));
        else
                (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, state->path);
}

static void restore_key(const Undo *undo) {
        const size_t n = strlen(undo->state->path);

        if (undo->state->kind == ASKS_KEY && !undo->was_there)
                (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, undo->state->path);
        for (const Undo *at = undos; undo->state->kind == ASKS_NO_KEY && at < undo; at++)
                if (at->state->kind <= ASKS_KEY &&
                    strncmp(at->state->path, undo->state->path, n) == 0) {
                        HKEY key = open_key(at->state->path, TRUE);

                        if (at->state->kind != ASKS_KEY)
                                put_value(key, at->state);
                        (void) RegCloseKey(key);
                }
}

/* --- files --- */

static void make_folders(const char *path, char ret_first[static MAX_PATH]) {
        char folder[MAX_PATH];

        for (const char *at = strchr(path + 3, '\\'); at; at = strchr(at + 1, '\\')) {
                (void) snprintf(folder, sizeof(folder), "%.*s", (int) (at - path), path);
                if (CreateDirectoryA(folder, NULL) && !ret_first[0])
                        (void) snprintf(ret_first, MAX_PATH, "%s", folder);
        }
}

static void write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "wb");

        ck_assert_msg(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

/* One that is there is enough where nothing is said of what is in it. */
static void set_file(const AsksState *state) {
        Undo *undo = new_undo(state);
        FILE *file = fopen(state->path, "rb");

        undo->was_there = file != NULL;
        if (file) {
                undo->n = (DWORD) fread(undo->data, 1, DATA_MAX - 1, file);
                ck_assert_msg(undo->n < DATA_MAX - 1 || !state->text, "%s is long", state->path);
                (void) fclose(file);
        }
        make_folders(state->path, undo->folder);
        if (state->text || !file)
                write_file(state->path, state->text ? state->text : "");
}

static void restore_file(const Undo *undo) {
        char folder[MAX_PATH];
        const size_t least = strlen(undo->folder);

        if (undo->was_there && undo->state->text)
                write_file(undo->state->path, (const char *) undo->data);
        if (undo->was_there)
                return;
        (void) DeleteFileA(undo->state->path);
        (void) snprintf(folder, sizeof(folder), "%s", undo->state->path);
        while (least > 0 && strlen(folder) > least) {
                *strrchr(folder, '\\') = '\0';
                (void) RemoveDirectoryA(folder);
        }
}

/* --- services --- */

static void apply_service(const AsksState *state) {
        if (state->kind == ASKS_NO_SERVICE)
                asks_remove_service(state->path);
        else
                asks_set_service(state->path, state->text ? state->text : "running", state->number);
        if (state->kind == ASKS_SERVICE && state->text)
                asks_start_service(state->path, strcmp(state->text, "starting") == 0
                                                        ? SERVICE_START_PENDING
                                                        : SERVICE_RUNNING);
}

/* One of this Windows' own is lent, not removed. */
static void set_service(const AsksState *state) {
        Undo *undo = new_undo(state);

        undo->was_there = asks_lend_service(state->path, undo->data, DATA_MAX);
        apply_service(state);
}

/* As it was: in the last state of it that is still in force. */
static void restore_service(const Undo *undo) {
        for (const Undo *before = undo; before-- > undos;)
                if (before->state->kind >= ASKS_SERVICE &&
                    strcmp(before->state->path, undo->state->path) == 0) {
                        apply_service(before->state);
                        return;
                }
        if (undo->was_there)
                asks_give_service_back(undo->state->path, undo->data);
        else
                asks_remove_service(undo->state->path);
}

/* --- */

void asks_state_set(const AsksState *state) {
        if (state->kind >= ASKS_SERVICE)
                set_service(state);
        else if (state->kind == ASKS_FILE)
                set_file(state);
        else if (state->kind == ASKS_KEY || state->kind == ASKS_NO_KEY)
                set_key(state);
        else
                set_value(state);
}

size_t asks_state_mark(void) {
        return n_undos;
}

void asks_state_restore(size_t mark) {
        while (n_undos > mark) {
                const size_t at = n_undos - 1;
                const Undo *undo = &undos[at];

                if (undo->state->kind >= ASKS_SERVICE)
                        restore_service(undo);
                else if (undo->state->kind == ASKS_FILE)
                        restore_file(undo);
                else if (undo->state->kind == ASKS_KEY || undo->state->kind == ASKS_NO_KEY)
                        restore_key(undo);
                else
                        restore_value(undo);
                n_undos = at;
        }
}
