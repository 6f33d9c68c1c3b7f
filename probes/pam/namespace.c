/* SPDX-License-Identifier: MIT */
/*
 * pam_namespace: directories of one's own in place of shared ones. The session
 * opens when every line of namespace.conf that means the user can be set up.
 *
 * Rule: pam_namespace(8), namespace.conf(5). A directory of instances that is
 *       not there is made, with mode 000; one that is there must be root's and
 *       have that mode. What the kernel, a script or SELinux would have to be
 *       asked about is taken for granted where it is the common case, and is
 *       unknown otherwise.
 */
#include <string.h>

#include "probes/pam/policy.h"

#define CONF_PATH "/etc/security/namespace.conf"
#define DROP_IN_PATTERN "/etc/security/namespace.d/*.conf"
#define LINE_BYTES 4095

/* The words of one line. */
typedef struct Line {
        const char *directory;
        const char *prefix;
        const char *method;
        const char *users; /* "" where there is none */
} Line;

typedef struct Namespace {
        const PfPamQuestion *question;
        const PfPamLine *stack_line;
        PfPamPlace place;
        PfErr *err;
} Namespace;

static int answer_line(const Namespace *namespace, PfPamCode code, const char *why,
                       PfPamAnswer *answer) {
        int r = pf_pam_answer_set(answer, code, NULL, "%s", why);

        return r < 0 ? r
                     : pf_pam_answer_place(answer, namespace->question->target, &namespace->place,
                                           NULL);
}

/* Words between blanks; false where there are fewer than three. */
static bool split(char *text, Line *ret) {
        static const char blanks[] = " \t\r";
        const char *words[4] = { "", "", "", "" };
        size_t n = 0;
        char *word;

        while (n < PF_ELEMENTS(words) && (word = strsep(&text, blanks)))
                if (*word)
                        words[n++] = word;
        *ret = (Line){
                .directory = words[0], .prefix = words[1], .method = words[2], .users = words[3]
        };
        return n >= 3;
}

/* Is the directory set up for this user? "root,adm": for all others; "~a,b": for these. */
static bool is_meant(const char *users, const char *user) {
        bool only = *users == '~';
        const char *name = users + only;
        size_t n = strlen(user);

        while (*name) {
                size_t n_name = strcspn(name, ",");

                if (n_name == n && memcmp(name, user, n) == 0)
                        return only;
                name += n_name;
                name += *name == ',';
        }
        return !only;
}

static bool is_plain_method(const char *method) {
        return strcmp(method, "user") == 0 || strcmp(method, "level") == 0 ||
               strcmp(method, "context") == 0;
}

/* The directory that instances are made in. */
static int judge_parent(const Namespace *namespace, const char *prefix, PfPamAnswer *answer) {
        bool any_mode = pf_pam_has_argument(namespace->stack_line, "ignore_instance_parent_mode");
        PF_AUTO_FREE char *parent = strdup(prefix);
        PfFileInfo info;
        int r;

        if (!parent)
                return -ENOMEM;
        *strrchr(parent, '/') = '\0';
        r = pf_target_lstat(namespace->question->target, *parent ? parent : "/", &info,
                            namespace->err);
        if (r != 0)
                return r < 0 ? r : 0; /* it is made */
        if (info.type != PF_FILE_DIRECTORY || info.uid != 0 || (info.mode != 0 && !any_mode))
                return answer_line(namespace, PF_PAM_SESSION_ERR,
                                   "the directory for instances of pam_namespace is not root's, or "
                                   "has another mode than 000",
                                   answer);
        return 0;
}

static int judge_line(const Namespace *namespace, const Line *line, PfPamAnswer *answer) {
        PfFileInfo info;
        int r;

        if (!is_meant(line->users, namespace->question->user))
                return 0;
        if (strchr(namespace->place.text, '$') || strchr(namespace->place.text, '"') ||
            strchr(namespace->place.text, '\\') || !is_plain_method(line->method) ||
            *line->directory != '/' || *line->prefix != '/')
                return answer_line(namespace, PF_PAM_UNKNOWN,
                                   "depends on a line of pam_namespace that is not understood here",
                                   answer);
        r = pf_target_stat(namespace->question->target, line->directory, &info, namespace->err);
        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT || info.type != PF_FILE_DIRECTORY)
                return answer_line(namespace, PF_PAM_SESSION_ERR,
                                   "pam_namespace does not find a directory", answer);
        return judge_parent(namespace, line->prefix, answer);
}

static int judge_text(Namespace *namespace, const PfLines *lines, PfPamAnswer *answer) {
        PF_AUTO_FREE char *text = strndup(lines->text, lines->text_n);
        PF_AUTO_FREE char *copy = text ? strdup(text) : NULL;
        Line line;

        if (!copy)
                return -ENOMEM;
        copy[strcspn(copy, "#")] = '\0';
        if (copy[strspn(copy, " \t\r")] == '\0')
                return 0;
        namespace->place.line = lines->number;
        namespace->place.text = text;
        if (split(copy, &line))
                return judge_line(namespace, &line, answer);
        if (pf_pam_has_argument(namespace->stack_line, "ignore_config_error"))
                return 0;
        return answer_line(namespace, PF_PAM_SERVICE_ERR,
                           "a line of pam_namespace has too few words", answer);
}

/* Return: 0, or PF_TARGET_ABSENT. */
static int judge_file(Namespace *namespace, const char *path, PfPamAnswer *answer) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PfLines lines = { .max = LINE_BYTES };
        int r;

        r = pf_target_read(namespace->question->target, path, PF_PAM_FILE_MAX, &buf,
                           namespace->err);
        lines.rest = buf.data;
        lines.n = buf.n;
        namespace->place = (PfPamPlace){ .path = path };
        while (r == 0 && answer->code == PF_PAM_SUCCESS && pf_lines_next(&lines))
                r = judge_text(namespace, &lines, answer);
        return r;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        Namespace namespace = { .question = question, .stack_line = line, .err = err };
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r;

        (void) facility;
        if (!question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        if (pf_pam_has_argument(line, "require_selinux"))
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on whether SELinux is on");
        r = judge_file(&namespace, CONF_PATH, answer);
        if (r == PF_TARGET_ABSENT)
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on what pam_namespace does without its file");
        if (r == 0)
                r = pf_target_glob(question->target, DROP_IN_PATTERN, &paths, err);
        for (size_t i = 0; i < paths.n && r == 0 && answer->code == PF_PAM_SUCCESS; i++)
                r = judge_file(&namespace, paths.items[i], answer);
        return r < 0 ? r : 0;
}

const PfPamModule pf_pam_namespace = {
        .name = "pam_namespace",
        .facilities = 1 << PF_PAM_SESSION,
        .run = run,
};
