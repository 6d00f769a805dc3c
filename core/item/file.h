// FileItem: a file whose whole text is ours.
//
//     items.push_back(std::make_shared<FileItem>(FileSpec{
//         .path = "/etc/haproxy/conf.d/pg-test-primary.cfg", .content = text, .mode = 0644,
//         .check = "haproxy -c -q -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/conf.d", .check_where = CheckWhere::placed,
//         .handlers = {Handler::reload("haproxy.service")}}));
//
// Its folder must be there (DirectoryItem). `managed` shows the fingerprint of `content` (12 digits of its SHA-256). Secrets stand in it as `{{NAME:GENERATION}}` when
// `secret_scope` is set; the node puts them in while writing and keeps a keyed digest in the claim.
#pragma once

#include <string>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

enum class CheckWhere {
    beside,  // on the new file before it takes its place: the script finds it as $FILE
    placed,  // in its place, for programs that read a whole folder; the old content comes back when the check says no
};

struct FileSpec {
    std::string path;
    std::string content;
    std::string owner = "root";
    std::string group = "root";
    unsigned mode = 0644;
    std::string secret_scope{};
    std::string check{};  // sh; status 0: the file is right. What it prints is the error's output
    CheckWhere check_where = CheckWhere::beside;
    bool keep_before = true;
    bool shared = false;
    std::vector<Handler> handlers{};
    // What `managed` and the plan show where `content` depends on the node's own system, which a plan does not look at:
    // the text for the newest one. Empty: `content` itself. Without secrets only.
    std::string shown{};
};

class FileItem : public Item {
  public:
    explicit FileItem(FileSpec spec) : spec_(std::move(spec)) {}

    static constexpr std::string_view kKind = "file";

    [[nodiscard]] const FileSpec& spec() const { return spec_; }

    [[nodiscard]] std::string kind() const override { return std::string(kKind); }
    [[nodiscard]] std::string label() const override { return spec_.path; }
    [[nodiscard]] std::string desired() const override { return shown(); }
    [[nodiscard]] node::Probes probes() const override;
    [[nodiscard]] std::optional<Change> compare(const node::Observation& seen,
                                                const node::ClaimedItem* claimed) const override;
    [[nodiscard]] std::vector<node::Operation> operations(const Change& change) const override;
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override;
    [[nodiscard]] std::string state(const node::Observation& seen) const override;
    [[nodiscard]] Status valid() const override;
    [[nodiscard]] std::vector<std::string> paths() const override { return {spec_.path}; }
    [[nodiscard]] std::vector<Handler> handlers() const override { return spec_.handlers; }
    [[nodiscard]] std::string preview_text() const override { return shown(); }

    // Removes the file, or brings back what was there before us.
    static std::vector<node::Operation> undo(const std::string& path);

  private:
    [[nodiscard]] const std::string& shown() const { return spec_.shown.empty() ? spec_.content : spec_.shown; }

    FileSpec spec_;
};

// Where PutFile's keep_before keeps what was at `path`.
std::string kept_path(const std::string& path);

}  // namespace pigsty::item
