#include "core/node/frame.h"

#include <algorithm>
#include <charconv>

namespace pigsty::node {

namespace {

constexpr std::size_t kLongestHeader = 96;
// Far above what any program on a node sends: a length beyond it is none, and would be waited for for ever.
constexpr std::uint64_t kLongestFrame = 1U << 30;

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

std::unexpected<Error> damaged_frame(std::string_view bytes) {
    // What ended the program spoke in its place: sudo, a shell.
    return fail(Error{ErrorCode::unreachable, "the program on the node broke off"}.with_output(bytes.substr(0, 400)));
}

}  // namespace

std::string frame_text(std::string_view type, std::uint64_t number, std::uint64_t index, std::string_view bytes) {
    std::string text(type);
    for (const auto value : {number, index, static_cast<std::uint64_t>(bytes.size())})
        text.append(1, ' ').append(std::to_string(value));
    text.append(1, '\n').append(bytes);
    return text;
}

void append_field(std::string& fields, std::string_view bytes) {
    fields.append(std::to_string(bytes.size())).append(1, ':').append(bytes).append(1, ',');
}

std::string join_fields(std::initializer_list<std::string_view> fields) {
    std::string text;
    for (const auto field : fields) append_field(text, field);
    return text;
}

Result<std::vector<std::string_view>> split_fields(std::string_view fields) {
    std::vector<std::string_view> found;
    while (!fields.empty()) {
        const auto colon = fields.substr(0, 20).find(':');
        std::uint64_t length = 0;
        if (colon == std::string_view::npos || !read_number(fields.substr(0, colon), length))
            return damaged_frame(fields);
        const auto rest = fields.substr(colon + 1);
        if (length >= rest.size() || rest[length] != ',') return damaged_frame(fields);
        found.push_back(rest.substr(0, length));
        fields = rest.substr(length + 1);
    }
    return found;
}

void FrameReader::feed(std::string_view bytes) {
    buffer_.erase(0, taken_);
    taken_ = 0;
    buffer_.append(bytes);
}

Result<std::optional<Frame>> FrameReader::next() {
    const auto left = std::string_view(buffer_).substr(taken_);
    const auto end = left.substr(0, kLongestHeader).find('\n');
    if (end == std::string_view::npos) {
        if (left.size() >= kLongestHeader) return damaged_frame(left);
        return std::optional<Frame>();
    }
    Frame frame;
    std::uint64_t length = 0;
    auto header = left.substr(0, end);
    const auto word = [&header] {
        const auto space = header.find(' ');
        const auto found = header.substr(0, space);
        header = space == std::string_view::npos ? std::string_view() : header.substr(space + 1);
        return found;
    };
    frame.type = word();
    const bool is_header = !frame.type.empty() && read_number(word(), frame.number) &&
                           read_number(word(), frame.index) && read_number(word(), length) && header.empty() &&
                           length <= kLongestFrame;
    if (!is_header) return damaged_frame(left);
    if (left.size() - end - 1 < length) return std::optional<Frame>();
    frame.bytes = left.substr(end + 1, length);
    taken_ += end + 1 + length;
    return std::optional<Frame>(std::move(frame));
}

}  // namespace pigsty::node
