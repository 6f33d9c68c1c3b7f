# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Completion of preflightctl(1) for bash. What there is to complete is asked of the
# program itself, so that it is always what this version takes.

# The commands, or the options of one ("check"), from its help.
_preflightctl_help() {
        LC_ALL=C "$1" ${2:+"$2"} --help 2>/dev/null
}

_preflightctl_commands() {
        _preflightctl_help "$1" | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'
}

_preflightctl_options() {
        _preflightctl_help "$1" "$2" | grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+=?' | grep -oE -- '--[a-z-]+=?'
}

_preflightctl_checks() {
        LC_ALL=C "$1" list "${@:2}" --format=json 2>/dev/null | grep -oE '"id": *"[^"]*"' |
                cut -d '"' -f 4
}

# What was changed on this machine, for who may see it.
_preflightctl_transactions() {
        "$1" history --format=json-lines 2>/dev/null | grep -oE '"id": *"[^"]*"' | cut -d '"' -f 4
}

_preflightctl_formats() {
        _preflightctl_help "$1" check | sed -n 's/.*--format=FORMAT *//p' | tr -cs 'a-z-' '\n' |
                grep -vxE 'for|people|or|and|of|also|check|status'
}

_preflightctl_profiles() {
        local file

        printf '%s\n' asr-mobility
        for file in /etc/preflightd/profiles/*.conf /run/preflightd/profiles/*.conf \
                /usr/lib/preflightd/profiles/*.conf /usr/share/preflightd/profiles/*.conf; do
                [ -e "$file" ] && basename "$file" .conf
        done
}

# The command among the words before the cursor, or nothing.
_preflightctl_command() {
        local word commands

        commands=" $(_preflightctl_commands "$1" | tr '\n' ' ') "

        for word in "${@:2}"; do
                if [[ $word != -* && $commands == *" $word "* ]]; then
                        printf '%s\n' "$word"
                        return
                fi
        done
}

_preflightctl_value() {
        local program=$1 option=$2 current=$3

        case $option in
        --root | --socket) compopt -o filenames && compgen -f -- "$current" ;;
        --account) compgen -u -- "$current" ;;
        --host | -H) compgen -A hostname -- "$current" ;;
        --only | --skip | --check) compgen -W "$(_preflightctl_checks "$program")" -- "$current" ;;
        --format) compgen -W "$(_preflightctl_formats "$program")" -- "$current" ;;
        --profile) compgen -W "$(_preflightctl_profiles)" -- "$current" ;;
        esac
}

_preflightctl() {
        local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} command
        local previous=${COMP_WORDS[COMP_CWORD - 1]}

        # '=' divides words: --root=/mnt is three of them.
        if [ "$current" = = ]; then
                current=
        elif [ "$previous" = = ]; then
                previous=${COMP_WORDS[COMP_CWORD - 2]}
        fi
        if [[ $previous == -H || $previous == --* && ${COMP_WORDS[*]:COMP_CWORD-1:2} == *=* ]]; then
                mapfile -t COMPREPLY < <(_preflightctl_value "$program" "$previous" "$current")
                return
        fi
        command=$(_preflightctl_command "$program" "${COMP_WORDS[@]:1:COMP_CWORD-1}")
        if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_preflightctl_options "$program" "$command")" \
                        -- "$current")
                [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
                return
        fi
        case $command in
        '') mapfile -t COMPREPLY < <(compgen -W "$(_preflightctl_commands "$program")" -- "$current") ;;
        explain) mapfile -t COMPREPLY < <(compgen -W "$(_preflightctl_checks "$program" --all)" -- "$current") ;;
        plan | fix) mapfile -t COMPREPLY < <(compgen -W "$(_preflightctl_checks "$program")" -- "$current") ;;
        undo) mapfile -t COMPREPLY < <(compgen -W "$(_preflightctl_transactions "$program")" -- "$current") ;;
        inspect) mapfile -t COMPREPLY < <(compgen -W 'ssh boot storage' -- "$current") ;;
        capture | profile) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        esac
}

complete -F _preflightctl preflightctl
