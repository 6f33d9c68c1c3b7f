/* SPDX-License-Identifier: MIT */
/*
 * pam_listfile: is the user, a group of the user, the shell, the terminal or the
 * other end in a list?
 *
 * Rule: pam_listfile(8), and the observed behaviour of 1.5.2: its words are read
 *       in their order, and the first that is wrong ends in what onerr= said so
 *       far, unless it is onerr= itself; a list that is no plain file, or that anybody may write,
 * is refused whatever onerr= says; a line is taken in pieces of 255 bytes.
 */
#include <string.h>

#include "probes/pam/policy.h"

#define LINE_BYTES 255

typedef struct ListFile {
        const char *item;
        const char *path;
        const char *apply;
        bool is_odd; /* what the module makes of it is of no use to anybody */
        bool allow;
        bool has_sense;
        PfPamCode on_error;
} ListFile;

static int take_item(ListFile *list, const char *value) {
        static const char *const items[] = { "user", "tty", "rhost", "ruser", "group", "shell" };

        list->is_odd = list->is_odd || (list->item && strcmp(list->item, value) != 0);
        list->item = NULL;
        for (size_t i = 0; i < PF_ELEMENTS(items); i++)
                if (strcmp(items[i], value) == 0)
                        list->item = items[i];
        return 0; /* one that does not exist is an error at the end */
}

static int take_sense(ListFile *list, const char *value) {
        list->allow = strcmp(value, "allow") == 0;
        list->has_sense = list->allow || strcmp(value, "deny") == 0;
        return list->has_sense ? 0 : -EINVAL;
}

static int take_file(ListFile *list, const char *value) {
        list->path = value;
        return *value ? 0 : -EINVAL;
}

static int take_on_error(ListFile *list, const char *value) {
        bool succeed = strcmp(value, "succeed") == 0;

        list->on_error = succeed ? PF_PAM_SUCCESS : PF_PAM_SERVICE_ERR;
        return succeed || strcmp(value, "fail") == 0 ? 0 : -EINVAL;
}

static int take_apply(ListFile *list, const char *value) {
        list->apply = value;
        list->is_odd = list->is_odd || !value[*value == '@'];
        return 0;
}

static const struct {
        const char *name;
        int (*take)(ListFile *list, const char *value);
} words[] = {
        { "item=", take_item },      { "sense=", take_sense }, { "file=", take_file },
        { "onerr=", take_on_error }, { "apply=", take_apply },
};

/* Return: 0, or -EINVAL where it cannot be used. */
static int read_words(const PfStrv *args, ListFile *list) {
        for (size_t i = 0; i < args->n; i++)
                for (size_t j = 0; j < PF_ELEMENTS(words); j++) {
                        size_t n = strlen(words[j].name);

                        if (strncmp(args->items[i], words[j].name, n) == 0 &&
                            words[j].take(list, args->items[i] + n) < 0)
                                return -EINVAL;
                }
        if (!list->item || !list->path || !list->has_sense)
                return -EINVAL;
        /* Words behind apply= change what the module takes for its value. */
        list->is_odd = list->is_odd ||
                       (list->apply && (strcmp(list->item, "ruser") == 0 ||
                                        strncmp(args->items[args->n - 1], "apply=", 6) != 0));
        return 0;
}

/* Does apply= leave this user out? It means nothing but for tty and rhost. */
static int is_left_out(const PfPamQuestion *question, const ListFile *list, bool *ret, PfErr *err) {
        int r = 0;

        *ret = false;
        if (!list->apply || strcmp(list->item, "user") == 0 || strcmp(list->item, "ruser") == 0 ||
            strcmp(list->item, "group") == 0 || strcmp(list->item, "shell") == 0)
                return 0;
        if (list->apply[0] == '@')
                r = pf_pam_is_member(question, list->apply + 1, ret, err);
        else
                *ret = strcmp(list->apply, question->user) == 0;
        *ret = !*ret;
        return r;
}

/* What is looked for, and what is known of the groups. */
typedef struct Wanted {
        const char *text; /* NULL: a group of the user */
        bool is_tty;
        const PfPamQuestion *question;
        int *error;
        PfErr *err;
} Wanted;

static bool is_wanted(const char *text, const void *data) {
        PF_AUTO_FREE char *line = strdup(text);
        const Wanted *wanted = data;
        bool is_member = false;
        const char *start = line;
        size_t n = strlen(text);

        if (!line) {
                *wanted->error = -ENOMEM;
                return true;
        }
        if (n > 0 && line[n - 1] == '\r')
                line[--n] = '\0';
        if (n == 0)
                return false;
        if (wanted->is_tty && strncmp(line, "/dev/", 5) == 0)
                start += 5;
        if (wanted->text)
                return strcmp(start, wanted->text) == 0;
        if (pf_pam_is_member(wanted->question, start, &is_member, wanted->err) < 0)
                *wanted->error = -EIO;
        return is_member || *wanted->error < 0;
}

static int answer_failure(PfPamAnswer *answer, PfPamCode code, const char *why) {
        return code == PF_PAM_SUCCESS
                       ? 0
                       : pf_pam_answer_set(answer, code, NULL, "pam_listfile %s", why);
}

/* Whether it is there was found out: what of it? */
static int judge(const PfPamQuestion *question, const ListFile *list, bool found,
                 const PfPamPlace *place, PfPamAnswer *answer) {
        const char *wanted = list->allow && !found ? question->user : NULL;
        int r;

        if (found == list->allow)
                return 0;
        r = pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, NULL,
                              found ? "pam_listfile refuses what is on its list"
                                    : "pam_listfile refuses what is not on its list");
        return r < 0 ? r
                     : pf_pam_answer_place(answer, question->target, place,
                                           strcmp(list->item, "user") == 0 ? wanted : NULL);
}

static int search(const PfPamQuestion *question, const ListFile *list, const char *text,
                  PfPamAnswer *answer, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *found = NULL;
        PfPamPlace place = { .path = list->path };
        int error = 0;
        const Wanted wanted = { .text = text,
                                .is_tty = strcmp(list->item, "tty") == 0,
                                .question = question,
                                .error = &error,
                                .err = err };
        int r;

        r = pf_pam_read_plain(question->target, list->path, &buf, err);
        if (r == PF_TARGET_ABSENT)
                return answer_failure(answer, list->on_error, "does not find its list");
        if (r == PF_PAM_FILE_REFUSED)
                return answer_failure(answer, PF_PAM_AUTH_ERR,
                                      "refuses its list: anybody may write it, or it is no file");
        if (r == 0)
                r = pf_pam_find_line(&buf, LINE_BYTES, is_wanted, &wanted, &place.line, &found);
        if (r < 0 || error < 0)
                return r < 0 ? r : error;
        place.text = found;
        return judge(question, list, r == 0, &place, answer);
}

static const char *without_dev(const char *tty) {
        return tty && strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
}

/* The item's text. Return: 0, or 1 where the answer was given without one. */
static int find_text(const PfPamQuestion *question, const ListFile *list, const char **ret,
                     PfPamAnswer *answer) {
        const PfPamPlace nowhere = { .path = list->path };
        int r;

        *ret = NULL;
        if (strcmp(list->item, "group") == 0)
                return 0;
        if (strcmp(list->item, "shell") == 0) {
                *ret = question->account->shell;
                r = *ret ? 0 : answer_failure(answer, list->on_error, "knows no shell of the user");
                return *ret ? 0 : r < 0 ? r : 1;
        }
        if (pf_pam_item(question, list->item, ret) == PF_MAYBE) {
                r = pf_pam_answer_no_source(answer);
                return r < 0 ? r : 1;
        }
        if (strcmp(list->item, "tty") == 0)
                *ret = without_dev(*ret);
        if (*ret && **ret)
                return 0;
        r = judge(question, list, false, &nowhere, answer);
        return r < 0 ? r : 1;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        ListFile list = { .on_error = PF_PAM_SERVICE_ERR };
        const char *text;
        bool left_out;
        int r;

        (void) facility;
        if (read_words(line->args, &list) < 0)
                return answer_failure(answer, list.on_error, "cannot use its arguments");
        if (list.is_odd)
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on arguments of pam_listfile that contradict "
                                         "each other");
        r = is_left_out(question, &list, &left_out, err);
        if (r < 0)
                return r;
        if (left_out)
                return pf_pam_answer_set(answer, PF_PAM_IGNORE, NULL,
                                         "pam_listfile is not for this user");
        r = find_text(question, &list, &text, answer);
        if (r != 0)
                return r < 0 ? r : 0;
        return search(question, &list, text, answer, err);
}

const PfPamModule pf_pam_listfile = {
        .name = "pam_listfile",
        .facilities = PF_PAM_ALL,
        .run = run,
};
