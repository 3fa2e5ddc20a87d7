#!/usr/bin/env bash
# What needs root: other users, other hosts, other process namespaces. `bash test/root/run.sh` on Linux; each check says what
# it expects, and the exit status counts those that fail. Checks that the machine cannot do are left out with a line.
set -uo pipefail
cd "$(dirname "$0")/../.."
root="$PWD"
[ "$(id -u)" = 0 ] || { echo "left out: needs root"; exit 0; }
work="$(mktemp -d)"; chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
failed=0
ebmm() { node --import tsx "$root/runs/main.ts" "$@"; }
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups env -u HOME PATH="$PATH" "$@"; }
check() { # name, expected pattern, text
  if grep -qE "$2" <<< "$3"; then echo "ok: $1"; else echo "FAILED: $1: expected /$2/, got: $3"; failed=$((failed + 1)); fi
}
tiny=(binary --threads 1 --set task.dimension=16 --set network.width=4 --set training.patterns=4 --set training.episodes=2 --set corruption=resample:6 --steps 1000000 --set training.save_every=100)
saved() { for _ in $(seq 200); do [ -s "$1/checkpoint/state.safetensors" ] && return; sleep 0.2; done; }

# A container is killed with its host name; the next one has another and takes over at once.
if unshare --uts true 2> /dev/null; then
  run="$work/host"
  unshare --uts bash -c "hostname container-a; exec node --import tsx $root/runs/main.ts train ${tiny[*]} --out $run" 2> /dev/null &
  first=$!; saved "$run"; kill -KILL $first; wait $first 2> /dev/null
  said=$(timeout 60 unshare --uts bash -c "hostname container-b; exec node --import tsx $root/runs/main.ts train --resume $run --threads 1 --steps 1000001" 2>&1 & sleep 12; pkill -TERM -P $! 2> /dev/null; kill -TERM $! 2> /dev/null; wait $!)
  check "a killed holder on another host is taken over" "updates [0-9]+ to 1000001" "$said"
else echo "left out: unshare --uts"; fi

# Two containers with one host name and process numbers of their own: the second is refused.
if unshare --pid --fork --mount-proc true 2> /dev/null; then
  run="$work/twins"
  unshare --pid --fork --mount-proc node --import tsx "$root/runs/main.ts" train "${tiny[@]}" --out "$run" 2> /dev/null &
  first=$!; saved "$run"
  said=$(timeout 60 unshare --pid --fork --mount-proc node --import tsx "$root/runs/main.ts" train --resume "$run" 2>&1; echo "status $?")
  check "a second container on the same folder is refused" "is in use by process 1 on" "$said"
  check "with exit status 2" "status 2" "$said"
  # Its whole namespace is gone with it, without a word; its clock, shared by the machine, says when.
  pkill -KILL -P $first; wait $first 2> /dev/null
  began=$(date +%s)
  for _ in $(seq 20); do
    said=$(timeout 60 unshare --pid --fork --mount-proc node --import tsx "$root/runs/main.ts" train --resume "$run" --steps 1 2>&1)
    grep -q "in use" <<< "$said" || break; sleep 2
  done
  check "and takes over within 40 s of its death" "more than the 1 of training.steps|updates" "$said"
  [ $(($(date +%s) - began)) -le 40 ] || { echo "FAILED: it took longer"; failed=$((failed + 1)); }
else echo "left out: unshare --pid"; fi

# Another user's run: evaluated and printed; a result that was asked for elsewhere is refused before it is computed.
if command -v setpriv > /dev/null && as_nobody test -r "$root/package.json" && as_nobody test -x "$(command -v node)"; then
  ebmm train "${tiny[@]}" --steps 3 --out "$work/theirs" > /dev/null 2>&1
  chmod -R a+rX,go-w "$work/theirs"
  said=$(cd / && as_nobody node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/runs/main.ts" evaluate "$work/theirs" --episodes 2 --against none --json 2>&1; echo "status $?")
  check "another user's run is evaluated" '"memory":"ebmm"' "$said"
  check "and it is said that it is printed only" "is only printed: cannot write .*permission denied" "$said"
  check "with exit status 0" "status 0" "$said"
  said=$(cd / && as_nobody node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/runs/main.ts" plot "$work/theirs" 2>&1; echo "status $?")
  check "its pictures are refused at once" "ebmm: cannot write .*permission denied" "$said"
  # A lock of another user that may not be read.
  mkdir -p "$work/shared"; chmod 777 "$work/shared"; cp -r "$work/theirs" "$work/shared/run"; chmod -R a+rwX "$work/shared/run"
  mkdir -m 700 "$work/shared/run/lock"
  said=$(cd / && timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups env -u HOME PATH="$PATH" node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/runs/main.ts" train --resume "$work/shared/run" --steps 4 2>&1; echo "status $?")
  check "a lock that may not be read is told" "lock cannot be read \(EACCES\): it is in use by another user, or was left by one" "$said"
  said=$(cd / && as_nobody node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/runs/main.ts" --version 2>&1; echo "status $?")
  check "a user without a home is served" "status 0" "$said"
else echo "left out: another user cannot read this checkout"; fi

# A full disk: what is trained is saved elsewhere, and the message says where.
if mkdir "$work/small" && mount -t tmpfs -o size=600k tmpfs "$work/small" 2> /dev/null; then
  said=$(ebmm train "${tiny[@]}" --set training.save_every=1000000 --set training.log_every=1 --out "$work/small/run" 2>&1; echo "status $?")
  check "a full disk is told, and what is trained is kept" "the disk is full \(ENOSPC\).*(checkpoint of update [0-9]+ is kept|is saved in )" "$said"
  check "with exit status 1" "status 1" "$said"
  umount "$work/small"
else echo "left out: mount"; fi

echo "$failed failed"
exit "$((failed > 0))"
