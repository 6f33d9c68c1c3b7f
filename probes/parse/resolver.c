/* SPDX-License-Identifier: MIT */
/*
 * The name of an address, from the files that decide where it is looked up.
 */
#include "probes/parse/resolver.h"

#include <string.h>
#include <strings.h>

#include "probes/parse/hosts.h"

#define FILE_MAX (1u << 20)
#define BLANKS " \t\r\f\v"
#define SERVICES_DEFAULT "files dns"

/* <resolv.h>: RES_TIMEOUT, RES_DFLRETRY, and what options may ask for at most. */
#define TIMEOUT_DEFAULT 5
#define TIMEOUT_MAX 30
#define ATTEMPTS_DEFAULT 2
#define ATTEMPTS_MAX 5

void pf_reverse_answer_deinit(PfReverseAnswer *answer) {
        free(answer->name);
        *answer = (PfReverseAnswer){ 0 };
}

/* --- resolv.conf --- */

static void take_server(const char *value, unsigned line, PfResolvConf *conf) {
        char text[64];
        size_t n = strcspn(value, BLANKS "%");
        PfNameServer server = { .line = line };

        if (conf->n_servers == PF_RESOLV_SERVERS_MAX || n >= sizeof(text))
                return;
        memcpy(text, value, n);
        text[n] = '\0';
        if (pf_ip_address_parse(text, &server.address) == 0)
                conf->servers[conf->n_servers++] = server;
}

static unsigned clip(const char *digits, unsigned max) {
        unsigned long value = strtoul(digits, NULL, 10);

        return value > max ? max : (unsigned) value;
}

static void take_options(char *words, PfResolvConf *conf) {
        char *word;

        while ((word = strsep(&words, BLANKS))) {
                if (strncmp(word, "timeout:", 8) == 0)
                        conf->timeout_seconds = clip(word + 8, TIMEOUT_MAX);
                else if (strncmp(word, "attempts:", 9) == 0)
                        conf->attempts = clip(word + 9, ATTEMPTS_MAX);
                else if (strcmp(word, "rotate") == 0)
                        conf->rotate = true;
        }
}

/* The keyword begins the line. Return: what stands behind it, or NULL. */
static char *value_of(char *line, const char *keyword) {
        size_t n = strlen(keyword);

        if (strncmp(line, keyword, n) != 0 || (line[n] != ' ' && line[n] != '\t'))
                return NULL;
        return line + n + strspn(line + n, BLANKS);
}

static void take_line(char *line, unsigned number, PfResolvConf *conf) {
        char *value;

        if ((value = value_of(line, "nameserver")))
                take_server(value, number, conf);
        else if ((value = value_of(line, "options")))
                take_options(value, conf);
}

void pf_resolv_conf_parse(const char *text, size_t n, PfResolvConf *ret) {
        PfResolvConf conf = { .timeout_seconds = TIMEOUT_DEFAULT, .attempts = ATTEMPTS_DEFAULT };
        const char *end = text + n;
        char line[1024];

        for (unsigned number = 1; text < end; number++) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t length = (size_t) ((newline ? newline : end) - text);
                size_t kept = length < sizeof(line) ? length : sizeof(line) - 1;

                memcpy(line, text, kept);
                line[kept] = '\0';
                take_line(line, number, &conf);
                text += length + (newline != NULL);
        }
        *ret = conf;
}

/* Each server of a round gets twice the time of the one before it, shared out
 * among them all: the resolver of glibc and of BIND before it. */
static unsigned patience(const PfResolvConf *conf, size_t server) {
        unsigned seconds = conf->timeout_seconds << server;

        if (server > 0)
                seconds /= (unsigned) conf->n_servers;
        return seconds > 0 ? seconds : 1;
}

static unsigned delay_from(const PfResolvConf *conf, size_t first, bool *ret_answered) {
        unsigned delay = 0;

        for (unsigned attempt = 0; attempt < conf->attempts; attempt++)
                for (size_t i = 0; i < conf->n_servers; i++) {
                        size_t server = (first + i) % conf->n_servers;

                        if (!pf_ip_address_is_dead(&conf->servers[server].address)) {
                                *ret_answered = true;
                                return delay;
                        }
                        delay += patience(conf, i);
                }
        return delay;
}

unsigned pf_resolv_conf_delay(const PfResolvConf *conf, bool *ret_answered) {
        unsigned worst;

        *ret_answered = false;
        worst = delay_from(conf, 0, ret_answered);
        for (size_t i = 1; conf->rotate && i < conf->n_servers; i++) {
                unsigned delay = delay_from(conf, i, ret_answered);

                worst = delay > worst ? delay : worst;
        }
        return worst;
}

/* --- services --- */

typedef struct Lookup {
        const PfTarget *target;
        const PfIpAddress *address;
        PfReverseAnswer *answer;
        bool is_final; /* found, or nobody knows: no other service counts */
} Lookup;

static void end(Lookup *lookup, PfReverse outcome, const char *why, const char *path,
                unsigned line) {
        lookup->answer->outcome = outcome;
        lookup->answer->why = why;
        lookup->answer->path = path;
        lookup->answer->line = line;
        lookup->is_final = outcome != PF_REVERSE_NONE;
}

/* The name must lead back: to this address, by the line that is found first. */
static bool leads_back(const PfHosts *hosts, const PfHost *host) {
        const char *name = host->names.items[0];
        const PfHost *first = pf_hosts_find_name(hosts, name, 0);

        if (strcasecmp(first->names.items[0], name) != 0)
                return false;
        for (const PfHost *line = first; line;
             line = pf_hosts_find_name(hosts, name, (size_t) (line - hosts->items) + 1))
                if (pf_ip_address_equal(&line->address, &host->address))
                        return true;
        return false;
}

static int ask_files(Lookup *lookup, PfErr *err) {
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = NULL;
        const PfHost *host;
        int r = pf_hosts_read(lookup->target, &hosts, err);

        if (r < 0)
                return r;
        host = pf_hosts_find_address(hosts, lookup->address);
        if (!host)
                return 0;
        lookup->answer->name = strdup(host->names.items[0]);
        if (!lookup->answer->name)
                return -ENOMEM;
        lookup->answer->is_impostor = !leads_back(hosts, host);
        end(lookup, PF_REVERSE_NAME, NULL, PF_HOSTS_PATH, host->line);
        return 0;
}

/* Without a server of its own the library asks this machine, where nobody
 * listens. In an image the file may yet be written, at boot. */
static int ask_dns(Lookup *lookup, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        PfResolvConf conf;
        bool answered;
        int r = pf_target_read(lookup->target, PF_RESOLV_CONF_PATH, FILE_MAX, &buf, err);

        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT && !pf_target_is_live(lookup->target)) {
                end(lookup, PF_REVERSE_UNDECIDED, "which name server is asked is decided at boot",
                    PF_RESOLV_CONF_PATH, 0);
                return 0;
        }
        pf_resolv_conf_parse(buf.data ? buf.data : "", buf.n, &conf);
        lookup->answer->delay_seconds = pf_resolv_conf_delay(&conf, &answered);
        if (conf.n_servers == 0)
                end(lookup, PF_REVERSE_NONE, "no name server is configured", PF_RESOLV_CONF_PATH,
                    0);
        else if (answered)
                end(lookup, PF_REVERSE_UNDECIDED, "a name server would be asked",
                    PF_RESOLV_CONF_PATH, conf.servers[0].line);
        else
                end(lookup, PF_REVERSE_NONE, "the name server cannot exist", PF_RESOLV_CONF_PATH,
                    conf.servers[0].line);
        return 0;
}

/* These know this machine's own names, and those near it, and no others. */
static bool knows_no_strangers(const char *service) {
        static const char *const services[] = { "myhostname", "mymachines", "mdns4_minimal",
                                                "mdns6_minimal", "mdns_minimal" };

        for (size_t i = 0; i < PF_ELEMENTS(services); i++)
                if (strcmp(service, services[i]) == 0)
                        return true;
        return false;
}

static int ask(Lookup *lookup, const char *service, PfErr *err) {
        if (strcmp(service, "files") == 0)
                return ask_files(lookup, err);
        if (strcmp(service, "dns") == 0)
                return ask_dns(lookup, err);
        if (!knows_no_strangers(service))
                end(lookup, PF_REVERSE_UNDECIDED, "a service for names would be asked",
                    PF_NSSWITCH_PATH, 0);
        return 0;
}

/* "[NOTFOUND=return]", or "[!UNAVAIL=return]", which says the same of it. */
static bool ends_where_not_found(const char *action) {
        if (action[0] == '[')
                action++;
        if (action[0] == '!')
                return strncasecmp(action + 1, "notfound=", 9) != 0 &&
                       strcasestr(action, "=return") != NULL;
        return strncasecmp(action, "notfound=return", 15) == 0;
}

/* An action speaks of the service before it. One that knows no strangers does
 * not say that it found nothing, but that it is not there. */
static int ask_services(Lookup *lookup, char *services, PfErr *err) {
        bool has_looked = false;
        char *word;
        int r = 0;

        while (r == 0 && !lookup->is_final && (word = strsep(&services, BLANKS))) {
                if (*word == '\0')
                        continue;
                if (word[0] == '[' || strchr(word, '=')) {
                        if (has_looked && ends_where_not_found(word))
                                return 0;
                        continue;
                }
                has_looked = !knows_no_strangers(word);
                r = ask(lookup, word, err);
        }
        return r;
}

int pf_resolver_services(const PfTarget *target, char **ret, unsigned *ret_line, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        unsigned number = 0;
        char *rest;
        char *line;
        int r = pf_target_read(target, PF_NSSWITCH_PATH, FILE_MAX, &buf, err);

        if (r < 0)
                return r;
        for (rest = buf.data; (line = strsep(&rest, "\n"));) {
                number++;
                line[strcspn(line, "#")] = '\0';
                line += strspn(line, BLANKS);
                if (strncmp(line, "hosts", 5) != 0)
                        continue;
                line += 5 + strspn(line + 5, BLANKS);
                if (*line == ':') {
                        *ret_line = number;
                        *ret = strdup(line + 1);
                        return *ret ? 0 : -ENOMEM;
                }
        }
        *ret_line = 0;
        *ret = strdup(SERVICES_DEFAULT);
        return *ret ? 0 : -ENOMEM;
}

int pf_resolver_reverse(const PfTarget *target, const PfIpAddress *address, PfReverseAnswer *ret,
                        PfErr *err) {
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { .outcome = PF_REVERSE_NONE,
                                                          .why = "no service knows it" };
        Lookup lookup = { .target = target, .address = address, .answer = &answer };
        PF_AUTO_FREE char *services = NULL;
        unsigned line;
        int r = pf_resolver_services(target, &services, &line, err);

        if (r == 0)
                r = ask_services(&lookup, services, err);
        if (r < 0)
                return r;
        *ret = answer;
        answer.name = NULL;
        return 0;
}
