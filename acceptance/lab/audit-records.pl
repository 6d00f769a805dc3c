# usage: audit-records.pl NODE <RECORDS
# Turns a node's records (kind, key, value, each ended by a NUL) into sorted lines: node, kind, key, value, separated by tabs.
# Control characters and backslashes in keys and values are written as \xHH.
use strict;
use warnings;

my ($node) = @ARGV;
local $/;
my @fields = split /\0/, <STDIN>, -1;
pop @fields;
die "audit: $node: the list is cut short\n" if !@fields || @fields % 3;

my %value_of;
while (my ($kind, $key, $value) = splice @fields, 0, 3) {
    s/([\x00-\x1f\x7f\\])/sprintf '\\x%02x', ord $1/ge for $key, $value;
    my $name = "$kind\t$key";
    $value_of{$name} = exists $value_of{$name} ? "$value_of{$name} $value" : $value;
}
print "$node\t$_\t$value_of{$_}\n" for sort keys %value_of;
