/* SPDX-License-Identifier: MIT */
/*
 * Puts together what is known of a session before anything in it runs.
 */
#include "probes/sshd/session.h"

#include <string.h>

#define GROUP_FILE_MAX (8 << 20)
#define ENVIRONMENT_FILE_MAX (64 << 10)
#define INTERNAL "internal-sftp"

void pf_sshd_session_deinit(PfSshdSession *session) {
        free(session->confined);
        free(session->groups);
        pf_strv_deinit(&session->environment);
        *session = (PfSshdSession){ 0 };
}

/* --- the command --- */

/* sshd takes its own server where the first word is exactly this one. */
static bool is_internal(const char *command) {
        size_t n = strcspn(command, " \t");

        return n == strlen(INTERNAL) && strncmp(command, INTERNAL, n) == 0;
}

static const PfSshdValue *find_subsystem(const PfSshdSetting *setting, size_t *ret_value) {
        for (size_t i = 0; setting && i < setting->n_values; i++) {
                *ret_value = i;
                if (strncmp(setting->values[i].text, "sftp ", strlen("sftp ")) == 0)
                        return &setting->values[i];
        }
        return NULL;
}

static void set_command(PfSshdSession *session, const PfSshdSetting *setting, size_t value,
                        const char *command) {
        session->setting = setting;
        session->value = value;
        session->command = command;
        session->served =
                is_internal(command) ? PF_SSHD_SERVED_BY_ITSELF : PF_SSHD_SERVED_BY_COMMAND;
}

/* True, and answered, where it is in doubt. */
static bool read_command(const PfSshdRoom *room, const PfCheck *stage, PfSshdSession *session) {
        const PfSshdSetting *subsystem = pf_sshd_effective_get(room->look->effective, "subsystem");
        const PfSshdSetting *force = pf_sshd_effective_get(room->look->effective, "forcecommand");
        const PfSshdValue *value;
        size_t i = 0;

        if ((force && pf_sshd_is_doubtful(room, stage, force)) ||
            (subsystem && pf_sshd_is_doubtful(room, stage, subsystem)))
                return true;
        value = find_subsystem(subsystem, &i);
        if (value)
                set_command(session, subsystem, i, value->text + strlen("sftp "));
        if (!value || !force || strcasecmp(pf_sshd_text_of(force), "none") == 0)
                return false;
        session->replaced = session->command;
        session->is_forced = true;
        set_command(session, force, 0, pf_sshd_text_of(force));
        return false;
}

/* --- the user --- */

static bool is_listed(const char *members, const char *name) {
        size_t n = strlen(name);

        for (const char *p = members; *p; p += strcspn(p, ","), p += *p == ',')
                if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0'))
                        return true;
        return false;
}

/* The number of the group of this line, if @name is listed there. */
static bool read_group(char *line, const char *name, unsigned *ret) {
        char *fields[4] = { 0 };
        char *end;

        for (size_t i = 0; i < PF_ELEMENTS(fields) && line; i++)
                fields[i] = strsep(&line, ":");
        if (!fields[3] || !*fields[2])
                return false;
        *ret = (unsigned) strtoul(fields[2], &end, 10);
        return !*end && is_listed(fields[3], name);
}

static int read_groups(const PfSshdRoom *room, PfSshdSession *session, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(GROUP_FILE_MAX);
        const PfSshdAccount *account = &room->look->account;
        char *rest, *line;
        int r;

        r = pf_target_read(room->target, "/etc/group", GROUP_FILE_MAX, &text, err);
        if (r < 0)
                return r;
        rest = text.data;
        while (rest && (line = strsep(&rest, "\n"))) {
                size_t n = session->who.n_groups;
                unsigned gid;

                if (!read_group(line, account->name, &gid))
                        continue;
                if ((n & (n - 1)) == 0) {
                        unsigned *groups =
                                realloc(session->groups, (n ? 2 * n : 1) * sizeof(*groups));

                        if (!groups)
                                return -ENOMEM;
                        session->groups = groups;
                }
                session->groups[n] = gid;
                session->who.n_groups++;
        }
        session->who.groups = session->groups;
        return 0;
}

/* --- the environment --- */

static int add_variable(PfStrv *environment, const char *name, const char *value) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);
        int r = value ? pf_buf_printf(&text, "%s=%s", name, value) : pf_buf_add_string(&text, name);

        return r < 0 ? r : pf_strv_add(environment, text.data);
}

/* What PAM's modules and the server's own environment may set. */
static const char *const uncertain[] = {
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "LC_MESSAGES",
        "TZ",
        "KRB5CCNAME",
        "XDG_SESSION_ID",
        "XDG_SESSION_TYPE",
        "XDG_SESSION_CLASS",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "SELINUX_ROLE_REQUESTED",
};

/* /etc/environment: PAM puts its lines into the session; what has more than letters
 * in it is only known to be set. */
static int add_environment_file(const PfSshdRoom *room, PfStrv *environment, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(ENVIRONMENT_FILE_MAX);
        char *rest, *line;
        int r;

        r = pf_target_read(room->target, "/etc/environment", ENVIRONMENT_FILE_MAX, &text, err);
        rest = text.data;
        while (r == 0 && rest && (line = strsep(&rest, "\n"))) {
                char *name = line + strspn(line, " \t");
                size_t n;

                if (strncmp(name, "export ", strlen("export ")) == 0)
                        name += strlen("export ");
                n = strcspn(name, "=");
                if (*name == '#' || n == 0 || !name[n])
                        continue;
                name[n] = '\0';
                r = add_variable(environment, name,
                                 strpbrk(name + n + 1, "\"'\\$@{}# \t") ? NULL : name + n + 1);
        }
        return r < 0 ? r : 0;
}

/* "SetEnv NAME=value" comes last, and so wins. */
static int add_set_env(const PfSshdRoom *room, PfStrv *environment) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "setenv");
        int r = 0;

        for (size_t i = 0; setting && i < setting->n_values && r == 0; i++) {
                PF_AUTO_FREE char *name =
                        strndup(setting->values[i].text, strcspn(setting->values[i].text, "="));

                r = name ? pf_strv_add(environment, name) : -ENOMEM;
        }
        return r;
}

static int read_environment(const PfSshdRoom *room, PfSshdSession *session, PfErr *err) {
        const PfSshdAccount *account = &room->look->account;
        char connection[128];
        const struct {
                const char *name;
                const char *value;
        } own[] = {
                { "USER", account->name },
                { "LOGNAME", account->name },
                { "HOME", account->home },
                { "SHELL", account->shell },
                { "PATH", account->uid == 0 ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                                              "/sbin:/bin"
                                            : "/usr/local/bin:/usr/bin:/bin:/usr/games" },
                { "MAIL", NULL },
                { "SSH_CLIENT", room->demand->source ? connection : NULL },
                { "SSH_CONNECTION", room->demand->source ? connection : NULL },
        };
        int r = 0;

        (void) snprintf(connection, sizeof(connection), "%s 1 %u",
                        room->demand->source ? room->demand->source : "",
                        (unsigned) room->demand->local_port);
        for (size_t i = 0; i < PF_ELEMENTS(uncertain) && r == 0; i++)
                r = pf_strv_add(&session->environment, uncertain[i]);
        for (size_t i = 0; i < PF_ELEMENTS(own) && r == 0; i++)
                r = add_variable(&session->environment, own[i].name, own[i].value);
        if (r == 0)
                r = add_environment_file(room, &session->environment, err);
        if (r == 0)
                r = add_set_env(room, &session->environment);
        if (r == 0 && session->replaced)
                r = add_variable(&session->environment, "SSH_ORIGINAL_COMMAND", session->replaced);
        return r;
}

/* --- the place --- */

static int read_place(const PfSshdRoom *room, PfSshdSession *session, PfErr *err) {
        const char *text = pf_sshd_effective_text(room->look->effective, "chrootdirectory");
        static const PfIdentity root = { 0 };
        const PfFileView all = { .target = room->target, .who = &root };
        PF_AUTO_FREE char *path = NULL;
        PfFoundFile place = { 0 };
        int r;

        r = pf_sshd_chroot_directory(room, text ? text : "none", &path);
        if (r < 0)
                return r;
        if (r == 0 && (!*path || strcmp(path, "/") == 0)) {
                session->confined = strdup("");
                return session->confined ? 0 : -ENOMEM;
        }
        if (r == 0 && path[0] == '/')
                r = pf_file_view_find(&all, path, &place, err);
        session->has_no_place = r != 0 || !place.path || place.info.type != PF_FILE_DIRECTORY;
        session->confined = session->has_no_place          ? strdup("")
                            : strcmp(place.path, "/") == 0 ? strdup("")
                                                           : strdup(place.path);
        pf_found_file_deinit(&place);
        if (r < 0)
                return r;
        return session->confined ? 0 : -ENOMEM;
}

/* sshd goes home where it can; else it stays in the root directory. */
static int go_home(PfSshdSession *session, PfErr *err) {
        PfFoundFile home = { 0 };
        bool is_home;
        int r;

        session->view.who = &session->who;
        session->view.root = session->confined;
        session->view.current = "/";
        r = pf_file_view_find(&session->view, session->home, &home, err);
        is_home = r == 0 && home.info.type == PF_FILE_DIRECTORY &&
                  pf_identity_may(&session->who, &home.info, PF_FILE_MAY_EXECUTE);
        pf_found_file_deinit(&home);
        if (is_home && session->home[0] == '/')
                session->view.current = session->home;
        return r < 0 ? r : 0;
}

int pf_sshd_session_open(const PfSshdRoom *room, const PfCheck *stage, PfSshdSession *ret,
                         PfErr *err) {
        const PfSshdAccount *account = &room->look->account;
        PF_AUTO_SSHD_SESSION PfSshdSession session = { 0 };
        int r;

        if (read_command(room, stage, &session))
                return PF_SSHD_SESSION_ANSWERED;
        session.view.target = room->target;
        session.home = account->exists ? account->home : "/";
        session.shell = account->exists ? account->shell : "/bin/sh";
        if (account->exists) {
                session.user = account->name;
                session.who.uid = account->uid;
                session.who.gid = account->gid;
                r = read_groups(room, &session, err);
                if (r == 0)
                        r = read_environment(room, &session, err);
                if (r < 0)
                        return r;
        }
        r = read_place(room, &session, err);
        if (r == 0)
                r = go_home(&session, err);
        if (r < 0)
                return r;
        *ret = session;
        session = (PfSshdSession){ 0 };
        /* These point into it. */
        ret->view.who = &ret->who;
        return 0;
}
