# bash completion for qctl(8)
_qctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word at
	local commands="list show export release rescan delete notices stats reload explain learn model verify backup restore check keys"
	local common="-c --config --json --help"
	local selecting="--sender --recipient --domain --subject --reason --virus --file --hash --text --larger-than --smaller-than
		--score --since --until --state --limit"

	for ((at = 1; at < COMP_CWORD; at++)); do
		word=${COMP_WORDS[at]}
		case $word in
		-c | --config) ((at++)) ;;
		-*) ;;
		*) command=$word; break ;;
		esac
	done

	case $previous in
	-c | --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
	--state)
		if [[ $command == notices ]]; then
			COMPREPLY=($(compgen -W "waiting due leased done dead" -- "$current"))
		else
			COMPREPLY=($(compgen -W "pending held released unconfirmed" -- "$current"))
		fi
		return ;;
	--reason)
		COMPREPLY=($(compgen -W "virus pua heuristic attachment subject spam access size unscanned \
			undeliverable" -- "$current"))
		return ;;
	--eml) COMPREPLY=($(compgen -d -- "$current")); return ;;
	--since | --until) COMPREPLY=($(compgen -W "today yesterday 1h 1d 1w" -- "$current")); return ;;
	esac

	case $command in
	'') COMPREPLY=($(compgen -W "$commands $common --version" -- "$current")) ;;
	list) COMPREPLY=($(compgen -W "$selecting --after $common" -- "$current")) ;;
	export) COMPREPLY=($(compgen -W "--part --mbox --eml $selecting $common" -- "$current")) ;;
	release)
		COMPREPLY=($(compgen -W "--to --again --by --why --wait --timeout $common" \
			-- "$current")) ;;
	rescan) COMPREPLY=($(compgen -W "--all $selecting $common" -- "$current")) ;;
	delete) COMPREPLY=($(compgen -W "--by --why $common" -- "$current")) ;;
	notices) COMPREPLY=($(compgen -W "render --state --limit $common" -- "$current")) ;;
	stats) COMPREPLY=($(compgen -W "--days $common" -- "$current")) ;;
	reload) COMPREPLY=($(compgen -W "--wait $common" -- "$current")) ;;
	learn) COMPREPLY=($(compgen -W "spam ham forget $common" -- "$current") $(compgen -f -- "$current")) ;;
	model)
		COMPREPLY=($(compgen -W "show fit export import reset --by $common" -- "$current")
			$(compgen -f -- "$current")) ;;
	verify) COMPREPLY=($(compgen -W "$common" -- "$current") $(compgen -d -- "$current")) ;;
	backup) COMPREPLY=($(compgen -W "$common" -- "$current") $(compgen -d -- "$current")) ;;
	restore) COMPREPLY=($(compgen -W "$common" -- "$current") $(compgen -d -- "$current")) ;;
	check) COMPREPLY=($(compgen -W "--offline $common" -- "$current")) ;;
	explain)
		COMPREPLY=($(compgen -W "--from --to --client --helo $common" -- "$current")
			$(compgen -f -- "$current")) ;;
	keys) COMPREPLY=($(compgen -W "new $common" -- "$current")) ;;
	show) COMPREPLY=($(compgen -W "$common" -- "$current")) ;;
	esac
}
complete -F _qctl qctl
