/* SPDX-License-Identifier: MIT */
/*
 * Asks this Windows: which function asks for which fact, and for how long.
 *
 * Most of what is called here goes to another process, or over the network, and cannot be
 * interrupted. So a thread does it, which is left alone when its time is over; while it
 * still waits nobody else asks for such a fact.
 */
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include "daemon/platform/win32/in-time.h"

/* What there is to say where this very question was not answered in time, which is a fact by
 * itself; NULL: that it was not. Nothing is said by it of a question that was not asked. */
typedef int (*Late)(void *ret);

static int late_com(void *ret) {
        PfWindowsCom *com = ret;

        com->hresult = PF_COM_TIMEOUT;
        return pf_windows_copy(L"no answer", &com->step);
}

static const struct Asking {
        PfWindowsAsk ask;
        size_t size; /* of the struct */
        DWORD limit_msec;
        Late late;
} askings[PF_WINDOWS_N_FACTS] = {
#define ROW(name, type, limit, late)                                                               \
        { pf_windows_ask_##name, sizeof(type), limit, late }
        [PF_WINDOWS_SERVICE] = ROW(service, PfWindowsService, 5000, NULL),
        [PF_WINDOWS_PENDING] = ROW(pending, PfWindowsPending, 7000, NULL),
        [PF_WINDOWS_JOIN] = ROW(join, PfWindowsJoin, 5000, NULL),
        [PF_WINDOWS_CONTROLLER] = ROW(controller, PfWindowsController, 12000, NULL),
        [PF_WINDOWS_CHANNEL] = ROW(channel, PfWindowsChannel, 12000, NULL),
        [PF_WINDOWS_ACCOUNT] = ROW(account, PfWindowsAccount, 20000, NULL),
        [PF_WINDOWS_ADMINISTRATORS] = ROW(administrators, PfWindowsAdministrators, 5000, NULL),
        [PF_WINDOWS_LOGON_RIGHTS] = ROW(logon_rights, PfWindowsLogonRights, 5000, NULL),
        [PF_WINDOWS_SHARE] = ROW(share, PfWindowsShare, 5000, NULL),
        [PF_WINDOWS_DISKS] = ROW(disks, PfWindowsDisks, 8000, NULL),
        [PF_WINDOWS_COM] = ROW(com, PfWindowsCom, 30000, late_com),
        [PF_WINDOWS_CLUSTER] = ROW(cluster, PfWindowsCluster, 5000, NULL),
        [PF_WINDOWS_FIREWALL] = ROW(firewall, PfWindowsFirewall, 10000, NULL),
        [PF_WINDOWS_ADAPTERS] = ROW(adapters, PfWindowsAdapters, 5000, NULL),
        [PF_WINDOWS_ROUTE] = ROW(route, PfWindowsRoute, 5000, NULL),
        [PF_WINDOWS_TCP] = ROW(tcp, PfWindowsTcp, 5000, NULL),
        [PF_WINDOWS_MEMORY] = ROW(memory, PfWindowsMemory, 5000, NULL),
        [PF_WINDOWS_INSTALLER] = ROW(installer, PfWindowsInstaller, 5000, NULL),
        [PF_WINDOWS_TIME] = ROW(time, PfWindowsTime, 10000, NULL),
        [PF_WINDOWS_USER_POLICY] = ROW(user_policy, PfWindowsUserPolicy, 5000, NULL),
        [PF_WINDOWS_ENDPOINT] = ROW(endpoint, PfWindowsEndpoint, 8000, NULL),
#undef ROW
};

/* Threads that were left alone, and wait. */
static volatile LONG n_abandoned[PF_WINDOWS_N_FACTS];

typedef struct Work {
        PfWindowsFact fact;
        char *question;
        void *answer;
        int r;
        PfErr err;
} Work;

static Work *work_free(Work *work) {
        if (!work)
                return NULL;
        if (work->answer)
                pf_windows_fact_deinit(work->fact, work->answer);
        free(work->answer);
        free(work->question);
        free(work);
        return NULL;
}
PF_DEFINE_CLEANUP(Work, work_free);

static Work *work_new(PfWindowsFact fact, const char *question) {
        PF_CLEANUP(work_freep) Work *work = calloc(1, sizeof(*work));

        if (!work)
                return NULL;
        work->fact = fact;
        work->question = strdup(question);
        work->answer = calloc(1, askings[fact].size);
        return work->question && work->answer ? PF_STEAL(work) : NULL;
}

static void do_work(void *data) {
        Work *work = data;

        work->r = askings[work->fact].ask(work->question, work->answer, &work->err);
}

static void release_work(void *data) {
        (void) work_free(data);
}

static int take_answer(Work *work, void *ret, PfErr *err) {
        if (work->r < 0)
                return work->r == -ENOMEM
                               ? work->r
                               : pf_err_set(err, work->r, "%s", pf_err_text(&work->err, work->r));
        memcpy(ret, work->answer, askings[work->fact].size);
        memset(work->answer, 0, askings[work->fact].size);
        return work->r;
}

static int too_late(PfWindowsFact fact, void *ret, PfErr *err) {
        if (!askings[fact].late)
                return pf_err_set(err, -ETIMEDOUT, "Windows did not answer within %lu s",
                                  askings[fact].limit_msec / 1000);
        memset(ret, 0, askings[fact].size);
        return askings[fact].late(ret);
}

int pf_windows_ask(PfWindowsFact fact, const char *question, void *ret, PfErr *err) {
        const PfInTime what = { do_work, release_work, askings[fact].limit_msec,
                                &n_abandoned[fact] };
        PF_CLEANUP(work_freep) Work *work = NULL;
        int r;

        if (n_abandoned[fact] > 0)
                return pf_err_set(err, -EBUSY, "Windows has not answered an earlier question yet");
        work = work_new(fact, question);
        if (!work)
                return -ENOMEM;
        r = pf_in_time(&what, work);
        if (r == 0)
                return take_answer(work, ret, err);
        if (r == -EAGAIN)
                return pf_err_set(err, r, "a thread to ask Windows on: error %lu", GetLastError());
        work = NULL; /* the thread's */
        return too_late(fact, ret, err);
}
