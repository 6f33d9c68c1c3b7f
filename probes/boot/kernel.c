/* SPDX-License-Identifier: MIT */
/*
 * Probe kernel: has the agent a driver for the kernel that runs, and for the one that
 * runs after the next start? And will that one find its disk in Azure?
 *
 * The installer looks at the running kernel alone. In an image none runs: there the
 * installed ones are judged.
 */
#include "probes/boot/kernel-facts.h"

#include <string.h>

#include "config/kernels.h"

const PfCheck pf_kernel_checks[PF_KERNEL_N_CHECKS] = {
        [PF_KERNEL_NEXT] = { "boot.next-kernel" },
        [PF_KERNEL_DRIVERS] = { "boot.drivers" },
        [PF_KERNEL_OS] = { "os.kernel" },
};

static void facts_deinit(PfKernelFacts *facts) {
        pf_boot_inventory_deinit(&facts->inventory);
        pf_boot_kernel_deinit(&facts->next);
        pf_boot_kernel_deinit(&facts->running);
}

static int gather(PfKernelFacts *facts, PfErr *err) {
        PfErr ignored = { 0 };
        int r;

        r = pf_system_identify(facts->target, &facts->system, &ignored);
        if (r == -ENOMEM)
                return r;
        facts->system_known = r == 0;
        r = pf_boot_inventory_load(facts->target, &facts->inventory, err);
        if (r < 0)
                return r;
        r = pf_boot_kernel_next(facts->target, &facts->inventory, &facts->next, &facts->next_err);
        if (r < 0)
                return r;
        facts->next_known = r == 0;
        r = pf_boot_kernel_running(facts->target, &facts->running, &facts->running_err);
        facts->runs = r == 0;
        return r == -ENOMEM ? r : 0;
}

static void judge(const PfKernelFacts *facts, const char *version, PfKernelJudgement *ret) {
        if (facts->system_known) {
                pf_kernel_judge(facts->demand, &facts->system, version, ret);
                return;
        }
        *ret = (PfKernelJudgement){ .support = PF_KERNEL_UNKNOWN };
        (void) snprintf(ret->why, sizeof(ret->why),
                        "cannot be judged: no file names the distribution");
}

static const char *expected(const PfKernelJudgement *judgement) {
        return judgement->expected[0] && judgement->support != PF_KERNEL_SUPPORTED
                       ? judgement->expected
                       : NULL;
}

/* Lists that are not those of the program: which, since they make the verdict. */
static int add_list_evidence(const PfKernelFacts *facts, PfReport *report,
                             const PfKernelJudgement *judgement) {
        const PfKernels *kernels = facts->demand->kernels;
        char text[PF_KERNEL_REASON_MAX];

        if (!judgement->by_list || !pf_kernels_file(kernels))
                return report->error;
        (void) snprintf(text, sizeof(text), "kernel lists of %s, as of %s",
                        pf_kernels_file(kernels), pf_kernels_as_of(kernels));
        return pf_report_evidence(report, NULL, NULL, 0, text, NULL);
}

typedef int (*Answer)(PfReport *report, const PfCheck *check, const char *fmt, ...);

static const Answer answers[] = {
        [PF_KERNEL_SUPPORTED] = pf_report_pass,
        [PF_KERNEL_DOUBTFUL] = pf_report_warn,
        [PF_KERNEL_REFUSED] = pf_report_fail,
        [PF_KERNEL_UNKNOWN] = pf_report_unknown,
};

/* Text of the verdict, after the kernel's name: "is …" or a sentence of its own. */
static const char *joint(const PfKernelJudgement *judgement) {
        static const char *const verbs[] = { "is ", "was ", "cannot " };

        for (size_t i = 0; i < PF_ELEMENTS(verbs); i++)
                if (strncmp(judgement->why, verbs[i], strlen(verbs[i])) == 0)
                        return " ";
        return ": ";
}

/* The installer refuses where the modules of the running kernel are gone. */
static int check_directory(const PfKernelFacts *facts, PfReport *report, bool *ret_answered) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_OS];
        char path[PF_KERNEL_REASON_MAX];
        PfFileInfo info;
        PfErr err = { 0 };
        int r;

        (void) snprintf(path, sizeof(path), "/lib/modules/%s/kernel/drivers/char",
                        facts->running.version);
        r = pf_target_stat(facts->target, path, &info, &err);
        *ret_answered = r != 0;
        if (r == 0 || r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_report_unknown(report, check,
                                         "whether the modules of the running kernel are there is "
                                         "not known: %s",
                                         err.text);
        (void) pf_report_fail(report, check,
                              "the modules of the running kernel %s are not installed any more",
                              facts->running.version);
        (void) pf_report_evidence(report, facts->target, path, 0, NULL, "a directory");
        (void) pf_report_evidence(report, facts->target, facts->running.path, facts->running.line,
                                  facts->running.version, NULL);
        return pf_report_remedy(report,
                                "Start an installed kernel, or install the package of %s "
                                "again",
                                facts->running.version);
}

static int check_running(const PfKernelFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_OS];
        const PfBootKernel *kernel = &facts->running;
        PfKernelJudgement judgement;
        bool answered = false;
        int r;

        judge(facts, kernel->version, &judgement);
        if (judgement.support == PF_KERNEL_SUPPORTED || judgement.support == PF_KERNEL_DOUBTFUL) {
                r = check_directory(facts, report, &answered);
                if (r < 0 || answered)
                        return r;
        }
        (void) answers[judgement.support](report, check, "the running kernel %s%s%s",
                                          kernel->version, joint(&judgement), judgement.why);
        (void) pf_report_evidence(report, facts->target, kernel->path, kernel->line,
                                  kernel->version, expected(&judgement));
        return add_list_evidence(facts, report, &judgement);
}

static int add_installed_evidence(const PfKernelFacts *facts, PfReport *report,
                                  const PfStrv *versions, PfKernelSupport worst) {
        for (size_t i = 0; i < versions->n; i++) {
                char path[PF_KERNEL_REASON_MAX];
                PfKernelJudgement judgement;

                judge(facts, versions->items[i], &judgement);
                if (judgement.support != worst)
                        continue;
                (void) snprintf(path, sizeof(path), "/lib/modules/%s", versions->items[i]);
                (void) pf_report_evidence(report, facts->target, path, 0, versions->items[i],
                                          expected(&judgement));
        }
        return report->error;
}

/* An image: nobody knows which kernel will run when the agent is installed, unless
 * the boot loader says so. */
static int check_installed(const PfKernelFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_OS];
        PF_AUTO_STRV PfStrv versions = { 0 };
        PfKernelJudgement judgement, worst = { .support = PF_KERNEL_SUPPORTED };
        size_t n_supported = 0, i_worst = 0;
        PfErr err = { 0 };
        int r = pf_boot_kernel_list(facts->target, &versions, &err);

        if (r == -ENOMEM)
                return r;
        if (r < 0 || versions.n == 0)
                return pf_report_unknown(report, check,
                                         "no kernel runs there, and which are installed is not "
                                         "known: %s",
                                         r < 0 ? err.text : "/lib/modules has none");
        for (size_t i = 0; i < versions.n; i++) {
                judge(facts, versions.items[i], &judgement);
                n_supported += judgement.support == PF_KERNEL_SUPPORTED;
                if (i == 0 || judgement.support > worst.support) {
                        worst = judgement;
                        i_worst = i;
                }
        }
        if (worst.support == PF_KERNEL_REFUSED && n_supported > 0)
                (void) pf_report_warn(
                        report, check, "%zu of the %zu installed kernels are supported; %s%s%s",
                        n_supported, versions.n, versions.items[i_worst], joint(&worst), worst.why);
        else
                (void) answers[worst.support](report, check, "the installed kernel %s%s%s",
                                              versions.items[i_worst], joint(&worst), worst.why);
        (void) add_installed_evidence(facts, report, &versions, worst.support);
        return add_list_evidence(facts, report, &worst);
}

static int check_next(const PfKernelFacts *facts, PfReport *report) {
        const PfCheck *check = &pf_kernel_checks[PF_KERNEL_NEXT];
        const PfBootKernel *kernel = &facts->next;
        PfKernelJudgement judgement;
        bool same;

        if (!facts->next_known)
                return pf_report_unknown(report, check, "which kernel starts next is not known: %s",
                                         pf_err_text(&facts->next_err, facts->next_err.code));
        judge(facts, kernel->version, &judgement);
        same = facts->runs && strcmp(facts->running.version, kernel->version) == 0;
        (void) answers[judgement.support](report, check, "the kernel of the next start%s, %s,%s%s",
                                          same ? ", which runs now" : "", kernel->version,
                                          joint(&judgement), judgement.why);
        (void) pf_report_evidence(report, facts->target, kernel->path, kernel->line,
                                  kernel->version, expected(&judgement));
        (void) add_list_evidence(facts, report, &judgement);
        if (judgement.support == PF_KERNEL_REFUSED && facts->runs && !same)
                return pf_report_vendor_verdict(report, "nothing: it looks at the running kernel "
                                                        "alone");
        return report->error;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_CLEANUP(facts_deinit) PfKernelFacts facts = { .target = target, .demand = demand };
        int r;

        r = gather(&facts, err);
        if (r < 0)
                return r;
        (void) check_next(&facts, report);
        r = pf_kernel_check_drivers(&facts, report);
        if (r < 0)
                return r;
        if (facts.running_err.code < 0)
                return pf_report_unknown(report, &pf_kernel_checks[PF_KERNEL_OS],
                                         "which kernel runs is not known: %s",
                                         pf_err_text(&facts.running_err, facts.running_err.code));
        return facts.runs ? check_running(&facts, report) : check_installed(&facts, report);
}

const PfProbe pf_probe_kernel = {
        .name = "kernel",
        .checks = pf_kernel_checks,
        .n_checks = PF_KERNEL_N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 10000,
        .run = run,
};
