/* SPDX-License-Identifier: MIT */
/*
 * What the modules of policy share.
 */
#include "probes/pam/policy.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_PATH "/etc/group"
#define GROUP_MAX (8 << 20) /* bytes */

int pf_pam_answer_unknown_user(PfPamAnswer *answer) {
        return pf_pam_answer_set(answer, PF_PAM_USER_UNKNOWN, NULL, "there is no such account");
}

int pf_pam_answer_no_source(PfPamAnswer *answer) {
        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                 "depends on where the connection comes from: ask with --source");
}

int pf_pam_answer_place(PfPamAnswer *answer, const PfTarget *target, const PfPamPlace *place,
                        const char *expected) {
        return pf_pam_answer_evidence(answer, target, place->path, place->line, place->text,
                                      expected);
}

PfMaybe pf_pam_item(const PfPamQuestion *question, const char *name, const char **ret) {
        const struct {
                const char *name;
                const char *text;
                bool is_known;
        } items[] = {
                { "user", question->user, true },
                { "tty", question->tty, true },
                { "rhost", question->source_host, question->source_host != NULL },
                { "ruser", NULL, true },
                { "service", question->service, true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(items); i++)
                if (strcmp(items[i].name, name) == 0) {
                        *ret = items[i].text;
                        return items[i].is_known ? PF_YES : PF_MAYBE;
                }
        *ret = NULL;
        return PF_NO;
}

const char *pf_pam_last_argument(const PfPamLine *line, const char *name) {
        size_t n = strlen(name);

        for (size_t i = line->args->n; i-- > 0;)
                if (strncmp(line->args->items[i], name, n) == 0 && line->args->items[i][n] == '=')
                        return line->args->items[i] + n + 1;
        return NULL;
}

/* Is @user in the list that a line of /etc/group ends in? */
static bool is_listed(char *members, const char *user) {
        const char *member;

        while ((member = strsep(&members, ",")))
                if (strcmp(member, user) == 0)
                        return true;
        return false;
}

/* A line of /etc/group. Return: is it the group's? Then *@ret says who is in it. */
static bool read_group(char *line, const PfPamQuestion *question, const char *group, bool *ret) {
        const char *name = strsep(&line, ":");
        const char *number;
        char *end;

        (void) strsep(&line, ":");
        number = strsep(&line, ":");
        if (strcmp(name, group) != 0 || !number || !line || *number < '0' || *number > '9')
                return false;
        *ret = (strtoul(number, &end, 10) == question->account->gid && !*end) ||
               is_listed(line, question->account->name);
        return true;
}

int pf_pam_find_group(const PfPamQuestion *question, const char *group, bool *ret_exists,
                      bool *ret_is_member, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(GROUP_MAX);
        char *rest, *line;
        int r;

        *ret_exists = *ret_is_member = false;
        r = pf_target_read(question->target, GROUP_PATH, GROUP_MAX, &buf, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT ? 0 : r;
        rest = buf.data;
        while (!*ret_exists && (line = strsep(&rest, "\n")))
                *ret_exists = read_group(line, question, group, ret_is_member);
        return 0;
}

int pf_pam_is_member(const PfPamQuestion *question, const char *group, bool *ret, PfErr *err) {
        bool exists;

        *ret = false;
        return question->account->exists ? pf_pam_find_group(question, group, &exists, ret, err)
                                         : 0;
}

int pf_pam_is_member_of_any(const PfPamQuestion *question, const char *groups, bool *ret,
                            PfErr *err) {
        PF_AUTO_FREE char *copy = strdup(groups);
        char *rest = copy;
        const char *group;
        int r = copy ? 0 : -ENOMEM;

        *ret = false;
        while (r == 0 && !*ret && (group = strsep(&rest, ":")))
                if (*group)
                        r = pf_pam_is_member(question, group, ret, err);
        return r;
}

int pf_pam_read_plain(const PfTarget *target, const char *path, PfBuf *buf, PfErr *err) {
        PfFileInfo info;
        int r;

        r = pf_target_stat(target, path, &info, err);
        if (r != 0)
                return r;
        if (info.type != PF_FILE_REGULAR || (info.mode & 0002))
                return PF_PAM_FILE_REFUSED;
        return pf_target_read(target, path, PF_PAM_FILE_MAX, buf, err);
}

int pf_pam_find_line(const PfBuf *buf, size_t max, PfPamLineMatch match, const void *data,
                     unsigned *ret_number, char **ret_text) {
        PfLines lines = { .rest = buf->data, .n = buf->n, .max = max };

        while (pf_lines_next(&lines)) {
                PF_AUTO_FREE char *text = strndup(lines.text, lines.text_n);

                if (!text)
                        return -ENOMEM;
                if (!match(text, data))
                        continue;
                *ret_number = lines.number;
                *ret_text = PF_STEAL(text);
                return 0;
        }
        return PF_TARGET_ABSENT;
}

bool pf_pam_line_is(const char *text, const void *data) {
        return strcmp(text, data) == 0;
}

unsigned pf_pam_debian_release(const PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64);

        /* "12.5"; Ubuntu has "bookworm/sid" there. */
        if (pf_target_read(target, "/etc/debian_version", 64, &buf, NULL) != 0 || !buf.data)
                return 0;
        return (unsigned) strtoul(buf.data, NULL, 10);
}

bool pf_pam_is_debian_like(const PfTarget *target) {
        PfFileInfo info;

        return pf_target_stat(target, "/etc/debian_version", &info, NULL) == 0;
}
