# The bridge: carries byte streams between our connection and sockets of this node, each opened as the user it names. Each
# stream has a window in each direction, so that one slow socket holds up neither the others nor our memory.
#
#   from the client   open USER, TARGET | data | eof | close | credit COUNT
#   to the client     opened | refused CAUSE | data | eof | closed CAUSE | credit COUNT
use strict;
use warnings;

BEGIN {
    import_from('Socket', qw(AF_UNIX SOCK_STREAM SOCK_NONBLOCK SOL_SOCKET SO_ERROR IPPROTO_TCP TCP_NODELAY AI_NUMERICSERV
                             getaddrinfo pack_sockaddr_un));
}
sub TCP_QUICKACK () { 12 }    # tcp(7); Socket has no name for it

$0 = 'pigsty-bridge';    # for whoever looks at the node's processes
my $window = 262144;
my %streams;
my $heard = now();

sub drop_stream {
    my ($id) = @_;
    my $stream = delete $streams{$id} // return;
    close $stream->{socket} if $stream->{socket};
}

sub refuse_stream {
    my ($id, $cause) = @_;
    send_frame('refused', $id, 0, $cause);
    drop_stream($id);
}

# A server takes for its peer who we are at the moment of connect (unix(7), SO_PEERCRED).
sub connect_as {
    my ($user, $socket, $address) = @_;
    my ($uid, $gid) = @{$user};
    my ($own_uid, $own_gids) = ($>, $));
    ($) = "$gid $gid", $> = $uid) if $uid != $own_uid;
    my $connected = $> == $uid && connect $socket, $address;
    my $error = $!;
    ($> = $own_uid, $) = $own_gids) if $uid != $own_uid;
    $! = $error;
    return $connected;
}

sub open_stream {
    my ($id, $name, $target) = @_;
    my @user = (getpwnam $name)[2, 3] or return refuse_stream($id, "there is no user $name on the node");
    my ($family, $address);
    if ($target =~ /^unix:(.*)\z/s) {
        # sockaddr_un holds 107 bytes of a path.
        return refuse_stream($id, 'the path of the socket is too long') if length $1 > 107;
        ($family, $address) = (AF_UNIX, pack_sockaddr_un($1));
    } elsif ($target =~ /^tcp:\[?([^\]]*)\]?:(\d+)\z/) {
        my ($error, @found) = getaddrinfo($1, $2, {socktype => SOCK_STREAM, flags => AI_NUMERICSERV});
        return refuse_stream($id, "resolve $1: $error") if $error || !@found;
        ($family, $address) = @{$found[0]}{qw(family addr)};
    } else {
        return refuse_stream($id, "not a target: $target");
    }
    socket my $socket, $family, SOCK_STREAM | SOCK_NONBLOCK, 0 or return refuse_stream($id, "socket: $!");
    my $stream = $streams{$id} = {socket => $socket, tcp => $family != AF_UNIX, unsent => '', credit => $window, taken => 0};
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1 if $stream->{tcp};
    if (connect_as(\@user, $socket, $address)) { send_frame('opened', $id, 0, '') }
    elsif ($! == EINPROGRESS) { $stream->{connecting} = 1 }
    # A unix socket whose backlog is full says so at once and never gets writable: asked again at the next turn.
    elsif ($! == EAGAIN) { @{$stream}{qw(retry user until)} = ($address, \@user, now() + 30) }
    else { refuse_stream($id, "$!") }
}

sub go_on_connecting {
    my ($id, $stream) = @_;
    if ($stream->{retry}) {
        if (connect_as($stream->{user}, $stream->{socket}, $stream->{retry})) { delete $stream->{retry}; send_frame('opened', $id, 0, '') }
        elsif ($! != EAGAIN || now() > $stream->{until}) { refuse_stream($id, "$!") }
        return;
    }
    $! = unpack 'i', getsockopt $stream->{socket}, SOL_SOCKET, SO_ERROR;
    return refuse_stream($id, "$!") if $!;
    delete $stream->{connecting};
    send_frame('opened', $id, 0, '');
}

sub end_stream {
    my ($id, $cause) = @_;
    send_frame('closed', $id, 0, $cause);
    drop_stream($id);
}

sub send_to_socket {
    my ($id, $stream) = @_;
    while (length $stream->{unsent}) {
        my $count = syswrite $stream->{socket}, $stream->{unsent}, 65536;
        if (!defined $count) {
            return if $! == EAGAIN || $! == EINTR;
            return end_stream($id, "$!");
        }
        substr $stream->{unsent}, 0, $count, '';
        $stream->{taken} += $count;
    }
    # Credit in large pieces: a frame for each packet would double the traffic.
    if ($stream->{taken} >= $window / 4) {
        send_frame('credit', $id, 0, $stream->{taken});
        $stream->{taken} = 0;
    }
    if ($stream->{input_ended} && !$stream->{shut}) {
        shutdown $stream->{socket}, 1;
        $stream->{shut} = 1;
    }
}

sub read_from_socket {
    my ($id, $stream) = @_;
    # A server that writes head and body of a reply apart (Patroni's) holds the second back until the first is
    # acknowledged, and this kernel would take 40 ms to do that. It forgets the wish: said again each time.
    setsockopt $stream->{socket}, IPPROTO_TCP, TCP_QUICKACK, 1 if $stream->{tcp};
    my $most = $stream->{credit} < 65536 ? $stream->{credit} : 65536;
    my $bytes = '';
    my $count = sysread $stream->{socket}, $bytes, $most;
    if (!defined $count) {
        return if $! == EAGAIN || $! == EINTR;
        return end_stream($id, "$!");
    }
    if ($count == 0) {
        $stream->{output_ended} = 1;
        return send_frame('eof', $id, 0, '');
    }
    $stream->{credit} -= $count;
    send_frame('data', $id, 0, $bytes);
}

sub take_frame {
    my ($type, $id, undef, $bytes) = @_;
    return apply_settings($bytes) if $type eq 'settings';
    return open_stream($id, split_fields($bytes)) if $type eq 'open';
    my $stream = $streams{$id} // return;
    if ($type eq 'data') { $stream->{unsent} .= $bytes }
    elsif ($type eq 'eof') { $stream->{input_ended} = 1; send_to_socket($id, $stream) if !length $stream->{unsent} }
    elsif ($type eq 'credit') { $stream->{credit} += $bytes }
    elsif ($type eq 'close') { drop_stream($id) }
}

sub serve {
    while (1) {
        my ($readers, $writers, $retrying) = ('', '', 0);
        vec($readers, 0, 1) = 1;
        vec($writers, 1, 1) = 1 if length $outgoing;
        for my $stream (values %streams) {
            my $fd = fileno $stream->{socket};
            if ($stream->{retry}) { $retrying = 1; next }
            vec($writers, $fd, 1) = 1 if $stream->{connecting} || length $stream->{unsent};
            next if $stream->{connecting} || $stream->{output_ended} || $stream->{credit} <= 0 || length $outgoing > 4 * $window;
            vec($readers, $fd, 1) = 1;
        }
        my $ready = select $readers, $writers, undef, $retrying ? 0.05 : $settings{silence} / 12;
        ($readers, $writers) = ('', '') if $ready < 0;
        for my $id (keys %streams) {
            my $stream = $streams{$id};
            my $fd = fileno $stream->{socket};
            if ($stream->{retry}) { go_on_connecting($id, $stream) }
            elsif ($stream->{connecting}) { go_on_connecting($id, $stream) if vec $writers, $fd, 1 }
            else {
                send_to_socket($id, $stream) if vec $writers, $fd, 1;
                read_from_socket($id, $stream) if $streams{$id} && vec $readers, $fd, 1;
            }
        }
        # Last: it may close sockets, whose numbers new ones then get.
        if (vec $readers, 0, 1) {
            receive_frames(\&take_frame) or last;
            $heard = now();
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
