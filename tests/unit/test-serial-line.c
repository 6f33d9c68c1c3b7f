/* SPDX-License-Identifier: MIT */
/* A pseudo terminal takes the place of a serial line: its other end is who reads it. */
#include "daemon/publish/serial-line.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>

#include "tests/support/faultfs.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LONG_MS 60000
#define SHORT_MS 50

typedef struct Line {
        int reader;
        int holder; /* somebody who has the line open, as a getty has */
        char path[64];
} Line;

static void line_deinit(Line *line) {
        (void) pf_close(line->holder);
        (void) pf_close(line->reader);
}

static Line line_open(void) {
        Line line = { .reader = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) };

        ck_assert_int_ge(line.reader, 0);
        ck_assert_int_eq(grantpt(line.reader), 0);
        ck_assert_int_eq(unlockpt(line.reader), 0);
        ck_assert_int_eq(ptsname_r(line.reader, line.path, sizeof(line.path)), 0);
        line.holder = open(line.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        ck_assert_int_ge(line.holder, 0);
        return line;
}

static void set_output_flags(const Line *line, tcflag_t flags) {
        struct termios settings;

        ck_assert_int_eq(tcgetattr(line->holder, &settings), 0);
        settings.c_oflag = flags;
        ck_assert_int_eq(tcsetattr(line->holder, TCSANOW, &settings), 0);
}

/* Until it takes no more, and does not begin to again: what is queued moves on by itself. */
static void fill(const Line *line) {
        struct pollfd room = { .fd = line->holder, .events = POLLOUT };

        do
                while (write(line->holder, "x", 1) == 1)
                        continue;
        while (poll(&room, 1, SHORT_MS) > 0);
}

static size_t read_some(const Line *line, char *text, size_t size) {
        ssize_t n = read(line->reader, text, size - 1);

        text[n > 0 ? n : 0] = '\0';
        return n > 0 ? (size_t) n : 0;
}

START_TEST(one_line_by_itself) {
        PF_CLEANUP(line_deinit) Line line = line_open();
        struct termios before, after;
        char text[256];
        PfErr err = { 0 };

        set_output_flags(&line, 0);
        ck_assert_int_eq(tcgetattr(line.holder, &before), 0);
        ck_assert_msg(pf_serial_line_write(&pf_fs_ops, line.path, "preflightd: ready", LONG_MS,
                                           &err) == 0,
                      "%s", err.text);
        (void) read_some(&line, text, sizeof(text));
        ck_assert_str_eq(text, "\r\npreflightd: ready\r\n");
        ck_assert_int_eq(tcgetattr(line.holder, &after), 0);
        ck_assert(before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag &&
                  before.c_cflag == after.c_cflag && before.c_lflag == after.c_lflag);
}
END_TEST

/* ^S: what is asked for is an error in time, and no half line that comes later. */
START_TEST(output_is_stopped) {
        PF_CLEANUP(line_deinit) Line line = line_open();
        char text[256];
        PfErr err = { 0 };

        set_output_flags(&line, 0);
        ck_assert_int_eq(tcflow(line.holder, TCOOFF), 0);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, line.path, "x", SHORT_MS, &err),
                         -ETIMEDOUT);
        ck_assert_msg(strstr(err.text, "output is stopped"), "%s", err.text);
        ck_assert_int_eq(tcflow(line.holder, TCOON), 0);
        ck_assert_uint_eq(read_some(&line, text, sizeof(text)), 0);

        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, line.path, "y", LONG_MS, &err), 0);
        (void) read_some(&line, text, sizeof(text));
        ck_assert_str_eq(text, "\r\ny\r\n");
}
END_TEST

/* The one at the other end has typed it himself. */
START_TEST(stopped_from_the_other_end) {
        PF_CLEANUP(line_deinit) Line line = line_open();
        struct termios settings;
        PfErr err = { 0 };

        ck_assert_int_eq(tcgetattr(line.holder, &settings), 0);
        settings.c_iflag |= IXON;
        settings.c_lflag &= (tcflag_t) ~ECHO;
        ck_assert_int_eq(tcsetattr(line.holder, TCSANOW, &settings), 0);
        ck_assert_int_eq(write(line.reader, "\x13", 1), 1);
        fill(&line);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, line.path, "x", SHORT_MS, &err),
                         -ETIMEDOUT);
        ck_assert_int_eq(write(line.reader, "\x11", 1), 1);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, line.path, "x", LONG_MS, NULL), 0);
}
END_TEST

/* Nobody reads, and the queue is full. */
START_TEST(nobody_takes_it) {
        PF_CLEANUP(line_deinit) Line line = line_open();
        PfErr err = { 0 };

        set_output_flags(&line, 0);
        fill(&line);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, line.path, "x", SHORT_MS, &err),
                         -ETIMEDOUT);
}
END_TEST

START_TEST(what_is_no_serial_line) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *file = NULL, *fifo = NULL, *link = NULL;
        PF_CLEANUP(line_deinit) Line line = line_open();
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/file", "old");
        pf_sandbox_mkfifo(&box, "/fifo");
        pf_sandbox_symlink(&box, line.path, "/link");
        file = pf_sandbox_path(&box, "/file");
        fifo = pf_sandbox_path(&box, "/fifo");
        link = pf_sandbox_path(&box, "/link");
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, file, "x", LONG_MS, &err), -ENOTTY);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, fifo, "x", LONG_MS, NULL), -ENXIO);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, link, "x", LONG_MS, NULL), -ELOOP);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, "/dev/null", "x", LONG_MS, NULL),
                         -ENOTTY);
        ck_assert_int_eq(pf_serial_line_write(&pf_fs_ops, "/dev/ttyS999", "x", LONG_MS, NULL),
                         -ENOENT);
}
END_TEST

/* As of a line without hardware. */
START_TEST(writing_fails) {
        PF_CLEANUP(line_deinit) Line line = line_open();
        unsigned n = 0;

        pf_fault_fs_set_short_writes(3);
        for (bool failed = true; failed; n++) {
                PfErr err = { 0 };
                char text[256];
                int r;

                pf_fault_fs_begin(n + 1, EIO, true);
                r = pf_serial_line_write(&pf_fault_fs_ops, line.path, "abc", LONG_MS, &err);
                failed = pf_fault_fs_end();
                ck_assert_int_eq(r, failed ? -EIO : 0);
                ck_assert(!failed || strstr(err.text, line.path));
                (void) read_some(&line, text, sizeof(text));
        }
        pf_fault_fs_set_short_writes(0);
        ck_assert_uint_gt(n, 2);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("serial-line");

        PF_TEST(suite, one_line_by_itself);
        PF_TEST(suite, output_is_stopped);
        PF_TEST(suite, stopped_from_the_other_end);
        PF_TEST(suite, nobody_takes_it);
        PF_TEST(suite, what_is_no_serial_line);
        PF_TEST(suite, writing_fails);
        return pf_test_main(suite);
}
