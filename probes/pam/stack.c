/* SPDX-License-Identifier: MIT */
/*
 * Goes through a stack of modules as libpam does, line by line: what each code
 * does to the impression so far, jumps, substacks, and the second round for
 * setcred, which follows the first. Where a module's code is not known, every
 * one is tried.
 */
#include "probes/pam/stack.h"

#include <string.h>

#include "probes/pam/control.h"
#include "probes/pam/modules.h"

#define STEPS_MAX 200000 /* lines passed on all ways together */
#define LEVELS 18

typedef enum Impression {
        UNDECIDED,
        POSITIVE,
        NEGATIVE,
} Impression;

typedef struct Opinion {
        Impression impression;
        PfPamCode status;
        size_t decider;
} Opinion;

/* One place on one way. */
typedef struct State {
        size_t at;
        size_t n_steps;
        unsigned level_before;
        Opinion now;
        Opinion at_entry[LEVELS]; /* of each substack */
} State;

typedef enum Outcome {
        OUTCOME_SUCCESS,
        OUTCOME_AGEING,
        OUTCOME_FAILURE,
} Outcome;

typedef struct Walk {
        PfPamScene scene;
        PfPamStep *steps;    /* of the way that is being gone */
        PfPamTrail first[3]; /* the first way of each outcome */
        unsigned seen;       /* outcomes: 1 << OUTCOME_… */
        size_t n_passed;
        size_t n_guesses_open;
        size_t guess; /* the first entry whose code had to be guessed */
        PfErr *err;
} Walk;

static const Opinion nothing_said = { UNDECIDED, PF_PAM_PERM_DENIED, PF_PAM_NOBODY };

/* --- what a line says --- */

static PfPamFacility facility_of_stack(PfPamFacility facility) {
        return facility == PF_PAM_CREDENTIALS ? PF_PAM_AUTH : facility;
}

static int ask_module(const PfPamModule *module, const Walk *walk, PfPamFacility facility,
                      const PfPamLine *line, PfPamAnswer *answer) {
        PfErr err = { 0 };
        int r = module->run(walk->scene.question, facility, line, answer, &err);

        if (r == -ENOMEM || r >= 0)
                return r < 0 ? r : 0;
        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL, "%s: %s", line->name,
                                 pf_err_text(&err, r));
}

static int ask_credentials(const PfPamModule *module, const Walk *walk, const PfPamLine *line,
                           PfPamAnswer *answer) {
        if (module->facilities & 1u << PF_PAM_CREDENTIALS)
                return ask_module(module, walk, PF_PAM_CREDENTIALS, line, answer);
        answer->code = module->credentials;
        return 0;
}

static int ask_present(const Walk *walk, const PfPamLine *line, PfPamSaid *said) {
        const PfPamModule *module = pf_pam_module_find(line->name);
        PfPamFacility facility = facility_of_stack(walk->scene.facility);
        int r;

        if (!module) {
                said->credentials.code = PF_PAM_UNKNOWN;
                return pf_pam_answer_set(&said->answer, PF_PAM_UNKNOWN, NULL,
                                         "what %s says is not known here", line->name);
        }
        if (!(module->facilities & 1u << facility)) {
                said->is_missing = true;
                said->credentials.code = PF_PAM_MODULE_UNKNOWN;
                return pf_pam_answer_set(&said->answer, PF_PAM_MODULE_UNKNOWN, NULL,
                                         "%s has no function for %s", line->name,
                                         pf_pam_facility_to_string(facility));
        }
        r = ask_module(module, walk, facility, line, &said->answer);
        if (r == 0 && walk->scene.facility == PF_PAM_CREDENTIALS)
                r = ask_credentials(module, walk, line, &said->credentials);
        return r;
}

static int ask_entry(const Walk *walk, const PfPamEntry *entry, PfPamSaid *said) {
        const PfPamLine *line = &entry->line;
        PfPamPresence presence;
        int r;

        if (entry->kind == PF_PAM_ENTRY_MUST_FAIL) {
                said->credentials.code = PF_PAM_PERM_DENIED;
                return pf_pam_answer_set(&said->answer, PF_PAM_PERM_DENIED, NULL,
                                         "a line of PAM's configuration %s", entry->fault);
        }
        r = pf_pam_module_locate(walk->scene.question->target, &walk->scene.config->places,
                                 line->module, &presence, &said->path, walk->err);
        if (r < 0)
                return r;
        if (presence == PF_PAM_PRESENT)
                return ask_present(walk, line, said);
        if (presence == PF_PAM_UNDISCLOSED) {
                said->credentials.code = PF_PAM_UNKNOWN;
                return pf_pam_answer_set(&said->answer, PF_PAM_UNKNOWN, NULL,
                                         "no directory of PAM modules is there, so whether %s "
                                         "exists is not known",
                                         line->name);
        }
        said->is_missing = true;
        said->credentials.code = PF_PAM_MODULE_UNKNOWN;
        return pf_pam_answer_set(&said->answer, PF_PAM_MODULE_UNKNOWN, NULL,
                                 "the PAM module %s is missing", line->name);
}

static int ask(const Walk *walk, size_t at, PfPamSaid **ret) {
        PfPamSaid *said = &walk->scene.said[at];
        int r = said->asked ? 0 : ask_entry(walk, walk->scene.stack->entries[at], said);

        said->asked = true;
        *ret = said;
        return r;
}

/* --- what that does --- */

/* @first: what the module said in the round that this one follows, or the same code. */
static void agree(State *state, PfPamCode code, PfPamCode first) {
        const Opinion *now = &state->now;

        if (now->impression == NEGATIVE ||
            (now->impression == POSITIVE && now->status != PF_PAM_SUCCESS) ||
            (code == PF_PAM_IGNORE && first != code))
                return;
        state->now = (Opinion){ POSITIVE, code, state->at };
}

static void disagree(State *state, PfPamCode code) {
        if (state->now.impression == NEGATIVE)
                return;
        state->now =
                (Opinion){ NEGATIVE, code == PF_PAM_IGNORE ? PF_PAM_PERM_DENIED : code, state->at };
}

static unsigned level_at(const Walk *walk, size_t at) {
        return walk->scene.stack->entries[at]->level;
}

/* A substack counts as one line. Stops on the last line that is left. */
static void jump(const Walk *walk, State *state, int lines) {
        const size_t n = walk->scene.stack->n;
        const unsigned level = level_at(walk, state->at);
        const size_t from = state->at;
        size_t at = from;

        while (at + 1 < n && level_at(walk, at + 1) >= level && lines > 0) {
                do
                        at++;
                while (at + 1 < n && level_at(walk, at + 1) > level);
                lines--;
        }
        if (lines > 0)
                state->now = (Opinion){ NEGATIVE, PF_PAM_PERM_DENIED, from };
        state->at = at;
}

static void leave(const Walk *walk, State *state) {
        const unsigned level = level_at(walk, state->at);

        while (state->at + 1 < walk->scene.stack->n && level_at(walk, state->at + 1) >= level)
                state->at++;
}

/* @code: what the module returned; @first: what it returned in the round that
 * this one follows, by which the way is chosen. */
static void act(const Walk *walk, State *state, int action, PfPamCode code, PfPamCode first) {
        switch (action) {
        case PF_PAM_DO_RESET:
                state->now = state->at_entry[level_at(walk, state->at)];
                break;
        case PF_PAM_DO_OK:
        case PF_PAM_DO_DONE:
                agree(state, code, first);
                if (action == PF_PAM_DO_DONE && state->now.impression == POSITIVE)
                        leave(walk, state);
                break;
        case PF_PAM_DO_BAD:
        case PF_PAM_DO_DIE:
                disagree(state, code);
                if (action == PF_PAM_DO_DIE)
                        leave(walk, state);
                break;
        case PF_PAM_DO_IGNORE:
                break;
        default:
                jump(walk, state, action);
        }
        state->at++;
}

/* --- one way, and all of them --- */

static Outcome outcome_of(PfPamCode code) {
        if (code == PF_PAM_SUCCESS)
                return OUTCOME_SUCCESS;
        return code == PF_PAM_NEW_AUTHTOK_REQD ? OUTCOME_AGEING : OUTCOME_FAILURE;
}

static int arrive(Walk *walk, const State *state) {
        PfPamCode code = state->now.status;
        PfPamTrail *trail;

        if (code == PF_PAM_SUCCESS && state->now.impression != POSITIVE)
                code = PF_PAM_PERM_DENIED;
        if (walk->seen & 1u << outcome_of(code))
                return 0;
        walk->seen |= 1u << outcome_of(code);
        trail = &walk->first[outcome_of(code)];
        trail->steps = calloc(state->n_steps + 1, sizeof(*trail->steps));
        if (!trail->steps)
                return -ENOMEM;
        if (state->n_steps > 0)
                memcpy(trail->steps, walk->steps, state->n_steps * sizeof(*trail->steps));
        trail->n = state->n_steps;
        trail->code = code;
        trail->decider = state->now.decider;
        return 0;
}

static int go(Walk *walk, State state);

static void step(Walk *walk, State *state, PfPamCode code, PfPamCode first, bool is_guess) {
        int action = walk->scene.stack->entries[state->at]->actions[first];

        walk->steps[state->n_steps++] = (PfPamStep){ state->at, code, action, is_guess };
        act(walk, state, action, code, first);
}

/* A password that has to be changed is found when the account is asked about. */
static bool is_possible(const Walk *walk, PfPamCode code) {
        return code != PF_PAM_NEW_AUTHTOK_REQD || walk->scene.facility == PF_PAM_ACCOUNT;
}

/* Codes that lead to the same need to be tried only once. */
static bool is_first_of_its_kind(const PfPamEntry *entry, PfPamCode code) {
        for (PfPamCode earlier = 0; earlier < code; earlier++)
                if (entry->actions[earlier] == entry->actions[code] &&
                    outcome_of(earlier) == outcome_of(code) &&
                    (earlier == PF_PAM_IGNORE) == (code == PF_PAM_IGNORE))
                        return false;
        return true;
}

static int guess_credentials(Walk *walk, const State *state, PfPamCode first) {
        static const PfPamCode codes[] = { PF_PAM_SUCCESS, PF_PAM_IGNORE, PF_PAM_CRED_ERR };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(codes) && r == 0; i++) {
                State next = *state;

                step(walk, &next, codes[i], first, true);
                r = go(walk, next);
        }
        return r;
}

static int guess(Walk *walk, const State *state, const PfPamSaid *said) {
        const PfPamEntry *entry = walk->scene.stack->entries[state->at];
        int r = 0;

        if (walk->guess == PF_PAM_NOBODY)
                walk->guess = state->at;
        if (said->answer.code != PF_PAM_UNKNOWN)
                return guess_credentials(walk, state, said->answer.code);
        for (PfPamCode code = 0; code < PF_PAM_N_CODES && r == 0; code++) {
                State next = *state;

                if (!is_possible(walk, code) || !is_first_of_its_kind(entry, code))
                        continue;
                if (walk->scene.facility == PF_PAM_CREDENTIALS) {
                        r = guess_credentials(walk, state, code);
                        continue;
                }
                step(walk, &next, code, code, true);
                r = go(walk, next);
        }
        return r;
}

/* Each call goes on from a place to the end, or to the next guess. */
static int go(Walk *walk, State state) {
        const PfPamStack *stack = walk->scene.stack;
        const bool is_second = walk->scene.facility == PF_PAM_CREDENTIALS;
        PfPamSaid *said;
        int r;

        while (state.at < stack->n) {
                const PfPamEntry *entry = stack->entries[state.at];

                if (++walk->n_passed > STEPS_MAX)
                        return -E2BIG;
                if (state.level_before < entry->level)
                        state.at_entry[entry->level] = state.now;
                state.level_before = entry->level;
                if (entry->kind == PF_PAM_ENTRY_SUBSTACK) {
                        state.at++;
                        continue;
                }
                r = ask(walk, state.at, &said);
                if (r < 0)
                        return r;
                if (said->answer.code == PF_PAM_UNKNOWN ||
                    (is_second && said->credentials.code == PF_PAM_UNKNOWN))
                        return guess(walk, &state, said);
                step(walk, &state, is_second ? said->credentials.code : said->answer.code,
                     said->answer.code, false);
        }
        return arrive(walk, &state);
}

/* --- the verdict --- */

static int conclude(Walk *walk, PfPamVerdict *verdict) {
        const bool is_one = (walk->seen & (walk->seen - 1)) == 0;

        for (size_t i = OUTCOME_SUCCESS; i <= OUTCOME_FAILURE; i++) {
                PfPamTrail trail = walk->first[i];

                if (!(walk->seen & 1u << i))
                        continue;
                if (!is_one) {
                        trail.code = PF_PAM_UNKNOWN;
                        trail.decider = walk->guess;
                }
                verdict->code = trail.code;
                return pf_pam_blame(&walk->scene, &trail, verdict);
        }
        return -EINVAL;
}

static int walk_through(Walk *walk, PfPamVerdict *verdict) {
        const size_t n = walk->scene.stack->n;
        State start = { .now = nothing_said };
        int r;

        for (size_t i = 0; i < LEVELS; i++)
                start.at_entry[i] = nothing_said;
        walk->scene.said = calloc(n + 1, sizeof(*walk->scene.said));
        walk->steps = calloc(n + 1, sizeof(*walk->steps));
        if (!walk->scene.said || !walk->steps)
                return -ENOMEM;
        r = go(walk, start);
        if (r == -E2BIG)
                return pf_err_set(walk->err, r,
                                  "what PAM would do depends on too many modules that are not "
                                  "known here");
        return r < 0 ? r : conclude(walk, verdict);
}

static void walk_deinit(Walk *walk) {
        for (size_t i = 0; walk->scene.said && i < walk->scene.stack->n; i++) {
                free(walk->scene.said[i].path);
                pf_pam_answer_deinit(&walk->scene.said[i].answer);
                pf_pam_answer_deinit(&walk->scene.said[i].credentials);
        }
        free(walk->scene.said);
        free(walk->steps);
        for (size_t i = 0; i < PF_ELEMENTS(walk->first); i++)
                free(walk->first[i].steps);
}

int pf_pam_evaluate(const PfPamQuestion *question, PfPamFacility facility, PfPamVerdict *ret,
                    PfErr *err) {
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *loaded = NULL;
        PF_AUTO_PAM_VERDICT PfPamVerdict verdict = { 0 };
        PF_CLEANUP(walk_deinit) Walk walk = { .guess = PF_PAM_NOBODY, .err = err };
        const PfPamConfig *config = question->config;
        int r = 0;

        if (!config) {
                r = pf_pam_config_load(question->target, question->service, &loaded, err);
                config = loaded;
        }
        if (r < 0)
                return r;
        walk.scene =
                (PfPamScene){ .question = question,
                              .config = config,
                              .stack = pf_pam_config_stack(config, facility_of_stack(facility)),
                              .facility = facility };
        if (config->fault) {
                PfPamTrail none = { .code = PF_PAM_ABORT, .decider = PF_PAM_NOBODY };

                verdict.code = PF_PAM_ABORT;
                r = pf_pam_blame(&walk.scene, &none, &verdict);
        } else {
                r = walk_through(&walk, &verdict);
        }
        if (r < 0)
                return r;
        *ret = verdict;
        verdict = (PfPamVerdict){ 0 };
        return 0;
}
