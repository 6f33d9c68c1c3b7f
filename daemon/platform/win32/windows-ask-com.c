/* SPDX-License-Identifier: MIT */
/* Do the COM+ catalogue, and WMI, answer? As far as it comes, one call after the other. */
#define COBJMACROS
#include "daemon/platform/win32/windows-ask.h"

#include <string.h>
#include <windows.h>

#include <initguid.h> /* what follows is defined here: it is in no library */
#include <comadmin.h>
#include <wbemidl.h>

#define ROW_WAIT_MSEC 30000 /* as long as anybody waits for us */

/* What is asked, and how far it came. */
typedef struct Steps {
        const wchar_t *step;
        HRESULT hresult;
} Steps;

/* Did the call do what was asked? S_FALSE and the like are no errors, and no answers. */
static bool is_done(Steps *steps, const wchar_t *step, HRESULT hresult) {
        steps->step = step;
        steps->hresult = hresult;
        return hresult == S_OK;
}

static void free_text(BSTR *text) {
        SysFreeString(*text);
}
#define AUTO_BSTR PF_CLEANUP(free_text)

static void release(void *pointer) {
        IUnknown **object = pointer;

        if (*object)
                (void) IUnknown_Release(*object);
}
#define AUTO_RELEASE PF_CLEANUP(release)

/* --- the COM+ catalogue --- */

static void ask_applications(Steps *steps) {
        AUTO_BSTR BSTR name = SysAllocString(L"Applications");
        AUTO_RELEASE ICOMAdminCatalog *catalogue = NULL;
        AUTO_RELEASE ICatalogCollection *collection = NULL;
        AUTO_RELEASE IDispatch *found = NULL;
        HRESULT hresult = CoCreateInstance(&CLSID_COMAdminCatalog, NULL, CLSCTX_INPROC_SERVER,
                                           &IID_ICOMAdminCatalog, (void **) &catalogue);

        if (!is_done(steps, L"COMAdminCatalog", hresult))
                return;
        hresult = ICOMAdminCatalog_GetCollection(catalogue, name, &found);
        if (!is_done(steps, L"GetCollection", hresult))
                return;
        hresult = IDispatch_QueryInterface(found, &IID_ICatalogCollection, (void **) &collection);
        if (is_done(steps, L"ICatalogCollection", hresult))
                (void) is_done(steps, L"Populate", ICatalogCollection_Populate(collection));
}

/* --- WMI --- */

/* As who we are, at the level that DCOM's hardening wants. */
static HRESULT set_blanket(void *proxy) {
        return CoSetProxyBlanket(proxy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                 RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE, NULL,
                                 EOAC_NONE);
}

static void ask_row(Steps *steps, IWbemServices *services) {
        AUTO_BSTR BSTR language = SysAllocString(L"WQL");
        AUTO_BSTR BSTR query = SysAllocString(L"SELECT BuildNumber FROM Win32_OperatingSystem");
        AUTO_RELEASE IEnumWbemClassObject *rows = NULL;
        AUTO_RELEASE IWbemClassObject *row = NULL;
        ULONG n = 0;
        HRESULT hresult = IWbemServices_ExecQuery(
                services, language, query, WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY,
                NULL, &rows);

        if (!is_done(steps, L"ExecQuery", hresult) ||
            !is_done(steps, L"CoSetProxyBlanket", set_blanket(rows)))
                return;
        hresult = IEnumWbemClassObject_Next(rows, ROW_WAIT_MSEC, 1, &row, &n);
        (void) is_done(steps, L"Next", hresult == S_OK && n != 1 ? WBEM_S_FALSE : hresult);
}

static void ask_cimv2(Steps *steps) {
        AUTO_BSTR BSTR place = SysAllocString(L"ROOT\\CIMV2");
        AUTO_RELEASE IWbemLocator *locator = NULL;
        AUTO_RELEASE IWbemServices *services = NULL;
        HRESULT hresult = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER,
                                           &IID_IWbemLocator, (void **) &locator);

        if (!is_done(steps, L"WbemLocator", hresult))
                return;
        hresult = IWbemLocator_ConnectServer(locator, place, NULL, NULL, NULL,
                                             WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL, NULL, &services);
        if (is_done(steps, L"ConnectServer", hresult) &&
            is_done(steps, L"CoSetProxyBlanket", set_blanket(services)))
                ask_row(steps, services);
}

/* --- */

static const struct {
        const char *question;
        void (*ask)(Steps *steps);
} subjects[] = { { "applications", ask_applications }, { "cimv2", ask_cimv2 } };

int pf_windows_ask_com(const char *question, void *ret, PfErr *err) {
        Steps steps = { 0 };
        PfWindowsCom *answer = ret;
        size_t i = 0;

        while (i < PF_ELEMENTS(subjects) && strcmp(subjects[i].question, question) != 0)
                i++;
        if (i == PF_ELEMENTS(subjects))
                return pf_err_set(err, -EINVAL, "%s: nothing of COM", question);
        if (is_done(&steps, L"CoInitializeEx", CoInitializeEx(NULL, COINIT_MULTITHREADED))) {
                subjects[i].ask(&steps);
                CoUninitialize();
        }
        answer->hresult = (uint32_t) steps.hresult;
        return pf_windows_copy(steps.step, &answer->step);
}
