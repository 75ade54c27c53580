#!/usr/bin/env bash
# A real SLURM cluster on this machine, as normal processes of the calling user: no systemd, no cgroups, no files in /etc,
# and all ports on the loopback address.
#
#   scripts/slurm_local.sh install    install the Debian packages it needs (as root)
#   scripts/slurm_local.sh start      start it, unless it is already up
#   scripts/slurm_local.sh status     show daemons, nodes and jobs; exit code 0 only if it accepts jobs
#   scripts/slurm_local.sh stop       cancel all jobs and stop all daemons
#   scripts/slurm_local.sh fail NODE  make a node fail, with everything that runs on it
#   scripts/slurm_local.sh clean      stop, and remove its directory
#   scripts/slurm_local.sh env        print the variables a shell needs: eval "$(scripts/slurm_local.sh env)"
#   scripts/slurm_local.sh run CMD    run a command with these variables
#
# Partitions: debug (the default), low (its jobs are preempted and requeued) and high (which preempts them).
# Environment variables (defaults in parentheses):
#   SLURM_LOCAL_DIR          directory for configuration, keys, state and logs; at most 85 characters (outputs/slurm)
#   SLURM_LOCAL_PORT         first port: PORT to PORT+2 are used, and one per node from PORT+10 (26816)
#   SLURM_LOCAL_NODES        1, named localhost, or 2, named node1 and node2 (1)
#   SLURM_LOCAL_CPUS         processors of a node; may be more than the machine has (nproc)
#   SLURM_LOCAL_ACCOUNTING   yes starts slurmdbd and its own MariaDB; no is a cluster without sacct (yes)
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
home=${SLURM_LOCAL_DIR:-$(dirname "$(dirname "$self")")/outputs/slurm}
mkdir -p "$home" && home=$(readlink -f "$home")
port=${SLURM_LOCAL_PORT:-26816}
cpus=${SLURM_LOCAL_CPUS:-$(nproc)}
memory_mb=$(awk '/^MemTotal/ {print int($2 / 1024 * 3 / 4)}' /proc/meminfo)
accounting=${SLURM_LOCAL_ACCOUNTING:-yes}
nodes=(localhost)
[ "${SLURM_LOCAL_NODES:-1}" = 1 ] || nodes=(node1 node2)
user=$(id -un)
packages=(munge slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin mariadb-server-core mariadb-client-core)
tools=(munged slurmctld slurmd sbatch srun)
[ "$accounting" = no ] || tools+=(slurmdbd mariadbd mariadb-install-db mariadb)
export PATH=$PATH:/usr/sbin:/sbin SLURM_CONF=$home/etc/slurm.conf

say() { echo "slurm_local: $*" >&2; }
die() { say "$*"; exit 1; }

# Whether the process of run/NAME.pid is alive; a zombie is not.
alive() { local pid; pid=$(cat "$home/run/$1.pid" 2>/dev/null) && grep -qs "^$pid (${1%%-*}) [^ZX]" "/proc/$pid/stat"; }

wait_for() { # TENTHS WHAT COMMAND...
    local left=$1 what=$2
    shift 2
    until "$@" >"$home/log/wait.log" 2>&1; do
        ((left--)) || { tail -n 5 "$home"/log/*.log >&2; die "$what did not come up; its log is in $home/log"; }
        sleep 0.1
    done
}

end() { # NAME: ask it to end, and kill it after 15 s
    local left=150
    if alive "$1"; then
        kill "$(cat "$home/run/$1.pid")" 2>/dev/null || true
        while alive "$1" && ((left--)); do sleep 0.1; done
        ! alive "$1" || kill -9 "$(cat "$home/run/$1.pid")" 2>/dev/null || true
    fi
    rm -f "$home/run/$1.pid"
}

# The slurmstepd processes of all nodes or of one. They outlive slurmd, and are found by its log, to which they write.
steps() { # [NODE]
    local process
    for process in /proc/[0-9]*; do
        [ "$(cat "$process/comm" 2>/dev/null)" = slurmstepd ] || continue
        ! ls -l "$process/fd" 2>/dev/null | grep -qF " $home/log/slurmd-${1:-}" || echo "${process#/proc/}"
    done
}
kill_steps() { local step; for step in $(steps "$@"); do kill -9 $(family "$step") 2>/dev/null || true; done; }
family() { local child; echo "$1"; for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do family "$child"; done; }

ready() { [ "$(timeout 5 sinfo -h -N -p debug -o %T 2>/dev/null | grep -cE '^(idle|mixed|allocated)')" = ${#nodes[@]} ]; }
daemons() {
    echo munged
    [ "$accounting" = no ] || printf '%s\n' mariadbd slurmdbd
    echo slurmctld
    printf 'slurmd-%s\n' "${nodes[@]}"
}
up() { local name; for name in $(daemons); do alive "$name" || return 1; done; ready; }

configure() {
    mkdir -p "$home"/{etc,run,log,state,spool}
    chmod 755 "$home" "$home"/{etc,run,log}
    [ -s "$home/etc/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$home/etc/munge.key")
    {
        cat <<CONF
ClusterName=local
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$((port + 1))
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
# a requeued job starts only after its credential has expired (SLURM's default is 120 s)
AuthInfo=socket=$home/run/munge.socket,cred_expire=5
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool/%n
SlurmctldPidFile=$home/run/slurmctld.pid
SlurmdPidFile=$home/run/slurmd-%n.pid
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
MpiDefault=none
SwitchType=switch/none
# processors and memory are counted, not enforced
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=512
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=60
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=1000,bf_interval=1,bf_resolution=1
KillWait=5
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
CONF
        if [ "$accounting" = no ]; then
            echo AccountingStorageType=accounting_storage/none
        else
            printf '%s\n' AccountingStorageType=accounting_storage/slurmdbd AccountingStorageHost=127.0.0.1 \
                AccountingStoragePort=$((port + 2)) "AccountingStoragePass=$home/run/munge.socket"
        fi
        for i in "${!nodes[@]}"; do
            echo "NodeName=${nodes[i]} NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 10 + i)) CPUs=$cpus" \
                "RealMemory=$memory_mb Weight=$((i + 1)) State=UNKNOWN"
        done
        echo "PartitionName=debug Nodes=ALL Default=YES PriorityTier=10 PreemptMode=OFF"
        echo "PartitionName=low Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE GraceTime=60"
        echo "PartitionName=high Nodes=ALL PriorityTier=20 PreemptMode=OFF"
    } >"$SLURM_CONF"
    printf 'CgroupPlugin=autodetect\nIgnoreSystemd=yes\n' >"$home/etc/cgroup.conf"
}

start_accounting() {
    (umask 077 && cat >"$home/etc/slurmdbd.conf") <<CONF
AuthType=auth/munge
AuthInfo=socket=$home/run/munge.socket
CommunicationParameters=NoInAddrAny
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=$user
LogFile=$home/log/slurmdbd.log
PidFile=$home/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$port
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CONF
    cat >"$home/etc/my.cnf" <<CONF
[mariadbd]
user=$user
datadir=$home/db
socket=$home/run/mariadb.sock
pid-file=$home/run/mariadbd.pid
log-error=$home/log/mariadbd.log
bind-address=127.0.0.1
port=$port
skip-name-resolve
skip-log-bin
performance_schema=OFF
innodb_buffer_pool_size=64M
innodb_log_file_size=16M
innodb_lock_wait_timeout=900
innodb_flush_log_at_trx_commit=0
CONF
    local sql=(mariadb --no-defaults -u root -S "$home/run/mariadb.sock")
    [ -e "$home/db/ready" ] || rm -rf "$home/db"
    [ -d "$home/db" ] || mariadb-install-db --defaults-file="$home/etc/my.cnf" --skip-test-db \
        --auth-root-authentication-method=normal >>"$home/log/start.log" 2>&1
    setsid mariadbd --defaults-file="$home/etc/my.cnf" 9>&- </dev/null >>"$home/log/start.log" 2>&1 &
    wait_for 300 mariadbd "${sql[@]}" -e 'select 1'
    [ -e "$home/db/ready" ] || "${sql[@]}" -e "create database slurm_acct_db;
        create user slurm@'127.0.0.1' identified by 'slurm'; grant all on slurm_acct_db.* to slurm@'127.0.0.1'"
    touch "$home/db/ready"
    slurmdbd 9>&- >>"$home/log/start.log" 2>&1
    wait_for 300 slurmdbd timeout 5 sacctmgr -n -i show cluster
    sacctmgr -n show cluster format=cluster | grep -qw local || sacctmgr -niQ add cluster local >/dev/null
}

guard() { exec 9>"$home/lock"; flock -w 120 9 || die "another start or stop is under way in $home"; }

start() {
    local missing=() tool name
    for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    [ ${#missing[@]} = 0 ] || die "SLURM is not installed (${missing[*]}); on Debian or Ubuntu, as root: $self install"
    [ ${#home} -le 85 ] || die "SLURM_LOCAL_DIR=$home is too long for the path of a socket; choose a shorter one"
    [[ $(getent ahostsv4 "$(hostname)") = 127.* ]] ||
        die "the name of this machine must resolve to a loopback address: add '127.0.0.1 $(hostname)' to /etc/hosts"
    guard
    ! up || { say "already up in $home"; return; }
    stop_daemons # of an incomplete start, so all daemons read the same configuration
    configure
    munged --key-file="$home/etc/munge.key" --socket="$home/run/munge.socket" --pid-file="$home/run/munged.pid" \
        --log-file="$home/log/munged.log" --seed-file="$home/run/munged.seed" --force 9>&- >"$home/log/start.log" 2>&1
    wait_for 100 munged test -S "$home/run/munge.socket"
    [ "$accounting" = no ] || start_accounting
    slurmctld -f "$SLURM_CONF" 9>&- >>"$home/log/start.log" 2>&1
    wait_for 300 slurmctld timeout 5 scontrol ping
    for name in "${nodes[@]}"; do
        mkdir -p "$home/spool/$name"
        slurmd -f "$SLURM_CONF" -N "$name" 9>&- >>"$home/log/start.log" 2>&1
    done
    wait_for 600 "the cluster" ready
    say "up in $home; eval \"\$($self env)\""
}

stop_daemons() {
    local file left=100
    if alive slurmctld; then
        timeout 10 scancel -u "$user" >/dev/null 2>&1 || true
        while [ -n "$(steps)" ] && ((left--)); do sleep 0.1; done
    fi
    for file in "$home"/run/slurmd-*.pid; do [ ! -e "$file" ] || end "$(basename "$file" .pid)"; done
    kill_steps
    for file in slurmctld slurmdbd mariadbd munged; do end "$file"; done
}

install() {
    command -v apt-get >/dev/null || die "install needs apt-get; on other systems install SLURM with their package manager"
    if [ "$(dpkg-query -W -f '${Status}\n' "${packages[@]}" 2>/dev/null | grep -c '^install ok')" = ${#packages[@]} ]; then
        say "already installed" && return
    fi
    [ "$(id -u)" = 0 ] || die "install must be run as root: sudo $self install"
    # Debian does not start the services of the packages while this policy exists.
    local policy=/usr/sbin/policy-rc.d made=""
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=$policy; }
    local code=0
    (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}") \
        >"$home/install.log" 2>&1 || code=$?
    [ -z "$made" ] || rm -f "$made"
    [ $code = 0 ] || die "the packages could not be installed: $(tail -n 1 "$home/install.log")"
}

fail() { # NODE
    alive "slurmd-$1" || die "node $1 does not exist or is not up"
    kill -9 "$(cat "$home/run/slurmd-$1.pid")"
    kill_steps "$1"
    scontrol update nodename="$1" state=down reason=failed # SLURM would detect it only after a minute
}

status() {
    local name
    for name in $(daemons); do alive "$name" && echo "$name is up" || echo "$name is down"; done
    up || { echo "the cluster is down"; return 3; }
    sinfo
    squeue
}

print_env() {
    printf 'export SLURM_CONF=%q\n' "$SLURM_CONF"
    [ ${#nodes[@]} = 1 ] || echo "export MASTER_ADDR=127.0.0.1" # node1 has no DNS entry
}

case ${1:-} in
install | start | status) "$1" ;;
fail) fail "${2:?fail needs a NODE}" ;;
stop) guard && stop_daemons && say "stopped" ;;
clean) guard && stop_daemons && rm -rf -- "$home" ;;
env) print_env ;;
run) shift && eval "$(print_env)" && exec "$@" ;;
*) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$self" && exit 2 ;;
esac
