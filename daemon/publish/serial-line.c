/* SPDX-License-Identifier: MIT */
#include "daemon/publish/serial-line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define LINE_SIZE_MAX 1024
#define DRAIN_MS 10 /* between two looks at whether it has gone out */

/* Milliseconds, rounded up; 0 when it is over. */
static int left_ms(uint64_t end_usec) {
        const uint64_t now_usec = pf_clock_monotonic_usec();

        return now_usec >= end_usec ? 0 : (int) ((end_usec - now_usec + 999) / 1000);
}

static int write_until(const PfFsOps *ops, int fd, const char *bytes, size_t n, uint64_t end_usec) {
        while (n > 0) {
                struct pollfd room = { .fd = fd, .events = POLLOUT };
                ssize_t taken = ops->write(fd, bytes, n);

                if (taken < 0 && taken != -EAGAIN)
                        return (int) taken;
                if (taken > 0) {
                        bytes += taken;
                        n -= (size_t) taken;
                        continue;
                }
                if (left_ms(end_usec) == 0)
                        return -ETIMEDOUT;
                (void) poll(&room, 1, left_ms(end_usec));
                if (room.revents & (POLLERR | POLLHUP))
                        return -EIO;
        }
        return 0;
}

/* Until the line has gone out: closing would wait for it, half a minute long. */
static int drain_until(int fd, uint64_t end_usec) {
        int left = 0;

        while (ioctl(fd, TIOCOUTQ, &left) == 0 && left > 0) {
                if (left_ms(end_usec) == 0)
                        return -ETIMEDOUT;
                (void) poll(NULL, 0, DRAIN_MS);
        }
        return 0;
}

static int write_line(const PfFsOps *ops, int fd, const char *line, unsigned deadline_ms) {
        const uint64_t end_usec = pf_clock_monotonic_usec() + (uint64_t) deadline_ms * 1000;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(LINE_SIZE_MAX);
        int r;

        r = pf_buf_printf(&text, "\r\n%s\r\n", line);
        if (r == 0)
                r = write_until(ops, fd, text.data, text.n, end_usec);
        if (r == 0)
                r = drain_until(fd, end_usec);
        if (r == -ETIMEDOUT)
                (void) tcflush(fd, TCOFLUSH);
        return r;
}

int pf_serial_line_write(const PfFsOps *ops, const char *path, const char *line,
                         unsigned deadline_ms, PfErr *err) {
        PF_AUTO_CLOSE int fd =
                open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "%s", path);
        if (!S_ISCHR(st.st_mode) || !isatty(fd))
                return pf_err_set(err, -ENOTTY, "%s: is no serial line", path);
        r = write_line(ops, fd, line, deadline_ms);
        if (r == -ETIMEDOUT)
                return pf_err_set(err, r, "%s: output is stopped, or nobody takes it", path);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
