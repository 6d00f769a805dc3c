# Frames: what travels between us and our programs on the nodes, in both directions.
#
#     TYPE NUMBER INDEX LENGTH\n  followed by LENGTH bytes
#
# A payload with structure is a row of fields, each "LENGTH:BYTES,"; fields nest. Nothing is escaped, so any byte can
# travel, and perl-base, which has neither JSON nor base64, can read and write it.
use strict;
use warnings;

my ($received, $outgoing) = ('', '');
my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my %settings = (base => '/var/lib/pigsty', run => '/run/pigsty', silence => 60, touch => 10, grace => 5, path => '', run_id => '');

# Seconds on a clock that nobody sets: the wall clock of a fresh machine jumps.
sub now { return (POSIX::times())[0] / $ticks }

sub join_fields { return join '', map { length($_) . ":$_," } @_ }

sub split_fields {
    my ($bytes) = @_;
    my ($at, @fields) = (0);
    while ($at < length $bytes) {
        my $colon = index $bytes, ':', $at;
        my $length = $colon < 0 ? '' : substr $bytes, $at, $colon - $at;
        die "damaged frame\n" if $length !~ /^\d{1,12}$/ || substr($bytes, $colon + 1 + $length, 1) ne ',';
        push @fields, substr $bytes, $colon + 1, $length;
        $at = $colon + $length + 2;
    }
    return @fields;
}

sub send_frame {
    my ($type, $number, $index, $bytes) = @_;
    $outgoing .= "$type $number $index " . length($bytes) . "\n" . $bytes;
}

# Writes what the other side takes just now; false when there is no other side any more.
sub flush_outgoing {
    while (length $outgoing) {
        my $count = syswrite STDOUT, $outgoing, 65536;
        return $! == EAGAIN || $! == EINTR if !defined $count;
        substr $outgoing, 0, $count, '';
    }
    return 1;
}

# Reads what is there and hands each whole frame to $take->(type, number, index, bytes). False at the end of input.
sub receive_frames {
    my ($take) = @_;
    my $count = sysread STDIN, $received, 262144, length $received;
    return $! == EAGAIN || $! == EINTR if !defined $count;
    return 0 if $count == 0;
    while ($received =~ /^([a-z]+) (\d+) (\d+) (\d+)\n/) {
        my ($type, $number, $index, $length, $header) = ($1, $2, $3, $4, $+[0]);
        last if length($received) < $header + $length;
        my $bytes = substr $received, $header, $length;
        substr $received, 0, $header + $length, '';
        $take->($type, $number, $index, $bytes);
    }
    die "damaged frame\n" if length $received > 64 && $received !~ /^[a-z]+ \d+ \d+ \d+\n/;
    return 1;
}

sub nonblocking {
    my ($handle) = @_;
    fcntl $handle, F_SETFL, fcntl($handle, F_GETFL, 0) | O_NONBLOCK;
}

# First of all: nothing that libraries print may get between the frames, and what the login put into the environment
# must change neither what programs print nor which of them we run.
sub set_up {
    open STDERR, '>', '/dev/null';
    binmode STDIN;
    binmode STDOUT;
    nonblocking(\*STDIN);
    nonblocking(\*STDOUT);
    chdir '/';
    umask 022;
    my $user = (getpwuid $>)[0];
    my $home = (getpwuid $>)[7];
    my $login = $ENV{SUDO_USER} // $user;  # whom a change to this machine must not lock out
    %ENV = (LC_ALL => 'C', PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', SHELL => '/bin/sh',
            HOME => $home // '/', USER => $user // '', LOGNAME => $user // '', PIGSTY_LOGIN => $login // '',
            DEBIAN_FRONTEND => 'noninteractive');
    $SIG{PIPE} = 'IGNORE';
}

sub apply_settings {
    my %given = split_fields($_[0]);
    @settings{keys %given} = values %given;
    $ENV{PATH} = "$settings{path}:$ENV{PATH}" if $settings{path} ne '';
}
