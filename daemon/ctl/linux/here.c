/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/here.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

const char pf_here_hint_check[] = "some checks could not be determined; run as root, who may read "
                                  "what they need";
const char pf_here_hint_capture[] = "some checks could not be determined, here and in the copy; "
                                    "run as root, who may read what they need";
const char pf_here_hint_daemon[] = "only the daemon watches; systemctl start preflightd";

const char *pf_here_waiver_place(bool is_private) {
        return is_private ? "/etc/preflightd/waivers.d/NAME.conf of the machine, owned by root, "
                            "mode 0600"
                          : "/etc/preflightd/waivers.d/NAME.conf of the machine, owned by root, "
                            "mode 0644";
}

int pf_here_start(int *argc, char ***argv) {
        (void) argc;
        (void) argv;
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
                        (void) !open("/dev/null", O_RDONLY);
        (void) setlocale(LC_CTYPE, "");
        (void) signal(SIGPIPE, SIG_IGN);
        return 0;
}

bool pf_here_is_privileged(void) {
        return geteuid() == 0;
}

int pf_here_locate(const char *name, char **ret_root, char **ret_path, PfErr *err) {
        PF_AUTO_FREE char *here = name[0] == '/' ? NULL : getcwd(NULL, 0);
        PF_AUTO_FREE char *root = strdup("/");
        char *path = NULL;

        if (name[0] == '/')
                path = strdup(name);
        else if (here && asprintf(&path, "%s/%s", here, name) < 0)
                path = NULL;
        if (!root || !path) {
                free(path);
                return pf_err_set(err, -ENOMEM, "out of memory");
        }
        *ret_root = PF_STEAL(root);
        *ret_path = path;
        return 0;
}

char *pf_here_absolute(const char *name) {
        return realpath(name, NULL);
}
