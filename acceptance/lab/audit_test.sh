#!/usr/bin/env bash
# The audit sees what it is there to see, and nothing else. Brings up one prepared node of its own.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
lab=$here/lab audit=$here/audit
. "$here/lib/testing.sh"

on_node() {
  "$lab" exec audited -- "$@"
}

before() {
  "$audit" snapshot audited >"$work/before"
}

# finds PATTERN …: the audit fails now, and its list matches each pattern.
finds() {
  local found pattern
  "$audit" snapshot audited >"$work/after"
  if found=$("$audit" diff "$work/before" "$work/after" 2>"$work/summary"); then
    printf 'no difference found\n'
    return 1
  fi
  for pattern in "$@"; do
    if ! grep --quiet --extended-regexp "$pattern" <<<"$found"; then
      printf 'nothing matches "%s" in:\n%s\n' "$pattern" "$found"
      return 1
    fi
  done
}

finds_nothing() {
  "$audit" snapshot audited >"$work/after"
  "$audit" diff "$work/before" "$work/after"
}

sql() {
  on_node runuser -u postgres -- psql --no-psqlrc --quiet --dbname=postgres --command="$1"
}

a_node_with_a_database_comes_up() {
  "$lab" up --prepared audited=10.10.10.40
  on_node pg_createcluster 17 main -- --auth=trust
  on_node bash -c "echo log_statement = mod >>/etc/postgresql/17/main/postgresql.conf && echo logging_collector = on >>/etc/postgresql/17/main/postgresql.conf"
  on_node systemctl start postgresql@17-main.service haproxy.service
}

logging_in_and_reading_changes_nothing() {
  before
  "$lab" run -- bash -c 'ssh -o BatchMode=yes -o UserKnownHostsFile="$PIGSTY_SSH_KNOWN_HOSTS_FILE" -i "$PIGSTY_SSH_PRIVATE_KEY_FILE" \
    vagrant@10.10.10.40 sudo -n cat /etc/shadow'
  sql 'select * from pg_authid'
  finds_nothing
}

a_touched_file_is_found() {
  before
  on_node touch /etc/haproxy/haproxy.cfg
  finds '^audited file /etc/haproxy/haproxy.cfg: ctime .* mtime '
}

a_changed_mode_is_found() {
  before
  on_node chmod 0640 /etc/haproxy/haproxy.cfg
  finds '^audited file /etc/haproxy/haproxy.cfg: .*mode 644 -> 640'
}

a_changed_owner_is_found() {
  before
  on_node chown haproxy /etc/haproxy/haproxy.cfg
  finds '^audited file /etc/haproxy/haproxy.cfg: .*owner root:root -> haproxy:root'
}

a_content_with_its_time_set_back_is_found() {
  before
  on_node bash -c 'touch -r /etc/issue /tmp/time && echo x >>/etc/issue && touch -r /tmp/time /etc/issue'
  finds '^audited file /etc/issue: ctime .* digest '
}

a_file_written_beside_and_removed_is_found() {
  before
  on_node bash -c 'touch /etc/haproxy/new && rm /etc/haproxy/new'
  finds '^audited file /etc/haproxy: ctime .* mtime '
}

a_new_link_target_is_found() {
  on_node ln -s /nowhere /home/vagrant/link
  before
  on_node ln -sfn /elsewhere /home/vagrant/link
  finds '^audited file /home/vagrant/link: .*target /nowhere -> /elsewhere'
}

files_with_hostile_names_are_found() {
  before
  on_node touch $'/root/a\nb\tc $(d) \'e\' \\f'
  finds '^audited file /root/a.x0ab.x09c \$\(d\) .e. .x5cf: appeared'
}

a_file_that_vanished_is_found() {
  before
  on_node rm /usr/bin/pgbench
  finds '^audited file /usr/bin/pgbench: vanished'
}

a_folder_behind_a_link_is_looked_at() {
  on_node bash -c 'mkdir -p /data/conf /pg && ln -sfn /data/conf /pg/conf && echo a >/data/conf/pg_hba.conf'
  before
  on_node bash -c 'echo b >/data/conf/pg_hba.conf'
  finds '^audited file /pg/conf/pg_hba.conf: .*digest'
}

# Its folder is that of the test before.
of_patroni_s_pgpass_the_content_counts() {
  on_node bash -c 'echo a >/pg/conf/pgpass'
  before
  on_node bash -c 'sleep 0.1; echo a >/pg/conf/pgpass'
  finds_nothing
  on_node bash -c 'echo b >/pg/conf/pgpass'
  finds '^audited file /pg/conf/pgpass: .*digest'
}

a_restarted_unit_is_found() {
  before
  on_node systemctl restart cron.service
  finds '^audited unit cron.service: .*ActiveEnter .*InvocationID '
}

a_reloaded_unit_is_found() {
  before
  on_node systemctl reload haproxy.service
  finds '^audited unit haproxy.service: StateChange '
}

a_reloaded_database_is_found() {
  before
  sql 'select pg_reload_conf()'
  finds '^audited postgresql 5432 /var/lib/postgresql/17/main: conf-load-time '
}

an_alter_role_that_changes_nothing_is_found() {
  before
  sql 'alter role postgres superuser'
  finds 'pg_authid: newest-xmin ' 'main: statements 0 -> 1'
}

a_comment_set_again_is_found() {
  sql "comment on role postgres is 'same'"
  before
  sql "comment on role postgres is 'same'"
  finds 'pg_shdescription: newest-xmin '
}

an_extension_in_another_database_is_found() {
  sql 'create database other'
  before
  on_node runuser -u postgres -- psql --quiet --dbname=other --command='create extension pg_trgm'
  finds ' other pg_extension: .*rows 1 -> 2'
}

a_changed_claim_is_found() {
  sql 'create schema pigsty; create table pigsty.claim (id text); insert into pigsty.claim values (1)'
  before
  sql 'update pigsty.claim set id = 2'
  finds 'pigsty.claim: digest '
}

a_server_of_redis_a_sentinel_and_a_cluster_come_up() {
  on_node bash -c 'for unit in redis-server redis-sentinel; do ln -s /dev/null /etc/systemd/system/$unit.service; done
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y redis-server redis-sentinel >/dev/null 2>&1
    mkdir -p /srv/plain /srv/cluster /var/lib/pigsty/secrets/audited && printf "1\nword" >/var/lib/pigsty/secrets/audited/default
    printf "port 26379\nsentinel monitor plain 127.0.0.1 7777 1\n" >/srv/sentinel.conf
    redis-server --port 7777 --dir /srv/plain --daemonize yes && redis-server --port 7001 --cluster-enabled yes --dir /srv/cluster --requirepass word --daemonize yes &&
    redis-sentinel /srv/sentinel.conf --daemonize yes && sleep 1' >/dev/null
}

asking_redis_changes_nothing() {
  before
  on_node redis-cli -p 7777 CONFIG GET '*' >/dev/null
  finds_nothing
}

what_is_set_in_redis_is_found() {
  before
  on_node redis-cli -p 7777 CONFIG SET maxmemory 70mb
  finds '^audited redis 7777 config maxmemory: value 0 -> 73400320' '^audited redis 7777 calls config.set: '
}

what_is_set_to_what_it_is_is_found() {
  before
  on_node redis-cli -p 7777 CONFIG SET maxmemory 70mb
  finds '^audited redis 7777 calls config.set: calls 1 -> 2'
}

a_user_of_redis_is_found() {
  before
  on_node redis-cli -p 7777 ACL SETUSER audited on
  finds '^audited redis 7777 user audited: appeared'
}

what_a_sentinel_watches_is_found() {
  before
  on_node redis-cli -p 26379 SENTINEL SET plain quorum 2
  finds '^audited redis 26379 sentinel plain: quorum 1 -> 2'
}

a_slot_of_a_cluster_with_a_password_is_found() {
  before
  on_node redis-cli -p 7001 -a word CLUSTER ADDSLOTS 5
  finds '^audited redis 7001 cluster: nodes '
}

a_setting_in_the_data_directory_is_found() {
  before
  sql 'alter system set work_mem = 8192'
  finds '^audited file /var/lib/postgresql/17/main/postgresql.auto.conf: .*digest'
}

snapshots_of_different_nodes_are_not_compared() {
  sed 's/^audited/another/' "$work/before" >"$work/other"
  fails_with 'the snapshots are of different nodes' "$audit" diff "$work/before" "$work/other"
}

a_node_that_is_off_fails_the_snapshot() {
  "$lab" kill audited
  fails_with 'looking at audited failed' "$audit" snapshot audited
}

mapfile -t tests < <(sed -nE 's/^([a-z_]+)\(\) \{$/\1/p' "${BASH_SOURCE[0]}" | grep -vxE 'on_node|before|finds|finds_nothing|sql')
run_tests "${tests[@]}"
