/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/outcomes.h"

#include "daemon/ctl/format-table.h"

char *pf_outcomes_details(const PfFinding *finding) {
        static const PfTerminal plain = { .utf8 = true };
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &plain);
        if (finding->check)
                pf_table_details(&page, 0, finding->check);
        return page.error == 0 ? pf_buf_steal(&page.out) : NULL;
}
