/* SPDX-License-Identifier: MIT */
/*
 * Replaces files while somebody moves directories, links and files under its hands.
 *
 *      race-replace ROOT UID SECONDS NAME…
 *
 * An attacker with the user ID UID renames, links and removes without pause, in the
 * directories he may write to, what lies on the way to each PATH; meanwhile the paths are
 * replaced. The script around it knows what must not be touched. Prints one line: how many
 * were replaced, refused, changed meanwhile, and how many attacks there were.
 *
 * PATH is below ROOT/shared. As root, that directory is sticky and the file root's; as UID, all
 * of it is UID's own, so that nothing is refused and only the descriptors protect.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "daemon/remedy/replace.h"

#define STAGED PF_STAGED_PREFIX "race"

static atomic_ulong *n_attacks;

/* Each of these may fail: then it was not the attacker's to do. */
static void attack_once(int dir, unsigned i) {
        static const char *const targets[] = { "../../outside", "/outside", "../../../outside",
                                               "real", "../shared/real" };
        const char *target = targets[i % PF_ELEMENTS(targets)];

        switch (i % 4) {
        case 0: /* a directory becomes a link out of the root, and a directory again */
                (void) renameat(dir, "way", dir, "aside");
                (void) symlinkat(target, dir, "way");
                (void) unlinkat(dir, "way", 0);
                (void) renameat(dir, "aside", dir, "way");
                break;
        case 1: /* a link changes what it leads to */
                (void) symlinkat(target, dir, "next");
                (void) renameat(dir, "next", dir, "link");
                break;
        case 2: /* a file gets another name, and is another file */
                (void) linkat(dir, "way/file", dir, "hard", 0);
                (void) renameat(dir, "hard", dir, "way/file");
                (void) unlinkat(dir, "hard", 0);
                (void) linkat(AT_FDCWD, "../../outside/canary", dir, "taken", 0);
                (void) renameat(dir, "taken", dir, "way/file");
                (void) unlinkat(dir, "taken", 0);
                break;
        default: /* where the new file is to be, there is a link already; or all is moved out */
                (void) symlinkat("../../../outside/canary", dir, "way/" STAGED);
                (void) renameat(dir, "way", dir, "../../moved-out");
                (void) renameat(dir, "../../moved-out", dir, "way");
                (void) unlinkat(dir, "way/" STAGED, 0);
                break;
        }
        atomic_fetch_add(n_attacks, 1);
}

static _Noreturn void attack(const char *root, uid_t uid) {
        int dir;

        if (chdir(root) < 0 ||
            (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
                                setresuid(uid, uid, uid) < 0)))
                _exit(1);
        dir = open("shared", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0 || fchdir(dir) < 0)
                _exit(1);
        for (unsigned i = 0;; i++)
                attack_once(dir, i);
}

static int replace(const PfRoot *root, const char *path, const char *text) {
        PF_CLEANUP(pf_place_freep) PfPlace *place = NULL;
        int r;

        r = pf_place_find(root, path, &place, NULL);
        if (r == 0 && pf_place_links(place) > 1)
                r = -EMLINK;
        if (r == 0)
                r = pf_place_check(place, strlen(text), NULL);
        if (r == 0)
                r = pf_place_stage(place, STAGED, text, strlen(text), -1, NULL);
        if (r < 0)
                return r;
        r = pf_place_commit(place, STAGED, NULL);
        if (r < 0 && pf_place_discard(place, STAGED, NULL) < 0)
                return -ENODATA; /* the attacker was faster: it is not there, or not a file */
        return r;
}

static double now(void) {
        struct timespec time;

        (void) clock_gettime(CLOCK_MONOTONIC, &time);
        return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
        unsigned long n_replaced = 0, n_refused = 0, n_changed = 0;
        PF_CLEANUP(pf_root_freep) PfRoot *root = NULL;
        uid_t uid;
        double end;
        pid_t child;

        if (argc < 5 || chdir("/") < 0)
                return 2;
        uid = (uid_t) strtoul(argv[2], NULL, 10);
        n_attacks = mmap(NULL, sizeof(*n_attacks), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (n_attacks == MAP_FAILED || pf_root_open(argv[1], &pf_fs_ops, &root, NULL) < 0)
                return 2;
        child = fork();
        if (child == 0)
                attack(argv[1], uid);
        end = now() + strtod(argv[3], NULL);
        for (unsigned long i = 0; child > 0 && now() < end; i++) {
                int r = replace(root, argv[4 + i % (unsigned) (argc - 4)],
                                i % 2 ? "new\n" : "old\n");

                n_replaced += r == 0;
                n_refused += r == -EPERM || r == -EMLINK;
                n_changed += r < 0 && r != -EPERM && r != -EMLINK;
        }
        (void) kill(child, SIGKILL);
        (void) waitpid(child, NULL, 0);
        (void) printf("replaced %lu refused %lu changed %lu attacks %lu\n", n_replaced, n_refused,
                      n_changed, atomic_load(n_attacks));
        return 0;
}
