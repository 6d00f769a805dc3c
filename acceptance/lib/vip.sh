# Where a virtual address is, looked at on the nodes themselves. Sourced after cluster.sh.
# shellcheck shell=bash disable=SC2154

vip=10.10.10.2

# vip_on NODE: succeeds where the node has the address.
vip_on() { [[ -n $(on "$1" ip -o -4 addr show to "$vip/32") ]]; }
# holders NODE…: those of them that have it.
holders() {
  local node
  for node; do if vip_on "$node"; then printf '%s\n' "$node"; fi; done | paste -sd' '
}
# held_by NODE: it alone, of all that are up.
held_by() { [[ $(holders "${up[@]}") == "$1" ]]; }

# sampling SECONDS: from now on, ten times a second and for so long at most, each node notes whether it has the address, in a file
# that a power cut leaves. What was noted before is forgotten.
sampling() {
  local node
  for node in "${nodes[@]}"; do
    on "$node" sh -c 'systemctl stop vip-sampler.service 2>/dev/null; rm -f /var/tmp/vip-samples'
    sampling_on "$node" "$1"
  done
}
sampling_on() {
  # shellcheck disable=SC2016
  on "$1" systemd-run --quiet --collect --unit=vip-sampler --property=RuntimeMaxSec="$2" perl -e '
    use Time::HiRes; open my $out, ">>", "/var/tmp/vip-samples" or die; $out->autoflush(1);
    while (1) {
      my $began = Time::HiRes::time();
      my $has = `ip -o -4 addr show to 10.10.10.2/32` ne "" ? 1 : 0;
      printf {$out} "%.3f %d %.3f\n", $began, $has, Time::HiRes::time();
      my $left = 0.1 - (Time::HiRes::time() - $began);
      Time::HiRes::sleep($left) if $left > 0;
    }' || failure "no samples on $1"
}

# overlaps [NODE FROM TO]…: how often a node was seen with the address while another one had it: its own looks before and after
# say so. Nobody looks any more after that. Between FROM and TO (seconds since 1970) NODE was cut off and does not count.
overlaps() {
  local node
  for node in "${nodes[@]}"; do
    on "$node" sh -c 'systemctl stop vip-sampler.service; cat /var/tmp/vip-samples' 2>/dev/null | sed "s/^/$node /"
  done | perl -e '
    my @away; while (@ARGV) { push @away, [splice @ARGV, 0, 3] }
    my (%held, $samples);
    while (<STDIN>) {
      my ($node, $began, $has, $ended) = split;
      next unless defined $ended;
      $samples++;
      next if grep { $_->[0] eq $node && $began >= $_->[1] && $ended <= $_->[2] } @away;
      push @{$held{$node}}, [$began, $ended] if $has;
    }
    my $twice = 0;
    for my $one (keys %held) {
      for my $other (keys %held) {
        next if $one eq $other;
        my $looks = $held{$other};
        my $at = 0;
        for my $look (sort { $a->[0] <=> $b->[0] } @{$held{$one}}) {
          $at++ while $at + 1 < @$looks && $looks->[$at + 1][1] <= $look->[0];
          my ($before, $after) = @{$looks}[$at, $at + 1];
          next unless $after && $before->[1] <= $look->[0] && $after->[0] >= $look->[1] && $after->[0] - $before->[1] < 0.5;
          $twice++;
          print STDERR "both $one and $other at $look->[0]\n" if $twice < 4;
        }
      }
    }
    die "no samples\n" unless $samples;
    print STDERR "$samples samples\n";
    print "$twice\n"' -- "$@"
}
