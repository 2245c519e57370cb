#!/bin/bash
# Tries the systemd unit for real: start, readiness, reload, crash, hangs, credentials, upgrade, stop, uninstall. What the
# README says to type for some of these is read from there.
#
# usage: tests/service/check_unit.sh    as root, on a Debian 12 machine that systemd booted and that may be changed
#
# Installs querywatch into /opt/querywatch and its files into /etc, runs a MariaDB of its own on a private port, and
# takes everything but Debian's packages away again. Prints a line a step; fails when one does.
set -uo pipefail
cd "$(dirname "$0")/../.."

readonly db_port=33406 web=http://127.0.0.1:10104 password=secret-of-the-check
readonly config=/etc/querywatch/config.toml dropin=/run/systemd/system/querywatch.service.d
work=$(mktemp -d)
db_pid=
failed=0

step() {
    local name=$1 started
    shift
    started=$(date +%s.%N)
    if "$@" >"$work/step.log" 2>&1; then
        printf 'ok      %-58s %6.1f s\n' "$name" "$(echo "$(date +%s.%N) - $started" | bc)"
    else
        printf 'FAILED  %s\n' "$name"
        uniq "$work/step.log" | tail -n 15 | sed 's/^/        /'
        failed=1
        return 1
    fi
}

needed() { # a step without which the others mean nothing
    step "$@" && return
    journalctl --quiet --unit=querywatch --no-pager --lines=40
    exit 1
}

clean_up() {
    systemctl stop querywatch 'querywatch@*' 2>/dev/null
    [ -z "$db_pid" ] || kill "$db_pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work" "$dropin" /etc/systemd/system/querywatch.service /etc/querywatch /opt/querywatch \
        /usr/local/bin/querywatch \
        /var/lib/querywatch /var/lib/private/querywatch
    systemctl daemon-reload
    systemctl reset-failed querywatch 2>/dev/null
}

within() { # SECONDS COMMAND...: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

install_packages() {
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        python3-venv mariadb-server-core mariadb-client-core curl bc
}

install_querywatch() {
    python3 -m venv /opt/querywatch && /opt/querywatch/bin/pip install --quiet --disable-pip-version-check . &&
        ln -sf /opt/querywatch/bin/querywatch /usr/local/bin/
}

start_database() {
    mariadb-install-db --no-defaults --user=root --datadir="$work/db" --skip-test-db \
        --auth-root-authentication-method=normal || return 1
    mariadbd --no-defaults --user=root --datadir="$work/db" --socket="$work/db.sock" --port=$db_port \
        --bind-address=127.0.0.1 >"$work/db.log" 2>&1 &
    db_pid=$!
    within 30 run_sql <<<'SELECT 1;'
}

run_sql() { # statements from standard input, as the database's root
    /opt/querywatch/bin/python -c '
import sys, pymysql
from pymysql.constants import CLIENT
pymysql.connect(unix_socket=sys.argv[1], user="root", client_flag=CLIENT.MULTI_STATEMENTS).cursor().execute(sys.stdin.read())
' "$work/db.sock"
}

make_account() {
    # the printed SQL leaves the password to its reader
    /opt/querywatch/bin/querywatch grants --flavour mariadb --host 127.0.0.1 --mode userstat >"$work/grants.sql" &&
        run_sql <"$work/grants.sql" &&
        run_sql <<<"SET PASSWORD FOR 'querywatch'@'127.0.0.1' = PASSWORD('$password');"
}

install_unit() {
    install -d -m 755 /etc/querywatch && install -d -m 700 /etc/querywatch/credentials || return 1
    printf '[[servers]]\nname = "office"\nhost = "127.0.0.1"\nport = %d\n' $db_port >$config
    (umask 077 && printf '%s' "$password" >/etc/querywatch/credentials/office)
    install -m 644 systemd/querywatch.service /etc/systemd/system/ && systemctl daemon-reload
}

is_ready() { curl -fs -o /dev/null $web/readyz; }
sees_office() { curl -fs $web/metrics | grep -x 'querywatch_up{server="office"} 1.0' >/dev/null; }
main_pid() { systemctl show --value --property=MainPID querywatch; }
restarted_from() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && systemctl is-active --quiet querywatch && is_ready; }

is_shut_in() {
    local state
    state=$(stat -L -c %a /var/lib/querywatch) && [ "$state" = 700 ] || { echo "state directory: $state"; return 1; }
    grep -q '^CapEff:[[:space:]]*0*$' "/proc/$(main_pid)/status" || { echo 'it has capabilities'; return 1; }
    [ "$(awk '/^Uid:/ {print $2}' "/proc/$(main_pid)/status")" != 0 ] || { echo 'it runs as root'; return 1; }
    grep -q '^Max core file size *0 *0 ' "/proc/$(main_pid)/limits" || { echo 'it may dump core'; return 1; }
}

survives_bad_reload() {
    local pid
    pid=$(main_pid)
    cp $config "$work/good.toml"
    printf '\n[[servers]]\nnmae = "typing error"\n' >>$config
    systemctl reload querywatch
    within 10 journal_says 'not taken' && [ "$(main_pid)" = "$pid" ] && systemctl is-active --quiet querywatch && sees_office
    local result=$?
    cp "$work/good.toml" $config
    return $result
}

takes_good_reload() {
    local pid
    pid=$(main_pid)
    printf '\n[[integrations]]\nname = "recall-texter"\naccounts = ["recall_texter"]\n' >>$config
    systemctl reload querywatch
    within 15 says_integration && [ "$(main_pid)" = "$pid" ]
}
says_integration() { curl -fs $web/metrics | grep '^querywatch_integration_info{.*integration="recall-texter"' >/dev/null; }

comes_back_after_kill() {
    local pid
    pid=$(main_pid)
    kill -KILL "$pid"
    within 20 restarted_from "$pid"
}

readme() { # TITLE: the lines to type under that title of the README
    awk -v title="### $1" '$0 == title {found = 1} found && /^```/ {if (typing) exit; typing = 1; next} typing' README.md
}

upgrades() {
    local pid
    pid=$(main_pid)
    [ "$(readme Upgrade | wc -l)" = 3 ] || { echo 'not three lines'; return 1; }
    bash -euxc "$(readme Upgrade)" && within 20 restarted_from "$pid" && within 20 sees_office
}

takes_encrypted_password() {
    local plain=/etc/querywatch/credentials/office
    mv $plain "$work/password"
    bash -euxc "$(readme 'Encrypted passwords' | sed -e 's/NAME/office/g' -e "s|systemd-ask-password[^|]*|cat $work/password |")" &&
        systemctl restart querywatch && within 20 is_ready && within 20 sees_office &&
        ! grep -r "$password" /etc/querywatch /etc/systemd /run/systemd/system &&
        bash -euxc "$(readme 'Encrypted passwords, checked')"
    local result=$?
    mv "$work/password" $plain
    rm -rf /etc/systemd/system/querywatch.service.d /etc/querywatch/credentials.encrypted
    systemctl daemon-reload
    return $result
}

runs_an_instance() { # beside the plain unit, with an address, a directory and a state of its own
    local directory=/etc/querywatch/dallas
    install -D -m 600 /etc/querywatch/credentials/office $directory/credentials/dallas && install -d $directory/servers.d &&
        sed 's/"office"/"dallas"/' $config >$directory/servers.d/dallas.toml &&
        printf '[web]\nlisten = "127.0.0.1:10105"\n' >$directory/config.toml &&
        install -m 644 systemd/querywatch@.service /etc/systemd/system/ && systemctl daemon-reload &&
        systemctl start querywatch@dallas && within 20 sees_dallas && sees_office &&
        [ -d /var/lib/private/querywatch-dallas ] && systemctl stop querywatch@dallas
    local result=$?
    rm -rf $directory /etc/systemd/system/querywatch@.service /var/lib/querywatch-dallas /var/lib/private/querywatch-dallas
    systemctl daemon-reload
    return $result
}
sees_dallas() { curl -fs http://127.0.0.1:10105/metrics | grep -x 'querywatch_up{server="dallas"} 1.0' >/dev/null; }

comes_back_after_deadlock() {
    local pid
    install -m 644 tests/service/hang.py /etc/querywatch/ || return 1
    printf '[Service]\nExecStart=\nExecStart=/opt/querywatch/bin/python /etc/querywatch/hang.py run --config %s\n' $config \
        >$dropin/deadlock.conf
    systemctl daemon-reload && systemctl restart querywatch && within 20 sees_office || return 1
    pid=$(main_pid)
    sleep 6 # longer than the watchdog's time: the scheduler is what speaks
    [ "$(main_pid)" = "$pid" ] || { echo 'it was killed without a deadlock'; return 1; }
    touch /etc/querywatch/hang
    within 20 has_left "$pid"
    rm /etc/querywatch/hang
    within 30 restarted_from "$pid"
    local result=$?
    rm $dropin/deadlock.conf
    systemctl daemon-reload
    return $result
}
has_left() { ! kill -0 "$1" 2>/dev/null; }

comes_back_after_hang() {
    local pid
    install -d $dropin && printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\n' >$dropin/short.conf
    systemctl daemon-reload && systemctl restart querywatch && within 20 is_ready || return 1
    pid=$(main_pid)
    kill -STOP "$pid"
    within 30 restarted_from "$pid" && journal_says 'Watchdog timeout'
}

stops_in_time() {
    local started
    started=$(date +%s%N)
    systemctl stop querywatch
    local took=$((($(date +%s%N) - started) / 1000000))
    echo "took $took ms; result $(systemctl show --value --property=Result querywatch)"
    [ $took -lt 5000 ] && [ "$(systemctl show --value --property=Result querywatch)" = success ]
}

stays_down_when_misconfigured() {
    echo 'nonsense = true' >"$work/bad.toml" && cat $config >>"$work/bad.toml" && cp "$work/bad.toml" $config
    systemctl start querywatch
    sleep 7 # longer than RestartSec
    [ "$(systemctl show --value --property=ExecMainStatus querywatch)" = 78 ] &&
        [ "$(systemctl show --value --property=NRestarts querywatch)" = 0 ] && ! systemctl is-active --quiet querywatch
}

leaves_nothing() {
    [ "$(readme Uninstall | wc -l)" = 3 ] || { echo 'not three lines'; return 1; }
    rm -rf $dropin # ours
    bash -euxc "$(readme Uninstall)" || return 1
    local left
    left=$(find / -xdev \( -path /proc -o -path /src -o -path "$PWD" -o -path "$work" -o -path /var/log/journal \) -prune \
        -o -name '*querywatch*' -print)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
    ! systemctl list-units --all --plain --no-legend 'querywatch*' | grep .
}

# not grep -q: it would leave before its input ends, and that is a failure of the pipe
journal_says() { journalctl --quiet --unit=querywatch --output=cat | grep -- "$1" >/dev/null; }
journal_keeps_the_password() { ! journal_says "$password"; }

trap clean_up EXIT
[ -d /run/systemd/system ] || { echo 'systemd has not booted this machine' >&2; exit 1; }
# systemd hands credentials over by a mount; a container's mounts are private unless told otherwise
[ "$(findmnt --noheadings --output PROPAGATION /)" = shared ] || mount --make-rshared /
needed 'packages' install_packages
needed 'querywatch in /opt/querywatch' install_querywatch
needed 'a MariaDB of its own' start_database
needed 'the least-privileged account' make_account
needed 'configuration, credential and unit' install_unit
needed 'starts, and tells systemd when it is ready' systemctl start querywatch
needed 'answers /readyz' within 20 is_ready
needed 'sees the server, with the password from the credential' within 20 sees_office
step 'runs shut in: no capability, no root, no core dump' is_shut_in
step 'goes on with the old configuration after a bad reload' survives_bad_reload
step 'takes a good reload without a restart' takes_good_reload
step 'comes back after kill -9' comes_back_after_kill
step 'comes back after a hang, by the watchdog' comes_back_after_hang
step 'comes back after a deadlock of its scheduler' comes_back_after_deadlock
step 'takes a password that stands encrypted on the disk' takes_encrypted_password
step 'runs an instance beside it, with servers.d of its own' runs_an_instance
step 'upgrades as the README says, in three lines' upgrades
step 'stops within 5 s' stops_in_time
step 'stays down with a wrong configuration (status 78)' stays_down_when_misconfigured
step 'keeps the password out of the journal' journal_keeps_the_password
systemd-analyze verify --man=no /etc/systemd/system/querywatch.service && echo 'systemd-analyze verify: nothing to say'
systemd-analyze security --no-pager querywatch | tail -1
step 'uninstalls as the README says, and leaves nothing' leaves_nothing
[ $failed = 0 ] || journalctl --quiet --unit=querywatch --no-pager --lines=40
exit $failed
