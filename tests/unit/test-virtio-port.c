/* SPDX-License-Identifier: MIT */
/*
 * A pseudo terminal takes the place of a port: its other end is the host, which is connected
 * for as long as it is open. How a port is without a host, only a machine shows:
 * tests/vm/test-publish.py.
 */
#include "daemon/publish/virtio-port.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define NAME "org.preflightd.0"
#define ENOUGH_MS 60000

typedef struct Machine {
        PfSandbox box;
        uv_loop_t loop;
        PfVirtioPort *port;
        int host;
        unsigned n_gone;
} Machine;

static void on_gone(void *data) {
        Machine *machine = data;

        machine->n_gone++;
}

/* Plugs a port in, of which the host has the other end. */
static void plug(Machine *machine) {
        PF_AUTO_CLOSE int line = -1;
        struct termios settings;
        char path[64];

        machine->host = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        ck_assert_int_ge(machine->host, 0);
        ck_assert_int_eq(grantpt(machine->host), 0);
        ck_assert_int_eq(unlockpt(machine->host), 0);
        ck_assert_int_eq(ptsname_r(machine->host, path, sizeof(path)), 0);
        line = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        ck_assert_int_ge(line, 0);
        ck_assert_int_eq(tcgetattr(line, &settings), 0);
        cfmakeraw(&settings);
        ck_assert_int_eq(tcsetattr(line, TCSANOW, &settings), 0);

        pf_sandbox_write(&machine->box, "/class/vport0p1/name", "com.redhat.spice.0\n");
        pf_sandbox_write(&machine->box, "/class/vport0p2/name", NAME "\n");
        pf_sandbox_symlink(&machine->box, path, "/dev/vport0p2");
}

static void unplug(Machine *machine) {
        machine->host = pf_close(machine->host);
        pf_sandbox_remove(&machine->box, "/class/vport0p2");
        pf_sandbox_remove(&machine->box, "/dev/vport0p2");
}

static void machine_open(Machine *machine) {
        PF_AUTO_FREE char *classes = NULL, *devices = NULL;

        machine->host = -1;
        pf_sandbox_new(&machine->box);
        ck_assert_int_eq(uv_loop_init(&machine->loop), 0);
        classes = pf_sandbox_path(&machine->box, "/class");
        devices = pf_sandbox_path(&machine->box, "/dev");
        ck_assert_int_eq(pf_virtio_port_new(&(PfVirtioPortConfig){ .loop = &machine->loop,
                                                                   .name = NAME,
                                                                   .classes = classes,
                                                                   .devices = devices,
                                                                   .gone = on_gone,
                                                                   .data = machine },
                                            &machine->port),
                         0);
}

static void machine_deinit(Machine *machine) {
        (void) pf_virtio_port_free(machine->port);
        (void) uv_run(&machine->loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&machine->loop), 0);
        (void) pf_close(machine->host);
        pf_sandbox_close(&machine->box);
}

static void on_late(uv_timer_t *timer) {
        (void) timer;
        ck_abort_msg("it takes too long");
}

/* Lets the loop turn until the host has read that, or the port is gone that often. */
static void expect(Machine *machine, const char *text, unsigned n_gone) {
        char got[4096] = { 0 };
        size_t n = 0;
        uv_timer_t late;

        ck_assert_int_eq(uv_timer_init(&machine->loop, &late), 0);
        ck_assert_int_eq(uv_timer_start(&late, on_late, ENOUGH_MS, 0), 0);
        while (n < strlen(text) || machine->n_gone < n_gone) {
                ssize_t more =
                        machine->host >= 0 ? read(machine->host, got + n, sizeof(got) - 1 - n) : 0;

                n += more > 0 ? (size_t) more : 0;
                if (n < strlen(text) || machine->n_gone < n_gone)
                        (void) uv_run(&machine->loop, UV_RUN_NOWAIT);
        }
        uv_close((uv_handle_t *) &late, NULL);
        (void) uv_run(&machine->loop, UV_RUN_NOWAIT);
        ck_assert_str_eq(got, text);
}

static void open_port(Machine *machine) {
        PfErr err = { 0 };

        ck_assert_msg(pf_virtio_port_open(machine->port, &err) == 0, "%s", err.text);
}

START_TEST(no_port_of_that_name) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine);
        ck_assert_int_eq(pf_virtio_port_open(machine.port, NULL), PF_VIRTIO_PORT_ABSENT);
        pf_sandbox_write(&machine.box, "/class/vport0p1/name", NAME "x\n");
        pf_sandbox_mkdir(&machine.box, "/class/vport0p3"); /* one that has no name yet */
        ck_assert_int_eq(pf_virtio_port_open(machine.port, NULL), PF_VIRTIO_PORT_ABSENT);
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "x"), 0);
        ck_assert(!pf_virtio_port_is_connected(machine.port));
}
END_TEST

START_TEST(told_at_once_at_each_change_and_when_asked) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine);
        plug(&machine);
        open_port(&machine);
        expect(&machine, "", 0); /* connected, and there is nothing to tell yet */
        ck_assert(pf_virtio_port_is_connected(machine.port));
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "one"), 0);
        expect(&machine, "one\n", 0);
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "two"), 0);
        expect(&machine, "two\n", 0);
        ck_assert_int_eq(write(machine.host, "?", 1), 1);
        expect(&machine, "", 0);
        ck_assert_int_eq(write(machine.host, "\n", 1), 1);
        expect(&machine, "two\n", 0);
        open_port(&machine); /* it is */
        expect(&machine, "", 0);
}
END_TEST

START_TEST(told_before_it_is_plugged_in) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine);
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "one"), 0);
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "two"), 0);
        plug(&machine);
        open_port(&machine);
        expect(&machine, "two\n", 0);
}
END_TEST

/* The line that was begun is ended, and then comes the newest; those between are forgotten. */
START_TEST(a_host_that_does_not_read) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };
        char line[4001], got[65536];
        size_t n = 0;

        machine_open(&machine);
        plug(&machine);
        open_port(&machine);
        for (int i = 0; i < 100; i++) {
                memset(line, 'a' + i % 26, sizeof(line) - 1);
                line[sizeof(line) - 1] = '\0';
                ck_assert_int_eq(pf_virtio_port_tell(machine.port, line), 0);
                (void) uv_run(&machine.loop, UV_RUN_NOWAIT);
        }
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "last"), 0);
        while (n < 6 || memcmp(got + n - 6, "\nlast\n", 6) != 0) {
                ssize_t more = read(machine.host, got + n, sizeof(got) - n);

                n += more > 0 ? (size_t) more : 0;
                ck_assert_uint_lt(n, sizeof(got));
                (void) uv_run(&machine.loop, UV_RUN_NOWAIT);
        }
        /* all of them are whole */
        for (size_t at = 0; at + 5 < n; at += sizeof(line)) {
                ck_assert_uint_ge(n - 5 - at, sizeof(line));
                for (size_t i = 1; i < sizeof(line) - 1; i++)
                        ck_assert_int_eq(got[at + i], got[at]);
                ck_assert_int_eq(got[at + sizeof(line) - 1], '\n');
        }
        expect(&machine, "", 0);
}
END_TEST

START_TEST(unplugged_and_plugged_in_again) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine);
        ck_assert_int_eq(pf_virtio_port_tell(machine.port, "one"), 0);
        plug(&machine);
        open_port(&machine);
        expect(&machine, "one\n", 0);
        unplug(&machine);
        expect(&machine, "", 1);
        ck_assert_int_eq(pf_virtio_port_open(machine.port, NULL), PF_VIRTIO_PORT_ABSENT);
        plug(&machine);
        open_port(&machine);
        expect(&machine, "one\n", 1);
}
END_TEST

START_TEST(one_that_cannot_be_opened) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };
        PfErr err = { 0 };

        machine_open(&machine);
        pf_sandbox_write(&machine.box, "/class/vport0p2/name", NAME "\n");
        ck_assert_int_eq(pf_virtio_port_open(machine.port, &err), -ENOENT);
        ck_assert_msg(strstr(err.text, "/dev/vport0p2"), "%s", err.text);
        pf_sandbox_write(&machine.box, "/dev/vport0p2", ""); /* no device: cannot be waited for */
        ck_assert_int_eq(pf_virtio_port_open(machine.port, NULL), -EPERM);
        ck_assert_int_eq(pf_virtio_port_open(machine.port, NULL), -EPERM);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("virtio-port");

        PF_TEST(suite, no_port_of_that_name);
        PF_TEST(suite, told_at_once_at_each_change_and_when_asked);
        PF_TEST(suite, told_before_it_is_plugged_in);
        PF_TEST(suite, a_host_that_does_not_read);
        PF_TEST(suite, unplugged_and_plugged_in_again);
        PF_TEST(suite, one_that_cannot_be_opened);
        return pf_test_main(suite);
}
