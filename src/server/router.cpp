#include "server/router.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"
#include "server/query.h"

namespace miroir::server {
namespace {

constexpr std::size_t kDepthMax = 32;  // deeper than any pattern

// The segments of a path: slashes merged, a trailing one dropped.
class Segments {
public:
    explicit Segments(std::string_view path) {
        while (!path.empty() && count_ <= kDepthMax) {
            const std::size_t slash = std::min(path.find('/'), path.size());
            if (slash > 0) segments_[count_++] = path.substr(0, slash);
            path.remove_prefix(std::min(slash + 1, path.size()));
        }
    }
    bool too_many() const { return count_ > kDepthMax; }
    std::span<std::string_view> all() { return {segments_.data(), count_}; }

private:
    std::array<std::string_view, kDepthMax + 1> segments_;
    std::size_t count_ = 0;
};

// Which segments are the values of parameters.
struct Values {
    std::array<std::size_t, kDepthMax> places;
    std::size_t count = 0;
};

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

}  // namespace

struct Router::Node {
    struct Method {
        std::string name;
        Endpoint endpoint;
    };
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> parameter;
    std::string pattern;  // empty: no path ends here
    std::vector<std::string> names;
    std::vector<Method> methods;  // in the order of their names
    std::string allow;

    Node& literal(std::string_view segment) {
        for (auto& [name, node] : literals) {
            if (name == segment) return *node;
        }
        literals.emplace_back(std::string(segment), std::make_unique<Node>());
        return *literals.back().second;
    }

    // The node where the path ends, literals preferred; `values` are those of the parameters on the way.
    const Node* walk(std::span<const std::string_view> segments, std::size_t depth, Values& values) const {
        if (depth == segments.size()) return pattern.empty() ? nullptr : this;
        for (const auto& [name, node] : literals) {
            if (name != segments[depth]) continue;
            if (const Node* end = node->walk(segments, depth + 1, values)) return end;
        }
        if (!parameter) return nullptr;
        values.places[values.count++] = depth;
        if (const Node* end = parameter->walk(segments, depth + 1, values)) return end;
        --values.count;
        return nullptr;
    }
};

const std::string& Params::get(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (key == name) return value;
    }
    MIROIR_ASSERT(!"a parameter that the pattern does not have");
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

void Router::add(std::string_view method, std::string_view pattern, Endpoint endpoint) {
    MIROIR_ASSERT(pattern.starts_with('/') && endpoint);
    Node* node = root_.get();
    std::vector<std::string> names;
    Segments segments(pattern);
    MIROIR_ASSERT(!segments.too_many());
    for (const std::string_view segment : segments.all()) {
        if (!is_parameter(segment)) {
            node = &node->literal(segment);
            continue;
        }
        names.emplace_back(segment.substr(1, segment.size() - 2));
        if (!node->parameter) node->parameter = std::make_unique<Node>();
        node = node->parameter.get();
    }
    MIROIR_ASSERT(node->pattern.empty() || node->pattern == pattern);
    node->pattern = pattern;
    node->names = std::move(names);
    const auto place = std::ranges::lower_bound(node->methods, method, {}, &Node::Method::name);
    MIROIR_ASSERT(place == node->methods.end() || place->name != method);
    node->methods.insert(place, {.name = std::string(method), .endpoint = std::move(endpoint)});
    node->allow.clear();
    for (const Node::Method& known : node->methods) {
        node->allow.append(node->allow.empty() ? "" : ", ").append(known.name);
    }
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
    Segments segments(path);
    if (segments.too_many()) return {};
    std::vector<std::string> decoded;  // of a path that needs it
    if (path.contains('%')) {
        decoded.reserve(segments.all().size());
        for (std::string_view& segment : segments.all()) segment = decoded.emplace_back(percent_decode(segment));
    }
    Values values;
    const Node* node = root_->walk(segments.all(), 0, values);
    if (node == nullptr) return {};
    Match match{.endpoint = nullptr, .route = node->pattern, .allow = node->allow, .params = {}};
    for (const Node::Method& known : node->methods) {
        if (known.name == method) match.endpoint = &known.endpoint;
    }
    for (std::size_t i = 0; i < values.count; ++i) {
        match.params.add(node->names[i], repair_utf8(std::string(segments.all()[values.places[i]])));
    }
    return match;
}

}  // namespace miroir::server
