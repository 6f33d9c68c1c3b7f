/* SPDX-License-Identifier: MIT */
/* What settings are, as a target tells, and what an overlay is to tell of them. */
#include "daemon/remedy/setting.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/overlay.h"
#include "daemon/platform/registry.h"
#include "daemon/platform/windows-facts.h"

#define NO_SUCH_SERVICE 1060

/* Return: 0 or -ENOMEM. */
static int say(const char *value, char **ret) {
        *ret = strdup(value);
        return *ret ? 0 : -ENOMEM;
}

/* --- values of the registry --- */

static int show_value(const PfRegistryValue *value, char **ret) {
        char text[PF_REGISTRY_SHOWN_MAX];

        if (value->type == PF_REGISTRY_DWORD && !value->is_malformed)
                (void) snprintf(text, sizeof(text), "dword:%08" PRIx32, (uint32_t) value->number);
        else
                pf_registry_show(value, text);
        return say(text, ret);
}

bool pf_setting_parse_dword(const char *value, uint32_t *ret) {
        static const char prefix[] = "dword:";
        const char *digits = value + sizeof(prefix) - 1;

        if (strncmp(value, prefix, sizeof(prefix) - 1) != 0 || strlen(digits) != 8 ||
            strspn(digits, "0123456789abcdef") != 8)
                return false;
        *ret = (uint32_t) strtoul(digits, NULL, 16);
        return true;
}

static int read_registry(const PfTarget *target, const PfSetting *setting, char **ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const PfRegistryValue *value;
        int r = pf_registry_read(target, setting->subject, &key, err);

        if (r != 0)
                return r < 0 ? r : 0;
        value = pf_registry_value(&key, setting->name);
        return value ? show_value(value, ret) : 0;
}

/* The key without one of its values, as an answer of the book. */
static PfJson *key_without(const PfRegistryKey *key, const char *name) {
        PfRegistryKey rest = *key;
        PfJson *answer;

        rest.n_values = 0;
        rest.values = calloc(key->n_values + 1, sizeof(*rest.values));
        if (!rest.values)
                return NULL;
        for (size_t i = 0; i < key->n_values; i++)
                if (strcasecmp(key->values[i].name, name) != 0)
                        rest.values[rest.n_values++] = key->values[i];
        answer = pf_registry_key_to_json(&rest);
        free(rest.values);
        return answer;
}

/* @take: the value as an answer has it; NULL: it is gone. */
static int assume_value(PfTarget *overlay, const char *path, const char *name, PfJson *take,
                        PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *value = take;
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        int r = pf_registry_read(overlay, path, &key, err);

        if (r < 0)
                return r;
        if (r == PF_REGISTRY_ABSENT)
                return pf_err_set(err, -EINVAL, "there is no key %s", path);
        answer = key_without(&key, name);
        if (!answer ||
            (value && pf_json_put_take(pf_json_get(answer, "values"), name, PF_STEAL(value)) < 0))
                return -ENOMEM;
        return pf_overlay_answer(overlay, "registry", path, PF_STEAL(answer));
}

static int assume_registry(PfTarget *overlay, const PfSetting *setting, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PF_AUTO_FREE char *now = NULL;
        uint32_t number;
        int r = read_registry(overlay, setting, &now, err);

        if (r < 0)
                return r;
        if (now && !pf_setting_parse_dword(now, &number))
                return pf_err_set(err, -EINVAL, "%s is %s, which could not be put back",
                                  setting->name, now);
        if (!setting->value)
                return assume_value(overlay, setting->subject, setting->name, NULL, err);
        value = pf_json_new_object();
        if (!value || !pf_setting_parse_dword(setting->value, &number) ||
            pf_json_put_uint(value, "dword", number) < 0)
                return value ? -EINVAL : -ENOMEM;
        return assume_value(overlay, setting->subject, setting->name, PF_STEAL(value), err);
}

/* --- services --- */

static const char *const start_types[] = { "boot", "system", "automatic", "demand", "disabled" };

const char *pf_start_type_word(uint64_t start) {
        return start < PF_ELEMENTS(start_types) ? start_types[start] : NULL;
}

int pf_start_type_number(const char *word) {
        for (size_t i = 0; i < PF_ELEMENTS(start_types); i++)
                if (strcmp(start_types[i], word) == 0)
                        return (int) i;
        return -1;
}

/* Positive outcome: there is none. */
enum { NO_SERVICE = 1 };

static int ask_service(const PfTarget *target, const char *name, PfWindowsService *ret,
                       PfErr *err) {
        int r = pf_windows_fact(target, PF_WINDOWS_SERVICE, name, ret, err);

        if (r == PF_WINDOWS_NOT_ASKED)
                return pf_err_set(err, -ENOTSUP, "nobody can be asked about the service %s", name);
        if (r < 0 || ret->error == 0)
                return r;
        if (ret->error == NO_SUCH_SERVICE)
                return NO_SERVICE;
        return pf_err_set(err, -EIO, "Windows does not tell about the service %s: error %" PRIu32,
                          name, ret->error);
}

static int read_start_type(const PfTarget *target, const PfSetting *setting, char **ret,
                           PfErr *err) {
        PfWindowsService service = { 0 };
        int r = ask_service(target, setting->subject, &service, err);
        const char *word = pf_start_type_word(service.start);

        if (r != 0)
                return r < 0 ? r : 0;
        return word ? say(word, ret)
                    : pf_err_set(err, -EINVAL, "%s starts in a way that is not known, %" PRIu32,
                                 setting->subject, service.start);
}

static int read_service(const PfTarget *target, const PfSetting *setting, char **ret, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = ask_service(target, setting->subject, &service, err);
        bool is_stopped =
                service.state <= PF_SERVICE_STOPPED || service.state == PF_SERVICE_STOP_PENDING;

        if (r != 0)
                return r < 0 ? r : 0;
        return say(is_stopped ? "stopped" : "running", ret);
}

/* The members that daemon/platform/windows-facts.c names. */
static PfJson *answer_of(const PfWindowsService *service) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || pf_json_put_uint(answer, "state", service->state) < 0 ||
            pf_json_put_uint(answer, "start", service->start) < 0 ||
            pf_json_put_uint(answer, "exitCode", service->exit_code) < 0 ||
            pf_json_put_uint(answer, "changeError", service->change_error) < 0 ||
            pf_json_put_bool(answer, "changeTried", service->is_change_tried) < 0)
                return NULL;
        return PF_STEAL(answer);
}

static int put_service(PfTarget *overlay, const PfSetting *setting, PfWindowsService *service) {
        PfJson *answer;
        int start;

        if (setting->kind == PF_SETTING_START_TYPE) {
                start = setting->value ? pf_start_type_number(setting->value) : -1;
                if (start < 0)
                        return -EINVAL;
                service->start = (uint32_t) start;
        } else {
                if (!setting->value)
                        return -EINVAL;
                service->state = strcmp(setting->value, "running") == 0 ? PF_SERVICE_RUNNING
                                                                        : PF_SERVICE_STOPPED;
        }
        answer = answer_of(service);
        return answer ? pf_overlay_answer(overlay, "windows-service", setting->subject, answer)
                      : -ENOMEM;
}

static int assume_service(PfTarget *overlay, const PfSetting *setting, PfErr *err) {
        PfWindowsService service = { 0 };
        int r = ask_service(overlay, setting->subject, &service, err);

        if (r == NO_SERVICE)
                return pf_err_set(err, -EINVAL, "there is no service %s", setting->subject);
        return r == 0 ? put_service(overlay, setting, &service) : r;
}

/* --- rules of the firewall --- */

/* Parts that do not say what the rule lets through. */
static bool is_about_nothing(const char *part, size_t n) {
        static const char *const keys[] = { "Desc=", "EmbedCtxt=", "Edge=FALSE" };

        for (size_t i = 0; i < PF_ELEMENTS(keys); i++)
                if (n >= strlen(keys[i]) && strncasecmp(part, keys[i], strlen(keys[i])) == 0)
                        return true;
        return n > 1 && (*part == 'v' || *part == 'V') && !memchr(part, '=', n);
}

/* A mask of all bits behind one address says what it says without. */
static size_t length_of(const char *part, size_t n) {
        static const struct {
                const char *key, *whole;
        } masks[] = { { "RA4=", "/255.255.255.255" }, { "RA4=", "/32" }, { "RA6=", "/128" } };

        for (size_t i = 0; i < PF_ELEMENTS(masks); i++) {
                const size_t behind = strlen(masks[i].whole);

                if (n > behind && strncmp(part, masks[i].key, strlen(masks[i].key)) == 0 &&
                    strncmp(part + n - behind, masks[i].whole, behind) == 0)
                        return n - behind;
        }
        return n;
}

char *pf_firewall_rule_plain(const char *rule) {
        PF_AUTO_STRV PfStrv parts = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(strlen(rule) + 2);
        int r = pf_buf_add_string(&text, "");

        for (const char *part = rule; *part && r == 0; part += strspn(part, "|")) {
                const size_t n = strcspn(part, "|");
                PF_AUTO_FREE char *copy = strndup(part, length_of(part, n));

                if (!copy)
                        return NULL;
                if (n > 0 && !is_about_nothing(part, n))
                        r = pf_strv_add(&parts, copy);
                part += n;
        }
        pf_strv_sort(&parts);
        for (size_t i = 0; i < parts.n && r == 0; i++)
                r = pf_buf_printf(&text, "%s|", parts.items[i]);
        return r == 0 ? pf_buf_steal(&text) : NULL;
}

/* Windows gives the value a name of its own, and keeps that of the rule within. */
static const PfRegistryValue *find_rule(const PfRegistryKey *key, const char *name) {
        char part[PF_SETTING_SHOWN_MAX];

        (void) snprintf(part, sizeof(part), "|Name=%s|", name);
        for (size_t i = 0; i < key->n_values; i++)
                if (key->values[i].text && strstr(key->values[i].text, part))
                        return &key->values[i];
        return NULL;
}

static int read_firewall(const PfTarget *target, const PfSetting *setting, char **ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const PfRegistryValue *value;
        int r = pf_registry_read(target, PF_FIREWALL_RULES, &key, err);

        if (r != 0)
                return r < 0 ? r : 0;
        value = find_rule(&key, setting->subject);
        if (!value)
                return 0;
        *ret = pf_firewall_rule_plain(value->text);
        return *ret ? 0 : -ENOMEM;
}

/* Of a rule of that name only the wanted one could be made again: pf_firewall_change() makes rules
 * of one shape. */
static int check_firewall(const PfTarget *target, const PfSetting *setting, PfErr *err) {
        PF_AUTO_FREE char *now = NULL;
        PF_AUTO_FREE char *wanted = pf_firewall_rule_plain(setting->value);
        int r = wanted ? read_firewall(target, setting, &now, err) : -ENOMEM;

        if (r < 0 || !now || strcmp(now, wanted) == 0)
                return r;
        return pf_err_set(err, -EINVAL,
                          "a rule of the name %s is there, which could not be put back; remove it",
                          setting->subject);
}

static int assume_firewall(PfTarget *overlay, const PfSetting *setting, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *value = pf_json_new_object();
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SETTING_SHOWN_MAX * 4);
        int r;

        if (!setting->value)
                return pf_err_set(err, -EINVAL, "the rule %s is not ours to remove",
                                  setting->subject);
        r = check_firewall(overlay, setting, err);
        if (r < 0)
                return r;
        if (!value || pf_buf_printf(&text, "v2.10|%s", setting->value) < 0 ||
            pf_json_put_string(value, "sz", text.data) < 0)
                return -ENOMEM;
        return assume_value(overlay, PF_FIREWALL_RULES, setting->subject, PF_STEAL(value), err);
}

/* --- */

static const struct {
        int (*read)(const PfTarget *target, const PfSetting *setting, char **ret, PfErr *err);
        int (*assume)(PfTarget *overlay, const PfSetting *setting, PfErr *err);
} kinds[] = {
        [PF_SETTING_REGISTRY] = { read_registry, assume_registry },
        [PF_SETTING_START_TYPE] = { read_start_type, assume_service },
        [PF_SETTING_SERVICE] = { read_service, assume_service },
        [PF_SETTING_FIREWALL] = { read_firewall, assume_firewall },
};

int pf_setting_read(const PfTarget *target, const PfSetting *setting, char **ret, PfErr *err) {
        *ret = NULL;
        return kinds[setting->kind].read(target, setting, ret, err);
}

int pf_setting_assume(PfTarget *overlay, const PfSetting *setting, PfErr *err) {
        return kinds[setting->kind].assume(overlay, setting, err);
}
