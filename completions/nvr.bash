# bash completion of nvr; made by completions/generate.

_nvr_cameras() {
	local i store=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -d || ${COMP_WORDS[i]} == --store ]] &&
		    store=(-d "${COMP_WORDS[i + 1]}")
	done
	nvr-camera -q "${store[@]}" list 2>/dev/null | cut -f1
}

_nvr() {
	local tool=${COMP_WORDS[0]##*/} cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]} command=- words= w
	local -A commands options
	commands[nvr]=''
	options[nvr:-]=''
	commands[nvr-store]='init check migrate config stats'
	options[nvr-store:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:init]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:check]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:migrate]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:config]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:stats]='--config --store --json --quiet --verbose --help --version'
	commands[nvr-camera]='add list show set probe key remove restore'
	options[nvr-camera:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:add]='--zone --manufacturer --model --snapshot-url --sub-url --user --password-file --ask-password --transport --tls-ca --tls-insecure --tls-verify --record --audio --no-audio --retain --retain-bytes --retain-sub --retain-sub-bytes --mask --recipient --add-recipient --config --store --json --quiet --verbose --help --version'
	options[nvr-camera:list]='--removed --config --store --json --quiet --verbose --help --version'
	options[nvr-camera:show]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:set]='--zone --manufacturer --model --url --snapshot-url --sub-url --user --password-file --ask-password --transport --tls-ca --tls-insecure --tls-verify --record --audio --no-audio --retain --retain-bytes --retain-sub --retain-sub-bytes --mask --recipient --add-recipient --drop-recipient --name --config --store --json --quiet --verbose --help --version'
	options[nvr-camera:probe]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:key]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:remove]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:restore]='--name --config --store --json --quiet --verbose --help --version'
	commands[nvr-record]='status list hold release holds verify'
	options[nvr-record:-]='--all --stream --duration --count --config --store --json --quiet --verbose --help --version'
	options[nvr-record:status]='--config --store --json --quiet --verbose --help --version'
	options[nvr-record:list]='--stream --since --until --config --store --json --quiet --verbose --help --version'
	options[nvr-record:hold]='--since --until --why --config --store --json --quiet --verbose --help --version'
	options[nvr-record:release]='--since --until --why --config --store --json --quiet --verbose --help --version'
	options[nvr-record:holds]='--released --config --store --json --quiet --verbose --help --version'
	options[nvr-record:verify]='--since --until --resume --config --store --json --quiet --verbose --help --version'
	commands[nvr-snap]=''
	options[nvr-snap:-]='--all --output --every --at --since --until --exact --from --max-age --stream --count --keep --width --quality --jobs --timeout --config --store --json --quiet --verbose --help --version'
	commands[nvr-clip]=''
	options[nvr-clip:-]='--since --until --output --stream --key-frames --verify --config --store --json --quiet --verbose --help --version'
	commands[nvr-audit]='list show models usage label calibration baseline schedule due report'
	options[nvr-audit:-]='--all --camera --analyzer --model --prompt --agentic --allow --samples --skip-unchanged --jobs --max-steps --max-stills --max-tokens --max-cost --max-time --no-learn --keep --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:list]='--camera --since --until --status --limit --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:show]='--trace --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:models]='--config --store --json --quiet --verbose --help --version'
	options[nvr-audit:usage]='--camera --since --until --by --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:label]='--check --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:calibration]='--config --store --json --quiet --verbose --help --version'
	options[nvr-audit:baseline]='--keep --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:schedule]='--all --camera --analyzer --model --prompt --agentic --samples --skip-unchanged --keep --every --cron --zone --no-agentic --no-skip-unchanged --no-keep --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:due]='--jobs --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:report]='--camera --since --until --format --output --mail --dry-run --config --store --json --quiet --verbose --help --version'
	commands[nvr]='store camera record snap clip audit'
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ " ${commands[$tool]} " == *" $w "* ]] && { command=$w; break; }
	done
	case $prev in
	-c | --config | -o | --output | --password-file | --tls-ca)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	-d | --store)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--camera)
		words=$(_nvr_cameras) ;;
	*)
		if [[ $cur == -* ]]; then
			words=${options[$tool:$command]}
		elif [[ $command == - ]]; then
			words=${commands[$tool]}
			[[ $tool == nvr-@(record|snap|audit) ]] &&
			    words+=" $(_nvr_cameras)"
		else
			[[ $tool:$command == nvr-audit:baseline ]] &&
			    words="show accept reset "
			words+=$(_nvr_cameras)
		fi ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ $tool == nvr-audit && ${#COMPREPLY[@]} == 0 ]] &&
	    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	return 0
}

complete -F _nvr nvr nvr-store nvr-camera nvr-record nvr-snap nvr-clip nvr-audit
