/* SPDX-License-Identifier: MIT */
#include "daemon/publish/guest-info.h"

#include <string.h>
#include <sys/wait.h>

#include "daemon/platform/run-tool.h"

#define VENDOR_PATH "/sys/class/dmi/id/sys_vendor"
#define VENDOR "VMware"
#define VENDOR_MAX 256
#define DEADLINE_MS 5000

static int is_vmware(const PfTarget *target, PfErr *err) {
        PF_AUTO_BUF PfBuf vendor = PF_BUF_INIT(VENDOR_MAX + 1);
        int r;

        r = pf_target_read(target, VENDOR_PATH, VENDOR_MAX, &vendor, err);
        if (r < 0)
                return r;
        return r == 0 && vendor.data && strncmp(vendor.data, VENDOR, strlen(VENDOR)) == 0;
}

int pf_guest_info_find(const PfTarget *target, const char **ret, PfErr *err) {
        /* of open-vm-tools, and of VMware's own */
        static const char *const tools[] = { "/usr/bin/vmware-rpctool",
                                             "/usr/sbin/vmware-rpctool" };
        int r;

        r = is_vmware(target, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < PF_ELEMENTS(tools) && r == 1; i++) {
                PfFileInfo info;
                int found = pf_target_stat(target, tools[i], &info, err);

                if (found < 0)
                        return found;
                if (found == 0 && info.type == PF_FILE_REGULAR) {
                        *ret = tools[i];
                        return 0;
                }
        }
        return PF_GUEST_INFO_NONE;
}

int pf_guest_info_set(const char *tool, const char *value, PfErr *err) {
        PF_AUTO_BUF PfBuf command = PF_BUF_INIT(PF_GUEST_INFO_MAX + 64);
        PF_AUTO_BUF PfBuf output = PF_BUF_INIT(PF_TOOL_OUTPUT_MAX + 1);
        const char *argv[] = { tool, NULL, NULL };
        int r, status;

        r = pf_buf_printf(&command, "info-set %s %s", PF_GUEST_INFO_KEY, value);
        if (r < 0)
                return pf_err_errno(err, r, "%s", PF_GUEST_INFO_KEY);
        argv[1] = command.data;
        r = pf_tool_run(&(PfTool){ .argv = argv, .deadline_ms = DEADLINE_MS }, &output, &status,
                        err);
        if (r < 0)
                return r;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return pf_err_set(err, -EIO, "%s: ended with %s %d: %.200s", tool,
                                  WIFEXITED(status) ? "status" : "signal",
                                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                                  output.data ? output.data : "");
        return 0;
}
