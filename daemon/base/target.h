/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/json.h"
#include "daemon/base/platform.h"
#include "daemon/base/strv.h"

/*
 * The machine under test: a root directory. Every file that is read about a
 * machine is read through this, so that a running machine, the mounted root of
 * an image and a test fixture are one thing.
 *
 * Paths are those the machine itself would use: they start with '/', and '..'
 * and symbolic links, absolute ones too, stay beneath the root. Nothing but
 * regular files is ever opened for reading: no FIFO, no device, no socket; and
 * no more of a file than the caller's limit. Every path asked for is recorded.
 *
 * Functions may be called from several threads at once.
 */
typedef struct PfTarget PfTarget;

/* Positive outcome of what follows: the path, or a directory on it, is not there. */
enum { PF_TARGET_ABSENT = 1 };

typedef enum PfTargetFlags {
        PF_TARGET_DEFAULT = 0,
        PF_TARGET_NO_OPENAT2 = 1 << 0, /* as on a kernel before 5.6 */
        PF_TARGET_AS_FILES = 1 << 1,   /* what lies there, though it be a captured machine */
} PfTargetFlags;

/**
 * pf_target_new() - a machine below a directory
 * @root: the directory; "/" is the running machine ("live"), all else is offline
 * Ownership: one reference for the caller, dropped with pf_target_unref().
 * Return:    0; -ENOENT, -ENOTDIR, -EACCES … with a text.
 */
int pf_target_new(const char *root, PfTargetFlags flags, PfTarget **ret, PfErr *err) PF_MUST_CHECK;
PfTarget *pf_target_ref(PfTarget *target);
PfTarget *pf_target_unref(PfTarget *target);
PF_DEFINE_CLEANUP(PfTarget, pf_target_unref);

/*
 * Is it a running machine? Also true of one that was captured while it ran:
 * what it has in /proc, /sys and /run counts, as it did then.
 */
bool pf_target_is_live(const PfTarget *target);

/* Is it the machine that we run on, so that its kernel can be asked? */
bool pf_target_is_host(const PfTarget *target);

/* The time on the machine, since 1970: now, or when it was captured. */
uint64_t pf_target_now_usec(const PfTarget *target);

const char *pf_target_root(const PfTarget *target); /* as given to pf_target_new() */

/**
 * pf_target_platform() - which system the machine has: PF_PLATFORM_LINUX or …_WINDOWS
 *
 * Rule: the running machine has ours; a captured one what its book says; a root
 *       directory with the registry's /Windows/System32/config/SYSTEM in it, however
 *       that is capitalised, has Windows. All else is taken for Linux. Looked up
 *       once, when it is first asked for; it may block then.
 */
unsigned pf_target_platform(const PfTarget *target);

/**
 * pf_target_find_any_case() - a path whose capitals do not matter, as on Windows
 * @path: absolute, as documents spell it
 * @ret:  receives it as it is spelled there, which the caller frees
 *
 * A name that is there as it is spelled wins; of others that differ in the case of
 * ASCII letters alone the first by bytes does. On Windows itself, where a file is found by
 * every spelling, it is as it was asked for.
 * Return: 0, PF_TARGET_ABSENT, or a negative errno with a text.
 */
int pf_target_find_any_case(const PfTarget *target, const char *path, char **ret,
                            PfErr *err) PF_MUST_CHECK;

/**
 * pf_target_read() - the contents of a regular file
 * @max: more bytes than this are refused, whatever the file's size claims
 * @buf: the contents are added to it; its own maximum counts too. As it was
 *       unless 0 is returned.
 * Return: 0, PF_TARGET_ABSENT, or with a text -EACCES, -EFBIG, -EISDIR,
 *         -EINVAL (FIFO, device, socket), -ELOOP, -EIO …
 */
int pf_target_read(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                   PfErr *err) PF_MUST_CHECK;

/* The first @n bytes of a regular file of any size, or all of a shorter one.
 * Return: as pf_target_read(). */
int pf_target_read_head(const PfTarget *target, const char *path, size_t n, PfBuf *buf,
                        PfErr *err) PF_MUST_CHECK;

typedef enum PfFileType {
        PF_FILE_REGULAR,
        PF_FILE_DIRECTORY,
        PF_FILE_SYMLINK,
        PF_FILE_FIFO,
        PF_FILE_SOCKET,
        PF_FILE_DEVICE,
} PfFileType;

typedef struct PfFileInfo {
        PfFileType type;
        uint32_t mode; /* permission bits, 07777 */
        uint32_t uid;
        uint32_t gid;
        uint64_t size_bytes;
        uint64_t device; /* equal for two files of one mounted file system */
        uint64_t inode;
        int64_t modified_usec; /* since 1970 */
} PfFileInfo;

/* What is at @path, through links; the second does not follow a link at the end.
 * Return: 0, PF_TARGET_ABSENT, or a negative errno with a text. */
int pf_target_stat(const PfTarget *target, const char *path, PfFileInfo *ret,
                   PfErr *err) PF_MUST_CHECK;
int pf_target_lstat(const PfTarget *target, const char *path, PfFileInfo *ret,
                    PfErr *err) PF_MUST_CHECK;

/* The text of a symbolic link, which the caller frees. -EINVAL where it is none. */
int pf_target_readlink(const PfTarget *target, const char *path, char **ret,
                       PfErr *err) PF_MUST_CHECK;

/**
 * pf_target_list() - the names in a directory, without "." and "..", sorted by bytes
 * Return: 0, PF_TARGET_ABSENT, -ENOTDIR, -E2BIG for more than PF_TARGET_LIST_MAX …
 */
#define PF_TARGET_LIST_MAX 65536
int pf_target_list(const PfTarget *target, const char *path, PfStrv *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_target_glob() - the paths that match a pattern, sorted by bytes
 * @pattern: absolute; as glob(3) without flags
 * @ret:     receives absolute paths below the root; stays empty where none matches
 * Return:   0; -E2BIG where more than PF_TARGET_GLOB_MAX names would have to be
 *           looked at; or -EACCES, -EIO … for a directory that could not be
 *           read, since what matches in it is not known. glob(3) leaves such
 *           out, which for root on the machine itself does not happen.
 */
#define PF_TARGET_GLOB_MAX 65536
int pf_target_glob(const PfTarget *target, const char *pattern, PfStrv *ret,
                   PfErr *err) PF_MUST_CHECK;

typedef struct PfSpace {
        uint64_t free_bytes;      /* for an ordinary user: f_bavail */
        uint64_t root_free_bytes; /* with the blocks reserved for root: f_bfree */
        uint64_t total_bytes;
        uint64_t free_inodes;  /* for root; not meaningful where total_inodes is 0 */
        uint64_t total_inodes; /* 0: this file system has no fixed number */
        uint64_t device;       /* as PfFileInfo */
        bool read_only;
        bool no_exec;
        bool is_tmpfs;
} PfSpace;

/* Positive outcome, beside PF_TARGET_ABSENT: the file system is not the machine's. */
enum { PF_TARGET_ELSEWHERE = 2 };

/**
 * pf_target_space() - the file system that holds @path
 *
 * Rule:   a copy of a captured machine gives the answers that were captured
 *         (daemon/base/capture.h). Of any other machine that is not live, only
 *         a mounted file system can tell: a plain directory lies on one of the
 *         host's, whose free space says nothing about the machine.
 * Return: as pf_target_stat(), or PF_TARGET_ELSEWHERE.
 */
int pf_target_space(const PfTarget *target, const char *path, PfSpace *ret,
                    PfErr *err) PF_MUST_CHECK;

/**
 * pf_target_is_public() - could any local user read this?
 * True only where every directory on the way, links followed, may be searched
 * by others and changed by nobody but the owner of the tree (root, or who owns
 * its top), and the file may be read by others. Where a user can put a link in
 * the place of a file, what was read need not be what is there now.
 * False where it cannot be told.
 */
bool pf_target_is_public(const PfTarget *target, const char *path);

typedef enum PfAccess {
        PF_ACCESS_OPENED, /* read or looked at */
        PF_ACCESS_LISTED, /* a directory whose names were read */
        PF_ACCESS_ABSENT,
        PF_ACCESS_FAILED,
} PfAccess;

typedef struct PfAccessRecord {
        const char *path; /* as asked for; borrowed, valid as long as the target */
        PfAccess access;
        int error; /* negative errno for PF_ACCESS_FAILED */
} PfAccessRecord;

/**
 * pf_target_each_access() - the record, every path once, in the order first asked for
 * A path asked for several times has its last outcome. Stops when @visit
 * returns other than 0. @visit must not use the target.
 */
typedef int (*PfAccessVisit)(const PfAccessRecord *record, void *data);
int pf_target_each_access(const PfTarget *target, PfAccessVisit visit, void *data);

/*
 * What a machine was asked that no file of it answers: its kernel, its service
 * manager, a library. A capture keeps such answers in books, which a captured
 * machine gives them back from: daemon/base/capture.h. So who asks
 * 1. looks for the answer with pf_target_recall(),
 * 2. where there is none and pf_target_is_host(), asks,
 * 3. and keeps what was said with pf_target_remember().
 */

/**
 * pf_target_recall() - an answer that was kept
 * @book: "units": its file is /.preflight/units.json
 * @ret:  receives the answer, borrowed, valid as long as the target
 * Return: 0; PF_TARGET_ABSENT where nothing was kept, since this is no captured
 *         machine; -ENODATA with a text where it is one, and this was not asked
 *         then; -EINVAL with a text for a book that cannot be read.
 */
int pf_target_recall(const PfTarget *target, const char *book, const char *question,
                     const PfJson **ret, PfErr *err) PF_MUST_CHECK;

/* Are answers to be kept? */
bool pf_target_is_recorded(const PfTarget *target);

/* Keeps an answer, taken over; the last one counts. Nothing where none are to be
 * kept. What memory has no room for makes the capture fail, not the caller. */
void pf_target_remember(const PfTarget *target, const char *book, const char *question,
                        PfJson *answer_take);

/**
 * PfTargetContents - what was read of a file, to be kept
 * @path: as it was asked for
 * @n:    bytes from the beginning of the file. Called again where more is read.
 * Return: 0, or a negative errno, which makes the capture fail, not the reader.
 *         Called by one thread at a time; must not use the target.
 */
typedef int (*PfTargetContents)(const char *path, const char *bytes, size_t n, void *data);

/* From now on every question and its answer is kept, and every file's contents
 * are given to @contents. Of a target that nobody uses yet. */
void pf_target_start_recording(PfTarget *target, PfTargetContents contents, void *data);

/**
 * pf_target_stop_recording() - nothing is kept any more, not by a probe that hangs either
 * @ret:   receives the books, an object of objects, which the caller frees
 * Return: 0, or what the first answer failed with that could not be kept.
 */
int pf_target_stop_recording(PfTarget *target, PfJson **ret) PF_MUST_CHECK;

/*
 * Who wants to know what of a machine is looked at, to hear when it changes: each
 * function is called before the look is made, so that who begins to watch then
 * misses nothing. On any thread, several at once; they must not use the target.
 */
typedef enum PfTargetLook {
        PF_TARGET_LOOK_AT,      /* at what a path leads to, through links */
        PF_TARGET_LOOK_AT_LINK, /* a link at its end is not followed */
        PF_TARGET_LOOK_LIST,    /* at the names in a directory */
} PfTargetLook;

typedef struct PfTargetObserver {
        /* A file is going to be looked at; its place need not exist. @pattern: of a list,
         * what names matter, as fnmatch(3) without flags; NULL: all. */
        void (*looks)(const char *path, PfTargetLook how, const char *pattern, void *data);
        /* Something is going to be asked that no file answers: @book as in
         * pf_target_recall(), and "space". */
        void (*asks)(const char *book, const char *question, void *data);
        /* What was found is to be judged anew at this time, since 1970. */
        void (*awaits)(uint64_t at_usec, void *data);
        /* The target has come to its end, or has another observer. */
        void (*release)(void *data);
        void *data;
} PfTargetObserver;

/* From now on @observer, copied, is told. Of a target that nobody uses yet. One that tells of
 * looks keeps the record, if anybody: in a service that goes on for years it would grow. */
void pf_target_set_observer(PfTarget *target, const PfTargetObserver *observer);

/* What was read of @target will mean something else at @at_usec, since 1970, by the
 * clock alone: an account that expires. */
void pf_target_await(const PfTarget *target, uint64_t at_usec);
