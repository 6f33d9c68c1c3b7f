/* SPDX-License-Identifier: MIT */
/* Rules of the firewall: told to its classes, and read back where Windows keeps them. */
#include "tests/windows/asks/asks.h"

#include "daemon/platform/firewall-change.h"
#include "daemon/remedy/effects-system.h"
#include "daemon/remedy/setting.h"
#include "tests/windows/asks/classes.h"

#define NAME "org.preflightd.smb from 192.0.2.7"
#define BEGIN "Action=Allow|Active=TRUE|Dir=In|"
#define OURS BEGIN "LPort=445|Name=" NAME "|Protocol=6|RA4=192.0.2.7|"
#define OTHER_NAME "Web"
#define OTHER BEGIN "LPort=80|Name=" OTHER_NAME "|Protocol=6|"
/* The same name, and not ours: somebody has opened it to everybody. */
#define CHANGED BEGIN "LPort=445|Name=" NAME "|Protocol=6|"
#define N_MAX 16

/* --- what is in the registry --- */

static HKEY open_rules(void) {
        HKEY key;

        ck_assert_int_eq(RegCreateKeyExA(HKEY_LOCAL_MACHINE, PF_FIREWALL_RULES + strlen("HKLM\\"),
                                         0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key,
                                         NULL),
                         ERROR_SUCCESS);
        return key;
}

static void write_rule(const char *value, const char *rule) {
        HKEY key = open_rules();

        ck_assert_int_eq(RegSetValueExA(key, value, 0, REG_SZ, (const BYTE *) rule,
                                        (DWORD) strlen(rule) + 1),
                         ERROR_SUCCESS);
        (void) RegCloseKey(key);
}

static unsigned count_rules(void) {
        HKEY key = open_rules();
        DWORD n = 0;

        ck_assert_int_eq(RegQueryInfoKeyA(key, NULL, NULL, NULL, NULL, NULL, NULL, &n, NULL, NULL,
                                          NULL, NULL),
                         ERROR_SUCCESS);
        (void) RegCloseKey(key);
        return n;
}

static void remove_rules(void) {
        (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, PF_FIREWALL_RULES + strlen("HKLM\\"));
}

/* As what has changed it would read it. */
static void expect(const char *name, const char *wanted) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();
        PF_AUTO_FREE char *value = NULL;
        const PfSetting setting = { PF_SETTING_FIREWALL, (char *) name, NULL, NULL };
        PfErr err = { 0 };

        ck_assert_msg(pf_setting_read(machine, &setting, &value, &err) == 0, "%s", err.text);
        ck_assert_pstr_eq(value, wanted);
}

/* --- the firewall, with one rule of somebody else's --- */

static void take_firewall(void) {
        classes_take(CLASSES_FIREWALL | CLASSES_RULE);
        remove_rules();
        write_rule(OTHER_NAME, "v2.10|" OTHER);
}

static void give_firewall_back(void) {
        expect(OTHER_NAME, OTHER);
        remove_rules();
        classes_give_back();
        ck_assert_int_eq(classes_n_objects(), 0); /* nothing was forgotten */
}

static void change(const char *name, const char *rule) {
        PfErr err = { 0 };
        int r = pf_firewall_change(name, rule, &err);

        ck_assert_msg(r == 0, "%s: %d, %s", rule ? rule : name, r, err.text);
}

static void refuse(const char *rule, int wanted, const char *text) {
        PfErr err = { 0 };

        ck_assert_int_eq(pf_firewall_change(NAME, rule, &err), wanted);
        ck_assert_msg(strstr(err.text, text), "\"%s\" is not in \"%s\"", text, err.text);
}

/* --- */

START_TEST(added_and_removed) {
        static const struct {
                const char *name, *rule;
        } cases[] = {
                { NAME, OURS },
                { "rpc", BEGIN "LPort=135|Name=rpc|Protocol=6|RA6=2001:db8::7|Svc=rpcss|" },
                { "wmi", BEGIN "LPort=RPC|Name=wmi|Protocol=6|RA4=192.0.2.7|Svc=winmgmt|" },
        };

        take_firewall();
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                change(cases[i].name, cases[i].rule);
                expect(cases[i].name, cases[i].rule);
                ck_assert_uint_eq(count_rules(), i + 2);
        }
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                change(cases[i].name, NULL);
                expect(cases[i].name, NULL);
                change(cases[i].name, NULL); /* what is so already is no error */
        }
        ck_assert_uint_eq(count_rules(), 1);
        give_firewall_back();
}
END_TEST

/* All of that name go, and one is there. */
START_TEST(replaced) {
        take_firewall();
        change(NAME, OURS);
        change(NAME, OURS);
        ck_assert_uint_eq(count_rules(), 2);
        write_rule("a", "v2.10|" CHANGED);
        write_rule("b", "v2.31|" CHANGED);
        change(NAME, OURS);
        expect(NAME, OURS);
        ck_assert_uint_eq(count_rules(), 2);
        give_firewall_back();
}
END_TEST

/* There is an end to it, and it is told. */
START_TEST(many) {
        char value[16];

        take_firewall();
        for (unsigned n = N_MAX; n <= N_MAX + 1; n++) {
                change(NAME, NULL);
                for (unsigned i = 0; i < n; i++) {
                        (void) snprintf(value, sizeof(value), "%u", i);
                        write_rule(value, "v2.10|" CHANGED);
                }
                if (n == N_MAX)
                        change(NAME, OURS);
                else
                        refuse(OURS, -EBUSY, NAME ": one is there after 16 were removed");
                expect(NAME, n == N_MAX ? OURS : CHANGED);
                ck_assert_uint_eq(count_rules(), 2);
        }
        give_firewall_back();
}
END_TEST

/* What is there stays as it is. */
START_TEST(no_rule) {
        static const char *const rules[][2] = {
                { "", "does not say all" },
                { "nonsense", "nonsense: no part" },
                { OURS "nonsense|", "nonsense: no part" },
                { OURS "App=System|", "App=System: " },
                { OURS "Profile=Domain|", "Profile=Domain: " },
                { OURS "RA4=192.0.2.8|", "RA4=192.0.2.8: " },
                { OURS "RA6=2001:db8::7|", "RA6=2001:db8::7: " },
                { OURS "LPort=80|", "LPort=80: " },
                { "Action=Block|", "Action=Block: " },
                { "Active=FALSE|", "Active=FALSE: " },
                { "Dir=Out|", "Dir=Out: " },
                { "Protocol=17|", "Protocol=17: " },
                { "Name=another|", "Name=another: " },
                { "RA4=|", "RA4=: " },
                { BEGIN "LPort=445|Name=" NAME "|Protocol=6|RA4=nobody|", "RA4: " },
                { CHANGED, "does not say all" },
                { BEGIN "Name=" NAME "|Protocol=6|RA4=192.0.2.7|", "does not say all" },
                { BEGIN "LPort=445|Protocol=6|RA4=192.0.2.7|", "does not say all" },
        };

        take_firewall();
        write_rule("a", "v2.10|" CHANGED);
        for (size_t i = 0; i < PF_ELEMENTS(rules); i++)
                refuse(rules[i][0], -EINVAL, rules[i][1]);
        expect(NAME, CHANGED);
        give_firewall_back();
}
END_TEST

/* Which call says no, and what is there then. */
static const struct Step {
        HRESULT *call;
        const char *text, *left;
} steps[] = {
        { &classes_say.create, "NetFwPolicy2: ", CHANGED },
        { &classes_say.rules, "NetFwPolicy2: ", CHANGED },
        { &classes_say.put, "INetFwRule: ", CHANGED },
        { &classes_say.item, "INetFwRules::Item: ", CHANGED },
        { &classes_say.remove, "INetFwRules::Remove: ", CHANGED },
        { &classes_say.add, "INetFwRules::Add: ", NULL },
};

START_TEST(refused) {
        static const struct {
                HRESULT hresult;
                int wanted;
                const char *text;
        } answers[] = {
                { E_ACCESSDENIED, -EACCES, "error 5" },
                { E_OUTOFMEMORY, -ENOMEM, "error 14" },
                { E_NOTIMPL, -EIO, "HRESULT 0x80004001" },
                { (HRESULT) 0x800706D9, -EIO, "error 1753" }, /* its service does not run */
        };
        const struct Step *step = &steps[_i];

        take_firewall();
        for (size_t i = 0; i < PF_ELEMENTS(answers); i++) {
                write_rule("a", "v2.10|" CHANGED);
                *step->call = answers[i].hresult;
                refuse(OURS, answers[i].wanted, step->text);
                refuse(OURS, answers[i].wanted, answers[i].text);
                expect(NAME, step->left);
        }
        *step->call = S_OK;
        change(NAME, OURS);
        expect(NAME, OURS);
        give_firewall_back();
}
END_TEST

/* Nobody is told that it is gone who could not look, or not remove it. */
START_TEST(not_removed) {
        HRESULT *const calls[] = { &classes_say.item, &classes_say.remove };

        take_firewall();
        change(NAME, OURS);
        for (size_t i = 0; i < PF_ELEMENTS(calls); i++) {
                *calls[i] = E_ACCESSDENIED;
                refuse(NULL, -EACCES, "error 5");
                expect(NAME, OURS);
                *calls[i] = S_OK;
        }
        give_firewall_back();
}
END_TEST

/* What is there may become otherwise: nobody is told that nothing has changed. It takes the minute
 * that a change may. */
START_TEST(one_that_hangs) {
        const PfSetting setting = { PF_SETTING_FIREWALL, (char *) NAME, NULL, NULL };
        PfEffects effects = { 0 };
        char *value = NULL;
        PfErr err = { 0 };

        if (!getenv("PF_FULL")) {
                pf_test_skip("takes 60 s: PF_FULL=1");
                return;
        }
        pf_effects_add_settings(&effects);
        take_firewall();
        InterlockedExchange(&classes_say.hangs, 1);
        refuse(OURS, -ETIMEDOUT, "did not answer");
        ck_assert_int_eq(effects.look(&setting, &value, NULL, &err), -EBUSY);
        ck_assert_ptr_nonnull(strstr(err.text, "has not ended an earlier change"));
        refuse(NULL, -EBUSY, "has not ended an earlier change");
        InterlockedExchange(&classes_say.hangs, 0);
        while (effects.look(&setting, &value, NULL, &err) == -EBUSY)
                Sleep(10); /* or the test's limit of time comes */
        ck_assert_pstr_eq(value, OURS);
        free(value);
        change(NAME, NULL);
        give_firewall_back();
}
END_TEST

/* Wine's own classes keep nothing, whatever they answer: only what is read back tells. */
START_TEST(of_the_system) {
        PfErr err = { 0 };

        remove_rules();
        if (pf_firewall_change(NAME, OURS, &err) != 0)
                ck_assert_str_ne(err.text, "");
        expect(NAME, NULL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("changes-firewall");

        if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
                return 99;
        PF_TEST(suite, of_the_system); /* first: no class of a test that failed is left */
        PF_TEST(suite, added_and_removed);
        PF_TEST(suite, replaced);
        PF_TEST(suite, many);
        PF_TEST(suite, no_rule);
        PF_TEST_LOOP(suite, refused, PF_ELEMENTS(steps));
        PF_TEST(suite, not_removed);
        PF_TEST(suite, one_that_hangs);
        return pf_test_main(suite);
}
