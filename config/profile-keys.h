/* SPDX-License-Identifier: MIT */
/*
 * The keys of a profile, one row each: section, name, parser, struct and member
 * it sets, how often it may be given, help.
 *
 * ONCE   must be given; on one line
 * MAY    may be left out; on one line
 * LIST   a list: given again, or gone on with over several lines, it adds up
 * SOME   a list that has to be given
 *
 * [Distribution ID] is a section for each; in [Detection] the keys belong to
 * the ReleaseFile= above them.
 */
#define PF_PROFILE_KEYS(X)                                                                         \
        X("Profile", "Title", pf_key_text, PfProfile, title, ONCE, "what it is called")            \
        X("Profile", "Documentation", pf_key_text, PfProfile, documentation, ONCE,                 \
          "where the demands are written down")                                                    \
        X("Profile", "AgentVersion", pf_key_version, PfProfile, agent_version, ONCE,               \
          "the version that is pushed where nobody says which")                                    \
        X("Profile", "Architecture", pf_key_text, PfProfile, architecture, ONCE,                   \
          "the one there are packages for, as uname -m")                                           \
        X("Space", "CopyPath", pf_key_path, PfProfile, copy_path, ONCE,                            \
          "directory that the package is copied to and started from")                              \
        X("Space", "CopyBytes", pf_key_size, PfProfile, copy_bytes, ONCE, "free there")            \
        X("Space", "RootBytes", pf_key_size, PfProfile, root_bytes, ONCE,                          \
          "free on the root file system; less is a failure")                                       \
        X("Space", "RootWarnBytes", pf_key_size, PfProfile, root_warn_bytes, ONCE,                 \
          "less than this is a warning")                                                           \
        X("Space", "InstallPath", pf_key_path, PfProfile, install_path, ONCE,                      \
          "directory that the agent is installed in")                                              \
        X("Space", "InstallBytes", pf_key_size, PfProfile, install_bytes, ONCE, "free there")      \
        X("Space", "WindowsInstallBytes", pf_key_size, PfProfile, windows_install_bytes, MAY,      \
          "free on the system drive of a Windows, where it is installed there")                    \
        X("Space", "Images", pf_key_path, PfProfile, images, MAY,                                  \
          "wildcard of the initramfs images that are saved and built anew")                        \
        X("Space", "BackupPath", pf_key_path, PfProfile, backup_path, MAY,                         \
          "directory that they are saved in")                                                      \
        X("Space", "Inodes", pf_key_count, PfProfile, inodes, ONCE,                                \
          "free on each of these file systems")                                                    \
        X("Kernels", "Scenario", pf_key_text, PfProfile, kernel_scenario, MAY,                     \
          "which of the vendor's kernel lists hold; without it kernels are not judged")            \
        X("Layout", "SeveralDisks", pf_key_version, PfProfile, since_several_disks, MAY,           \
          "first agent version that accepts a system on several disks; left out: every one")       \
        X("Layout", "Lvm", pf_key_version, PfProfile, since_lvm, MAY,                              \
          "first agent version that accepts / and /boot on LVM; left out: every one")              \
        X("Layout", "ThinVolumes", pf_key_version, PfProfile, since_thin_volumes, MAY,             \
          "first agent version that accepts them on thin volumes; left out: every one")            \
        X("Layout", "Btrfs", pf_key_version, PfProfile, since_btrfs, MAY,                          \
          "first agent version that accepts them on btrfs; left out: every one")                   \
        X("Checks", "Required", parse_checks, PfProfile, required, LIST,                           \
          "wildcards of checks that must be answered as blockers must, and are none")              \
        X("Checks", "Blocker", parse_checks, PfProfile, severities[PF_SEVERITY_BLOCKER], LIST,     \
          "wildcards of checks that block")                                                        \
        X("Checks", "Warning", parse_checks, PfProfile, severities[PF_SEVERITY_WARNING], LIST,     \
          "wildcards of checks that warn")                                                         \
        X("Checks", "Info", parse_checks, PfProfile, severities[PF_SEVERITY_INFO], LIST,           \
          "wildcards of checks that are for information")                                          \
        X("Distribution", "Name", pf_key_text, PfDistribution, name, ONCE, "what it is called")    \
        X("Distribution", "Versions", parse_versions, PfDistribution, versions, SOME,              \
          "supported: 8.7, 9.0-9.5, or 9.4@9.62 from an agent version on")                         \
        X("Detection", "ReleaseFile", parse_release_file, PfProfile, release_files, LIST,          \
          "a file the installer looks at; the first that exists decides")                          \
        X("Detection", "Only", parse_only, PfReleaseFile, only, LIST,                              \
          "it counts only with this text in it")                                                   \
        X("Detection", "Accept", parse_accept, PfReleaseFile, texts, LIST,                         \
          "a text the installer knows a system by, perhaps with @ and an agent version")
