/* SPDX-License-Identifier: MIT */
/* Classes of COM in the place of the system's, in this process alone. */
#define COBJMACROS
#include "tests/windows/asks/classes.h"

#include <check.h>
#include <string.h>

#include <initguid.h>
#include <comadmin.h>
#include <wbemidl.h>

#include "daemon/base/cleanup.h"
#include "tests/windows/asks/classes-object.h"

ClassesSay classes_say;

static LONG n_objects; /* that somebody holds */

HRESULT WINAPI class_query(void *object, REFIID id, void **ret) {
        (void) id;
        *ret = object;
        n_objects++;
        return S_OK;
}

ULONG WINAPI class_add_reference(void *object) {
        (void) object;
        return (ULONG) ++n_objects;
}

ULONG WINAPI class_release(void *object) {
        (void) object;
        return (ULONG) --n_objects;
}

/* --- the objects --- */

static HRESULT WINAPI populate(ICatalogCollection *collection) {
        (void) collection;
        return classes_say.populate;
}
static ICatalogCollectionVtbl collection_functions = { IS_UNKNOWN(ICatalogCollection),
                                                       .Populate = populate };
static ICatalogCollection collection = { &collection_functions };

static HRESULT WINAPI get_collection(ICOMAdminCatalog *catalogue, BSTR name, IDispatch **ret) {
        (void) catalogue;
        if (wcscmp(name, L"Applications") != 0)
                return E_INVALIDARG;
        if (SUCCEEDED(classes_say.get_collection))
                (void) class_query(&collection, &IID_IDispatch, (void **) ret);
        return classes_say.get_collection;
}
static ICOMAdminCatalogVtbl catalogue_functions = { IS_UNKNOWN(ICOMAdminCatalog),
                                                    .GetCollection = get_collection };
static ICOMAdminCatalog catalogue = { &catalogue_functions };

static HRESULT WINAPI connect_server(IWbemLocator *locator, const BSTR place, const BSTR user,
                                     const BSTR password, const BSTR locale, LONG flags,
                                     const BSTR authority, IWbemContext *context,
                                     IWbemServices **ret) {
        (void) locator;
        (void) user;
        (void) password;
        (void) locale;
        (void) flags;
        (void) authority;
        (void) context;
        (void) ret;
        return wcscmp(place, L"ROOT\\CIMV2") == 0 ? classes_say.connect : E_INVALIDARG;
}
static IWbemLocatorVtbl locator_functions = { IS_UNKNOWN(IWbemLocator),
                                              .ConnectServer = connect_server };
static IWbemLocator locator = { &locator_functions };

static HRESULT WINAPI get_profiles(INetFwPolicy2 *policy, LONG *ret) {
        (void) policy;
        *ret = classes_say.profiles;
        return classes_say.profile_types;
}
static HRESULT WINAPI get_modify_state(INetFwPolicy2 *policy, NET_FW_MODIFY_STATE *ret) {
        (void) policy;
        *ret = classes_say.modify_state;
        return classes_say.modify;
}
static HRESULT WINAPI get_rules(INetFwPolicy2 *policy, INetFwRules **ret) {
        (void) policy;
        return FAILED(classes_say.rules)
                       ? classes_say.rules
                       : class_query(&class_rules, &IID_INetFwRules, (void **) ret);
}
static INetFwPolicy2Vtbl policy_functions = { IS_UNKNOWN(INetFwPolicy2), .get_Rules = get_rules,
                                              .get_CurrentProfileTypes = get_profiles,
                                              .get_LocalPolicyModifyState = get_modify_state };
static INetFwPolicy2 policy = { &policy_functions };

/* --- their classes --- */

typedef struct Class {
        IClassFactory factory; /* first, so that the one is the other */
        const CLSID *id;
        void *object;
        DWORD cookie;
        void (*renew)(void); /* the object, when it is created; NULL: it says always the same */
} Class;

static HRESULT WINAPI create(IClassFactory *factory, IUnknown *outer, REFIID id, void **ret) {
        const Class *class = (Class *) factory;

        (void) outer;
        (void) InterlockedIncrement(&classes_say.n_waiting);
        while (classes_say.hangs)
                Sleep(10);
        (void) InterlockedDecrement(&classes_say.n_waiting);
        if (FAILED(classes_say.create))
                return classes_say.create;
        if (class->renew)
                class->renew();
        return class_query(class->object, id, ret);
}

/* COM counts them by itself. */
static ULONG WINAPI keep(IClassFactory *factory) {
        (void) factory;
        return 1;
}

static HRESULT WINAPI query_factory(IClassFactory *factory, REFIID id, void **ret) {
        *ret = IsEqualIID(id, &IID_IUnknown) || IsEqualIID(id, &IID_IClassFactory) ? factory : NULL;
        return *ret ? S_OK : E_NOINTERFACE;
}

static HRESULT WINAPI lock(IClassFactory *factory, BOOL is_locked) {
        (void) factory;
        (void) is_locked;
        return S_OK;
}

static IClassFactoryVtbl factory_functions = { query_factory, keep, keep, create, lock };
static Class classes[] = {
        { { &factory_functions }, &CLSID_COMAdminCatalog, &catalogue, 0, NULL },
        { { &factory_functions }, &CLSID_WbemLocator, &locator, 0, NULL },
        { { &factory_functions }, &CLSID_NetFwPolicy2, &policy, 0, NULL },
        { { &factory_functions }, &CLSID_NetFwRule, &class_rule, 0, class_new_rule },
};

void classes_take(unsigned set) {
        memset(&classes_say, 0, sizeof(classes_say));
        for (size_t i = 0; i < PF_ELEMENTS(classes); i++)
                if (set & 1u << i)
                        ck_assert_int_eq(CoRegisterClassObject(
                                                 classes[i].id, (IUnknown *) &classes[i].factory,
                                                 CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE,
                                                 &classes[i].cookie),
                                         S_OK);
}

void classes_give_back(void) {
        for (size_t i = 0; i < PF_ELEMENTS(classes); i++) {
                if (classes[i].cookie)
                        (void) CoRevokeClassObject(classes[i].cookie);
                classes[i].cookie = 0;
        }
}

LONG classes_n_objects(void) {
        return n_objects;
}
