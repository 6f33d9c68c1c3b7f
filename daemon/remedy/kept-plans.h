/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/*
 * Plans between Plan() and Apply(): the newest few, for a while. A plan is known by its
 * digest; made again it takes the place of the one before.
 */
#define PF_KEPT_PLANS_MAX 16
#define PF_KEPT_PLANS_USEC (10ull * 60 * 1000000)

typedef struct PfKeptPlan {
        PfPlan *plan;
        PfQuestion *question; /* that it was made for */
        uint64_t made_usec;   /* monotonic */
        bool is_automatic;    /* made for somebody who may only apply what policy allows */
} PfKeptPlan;

void pf_kept_plan_deinit(PfKeptPlan *plan);

/* All zero is empty. */
typedef struct PfKeptPlans {
        PfKeptPlan items[PF_KEPT_PLANS_MAX]; /* the oldest first */
        size_t n;
} PfKeptPlans;

void pf_kept_plans_deinit(PfKeptPlans *kept);

/* Keeps it, instead of the oldest where there are too many. */
void pf_kept_plans_put_take(PfKeptPlans *kept, PfKeptPlan plan_take);

/* Forgets those that are too old, then hands over the one with this digest; its plan is
 * NULL where there is none. */
PfKeptPlan pf_kept_plans_steal(PfKeptPlans *kept, const char *digest, uint64_t now_usec);
