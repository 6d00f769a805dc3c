# Looking: every probe of a request at once, one process for each kind of thing and never one for each thing.
use strict;
use warnings;

sub observe {
    my ($done, @flat) = @_;
    my (@kinds, @keys, %by_kind, @values, @errors);
    while (@flat) {
        push @kinds, shift @flat;
        push @keys, shift @flat;
        push @{$by_kind{$kinds[-1]}}, $#keys;
    }
    my $pending = 1;
    my $one_done = sub {
        push @errors, $_[0] if defined $_[0] && $_[0] ne '';
        $done->(join('; ', @errors), map { $_ // '' } @values) if --$pending == 0;
    };
    my $see = sub { $values[$_[0]] = $_[1] };
    my %look = (path => \&look_at_paths, unit => \&look_at_units, package => \&look_at_packages, command => \&look_by_scripts);
    my %names = (path => [map { @{$by_kind{$_} // []} } qw(path keyed_path)], map { $_ => $by_kind{$_} // [] } qw(unit package command));
    for my $kind (grep { @{$names{$_}} } sort keys %look) {
        $pending++;
        $look{$kind}->($one_done, $see, \@kinds, \@keys, @{$names{$kind}});
    }
    my %simple = (text => \&text_of, account => \&account_of, group => sub { defined getgrnam($_[0]) ? 1 : '' }, sysctl => \&sysctl_of,
                  clock => sub { time });
    for my $kind (keys %simple) {
        for my $i (@{$by_kind{$kind} // []}) {
            eval { $values[$i] = $simple{$kind}->($keys[$i]); 1 } or push @errors, "$kind $keys[$i]: $@";
        }
    }
    $one_done->();
}

sub look_at_paths {
    my ($done, $see, $kinds, $keys, @indexes) = @_;
    my (%state, @files, @errors);
    for my $path (map { $keys->[$_] } @indexes) {
        next if $state{$path};
        my @stat = lstat $path;
        if (!@stat) {
            push @errors, "look at $path: $!" if $! != ENOENT && $! != ENOTDIR;
            $state{$path} = ['absent'];
            next;
        }
        my $type = S_ISREG($stat[2]) ? 'file' : S_ISDIR($stat[2]) ? 'directory' : S_ISLNK($stat[2]) ? 'link' : 'other';
        $state{$path} = [$type, getpwuid($stat[4]) // $stat[4], getgrgid($stat[5]) // $stat[5], sprintf('%o', $stat[2] & 07777),
                         '', $type eq 'link' ? readlink($path) // '' : ''];
        push @files, $path if $type eq 'file';
    }
    digest_files(sub {
        my ($digests, $error) = @_;
        for my $i (@indexes) {
            my @state = @{$state{$keys->[$i]}};
            if ($state[0] eq 'file') {
                my $digest = $digests->{$keys->[$i]};
                # It went while we looked.
                if (!defined $digest) { @state = ('absent') }
                else { $state[4] = $kinds->[$i] eq 'keyed_path' ? keyed_digest($digest, 0) : $digest }
            }
            $see->($i, join "\0", @state);
        }
        $done->(join '; ', @errors, $error ? $error : ());
    }, @files);
}

sub look_at_units {
    my ($done, $see, undef, $keys, @indexes) = @_;
    my ($text, $error) = ('', '');
    my @units = map { $keys->[$_] } @indexes;
    start_process(
        argv => ['systemctl', 'show', '--no-pager', '--property=LoadState,ActiveState,UnitFileState,SubState', '--', @units], stall => 60,
        out => sub { $text .= $_[0] }, err => sub { $error .= $_[0] if length $error < 2000 },
        end => sub {
            my @blocks = split /\n\n+/, $text;
            return $done->("systemctl show: $error") if $_[0] != 0 || @blocks != @units;
            for my $i (0 .. $#blocks) {
                my %property = map { /^(\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, $blocks[$i];
                $see->($indexes[$i], join "\0", map { $property{$_} // '' } qw(LoadState ActiveState UnitFileState SubState));
            }
            $done->();
        });
}

sub look_at_packages {
    my ($done, $see, undef, $keys, @indexes) = @_;
    my ($text, $error) = ('', '');
    start_process(
        argv => ['dpkg-query', '-W', '-f', '${Package}\t${db:Status-Status}\t${Version}\n', '--', map { $keys->[$_] } @indexes],
        stall => 60,
        out => sub { $text .= $_[0] }, err => sub { $error .= $_[0] if length $error < 2000 },
        end => sub {
            # 1: some of them are unknown to dpkg.
            return $done->("dpkg-query: $error") if $_[0] > 1;
            my %version = map { /^([^\t]+)\tinstalled\t(.+)$/ ? ($1 => $2) : () } split /\n/, $text;
            $see->($_, $version{$keys->[$_] =~ s/:.*//sr} // '') for @indexes;
            $done->();
        });
}

sub quoted { my ($text) = @_; $text =~ s/'/'\\''/g; return "'$text'" }

# Side by side: one that waits for a server holds up nobody. A syntax error in one does not hide what it printed before.
sub look_by_scripts {
    my ($done, $see, undef, $keys, @indexes) = @_;
    my ($pending, @errors) = (scalar @indexes);
    for my $i (@indexes) {
        my $text = '';
        start_process(
            script => '(eval ' . quoted($keys->[$i]) . ') </dev/null 2>/dev/null', stall => 60, out => sub { $text .= $_[0] },
            end => sub {
                my (undef, $error, $process) = @_;
                push @errors, 'this script did not end within 60 s: ' . substr $keys->[$i], 0, 200 if $process->{stalled};
                $see->($i, $text);
                $done->(join '; ', @errors) if --$pending == 0;
            });
    }
}

sub text_of {
    my ($path) = @_;
    my $text = read_file($path);
    return "+$text" if defined $text;
    die "$!\n" if $! != ENOENT && $! != ENOTDIR;
    return '-';
}

sub account_of {
    my ($name) = @_;
    my ($user, undef, $uid, $gid, undef, undef, undef, $home, $shell) = getpwnam $name or return '';
    my %groups = ((getgrgid($gid) // $gid) => 1);
    setgrent;
    while (my ($group, undef, undef, $members) = getgrent) { $groups{$group} = 1 if grep { $_ eq $user } split / /, $members }
    endgrent;
    return join "\0", $uid, $gid, $home, $shell, sort keys %groups;
}

# sysctl(8): dots separate, and a dot inside a part is written as a slash.
sub sysctl_of {
    my ($name) = @_;
    (my $path = $name) =~ tr{./}{/.};
    die "not a sysctl name\n" if grep { $_ eq '' || $_ eq '.' || $_ eq '..' } split m{/}, $path, -1;
    my $text = read_file("/proc/sys/$path") // return '-';
    $text =~ s/\s+\z//;
    $text =~ s/[ \t]+/ /g;
    return "+$text";
}

# What the node is, as raw texts; facts.cpp reads them.
sub look_at_node {
    my ($done) = @_;
    my ($system, $name, $kernel, undef, $machine) = POSIX::uname();
    my $cloud_init = !-e '/usr/bin/cloud-init' || !-d '/run/cloud-init' ? ''
                   : -e '/etc/cloud/cloud-init.disabled' || -e '/run/cloud-init/disabled' ? ''
                   : -e '/run/cloud-init/result.json' ? 'done' : 'running';
    # {"v1": {"datasource": …, "errors": ["…"]}}
    if ($cloud_init eq 'done' && (read_file('/run/cloud-init/result.json') // '') =~ /"errors"\s*:\s*\[\s*(\S.*?)\s*\]/s && $1 ne '') {
        $cloud_init = 'failed: ' . substr($1 =~ s/\s+/ /gr, 0, 500);
    }
    my %facts = (
        host_name => $name, kernel => $kernel, machine => $machine, cloud_init => $cloud_init,
        os_release => read_file('/etc/os-release'), machine_id => read_file('/etc/machine-id'),
        boot_id => read_file('/proc/sys/kernel/random/boot_id'),
        init => -d '/run/systemd/system' ? 'systemd' : read_file('/proc/1/comm'),
        timezone => readlink('/etc/localtime'), timezone_name => read_file('/etc/timezone'),
        cpu => scalar(grep { /^processor\s*:/ } split /\n/, read_file('/proc/cpuinfo') // ''), meminfo => read_file('/proc/meminfo'));
    my $text = '';
    my $systemd = systemd_version();
    start_process(
        (defined $systemd ? (argv => ['df', '-Pk', -d '/data' ? '/data' : '/'])
                          : (script => 'systemctl --version 2>/dev/null | head -n 1; df -Pk /data 2>/dev/null || df -Pk /')),
        stall => 30, out => sub { $text .= $_[0] },
        end => sub {
            my @lines = split /\n/, $text;
            $facts{df} = $lines[-1];
            $facts{systemd} = $systemd // (grep { /^systemd / } @lines)[0];
            $done->(map { $_ => $facts{$_} // '' } sort keys %facts);
        });
}

# The library that all of systemd's programs share has the version in its name: no program is run for it.
sub systemd_version {
    for my $folder ('/usr/lib/systemd', map { "/usr/lib/$_/systemd" } grep { /-linux-gnu/ } entries('/usr/lib')) {
        for (entries($folder)) { return "systemd $1" if /^libsystemd-shared-(\d+)/ }
    }
    return undef;
}

sub entries {
    my ($folder) = @_;
    opendir my $handle, $folder or return;
    return sort readdir $handle;
}
