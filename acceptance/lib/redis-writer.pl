# usage: redis-writer.pl ADDRESS PORT SECONDS <PASSWORDS (one a line)
# A client that writes 20 times a second on one connection, logged in with the first password that is taken, and that logs in
# anew once it is told an error or loses the connection. Prints each error that is still one after that, and how many writes
# were taken.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($address, $port, $seconds) = @ARGV;
chomp(my @passwords = <STDIN>);
my ($socket, $written) = (undef, 0);

sub bulk { return map { sprintf "\$%d\r\n%s\r\n", length, $_ } @_ }

sub ask {
    my @words = @_;
    print {$socket} '*' . @words . "\r\n", bulk(@words);
    my $answer = <$socket>;
    return "-closed" unless defined $answer;
    $answer =~ s/\r\n\z//;
    return $answer;
}

sub login {
    my $answer = "-no connection";
    for my $password (@passwords) {
        $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 2) or next;
        $socket->autoflush(1);
        $answer = ask('AUTH', $password);
        return $answer if $answer =~ /^\+/;
    }
    return $answer;
}

$SIG{PIPE} = 'IGNORE';
login();
for (my $end = time + $seconds; time < $end; sleep 0.05) {
    my $answer = $socket ? ask('SET', 'beat', $written) : '-no connection';
    if ($answer !~ /^\+OK/) {
        my $login = login();
        $answer = $login =~ /^\+/ ? ask('SET', 'beat', $written) : $login;
    }
    if ($answer =~ /^\+OK/) { $written++ } else { print "$answer\n" }
}
print "written $written\n";
