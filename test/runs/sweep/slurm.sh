#!/usr/bin/env bash
# A sweep on a real Slurm of one node, on this machine: a job array is submitted, preempted, told that its time ends, and killed; in
# the end every trial is bit for bit what it is without any of it. Installs Debian's slurm-wlm and munge where they are missing, with
# a configuration, ports and keys of its own in a folder that is removed again. Run by hand, as root: bash test/runs/sweep/slurm.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ "$(id -u)" = 0 ] || { echo "slurm.sh: needs root (slurmd starts jobs for users)"; exit 2; }
if ! command -v slurmctld slurmd munged > /dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends slurm-wlm munge
fi

T=$(mktemp -d /tmp/ebmm-slurm-XXXXXX)
node=$(hostname -s)
export SLURM_CONF=$T/slurm.conf
pids=()
finish() {
  scancel --user=root > /dev/null 2>&1 || true
  sleep 2
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  sleep 1
  [ -n "${KEEP:-}" ] && echo "kept: $T" || rm -rf "$T"
}
trap finish EXIT
say() { echo "[$(date +%T)] $*"; }
# Waits until a command succeeds, at most so many seconds.
await() {
  local seconds=$1 what=$2
  shift 2
  for ((i = 0; i < seconds; i++)); do
    if "$@" > /dev/null 2>&1; then say "$what"; return; fi
    sleep 1
  done
  say "not within $seconds s: $what"; squeue -a; tail -5 "$T"/*.log "$T"/wild/slurm/*.log || true; exit 1
}

mkdir -p "$T/state" "$T/spool"
chmod 711 "$T"
dd if=/dev/urandom of="$T/munge.key" bs=1024 count=1 status=none
chmod 400 "$T/munge.key"
cat > "$SLURM_CONF" << END
ClusterName=ebmm
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$T/munge.socket,cred_expire=10
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$T/state
SlurmdSpoolDir=$T/spool
SlurmctldPidFile=$T/slurmctld.pid
SlurmdPidFile=$T/slurmd.pid
SlurmctldLogFile=$T/slurmctld.log
SlurmdLogFile=$T/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=5,bf_interval=5
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=60
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=$node Default=YES PriorityTier=1 PreemptMode=REQUEUE MaxTime=60 State=UP
PartitionName=high Nodes=$node PriorityTier=10 PreemptMode=OFF MaxTime=60 State=UP
END
munged --foreground --force --socket="$T/munge.socket" --key-file="$T/munge.key" --pid-file="$T/munge.pid" \
  --log-file="$T/munge.log" --seed-file="$T/munge.seed" & pids+=($!)
sleep 1
slurmctld -D -f "$SLURM_CONF" > /dev/null 2>&1 & pids+=($!)
slurmd -D -f "$SLURM_CONF" -N "$node" > /dev/null 2>&1 & pids+=($!)
await 60 "the node is idle" sh -c 'sinfo -h -o %t | grep -q idle'
say "$(sinfo --version), $(sinfo -h -o '%P %t %c CPUs' | tr '\n' ' ')"

ebmm() { node --import tsx runs/main.ts "$@"; }
cat > "$T/tiny.json" << 'END'
{ "task": { "name": "binary", "dimension": 16 }, "corruption": "resample:4", "network": { "name": "hopfield-site", "width": 4 },
  "write": { "steps": 2 }, "read": { "steps": 2 },
  "training": { "steps": 6000, "episodes": 2, "patterns": [2, 3], "warmup": 0, "save_every": 500, "log_every": 50 } }
END
asked=("$T/tiny.json" --grid network.width=2,4 --seeds 2 --episodes 5)
say "without Slurm:"
ebmm sweep "${asked[@]}" --out "$T/calm" --jobs 2 --threads 1 2> /dev/null

say "as a job array of two workers:"
ebmm sweep "${asked[@]}" --out "$T/wild" --array 2 --slurm='--partition=low --cpus-per-task=1 --time=30'
job=$(squeue -h -o %F | head -1)
trained() { [ "$(cat "$T"/wild/trial-*/metrics.jsonl 2> /dev/null | wc -l)" -gt "$1" ]; }
running() { [ "$(squeue -h -j "$job" -t R | wc -l)" = "$1" ]; }
await 120 "both tasks train" trained 8

say "a job of a higher priority takes both processors:"
sbatch --parsable --partition=high --cpus-per-task=2 --output=/dev/null --wrap 'sleep 15'
await 90 "the tasks are back in the queue" sh -c "squeue -h -j $job -o '%t %r' | grep -vq '^R'"
await 90 "their workers stopped and saved" grep -q 'stopped; go on with' "$T"/wild/slurm/"${job}"_1.log
squeue -a
ebmm sweep "$T/wild" --status | head -8
await 240 "a task runs again" sh -c "squeue -h -j $job -t R | grep -q ."
before=$(cat "$T"/wild/trial-*/metrics.jsonl | wc -l)
await 120 "and trains on" trained $((before + 4))

task=$(squeue -h -j "$job" -t R -o %i -r | head -1)
say "task $task is told that its time is at an end:"
scancel --batch --signal=USR1 "$task"
await 60 "it has requeued itself" sh -c "squeue -h -r -j $task -o '%t' | grep -q PD"
await 240 "a task runs again" sh -c "squeue -h -j $job -t R | grep -q ."

say "a worker is killed (SIGKILL):"
pid=$(pgrep -f "main.ts sweep $T/wild --jobs" | head -1) && kill -9 "$pid" && say "killed $pid"
say "one more worker, by the script: $(sbatch --parsable --array=7 --partition=low "$T/wild/slurm/worker.sh")"
all() { ebmm sweep "$T/wild" --status --json | grep -q '"done":4'; }
await 400 "all trials are done" all
ebmm sweep "$T/wild" --status
node --import tsx test/runs/sweep/same.ts "$T/calm" "$T/wild"
