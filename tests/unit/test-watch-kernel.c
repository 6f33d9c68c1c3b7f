/* SPDX-License-Identifier: MIT */
/* What is told besides files: units, by a service manager of the test's own; the network and
 * devices, in a network of the test's own. */
#include "daemon/watch/watch.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/support/child.h"
#include "tests/support/fake-systemd.h"
#include "tests/support/test-main.h"

#define UEVENT "change@/devices/virtual/block/loop0\0ACTION=change\0SUBSYSTEM=block"
#define UEVENT_OF_SOUND "change@/devices/sound\0ACTION=change\0SUBSYSTEM=sound"

static uv_loop_t loop;
static PfTarget *target;
static PfWatch *watch;
static unsigned told;

static void on_changed(unsigned reasons, void *data) {
        (void) data;
        told |= reasons;
}

/* Return: 0 or a negative errno. */
static int start(void) {
        PfErr err = { 0 };
        int r = uv_loop_init(&loop);

        told = 0;
        if (r == 0)
                r = pf_target_new("/", PF_TARGET_DEFAULT, &target, &err);
        if (r == 0)
                r = pf_watch_new(
                        &(PfWatchConfig){ .loop = &loop, .root = "/", .changed = on_changed },
                        &watch, &err);
        if (r == 0) {
                pf_watch_observe(watch, target);
                (void) pf_watch_begin(watch);
        }
        return r;
}

static void stop(void) {
        watch = pf_watch_free(watch);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        (void) uv_loop_close(&loop);
        target = pf_target_unref(target);
}

/* A probe asks; what it would be answered does not matter here. */
static void ask(const char *book, const char *question) {
        const PfJson *answer = NULL;

        (void) !pf_target_recall(target, book, question, &answer, NULL);
}

static void wait_for(unsigned reason) {
        while (!(told & reason))
                (void) uv_run(&loop, UV_RUN_ONCE);
        told = 0;
}

static void end_fake(PfFakeSystemd *bus) {
        pf_fake_systemd_close(bus);
}

/* --- units --- */

START_TEST(units_that_were_asked_for) {
        PF_CLEANUP(end_fake) PfFakeSystemd bus = { 0 };

        if (!pf_fake_systemd_open(&bus))
                return;
        ck_assert_int_eq(start(), 0);
        ask("units", "ssh.service");
        ck_assert(pf_watch_is_sampled(watch)); /* nobody tells of it yet */
        pf_watch_settle(watch, 0);
        /* From now on it is told of: what was read before may be too old. */
        wait_for(PF_WATCH_UNITS);
        while (pf_watch_is_sampled(watch))
                (void) uv_run(&loop, UV_RUN_ONCE);
        for (int i = 0; i < 20; i++)
                (void) uv_run(&loop, UV_RUN_NOWAIT);
        told = 0;

        pf_fake_systemd_signal("ssh.service");
        wait_for(PF_WATCH_UNITS);
        pf_fake_systemd_signal(NULL);
        wait_for(PF_WATCH_UNITS);

        /* Another one is told of from the next settling on. */
        ask("units", "chrony.service");
        pf_watch_settle(watch, 0);
        wait_for(PF_WATCH_UNITS);
        pf_fake_systemd_signal("chrony.service");
        wait_for(PF_WATCH_UNITS);

        /* A bus that goes is a change, and then there is none to be told by. */
        pf_fake_systemd_end(bus.daemon);
        bus.daemon = 0;
        wait_for(PF_WATCH_UNITS);
        ck_assert(pf_watch_is_sampled(watch));
        pf_watch_settle(watch, 0);
        stop();
}
END_TEST

static void on_late(uv_timer_t *timer) {
        *(bool *) timer->data = true;
}

/* What is there to be done is done, and then the loop sleeps. Return: turns it took. */
static unsigned settle_down(unsigned for_ms) {
        bool is_late = false;
        uv_timer_t late;
        unsigned n = 0;

        ck_assert_int_eq(uv_timer_init(&loop, &late), 0);
        late.data = &is_late;
        ck_assert_int_eq(uv_timer_start(&late, on_late, for_ms, 0), 0);
        while (!is_late) {
                (void) uv_run(&loop, UV_RUN_ONCE);
                n++;
                if (told) /* as the service does: a look, and what it asks for */
                        pf_watch_settle(watch, 0);
                told = 0;
        }
        uv_close((uv_handle_t *) &late, NULL);
        (void) uv_run(&loop, UV_RUN_NOWAIT);
        return n;
}

/* The bus is there before its manager, as while a machine starts; and another manager comes. */
START_TEST(a_manager_that_comes_later) {
        PF_CLEANUP(end_fake) PfFakeSystemd bus = { 0 };

        if (!pf_fake_systemd_open_bus(&bus))
                return;
        ck_assert_int_eq(start(), 0);
        ask("units", "ssh.service");
        pf_watch_settle(watch, 0);
        ck_assert_uint_lt(settle_down(300), 40); /* nobody is asked again and again */
        ck_assert(pf_watch_is_sampled(watch));

        for (unsigned i = 0; i < 2; i++) {
                pf_fake_systemd_start_manager(&bus);
                (void) settle_down(300);
                ck_assert(!pf_watch_is_sampled(watch));
                pf_fake_systemd_signal("ssh.service");
                wait_for(PF_WATCH_UNITS);
                (void) settle_down(100);
                ck_assert_uint_lt(settle_down(300), 4); /* it sleeps */
                pf_fake_systemd_end(bus.manager);
                bus.manager = 0;
                (void) settle_down(300);
                ck_assert(pf_watch_is_sampled(watch));
        }
        stop();
}
END_TEST

START_TEST(no_bus_is_no_error) {
        ck_assert_int_eq(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", 1), 0);
        ck_assert_int_eq(start(), 0);
        ask("units", "ssh.service");
        pf_watch_settle(watch, 0);
        ck_assert(pf_watch_is_sampled(watch));
        stop();
}
END_TEST

/* --- the network, and devices --- */

static int change_flags(short flags) {
        struct ifreq request = { .ifr_name = "lo", .ifr_flags = flags };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;

        (void) pf_close(fd);
        return r;
}

/* As the kernel would, which only who rules over the network may do. */
static int send_uevent(const char *text, size_t n) {
        struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        ssize_t sent = fd < 0 ? -1 : sendto(fd, text, n, 0, (struct sockaddr *) &to, sizeof(to));
        int r = sent < 0 && errno != ECONNREFUSED ? -errno : 0;

        (void) pf_close(fd);
        return r;
}

static unsigned changes(void) {
        unsigned reasons;

        pf_watch_drain(watch);
        reasons = told;
        told = 0;
        return reasons;
}

static void in_a_network_of_its_own(FILE *out, void *data) {
        (void) data;
        if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0 ||
            start() < 0) {
                (void) fprintf(out, "skip");
                return;
        }
        (void) changes();
        (void) change_flags(IFF_UP);
        (void) fprintf(out, "not-asked:%x ", changes() & PF_WATCH_NETWORK);
        ask("interfaces", "all");
        (void) fprintf(out, "r:%d ", change_flags(0));
        (void) fprintf(out, "down:%x ", changes() & PF_WATCH_NETWORK);
        (void) change_flags(IFF_UP);
        (void) fprintf(out, "up:%x ", changes() & PF_WATCH_NETWORK);
        (void) fprintf(out, "r:%d ", send_uevent(UEVENT_OF_SOUND, sizeof(UEVENT_OF_SOUND)));
        (void) fprintf(out, "sound:%x ", changes() & PF_WATCH_DEVICES);
        (void) send_uevent(UEVENT, sizeof(UEVENT));
        (void) fprintf(out, "block:%x ", changes() & PF_WATCH_DEVICES);
        stop();
}

START_TEST(links_and_devices) {
        PF_AUTO_FREE char *text = pf_child_text(in_a_network_of_its_own, NULL);

        if (strcmp(text, "skip") == 0)
                pf_test_skip("there can be no network of its own here");
        else
                ck_assert_str_eq(text, "not-asked:0 r:0 down:8 up:8 r:0 sound:0 block:4 ");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("watch-kernel");

        PF_TEST(suite, units_that_were_asked_for);
        PF_TEST(suite, a_manager_that_comes_later);
        PF_TEST(suite, no_bus_is_no_error);
        PF_TEST(suite, links_and_devices);
        return pf_test_main(suite);
}
