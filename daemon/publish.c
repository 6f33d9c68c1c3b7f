/* SPDX-License-Identifier: MIT */
/*
 * preflight-publish: hands the verdict to whoever has no login to this machine: its
 * hypervisor's host, the console, node_exporter. Start-up, and the service that is listened
 * to; where it goes is daemon/publish/.
 *
 * It waits for changes and for connections of the host, and wakes up for nothing else. When
 * the service is lost it ends, and its unit starts it again; what was published is replaced by
 * "unknown" whenever nobody watches, and removed with the package.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/base/log.h"
#include "daemon/main-parts.h"
#include "daemon/publish/brief.h"
#include "daemon/publish/outlets.h"
#include "daemon/varlink/client.h"

#define MONITOR "org.preflightd.Preflight.Monitor"

static const char *arg_socket; /* NULL: the settings' */
static const char *arg_root = "/";
static enum { PUBLISH, WITHDRAW, UNPUBLISH } arg_task;

typedef struct Publisher {
        uv_loop_t loop;
        PfSignals signals;
        PfTarget *target;
        PfSettings *settings;
        PfOutlets *outlets;
        PfVarlinkClient *client;
        bool has_failed; /* and why has been logged */
        int wrong;       /* with the settings, which has been logged too; 0: nothing */
} Publisher;

/* --- what becomes of it --- */

static void tell(const char *outlet, int result, const char *text, const char *done,
                 const char *absent) {
        if (result < 0)
                pf_log(PF_LOG_WARNING, "%s=: %s", outlet, text);
        else
                pf_log(PF_LOG_INFO, "%s=: %s", outlet, result == 0 ? done : absent);
}

static void on_told(const char *outlet, int result, const char *text, void *data) {
        (void) data;
        tell(outlet, result, text, "published", "is not to be had on this machine");
}

static void on_removed(const char *outlet, int result, const char *text, void *data) {
        (void) data;
        tell(outlet, result, text, "removed", "nothing is published");
}

static int publish_none(PfOutlets *outlets, const char *reason) {
        PF_CLEANUP(pf_json_freep) PfJson *report = pf_brief_no_report(reason);

        if (!report)
                return -ENOMEM;
        pf_outlets_publish(outlets, report);
        return 0;
}

/* --- the service --- */

static void lose(Publisher *publisher, const char *text) {
        pf_log(PF_LOG_ERROR, "preflightd is lost: %s", text);
        publisher->has_failed = true;
        uv_stop(&publisher->loop);
}

static int listen_to(Publisher *publisher, PfErr *err);

/* The first answer is the whole report, each one after it a check that has changed; then the
 * whole is asked for anew. */
static void on_answer(PfVarlinkClient *client, const PfVarlinkReply *reply, void *data) {
        Publisher *publisher = data;
        const PfJson *report = pf_json_get(reply->parameters, "report");
        PfErr err = { 0 };
        int r;

        (void) client;
        if (reply->result < 0 || reply->error || !reply->continues)
                return lose(publisher, reply->text ? reply->text : "it ended its answer");
        if (pf_json_type(report) == PF_JSON_OBJECT) {
                pf_outlets_publish(publisher->outlets, report);
                (void) sd_notifyf(0, "STATUS=%s", pf_brief_verdict(report));
                return;
        }
        if (!pf_json_get(reply->parameters, "changed"))
                return lose(publisher, "it sent something that is no report");
        r = listen_to(publisher, &err);
        if (r < 0)
                lose(publisher, pf_err_text(&err, r));
}

static int listen_to(Publisher *publisher, PfErr *err) {
        const char *path = arg_socket ? arg_socket : publisher->settings->socket;
        int r;

        publisher->client = pf_varlink_client_free(publisher->client);
        r = pf_varlink_client_new_path(&publisher->loop, path, &publisher->client, err);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        return pf_varlink_client_call(publisher->client, MONITOR, NULL, PF_VARLINK_CALL_MORE, 0,
                                      on_answer, publisher, err);
}

/* --- start and end --- */

static void on_signal(uv_signal_t *handle, int number) {
        Publisher *publisher = handle->data;

        (void) number;
        uv_stop(&publisher->loop);
}

/* Where it is to be removed, what is wrong elsewhere in the settings is told, and no reason to
 * leave it. */
static int load_settings(Publisher *publisher, PfErr *err) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PfErr wrong = { 0 };
        int r;

        if (arg_task != UNPUBLISH)
                return pf_settings_load(publisher->target, &publisher->settings, NULL, err);
        r = pf_settings_load_rest(publisher->target, &publisher->settings, &errors);
        if (r < 0)
                return r;
        publisher->wrong = pf_ini_errors_to_err(&errors, &wrong);
        if (publisher->wrong < 0)
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&wrong, publisher->wrong));
        return 0;
}

static int set_up(Publisher *publisher, PfErr *err) {
        static const int numbers[] = { SIGTERM, SIGINT };
        int r;

        r = pf_target_new(arg_root, PF_TARGET_DEFAULT, &publisher->target, err);
        if (r == 0)
                r = load_settings(publisher, err);
        if (r < 0)
                return r;
        pf_log_set_level(publisher->settings->log_level);
        r = pf_signals_start(&publisher->signals, &publisher->loop, numbers, PF_ELEMENTS(numbers),
                             on_signal, publisher, err);
        if (r < 0)
                return r;
        return pf_outlets_new(
                &(PfOutletsConfig){ .loop = arg_task == PUBLISH ? &publisher->loop : NULL,
                                    .settings = publisher->settings,
                                    .target = publisher->target,
                                    .ops = &pf_fs_ops,
                                    .told = arg_task == UNPUBLISH ? on_removed : on_told },
                &publisher->outlets);
}

/* Until it is told to end, or the service is lost. */
static int serve(Publisher *publisher, PfErr *err) {
        int r;

        /* What an earlier boot, or one that was killed, left behind is nobody's verdict. */
        r = publish_none(publisher->outlets, "starting");
        if (r == 0)
                r = listen_to(publisher, err);
        if (r < 0)
                return r;
        (void) sd_notify(0, "READY=1");
        (void) uv_run(&publisher->loop, UV_RUN_DEFAULT);
        (void) sd_notify(0, "STOPPING=1");
        return publisher->has_failed ? -ECONNRESET : 0;
}

static int do_task(Publisher *publisher, PfErr *err) {
        switch (arg_task) {
        case WITHDRAW:
                return publish_none(publisher->outlets, "not-watched");
        case UNPUBLISH:
                publisher->has_failed = pf_outlets_remove(publisher->outlets) < 0;
                return publisher->has_failed ? -EIO : 0; /* which was logged */
        default:
                return serve(publisher, err);
        }
}

static void tear_down(Publisher *publisher) {
        publisher->client = pf_varlink_client_free(publisher->client);
        publisher->outlets = pf_outlets_free(publisher->outlets);
        pf_signals_stop(&publisher->signals);
        (void) uv_run(&publisher->loop, UV_RUN_DEFAULT);
        (void) uv_loop_close(&publisher->loop);
        publisher->settings = pf_settings_free(publisher->settings);
        publisher->target = pf_target_unref(publisher->target);
}

static int run(void) {
        Publisher publisher = { 0 };
        PfErr err = { 0 };
        int r;

        if (uv_loop_init(&publisher.loop) < 0) {
                pf_log(PF_LOG_ERROR, "Out of memory");
                return EXIT_FAILURE;
        }
        r = set_up(&publisher, &err);
        if (r == 0 && pf_outlets_count(publisher.outlets) == 0) {
                (void) sd_notify(0, "READY=1"); /* it is no failure */
                pf_log(arg_task == PUBLISH ? PF_LOG_NOTICE : PF_LOG_DEBUG,
                       "Nothing is published: [Publish] of preflightd.conf(5) names no place for "
                       "it");
        } else if (r == 0) {
                r = do_task(&publisher, &err);
        }
        if (r < 0 && !publisher.has_failed)
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&err, r));
        tear_down(&publisher);
        return pf_main_exit_status(r < 0 ? r : publisher.wrong);
}

static void print_help(void) {
        printf("preflight-publish [OPTION…]\n"
               "\n"
               "Tells the verdict of preflightd to those who have no login to this machine:\n"
               "where [Publish] of preflightd.conf says.\n"
               "\n"
               "      --socket=PATH   where preflightd listens, instead of where preflightd.conf "
               "says\n"
               "      --root=DIR      settings, and places to publish to, of the machine below a "
               "directory\n"
               "      --withdraw      say there that nobody watches, and exit\n"
               "      --unpublish     remove there what is published, and exit\n"
               "  -h, --help          show this and exit\n"
               "      --version       show the version and exit\n");
}

enum { ARG_SOCKET = PF_MAIN_OPTION, ARG_ROOT, ARG_WITHDRAW, ARG_UNPUBLISH };

static const struct option own_options[] = {
        { "socket", required_argument, NULL, ARG_SOCKET },
        { "root", required_argument, NULL, ARG_ROOT },
        { "withdraw", no_argument, NULL, ARG_WITHDRAW },
        { "unpublish", no_argument, NULL, ARG_UNPUBLISH },
};

static int take_option(int c) {
        switch (c) {
        case ARG_SOCKET:
                arg_socket = optarg;
                break;
        case ARG_ROOT:
                arg_root = optarg;
                break;
        case ARG_WITHDRAW:
                arg_task = WITHDRAW;
                break;
        case ARG_UNPUBLISH:
                arg_task = UNPUBLISH;
                break;
        }
        return 0;
}

static const PfMainOptions options = { "preflight-publish", own_options, PF_ELEMENTS(own_options),
                                       take_option, print_help };

int main(int argc, char **argv) {
        int r;

        r = pf_main_parse_options(&options, argc, argv);
        if (r > 0)
                return r - 1;
        pf_main_begin();
        return run();
}
