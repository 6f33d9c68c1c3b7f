/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where the server listens, or will: one entry a socket, whoever opens it.
 */

#include "daemon/base/ip-address.h"
#include "probes/sshd/room.h"

/* A socket. Texts are borrowed, from the room's look or from what it was made of. */
typedef struct PfSshdEar {
        bool is_ipv6;
        bool is_any;     /* 0.0.0.0 or :: */
        bool takes_ipv4; /* of IPv6: connections over IPv4, too */
        bool is_unknown; /* a name that only a name server could know */
        PfIpAddress address;
        unsigned port;
        const char *path; /* the line that asks for it; NULL: a default */
        unsigned line;
        const char *text;
} PfSshdEar;

/* All zero is deaf. */
typedef struct PfSshdEars {
        PfSshdEar *items;
        size_t n;
} PfSshdEars;

void pf_sshd_ears_deinit(PfSshdEars *ears);
#define PF_AUTO_SSHD_EARS PF_CLEANUP(pf_sshd_ears_deinit)

#define PF_SSHD_EARS_MAX 4096
int pf_sshd_ears_add(PfSshdEars *ears, const PfSshdEar *ear) PF_MUST_CHECK;

/* Those of sshd itself, by its configuration. Names are looked up in /etc/hosts. */
int pf_sshd_ears_of_configuration(const PfSshdRoom *room, const PfSshdEffective *effective,
                                  PfSshdEars *ret, PfErr *err) PF_MUST_CHECK;

/* Those of a unit of type socket, systemd.socket(5), and what sshd-socket-generator
 * adds to it where that is installed. */
int pf_sshd_ears_of_socket(const PfSshdRoom *room, PfSshdEars *ret, PfErr *err) PF_MUST_CHECK;

typedef enum PfSshdHearing {
        PF_SSHD_HEARS,
        PF_SSHD_OTHER_PORT,
        PF_SSHD_OTHER_ADDRESS,
        PF_SSHD_OTHER_FAMILY,
        PF_SSHD_HEARING_UNKNOWN, /* a name could be the address */
        PF_SSHD_DEAF,            /* there are none */
} PfSshdHearing;

/**
 * pf_sshd_ears_judge() - is the connection that is asked about heard?
 * Of an address that the question does not name, any but loopback will do.
 * @ret_ear: receives the one that decides, or NULL
 */
PfSshdHearing pf_sshd_ears_judge(const PfSshdEars *ears, const PfDemand *demand,
                                 const PfSshdEar **ret_ear);

/* Does the question come over IPv6? By its addresses; without any, no. */
bool pf_sshd_is_over_ipv6(const PfDemand *demand);

/**
 * pf_sshd_name_lookup() - what a host name in ListenAddress stands for
 * @family: 4, 6, or 0 for both
 * Return:  0 where /etc/hosts has an address of it, which are added to @ret if that
 *          is not NULL; or one of the outcomes; or a negative errno with a text.
 */
enum {
        PF_SSHD_NAME_UNDECIDED = 1, /* a name server may know it */
        PF_SSHD_NAME_UNKNOWN = 2,   /* nobody can: a name reserved by RFC 2606 or RFC 6761 */
};
int pf_sshd_name_lookup(const PfTarget *target, const char *name, int family, PfSshdEar ear,
                        PfSshdEars *ret, PfErr *err) PF_MUST_CHECK;

/* The same of one value of ListenAddress, with the family that the configuration
 * asks for; 0 also where it is no name. */
int pf_sshd_ears_find_name(const PfTarget *target, const PfSshdEffective *effective,
                           const PfSshdValue *value, PfErr *err) PF_MUST_CHECK;

/* Cuts "192.0.2.5:22", "[::]:22", "name:22" … as sshd -T prints them into @host, of
 * @size bytes, and the port. False where it is none of these. */
bool pf_sshd_listen_split(const char *text, char *host, size_t size, unsigned *ret_port);
