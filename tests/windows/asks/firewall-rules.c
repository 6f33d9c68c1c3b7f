/* SPDX-License-Identifier: MIT */
/*
 * The rules of the firewall as its service keeps them: one added is in the registry at once,
 * under a name of its own, with its parts in the order of Windows. [MS-GPFAS] 2.2.2.19
 */
#include <stdio.h>
#include <string.h>

#include "tests/windows/asks/classes-object.h"
#include "tests/windows/asks/classes.h"

#define KEY                                                                                        \
        L"SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\"         \
        L"FirewallRules"
#define TEXT_UNITS 256
#define RULE_UNITS 2048
#define NONE HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)
#define ANY_PROTOCOL 256 /* NET_FW_IP_PROTOCOL_ANY, which the headers of mingw lack */

/* --- the rule that is being made --- */

static struct {
        wchar_t name[TEXT_UNITS], ports[TEXT_UNITS], remote[TEXT_UNITS], service[TEXT_UNITS],
                description[TEXT_UNITS];
        LONG protocol, profiles;
        NET_FW_RULE_DIRECTION direction;
        NET_FW_ACTION action;
        VARIANT_BOOL enabled;
} said;

/* As INetFwRule begins: any protocol, all profiles, what comes in is let in, and not enabled. */
void class_new_rule(void) {
        memset(&said, 0, sizeof(said));
        said.protocol = ANY_PROTOCOL;
        said.profiles = NET_FW_PROFILE2_ALL;
        said.direction = NET_FW_RULE_DIR_IN;
        said.action = NET_FW_ACTION_ALLOW;
        said.enabled = VARIANT_FALSE;
}

/* A bar would end the part. */
static HRESULT put(BSTR text, wchar_t ret[static TEXT_UNITS]) {
        if (FAILED(classes_say.put))
                return classes_say.put;
        if (!text || wcslen(text) >= TEXT_UNITS || wcschr(text, L'|'))
                return E_INVALIDARG;
        (void) wcscpy(ret, text);
        return S_OK;
}

#define PUT_TEXT(field)                                                                            \
        static HRESULT WINAPI put_##field(INetFwRule *rule, BSTR text) {                           \
                (void) rule;                                                                       \
                return put(text, said.field);                                                      \
        }
PUT_TEXT(name)
PUT_TEXT(service)
PUT_TEXT(description)

/* Of the addresses of Windows those that a rule of ours may have. */
static HRESULT WINAPI put_remote(INetFwRule *rule, BSTR text) {
        (void) rule;
        return wcspbrk(text, L".:") ? put(text, said.remote) : E_INVALIDARG;
}

/* Ports are those of a protocol. */
static HRESULT WINAPI put_ports(INetFwRule *rule, BSTR text) {
        (void) rule;
        return said.protocol == NET_FW_IP_PROTOCOL_TCP ? put(text, said.ports) : E_INVALIDARG;
}

#define PUT_NUMBER(field, type)                                                                    \
        static HRESULT WINAPI put_##field(INetFwRule *rule, type number) {                         \
                (void) rule;                                                                       \
                said.field = number;                                                               \
                return classes_say.put;                                                            \
        }
PUT_NUMBER(protocol, LONG)
PUT_NUMBER(profiles, LONG)
PUT_NUMBER(direction, NET_FW_RULE_DIRECTION)
PUT_NUMBER(action, NET_FW_ACTION)
PUT_NUMBER(enabled, VARIANT_BOOL)

static INetFwRuleVtbl rule_functions = { IS_UNKNOWN(INetFwRule),
                                         .put_Name = put_name,
                                         .put_Description = put_description,
                                         .put_ServiceName = put_service,
                                         .put_Protocol = put_protocol,
                                         .put_LocalPorts = put_ports,
                                         .put_RemoteAddresses = put_remote,
                                         .put_Direction = put_direction,
                                         .put_Enabled = put_enabled,
                                         .put_Profiles = put_profiles,
                                         .put_Action = put_action };
INetFwRule class_rule = { &rule_functions };

/* --- as the registry has it --- */

static void add_part(wchar_t text[static RULE_UNITS], const wchar_t *key, const wchar_t *value) {
        const size_t n = wcslen(text);

        if (*value)
                (void) _snwprintf(text + n, RULE_UNITS - n, L"%ls=%ls|", key, value);
}

static void write_rule(wchar_t text[static RULE_UNITS]) {
        wchar_t number[16] = L"", profiles[16] = L"";

        if (said.protocol != ANY_PROTOCOL)
                (void) _snwprintf(number, 16, L"%ld", said.protocol);
        if (said.profiles != NET_FW_PROFILE2_ALL)
                (void) _snwprintf(profiles, 16, L"%ld", said.profiles);
        (void) wcscpy(text, L"v2.10|");
        add_part(text, L"Action", said.action == NET_FW_ACTION_ALLOW ? L"Allow" : L"Block");
        add_part(text, L"Active", said.enabled ? L"TRUE" : L"FALSE");
        add_part(text, L"Dir", said.direction == NET_FW_RULE_DIR_IN ? L"In" : L"Out");
        add_part(text, L"Protocol", number);
        add_part(text, L"Profile", profiles);
        add_part(text, L"LPort", said.ports);
        add_part(text, wcschr(said.remote, L':') ? L"RA6" : L"RA4", said.remote);
        add_part(text, L"Svc", said.service);
        add_part(text, L"Name", said.name);
        add_part(text, L"Desc", said.description);
}

static HKEY open_rules(void) {
        HKEY key = NULL;

        (void) RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0,
                               KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL);
        return key;
}

/* The value that has the rule of that name. */
static HRESULT find(HKEY key, const wchar_t *name, wchar_t ret[static TEXT_UNITS]) {
        wchar_t text[RULE_UNITS], part[TEXT_UNITS + 8];

        (void) _snwprintf(part, TEXT_UNITS + 8, L"|Name=%ls|", name);
        for (DWORD i = 0;; i++) {
                DWORD n_name = TEXT_UNITS, size = sizeof(text);

                if (RegEnumValueW(key, i, ret, &n_name, NULL, NULL, (BYTE *) text, &size) !=
                    ERROR_SUCCESS)
                        return NONE;
                if (wcsstr(text, part))
                        return S_OK;
        }
}

/* --- the rules --- */

static HRESULT WINAPI add(INetFwRules *rules, INetFwRule *rule) {
        static unsigned n;
        wchar_t text[RULE_UNITS], name[TEXT_UNITS];
        HKEY key = open_rules();
        LSTATUS error;

        (void) rules;
        (void) rule;
        write_rule(text);
        (void) _snwprintf(name, TEXT_UNITS, L"{%08X-0000-4000-8000-000000000000}", ++n);
        error = FAILED(classes_say.add)
                        ? ERROR_SUCCESS
                        : RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *) text,
                                         (DWORD) ((wcslen(text) + 1) * sizeof(*text)));
        (void) RegCloseKey(key);
        return error ? HRESULT_FROM_WIN32(error) : classes_say.add;
}

/* What is not there is removed without a word. */
static HRESULT WINAPI remove_one(INetFwRules *rules, BSTR name) {
        wchar_t value[TEXT_UNITS];
        HKEY key = open_rules();

        (void) rules;
        if (SUCCEEDED(classes_say.remove) && find(key, name, value) == S_OK)
                (void) RegDeleteValueW(key, value);
        (void) RegCloseKey(key);
        return classes_say.remove;
}

static HRESULT WINAPI item(INetFwRules *rules, BSTR name, INetFwRule **ret) {
        wchar_t value[TEXT_UNITS];
        HKEY key = open_rules();
        HRESULT hresult = FAILED(classes_say.item) ? classes_say.item : find(key, name, value);

        (void) rules;
        (void) RegCloseKey(key);
        return FAILED(hresult) ? hresult : class_query(&class_rule, &IID_INetFwRule, (void **) ret);
}

static INetFwRulesVtbl rules_functions = { IS_UNKNOWN(INetFwRules), .Add = add,
                                           .Remove = remove_one, .Item = item };
INetFwRules class_rules = { &rules_functions };
