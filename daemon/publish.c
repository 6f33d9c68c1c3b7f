/* SPDX-License-Identifier: MIT */
/*
 * preflight-publish: hands the verdict to whoever has no login to this machine: its
 * hypervisor's host, the console, node_exporter. Start-up, and the service that is listened
 * to; where it goes is daemon/publish/.
 *
 * It waits for changes and for connections of the host, and wakes up for nothing else. When
 * the service is lost it ends, and its unit starts it again; what was published is replaced by
 * "unknown" whenever nobody watches.
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
static bool arg_withdraw;

typedef struct Publisher {
        uv_loop_t loop;
        PfSignals signals;
        PfTarget *target;
        PfSettings *settings;
        PfOutlets *outlets;
        PfVarlinkClient *client;
        bool has_failed; /* the service was lost */
} Publisher;

/* --- what becomes of it --- */

static void on_told(const char *outlet, int result, const char *text, void *data) {
        (void) data;
        if (result < 0)
                pf_log(PF_LOG_WARNING, "%s=: %s", outlet, text);
        else
                pf_log(PF_LOG_INFO, "%s=: %s", outlet,
                       result == 0 ? "published" : "is not to be had on this machine");
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

static int set_up(Publisher *publisher, PfErr *err) {
        static const int numbers[] = { SIGTERM, SIGINT };
        int r;

        r = pf_target_new(arg_root, PF_TARGET_DEFAULT, &publisher->target, err);
        if (r == 0)
                r = pf_settings_load(publisher->target, &publisher->settings, NULL, err);
        if (r < 0)
                return r;
        pf_log_set_level(publisher->settings->log_level);
        r = pf_signals_start(&publisher->signals, &publisher->loop, numbers, PF_ELEMENTS(numbers),
                             on_signal, publisher, err);
        if (r < 0)
                return r;
        return pf_outlets_new(&(PfOutletsConfig){ .loop = arg_withdraw ? NULL : &publisher->loop,
                                                  .settings = publisher->settings,
                                                  .target = publisher->target,
                                                  .ops = &pf_fs_ops,
                                                  .told = on_told },
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
                pf_log(arg_withdraw ? PF_LOG_DEBUG : PF_LOG_NOTICE,
                       "Nothing is published: [Publish] of preflightd.conf(5) names no place for "
                       "it");
        } else if (r == 0) {
                r = arg_withdraw ? publish_none(publisher.outlets, "not-watched")
                                 : serve(&publisher, &err);
        }
        if (r < 0 && !publisher.has_failed)
                pf_log(PF_LOG_ERROR, "%s", pf_err_text(&err, r));
        tear_down(&publisher);
        return pf_main_exit_status(r);
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
               "  -h, --help          show this and exit\n"
               "      --version       show the version and exit\n");
}

enum { ARG_SOCKET = 256, ARG_ROOT, ARG_WITHDRAW, ARG_VERSION };

/* Return: 0 to go on, otherwise 1 + the exit status. */
static int parse_options(int argc, char **argv) {
        static const struct option options[] = {
                { "socket", required_argument, NULL, ARG_SOCKET },
                { "root", required_argument, NULL, ARG_ROOT },
                { "withdraw", no_argument, NULL, ARG_WITHDRAW },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                switch (c) {
                case ARG_SOCKET:
                        arg_socket = optarg;
                        break;
                case ARG_ROOT:
                        arg_root = optarg;
                        break;
                case ARG_WITHDRAW:
                        arg_withdraw = true;
                        break;
                case 'h':
                        print_help();
                        return 1 + EXIT_SUCCESS;
                case ARG_VERSION:
                        printf("preflight-publish %s\n", PF_VERSION);
                        return 1 + EXIT_SUCCESS;
                default:
                        return 1 + PF_MAIN_EXIT_USAGE;
                }
        }
        return pf_main_refuse_arguments("preflight-publish", argc, argv);
}

int main(int argc, char **argv) {
        int r;

        r = parse_options(argc, argv);
        if (r > 0)
                return r - 1;
        pf_main_begin();
        return run();
}
