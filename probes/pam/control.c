/* SPDX-License-Identifier: MIT */
/*
 * The words of a line, and what a control makes of each code.
 */
#include "probes/pam/control.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\n"
#define UNDEFINED (-99)

static const char *const code_names[PF_PAM_N_CODES] = {
        [PF_PAM_SUCCESS] = "success",
        [PF_PAM_OPEN_ERR] = "open_err",
        [PF_PAM_SYMBOL_ERR] = "symbol_err",
        [PF_PAM_SERVICE_ERR] = "service_err",
        [PF_PAM_SYSTEM_ERR] = "system_err",
        [PF_PAM_BUF_ERR] = "buf_err",
        [PF_PAM_PERM_DENIED] = "perm_denied",
        [PF_PAM_AUTH_ERR] = "auth_err",
        [PF_PAM_CRED_INSUFFICIENT] = "cred_insufficient",
        [PF_PAM_AUTHINFO_UNAVAIL] = "authinfo_unavail",
        [PF_PAM_USER_UNKNOWN] = "user_unknown",
        [PF_PAM_MAXTRIES] = "maxtries",
        [PF_PAM_NEW_AUTHTOK_REQD] = "new_authtok_reqd",
        [PF_PAM_ACCT_EXPIRED] = "acct_expired",
        [PF_PAM_SESSION_ERR] = "session_err",
        [PF_PAM_CRED_UNAVAIL] = "cred_unavail",
        [PF_PAM_CRED_EXPIRED] = "cred_expired",
        [PF_PAM_CRED_ERR] = "cred_err",
        [PF_PAM_NO_MODULE_DATA] = "no_module_data",
        [PF_PAM_CONV_ERR] = "conv_err",
        [PF_PAM_AUTHTOK_ERR] = "authtok_err",
        [PF_PAM_AUTHTOK_RECOVERY_ERR] = "authtok_recover_err",
        [PF_PAM_AUTHTOK_LOCK_BUSY] = "authtok_lock_busy",
        [PF_PAM_AUTHTOK_DISABLE_AGING] = "authtok_disable_aging",
        [PF_PAM_TRY_AGAIN] = "try_again",
        [PF_PAM_IGNORE] = "ignore",
        [PF_PAM_ABORT] = "abort",
        [PF_PAM_AUTHTOK_EXPIRED] = "authtok_expired",
        [PF_PAM_MODULE_UNKNOWN] = "module_unknown",
        [PF_PAM_BAD_ITEM] = "bad_item",
        [PF_PAM_CONV_AGAIN] = "conv_again",
        [PF_PAM_INCOMPLETE] = "incomplete",
};

static const struct {
        const char *name;
        int action;
} action_names[] = {
        { "ignore", PF_PAM_DO_IGNORE }, { "ok", PF_PAM_DO_OK },   { "done", PF_PAM_DO_DONE },
        { "bad", PF_PAM_DO_BAD },       { "die", PF_PAM_DO_DIE }, { "reset", PF_PAM_DO_RESET },
};

/* pam.conf(5): each word, and what it is short for. */
static const struct {
        const char *name;
        const char *control;
} controls[] = {
        { "required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad" },
        { "requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die" },
        { "sufficient", "success=done new_authtok_reqd=done default=ignore" },
        { "optional", "success=ok new_authtok_reqd=ok default=ignore" },
};

const char *pf_pam_code_to_string(PfPamCode code) {
        return code < PF_PAM_N_CODES ? code_names[code] : "unknown";
}

static char *end_of_bracket(char *word) {
        for (; *word && *word != ']'; word++)
                if (word[0] == '\\' && word[1] == ']')
                        memmove(word, word + 1, strlen(word));
        return word;
}

char *pf_pam_next_word(char **rest) {
        char *word = *rest;
        char *end;

        if (!word)
                return NULL;
        word += strspn(word, BLANKS);
        *rest = NULL;
        if (!*word)
                return NULL;
        if (*word == '[')
                end = end_of_bracket(++word);
        else
                end = word + strcspn(word, BLANKS);
        if (*end) {
                *end = '\0';
                *rest = end + 1;
        }
        return word;
}

/* Takes @name off the beginning of a text. */
static bool begins_with(const char **text, const char *name) {
        size_t n = strlen(name);

        if (strncmp(*text, name, n) != 0)
                return false;
        *text += n;
        return true;
}

static bool parse_code(const char **text, PfPamCode *ret) {
        for (PfPamCode code = 0; code < PF_PAM_N_CODES; code++)
                if (begins_with(text, code_names[code])) {
                        *ret = code;
                        return true;
                }
        *ret = PF_PAM_N_CODES; /* stands for "default" */
        return begins_with(text, "default");
}

static bool parse_action(const char **text, int *ret) {
        uint32_t jump = 0;

        for (size_t i = 0; i < PF_ELEMENTS(action_names); i++)
                if (begins_with(text, action_names[i].name)) {
                        *ret = action_names[i].action;
                        return true;
                }
        while (**text >= '0' && **text <= '9')
                jump = jump * 10 + (uint32_t) (*(*text)++ - '0'); /* libpam's wraps as well */
        *ret = (int) jump;
        return *ret > 0;
}

static void fill(int actions[PF_PAM_N_CODES], int action, bool all) {
        for (size_t i = 0; i < PF_PAM_N_CODES; i++)
                if (all || actions[i] == UNDEFINED)
                        actions[i] = action;
}

static void skip_blanks(const char **text) {
        *text += strspn(*text, BLANKS);
}

static bool parse_pair(const char **text, int actions[PF_PAM_N_CODES]) {
        PfPamCode code;
        int action;

        if (!parse_code(text, &code))
                return false;
        skip_blanks(text);
        if (!begins_with(text, "="))
                return false;
        skip_blanks(text);
        if (!parse_action(text, &action))
                return false;
        if (code == PF_PAM_N_CODES)
                fill(actions, action, false);
        else
                actions[code] = action;
        return true;
}

bool pf_pam_parse_control(const char *word, int actions[PF_PAM_N_CODES]) {
        fill(actions, UNDEFINED, true);
        for (size_t i = 0; i < PF_ELEMENTS(controls); i++)
                if (strcasecmp(word, controls[i].name) == 0)
                        word = controls[i].control;
        for (skip_blanks(&word); *word; skip_blanks(&word))
                if (!parse_pair(&word, actions)) {
                        fill(actions, PF_PAM_DO_BAD, true);
                        return false;
                }
        fill(actions, PF_PAM_DO_BAD, false);
        return true;
}
