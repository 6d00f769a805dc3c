# usage: audit-diff.pl BEFORE AFTER
# Lists what differs between two snapshots; exit 0 without a difference, 1 with any, 2 when they cannot be compared.
use strict;
use warnings;
use POSIX qw(strftime);

# snapshot FILE: key → value, and the set of nodes.
sub snapshot {
    my ($file) = @_;
    open my $in, '<', $file or do { print STDERR "audit: cannot read $file: $!\n"; exit 2 };
    my (%value_of, %nodes);
    while (my $line = <$in>) {
        chomp $line;
        my ($node, $kind, $key, $value) = split /\t/, $line, 4;
        if (!defined $value) { print STDERR "audit: $file line $. is not a line of a snapshot\n"; exit 2 }
        $value_of{"$node $kind $key"} = $value;
        $nodes{$node} = 1;
    }
    return (\%value_of, join ' ', sort keys %nodes);
}

# A value is words of the form name=value; only a link's target, which comes last but for the digest, may hold blanks.
sub parts {
    my ($value) = @_;
    my %part;
    $part{digest} = $1 if $value =~ s/ ?\bdigest=([0-9a-f]{32,64})//;
    $part{target} = $1 if $value =~ s/ target=(.*)$//;
    for my $word (split / /, $value) {
        my ($name, $content) = split /=/, $word, 2;
        $part{$name} = $content // '';
    }
    return \%part;
}

sub shown {
    my ($name, $content) = @_;
    return 'nothing' if !defined $content || $content eq '';
    return substr($content, 0, 12) if $name eq 'digest' || $name eq 'versions' || $name eq 'InvocationID';
    if ($name =~ /^[mc]time$/) {
        my ($seconds, $fraction) = split /\./, $content;
        return strftime('%F %T', gmtime $seconds) . '.' . substr($fraction // '0', 0, 6);
    }
    return $content;
}

my ($before_file, $after_file) = @ARGV;
my ($before, $before_nodes) = snapshot($before_file);
my ($after, $after_nodes) = snapshot($after_file);
if ($before_nodes eq '' || $before_nodes ne $after_nodes) {
    print STDERR "audit: the snapshots are of different nodes: '$before_nodes' and '$after_nodes'\n";
    exit 2;
}

my $differences = 0;
my %all = (%$before, %$after);
for my $key (sort keys %all) {
    my ($old, $new) = ($before->{$key}, $after->{$key});
    next if defined $old && defined $new && $old eq $new;
    $differences++;
    if (!defined $old) { print "$key: appeared\n"; next }
    if (!defined $new) { print "$key: vanished\n"; next }
    my ($o, $n) = (parts($old), parts($new));
    my %names = (%$o, %$n);
    my @changes = map { "$_ " . shown($_, $o->{$_}) . ' -> ' . shown($_, $n->{$_}) }
        grep { ($o->{$_} // '') ne ($n->{$_} // '') } sort keys %names;
    print "$key: ", join(', ', @changes), "\n";
}
printf STDERR "audit: %d difference%s\n", $differences, $differences == 1 ? '' : 's' if $differences;
exit($differences ? 1 : 0);
