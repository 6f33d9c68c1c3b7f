/* SPDX-License-Identifier: MIT */
/*
 * Kernels that the agent has a driver for.
 */
#include "probes/boot/kernels.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/kernels.h"
#include "config/value.h"

#define OTHER_SCENARIO "AzureToAzure"

typedef enum Way {
        BY_LIST,     /* nothing else is accepted */
        BY_RULE,     /* the first row of rules[] that fits decides */
        RULE_OR_LIST /* what no row takes is looked up */
} Way;

/* By ID= of os-release(5). */
static const struct {
        const char *id;
        const char *family; /* of the lists and rules */
        unsigned parts;     /* of the version that go with it */
        Way way;
        const char *flavours[2]; /* how kernels of its lists end; NULL: any way */
} families[] = {
        { "ubuntu", "ubuntu", 2, BY_LIST, { "-generic", "-azure" } },
        { "debian", "debian", 1, BY_LIST, { "-amd64", NULL } },
        { "sles", "sles", 1, RULE_OR_LIST, { NULL } },
        { "sles_sap", "sles", 1, RULE_OR_LIST, { NULL } },
        { "opensuse-leap", "sles", 1, RULE_OR_LIST, { NULL } },
        { "rhel", "rhel", 1, BY_RULE, { NULL } },
        { "centos", "rhel", 1, BY_RULE, { NULL } },
        { "rocky", "rhel", 1, BY_RULE, { NULL } },
        { "almalinux", "rhel", 1, BY_RULE, { NULL } },
        { "ol", "oracle", 1, BY_RULE, { NULL } },
};

/* A row fits by how a kernel begins and ends, what it contains, the series (the number
 * behind the dash) and the two numbers behind that, which must be at least these. */
typedef struct Rule {
        const char *release;
        const char *begins;
        const char *contains;
        const char *ends;
        unsigned series_from;
        unsigned series_to; /* 0: every series */
        unsigned least[2];
        PfKernelSupport support;
        const char *agent; /* an earlier agent is PF_KERNEL_DOUBTFUL */
        const char *text;  /* of a row that does not support, or of that doubt */
} Rule;

#define NO_RULE "there is neither a rule nor a module for it"
#define NEWEST_MODULE "the newest module is tried for a series it was not made for"
#define RHEL84 "kernels of that series from 305.148.1 on need agent 9.65"

/* Of the vendor's prerequisite checker, and for release 9 of its driver script. */
#define RHEL_8_ROWS(release)                                                                       \
        { release, "", ".el8", "", 305, 305, { 148, 1 }, PF_KERNEL_SUPPORTED, "9.65", RHEL84 },    \
                { release, "", ".el8", "", 305, 305, { 30, 1 }, PF_KERNEL_SUPPORTED, NULL, NULL }, \
                { release,  "",                                                                    \
                  ".el8",   "",                                                                    \
                  305,      305,                                                                   \
                  { 0, 0 }, PF_KERNEL_REFUSED,                                                     \
                  NULL,     "its series is supported from 4.18.0-305.30.1 on" },                   \
                { release, "", ".el8", "", 348, 348, { 5, 1 }, PF_KERNEL_SUPPORTED, NULL, NULL },  \
                { release,  "",                                                                    \
                  ".el8",   "",                                                                    \
                  348,      348,                                                                   \
                  { 0, 0 }, PF_KERNEL_REFUSED,                                                     \
                  NULL,     "its series is supported from 4.18.0-348.5.1 on" },                    \
        {                                                                                          \
                release, "", ".el8", "", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL           \
        }
#define SERIES_9(release, series)                                                                  \
        { release, "", ".el9", "", series, series, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL }
#define RHEL_9_ROWS(release)                                                                       \
        SERIES_9(release, 70), SERIES_9(release, 162), SERIES_9(release, 284),                     \
                SERIES_9(release, 362), SERIES_9(release, 427), SERIES_9(release, 503),            \
                SERIES_9(release, 570), SERIES_9(release, 611), SERIES_9(release, 687), {          \
                release, "", ".el9", "", 0, 0, { 0, 0 }, PF_KERNEL_DOUBTFUL, NULL, NEWEST_MODULE   \
        }

/* clang-format off */
static const Rule rules[] = {
        { "rhel-5", "2.6.18-", "", ".el5", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "rhel-5", "2.6.18-", "", ".el5xen", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "rhel-6", "2.6.32-", "", ".el6.x86_64", 71, 754, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "rhel-6", "2.6.32-", "", ".el6.centos.plus.x86_64", 71, 754, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "rhel-7", "", "", ".el7.x86_64", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        RHEL_8_ROWS("rhel-8"),
        RHEL_9_ROWS("rhel-9"),
        { "rhel-10", "", "", "", 0, 0, { 0, 0 }, PF_KERNEL_REFUSED, NULL, NO_RULE },
        { "oracle-6", "2.6.32-", "", ".el6.x86_64", 358, 754, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "oracle-6", "3.8.13-", "", ".el6uek.x86_64", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "oracle-6", "4.1.12-", "", ".el6uek.x86_64", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "oracle-7", "", "", ".el7.x86_64", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "oracle-7", "", ".el7uek.x86_64", "", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "oracle-8", "", ".el8uek.x86_64", "", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        RHEL_8_ROWS("oracle-8"),
        { "oracle-9", "", ".el9uek", "", 0, 0, { 0, 0 }, PF_KERNEL_DOUBTFUL, NULL, "no rule of the vendor names the Unbreakable kernels of release 9" },
        RHEL_9_ROWS("oracle-9"),
        { "oracle-10", "", "", "", 0, 0, { 0, 0 }, PF_KERNEL_REFUSED, NULL, NO_RULE },
        { "sles-11", "3.0.", "", "-default", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "sles-11", "3.0.", "", "-xen", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "sles-12", "", "", "-default", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
        { "sles-15", "", "", "-default", 0, 0, { 0, 0 }, PF_KERNEL_SUPPORTED, NULL, NULL },
};
/* clang-format on */

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), n_end = strlen(end);

        return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* The series and the two numbers behind it; what is not there is 0. */
static void take_numbers(const char *kernel, unsigned long ret[3]) {
        const char *at = strchr(kernel, '-');

        memset(ret, 0, 3 * sizeof(ret[0]));
        for (int i = 0; i < 3 && at && at[1] >= '0' && at[1] <= '9'; i++) {
                char *end;

                ret[i] = strtoul(at + 1, &end, 10);
                at = *end == '.' ? end : NULL;
        }
}

static bool fits(const Rule *rule, const char *release, const char *kernel) {
        unsigned long numbers[3];

        if (strcmp(rule->release, release) != 0 ||
            strncmp(kernel, rule->begins, strlen(rule->begins)) != 0 ||
            !strstr(kernel, rule->contains) || !ends_with(kernel, rule->ends))
                return false;
        take_numbers(kernel, numbers);
        if (rule->series_to > 0 && (numbers[0] < rule->series_from || numbers[0] > rule->series_to))
                return false;
        return numbers[1] != rule->least[0] ? numbers[1] > rule->least[0]
                                            : numbers[2] >= rule->least[1];
}

static void say(PfKernelJudgement *ret, PfKernelSupport support, const char *fmt, ...)
        PF_PRINTF(3, 4);

static void say(PfKernelJudgement *ret, PfKernelSupport support, const char *fmt, ...) {
        va_list args;

        ret->support = support;
        va_start(args, fmt);
        (void) vsnprintf(ret->why, sizeof(ret->why), fmt, args);
        va_end(args);
}

static bool has_rules(const char *release) {
        for (size_t i = 0; i < PF_ELEMENTS(rules); i++)
                if (strcmp(rules[i].release, release) == 0)
                        return true;
        return false;
}

/* Is there a row that decides? */
static bool judge_by_rule(const char *release, const char *kernel, const char *agent_version,
                          PfKernelJudgement *ret) {
        for (size_t i = 0; i < PF_ELEMENTS(rules); i++) {
                const Rule *rule = &rules[i];

                if (!fits(rule, release, kernel))
                        continue;
                if (rule->agent && pf_version_compare(agent_version, rule->agent) < 0)
                        say(ret, PF_KERNEL_DOUBTFUL, "%s", rule->text);
                else if (rule->support == PF_KERNEL_SUPPORTED)
                        say(ret, PF_KERNEL_SUPPORTED, "is of a series that the agent supports");
                else
                        say(ret, rule->support, "%s", rule->text);
                return true;
        }
        return false;
}

/* All lists of that scenario are of later agents: then those of the other scenario, made
 * of the same builds, tell, where the first list there is agrees with them. */
static void judge_before_lists(const PfListing *listing, const PfListing *other,
                               const char *agent_version, PfKernelJudgement *ret) {
        if (listing->since && strcmp(listing->since, listing->first) == 0 &&
            (other->listed == PF_LISTED || other->listed == PF_LISTED_PERHAPS))
                say(ret, PF_KERNEL_SUPPORTED,
                    "is in the Azure-to-Azure list of agent %s and in the oldest on-premises list",
                    agent_version);
        else if (listing->listed == PF_LISTED_NOT && other->listed == PF_LISTED_NOT)
                say(ret, PF_KERNEL_REFUSED, "is in no kernel list of any agent");
        else
                say(ret, PF_KERNEL_UNKNOWN,
                    "cannot be judged: the oldest kernel list is of agent %s, not %s",
                    listing->first, agent_version);
}

static void judge_not_listed(const PfListing *listing, const PfListing *other,
                             const char *agent_version, PfKernelJudgement *ret) {
        if (listing->age == PF_LISTS_OLDER)
                say(ret, PF_KERNEL_UNKNOWN,
                    "is not in the newest kernel list known here, of agent %s", listing->last);
        else if (other->listed != PF_LISTED_NOT)
                say(ret, PF_KERNEL_REFUSED,
                    "is in the list for Azure-to-Azure only, from agent %s on", other->since);
        else
                say(ret, PF_KERNEL_REFUSED, "is not in the kernel list of agent %s", agent_version);
}

static void judge_by_list(const PfKernels *kernels, const char *scenario, const char *release,
                          const char *kernel, const char *agent_version, PfKernelJudgement *ret) {
        PfListing listing = pf_kernels_find(kernels, scenario, release, kernel, agent_version);
        PfListing other = pf_kernels_find(kernels, OTHER_SCENARIO, release, kernel, agent_version);

        if (pf_kernels_problem(kernels)) {
                say(ret, PF_KERNEL_UNKNOWN, "cannot be judged: the kernel lists are wrong: %s",
                    pf_kernels_problem(kernels));
                return;
        }
        ret->by_list = true;
        (void) snprintf(ret->expected, sizeof(ret->expected),
                        "a kernel of the list for %s, as of %s", release,
                        pf_kernels_as_of(kernels));
        if (listing.age == PF_LISTS_NONE)
                say(ret, PF_KERNEL_UNKNOWN, "cannot be judged: there is no kernel list for %s",
                    release);
        else if (listing.age == PF_LISTS_YOUNGER)
                judge_before_lists(&listing, &other, agent_version, ret);
        else if (listing.listed == PF_LISTED)
                say(ret, PF_KERNEL_SUPPORTED, "is in the kernel list of agent %s", agent_version);
        else if (listing.listed == PF_LISTED_PERHAPS)
                say(ret, PF_KERNEL_DOUBTFUL, "is in the kernel lists from agent %s on",
                    listing.since);
        else if (listing.listed == PF_LISTED_LATER)
                say(ret, PF_KERNEL_REFUSED, "is supported from agent %s on, not by %s",
                    listing.since, agent_version);
        else if (listing.listed == PF_LISTED_BEFORE)
                say(ret, PF_KERNEL_DOUBTFUL,
                    "was in the kernel lists until agent %s, which has it "
                    "no more",
                    listing.until);
        else
                judge_not_listed(&listing, &other, agent_version, ret);
}

static void release_name(const char *family, unsigned parts, const char *version, char *ret,
                         size_t n) {
        size_t length = 0;

        for (; version[length] && (version[length] != '.' || --parts > 0); length++)
                ;
        (void) snprintf(ret, n, "%s-%.*s", family, (int) length, version);
}

static bool is_flavour(const char *const flavours[2], const char *kernel) {
        if (!flavours[0])
                return true;
        for (int i = 0; i < 2; i++)
                if (flavours[i] && ends_with(kernel, flavours[i]))
                        return true;
        return false;
}

/* Is there a list for a release, or is it not known whether there is one? */
static bool may_have_list(const PfKernels *kernels, const char *scenario, const char *release,
                          const char *kernel, const char *agent_version) {
        return pf_kernels_problem(kernels) ||
               pf_kernels_find(kernels, scenario, release, kernel, agent_version).age !=
                       PF_LISTS_NONE;
}

void pf_kernel_judge(const PfDemand *demand, const PfSystem *system, const char *kernel,
                     PfKernelJudgement *ret) {
        const PfProfile *profile = demand->profile;
        const char *agent_version = demand->agent_version;
        char release[64];
        size_t i = 0;

        *ret = (PfKernelJudgement){ 0 };
        while (i < PF_ELEMENTS(families) && strcmp(families[i].id, system->id) != 0)
                i++;
        if (i == PF_ELEMENTS(families) || !system->version[0] || !profile->kernel_scenario) {
                say(ret, PF_KERNEL_UNKNOWN, "cannot be judged: there is no kernel list for %s",
                    system->name[0] ? system->name : "this system");
                return;
        }
        release_name(families[i].family, families[i].parts, system->version, release,
                     sizeof(release));
        if (!is_flavour(families[i].flavours, kernel))
                say(ret, PF_KERNEL_REFUSED, "is of a flavour that no kernel list has");
        else if (families[i].way == BY_LIST)
                judge_by_list(demand->kernels, profile->kernel_scenario, release, kernel,
                              agent_version, ret);
        else if (!has_rules(release))
                say(ret, PF_KERNEL_UNKNOWN, "cannot be judged: there is no rule for %s", release);
        else if (judge_by_rule(release, kernel, agent_version, ret))
                return;
        else if (families[i].way == RULE_OR_LIST &&
                 may_have_list(demand->kernels, profile->kernel_scenario, release, kernel,
                               agent_version))
                judge_by_list(demand->kernels, profile->kernel_scenario, release, kernel,
                              agent_version, ret);
        else
                say(ret, PF_KERNEL_REFUSED,
                    "is no kernel of the distribution that the agent has a "
                    "driver for");
}
