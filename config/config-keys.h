/* SPDX-License-Identifier: MIT */
/*
 * The keys of preflightd.conf, one row each: section, name, parser, member of
 * PfSettings, built-in value, help. preflightd.conf, the manual and the tests
 * are checked against this table.
 */
#define PF_SETTINGS_KEYS(X)                                                                        \
        X("Daemon", "Socket", parse_socket, socket, PF_SETTINGS_SOCKET,                            \
          "path of the socket that preflightd listens on when systemd passes none")                \
        X("Daemon", "MaximumAgeSec", pf_key_time, maximum_age_usec, "10s",                         \
          "how old a cached report may be where the caller does not say")                          \
        X("Daemon", "MaximumClients", parse_clients, maximum_clients, "1024",                      \
          "connections served at the same time")                                                   \
        X("Daemon", "MaximumMessageBytes", parse_message_size, maximum_message_bytes, "1M",        \
          "the longest message, in either direction")                                              \
        X("Daemon", "LogLevel", parse_log_level, log_level, "info",                                \
          "the least important events that are logged: error, warning, notice, info, debug")       \
        X("Check", "Profile", pf_key_file_name, profile, "asr-mobility",                           \
          "which agent is to be installed")                                                        \
        X("Check", "AgentVersion", pf_key_version, agent_version, "",                              \
          "version of the agent; empty: the profile's")                                            \
        X("Check", "Account", pf_key_account, account, PF_ADMINISTRATOR,                           \
          "account that the installer logs in as")                                                 \
        X("Check", "Source", pf_key_address, source, "",                                           \
          "address that the installer connects from; empty: not known")                            \
        X("Check", "DeadlineSec", pf_key_time, deadline_usec, "0",                                 \
          "how long one probe may take; 0: as long as each probe says")                            \
        X("Network", "Endpoints", parse_endpoints, endpoints, "",                                  \
          "HOST:PORT of servers the agent must reach; given again it adds, empty takes all back")  \
        X("Network", "TimeoutSec", parse_network_timeout, network_timeout_usec, "5s",              \
          "how long names and connections to all of them may take together")                       \
        X("Remedy", "Auto", parse_auto, auto_mode, "off",                                          \
          "what is remedied without anybody asking for it: off, safe")                             \
        X("Remedy", "AutoOnly", parse_checks, auto_only, "",                                       \
          "checks that Auto= is about; given again it adds, empty takes all back and means all")   \
        X("Remedy", "AutoSkip", parse_checks, auto_skip, "",                                       \
          "checks that Auto= is not about; given again it adds, empty takes all back")             \
        X("Remedy", "HistoryAgeSec", pf_key_time, history_age_usec, "180d",                        \
          "how long changes are kept, and can be undone; 0: for ever")                             \
        X("Remedy", "HistoryMax", pf_key_count, history_max, "200",                                \
          "how many of the newest are kept even where they were undone or taken back")             \
        X("Publish", "TextFile", pf_key_text_file, text_file, "",                                  \
          "metrics of the report, for node_exporter's textfile collector")                         \
        X("Publish", "VirtioPort", pf_key_virtio_port, virtio_port, "",                            \
          "name of a virtio-serial port on which the host is told the verdict")                    \
        X("Publish", "Console", pf_key_serial_line, console, "",                                   \
          "serial line that gets a line of text whenever the verdict changes")                     \
        X("Publish", "GuestInfo", pf_key_bool, guest_info, "no",                                   \
          "set guestinfo.preflightd of a VMware virtual machine")                                  \
        X("Publish", "KvpPool", pf_key_bool, kvp_pool, "no",                                       \
          "set the key preflightd in the pool that Hyper-V's host reads")
