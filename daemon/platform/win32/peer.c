/* SPDX-License-Identifier: MIT */
/*
 * Local sockets on Windows are named pipes: who is at the other end, who may open one,
 * and whose it is.
 *
 * A user has no number here: PfPeer's is made of the identifier of the account, and is 0
 * for the system itself and for administrators whose rights are in force.
 */
#include "daemon/platform/peer.h"

#include <string.h>
#include <wchar.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/trust.h"
#include "daemon/platform/win32/windows-ask.h"

#define PENDING_INSTANCES 16 /* that clients find without waiting */
#define BUSY_MS 5000         /* for one of them to become free */
#define PIPES "\\\\.\\pipe\\"
#define DESCRIPTION_MAX 512

/* What reading and writing messages takes, without the right to serve the pipe too, which
 * GENERIC_WRITE has: Named Pipe Security and Access Rights. */
#define MESSAGES (FILE_GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA)

_Static_assert(MESSAGES == 0x12019b, "as the description of the access spells it");

typedef union Sid {
        SID sid;
        unsigned char bytes[SECURITY_MAX_SID_SIZE];
} Sid;

void pf_peer_deinit(PfPeer *peer) {
        *peer = (PfPeer){ 0 };
}

/* --- who --- */

/* @token: that can be impersonated, or NULL: of this thread or process. A group that the
 * token has only to be denied by it is none. */
static int has_group(HANDLE token, WELL_KNOWN_SID_TYPE type, bool *ret, PfErr *err) {
        Sid sid;
        DWORD n = sizeof(sid);
        BOOL is_member;

        if (!CreateWellKnownSid(type, NULL, &sid, &n) ||
            !CheckTokenMembership(token, &sid, &is_member))
                return pf_err_windows(err, GetLastError(), "cannot tell the groups of a user");
        *ret = is_member;
        return 0;
}

/* FNV-1a. Users that fall together share a limit of connections, and nothing else. */
static uint32_t number_of(PSID sid) {
        const unsigned char *bytes = sid;
        uint32_t hash = 2166136261u;

        for (DWORD i = 0; i < GetLengthSid(sid); i++)
                hash = (hash ^ bytes[i]) * 16777619u;
        return hash > 0 ? hash : 1;
}

static int describe_user(HANDLE token, PfPeer *peer, PfErr *err) {
        PfTokenUser buffer;
        DWORD n;

        if (!GetTokenInformation(token, TokenUser, &buffer, sizeof(buffer), &n))
                return pf_err_windows(err, GetLastError(), "cannot tell a user");
        peer->uid = peer->gid = number_of(buffer.user.User.Sid);
        return 0;
}

/* @asked: where to ask for groups; see has_group(). */
static int describe_token(HANDLE token, HANDLE asked, PfPeer *peer, PfErr *err) {
        static const WELL_KNOWN_SID_TYPE privileged[] = { WinLocalSystemSid,
                                                          WinBuiltinAdministratorsSid };
        bool is_member = false;
        int r;

        r = describe_user(token, peer, err);
        for (size_t i = 0; i < PF_ELEMENTS(privileged) && r == 0 && !is_member; i++)
                r = has_group(asked, privileged[i], &is_member, err);
        if (is_member)
                peer->uid = peer->gid = 0;
        return r;
}

static int describe_client(HANDLE token, PfPeer *peer, PfErr *err) {
        bool is_remote = false;
        int r;

        r = has_group(token, WinNetworkSid, &is_remote, err);
        if (r == 0 && is_remote)
                return pf_err_set(err, -EACCES, "a client of another machine is not served");
        return r < 0 ? r : describe_token(token, token, peer, err);
}

/* Nothing is done as somebody else but to look at who that is. */
static int open_client_token(HANDLE pipe, HANDLE *ret, PfErr *err) {
        DWORD code;
        BOOL opened;

        if (!ImpersonateNamedPipeClient(pipe)) {
                code = GetLastError();
                if (code == ERROR_CANNOT_IMPERSONATE)
                        return pf_err_set(err, -EAGAIN, "the client has sent nothing yet");
                if (code == ERROR_INVALID_FUNCTION || code == ERROR_INVALID_PARAMETER)
                        return pf_err_set(err, -ENOTSOCK, "no pipe that serves clients");
                return pf_err_windows(err, code, "cannot tell who is at the other end");
        }
        opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, ret);
        code = opened ? 0 : GetLastError();
        if (!RevertToSelf())
                abort(); /* we would go on as the client */
        return opened ? 0 : pf_err_windows(err, code, "cannot tell who is at the other end");
}

int pf_peer_of_fd(uv_os_fd_t fd, PfPeer *ret, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE token = NULL;
        PfPeer peer = { 0 };
        ULONG pid = 0;
        int r;

        if (GetFileType(fd) != FILE_TYPE_PIPE)
                return GetLastError() == ERROR_INVALID_HANDLE
                               ? pf_err_set(err, -EBADF, "no descriptor")
                               : pf_err_set(err, -ENOTSOCK, "no pipe");
        r = open_client_token(fd, &token, err);
        if (r == 0)
                r = describe_client(token, &peer, err);
        if (r < 0)
                return r;
        if (GetNamedPipeClientProcessId(fd, &pid))
                peer.pid = (int32_t) pid;
        *ret = peer;
        return 0;
}

int pf_peer_of_self(PfPeer *ret, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE token = NULL;
        PfPeer peer = { .pid = (int32_t) GetCurrentProcessId() };
        int r;

        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
                return pf_err_windows(err, GetLastError(), "cannot tell who runs this");
        r = describe_token(token, NULL, &peer, err);
        if (r == 0)
                *ret = peer;
        return r;
}

/* Administrators are the group that may see everything. */
int pf_peer_find_group(const char *name, uint32_t *ret, PfErr *err) {
        (void) name;
        (void) ret;
        (void) err;
        return PF_PEER_NO_GROUP;
}

bool pf_peer_is_root(const PfPeer *peer) {
        return peer->uid == 0;
}

bool pf_peer_is_privileged(const PfPeer *peer, int64_t group) {
        return pf_peer_is_root(peer) || peer->gid == group;
}

/* --- the pipe of a server --- */

static bool is_pipe_of_this_machine(const char *path) {
        return _strnicmp(path, PIPES, strlen(PIPES)) == 0 && path[strlen(PIPES)] != '\0';
}

static int refuse_path(const char *path, PfErr *err) {
        return pf_err_set(err, -EINVAL, "%s: no pipe of this machine, expected " PIPES "NAME",
                          path);
}

/* Whoever runs us must be able to make the next instance of the pipe. */
static int own_sid(char **ret, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE token = NULL;
        PfTokenUser buffer;
        DWORD n;

        if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
            !GetTokenInformation(token, TokenUser, &buffer, sizeof(buffer), &n) ||
            !ConvertSidToStringSidA(buffer.user.User.Sid, ret))
                return pf_err_windows(err, GetLastError(), "cannot tell who runs this");
        return 0;
}

/* Not for the network; all for the system, administrators and us; and messages for who has
 * logged in, where the mode lets others read and write. */
static int describe_access(unsigned mode, char ret[static DESCRIPTION_MAX], PfErr *err) {
        PF_AUTO_LOCAL void *self = NULL;
        char *sid;
        int r;

        r = own_sid(&sid, err);
        if (r < 0)
                return r;
        self = sid;
        (void) snprintf(ret, DESCRIPTION_MAX,
                        "D:P(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;%s)%s", sid,
                        (mode & 06) == 06 ? "(A;;0x12019b;;;AU)" : "");
        return 0;
}

static int restrict_access(HANDLE pipe, const char *path, unsigned mode, PfErr *err) {
        char text[DESCRIPTION_MAX];
        PF_AUTO_LOCAL void *memory = NULL;
        PSECURITY_DESCRIPTOR descriptor;
        BOOL present, defaulted;
        PACL list;
        DWORD code;
        int r;

        r = describe_access(mode, text, err);
        if (r < 0)
                return r;
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                  &descriptor, NULL))
                return pf_err_windows(err, GetLastError(), "%s: cannot describe who may use it",
                                      path);
        memory = descriptor;
        code = GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted)
                       ? SetSecurityInfo(pipe, SE_KERNEL_OBJECT,
                                         DACL_SECURITY_INFORMATION |
                                                 PROTECTED_DACL_SECURITY_INFORMATION,
                                         NULL, NULL, list, NULL)
                       : GetLastError();
        return code ? pf_err_windows(err, code, "%s: cannot say who may use it", path) : 0;
}

/*
 * libuv makes the first instance with FILE_FLAG_FIRST_PIPE_INSTANCE: who has the name
 * already does not get our clients. All instances share what is said of the first.
 * Until it is said there is a moment in which anybody may read, but nothing is written
 * before uv_listen().
 */
int pf_peer_bind(uv_pipe_t *pipe, const char *path, unsigned mode, PfPeerNode *ret, PfErr *err) {
        uv_os_fd_t handle;
        int r;

        if (!is_pipe_of_this_machine(path))
                return refuse_path(path, err);
        uv_pipe_pending_instances(pipe, PENDING_INSTANCES);
        r = uv_pipe_bind(pipe, path);
        if (r == UV_EADDRINUSE)
                return pf_err_set(err, -EADDRINUSE, "%s: somebody else listens there", path);
        if (r == 0)
                r = uv_fileno((uv_handle_t *) pipe, &handle);
        if (r < 0)
                return pf_err_set(err, r == UV_EACCES ? -EACCES : -EIO,
                                  "%s: cannot make the pipe: %s", path, uv_strerror(r));
        r = restrict_access(handle, path, mode, err);
        if (r == 0)
                *ret = (PfPeerNode){ 0 };
        return r;
}

void pf_peer_unbind(const char *path, const PfPeerNode *node) {
        (void) path; /* the name goes with the last handle */
        (void) node;
}

void pf_peer_mark(uv_os_fd_t fd, const char *attribute, const char *listening, const char *entry) {
        (void) fd;
        (void) attribute;
        (void) listening;
        (void) entry;
}

/* --- the pipe of a client --- */

/* The server may learn who we are, and not act as us. */
static int open_pipe(const char *path, HANDLE *ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(path);
        const ULONGLONG end = GetTickCount64() + BUSY_MS;
        HANDLE handle;
        DWORD code;

        if (!wide)
                return -ENOMEM;
        for (;;) {
                handle = CreateFileW(wide, MESSAGES, 0, NULL, OPEN_EXISTING,
                                     FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT |
                                             SECURITY_IDENTIFICATION,
                                     NULL);
                if (handle != INVALID_HANDLE_VALUE)
                        break;
                code = GetLastError();
                if (code != ERROR_PIPE_BUSY || GetTickCount64() >= end)
                        return pf_err_windows(err, code, "%s: cannot connect", path);
                (void) WaitNamedPipeW(wide, BUSY_MS);
        }
        *ret = handle;
        return 0;
}

int pf_peer_connect(uv_pipe_t *pipe, const char *path, PfErr *err) {
        PF_AUTO_WINDOWS_HANDLE HANDLE handle = NULL;
        int fd, r;

        if (!is_pipe_of_this_machine(path))
                return refuse_path(path, err);
        r = open_pipe(path, &handle, err);
        /* Somebody may have taken the name while the service was not there. */
        if (r == 0)
                r = pf_windows_check_owner(handle, SE_KERNEL_OBJECT, path, err);
        if (r < 0)
                return r;
        fd = uv_open_osfhandle(handle);
        if (fd < 0)
                return pf_err_set(err, -EMFILE, "%s: too many descriptors", path);
        handle = NULL; /* it is the descriptor's */
        r = uv_pipe_open(pipe, fd);
        if (r < 0) {
                pf_close(fd);
                return pf_err_set(err, -EIO, "%s: %s", path, uv_strerror(r));
        }
        return 0;
}

/* What listens is never handed to us here. */
bool pf_peer_is_connected(uv_os_fd_t fd) {
        return GetFileType(fd) == FILE_TYPE_PIPE;
}

/* A pipe has no end of what is sent but its end. */
bool pf_peer_hung_up(uv_os_fd_t fd) {
        (void) fd;
        return true;
}

/* Handles have no limit that would come first. */
unsigned pf_peer_raise_descriptors(unsigned want) {
        return want;
}
