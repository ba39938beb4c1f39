#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every command explains itself and answers wrong usage with one line and exit status 2.
. "$(dirname "$0")/../lib.sh"

need_file "$SITU"

run_is 0 "--version" "$SITU" --version
like "$out" '^situ [0-9]+\.[0-9]+\.[0-9]+$' "--version prints the version"
run_is 0 "--help" "$SITU" --help
overview=$out
is "$err" "" "--help says nothing on stderr"
run_is 0 "-h" "$SITU" -h
is "$out" "$overview" "-h equals --help"
run_is 0 "help" "$SITU" help
is "$out" "$overview" "help equals --help"
run_is 2 "no command at all" "$SITU"
run_is 2 "unknown command" "$SITU" hepl
one_line_error "unknown command 'hepl': did you mean 'help'" "the nearest command is named"
run_is 2 "unknown option" "$SITU" --vresion
one_line_error "unknown option '--vresion'" "the option is named"
run_is 2 "empty command" "$SITU" ""
one_line_error "unknown command ''" "the empty command is an unknown one"
run_is 2 "hostile command" "$SITU" "$(printf 'a\nsitu: b\033[2J')"
one_line_error "unknown command 'a\\?situ: b\\?\\[2J'" "a hostile command stays in its line"
topics=$(printf '%s\n' "$overview" | sed -n '/^Topics/,/^$/s/^  \([a-z]*\) .*/\1/p' | paste -sd ' ')
isnt "$topics" "" "there are topics"
run_is 0 "completion" "$SITU" completion bash
like "$out" "arguments='.* help $topics'\$" "completion knows every topic of help"
run_is 2 "help of an unknown command" "$SITU" help recrod
one_line_error "unknown command 'recrod'" "help names the unknown command"
run_is 2 "help of two commands" "$SITU" help help completion
one_line_error "explains one command" "help takes one command"
run_is 1 "a full disk is not a success" sh -c '"$0" --help > /dev/full' "$SITU"
one_line_error "cannot write to standard output" "the full disk is named"

commands=$(printf '%s\n' "$overview" | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *.*/\1/p')
isnt "$commands" "" "--help lists commands"
for command in $commands; do
	run_is 0 "$command --help" "$SITU" "$command" --help
	help=$out
	like "$help" "^Usage: situ $command " "$command: usage line"
	like "$help" "^Examples:$" "$command: examples"
	like "$help" "^  (sudo )?situ $command( |\$)|situ $command" "$command: an example of its own"
	like "$help" "^Exit status: " "$command: exit status"
	is "$(printf '%s\n' "$help" | awk 'length > 80' )" "" "$command: help fits 80 columns"
	run "$SITU" help "$command"
	is "$out" "$help" "help $command equals $command --help"
	run_is 2 "$command with an unknown option" "$SITU" "$command" --no-such-option
	one_line_error "unknown option 'no-such-option'" "$command: the option is named"
	is "$out" "" "$command: wrong usage prints nothing on stdout"
done

run_is 2 "completion without a shell" "$SITU" completion
one_line_error "situ completion bash" "it says what to write"
run_is 2 "completion for an unknown shell" "$SITU" completion tcsh
one_line_error "no completion for the shell 'tcsh'" "the shell is named"
run_is 0 "completion bash" "$SITU" completion bash
printf '%s\n' "$out" > "$TMP/completion"
run_is 0 "the script is valid bash" bash -n "$TMP/completion"

# What bash would offer for the words $*, the last one being completed.
offers()
{
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _situ; echo "${COMPREPLY[*]}"' \
		"$TMP/completion" "$@"
}
is "$(offers situ hel)" "help" "a command is completed"
is "$(offers situ --vers)" "--version" "an option of situ is completed"
is "$(offers situ help completi)" "completion" "the command to be explained is completed"
is "$(offers situ completion --h)" "--help" "an option of a command is completed"
is "$(offers situ nosuch --)" "" "an unknown command has no options"
finish
