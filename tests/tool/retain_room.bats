#!/usr/bin/env bats
# min-free that cannot be reached: nothing goes for it, and all else goes on.

setup_file() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	start_flood
}

teardown_file() {
	load ../lib/helpers.bash
	stop_cameras
}

setup() {
	load ../lib/helpers.bash
	load ../lib/record.bash
	use_recorder
}

teardown() { kill_record; }

nvr-retain() { command nvr-retain -d "$D" -c "$C" "$@"; }

vain="min-free is 4096T, and with everything that may be deleted only "

@test "C18: a floor that cannot be reached keeps nothing that is due, and costs nothing" {
	add gate rtsp://192.0.2.7/s
	now=$(date +%s)
	"$root/tests/lib/retain_site.py" segments "$D" gate main $((now - 40 * 86400)) 3
	"$root/tests/lib/retain_site.py" segments "$D" gate main $((now - 86400)) 5
	printf '%s\n' '[store]' 'min-free = 4096T' '[retain]' 'footage = 30d' >"$C"
	run -0 --separate-stderr nvr-retain -n
	[ "${#lines[@]}" = 3 ]
	[ "$(grep -c 'older than 30d' <<<"$output")" = 3 ]
	[[ $stderr == *"$vain"*"G would be free: nothing is deleted for it" ||
	    $stderr == *"$vain"*"T would be free: nothing is deleted for it" ]]
	run -74 --separate-stderr nvr-retain
	[ "$(cut -f 1,2,5 <<<"$output")" = $'recordings\t3\t0' ]
	[[ $stderr == "nvr-retain: $vain"* ]]
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = 5 ]
	run -0 nvr-retain verify
	sed -i s/4096T/1K/ "$C"
	run -0 --separate-stderr nvr-retain
	[ -z "$output$stderr" ]
}

@test "C18: recording goes on below a floor that cannot be reached, and deletes nothing for it" {
	add gate
	settings '[store]' 'min-free = 4096T'
	start_record gate
	await segment 2
	# The next tick has footage, which would not do.
	sleep 6
	more segment
	stop_record
	[ "$(seen min-free)" = 1 ]
	[ "$(seen full)" = 0 ]
	[ "$(sql 'SELECT COUNT(*) FROM segment')" = "$(seen segment)" ]
	grep -F "$vain" "$log"
	json_as record <"$log"
}
