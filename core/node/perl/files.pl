# Files: replaced whole, so that a crash leaves the old or the new one, and readers never see half of one.
use strict;
use warnings;

my $temporary = 0;

sub sync_handle {
    my ($handle) = @_;
    load_library('IO') if !defined &IO::Handle::sync;
    return IO::Handle::sync($handle);
}

sub sync_folder {
    my ($folder) = @_;
    sysopen my $handle, $folder, O_RDONLY | O_DIRECTORY or die "open $folder: $!\n";
    sync_handle($handle) or die "fsync $folder: $!\n";
}

sub folder_of { my ($path) = @_; return $path =~ m{^(.*)/[^/]+$}s && $1 ne '' ? $1 : '/' }

sub read_file {
    my ($path) = @_;
    open my $file, '<:raw', $path or return undef;
    local $/;
    return <$file> // '';
}

sub number_of_user { my ($n) = @_; return $n =~ /^\d+$/ ? $n : getpwnam($n) // die "there is no user $n on this node\n" }
sub number_of_group { my ($n) = @_; return $n =~ /^\d+$/ ? $n : getgrnam($n) // die "there is no group $n on this node\n" }

sub replace_file {
    my ($path, $content, $user, $group, $mode) = @_;
    my $folder = folder_of($path);
    die "is a directory\n" if -d $path && !-l $path;
    my $beside = sprintf '%s/.pigsty-%d-%d', $folder, $$, ++$temporary;
    sysopen my $file, $beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600 or die "create a file in $folder: $!\n";
    eval {
        my $at = 0;
        while ($at < length $content) {
            $at += syswrite($file, $content, 1048576, $at) // die "write: $!\n";
        }
        chown $user, $group, $file or die "chown: $!\n";
        chmod $mode, $file or die "chmod: $!\n";
        sync_handle($file) or die "fsync: $!\n";
        close $file or die "close: $!\n";
        rename $beside, $path or die "rename: $!\n";
        1;
    } or do {
        my $cause = $@;
        unlink $beside;
        die $cause;
    };
    sync_folder($folder);
}

sub make_folder {
    my ($path, $mode) = @_;
    return if -d $path;
    make_folder(folder_of($path), $mode);
    mkdir $path, $mode or $! == EEXIST or die "mkdir $path: $!\n";
    chmod $mode, $path;
    sync_folder(folder_of($path));
}

# The folder of ours that holds the named part; made on first need, for root only.
sub own_folder {
    my ($part) = @_;
    make_folder("$settings{base}/$part", 0700);
    return "$settings{base}/$part";
}

sub secret_path {
    my ($scope, $name) = @_;
    for ($scope, $name) { die "not a name of a secret: $_\n" if m{/|^\.|\0} || $_ eq '' }
    return "$settings{base}/secrets/$scope/$name";
}

# A secret's file: its generation, a line feed, its bytes.
sub read_secret {
    my ($scope, $name) = @_;
    my $text = read_file(secret_path($scope, $name)) // return;
    $text =~ /^(\d+)\n(.*)\z/s or die "the secret $name of $scope is damaged on this node\n";
    return ($1, $2);
}

sub with_secrets {
    my ($content, $scope) = @_;
    my %known;
    $content =~ s{\{\{([A-Za-z0-9_.-]+):(\d+)\}\}}{
        my ($name, $wanted) = ($1, $2);
        $known{$name} //= [read_secret($scope, $name)];
        my ($generation, $bytes) = @{$known{$name}};
        die "the secret $name of $scope is not on this node\n" if !defined $generation;
        die "the secret $name of $scope has generation $generation on this node, expected $wanted\n" if $generation != $wanted;
        $bytes
    }ge;
    return $content;
}

# Did a package bring this file, and is it still as it came? Then there is nothing of the user's to keep.
sub is_untouched_conffile {
    my ($path) = @_;
    open my $status, '<:raw', '/var/lib/dpkg/status' or return 0;
    my $wanted;
    while (<$status>) { $wanted = $1 if index($_, " $path ") == 0 && substr($_, length($path) + 2) =~ /^([0-9a-f]{32})\s/ }
    return 0 if !defined $wanted;
    open my $sum, '-|', 'md5sum', '-z', '--', $path or return 0;
    local $/;
    return (<$sum> // '') =~ /^$wanted /;
}

# Keeps what was there before us, once: later replacements would keep our own text.
sub keep_before {
    my ($path) = @_;
    my @stat = lstat $path or return '';
    return '' if !S_ISREG($stat[2]) && !S_ISLNK($stat[2]);
    my $kept = "$settings{base}/before$path";
    return '' if lstat $kept || is_untouched_conffile($path);
    own_folder('before');
    make_folder(folder_of($kept), 0700);
    if (S_ISLNK($stat[2])) { symlink readlink $path, $kept or die "keep $path as $kept: $!\n" }
    else {
        my $content = read_file($path) // die "read $path: $!\n";
        replace_file($kept, $content, $stat[4], $stat[5], $stat[2] & 07777);
    }
    return $kept;
}

# SHA-256 (FIPS 180-4) for the keyed digests: perl-base has none, and a process for each file would cost too much.
sub sha256_hex {
    my ($text) = @_;
    my @k = map { hex } qw(
        428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74
        80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d
        b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e
        92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5
        391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2);
    my @h = map { hex } qw(6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19);
    my $bits = 8 * length $text;
    $text .= "\x80" . "\0" x ((55 - length $text) % 64) . pack 'Q>', $bits;
    # A word written twice, one behind the other: rotating it is a shift, and a call for each of the rotations would cost more
    # than all the rest.
    my $low = 0xffffffff;
    for my $block (unpack '(a64)*', $text) {
        my @w = unpack 'N16', $block;
        for my $i (16 .. 63) {
            my ($x, $y) = @w[$i - 15, $i - 2];
            my ($xx, $yy) = ($x << 32 | $x, $y << 32 | $y);
            $w[$i] = ($w[$i - 16] + (($xx >> 7 ^ $xx >> 18 ^ $x >> 3) & $low) + $w[$i - 7] + (($yy >> 17 ^ $yy >> 19 ^ $y >> 10) & $low)) & $low;
        }
        my ($p, $q, $r, $s, $t, $u, $v, $z) = @h;
        for my $i (0 .. 63) {
            my ($pp, $tt) = ($p << 32 | $p, $t << 32 | $t);
            my $one = $z + (($tt >> 6 ^ $tt >> 11 ^ $tt >> 25) & $low) + ($t & $u ^ ~$t & $low & $v) + $k[$i] + $w[$i];
            my $two = (($pp >> 2 ^ $pp >> 13 ^ $pp >> 22) & $low) + ($p & $q ^ $p & $r ^ $q & $r);
            ($z, $v, $u, $t, $s, $r, $q, $p) = ($v, $u, $t, ($s + $one) & $low, $r, $q, $p, ($one + $two) & $low);
        }
        my @add = ($p, $q, $r, $s, $t, $u, $v, $z);
        $h[$_] = ($h[$_] + $add[$_]) & $low for 0 .. 7;
    }
    return join '', map { sprintf '%08x', $_ } @h;
}

# Digest of bytes that hold a secret: without the node's key it says nothing about them, not even to who can guess them.
sub keyed_digest {
    my ($digest, $make_key) = @_;
    my $path = "$settings{base}/key";
    my $key = read_file($path);
    if (!defined $key) {
        return '' if !$make_key;
        open my $random, '<:raw', '/dev/urandom' or die "open /dev/urandom: $!\n";
        sysread($random, my $bytes, 32) == 32 or die "read /dev/urandom: $!\n";
        make_folder($settings{base}, 0700);
        $key = unpack 'H*', $bytes;
        replace_file($path, $key, 0, 0, 0600);
    }
    return sha256_hex($key . $digest);
}

# $done->({path => digest}, error). One process for all of them; -z because a name may hold a line feed. xargs where there are
# more of them than fit on a command line.
sub digest_files {
    my ($done, @paths) = @_;
    return $done->({}) if !@paths;
    my ($text, $error, $names, @sum) = ('', '', join("\0", @paths), 'sha256sum', '-z', '--');
    start_process(
        (length $names < 65536 ? (argv => [@sum, @paths]) : (argv => ['xargs', '-0', @sum], input => $names)), stall => 120,
        out => sub { $text .= $_[0] }, err => sub { $error .= $_[0] if length $error < 2000 },
        end => sub {
            my %digests = map { /^([0-9a-f]{64}) [ *](.*)\z/s ? ($2 => $1) : () } split /\0/, $text;
            # A file may go between our look and the reading; any other failure is one.
            my $failed = $_[0] != 0 && grep { !exists $digests{$_} && -e $_ } @paths;
            $done->(\%digests, $failed ? "sha256sum: $error" : '');
        });
}
