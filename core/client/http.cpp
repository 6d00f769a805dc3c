#include "core/client/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/client/tls_stream.h"

namespace pigsty::client {
namespace {

std::string request_text(const HttpRequest& request, const std::string& host) {
    std::string text = request.method + " " + request.path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
    if (request.login) {
        const std::string login = request.login->user + ":" + std::string(request.login->password.reveal());
        text += "Authorization: Basic " + base64(login) + "\r\n";
    }
    if (!request.body.empty()) text += "Content-Type: application/json\r\n";
    if (!request.body.empty() || request.method != "GET")
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return text + "\r\n" + request.body;
}

// RFC 9112, 7.1: chunk sizes in hex, extensions ignored, trailers dropped.
Result<std::string> unchunked(std::string_view body) {
    std::string whole;
    while (true) {
        const auto end = body.find("\r\n");
        const std::string_view head = body.substr(0, end);
        std::size_t size = 0;
        if (end == std::string_view::npos || std::from_chars(head.begin(), head.end(), size, 16).ec != std::errc{} ||
            body.size() < end + 4 || body.size() - end - 4 < size)
            return fail(ErrorCode::failed, "the server's chunked reply is damaged");
        if (size == 0) return whole;
        whole += body.substr(end + 2, size);
        body.remove_prefix(end + 2 + size + 2);
    }
}

Result<HttpResponse> parsed(std::string_view text) {
    const auto head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos || !text.starts_with("HTTP/1."))
        return fail(ErrorCode::failed, "the server's reply is not HTTP: " + std::string(text.substr(0, 80)));
    HttpResponse response;
    std::string_view head = text.substr(0, head_end);
    std::from_chars(head.data() + 9, head.data() + std::min<std::size_t>(head.size(), 12), response.status);
    while (!head.empty()) {
        const auto line_end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, line_end);
        if (const auto colon = line.find(':'); colon != std::string_view::npos)
            response.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
        head.remove_prefix(std::min(line_end + 2, head.size()));
    }
    const std::string_view body = text.substr(head_end + 4);
    if (const auto coding = response.headers.find("transfer-encoding");
        coding != response.headers.end() && lower(coding->second) == "chunked") {
        TRY(response.body, unchunked(body));
        return response;
    }
    if (const auto length = response.headers.find("content-length"); length != response.headers.end()) {
        std::size_t expected = 0;
        std::from_chars(length->second.data(), length->second.data() + length->second.size(), expected);
        if (body.size() < expected) return fail(ErrorCode::unreachable, "the server's reply was cut short");
        response.body = body.substr(0, expected);
        return response;
    }
    response.body = body;
    return response;
}

template <class Channel>
Result<HttpResponse> exchange_over(Channel& channel, const std::string& request, const Cancel& cancel) {
    TRY_VOID(channel.write(request, cancel));
    std::string reply;
    std::array<char, 16384> buffer{};
    while (true) {
        TRY(const std::size_t count, channel.read(buffer, cancel));
        if (count == 0) break;
        reply.append(buffer.data(), count);
        if (reply.size() > kMaxHttpReply) return fail(ErrorCode::failed, "the server's reply is larger than 16 MiB");
    }
    return parsed(reply);
}

}  // namespace

Result<HttpResponse> http_exchange(node::Stream& stream, const std::optional<Tls>& tls, const HttpRequest& request,
                                   const Cancel& cancel) {
    auto response = [&]() -> Result<HttpResponse> {
        const std::string text = request_text(request, tls ? tls->server_address : "localhost");
        if (!tls) return exchange_over(stream, text, cancel);
        TRY(auto secured, TlsStream::connect(stream, *tls, cancel));
        return exchange_over(secured, text, cancel);
    }();
    stream.close();
    return response;
}

}  // namespace pigsty::client
