/* SPDX-License-Identifier: MIT */
/*
 * The keys of a waiver's file, one row each: name, parser, member of PfWaiver,
 * how it may be given, an example of the value, help. All stand in [Waiver].
 *
 * ONCE   must be given; on one line
 * MAY    may be left out; on one line
 * PROSE  must be given; goes on over lines that begin with a blank
 */
#define PF_WAIVER_KEYS(X)                                                                          \
        X("Check", parse_check, check, ONCE, "ssh.root-login",                                     \
          "the check that may fail; one, and no wildcard")                                         \
        X("Reason", parse_prose, reason, PROSE, "why this machine is installed nevertheless",      \
          "why it may")                                                                            \
        X("Owner", parse_prose, owner, ONCE, "Jane Doe <jane@example.com>",                        \
          "who decided that, and will be asked")                                                   \
        X("Expires", parse_expiry, expires_usec, ONCE, "2027-01-31",                               \
          "from when on it does not count any more, in UTC; a date is its first moment")           \
        X("Evidence", parse_evidence, evidence, MAY, "sha256:0123...",                             \
          "the fingerprint of the evidence that it was given for; without it any will do")
