/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asks the Windows that the test runs on, through the real backend: Wine, where that
 * answers; where it does not, DLLs and recorded.c in this folder say what a test wants.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "daemon/platform/windows-facts.h"
#include "tests/support/test-main.h"

/* The running machine, which the caller gives back. */
static inline PfTarget *asks_machine(void) {
        PfTarget *machine = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_target_new("/", PF_TARGET_DEFAULT, &machine, &err) == 0, "%s", err.text);
        return machine;
}

/* From now on the DLLs and recorded.c say this; NULL: nothing. Each in a file of its own,
 * since Windows keeps what it read of one. */
static inline void asks_say(const char *text) {
        static char path[MAX_PATH + 64];
        static unsigned n;
        char folder[MAX_PATH];
        FILE *file;

        if (path[0])
                (void) DeleteFileA(path);
        path[0] = '\0';
        (void) SetEnvironmentVariableA("PF_WINDOWS_SAID", NULL);
        if (!text)
                return;
        ck_assert_uint_gt(GetTempPathA(sizeof(folder), folder), 0);
        (void) snprintf(path, sizeof(path), "%spreflightd-said-%lu-%u.ini", folder,
                        GetCurrentProcessId(), n++);
        file = fopen(path, "w");
        ck_assert_msg(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
        ck_assert(SetEnvironmentVariableA("PF_WINDOWS_SAID", path));
}

/* The fact of this machine as it is: 0, or what pf_windows_fact() returns. @ret is all zero. */
static inline int asks_try(PfWindowsFact fact, const char *question, void *ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();

        return pf_windows_fact(machine, fact, question, ret, err);
}

static inline void asks_fact(PfWindowsFact fact, const char *question, void *ret) {
        PfErr err = { 0 };
        int r = asks_try(fact, question, ret, &err);

        ck_assert_msg(r == 0, "%s: %d, %s", question, r, err.text);
}

/* "a,b" of a list, for one assertion. The caller frees it. */
static inline char *asks_join(const PfStrv *list) {
        char *text = calloc(1, 65536);

        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i < list->n; i++) {
                (void) strcat(text, i ? "," : "");
                (void) strcat(text, list->items[i]);
        }
        return text;
}

#define ASKS_LIST(list, want)                                                                      \
        do {                                                                                       \
                PF_AUTO_FREE char *asks_text_ = asks_join(list);                                   \
                ck_assert_str_eq(asks_text_, want);                                                \
        } while (0)
