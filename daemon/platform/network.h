/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the kernel of a machine says of its network, and whom it reaches: the
 * machine that we run on, or a captured one, which says what it said then.
 */

#include "daemon/base/endpoint.h"
#include "daemon/base/target.h"
#include "daemon/platform/connect.h"
#include "daemon/platform/interfaces.h"

/* Positive outcome of all of these: an image has no kernel that could be asked. */
enum { PF_NETWORK_NOT_ASKED = 4 };

/**
 * pf_machine_interfaces() - its network interfaces
 * Rule:   book "interfaces", question "all": { "interfaces": [ { "name": "eth0",
 *         "kind": "", "master": "", "loopback": false, "up": true, "running": true,
 *         "addresses": [ "192.0.2.20/24" ] } ] }. What is "" or false may be left out.
 * Return: as pf_interfaces_read(); PF_NETWORK_NOT_ASKED; -ENODATA, -EINVAL as
 *         pf_target_recall().
 */
int pf_machine_interfaces(const PfTarget *target, PfInterfaces *ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_machine_route() - which way a packet to an address would go
 * Rule:   book "routes", question "192.0.2.7": { "interface": "eth0" }, or
 *         { "outcome": "none" }.
 * Return: as pf_route_read(), or as above.
 */
int pf_machine_route(const PfTarget *target, const PfIpAddress *address,
                     char ret_name[static PF_INTERFACE_NAME_MAX], PfErr *err) PF_MUST_CHECK;

/* Rule: book "ports", question "left": { "left": true }. Return: as pf_port_left(),
 * or as above. */
int pf_machine_port_left(const PfTarget *target, bool *ret, PfErr *err) PF_MUST_CHECK;

/* What became of one server. */
typedef struct PfEndpointAnswer {
        PfEndpoint endpoint;
        PfLookup lookup; /* 0 at once of an address; its name is the endpoint's host */
        PfReach tries[PF_LOOKUP_ADDRESSES_MAX]; /* one for each address */
} PfEndpointAnswer;

typedef struct PfEndpointAnswers {
        PfEndpointAnswer *items; /* in the order they were asked for in */
        size_t n;
} PfEndpointAnswers;

void pf_endpoint_answers_deinit(PfEndpointAnswers *answers);
#define PF_AUTO_ENDPOINT_ANSWERS PF_CLEANUP(pf_endpoint_answers_deinit)

/**
 * pf_machine_endpoints() - look up servers, and try to connect to them
 * @endpoints: as pf_endpoint_parse(); of a captured machine those that it was
 *             asked for then count instead
 * @timeout_usec: for all together; names take half of it at most
 * Rule:       book "endpoints", question "configured": { "endpoints": [ … ] }, and
 *             for each { "lookup": 0, "lookupMSec": 3, "addresses": [ { "address":
 *             "192.0.2.7", "error": 111 } ] }: numbers of errno.
 * Return:     0; PF_NETWORK_NOT_ASKED, then @ret holds the servers; or as above.
 */
int pf_machine_endpoints(const PfTarget *target, const PfStrv *endpoints, uint64_t timeout_usec,
                         PfEndpointAnswers *ret, PfErr *err) PF_MUST_CHECK;
