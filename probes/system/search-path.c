/* SPDX-License-Identifier: MIT */
/*
 * Where the installer's shell finds programs. None is started: that one is there, may
 * be executed, and is of a kind that the kernel loads is all that is looked at, and of
 * large files their kind is not: that would take longer than all the rest.
 */
#include "probes/system/search-path.h"

#include <string.h>

#include "probes/parse/environment-file.h"

#define ENVIRONMENT_PATH "/etc/environment"
#define HEAD_BYTES 256 /* BINPRM_BUF_SIZE of Linux: what is read of a script's first line */
#define EXECUTABLE 0111u
#define SMALL_BYTES (16u << 10) /* scripts, wrappers, and what is empty */

void pf_search_path_deinit(PfSearchPath *path) {
        pf_strv_deinit(&path->directories);
}

/* "a:b": what is not absolute is where the installer happens to be, and is left out. */
static int split(const char *text, PfStrv *directories) {
        while (*text) {
                size_t n = strcspn(text, ":");

                if (text[0] == '/') {
                        int r = pf_strv_add_n(directories, text, n);

                        if (r < 0)
                                return r;
                }
                text += n + (text[n] == ':');
        }
        return 0;
}

int pf_search_path_load(const PfSystemRoom *room, PfSearchPath *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_ENVIRONMENT_FILE_MAX);
        PF_AUTO_ENVIRONMENT PfEnvironment environment = { 0 };
        const PfVariable *variable;
        int r = pf_target_read(room->target, ENVIRONMENT_PATH, PF_ENVIRONMENT_FILE_MAX, &buf, err);

        if (r < 0)
                return r;
        if (r == 0)
                r = pf_environment_parse(&environment, buf.data ? buf.data : "", buf.n,
                                         ENVIRONMENT_PATH);
        if (r < 0)
                return pf_err_errno(err, r, ENVIRONMENT_PATH);
        variable = pf_environment_get(&environment, "PATH");
        ret->source = variable && variable->value[0] ? ENVIRONMENT_PATH : NULL;
        ret->line = ret->source ? variable->line : 0;
        return split(ret->source ? variable->value
                                 : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                     &ret->directories);
}

/* The interpreter that "#!" names, as execve(2) takes it. */
static int find_interpreter(const PfSystemRoom *room, const char *head, PfErr *err) {
        char path[HEAD_BYTES + 1];
        PfFileInfo info;
        int r;

        head += strspn(head, " \t");
        (void) snprintf(path, sizeof(path), "%.*s", (int) strcspn(head, " \t\r\n"), head);
        if (path[0] != '/')
                return PF_SEARCH_NO_INTERPRETER;
        r = pf_target_stat(room->target, path, &info, err);
        if (r < 0)
                return r;
        return r == 0 && info.type == PF_FILE_REGULAR && (info.mode & EXECUTABLE)
                       ? PF_SEARCH_FOUND
                       : PF_SEARCH_NO_INTERPRETER;
}

static int judge_head(const PfSystemRoom *room, const char *path, PfErr *err) {
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(HEAD_BYTES);
        int r = pf_target_read_head(room->target, path, HEAD_BYTES, &head, err);

        if (r != 0)
                return r < 0 ? r : PF_SEARCH_ABSENT;
        if (head.n >= 4 && memcmp(head.data, "\177ELF", 4) == 0)
                return PF_SEARCH_FOUND;
        if (head.n >= 2 && memcmp(head.data, "#!", 2) == 0)
                return find_interpreter(room, head.data + 2, err);
        return PF_SEARCH_NOT_PROGRAM;
}

static int try_path(const PfSystemRoom *room, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(room->target, path, &info, err);

        if (r != 0)
                return r < 0 ? r : PF_SEARCH_ABSENT;
        if (info.type != PF_FILE_REGULAR)
                return PF_SEARCH_ABSENT;
        if (!(info.mode & EXECUTABLE))
                return PF_SEARCH_NOT_EXECUTABLE;
        return info.size_bytes < SMALL_BYTES ? judge_head(room, path, err) : PF_SEARCH_FOUND;
}

static int try_directory(const PfSystemRoom *room, const char *directory, const char *name,
                         char ret[static PF_SYSTEM_PATH_MAX], PfErr *err) {
        char path[PF_SYSTEM_PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/%s", directory, name);
        int r = n < (int) sizeof(path) ? try_path(room, path, err) : PF_SEARCH_ABSENT;

        if (r > PF_SEARCH_ABSENT && *ret)
                return PF_SEARCH_ABSENT; /* the first that is no good is shown */
        if (r != PF_SEARCH_ABSENT)
                memcpy(ret, path, sizeof(path));
        return r;
}

int pf_search_program(const PfSystemRoom *room, const PfSearchPath *path, const char *name,
                      const char *hint, char ret[static PF_SYSTEM_PATH_MAX], PfErr *err) {
        int fault = PF_SEARCH_ABSENT;

        ret[0] = '\0';
        if (name[0] == '/') {
                (void) snprintf(ret, PF_SYSTEM_PATH_MAX, "%s", name);
                return try_path(room, name, err);
        }
        if (hint && pf_strv_contains(&path->directories, hint)) {
                int r = try_directory(room, hint, name, ret, err);

                if (r <= PF_SEARCH_FOUND)
                        return r;
                ret[0] = '\0';
        }
        for (size_t i = 0; i < path->directories.n; i++) {
                int r = try_directory(room, path->directories.items[i], name, ret, err);

                if (r <= PF_SEARCH_FOUND)
                        return r;
                if (r > PF_SEARCH_ABSENT)
                        fault = r;
        }
        return fault;
}

const char *pf_search_fault_text(PfSearchFault fault) {
        static const char *const texts[] = {
                [PF_SEARCH_FOUND] = "is there",
                [PF_SEARCH_ABSENT] = "is missing",
                [PF_SEARCH_NOT_EXECUTABLE] = "cannot be executed",
                [PF_SEARCH_NOT_PROGRAM] = "is no program",
                [PF_SEARCH_NO_INTERPRETER] = "is a script whose interpreter is missing",
        };

        return texts[fault];
}
