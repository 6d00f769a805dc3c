#include "provider/value/json_tree.h"

#include <nlohmann/json.hpp>

#include "provider/value/codec_error.h"

namespace pigsty::value {

namespace {

using nlohmann::json;

// Receives nlohmann's events; `open_` are the arrays and objects that are not closed yet.
class TreeBuilder final : public nlohmann::json_sax<json> {
  public:
    bool null() override { return add({}); }
    bool boolean(bool value) override {
        JsonTree node;
        node.kind = JsonTree::Kind::kBool;
        node.boolean = value;
        return add(std::move(node));
    }
    bool number_integer(number_integer_t value) override { return add_number(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return add_number(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& lexeme) override { return add_number(lexeme); }
    bool string(string_t& value) override {
        JsonTree node;
        node.kind = JsonTree::Kind::kString;
        node.text = std::move(value);
        return add(std::move(node));
    }
    bool binary(binary_t&) override { return false; }  // never called for text

    bool start_object(std::size_t) override { return open(JsonTree::Kind::kObject); }
    bool key(string_t& value) override {
        open_.back().key = std::move(value);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(JsonTree::Kind::kArray); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        // nlohmann's own text quotes the input, which may hold a secret.
        error_ = "valid JSON is required, found an error at byte " + std::to_string(position);
        return false;
    }

    [[nodiscard]] std::expected<JsonTree, std::string> take() {
        if (!error_.empty()) return std::unexpected(std::move(error_));
        return std::move(root_);
    }

  private:
    struct Open {
        JsonTree node;
        std::string key;
    };

    bool add_number(std::string digits) {
        JsonTree node;
        node.kind = JsonTree::Kind::kNumber;
        node.text = std::move(digits);
        return add(std::move(node));
    }

    bool add(JsonTree node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return true;
        }
        Open& parent = open_.back();
        if (parent.node.kind == JsonTree::Kind::kArray) {
            parent.node.elements.push_back(std::move(node));
        } else {
            parent.node.members.insert_or_assign(parent.key, std::move(node));
        }
        return true;
    }

    bool open(JsonTree::Kind kind) {
        if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
            error_ = "the value nests too deeply";
            return false;
        }
        Open next;
        next.node.kind = kind;
        open_.push_back(std::move(next));
        return true;
    }

    bool close() {
        JsonTree done = std::move(open_.back().node);
        open_.pop_back();
        return add(std::move(done));
    }

    JsonTree root_;
    std::vector<Open> open_;
    std::string error_;
};

}  // namespace

const char* JsonTree::name() const {
    switch (kind) {
        case Kind::kNull: return "null";
        case Kind::kBool: return "bool";
        case Kind::kNumber: return "number";
        case Kind::kString: return "string";
        case Kind::kArray: return "array";
        case Kind::kObject: return "object";
    }
    return "null";
}

std::expected<JsonTree, std::string> parse_json_tree(std::string_view text) {
    TreeBuilder builder;
    json::sax_parse(text, &builder);
    return builder.take();
}

}  // namespace pigsty::value
