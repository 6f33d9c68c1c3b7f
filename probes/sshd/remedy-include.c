/* SPDX-License-Identifier: MIT */
#include "probes/sshd/remedy-include.h"

#include <fnmatch.h>
#include <string.h>

#define DIRECTORY "/etc/ssh/"
#define HEAD_LINES 8
#define PATTERNS_MAX 64 /* of a line, that are looked at */

unsigned pf_sshd_first_include(const PfSshdDraft *draft) {
        const unsigned match = pf_sshd_draft_find(draft, 1, pf_sshd_draft_sets, "Match");
        const unsigned include = pf_sshd_draft_find(draft, 1, pf_sshd_draft_sets, "Include");

        return match == 0 || include < match ? include : 0;
}

static bool is_directory(const PfTarget *target, const char *path) {
        PfErr ignored = { 0 };
        PfFileInfo info;

        return pf_target_stat(target, path, &info, &ignored) == 0 && info.type == PF_FILE_DIRECTORY;
}

/* The file @name in the directory of @pattern, where that would find it. */
static int place_for(const PfTarget *target, const char *pattern, const char *name, char **ret) {
        const char *directory = *pattern == '/' ? "" : DIRECTORY;
        PF_AUTO_FREE char *full = NULL;
        PF_AUTO_FREE char *path = NULL;
        char *slash;

        if (asprintf(&full, "%s%s", directory, pattern) < 0) {
                full = NULL;
                return -ENOMEM;
        }
        slash = strrchr(full, '/');
        if (asprintf(&path, "%.*s/%s", (int) (slash - full), full, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (fnmatch(full, path, FNM_PATHNAME | FNM_PERIOD) != 0)
                return PF_SSHD_NO_DROP_IN;
        *slash = '\0';
        if (!is_directory(target, full))
                return PF_SSHD_NO_DROP_IN;
        *ret = PF_STEAL(path);
        return 0;
}

/* By one line, with all its patterns. */
static int find_in_line(const PfSshdWork *work, const PfSshdDraft *draft, unsigned line,
                        const char *name, char **ret) {
        int r = PF_SSHD_NO_DROP_IN;

        for (unsigned i = 1; i <= PATTERNS_MAX && r == PF_SSHD_NO_DROP_IN; i++) {
                PF_AUTO_FREE char *pattern = NULL;

                r = pf_sshd_draft_word(draft, line, i, &pattern);
                if (r != 0)
                        return r < 0 ? r : PF_SSHD_NO_DROP_IN;
                r = place_for(work->room->target, pattern, name, ret);
        }
        return r;
}

int pf_sshd_find_drop_in(PfSshdWork *work, const char *name, char **ret) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        unsigned line;
        int r = pf_sshd_work_read(work, work->look.path, &draft);

        if (r < 0)
                return r;
        line = pf_sshd_first_include(&draft);
        return line > 0 ? find_in_line(work, &draft, line, name, ret) : PF_SSHD_NO_DROP_IN;
}

/* --- whose file it is --- */

static bool says(const PfSshdDraft *draft, const char *words) {
        const char *text = draft->text.data ? draft->text.data : "";
        const size_t n = strlen(words);

        for (unsigned line = 0; line < HEAD_LINES && *text == '#'; line++) {
                const size_t length = strcspn(text, "\n");

                for (size_t i = 0; i + n <= length; i++)
                        if (strncasecmp(text + i, words, n) == 0)
                                return true;
                text += length + (text[length] == '\n');
        }
        return false;
}

const char *pf_sshd_owner_of(const char *path, const PfSshdDraft *draft) {
        static const struct {
                const char *words;
                const char *owner;
        } heads[] = {
                { "cloud-init", "cloud-init" },
                { "ansible", "Ansible" },
                { "puppet", "Puppet" },
                { "chef", "Chef" },
                { "salt", "Salt" },
                { "managed by", "another tool" },
                { "do not edit", "another tool" },
        };
        const char *name = strrchr(path, '/');

        if (name && strcmp(name, "/50-cloud-init.conf") == 0)
                return "cloud-init";
        for (size_t i = 0; i < PF_ELEMENTS(heads); i++)
                if (says(draft, heads[i].words))
                        return heads[i].owner;
        return NULL;
}
