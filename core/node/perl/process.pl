# Processes that the root end starts: each in a session of its own, so that all of it can be ended together.
use strict;
use warnings;

my %processes;             # by pid
my %condemned;             # by pid: told to end, killed when they do not
my $on_processes_changed;  # the lease file names what runs
pipe my $wake_reader, my $wake_writer or die "pipe: $!\n";
nonblocking($wake_reader);
nonblocking($wake_writer);

# script, or argv; input; out->(bytes), err->(bytes), end->(status, error, process); stall: seconds without output and CPU time.
# A script goes in through a pipe of its own, never on argv. Its braces make the shell read it whole before the first
# command runs: half a script, sent by a root end that just died, is a syntax error and not half of the work.
sub start_process {
    my (%process) = @_;
    my (%ours, %theirs);
    for my $name ('in', 'out', 'err', exists $process{script} ? 'script' : ()) {
        pipe my $reader, my $writer or return $process{end}->(126, "pipe: $!", \%process);
        my $we_write = $name eq 'in' || $name eq 'script';
        ($ours{$name}, $theirs{$name}) = $we_write ? ($writer, $reader) : ($reader, $writer);
        nonblocking($ours{$name});
    }
    my @argv = exists $process{script} ? ('sh', '/dev/fd/3') : @{$process{argv}};
    my $pid = fork;
    return $process{end}->(126, "fork: $!", \%process) if !defined $pid;
    if ($pid == 0) {
        POSIX::setsid();
        $SIG{$_} = 'DEFAULT' for qw(PIPE HUP INT TERM CHLD);
        POSIX::dup2(fileno $theirs{in}, 0);
        POSIX::dup2(fileno $theirs{out}, 1);
        POSIX::dup2(fileno $theirs{err}, 2);
        if (exists $process{script}) {
            POSIX::dup2(fileno $theirs{script}, 3) if fileno $theirs{script} != 3;
            fcntl $theirs{script}, F_SETFD, 0 if fileno $theirs{script} == 3;
        }
        { exec {$argv[0]} @argv }
        my $text = "$argv[0]: $!\n";
        syswrite STDERR, $text if open STDERR, '>&=', 2;
        POSIX::_exit(127);
    }
    close $_ for values %theirs;
    $process{unsent} = {in => $process{input} // ''};
    $process{unsent}{script} = "exec 3<&-; {\n$process{script}\n}\n" if exists $process{script};
    my $now = now();
    @process{qw(pid handles moved looked cpu start)} = ($pid, \%ours, $now, $now, '', (process_table($pid))[0]{start});
    $processes{$pid} = \%process;
    # Before the script goes in: what runs must be on record by then, should we be killed.
    $on_processes_changed->() if $on_processes_changed;
    send_input(\%process, $_) for keys %{$process{unsent}};
}

sub send_input {
    my ($process, $name) = @_;
    while (length $process->{unsent}{$name}) {
        my $count = syswrite $process->{handles}{$name}, $process->{unsent}{$name}, 65536;
        return if !defined $count && ($! == EAGAIN || $! == EINTR);
        last if !defined $count;    # it does not want the rest
        substr $process->{unsent}{$name}, 0, $count, '';
        $process->{moved} = now();
    }
    delete $process->{unsent}{$name};
    close delete $process->{handles}{$name};
}

sub read_output {
    my ($process, $name) = @_;
    my $count = sysread $process->{handles}{$name}, my $bytes, 65536;
    return 0 if !defined $count && ($! == EAGAIN || $! == EINTR);
    if (!$count) {
        close delete $process->{handles}{$name};
        return 0;
    }
    $process->{moved} = now();
    $process->{$name}->($bytes) if $process->{$name};
    return 1;
}

# {pid, parent, session, cpu, start} of the given processes, or of all.
sub process_table {
    my @pids = @_;
    if (!@pids && opendir my $folder, '/proc') { @pids = grep { /^\d+$/ } readdir $folder }
    my @table;
    for my $pid (@pids) {
        open my $file, '<', "/proc/$pid/stat" or next;
        my $text = <$file> // next;
        my @fields = split ' ', substr $text, rindex($text, ')') + 2;
        push @table, {pid => $pid, state => $fields[0], parent => $fields[1], session => $fields[3], start => $fields[19],
                      cpu => $fields[11] + $fields[12] + $fields[13] + $fields[14]};
    }
    return @table;
}

# The process, its session and its descendants (apt gives dpkg a session of its own).
sub family {
    my ($pid) = @_;
    my @table = process_table();
    my %member = ($pid => 1);
    my $grew = 1;
    while ($grew) {
        $grew = 0;
        for my $entry (@table) {
            next if $member{$entry->{pid}} || !($member{$entry->{parent}} || $entry->{session} == $pid);
            $grew = $member{$entry->{pid}} = 1;
        }
    }
    return grep { $member{$_->{pid}} } @table;
}

# Does this pid still belong to the process that began then? A pid alone may be another's by now.
sub still_lives {
    my ($pid, $start) = @_;
    my ($entry) = process_table($pid);
    return $entry && $entry->{start} == $start && $entry->{state} ne 'Z';
}

# TERM for all of it now, KILL after the grace for those that are left, also when the first of them is gone by then.
sub end_process {
    my ($process) = @_;
    return if $process->{ending};
    $process->{ending} = 1;
    for my $member (family($process->{pid})) {
        $condemned{$member->{pid}} = {start => $member->{start}, kill_at => now() + $settings{grace}};
        kill 'TERM', $member->{pid};
    }
}

# How many of those that were told to end live on. Children that they made meanwhile share their fate.
sub kill_condemned {
    my $now = now();
    for my $pid (keys %condemned) {
        if (!still_lives($pid, $condemned{$pid}{start})) { delete $condemned{$pid} }
        elsif ($now > $condemned{$pid}{kill_at}) { kill 'KILL', map { $_->{pid} } family($pid) }
    }
    return scalar keys %condemned;
}

sub reap {
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
        my $process = $processes{$pid} // next;
        $process->{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
        $process->{exited} = now();
    }
}

# Ends the wait for processes whose output is complete; a background child that holds the pipe does not count.
sub finish_processes {
    for my $process (values %processes) {
        next if !defined $process->{status};
        if ($process->{handles}{out} || $process->{handles}{err}) {
            next if now() - $process->{exited} < 0.3;
            for my $name (grep { $process->{handles}{$_} } qw(out err)) { 1 while read_output($process, $name) }
        }
        delete $processes{$process->{pid}};
        $on_processes_changed->() if $on_processes_changed;
        $process->{end}->($process->{status}, '', $process);
    }
}

# Stalled: nothing printed, nothing read and no CPU time used.
sub watch_processes {
    my $now = now();
    kill_condemned();
    for my $process (values %processes) {
        next if defined $process->{status} || $process->{ending};
        next if !$process->{stall} || $now - $process->{looked} < ($process->{stall} < 20 ? $process->{stall} / 4 : 5);
        $process->{looked} = $now;
        my $cpu = join ' ', map { "$_->{pid}:$_->{cpu}" } family($process->{pid});
        $process->{moved} = $now if $cpu ne $process->{cpu};
        $process->{cpu} = $cpu;
        next if $now - $process->{moved} < $process->{stall};
        $process->{stalled} = 1;
        end_process($process);
    }
}

# At our own end: everything that we started goes with us. What survives KILL hangs in the kernel; we do not wait for it.
sub end_all_processes {
    end_process($_) for values %processes;
    my $until = now() + 2 * $settings{grace};
    while (now() < $until) {
        reap();
        return if !kill_condemned();
        select undef, undef, undef, 0.05;
    }
}
