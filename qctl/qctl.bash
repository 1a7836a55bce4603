# bash completion for qctl(8)
_qctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word at
	local commands="list show preview export release rescan delete hold unhold erase notices stats reload explain rules learn model verify backup restore audit check keys"
	local common="-c --config --json --help"
	local selecting="--sender --recipient --domain --subject --reason --virus --file --hash --text --larger-than --smaller-than
		--score --since --until --state --on-hold --requested --limit"

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
			COMPREPLY=($(compgen -W "waiting due leased done dead gathered" -- "$current"))
		else
			COMPREPLY=($(compgen -W "pending held released unconfirmed" -- "$current"))
		fi
		return ;;
	--reason)
		COMPREPLY=($(compgen -W "virus pua heuristic attachment subject spam access size unscanned \
			undeliverable request report" -- "$current"))
		return ;;
	--head) COMPREPLY=($(compgen -f -- "$current")); return ;;
	--action)
		COMPREPLY=($(compgen -W "store view export release ask pass amend learn delete hold erase displace expire carry delivered gave-up refused policy \
			backup restore trim" -- "$current"))
		return ;;
	--file | --zip-password) COMPREPLY=($(compgen -f -- "$current")); return ;;
	--eml) COMPREPLY=($(compgen -d -- "$current")); return ;;
	--since | --until) COMPREPLY=($(compgen -W "today yesterday 1h 1d 1w" -- "$current")); return ;;
	esac

	case $command in
	'') COMPREPLY=($(compgen -W "$commands $common --version" -- "$current")) ;;
	list) COMPREPLY=($(compgen -W "$selecting --after $common" -- "$current")) ;;
	preview) COMPREPLY=($(compgen -W "--part --lines $common" -- "$current")) ;;
	export) COMPREPLY=($(compgen -W "--part --mbox --eml --why $selecting $common" -- "$current")) ;;
	release)
		COMPREPLY=($(compgen -W "--to --part --file --zip-password --again --learn --dry-run --suggest --yes --force --by --why --wait --timeout $selecting \
			$common" -- "$current")) ;;
	rescan) COMPREPLY=($(compgen -W "--all $selecting $common" -- "$current")) ;;
	delete) COMPREPLY=($(compgen -W "--by --why $common" -- "$current")) ;;
	hold) COMPREPLY=($(compgen -W "--by --why $selecting $common" -- "$current")) ;;
	unhold) COMPREPLY=($(compgen -W "--by --why $selecting $common" -- "$current")) ;;
	erase) COMPREPLY=($(compgen -W "--person --why --by --dry-run --list $common" -- "$current")) ;;
	notices) COMPREPLY=($(compgen -W "render retry drop --state --limit --all --by $common" -- "$current")) ;;
	stats) COMPREPLY=($(compgen -W "--days --quotas $common" -- "$current")) ;;
	reload) COMPREPLY=($(compgen -W "--wait $common" -- "$current")) ;;
	learn) COMPREPLY=($(compgen -W "spam ham forget --report $common" -- "$current") $(compgen -f -- "$current")) ;;
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
	rules) COMPREPLY=($(compgen -W "check list show compile $common" -- "$current")) ;;
	keys) COMPREPLY=($(compgen -W "new $common" -- "$current")) ;;
	audit)
		COMPREPLY=($(compgen -W "list verify head --item --who --action --since --until --limit --after --head \
			$common" -- "$current")) ;;
	show) COMPREPLY=($(compgen -W "--why $common" -- "$current")) ;;
	esac
}
complete -F _qctl qctl
