/* SPDX-License-Identifier: MIT */
/* The domain, shares, accounts and their rights: our code, and libraries that say what the
 * test wants (netapi32.c, authz.c, recorded.c). */
#include "tests/windows/asks/asks.h"

#define ADMINISTRATORS "S-1-5-32-544"

/* The account that the test runs as is the one that Wine knows. */
static void own_name(char ret[static 256]) {
        DWORD n = 256;

        ck_assert(GetUserNameA(ret, &n));
}

static void computer_name(char ret[static 256]) {
        DWORD n = 256;

        ck_assert(GetComputerNameA(ret, &n));
}

/* --- is it ours that is called? --- */

START_TEST(libraries) {
        static const char *const names[] = { "netapi32.dll", "authz.dll" };
        char own[MAX_PATH], path[MAX_PATH];

        ck_assert_uint_gt(GetModuleFileNameA(NULL, own, MAX_PATH), 0);
        *strrchr(own, '\\') = '\0';
        ck_assert_uint_gt(GetModuleFileNameA(GetModuleHandleA(names[_i]), path, MAX_PATH), 0);
        *strrchr(path, '\\') = '\0';
        ck_assert_msg(_stricmp(own, path) == 0, "%s of %s: WINEDLLOVERRIDES?", names[_i], path);
}
END_TEST

/* --- the domain --- */

START_TEST(join) {
        static const struct {
                const char *said, *name;
                uint32_t error, status;
        } cases[] = {
                { NULL, NULL, 0, PF_JOIN_WORKGROUP },
                { "[join]\nstatus=3\nname=CORP\n", "CORP", 0, PF_JOIN_DOMAIN },
                { "[join]\nstatus=1\n", NULL, 0, PF_JOIN_NONE },
                { "[join]\nerror=5\nname=CORP\n", NULL, 5, PF_JOIN_UNKNOWN },
        };
        PfWindowsJoin fact = { 0 };

        asks_say(cases[_i].said);
        asks_fact(PF_WINDOWS_JOIN, "join", &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ck_assert_uint_eq(fact.status, cases[_i].status);
        ck_assert_pstr_eq(fact.name, cases[_i].name);
        pf_windows_fact_deinit(PF_WINDOWS_JOIN, &fact);
}
END_TEST

START_TEST(controller) {
        PfWindowsController fact = { 0 };

        asks_say("[controller]\nname=\\\\DC1.corp.example\naddress=\\\\192.0.2.1\n");
        asks_fact(PF_WINDOWS_CONTROLLER, "controller", &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_str_eq(fact.name, "\\\\DC1.corp.example");
        ck_assert_str_eq(fact.address, "\\\\192.0.2.1");
        pf_windows_fact_deinit(PF_WINDOWS_CONTROLLER, &fact);
        asks_say(NULL);
        asks_fact(PF_WINDOWS_CONTROLLER, "controller", &fact);
        ck_assert_uint_eq(fact.error, ERROR_NO_SUCH_DOMAIN);
        ck_assert_ptr_null(fact.name);
        asks_say("[controller]\nerror=5\n");
        asks_fact(PF_WINDOWS_CONTROLLER, "controller", &fact);
        ck_assert_uint_eq(fact.error, ERROR_ACCESS_DENIED);
}
END_TEST

#define MEMBER "[join]\nstatus=3\nname=CORP\n"

START_TEST(channel) {
        static const struct {
                const char *said;
                uint32_t error, status;
                const char *controller;
                uint32_t flags, pdc_status;
        } cases[] = {
                { MEMBER "[channel]\ncontroller=\\\\DC1\n", 0, 0, "\\\\DC1", 0, 0 },
                { MEMBER "[channel]\nstatus=1789\n", 0, 1789, NULL, 0, 0 },
                { MEMBER "[channel]\nstatus=1311\n", 0, 1311, NULL, 0, 0 },
                { MEMBER "[channel]\nerror=5\nflags=0x80\npdcStatus=5\n", 5, 0, NULL, 0, 0 },
                { MEMBER "[channel]\nflags=0xb0\npdcStatus=1789\n", 0, 0, NULL, 0xb0, 1789 },
        };
        PfWindowsChannel fact = { 0 };

        asks_say(cases[_i].said);
        asks_fact(PF_WINDOWS_CHANNEL, "CORP", &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ck_assert_uint_eq(fact.status, cases[_i].status);
        ck_assert_uint_eq(fact.flags, cases[_i].flags);
        ck_assert_uint_eq(fact.pdc_status, cases[_i].pdc_status);
        ck_assert_pstr_eq(fact.controller, cases[_i].controller);
        pf_windows_fact_deinit(PF_WINDOWS_CHANNEL, &fact);
        asks_fact(PF_WINDOWS_CHANNEL, "OTHER", &fact); /* it was given the name */
        ck_assert_uint_eq(fact.error, ERROR_NO_SUCH_DOMAIN);
}
END_TEST

/* Whoever is in no domain is not asked, of which some libraries die. */
START_TEST(not_of_members) {
        static const PfWindowsFact facts[] = { PF_WINDOWS_CHANNEL, PF_WINDOWS_TIME };
        union {
                PfWindowsChannel channel;
                PfWindowsTime time;
        } fact = { 0 };
        PfErr err = { 0 };

        asks_say("[join]\nstatus=2\nname=WORKGROUP\n");
        ck_assert_int_eq(asks_try(facts[_i], "WORKGROUP", &fact, &err), -ENOTSUP);
        ck_assert_ptr_nonnull(strstr(err.text, "the machine is in no domain"));
}
END_TEST

START_TEST(time_of_day) {
        PfWindowsTime fact = { 0 };

        asks_say(MEMBER "[clock]\nahead=600\n");
        asks_fact(PF_WINDOWS_TIME, "\\\\DC1", &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_gt(fact.there_usec, fact.here_usec + 590 * UINT64_C(1000000));
        ck_assert_uint_lt(fact.there_usec, fact.here_usec + 610 * UINT64_C(1000000));
        fact = (PfWindowsTime){ 0 };
        asks_say(MEMBER "[clock]\nerror=53\n");
        asks_fact(PF_WINDOWS_TIME, "\\\\DC1", &fact);
        ck_assert_uint_eq(fact.error, 53);
        ck_assert_uint_eq(fact.there_usec, 0);
}
END_TEST

/* --- shares --- */

START_TEST(share) {
        static const struct {
                const char *said;
                uint32_t error, type;
                const char *path;
        } cases[] = {
                { "[share C$]\ntype=0x80000000\npath=C:\\\n", 0, 0x80000000, "C:\\" },
                { NULL, 2310, 0, NULL },
                { "[share C$]\nerror=2114\npath=C:\\\n", 2114, 0, NULL },
        };
        PfWindowsShare fact = { 0 };

        asks_say(cases[_i].said);
        asks_fact(PF_WINDOWS_SHARE, "C$", &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ck_assert_uint_eq(fact.type, cases[_i].type);
        ck_assert_pstr_eq(fact.path, cases[_i].path);
        pf_windows_fact_deinit(PF_WINDOWS_SHARE, &fact);
}
END_TEST

/* --- accounts --- */

/* The flags of lmaccess.h, as they come. */
static const struct {
        const char *said; /* behind [user NAME] */
        uint32_t error, flags;
        uint64_t expires;
        bool is_password_expired;
} users[] = {
        { "flags=0x10201", 0, 0x10201, 0xFFFFFFFF, false },
        { "flags=0x203", 0, 0x203, 0xFFFFFFFF, false }, /* disabled */
        { "flags=0x211", 0, 0x211, 0xFFFFFFFF, false }, /* locked out */
        { "flags=0x201\nexpires=1700000000", 0, 0x201, 1700000000, false },
        { "flags=0x800201\npasswordExpired=1", 0, 0x800201, 0xFFFFFFFF, true },
        { "error=5", 5, 0, 0, false },
        { "", 2221, 0, 0, false },
};

START_TEST(user) {
        PfWindowsAccount fact = { 0 };
        char said[1024], name[256], computer[256];

        own_name(name);
        computer_name(computer);
        (void) snprintf(said, sizeof(said),
                        "[user %s]\n%s\n[groups]\nsids=S-1-5-32-545," ADMINISTRATORS ",S-1-1-0\n",
                        name, users[_i].said);
        asks_say(said);
        asks_fact(PF_WINDOWS_ACCOUNT, name, &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.info_error, users[_i].error);
        ck_assert_uint_eq(fact.flags, users[_i].flags);
        ck_assert_uint_eq(fact.expires, users[_i].expires);
        ck_assert_int_eq(fact.is_password_expired, users[_i].is_password_expired);
        ck_assert(fact.is_local);
        ck_assert_str_eq(fact.domain, computer);
        ck_assert_str_eq(fact.name, name);
        ck_assert_msg(strncmp(fact.sid, "S-1-5-21-", 9) == 0, "%s", fact.sid);
        ck_assert_uint_eq(fact.token_error, 0);
        ASKS_LIST(&fact.groups, "S-1-5-32-545," ADMINISTRATORS ",S-1-1-0");
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &fact);
}
END_TEST

/* "name", ".\name" and "COMPUTER\name" are one account. */
START_TEST(ways_to_name) {
        PfWindowsAccount fact = { 0 };
        char said[1024], name[256], computer[256], text[600];

        own_name(name);
        computer_name(computer);
        (void) snprintf(said, sizeof(said), "[user %s]\nflags=0x201\n", name);
        asks_say(said);
        (void) snprintf(text, sizeof(text), "%s%s%s",
                        _i == 2   ? computer
                        : _i == 1 ? "."
                                  : "",
                        _i > 0 ? "\\" : "", name);
        asks_fact(PF_WINDOWS_ACCOUNT, text, &fact);
        ck_assert_msg(fact.error == 0 && fact.info_error == 0, "%s: %u, %u", text, fact.error,
                      fact.info_error);
        ck_assert_uint_eq(fact.flags, 0x201);
        ck_assert(fact.is_local);
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &fact);
}
END_TEST

/* By its number: what it is called, the machine says. */
START_TEST(built_in) {
        PfWindowsAccount fact = { 0 };

        asks_say("[user Administrator]\nflags=0x201\n");
        asks_fact(PF_WINDOWS_ACCOUNT, PF_WINDOWS_BUILT_IN, &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.info_error, 0);
        ck_assert(fact.is_local);
        ck_assert_str_eq(fact.name, "Administrator");
        ck_assert_msg(strcmp(fact.sid + strlen(fact.sid) - 4, "-500") == 0, "%s", fact.sid);
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &fact);
}
END_TEST

/* Nobody, and what is no account that signs in. */
START_TEST(no_user) {
        static const char *const names[] = { "nobody-of-that-name", "NOWHERE\\nobody",
                                             ".\\nobody-of-that-name", "Administrators", "Users" };
        PfWindowsAccount fact = { 0 };

        asks_say(NULL);
        asks_fact(PF_WINDOWS_ACCOUNT, names[_i], &fact);
        ck_assert_msg(fact.error == ERROR_NONE_MAPPED, "%s: %u", names[_i], fact.error);
        ck_assert_ptr_null(fact.sid);
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &fact);
}
END_TEST

/* What its groups are is not told: that alone is not known. */
START_TEST(no_groups) {
        PfWindowsAccount fact = { 0 };
        char said[1024], name[256];

        own_name(name);
        (void) snprintf(said, sizeof(said), "[user %s]\nflags=0x201\n[groups]\nerror=5\n", name);
        asks_say(said);
        asks_fact(PF_WINDOWS_ACCOUNT, name, &fact);
        ck_assert_uint_eq(fact.info_error, 0);
        ck_assert_uint_eq(fact.token_error, 5);
        ck_assert_uint_eq(fact.groups.n, 0);
        pf_windows_fact_deinit(PF_WINDOWS_ACCOUNT, &fact);
}
END_TEST

/* More than come at a time. */
START_TEST(administrators) {
        PfWindowsAdministrators fact = { 0 };
        PfErr err = { 0 };

        asks_say("[administrators]\nsids=S-1-5-21-1-2-3-500,S-1-5-21-1-2-3-1001,"
                 "S-1-5-21-9-9-9-512,S-1-5-21-9-9-9-1104,S-1-5-18\n");
        asks_fact(PF_WINDOWS_ADMINISTRATORS, "members", &fact);
        ck_assert_uint_eq(fact.error, 0);
        ASKS_LIST(&fact.sids, "S-1-5-21-1-2-3-500,S-1-5-21-1-2-3-1001,S-1-5-21-9-9-9-512,"
                              "S-1-5-21-9-9-9-1104,S-1-5-18");
        pf_windows_fact_deinit(PF_WINDOWS_ADMINISTRATORS, &fact);
        asks_say("[administrators]\nerror=5\n");
        asks_fact(PF_WINDOWS_ADMINISTRATORS, "members", &fact);
        ck_assert_uint_eq(fact.error, 5);
        asks_say(NULL); /* as of a library that says nothing: nobody is no answer */
        ck_assert_int_eq(asks_try(PF_WINDOWS_ADMINISTRATORS, "members", &fact, &err), -EIO);
        ck_assert_ptr_nonnull(strstr(err.text, "names nobody"));
}
END_TEST

/* --- rights --- */

START_TEST(rights) {
        static const struct {
                const char *said;
                uint32_t error;
                const char *allowed, *denied;
        } cases[] = {
                { "[rights]\nallowed=" ADMINISTRATORS ",S-1-5-32-545,S-1-1-0\n", 0,
                  ADMINISTRATORS ",S-1-5-32-545,S-1-1-0", "" },
                { "[rights]\nallowed=S-1-1-0\ndenied=S-1-5-113,S-1-5-32-546\n", 0, "S-1-1-0",
                  "S-1-5-113,S-1-5-32-546" },
                { NULL, 0, "", "" },
                { "[rights]\nstatus=0xC0000022\n", 5, "", "" }, /* STATUS_ACCESS_DENIED */
        };
        PfWindowsLogonRights fact = { 0 };

        asks_say(cases[_i].said);
        asks_fact(PF_WINDOWS_LOGON_RIGHTS, "network", &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ASKS_LIST(&fact.allowed, cases[_i].allowed);
        ASKS_LIST(&fact.denied, cases[_i].denied);
        pf_windows_fact_deinit(PF_WINDOWS_LOGON_RIGHTS, &fact);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-domain");

        PF_TEST_LOOP(suite, libraries, 2);
        PF_TEST_LOOP(suite, join, 4);
        PF_TEST(suite, controller);
        PF_TEST_LOOP(suite, channel, 5);
        PF_TEST_LOOP(suite, not_of_members, 2);
        PF_TEST(suite, time_of_day);
        PF_TEST_LOOP(suite, share, 3);
        PF_TEST_LOOP(suite, user, PF_ELEMENTS(users));
        PF_TEST_LOOP(suite, ways_to_name, 3);
        PF_TEST(suite, built_in);
        PF_TEST_LOOP(suite, no_user, 5);
        PF_TEST(suite, no_groups);
        PF_TEST(suite, administrators);
        PF_TEST_LOOP(suite, rights, 4);
        return pf_test_main(suite);
}
