# Bash completion for gotosync, printed by `gotosync completions bash`.
_gotosync() {
    # bash also splits words at `=` and `:`, which are common in directory names. Join the parts again, so that only blanks split words.
    local line=${COMP_LINE:0:COMP_POINT} words=() last=-1 blank word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blank=${line%%[![:blank:]]*}
        line=${line#"$blank"}
        [[ $line == "$word"* ]] || word=$line
        line=${line#"$word"}
        if ((i == 0)) || [[ -n $blank ]]; then
            words[++last]=$word
        else
            words[last]+=$word
        fi
    done
    local current=${words[last]} quote= behind
    [[ $current == [\"\']* ]] && quote=${current:0:1}
    # The part of the word before the text that bash replaces.
    behind=${current%"$2"}
    [[ -n $quote ]] && behind=
    for ((i = 0; i <= last; i++)); do
        word=${words[i]}
        case $word in
        \'*) word=${word#\'} word=${word%\'} ;;
        \"*) word=${word#\"} word=${word%\"} ;;
        *) word=${word//\\\\/$'\1'} word=${word//\\/} word=${word//$'\1'/\\} ;;
        esac
        words[i]=$word
    done
    behind=${behind//\\\\/$'\1'} behind=${behind//\\/}
    local IFS=$'\n' found candidate
    found=$(GOTOSYNC_COMPLETE=bash _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$last \
        "${COMP_WORDS[0]}" -- "${words[@]}" 2> /dev/null)
    COMPREPLY=()
    for candidate in $found; do
        candidate=${candidate:${#behind}}
        [[ -z $quote ]] && printf -v candidate %q "$candidate"
        COMPREPLY+=("$candidate")
    done
    # The user may continue typing after a folder or an option that ends in `=`, so add no blank.
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace 2> /dev/null
    return 0
}
complete -F _gotosync gotosync
