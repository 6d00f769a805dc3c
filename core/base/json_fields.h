// One list of fields per struct gives its JSON in both directions (specs in claims, references in state).
//
//     void fields(auto& visit, FieldsOf<Instance> auto& instance) {
//         visit("role", instance.role);
//         visit("weight", instance.weight);
//     }
//     nlohmann::json json = write_json(instance);
//     TRY(const Instance back, read_json<Instance>(json));
//
// Written: every field but null ones. Read: a field that is absent or null keeps its default, fields that we do not
// know are skipped (a newer version wrote them). What is not listed, such as a Secret, never gets into the JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace pigsty {

template <class T, class Struct>
concept FieldsOf = std::same_as<std::remove_const_t<T>, Struct>;

class JsonFieldWriter {
  public:
    template <class T>
    void operator()(const char* key, const T& value) {
        nlohmann::json json = write(value);
        if (!json.is_null()) object_[key] = std::move(json);
    }
    [[nodiscard]] nlohmann::json take() { return std::move(object_); }

    static nlohmann::json write(const std::string& value) { return value; }
    static nlohmann::json write(bool value) { return value; }
    static nlohmann::json write(std::int64_t value) { return value; }
    static nlohmann::json write(double value) { return value; }
    static nlohmann::json write(const nlohmann::json& value) { return value; }
    template <class T>
    static nlohmann::json write(const std::optional<T>& value) {
        return value ? write(*value) : nlohmann::json(nullptr);
    }
    template <class T>
    static nlohmann::json write(const std::vector<T>& values) {
        return write_array(values);
    }
    static nlohmann::json write(const std::set<std::string>& values) { return write_array(values); }
    template <class T, class Less>
    static nlohmann::json write(const std::map<std::string, T, Less>& values) {
        nlohmann::json object = nlohmann::json::object();
        for (const auto& [key, value] : values) object[key] = write(value);
        return object;
    }
    template <class T>
        requires std::is_class_v<T>
    static nlohmann::json write(const T& value) {
        JsonFieldWriter writer;
        fields(writer, value);
        return writer.take();
    }

  private:
    template <class Range>
    static nlohmann::json write_array(const Range& values) {
        nlohmann::json array = nlohmann::json::array();
        for (const auto& value : values) array.push_back(write(value));
        return array;
    }

    nlohmann::json object_ = nlohmann::json::object();
};

class JsonFieldReader {
  public:
    JsonFieldReader(const nlohmann::json& object, std::string path, std::string& problem)
        : object_(object), path_(std::move(path)), problem_(problem) {}

    template <class T>
    void operator()(const char* key, T& value) {
        if (!problem_.empty()) return;
        const auto found = object_.find(key);
        if (found == object_.end() || found->is_null()) return;
        read(*found, path_.empty() ? std::string(key) : path_ + "." + key, problem_, value);
    }

    static void read(const nlohmann::json& json, const std::string& path, std::string& problem, std::string& value) {
        if (expect(json.is_string(), "a string", json, path, problem)) value = json.get<std::string>();
    }
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem, bool& value) {
        if (expect(json.is_boolean(), "true or false", json, path, problem)) value = json.get<bool>();
    }
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem, std::int64_t& value) {
        if (expect(json.is_number_integer(), "an integer", json, path, problem)) value = json.get<std::int64_t>();
    }
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem, double& value) {
        if (expect(json.is_number(), "a number", json, path, problem)) value = json.get<double>();
    }
    static void read(const nlohmann::json& json, const std::string&, std::string&, nlohmann::json& value) {
        value = json;
    }
    template <class T>
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem,
                     std::optional<T>& value) {
        read(json, path, problem, value.emplace());
    }
    template <class T>
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem,
                     std::vector<T>& values) {
        values.clear();
        if (!expect(json.is_array(), "a list", json, path, problem)) return;
        for (std::size_t i = 0; i < json.size(); ++i)
            read(json[i], path + "[" + std::to_string(i) + "]", problem, values.emplace_back());
    }
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem,
                     std::set<std::string>& values) {
        std::vector<std::string> list;
        read(json, path, problem, list);
        values = {list.begin(), list.end()};
    }
    template <class T, class Less>
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem,
                     std::map<std::string, T, Less>& values) {
        values.clear();
        if (!expect(json.is_object(), "an object", json, path, problem)) return;
        for (const auto& [key, entry] : json.items()) {
            std::string entry_path = path;
            entry_path.append("[\"").append(key).append("\"]");
            read(entry, entry_path, problem, values[key]);
        }
    }
    template <class T>
        requires std::is_class_v<T>
    static void read(const nlohmann::json& json, const std::string& path, std::string& problem, T& value) {
        if (!expect(json.is_object(), "an object", json, path, problem)) return;
        JsonFieldReader reader(json, path, problem);
        fields(reader, value);
    }

  private:
    static bool expect(bool fits, const char* what, const nlohmann::json& json, const std::string& path,
                       std::string& problem) {
        if (!fits && problem.empty())
            problem = (path.empty() ? "the value" : path) + ": expected " + what + ", found " + json.type_name();
        return fits;
    }

    const nlohmann::json& object_;
    std::string path_;
    std::string& problem_;
};

template <class T>
nlohmann::json write_json(const T& value) {
    return JsonFieldWriter::write(value);
}

// Error `failed` that names the path of what does not fit.
template <class T>
Result<T> read_json(const nlohmann::json& json) {
    T value{};
    std::string problem;
    JsonFieldReader::read(json, "", problem, value);
    if (!problem.empty()) return fail(ErrorCode::failed, problem);
    return value;
}

}  // namespace pigsty
