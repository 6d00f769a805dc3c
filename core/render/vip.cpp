#include "core/render/vip.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/text.h"
#include "core/render/banner.h"
#include "core/render/patroni.h"
#include "core/render/yaml.h"

namespace pigsty::render {
namespace {

constexpr const char* kProgram = R"perl(# PostgreSQL's virtual address on this member.
#   run      starts vip-manager on the interface that is meant, once Patroni here leads or follows: it goes by etcd alone, where a
#            Patroni that hangs leads until its lease ends
#   release  takes the address off this machine
#   guard    takes it off wherever Patroni here does not hold the leader's lock, and wakes a vip-manager that holds it back
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my $verb = shift @ARGV // '';
my %given = map { split /=/, $_, 2 } @ARGV;
my $address = $given{address} // die "address=?\n";

# Where the address is now: [interface, address/prefix].
sub places {
    my @places;
    for (`ip -o -4 addr show to $address/32 2>/dev/null`) {
        push @places, [$1, $2] if /^\d+:\s+([^\s@]+)\S*\s+inet\s+(\S+)/;
    }
    return @places;
}

# True when it is gone.
sub take_away {
    system 'ip', 'addr', 'del', $_->[1], 'dev', $_->[0] for places();
    return !places();
}

sub interface {
    return $given{interface} if $given{interface} ne 'auto';
    for (`ip -o -4 addr show`) {
        return $1 if /^\d+:\s+([^\s@]+)\S*\s+inet\s+(\S+?)\// && $2 eq $given{member};
    }
    die "no interface holds $given{member}\n";
}

# 200 where Patroni of this machine holds the leader's lock, another number where it does not, 0 where it does not answer.
# Whose certificate it shows does not matter: nobody else answers at this machine's own address.
sub patroni_says {
    my ($host, $port) = ($given{member}, $given{port});
    my $question = "GET /leader HTTP/1.0\\r\\nHost: $host\\r\\n\\r\\n";
    my $said = '';
    if ($given{tls}) {
        $said = `printf '$question' | timeout 2 openssl s_client -quiet -connect $host:$port 2>/dev/null`;
    } elsif (my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 2)) {
        eval {
            local $SIG{ALRM} = sub { die "timeout\n" };
            alarm 2;
            print {$socket} "GET /leader HTTP/1.0\r\nHost: $host\r\n\r\n";
            $said = <$socket> // '';
            alarm 0;
        };
    }
    return $said =~ /^HTTP\/1\.\d (\d\d\d)/ ? $1 : 0;
}

sub leads_or_follows {
    my $said = patroni_says();
    return $said == 200 || $said && -e "$given{data}/standby.signal";
}

# One that somebody stopped stays stopped.
sub wake { system 'timeout', '10', 'systemctl', 'try-restart', 'vip-manager.service' }

my $unheard = 0;    # since when Patroni does not answer
my $refused = 0;    # looks in a row at which it did not lead
my $without = 0;    # looks in a row at which it led without the address
my $woken = 0;      # when vip-manager was

sub look {
    if (!places()) {
        ($unheard, $refused) = (0, 0);
        # A standby: no look is worth a handshake.
        return $without = 0 if !-e "$given{data}/PG_VERSION" || -e "$given{data}/standby.signal";
        $without = patroni_says() == 200 ? $without + 1 : 0;
        return if $without < 3 || time - $woken < 10;
        print "Patroni leads here and $address is not here: restarts vip-manager\n";
        ($without, $woken) = (0, time);
        return wake();
    }
    $without = 0;
    my $began = time;
    my $said = patroni_says();
    return ($unheard, $refused) = (0, 0) if $said == 200;
    # It closes for a moment when it reads its configuration again, and it is told a moment later than etcd that it leads.
    $unheard = $said ? 0 : $unheard || $began;
    $refused = $said ? $refused + 1 : 0;
    return if $said ? $refused < 2 : time - $unheard < 4;
    return if !places();
    print "takes $address away: Patroni ", $said ? "does not hold the leader's lock ($said)" : 'does not answer', "\n";
    take_away();
    # It would bring it back as long as it believes what it saw last. Anew it waits for a Patroni that leads or follows.
    wake();
    take_away() or print "$address is still here\n";
}

if ($verb eq 'run') {
    my $interface = interface();
    sleep 1 until leads_or_follows();
    exec '/usr/bin/vip-manager', "--config=$given{config}", "--interface=$interface" or die "vip-manager: $!\n";
} elsif ($verb eq 'release') {
    take_away() or die "$address is still here\n";
} elsif ($verb eq 'guard') {
    while (1) {
        look();
        select undef, undef, undef, $refused ? 0.2 : 1;
    }
} else {
    die "expected run, release or guard\n";
}
)perl";

std::string command(const VipMember& vip, std::string_view verb) {
    return fmt::format("/usr/bin/perl {} {} address={}", kVipProgram, verb, vip.address);
}

// How a verb asks the member's own Patroni.
std::string own_patroni(const VipMember& vip) {
    return fmt::format("member={} port={}{} data=/pg/data", vip.member_address, vip.rest_port,
                       vip.rest_ssl ? " tls=1" : "");
}

}  // namespace

std::string render_vip_configuration(const VipMember& vip) {
    Yaml file;
    // Every second; what changes is told by etcd at once.
    file["interval"] = 1000;
    file["trigger-key"] = vip.leader_key;
    file["trigger-value"] = vip.member;
    file["ip"] = vip.address;
    // Alone, not as one more address of its network: else it may become that network's first one after a lost link, and with
    // it the source of what this member sends, to etcd too.
    file["netmask"] = 32;
    file["manager-type"] = "basic";
    file["dcs-type"] = "etcd";
    file["dcs-endpoints"] = vip.etcd_endpoints;
    file["etcd-user"] = vip.etcd_user;
    file["etcd-password"] = yaml_secret(vip.etcd);
    file["etcd-ca-file"] = kCaCertificate;
    file["etcd-cert-file"] = kEtcdCertificate;
    file["etcd-key-file"] = kEtcdKey;
    file["retry-num"] = 2;
    file["retry-after"] = 250;
    return banner() + to_yaml(file);
}

std::string render_vip_drop_in(const VipMember& vip) {
    // The package's unit reads no such file, and it leaves the address behind when it ends, however it ends.
    return banner() + fmt::format(
                          "[Unit]\n"
                          "ConditionPathExists={}\n"
                          "StartLimitIntervalSec=0\n"
                          "\n"
                          "[Service]\n"
                          "ExecStart=\n"
                          "ExecStart={} interface={} {} config={}\n"
                          "ExecStopPost=\n"
                          "ExecStopPost={}\n"
                          "Restart=always\n"
                          "RestartSec=1s\n"
                          "TimeoutStopSec=5s\n"
                          "SyslogIdentifier=vip-manager\n",
                          kVipConfiguration, command(vip, "run"), vip.interface, own_patroni(vip), kVipConfiguration,
                          command(vip, "release"));
}

std::string render_vip_guard_unit(const VipMember& vip) {
    return banner() + fmt::format(
                          "[Unit]\n"
                          "Description=Takes PostgreSQL's virtual address away where Patroni does not lead\n"
                          "After=network.target\n"
                          "StartLimitIntervalSec=0\n"
                          "\n"
                          "[Service]\n"
                          "ExecStart={} {}\n"
                          "Restart=always\n"
                          "RestartSec=1s\n"
                          "OOMScoreAdjust=-900\n"
                          "SyslogIdentifier=pg-vip-guard\n"
                          "\n"
                          "[Install]\n"
                          "WantedBy=multi-user.target\n",
                          command(vip, "guard"), own_patroni(vip));
}

std::string vip_program() { return banner() + kProgram; }

}  // namespace pigsty::render
