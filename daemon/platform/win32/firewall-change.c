/* SPDX-License-Identifier: MIT */
/* Tells the service of the firewall, on a thread that has a room for COM of its own. */
#define COBJMACROS
#include "daemon/platform/firewall-change.h"

#include <string.h>
#include <windows.h>

#include <netfw.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/in-time.h"
#include "daemon/platform/win32/windows-ask.h"

#define DESCRIPTION L"preflightd: undone by preflightctl undo, or when its lease is over"
#define LIMIT_MS 60000 /* of one change */
#define SAME_NAME_MAX 16

static void release(void *pointer) {
        IUnknown **object = pointer;

        if (*object)
                (void) IUnknown_Release(*object);
}
#define AUTO_RELEASE PF_CLEANUP(release)

static void free_text(BSTR *text) {
        SysFreeString(*text);
}
#define AUTO_TEXT PF_CLEANUP(free_text)

static BSTR new_text(const char *text) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(text);

        return wide ? SysAllocString(wide) : NULL;
}

static int failed(HRESULT hresult, const char *call, PfErr *err) {
        if (HRESULT_FACILITY(hresult) == FACILITY_WIN32)
                return pf_err_windows(err, HRESULT_CODE(hresult), "%s", call);
        return pf_err_set(err, -EIO, "%s: HRESULT 0x%08lx", call, (unsigned long) hresult);
}

/* --- what a rule says --- */

typedef HRESULT (*PutText)(INetFwRule *rule, BSTR text);

static HRESULT put_name(INetFwRule *rule, BSTR text) {
        return INetFwRule_put_Name(rule, text);
}
static HRESULT put_ports(INetFwRule *rule, BSTR text) {
        return INetFwRule_put_LocalPorts(rule, text);
}
static HRESULT put_remote(INetFwRule *rule, BSTR text) {
        return INetFwRule_put_RemoteAddresses(rule, text);
}
static HRESULT put_service(INetFwRule *rule, BSTR text) {
        return INetFwRule_put_ServiceName(rule, text);
}
/* What goes without saying: pf_firewall_change() makes no others. */
static HRESULT put_nothing(INetFwRule *rule, BSTR text) {
        (void) rule;
        (void) text;
        return S_OK;
}

/* What a part says. Without one of those that are needed a rule would let in more than it says. */
enum {
        SAYS_ACTION = 1 << 0,
        SAYS_ACTIVE = 1 << 1,
        SAYS_DIRECTION = 1 << 2,
        SAYS_PROTOCOL = 1 << 3,
        SAYS_NAME = 1 << 4,
        SAYS_PORT = 1 << 5,
        SAYS_SOURCE = 1 << 6,
        SAYS_SERVICE = 1 << 7,
        NEEDED = SAYS_SERVICE - 1
};

typedef struct Part {
        const char *key;
        const char *only; /* the one value that it may have; NULL: any but none */
        unsigned says;
        PutText put;
} Part;

static const Part parts[] = {
        { "Action", "Allow", SAYS_ACTION, put_nothing },
        { "Active", "TRUE", SAYS_ACTIVE, put_nothing },
        { "Dir", "In", SAYS_DIRECTION, put_nothing },
        { "Protocol", "6", SAYS_PROTOCOL, put_nothing },
        { "Name", NULL, SAYS_NAME, put_name },
        { "LPort", NULL, SAYS_PORT, put_ports },
        { "RA4", NULL, SAYS_SOURCE, put_remote },
        { "RA6", NULL, SAYS_SOURCE, put_remote },
        { "Svc", NULL, SAYS_SERVICE, put_service },
};

/* A rule that is being made: what it is to be called, and what is said of it so far. */
typedef struct NewRule {
        INetFwRule *rule;
        const char *name;
        unsigned said;
} NewRule;

static const Part *find_part(const NewRule *new, const char *key, const char *value) {
        for (size_t i = 0; i < PF_ELEMENTS(parts); i++) {
                const char *only = parts[i].says == SAYS_NAME ? new->name : parts[i].only;

                if (strcmp(parts[i].key, key) == 0)
                        return *value && (!only || strcmp(only, value) == 0) ? &parts[i] : NULL;
        }
        return NULL;
}

/* "KEY=VALUE" of the rule; no two say the same. */
static int put_part(NewRule *new, char *text, PfErr *err) {
        AUTO_TEXT BSTR wide = NULL;
        char *value = strchr(text, '=');
        const Part *part;
        HRESULT hresult;

        if (!value)
                return pf_err_set(err, -EINVAL, "%s: no part of a rule", text);
        *value++ = '\0';
        part = find_part(new, text, value);
        if (!part || new->said & part->says)
                return pf_err_set(err, -EINVAL, "%s=%s: is in no rule of ours", text, value);
        new->said |= part->says;
        wide = new_text(value);
        if (!wide)
                return -ENOMEM;
        hresult = part->put(new->rule, wide);
        return FAILED(hresult) ? failed(hresult, text, err) : 0;
}

static int put_parts(NewRule *new, const char *text, PfErr *err) {
        PF_AUTO_FREE char *copy = strdup(text);
        char *rest = copy;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && rest && *rest) {
                char *part = strsep(&rest, "|");

                if (*part)
                        r = put_part(new, part, err);
        }
        if (r == 0 && NEEDED & ~new->said)
                return pf_err_set(err, -EINVAL, "\"%s\": does not say all that a rule of ours says",
                                  text);
        return r;
}

/* A protocol comes before its ports: COM takes none without. */
static HRESULT begin_rule(INetFwRule *rule) {
        AUTO_TEXT BSTR description = SysAllocString(DESCRIPTION);
        HRESULT hresult =
                description ? INetFwRule_put_Protocol(rule, NET_FW_IP_PROTOCOL_TCP) : E_OUTOFMEMORY;

        if (SUCCEEDED(hresult))
                hresult = INetFwRule_put_Direction(rule, NET_FW_RULE_DIR_IN);
        if (SUCCEEDED(hresult))
                hresult = INetFwRule_put_Action(rule, NET_FW_ACTION_ALLOW);
        if (SUCCEEDED(hresult))
                hresult = INetFwRule_put_Profiles(rule, NET_FW_PROFILE2_ALL);
        if (SUCCEEDED(hresult))
                hresult = INetFwRule_put_Description(rule, description);
        return SUCCEEDED(hresult) ? INetFwRule_put_Enabled(rule, VARIANT_TRUE) : hresult;
}

static int make_rule(const char *name, const char *text, INetFwRule **ret, PfErr *err) {
        NewRule new = { .name = name };
        HRESULT hresult = CoCreateInstance(&CLSID_NetFwRule, NULL, CLSCTX_INPROC_SERVER,
                                           &IID_INetFwRule, (void **) ret);

        if (FAILED(hresult))
                return failed(hresult, "NetFwRule", err);
        hresult = begin_rule(*ret);
        if (FAILED(hresult))
                return failed(hresult, "INetFwRule", err);
        new.rule = *ret;
        return put_parts(&new, text, err);
}

/* --- the rules --- */

/* Return: 1, 0, or a negative errno with a text: who may not look has not seen that it is gone. */
static int is_there(INetFwRules *rules, BSTR name, PfErr *err) {
        AUTO_RELEASE INetFwRule *rule = NULL;
        HRESULT hresult = INetFwRules_Item(rules, name, &rule);

        if (hresult == HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND))
                return 0;
        return FAILED(hresult) ? failed(hresult, "INetFwRules::Item", err) : rule != NULL;
}

/* One at a time, as often as there is one. */
static int remove_all(INetFwRules *rules, const char *name, PfErr *err) {
        AUTO_TEXT BSTR text = new_text(name);

        if (!text)
                return -ENOMEM;
        for (unsigned n = 0;; n++) {
                int r = is_there(rules, text, err);
                HRESULT hresult;

                if (r <= 0)
                        return r;
                if (n == SAME_NAME_MAX)
                        return pf_err_set(err, -EBUSY, "%s: one is there after %u were removed",
                                          name, n);
                hresult = INetFwRules_Remove(rules, text);
                if (FAILED(hresult))
                        return failed(hresult, "INetFwRules::Remove", err);
        }
}

/* Nothing goes before there is what takes its place. */
static int change(const char *name, const char *text, PfErr *err) {
        AUTO_RELEASE INetFwPolicy2 *policy = NULL;
        AUTO_RELEASE INetFwRules *rules = NULL;
        AUTO_RELEASE INetFwRule *rule = NULL;
        HRESULT hresult = CoCreateInstance(&CLSID_NetFwPolicy2, NULL, CLSCTX_INPROC_SERVER,
                                           &IID_INetFwPolicy2, (void **) &policy);
        int r;

        if (SUCCEEDED(hresult))
                hresult = INetFwPolicy2_get_Rules(policy, &rules);
        if (FAILED(hresult))
                return failed(hresult, "NetFwPolicy2", err);
        r = text ? make_rule(name, text, &rule, err) : 0;
        if (r == 0)
                r = remove_all(rules, name, err);
        if (r < 0 || !rule)
                return r;
        hresult = INetFwRules_Add(rules, rule);
        return FAILED(hresult) ? failed(hresult, "INetFwRules::Add", err) : 0;
}

/* --- in time --- */

typedef struct Call {
        char *name, *rule;
        PfErr err;
        int r;
} Call;

static volatile LONG n_hanging; /* calls that were waited for in vain */

static Call *call_free(Call *call) {
        if (!call)
                return NULL;
        free(call->name);
        free(call->rule);
        free(call);
        return NULL;
}
PF_DEFINE_CLEANUP(Call, call_free);

static Call *call_new(const char *name, const char *rule) {
        PF_CLEANUP(call_freep) Call *call = calloc(1, sizeof(*call));

        if (!call)
                return NULL;
        call->name = strdup(name);
        call->rule = rule ? strdup(rule) : NULL;
        return call->name && (!rule || call->rule) ? PF_STEAL(call) : NULL;
}

static void do_call(void *data) {
        Call *call = data;
        HRESULT hresult = CoInitializeEx(NULL, COINIT_MULTITHREADED);

        if (FAILED(hresult)) {
                call->r = failed(hresult, "CoInitializeEx", &call->err);
                return;
        }
        call->r = change(call->name, call->rule, &call->err);
        CoUninitialize();
}

static void release_call(void *data) {
        (void) call_free(data);
}

bool pf_firewall_change_hangs(void) {
        return n_hanging > 0;
}

int pf_firewall_change(const char *name, const char *rule, PfErr *err) {
        const PfInTime what = { do_call, release_call, LIMIT_MS, &n_hanging };
        PF_CLEANUP(call_freep) Call *call = NULL;
        int r;

        if (pf_firewall_change_hangs())
                return pf_err_set(err, -EBUSY, "the firewall has not ended an earlier change yet");
        call = call_new(name, rule);
        if (!call)
                return -ENOMEM;
        r = pf_in_time(&what, call);
        if (r == -EAGAIN)
                return pf_err_windows(err, GetLastError(), "CreateThread");
        if (r < 0) {
                call = NULL; /* the thread's */
                return pf_err_set(err, r, "the firewall did not answer within %d s",
                                  LIMIT_MS / 1000);
        }
        return call->err.text[0] ? pf_err_set(err, call->r, "%s", call->err.text) : call->r;
}
