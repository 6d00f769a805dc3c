# The lease: one process at a time changes a node. A lock that the kernel gives back whatever happens to us, and a file
# that says to others who holds it and what must be ended if the holder dies.
use strict;
use warnings;

my ($lease_lock, $lease_holder, $lease_token, $lease_touched, %watched);

sub lease_file { return "$settings{run}/lease.json" }

sub write_lease {
    return if !$lease_lock;
    my $running = join ',', map { "[$_->{pid},$_->{start}]" } sort { $a->{pid} <=> $b->{pid} } grep { $_->{start} } values %processes;
    my $start = (process_table($$))[0]{start};
    my $text = qq({"holder":$lease_holder,\n"pid":$$,"start":$start,\n"token":"$lease_token",\n"running":[$running]}\n);
    my $path = lease_file();
    if (open my $file, '>:raw', "$path.new") {
        print {$file} $text;
        close $file and rename "$path.new", $path;
    }
    $lease_touched = now();
}
$on_processes_changed = \&write_lease;

sub touch_lease {
    return if !$lease_lock || now() - $lease_touched < $settings{touch};
    $lease_touched = now();
    utime undef, undef, lease_file();
}

# Ends what the former holder left behind, the holder included.
sub end_former_holder {
    my $text = read_file(lease_file()) // return;
    my @left = $text =~ /^"running":\[(.*)\]\}$/m ? $1 =~ /\[(\d+),(\d+)\]/g : ();
    push @left, $1, $2 if $text =~ /^"pid":(\d+),"start":(\d+),$/m;
    my @pids;
    while (my ($pid, $start) = splice @left, 0, 2) { push @pids, $pid if $pid != $$ && still_lives($pid, $start) }
    for my $signal ('TERM', 'KILL') {
        # A stopped process hears TERM only once it goes on.
        my %alive = map { $_->{pid} => 1 } map { family($_) } grep { process_table($_) } @pids;
        last if !%alive;
        kill $signal, keys %alive;
        kill 'CONT', keys %alive;
        my $until = now() + $settings{grace};
        while (now() < $until && grep { my ($e) = process_table($_); $e } keys %alive) { reap(); select undef, undef, undef, 0.05 }
    }
}

# Silent: its file is older than the silence allowed and did not move while we watched it for longer than a touch takes.
# The second half is there because the wall clock of a fresh machine jumps.
sub holder_is_silent {
    my @stat = stat lease_file() or return 0;
    %watched = (mtime => $stat[9], since => now()) if !%watched || $watched{mtime} != $stat[9];
    return time - $stat[9] > $settings{silence} && now() - $watched{since} > 1.5 * $settings{touch};
}

# Room for claims and journal, proven before the first step: without it we could not say later what we did.
sub prove_room {
    my $path = own_folder('journal') . "/.room-$$";
    sysopen my $file, $path, O_WRONLY | O_CREAT | O_TRUNC, 0600 or die "create a file under $settings{base}: $!\n";
    my $done = eval {
        my $count = syswrite($file, 'x' x 131072) // die "write under $settings{base}: $!\n";
        die "write under $settings{base}: No space left on device\n" if $count != 131072;
        sync_handle($file) or die "fsync under $settings{base}: $!\n";
        1;
    };
    my $cause = $@;
    unlink $path;
    die $cause if !$done;
}

sub remove_old_journals {
    my $folder = own_folder('journal');
    opendir my $handle, $folder or return;
    for my $name (grep { /\.jsonl$/ } readdir $handle) {
        unlink "$folder/$name" if -M "$folder/$name" > 30;
    }
}

# Returns (taken, text): the token of the last holder, or who holds it now.
sub take_lease {
    my ($holder, $token) = @_;
    make_folder($settings{run}, 0755);
    if (!$lease_lock) {
        sysopen my $lock, "$settings{run}/lease.lock", O_RDWR | O_CREAT, 0600 or die "open $settings{run}/lease.lock: $!\n";
        my $taken = flock $lock, LOCK_EX | LOCK_NB;
        # With this token it is our own former self, whose connection broke without its noticing.
        my $is_ours = (read_file(lease_file()) // '') =~ /^"token":"\Q$token\E",$/m;
        if (!$taken && ($is_ours || holder_is_silent())) {
            end_former_holder();
            $taken = flock $lock, LOCK_EX | LOCK_NB;
        }
        return (0, read_file(lease_file()) // '') if !$taken;
        # The lock was free, but a holder that was killed may have left children that still write.
        end_former_holder();
        $lease_lock = $lock;
    }
    ($lease_holder, $lease_token) = ($holder, $token);
    write_lease();
    eval { prove_room(); remove_old_journals(); 1 } or do {
        my $cause = $@;
        drop_lease();
        die $cause;
    };
    my $last = read_file("$settings{run}/lease.last") // '';
    if (open my $file, '>:raw', "$settings{run}/lease.last") { print {$file} $token; close $file }
    return (1, $last);
}

sub drop_lease {
    return if !$lease_lock;
    unlink lease_file();
    close $lease_lock;
    $lease_lock = undef;
}

# Who holds it, judged without taking the lock: a Read must not make a change fail.
sub foreign_lease {
    my $text = read_file(lease_file()) // return '';
    return '' if $lease_lock || $text !~ /^"pid":(\d+),"start":(\d+),$/m || !still_lives($1, $2);
    return $text;
}
