/* SPDX-License-Identifier: MIT */
/* All places together: what fails does not keep the others from it, is told once, and is tried
 * again. */
#include "daemon/publish/outlets.h"

#include <string.h>

#include "daemon/publish/brief.h"
#include "daemon/publish/kvp-pool.h"
#include "tests/support/faultfs.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define ENOUGH_MS 60000
#define FILE_PATH "/metrics/preflightd.prom"

typedef struct Machine {
        PfSandbox box;
        uv_loop_t loop;
        PfSettings *settings;
        PfOutlets *outlets;
        char told[4096]; /* "TextFile=-2 KvpPool=0 " */
} Machine;

static void on_told(const char *outlet, int result, const char *text, void *data) {
        Machine *machine = data;
        size_t n = strlen(machine->told);

        ck_assert(result >= 0 || text[0]);
        (void) snprintf(machine->told + n, sizeof(machine->told) - n, "%s=%d ", outlet, result);
}

static void machine_open(Machine *machine, const char *settings, bool has_loop) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };

        pf_sandbox_new(&machine->box);
        ck_assert_int_eq(uv_loop_init(&machine->loop), 0);
        machine->settings = pf_settings_new();
        ck_assert_int_eq(
                pf_settings_parse(machine->settings, "f", settings, strlen(settings), &errors), 0);
        ck_assert_uint_eq(errors.texts.n, 0);
        ck_assert_int_eq(
                pf_outlets_new(&(PfOutletsConfig){ .loop = has_loop ? &machine->loop : NULL,
                                                   .settings = machine->settings,
                                                   .target = machine->box.target,
                                                   .ops = &pf_fault_fs_ops,
                                                   .told = on_told,
                                                   .data = machine },
                               &machine->outlets),
                0);
        pf_fault_fs_begin(0, EIO, false);
}

static void machine_deinit(Machine *machine) {
        (void) pf_fault_fs_end();
        (void) pf_outlets_free(machine->outlets);
        (void) uv_run(&machine->loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&machine->loop), 0);
        (void) pf_settings_free(machine->settings);
        pf_sandbox_close(&machine->box);
}

static void publish(Machine *machine, const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *report = NULL;

        ck_assert_int_eq(pf_json_parse(text, strlen(text), 8, &report, NULL), 0);
        machine->told[0] = '\0';
        pf_outlets_publish(machine->outlets, report);
}

static void on_late(uv_timer_t *timer) {
        (void) timer;
        ck_abort_msg("it takes too long");
}

/* Until something more is told. */
static void wait_told(Machine *machine) {
        uv_timer_t late;

        ck_assert_int_eq(uv_timer_init(&machine->loop, &late), 0);
        ck_assert_int_eq(uv_timer_start(&late, on_late, ENOUGH_MS, 0), 0);
        machine->told[0] = '\0';
        while (!machine->told[0])
                (void) uv_run(&machine->loop, UV_RUN_ONCE);
        uv_close((uv_handle_t *) &late, NULL);
        (void) uv_run(&machine->loop, UV_RUN_NOWAIT);
}

/* The file, or "" where there is none. */
static const char *read_file(const Machine *machine, const char *path) {
        PF_AUTO_FREE char *here = pf_sandbox_path(&machine->box, path);
        PF_AUTO_FCLOSE FILE *file = fopen(here, "rb");
        static char text[65536];

        text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
        return text;
}

static void expect_verdict(const Machine *machine, const char *verdict) {
        char line[128];

        (void) snprintf(line, sizeof(line), "\npreflight_verdict{preflight_verdict=\"%s\"} 1\n",
                        verdict);
        ck_assert_ptr_nonnull(strstr(read_file(machine, FILE_PATH), line));
}

START_TEST(nothing_by_default) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine, "", true);
        ck_assert_uint_eq(pf_outlets_count(machine.outlets), 0);
        publish(&machine, "{\"verdict\":\"ready\"}");
        ck_assert_str_eq(machine.told, "");
        ck_assert_int_eq(uv_run(&machine.loop, UV_RUN_DEFAULT), 0); /* and nothing is waited for */
        ck_assert_uint_eq(pf_fault_fs_calls(), 0);
}
END_TEST

START_TEST(each_change_and_what_is_told_of_it) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine, "[Publish]\nTextFile=" FILE_PATH "\nKvpPool=yes\nGuestInfo=yes\n",
                     true);
        ck_assert_uint_eq(pf_outlets_count(machine.outlets), 3);
        pf_sandbox_mkdir(&machine.box, "/metrics");
        pf_sandbox_write(&machine.box, PF_KVP_POOL_PATH, "");
        publish(&machine, "{\"verdict\":\"ready\"}");
        ck_assert_str_eq(machine.told, "TextFile=0 KvpPool=0 GuestInfo=1 ");
        expect_verdict(&machine, "ready");
        publish(&machine, "{\"verdict\":\"blocked\"}");
        ck_assert_str_eq(machine.told, "");
        expect_verdict(&machine, "blocked");
        ck_assert_str_eq(read_file(&machine, PF_KVP_POOL_PATH), PF_KVP_KEY);
        ck_assert_ptr_nonnull(
                strstr(read_file(&machine, PF_KVP_POOL_PATH) + PF_KVP_KEY_SIZE, "blocked"));
}
END_TEST

START_TEST(one_that_fails_is_told_once_and_tried_again) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine, "[Publish]\nTextFile=" FILE_PATH "\nKvpPool=yes\n", true);
        pf_sandbox_write(&machine.box, PF_KVP_POOL_PATH, "half");
        publish(&machine, "{\"verdict\":\"ready\"}");
        ck_assert_str_eq(machine.told, "TextFile=-2 KvpPool=-74 ");
        publish(&machine, "{\"verdict\":\"blocked\"}");
        ck_assert_str_eq(machine.told, "");
        ck_assert_str_eq(read_file(&machine, PF_KVP_POOL_PATH), "half");

        pf_sandbox_mkdir(&machine.box, "/metrics");
        wait_told(&machine);
        ck_assert_str_eq(machine.told, "TextFile=0 ");
        expect_verdict(&machine, "blocked"); /* the newest */
        pf_sandbox_write(&machine.box, PF_KVP_POOL_PATH, "");
        wait_told(&machine);
        ck_assert_str_eq(machine.told, "KvpPool=0 ");
}
END_TEST

START_TEST(a_full_disk) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_open(&machine, "[Publish]\nTextFile=" FILE_PATH "\n", true);
        pf_sandbox_mkdir(&machine.box, "/metrics");
        publish(&machine, "{\"verdict\":\"ready\"}");
        expect_verdict(&machine, "ready");
        pf_fault_fs_begin(1, ENOSPC, true);
        publish(&machine, "{\"verdict\":\"blocked\"}");
        ck_assert_str_eq(machine.told, "TextFile=-28 ");
        /* No file is honest; "ready" would not be. */
        ck_assert_str_eq(read_file(&machine, FILE_PATH), "");
        (void) pf_fault_fs_end();
        wait_told(&machine);
        ck_assert_str_eq(machine.told, "TextFile=0 ");
        expect_verdict(&machine, "blocked");
}
END_TEST

/* Whichever call fails, and nobody tries again: what stands there is what was told last, or
 * there is nothing. */
START_TEST(withdrawn_from_a_full_disk) {
        PF_CLEANUP(pf_json_freep) PfJson *none = pf_brief_no_report("not-watched");
        bool has_failed = true;

        for (unsigned nth = 1; has_failed; nth++) {
                PF_CLEANUP(machine_deinit) Machine machine = { 0 };

                machine_open(&machine, "[Publish]\nTextFile=" FILE_PATH "\n", false);
                pf_sandbox_mkdir(&machine.box, "/metrics");
                publish(&machine, "{\"verdict\":\"ready\"}");
                expect_verdict(&machine, "ready");
                pf_fault_fs_begin(nth, ENOSPC, true);
                pf_outlets_publish(machine.outlets, none);
                has_failed = pf_fault_fs_end();
                if (has_failed)
                        ck_assert_str_eq(read_file(&machine, FILE_PATH), "");
                else
                        expect_verdict(&machine, "unknown");
        }
}
END_TEST

/* As when the service has ended: once, and whoever asked has nobody to wait for. */
START_TEST(withdrawn) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *none = pf_brief_no_report("not-watched");

        machine_open(&machine,
                     "[Publish]\nTextFile=" FILE_PATH "\nVirtioPort=x\nConsole=/dev/ttyS0\n",
                     false);
        pf_sandbox_mkdir(&machine.box, "/metrics");
        pf_outlets_publish(machine.outlets, none);
        ck_assert_str_eq(machine.told, "VirtioPort=0 TextFile=0 Console=0 ");
        expect_verdict(&machine, "unknown");
        ck_assert_int_eq(uv_run(&machine.loop, UV_RUN_DEFAULT), 0);
}
END_TEST

/* As when the package goes. What another left there stays, and is no reason to leave ours. */
START_TEST(removed) {
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *none = pf_brief_no_report("not-watched");

        machine_open(&machine,
                     "[Publish]\nTextFile=" FILE_PATH
                     "\nKvpPool=yes\nVirtioPort=x\nConsole=/dev/ttyS0\nGuestInfo=yes\n",
                     false);
        pf_sandbox_mkdir(&machine.box, "/metrics");
        pf_sandbox_write(&machine.box, PF_KVP_POOL_PATH, "");
        pf_outlets_publish(machine.outlets, none);
        expect_verdict(&machine, "unknown");
        ck_assert_str_eq(read_file(&machine, PF_KVP_POOL_PATH), PF_KVP_KEY);
        machine.told[0] = '\0';
        ck_assert_int_eq(pf_outlets_remove(machine.outlets), 0);
        ck_assert_str_eq(machine.told, "TextFile=0 KvpPool=0 ");
        ck_assert_str_eq(read_file(&machine, PF_KVP_POOL_PATH), "");
        machine.told[0] = '\0';
        ck_assert_int_eq(pf_outlets_remove(machine.outlets), 0);
        ck_assert_str_eq(machine.told, "TextFile=1 KvpPool=1 ");

        pf_outlets_publish(machine.outlets, none);
        pf_sandbox_write(&machine.box, FILE_PATH, "# TYPE other gauge\n");
        machine.told[0] = '\0';
        ck_assert_int_eq(pf_outlets_remove(machine.outlets), -EBADMSG);
        ck_assert_str_eq(machine.told, "TextFile=-74 KvpPool=0 ");
        ck_assert_str_eq(read_file(&machine, FILE_PATH), "# TYPE other gauge\n");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("outlets");

        PF_TEST(suite, nothing_by_default);
        PF_TEST(suite, each_change_and_what_is_told_of_it);
        PF_TEST(suite, one_that_fails_is_told_once_and_tried_again);
        PF_TEST(suite, a_full_disk);
        PF_TEST(suite, withdrawn_from_a_full_disk);
        PF_TEST(suite, withdrawn);
        PF_TEST(suite, removed);
        return pf_test_main(suite);
}
