# The root end of a node: runs as root while a session lives, does what requests say, in order, and ends what it started
# when it heard nothing for a while or the session is gone. Sent over standard input, never stored on the node.
use strict;
use warnings;

$0 = 'pigsty-root-end';    # for whoever looks at the node's processes
my (@queue, $request, $working);
my ($heard, $alive_sent, $ending) = (now(), now(), 0);

# A command answers by finish(status, error, fields…), at once or later.
sub finish {
    my ($status, $error, @fields) = @_;
    push @{$request->{results}}, join_fields($status, $error, @fields);
    $request->{failed} = 1 if $status != 0 && !$request->{may_fail};
    $working = 0;
}

sub run_script {
    my ($index, $script, $input, $stall, $may_fail) = @_;
    $request->{may_fail} = $may_fail;
    start_process(
        script => $script, input => $input, stall => $stall,
        out => sub { send_frame('out', $request->{number}, $index, $_[0]) },
        err => sub { send_frame('err', $request->{number}, $index, $_[0]) },
        end => sub {
            my ($status, $error, $process) = @_;
            @{$request}{qw(outcome failed)} = ("stalled $stall", 1) if $process->{stalled};
            finish($status, $error);
        });
}

sub put_file {
    my (undef, $path, $content, $owner, $group, $mode, $scope, $keep) = @_;
    $content = with_secrets($content, $scope) if $scope ne '';
    my $write = sub {
        my $kept = $keep ? keep_before($path) : '';
        replace_file($path, $content, number_of_user($owner), number_of_group($group), $mode);
        finish(0, '', $kept, index($path, "$settings{base}/claims/") == 0 ? $content : ());
    };
    return $write->() if index($path, "$settings{base}/claims/") != 0;
    own_folder('claims');
    # Named in a claim as {{digest:PATH}}, PATH percent-encoded.
    my $plain = sub { my ($path) = @_; $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; $path };
    my @digested = map { $plain->($_) } $content =~ /\{\{digest:([^{}"]*)\}\}/g;
    digest_files(sub {
        my ($digests, $error) = @_;
        eval {
            die "$error\n" if $error;
            my $digest = sub { my $known = $digests->{$plain->($_[0])}; defined $known ? keyed_digest($known, 1) : '' };
            $content =~ s/\{\{digest:([^{}"]*)\}\}/$digest->($1)/ge;
            $write->();
            1;
        } or finish(1, $@);
    }, grep { -f $_ && !-l $_ } @digested);
}

sub remove_file {
    my (undef, $path) = @_;
    if (unlink $path) { sync_folder(folder_of($path)) }
    elsif ($! != ENOENT && $! != ENOTDIR) { die "remove $path: $!\n" }
    finish(0, '');
}

# The folder of a new journal is synced, too: a step must not begin before its line would survive a power cut.
sub write_journal {
    my (undef, $operation, $line) = @_;
    die "not a name of an operation: $operation\n" if $operation !~ /^[A-Za-z0-9_-]+$/;
    my $folder = own_folder('journal');
    my $is_new = !-e "$folder/$operation.jsonl";
    sysopen my $file, "$folder/$operation.jsonl", O_WRONLY | O_CREAT | O_APPEND, 0600 or die "open $folder/$operation.jsonl: $!\n";
    (syswrite($file, "$line\n") // 0) == length($line) + 1 or die "write $folder/$operation.jsonl: $!\n";
    sync_handle($file) or die "fsync $folder/$operation.jsonl: $!\n";
    sync_folder($folder) if $is_new;
    finish(0, '');
}

sub write_secret {
    my (undef, $scope, $name, $generation, $bytes) = @_;
    my $path = secret_path($scope, $name);
    own_folder("secrets/$scope");
    replace_file($path, "$generation\n$bytes", 0, 0, 0600);
    finish(0, '');
}

sub read_claims {
    my $folder = "$settings{base}/claims";
    my @names;
    if (opendir my $handle, $folder) { @names = sort grep { /\.json$/ && -f "$folder/$_" } readdir $handle }
    finish(0, '', map { $_ => read_file("$folder/$_") // '' } @names);
}

my %commands = (
    facts => sub { look_at_node(sub { finish(0, '', @_) }) },
    claims => \&read_claims,
    holder => sub { finish(0, '', foreign_lease()) },
    observe => sub {
        my (undef, @probes) = @_;
        observe(sub { my ($error, @values) = @_; finish($error ne '' ? 1 : 0, $error, $error ne '' ? () : @values) }, @probes);
    },
    lease => sub { my ($taken, $text) = take_lease(@_[1, 2]); finish($taken ? 0 : 75, '', $text) },
    run => \&run_script,
    put => \&put_file,
    remove => \&remove_file,
    journal => \&write_journal,
    secret => sub { my ($generation, $bytes) = read_secret(@_[1, 2]); finish(0, '', defined $generation ? ($generation, $bytes) : ()) },
    keep => \&write_secret,
);

sub take_frame {
    my ($type, $number, undef, $bytes) = @_;
    if ($type eq 'settings') {
        apply_settings($bytes);
        # Other runs must be able to see that this one still lives (core/node/run_id.h).
        $0 = "pigsty-root-end $settings{run_id}" if $settings{run_id} =~ /^[0-9a-f-]+$/;
    }
    elsif ($type eq 'request') {
        my @given = map { [split_fields($_)] } split_fields($bytes);
        push @queue, {number => $number, commands => \@given, results => [], outcome => 'done'};
    }
    elsif ($type eq 'release') { drop_lease() }
    elsif ($type eq 'cancel') {
        @queue = grep { $_->{number} != $number } @queue;
        if ($request && $request->{number} == $number) {
            @{$request}{qw(outcome failed)} = ('cancelled', 1);
            end_process($_) for values %processes;
        }
    }
}

sub advance {
    while (!$working) {
        if ($request && ($request->{failed} || @{$request->{results}} == @{$request->{commands}})) {
            send_frame('reply', $request->{number}, 0, join_fields($request->{outcome}, @{$request->{results}}));
            $request = undef;
        }
        $request //= shift @queue // return;
        my $index = @{$request->{results}};
        next if $index == @{$request->{commands}};
        my ($name, @arguments) = @{$request->{commands}[$index]};
        ($working, $request->{may_fail}) = (1, 0);
        eval { ($commands{$name} // die "unknown command $name\n")->($index, @arguments); 1 } or finish(1, $@);
    }
}

sub serve {
    $SIG{CHLD} = sub { syswrite $wake_writer, 'c' };
    $SIG{$_} = sub { $ending = 1; syswrite $wake_writer, 'e' } for qw(TERM HUP INT);
    while (!$ending) {
        my ($readers, $writers) = ('', '');
        vec($readers, $_, 1) = 1 for 0, fileno $wake_reader;
        vec($writers, 1, 1) = 1 if length $outgoing;
        for my $process (values %processes) {
            my $handles = $process->{handles};
            # The reader of our output is slow: let the script wait, too.
            if (length $outgoing < 1048576) { vec($readers, fileno $handles->{$_}, 1) = 1 for grep { $handles->{$_} } qw(out err) }
            vec($writers, fileno $handles->{$_}, 1) = 1 for keys %{$process->{unsent}};
        }
        # Woken often enough to keep our own bounds, and soon where a process has ended but its output has not.
        my $exited = grep { defined $_->{status} } values %processes;
        my $ready = select $readers, $writers, undef, $exited ? 0.1 : $settings{touch} / 10;
        ($readers, $writers) = ('', '') if $ready < 0;
        sysread $wake_reader, my $ignored, 4096 if vec $readers, fileno $wake_reader, 1;
        if (vec $readers, 0, 1) {
            receive_frames(\&take_frame) or last;
            $heard = now();
        }
        for my $process (values %processes) {
            my $handles = $process->{handles};
            for my $name (grep { $handles->{$_} } qw(out err)) { read_output($process, $name) if vec $readers, fileno $handles->{$name}, 1 }
            for my $name (keys %{$process->{unsent}}) { send_input($process, $name) if vec $writers, fileno $handles->{$name}, 1 }
        }
        reap();
        watch_processes();
        finish_processes();
        advance();
        touch_lease();
        if ($request && now() - $alive_sent > $settings{touch}) {
            $alive_sent = now();
            send_frame('alive', $request->{number}, 0, '');
        }
        flush_outgoing() or last;
        last if now() - $heard > $settings{silence};
    }
}

set_up();
eval { serve(); 1 } or do {
    send_frame('fatal', 0, 0, $@);
    flush_outgoing();
};
end_all_processes();
drop_lease();
