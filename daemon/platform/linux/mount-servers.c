/* SPDX-License-Identifier: MIT */
#include "daemon/platform/linux/mount-servers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <uv.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/clock.h"

/* More of them than this are not watched over. */
#define SERVERS_MAX 64

#define TABLE "/proc/self/mountinfo"
#define STACK_SIZE (256u << 10)

typedef struct Server {
        char *place; /* where it is mounted */
        bool is_mounted;
        bool is_asked;          /* a thread waits for its answer */
        uint64_t asked_usec;    /* since when */
        uint64_t answered_usec; /* 0: never */
} Server;

struct PfMountServers {
        atomic_uint references; /* the owner's, and one for each thread that waits */
        char *root;             /* absolute, without links; "" for the whole machine */
        uv_mutex_t lock;        /* what follows */
        uv_cond_t answered;
        Server servers[SERVERS_MAX];
        size_t n;
        uint64_t read_usec; /* when the table was; 0: never */
};

PfMountServers *pf_mount_servers_new(const char *root) {
        PfMountServers *mounts = calloc(1, sizeof(*mounts));
        PF_AUTO_FREE char *real = realpath(root, NULL);

        if (!mounts)
                return NULL;
        atomic_init(&mounts->references, 1);
        mounts->root = strdup(!real ? root : strcmp(real, "/") == 0 ? "" : real);
        if (mounts->root && uv_mutex_init(&mounts->lock) == 0) {
                if (uv_cond_init(&mounts->answered) == 0)
                        return mounts;
                uv_mutex_destroy(&mounts->lock);
        }
        free(mounts->root);
        free(mounts);
        return NULL;
}

void pf_mount_servers_free(void *data) {
        PfMountServers *mounts = data;

        if (!mounts || atomic_fetch_sub(&mounts->references, 1) > 1)
                return;
        for (size_t i = 0; i < mounts->n; i++)
                free(mounts->servers[i].place);
        uv_cond_destroy(&mounts->answered);
        uv_mutex_destroy(&mounts->lock);
        free(mounts->root);
        free(mounts);
}

/* --- what is mounted --- */

/* Types, as proc(5) has them in mountinfo; "fuse" is also "fuse.sshfs". */
static bool has_server(const char *type) {
        static const char *const types[] = { "fuse", "fuseblk", "nfs",   "nfs4",      "cifs",
                                             "smb3", "smbfs",   "ceph",  "glusterfs", "lustre",
                                             "9p",   "afs",     "ncpfs", "beegfs",    "virtiofs",
                                             "coda", "gfs2",    "ocfs2", "orangefs" };
        size_t n = strcspn(type, ". \n");

        for (size_t i = 0; i < PF_ELEMENTS(types); i++)
                if (strlen(types[i]) == n && strncmp(types[i], type, n) == 0)
                        return true;
        return false;
}

/* "\040" is a blank. */
static void unescape(char *text) {
        char *to = text;

        for (const char *from = text; *from; to++) {
                unsigned c;

                if (*from == '\\' && sscanf(from + 1, "%3o", &c) == 1 && c < 256) {
                        *to = (char) c;
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}

static void add_locked(PfMountServers *mounts, const char *place) {
        Server *server = mounts->servers;

        while (server < mounts->servers + mounts->n && strcmp(server->place, place) != 0)
                server++;
        if (server == mounts->servers + SERVERS_MAX)
                return;
        if (server == mounts->servers + mounts->n) {
                *server = (Server){ .place = strdup(place) };
                mounts->n += server->place != NULL;
        }
        server->is_mounted = true;
}

/* "36 35 98:0 /root /place options … - type source options" */
static void take_line_locked(PfMountServers *mounts, char *line) {
        char *place = line, *end, *type = strstr(line, " - ");

        for (int i = 0; i < 4 && place; i++) {
                place = strchr(place, ' ');
                place += place != NULL;
        }
        end = place ? strchr(place, ' ') : NULL;
        if (!end || !type || end > type || !has_server(type + 3))
                return;
        *end = '\0';
        unescape(place);
        add_locked(mounts, place);
}

/* Those that are gone make room, but for the ones that a thread still waits for. */
static void forget_locked(PfMountServers *mounts) {
        for (size_t i = mounts->n; i-- > 0;) {
                Server *server = &mounts->servers[i];

                if (server->is_mounted || server->is_asked)
                        continue;
                free(server->place);
                *server = mounts->servers[--mounts->n];
        }
}

static void read_table_locked(PfMountServers *mounts) {
        PF_AUTO_FCLOSE FILE *file = fopen(TABLE, "re");
        PF_AUTO_FREE char *line = NULL;
        size_t size = 0;

        for (size_t i = 0; i < mounts->n; i++)
                mounts->servers[i].is_mounted = false;
        while (file && getline(&line, &size, file) > 0)
                take_line_locked(mounts, line);
        forget_locked(mounts);
}

/* --- do they answer? --- */

typedef struct Question {
        PfMountServers *mounts;
        char place[];
} Question;

static void note_answer(PfMountServers *mounts, const char *place) {
        uv_mutex_lock(&mounts->lock);
        for (size_t i = 0; i < mounts->n; i++)
                if (strcmp(mounts->servers[i].place, place) == 0) {
                        mounts->servers[i].is_asked = false;
                        mounts->servers[i].answered_usec = pf_clock_monotonic_usec();
                }
        uv_cond_broadcast(&mounts->answered);
        uv_mutex_unlock(&mounts->lock);
}

/* An error is an answer too. */
static void *ask(void *data) {
        Question *question = data;
        struct statfs ignored;

        (void) statfs(question->place, &ignored);
        note_answer(question->mounts, question->place);
        pf_mount_servers_free(question->mounts);
        free(question);
        return NULL;
}

static bool start_asking(PfMountServers *mounts, const char *place) {
        size_t size = strlen(place) + 1;
        Question *question = malloc(sizeof(*question) + size);
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        if (!question || pthread_attr_init(&attributes) != 0) {
                free(question);
                return false;
        }
        question->mounts = mounts;
        memcpy(question->place, place, size);
        (void) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        (void) pthread_attr_setstacksize(&attributes, STACK_SIZE);
        atomic_fetch_add(&mounts->references, 1);
        r = pthread_create(&thread, &attributes, ask, question);
        (void) pthread_attr_destroy(&attributes);
        if (r == 0)
                return true;
        atomic_fetch_sub(&mounts->references, 1);
        free(question);
        return false;
}

/* The innermost file system with a server that the path leads through. */
static Server *find_locked(PfMountServers *mounts, const char *path) {
        size_t n_root = strlen(mounts->root);
        Server *found = NULL;

        for (size_t i = 0; i < mounts->n; i++) {
                Server *server = &mounts->servers[i];
                const char *place = server->place;
                size_t n;

                if (strncmp(place, mounts->root, n_root) != 0)
                        continue;
                place += n_root;
                n = strcmp(place, "/") == 0 ? 0 : strlen(place);
                if (strncmp(path, place, n) == 0 && (path[n] == '/' || path[n] == '\0') &&
                    (!found || strlen(found->place) < strlen(server->place)))
                        found = server;
        }
        return found;
}

static bool is_lately(uint64_t then_usec, uint64_t now_usec, uint64_t limit_ms) {
        return then_usec > 0 && now_usec - then_usec < limit_ms * 1000;
}

/* Waits for an answer while there is patience left. The server has to be found again
 * after each wait: the list may have changed. */
static int wait_locked(PfMountServers *mounts, const char *path) {
        for (;;) {
                Server *server = find_locked(mounts, path);
                uint64_t now = pf_clock_monotonic_usec(), waited;

                if (!server || is_lately(server->answered_usec, now, PF_MOUNT_SERVERS_BELIEF_MS))
                        return 0;
                if (!server->is_asked) {
                        /* Without a thread to wait, the deadline of the probe is what is left. */
                        if (!start_asking(mounts, server->place))
                                return 0;
                        server->is_asked = true;
                        server->asked_usec = now;
                }
                waited = now - server->asked_usec;
                if (waited >= PF_MOUNT_SERVERS_PATIENCE_MS * 1000)
                        return -ETIMEDOUT;
                (void) uv_cond_timedwait(&mounts->answered, &mounts->lock,
                                         (PF_MOUNT_SERVERS_PATIENCE_MS * 1000 - waited) * 1000);
        }
}

int pf_mount_servers_check(PfMountServers *mounts, const char *path) {
        uint64_t now = pf_clock_monotonic_usec();
        int r;

        uv_mutex_lock(&mounts->lock);
        if (!is_lately(mounts->read_usec, now, PF_MOUNT_SERVERS_BELIEF_MS)) {
                read_table_locked(mounts);
                mounts->read_usec = now;
        }
        r = mounts->n > 0 ? wait_locked(mounts, path) : 0;
        uv_mutex_unlock(&mounts->lock);
        return r;
}
