#include "core/ssh/authenticate.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ssh/agent.h"
#include "core/ssh/private_key.h"

namespace pigsty::ssh {
namespace {

// Memory that libssh2 frees with free().
unsigned char* c_copy(std::string_view bytes) {
    auto* copy = static_cast<unsigned char*>(std::malloc(bytes.size() + 1));
    if (copy != nullptr) {
        std::memcpy(copy, bytes.data(), bytes.size());
        copy[bytes.size()] = 0;
    }
    return copy;
}

// What the agent is asked by libssh2's callback, and what went wrong there.
struct AgentSigner {
    Agent& agent;
    const PublicKey& key;
    std::optional<Error> error{};
};

// The signed data is a whole request (RFC 4252, 7); the algorithm chosen for this server stands in it.
std::uint32_t agent_flags(std::string_view request) {
    take_string(request);  // session id
    if (request.empty()) return 0;
    request.remove_prefix(1);                          // SSH_MSG_USERAUTH_REQUEST
    for (int i = 0; i < 3; ++i) take_string(request);  // user, service, "publickey"
    if (request.empty()) return 0;
    request.remove_prefix(1);  // TRUE
    const auto algorithm = take_string(request);
    if (!algorithm) return 0;
    if (algorithm->starts_with("rsa-sha2-512")) return Agent::kRsaSha512;
    if (algorithm->starts_with("rsa-sha2-256")) return Agent::kRsaSha256;
    return 0;
}

LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign_with_agent) {
    static_cast<void>(session);
    auto& signer = *static_cast<AgentSigner*>(*abstract);
    const std::string_view request(reinterpret_cast<const char*>(data), data_len);
    auto answer = signer.agent.sign(signer.key.blob, request, agent_flags(request));
    if (!answer) {
        signer.error = std::move(answer).error();
        return -1;
    }
    std::string_view rest = *answer;
    take_string(rest);  // the algorithm, which libssh2 writes itself
    std::string_view signature = rest;
    // Security keys: libssh2 wants the signature with its length, flags and counter as they are.
    if (!signer.key.type.starts_with("sk-")) signature = take_string(rest).value_or(std::string_view());
    *sig = c_copy(signature);
    *sig_len = signature.size();
    return *sig == nullptr ? -1 : 0;
}

// Keyboard-interactive answers: libssh2's callback has no argument of ours, and it runs in this thread.
thread_local const Secret* answering_password = nullptr;

LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_prompts) {
    static_cast<void>(name), static_cast<void>(name_len), static_cast<void>(instruction);
    static_cast<void>(instruction_len), static_cast<void>(abstract);
    for (int i = 0; i < num_prompts; ++i) {
        // A prompt whose answer may be seen asks for something else than a password.
        const std::string_view text = prompts[i].echo != 0 ? std::string_view() : answering_password->reveal();
        responses[i].text = reinterpret_cast<char*>(c_copy(text));
        responses[i].length = static_cast<unsigned>(text.size());
    }
}

class Login {
  public:
    Login(Transport& transport, const Endpoint& endpoint, const Credentials& credentials, const Cancel& cancel)
        : transport_(transport),
          user_(endpoint.user),
          host_(endpoint.host),
          credentials_(credentials),
          cancel_(cancel) {}

    Status run() {
        TRY(const bool open_door, ask_methods());
        if (open_door) return {};
        if (!credentials_.private_key.empty() || !credentials_.private_key_file.empty()) {
            TRY(const bool accepted, with_key());
            if (accepted) return {};
        }
        if (credentials_.agent) {
            TRY(const bool accepted, with_agent());
            if (accepted) return {};
        }
        if (!credentials_.password.empty()) {
            TRY(const bool accepted, with_password());
            if (accepted) return {};
        }
        return fail(refused());
    }

  private:
    LIBSSH2_SESSION* ssh() const { return transport_.ssh(); }
    unsigned user_length() const { return static_cast<unsigned>(user_.size()); }

    // A connection that the server ends because of our keys is refusal, not bad luck.
    template <class Attempt>
    Result<int> complete(Attempt&& attempt, std::string_view doing) {
        auto code = transport_.complete(attempt, cancel_, doing);
        if (code || code.error().code != ErrorCode::unreachable) return code;
        if (transport_.goodbye().find("authentication") != std::string::npos) return fail(refused());
        if (const std::string banner = transport_.banner(); !banner.empty()) code.error().with_output(banner);
        return code;
    }

    // True when the server asks for nothing at all.
    Result<bool> ask_methods() {
        const char* list = nullptr;
        TRY(const int code, complete(
                                [&] {
                                    list = libssh2_userauth_list(ssh(), user_.c_str(), user_length());
                                    return list != nullptr ? 0 : libssh2_session_last_errno(ssh());
                                },
                                "asking for login methods"));
        if (list != nullptr) methods_ = list;
        if (libssh2_userauth_authenticated(ssh()) != 0) return true;
        if (code == 0 && list != nullptr) return false;
        return fail(Error{.code = ErrorCode::unsupported,
                          .message = "the server did not say how to log in: " + transport_.last_error()}
                        .at_host(host_));
    }

    bool offers(std::string_view method) const {
        return ("," + methods_ + ",").find("," + std::string(method) + ",") != std::string::npos;
    }

    Result<bool> with_key() {
        auto key = read_private_key(credentials_);
        if (!key) return fail(std::move(key.error().at_host(host_)));
        if (key->encrypted && credentials_.passphrase.empty())
            return fail(
                Error{.code = ErrorCode::denied, .message = key->origin + " is encrypted and no passphrase is given"}
                    .at_host(host_)
                    .with_hint("set passphrase, or load the key into ssh-agent and set agent = true"));
        std::string certificate;
        std::string tried = "key " + key->origin + (key->fingerprint.empty() ? "" : " (" + key->fingerprint + ")");
        if (!credentials_.certificate_file.empty()) {
            auto text = read_credential_file(credentials_.certificate_file, "certificate_file");
            if (!text) return fail(std::move(text.error().at_host(host_)));
            auto parsed = parse_public_key(*text);
            if (!parsed || parsed->type.find("-cert-v01@openssh.com") == std::string::npos)
                return fail(
                    Error{.code = ErrorCode::invalid,
                          .message = credentials_.certificate_file + " holds no OpenSSH user certificate"}
                        .at_host(host_)
                        .with_hint("expected \"ssh-ed25519-cert-v01@openssh.com AAAA…\", as ssh-keygen -s writes"));
            certificate = parsed->line();
            tried += " with certificate " + credentials_.certificate_file;
        }
        if (!offers("publickey")) {
            tried_.push_back(tried + " (not offered: the server takes no keys)");
            return false;
        }
        const std::string_view text = key->text.reveal();
        // Secret holds a std::string, so its text ends with NUL; nullptr where there is none.
        const char* passphrase = credentials_.passphrase.reveal().data();
        TRY(const int code, complete(
                                [&] {
                                    return libssh2_userauth_publickey_frommemory(
                                        ssh(), user_.c_str(), user_.size(),
                                        certificate.empty() ? nullptr : certificate.data(), certificate.size(),
                                        text.data(), text.size(), passphrase);
                                },
                                "logging in with a key"));
        if (code == 0) return true;
        if (code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED || code == LIBSSH2_ERROR_AUTHENTICATION_FAILED) {
            tried_.push_back(tried);
            return false;
        }
        return fail(
            Error{.code = ErrorCode::denied,
                  .message = key->origin +
                             (key->encrypted ? " cannot be opened with the passphrase given: " : " cannot be used: ") +
                             transport_.last_error()}
                .at_host(host_)
                .with_hint(key->encrypted ? "check passphrase (`ssh-keygen -y -f FILE` asks for it)"
                                          : "expected an ed25519, ECDSA or RSA key in PEM or OpenSSH format"));
    }

    Result<bool> with_agent() {
        auto agent = Agent::connect(credentials_.agent_socket, cancel_);
        if (!agent) return fail(std::move(agent.error().at_host(host_)));
        auto keys = agent->keys();
        if (!keys) return fail(std::move(keys.error().at_host(host_)));
        if (keys->empty()) tried_.emplace_back("agent (it holds no key)");
        if (!offers("publickey")) {
            tried_.emplace_back("agent (not offered: the server takes no keys)");
            return false;
        }
        for (const PublicKey& key : *keys) {
            AgentSigner signer{*agent, key};
            void* context = &signer;
            TRY(const int code, complete(
                                    [&] {
                                        return libssh2_userauth_publickey(
                                            ssh(), user_.c_str(),
                                            reinterpret_cast<const unsigned char*>(key.blob.data()), key.blob.size(),
                                            &sign_with_agent, &context);
                                    },
                                    "logging in with the agent"));
            if (signer.error && signer.error->code != ErrorCode::denied)
                return fail(std::move(*signer.error).at_host(host_));
            if (code == 0) return true;
            tried_.push_back("agent key " + key.fingerprint() + (signer.error ? " (the agent refused to sign)" : ""));
        }
        return false;
    }

    Result<bool> with_password() {
        const std::string_view password = credentials_.password.reveal();
        // A key may have been half of what the server wants (AuthenticationMethods); it names the other half only then,
        // and libssh2 does not tell what it named.
        const bool offers_none = !offers("password") && !offers("keyboard-interactive");
        const bool second_half = offers_none && offers("publickey") && !tried_.empty();
        if (offers("password") || second_half) {
            TRY(const int code, complete(
                                    [&] {
                                        return libssh2_userauth_password_ex(
                                            ssh(), user_.c_str(), user_length(), password.data(),
                                            static_cast<unsigned>(password.size()), nullptr);
                                    },
                                    "logging in with a password"));
            if (code == 0) return true;
            tried_.emplace_back(code == LIBSSH2_ERROR_PASSWORD_EXPIRED ? "password (it has expired)" : "password");
        }
        if (offers("keyboard-interactive") || second_half) {
            answering_password = &credentials_.password;
            const auto code = complete(
                [&] {
                    return libssh2_userauth_keyboard_interactive_ex(ssh(), user_.c_str(), user_length(),
                                                                    &answer_prompts);
                },
                "answering the server's questions");
            answering_password = nullptr;
            if (!code) return fail(code.error());
            if (*code == 0) return true;
            tried_.emplace_back("keyboard-interactive with the password");
        }
        if (offers_none && !second_half) tried_.emplace_back("password (not offered: the server takes none)");
        return false;
    }

    Error refused() const {
        std::string tried;
        for (const auto& one : tried_) {
            if (!tried.empty()) tried += ", ";
            tried += one;
        }
        Error error{.code = ErrorCode::denied,
                    .message = "login as " + user_ + " was refused: tried " +
                               (tried.empty() ? "nothing, for no key, agent or password is given" : tried) +
                               "; the server takes " + (methods_.empty() ? "no method" : methods_)};
        if (!transport_.goodbye().empty()) error.message += " (\"" + transport_.goodbye() + "\")";
        error.host = host_;
        error.hint = tried_.empty()
                         ? "set private_key_file, private_key, agent or password"
                         : "is the user right, and does the machine's ~" + user_ +
                               "/.ssh/authorized_keys hold that key? The machine's journal (unit ssh) has the reason";
        return error;
    }

    Transport& transport_;
    const std::string user_;
    const std::string host_;
    const Credentials& credentials_;
    const Cancel& cancel_;
    std::string methods_;
    std::vector<std::string> tried_;
};

}  // namespace

Status authenticate(Transport& transport, const Endpoint& endpoint, const Credentials& credentials,
                    const Cancel& cancel) {
    if (endpoint.user.empty())
        return fail(Error{.code = ErrorCode::invalid, .message = "no user to log in as"}
                        .at_host(endpoint.host)
                        .with_hint("set ssh.user"));
    return Login(transport, endpoint, credentials, cancel).run();
}

}  // namespace pigsty::ssh
