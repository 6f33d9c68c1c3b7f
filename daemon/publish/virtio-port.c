/* SPDX-License-Identifier: MIT */
#include "daemon/publish/virtio-port.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon/base/buf.h"

#define LINE_SIZE_MAX (64u << 10)
#define NAME_SIZE 256
#define READ_SIZE 4096

struct PfVirtioPort {
        PfVirtioPortConfig config;
        char *name, *classes, *devices;
        int fd;          /* the port, or -1 */
        int edges;       /* an epoll of its own, which alone sees edges */
        uv_poll_t *poll; /* on @edges; NULL where the port is not open */
        PfBuf line;      /* what is told, with its end */
        PfBuf out;       /* of a line that was begun, what has not been taken yet */
        bool is_connected;
        bool owes; /* the line, behind @out */
};

/* --- finding it --- */

/* Return: 0 with the name in @ret; -ENOENT where there is none, or a negative errno. */
static int read_name(int classes, const char *entry, char ret[static NAME_SIZE]) {
        char path[NAME_SIZE + 8];
        PF_AUTO_CLOSE int fd = -1;
        ssize_t n;

        if (snprintf(path, sizeof(path), "%s/name", entry) >= (int) sizeof(path))
                return -ENOENT;
        fd = openat(classes, path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, ret, NAME_SIZE - 1);
        if (n < 0)
                return -errno; /* one that has none yet, or that has just gone, too */
        ret[n] = '\0';
        ret[strcspn(ret, "\n")] = '\0';
        return 0;
}

/* Where the device of the port is; or PF_VIRTIO_PORT_ABSENT. */
static int find_device(const PfVirtioPort *port, char **ret, PfErr *err) {
        DIR *directory = opendir(port->classes);
        const struct dirent *entry;
        int r = PF_VIRTIO_PORT_ABSENT;

        if (!directory)
                return errno == ENOENT ? PF_VIRTIO_PORT_ABSENT
                                       : pf_err_errno(err, -errno, "%s", port->classes);
        while (r == PF_VIRTIO_PORT_ABSENT && (entry = readdir(directory))) {
                char name[NAME_SIZE];

                if (entry->d_name[0] == '.' ||
                    read_name(dirfd(directory), entry->d_name, name) < 0 ||
                    strcmp(name, port->name) != 0)
                        continue;
                r = asprintf(ret, "%s/%s", port->devices, entry->d_name) < 0 ? -ENOMEM : 0;
        }
        (void) closedir(directory);
        return r;
}

/* --- talking --- */

static void on_closed(uv_handle_t *handle) {
        free(handle);
}

static void close_port(PfVirtioPort *port) {
        if (port->poll)
                uv_close((uv_handle_t *) port->poll, on_closed);
        port->poll = NULL;
        port->edges = pf_close(port->edges);
        port->fd = pf_close(port->fd);
        port->is_connected = port->owes = false;
        pf_buf_consume(&port->out, port->out.n);
}

/* Lines, until no more is taken; then the next edge goes on. Return: 0, or the port is gone. */
static int send_lines(PfVirtioPort *port) {
        while (port->is_connected && (port->out.n > 0 || port->owes)) {
                ssize_t n;

                if (port->out.n == 0) {
                        if (pf_buf_add(&port->out, port->line.data, port->line.n) < 0)
                                return 0; /* memory is short; the next edge tries again */
                        port->owes = false;
                }
                n = write(port->fd, port->out.data, port->out.n);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                pf_buf_consume(&port->out, (size_t) n);
        }
        return 0;
}

/* What the host sends. Return: 0; or the port is gone. */
static int take_questions(PfVirtioPort *port) {
        char bytes[READ_SIZE];
        ssize_t n;

        for (;;) {
                n = read(port->fd, bytes, sizeof(bytes));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 && errno != EAGAIN ? -errno : 0;
                if (memchr(bytes, '\n', (size_t) n))
                        port->owes = port->line.n > 0;
        }
}

static int take_edge(PfVirtioPort *port, uint32_t events) {
        const bool was_connected = port->is_connected;
        int r;

        if (events & EPOLLERR)
                return -ENODEV;
        port->is_connected = !(events & EPOLLHUP);
        if (!port->is_connected)
                pf_buf_consume(&port->out, port->out.n);
        if (port->is_connected && !was_connected)
                port->owes = port->line.n > 0;
        r = take_questions(port);
        return r == 0 ? send_lines(port) : r;
}

static void on_edge(uv_poll_t *handle, int status, int events) {
        PfVirtioPort *port = handle->data;
        struct epoll_event edge = { 0 };

        (void) status;
        (void) events;
        if (epoll_wait(port->edges, &edge, 1, 0) <= 0 || take_edge(port, edge.events) == 0)
                return;
        close_port(port);
        port->config.gone(port->config.data);
}

static int watch(PfVirtioPort *port) {
        struct epoll_event edge = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
        uv_poll_t *poll;
        int r;

        port->edges = epoll_create1(EPOLL_CLOEXEC);
        if (port->edges < 0 || epoll_ctl(port->edges, EPOLL_CTL_ADD, port->fd, &edge) < 0)
                return -errno;
        poll = calloc(1, sizeof(*poll));
        if (!poll)
                return -ENOMEM;
        r = uv_poll_init(port->config.loop, poll, port->edges);
        if (r < 0) {
                free(poll);
                return -EIO;
        }
        poll->data = port;
        port->poll = poll;
        return uv_poll_start(poll, UV_READABLE, on_edge) < 0 ? -EIO : 0;
}

int pf_virtio_port_open(PfVirtioPort *port, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        int r;

        if (port->poll)
                return 0;
        r = find_device(port, &path, err);
        if (r != 0)
                return r;
        port->fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        r = port->fd < 0 ? -errno : watch(port);
        if (r < 0)
                close_port(port);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

int pf_virtio_port_tell(PfVirtioPort *port, const char *line) {
        int r;

        pf_buf_consume(&port->line, port->line.n);
        r = pf_buf_printf(&port->line, "%s\n", line);
        if (r < 0)
                return r;
        port->owes = port->is_connected;
        (void) send_lines(port); /* that the port is gone, an edge tells */
        return 0;
}

bool pf_virtio_port_is_connected(const PfVirtioPort *port) {
        return port->is_connected;
}

int pf_virtio_port_new(const PfVirtioPortConfig *config, PfVirtioPort **ret) {
        PF_CLEANUP(pf_virtio_port_freep) PfVirtioPort *port = calloc(1, sizeof(*port));

        if (!port)
                return -ENOMEM;
        *port = (PfVirtioPort){
                .config = *config,
                .name = strdup(config->name),
                .classes = strdup(config->classes),
                .devices = strdup(config->devices),
                .fd = -1,
                .edges = -1,
                .line = PF_BUF_INIT(LINE_SIZE_MAX),
                .out = PF_BUF_INIT(LINE_SIZE_MAX),
        };
        if (!port->name || !port->classes || !port->devices)
                return -ENOMEM;
        *ret = PF_STEAL(port);
        return 0;
}

PfVirtioPort *pf_virtio_port_free(PfVirtioPort *port) {
        if (!port)
                return NULL;
        close_port(port);
        pf_buf_deinit(&port->line);
        pf_buf_deinit(&port->out);
        free(port->name);
        free(port->classes);
        free(port->devices);
        free(port);
        return NULL;
}
