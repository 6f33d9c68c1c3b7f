/* SPDX-License-Identifier: MIT */
/*
 * Effects that a test decides about, in place of those of daemon/remedy/effects-choose.h:
 * linked with the service's own main. By files beside the root of the machine:
 *
 *   ROOT.acts        what was done is added: "reload ssh.service"
 *   ROOT.hold        while it is there, what is to be done waits
 *   ROOT.broken      nothing can be done; what it holds is the reason
 *   ROOT.invalid     the owner's tool says that
 *   ROOT.unproven    the machine is not better afterwards
 */
#include "daemon/remedy/effects-choose.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "probes/remedy.h"

static char *beside(const char *root, const char *name) {
        char *path;

        if (asprintf(&path, "%s.%s", root, name) < 0)
                abort();
        return path;
}

/* What a file beside the root holds; false: it is not there. */
static bool says(const char *root, const char *name, char *ret, size_t size) {
        PF_AUTO_FREE char *path = beside(root, name);
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

        if (n < 0)
                return false;
        ret[n] = '\0';
        return true;
}

static int validate(const PfPlan *plan, void *data, PfErr *err) {
        char text[256];

        (void) plan;
        return says(data, "invalid", text, sizeof(text)) ? pf_err_set(err, -EBADMSG, "%s", text)
                                                         : 0;
}

static int verify(const PfPlan *plan, void *data, PfErr *err) {
        char text[256];

        (void) plan;
        return says(data, "unproven", text, sizeof(text)) ? pf_err_set(err, -EBADMSG, "%s", text)
                                                          : 0;
}

static void note(const char *root, const PfAction *action, bool undo) {
        PF_AUTO_FREE char *path = beside(root, "acts");
        PF_AUTO_FCLOSE FILE *file = fopen(path, "ae");

        if (file)
                fprintf(file, "%s%s %s\n", undo ? "undo " : "", pf_action_to_string(action->kind),
                        action->subject);
}

static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
        char text[256];

        note(data, action, undo);
        while (says(data, "hold", text, sizeof(text)))
                (void) nanosleep(&moment, NULL);
        return says(data, "broken", text, sizeof(text)) ? pf_err_set(err, -EIO, "%s", text) : 0;
}

int pf_effects_choose(const char *root, PfTarget *machine, bool at_boot, PfEffectsChoice *ret,
                      PfErr *err) {
        (void) machine;
        if (at_boot || strcmp(root, "/") == 0)
                return pf_err_set(err, -EINVAL, "not of this machine");
        ret->table = (PfEffects){
                .validate = validate, .act = act, .verify = verify, .data = strdup(root)
        };
        ret->live = NULL;
        return ret->table.data ? 0 : -ENOMEM;
}

void pf_effects_release(PfEffectsChoice *choice) {
        free(choice->table.data);
        *choice = (PfEffectsChoice){ 0 };
}

void pf_effects_ask(PfEffectsChoice *choice, PfQuestion *question) {
        (void) choice;
        (void) question;
}
