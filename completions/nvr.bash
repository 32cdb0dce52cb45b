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
	local -A commands options verbs
	commands[nvr]=''
	options[nvr:-]=''
	commands[nvr-store]='init check migrate backup restore erasures config stats keys'
	options[nvr-store:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:init]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:check]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:migrate]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:backup]='--keys --config --store --json --quiet --verbose --help --version'
	options[nvr-store:restore]='--ledger --box --yes --config --store --json --quiet --verbose --help --version'
	options[nvr-store:erasures]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:config]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:stats]='--config --store --json --quiet --verbose --help --version'
	options[nvr-store:keys]='--all --config --store --json --quiet --verbose --help --version'
	verbs[nvr-store:keys]='list rotate master account pepper owner'
	commands[nvr-camera]='add list show set probe key remove restore'
	options[nvr-camera:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:add]='--zone --site --manufacturer --model --snapshot-url --sub-url --user --password-file --ask-password --transport --tls-ca --tls-insecure --tls-verify --record --audio --no-audio --retain --retain-bytes --retain-sub --retain-sub-bytes --retain-events --retain-stills --mask --recipient --add-recipient --config --store --json --quiet --verbose --help --version'
	options[nvr-camera:list]='--removed --config --store --json --quiet --verbose --help --version'
	options[nvr-camera:show]='--config --store --json --quiet --verbose --help --version'
	options[nvr-camera:set]='--zone --site --no-site --manufacturer --model --url --snapshot-url --sub-url --user --password-file --ask-password --transport --tls-ca --tls-insecure --tls-verify --record --audio --no-audio --retain --retain-bytes --retain-sub --retain-sub-bytes --retain-events --retain-stills --mask --recipient --add-recipient --drop-recipient --name --config --store --json --quiet --verbose --help --version'
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
	commands[nvr-mask]=''
	options[nvr-mask:-]='--area --output --config --store --json --quiet --verbose --help --version'
	commands[nvr-audit]='list show models usage label calibration baseline schedule due report'
	options[nvr-audit:-]='--all --camera --analyzer --model --prompt --agentic --allow --samples --skip-unchanged --jobs --max-steps --max-stills --max-tokens --max-cost --max-time --no-learn --keep --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:list]='--camera --since --until --status --limit --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:show]='--trace --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:models]='--config --store --json --quiet --verbose --help --version'
	options[nvr-audit:usage]='--camera --since --until --by --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:label]='--check --config --store --json --quiet --verbose --help --version'
	verbs[nvr-audit:label]='yes no'
	options[nvr-audit:calibration]='--config --store --json --quiet --verbose --help --version'
	options[nvr-audit:baseline]='--keep --config --store --json --quiet --verbose --help --version'
	verbs[nvr-audit:baseline]='show accept reset'
	options[nvr-audit:schedule]='--all --camera --analyzer --model --prompt --agentic --samples --skip-unchanged --keep --every --cron --zone --no-agentic --no-skip-unchanged --no-keep --config --store --json --quiet --verbose --help --version'
	verbs[nvr-audit:schedule]='add set list remove pause resume'
	options[nvr-audit:due]='--jobs --config --store --json --quiet --verbose --help --version'
	options[nvr-audit:report]='--camera --since --until --format --output --mail --dry-run --config --store --json --quiet --verbose --help --version'
	commands[nvr-retain]='verify report forecast'
	options[nvr-retain:-]='--dry-run --only --camera --until --yes-delete-most --trust-clock --config --store --json --quiet --verbose --help --version'
	options[nvr-retain:verify]='--only --camera --until --config --store --json --quiet --verbose --help --version'
	options[nvr-retain:report]='--article30 --format --config --store --json --quiet --verbose --help --version'
	options[nvr-retain:forecast]='--camera --config --store --json --quiet --verbose --help --version'
	commands[nvr-account]='create list show set passwd tier delete restore restrict unrestrict confirm signin signout session sessions sweep 2fa reset consent object requests disclose breach notice processors contact site recorder log'
	options[nvr-account:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-account:create]='--name --business --tier --born --adult --verified --password-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:list]='--since --until --deleted --restricted --config --store --json --quiet --verbose --help --version'
	options[nvr-account:show]='--config --store --json --quiet --verbose --help --version'
	options[nvr-account:set]='--name --business --email --verified --config --store --json --quiet --verbose --help --version'
	options[nvr-account:passwd]='--password-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:tier]='--config --store --json --quiet --verbose --help --version'
	options[nvr-account:delete]='--why --now --due --yes-erase --config --store --json --quiet --verbose --help --version'
	options[nvr-account:restore]='--why --config --store --json --quiet --verbose --help --version'
	options[nvr-account:restrict]='--why --config --store --json --quiet --verbose --help --version'
	options[nvr-account:unrestrict]='--why --config --store --json --quiet --verbose --help --version'
	options[nvr-account:confirm]='--token-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:signin]='--password-file --address --agent --device-file --token-file --code-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:signout]='--token-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:session]='--token-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:sessions]='--all --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:sessions]='revoke'
	options[nvr-account:sweep]='--config --store --json --quiet --verbose --help --version'
	options[nvr-account:2fa]='--code-file --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:2fa]='enrol-totp confirm codes sms withdraw-sms disable'
	options[nvr-account:reset]='--password-file --device-file --token-file --config --store --json --quiet --verbose --help --version'
	options[nvr-account:consent]='--text-version --text --channel --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:consent]='give withdraw show'
	options[nvr-account:object]='--why --withdraw --config --store --json --quiet --verbose --help --version'
	options[nvr-account:requests]='--why --all --kind --channel --person --note --outcome --received --since --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:requests]='list add done extend'
	options[nvr-account:disclose]='--authority --basis --reviewed-by --what --tell --since --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:disclose]='list tell'
	options[nvr-account:breach]='--all --text --known --reported --account --dry-run --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:breach]='list open note notify close show'
	options[nvr-account:notice]='--text --effective --dry-run --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:notice]='status new send'
	options[nvr-account:processors]='--name --jurisdiction --purpose --data --safeguard --host --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:processors]='list add end'
	options[nvr-account:contact]='--zone --mail --operator --sms --webhook --exec --secret-file --least --kinds --after --quiet-hours --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:contact]='list add set remove'
	options[nvr-account:site]='--name --jurisdiction --zone --retain --retain-bytes --deleted --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:site]='add set list remove restore'
	options[nvr-account:recorder]='--replaces --since --until --points --config --store --json --quiet --verbose --help --version'
	verbs[nvr-account:recorder]='list invite approve revoke telemetry'
	options[nvr-account:log]='--since --until --limit --verify --head --against --mail --public-key --prune --dry-run --config --store --json --quiet --verbose --help --version'
	commands[nvr-export]='account footage audits verify import signer ask pending list fetch drop'
	options[nvr-export:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-export:account]='--output --format --include --sealed --recipient --language --now --config --store --json --quiet --verbose --help --version'
	options[nvr-export:footage]='--output --format --recipient --language --camera --since --until --stream --reason --originals --mask --mask-area --now --identity --config --store --json --quiet --verbose --help --version'
	options[nvr-export:audits]='--output --format --camera --since --until --config --store --json --quiet --verbose --help --version'
	options[nvr-export:verify]='--signer --identity --config --store --json --quiet --verbose --help --version'
	options[nvr-export:import]='--signer --identity --config --store --json --quiet --verbose --help --version'
	options[nvr-export:signer]='--config --store --json --quiet --verbose --help --version'
	options[nvr-export:ask]='--format --include --sealed --language --config --store --json --quiet --verbose --help --version'
	options[nvr-export:pending]='--config --store --json --quiet --verbose --help --version'
	options[nvr-export:list]='--config --store --json --quiet --verbose --help --version'
	options[nvr-export:fetch]='--output --config --store --json --quiet --verbose --help --version'
	options[nvr-export:drop]='--config --store --json --quiet --verbose --help --version'
	commands[nvr-heartbeat]='enrol status leave'
	options[nvr-heartbeat:-]='--print --openmetrics --now --config --store --json --quiet --verbose --help --version'
	options[nvr-heartbeat:enrol]='--pin --tls-ca --config --store --json --quiet --verbose --help --version'
	options[nvr-heartbeat:status]='--config --store --json --quiet --verbose --help --version'
	options[nvr-heartbeat:leave]='--config --store --json --quiet --verbose --help --version'
	commands[nvr-alert]='list show ack snooze rules'
	options[nvr-alert:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-alert:list]='--all --config --store --json --quiet --verbose --help --version'
	options[nvr-alert:show]='--config --store --json --quiet --verbose --help --version'
	options[nvr-alert:ack]='--why --undo --config --store --json --quiet --verbose --help --version'
	options[nvr-alert:snooze]='--for --config --store --json --quiet --verbose --help --version'
	options[nvr-alert:rules]='--account --site --percent --bytes --time --grace --severity --off --on --reset --config --store --json --quiet --verbose --help --version'
	verbs[nvr-alert:rules]='list set'
	commands[nvr-notify]='queue retry test drop'
	options[nvr-notify:-]='--config --store --json --quiet --verbose --help --version'
	options[nvr-notify:queue]='--dead --config --store --json --quiet --verbose --help --version'
	options[nvr-notify:retry]='--dead --config --store --json --quiet --verbose --help --version'
	options[nvr-notify:test]='--config --store --json --quiet --verbose --help --version'
	options[nvr-notify:drop]='--config --store --json --quiet --verbose --help --version'
	commands[nvr]='store camera record snap clip mask audit retain account export heartbeat alert notify'
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ " ${commands[$tool]} " == *" $w "* ]] && { command=$w; break; }
	done
	case $prev in
	-c | --config | -o | --output | --*-file | --tls-ca | --against | --ledger)
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
			words=${verbs[$tool:$command]}
			[[ $tool == nvr-@(account|store|export|mask) ]] ||
			    words+=" $(_nvr_cameras)"
		fi ;;
	esac
	[[ $tool:$command == nvr-store:@(backup|restore) && $cur != -* ]] &&
	    { mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return; }
	[[ $tool:$command == nvr-export:@(verify|import) && $cur != -* ]] &&
	    { mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return; }
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ $tool == nvr-@(audit|mask) && ${#COMPREPLY[@]} == 0 ]] &&
	    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	return 0
}

complete -F _nvr nvr nvr-store nvr-camera nvr-record nvr-snap nvr-clip nvr-mask nvr-audit nvr-retain nvr-account nvr-export nvr-heartbeat nvr-alert nvr-notify
