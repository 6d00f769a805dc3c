#include "core/node/program_start.h"

#include <array>
#include <cstdio>

#include "core/base/quote.h"

namespace pigsty::node {

namespace {

constexpr std::string_view kReady = "<pigsty perl>\n";
constexpr std::string_view kEaten = "<pigsty eaten>\n";
constexpr std::string_view kPrompt = "<pigsty password>";
constexpr std::size_t kMostNoise = 65536;
constexpr auto kTimeToSend = std::chrono::seconds(60);  // to send the program
constexpr auto kGreeting = std::chrono::seconds(60);    // sudo may have to ask a slow directory

// Reads eight digits, that many bytes, and runs them. No character in it means anything to any login shell inside
// single quotes, and the mark is never followed by a line feed where a shell or sudo quotes the command in an error.
constexpr std::string_view kReadExactly =
    R"(sub g{my($n,$d)=(shift,"");while(length($d)<$n){sysread(STDIN,$d,$n-length($d),length($d))or exit(97)}$d})";
constexpr std::string_view kSayReady = R"(syswrite(STDOUT,"<pigsty perl>".chr(10));)";
// Without a password to ask for, our text is on its way already: what the shell's start read of it is missing here.
constexpr std::string_view kReadFirst =
    R"($_=g(8);unless(/^[0-9]{8}$/){syswrite(STDOUT,"<pigsty eaten>".chr(10));exit(96)})";

bool may_ask(const Launcher& launcher, const Become& become) {
    return become.enabled && !become.password.empty() && launcher.login_user() != "root";
}

std::string bootstrap(bool asks) {
    std::string program(kReadExactly);
    if (asks)
        program.append(kSayReady).append("$_=g(8);");
    else
        program.append(kReadFirst).append(kSayReady);
    return program + "eval(g($_));die($@)if$@";
}

std::string command_line(const Launcher& launcher, const Become& become) {
    std::string command = "perl -e " + shell_quote(bootstrap(may_ask(launcher, become)));
    if (launcher.login_user() != "root" && become.enabled) {
        // -k: a remembered login must not decide whether the password is read from our input or not.
        command = (become.password.empty() ? std::string("sudo -n ") : "sudo -k -S -p " + shell_quote(kPrompt) + " ") +
                  command;
    }
    // One ordered stream of what sudo, the shell and perl say; a login shell may be fish or csh.
    return "exec sh -c " + shell_quote("LC_ALL=C exec " + command + " 2>&1");
}

bool says(std::string_view noise, std::initializer_list<std::string_view> phrases) {
    for (const auto phrase : phrases)
        if (noise.find(phrase) != std::string_view::npos) return true;
    return false;
}

constexpr const char* kQuietShell =
    "what the login shell runs at its start (~/.bashrc, ~/.profile, ~/.zshenv, its own settings) must neither read "
    "input nor start another program where there is no terminal: let it begin with `[ -t 0 ] || return`, or give the "
    "user "
    "/bin/sh or /bin/bash; `ssh USER@NODE true </dev/null` shows what it does";

Error why_not_started(std::string_view noise, const std::string& login_user) {
    const std::string as = "the login user \"" + login_user + "\"";
    if (says(noise, {"you must have a tty", "sorry, a tty is required"}))
        return Error{ErrorCode::denied, "sudo on the node wants a terminal (requiretty) for " + as}
            .with_hint("take it back for this user in /etc/sudoers.d: Defaults:" + login_user + " !requiretty")
            .with_output(noise);
    if (says(noise, {"account is currently not available", "This account is not available"}))
        return Error{ErrorCode::denied, as + " has a login shell that runs nothing (nologin)"}
            .with_hint("log in as another user, or give this one a shell (chsh)")
            .with_output(noise);
    if (says(noise, {"a password is required", "a terminal is required", "no password was provided"}))
        return Error{ErrorCode::denied, "sudo asks for a password, and none is configured"}
            .with_hint("set become.password, or let " + as + " use sudo without a password")
            .with_output(noise);
    if (says(noise, {"is not in the sudoers file", "not allowed to execute", "may not run sudo",
                     "is not allowed to run sudo"}))
        return Error{ErrorCode::denied, as + " may not become root with sudo"}
            .with_hint("allow it in /etc/sudoers.d (ALL=(ALL) NOPASSWD: ALL), or log in as a user who may")
            .with_output(noise);
    if (says(noise, {"sudo: not found", "sudo: command not found", "sudo: No such file"}))
        return Error{ErrorCode::denied, "there is no sudo on the node, and " + as + " is not root"}
            .with_hint("install sudo, or log in as root")
            .with_output(noise);
    if (says(noise, {"perl: not found", "perl: command not found", "failed to execute perl", "perl: No such file"}))
        return Error{ErrorCode::unsupported, "there is no perl on the node"}
            .with_hint("Debian and Ubuntu have it in the essential package perl-base: is this one of them?")
            .with_output(noise);
    return Error{ErrorCode::failed, "perl could not be started as root on the node"}
        .with_hint(kQuietShell)
        .with_output(noise);
}

// Waits for the mark. Whatever comes before it (a message of the day, a shell's greeting) is noise; it explains failures.
class Greeting {
  public:
    Greeting(RemoteProcess& process, const Become& become) : process_(process), become_(become) {}

    // What came after the mark, or nothing where the output ended first: noise() then says why.
    Result<std::optional<std::string>> wait(const Cancel& cancel) {
        bool answered = false;
        while (true) {
            if (const auto at = noise_.find(kReady); at != std::string::npos) return noise_.substr(at + kReady.size());
            if (noise_.contains(kEaten))
                return fail(Error{ErrorCode::failed,
                                  "what the login shell runs at its start has read the input that was meant for us"}
                                .with_hint(kQuietShell));
            if (const auto at = noise_.find(kPrompt); at != std::string::npos) {
                if (answered)
                    return fail(Error{ErrorCode::denied, "sudo did not accept the password"}.with_hint(
                        "become.password is the login user's own password on this node"));
                noise_.erase(at, kPrompt.size());
                TRY_VOID(process_.write(std::string(become_.password.reveal()) + "\n", cancel));
                answered = true;
            }
            std::array<char, 4096> buffer{};
            TRY(const auto count, process_.read(buffer, cancel));
            read_ += count;
            noise_.append(buffer.data(), count);
            if (count == 0 || noise_.size() > kMostNoise) return std::optional<std::string>();
        }
    }
    [[nodiscard]] const std::string& noise() const { return noise_; }
    [[nodiscard]] std::size_t bytes_read() const { return read_; }

  private:
    RemoteProcess& process_;
    const Become& become_;
    std::string noise_;
    std::size_t read_ = 0;
};

}  // namespace

Result<StartedProgram> start_program(Launcher& launcher, const Become& become, std::string_view program,
                                     std::string_view input, const Cancel& cancel) {
    StartedProgram started;
    TRY(started.process, launcher.start(command_line(launcher, become), cancel));
    std::array<char, 16> length{};
    std::snprintf(length.data(), length.size(), "%08zu", program.size());
    const std::string text = std::string(length.data()).append(program).append(input);

    Greeting greeting(*started.process, become);
    const bool asks = may_ask(launcher, become);
    // Without a password to give, the program need not wait for the greeting: a round trip less.
    Status sent;
    if (!asks) sent = started.process->write(text, cancel.within_at_most(kTimeToSend));
    auto rest = greeting.wait(cancel.within_at_most(kGreeting));
    if (!rest && rest.error().code == ErrorCode::stalled && !cancel.expired())
        return fail(Error{ErrorCode::unreachable, "perl did not start on the node within 60 s"}
                        .with_hint(kQuietShell)
                        .with_output(greeting.noise()));
    if (!rest) return fail(std::move(rest).error());
    if (!*rest) return fail(why_not_started(greeting.noise(), launcher.login_user()));
    if (asks) sent = started.process->write(text, cancel.within_at_most(kTimeToSend));
    if (!sent) return fail(std::move(sent).error());
    started.frames.feed(**rest);
    started.bytes_out = text.size();
    started.bytes_in = greeting.bytes_read();
    return started;
}

}  // namespace pigsty::node
