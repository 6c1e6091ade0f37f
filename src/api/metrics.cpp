// GET /metrics: the engine's names for the cluster as a whole. What Miroir counts for its operators is renamed where
// the engine has a name for it.
#include <algorithm>

#include "api/cluster_stats.h"
#include "api/routes.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

class Text {
public:
    void family(std::string_view name, std::string_view help, std::string_view kind) {
        name_ = name;
        out_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(kind) + "\n";
    }
    void value(const std::string& labels, const std::string& number) { out_ += name_ + labels + " " + number + "\n"; }
    void gauge(std::string_view name, std::string_view help, std::uint64_t number) {
        family(name, help, "gauge");
        value("", std::to_string(number));
    }
    void append(std::string_view lines) { out_ += lines; }
    std::string take() { return std::move(out_); }

private:
    std::string name_;
    std::string out_;
};

std::string label(std::string_view name, std::string_view value) {
    return std::string(name) + "=\"" + std::string(value) + "\"";  // names of ours: nothing in them needs escaping
}

struct Renamed {
    std::string_view ours, theirs;
};
constexpr Renamed kRenamed[] = {{"miroir_requests_total", "meilisearch_http_requests_total"},
                                {"miroir_request_duration_seconds", "meilisearch_http_response_time_seconds"},
                                {"miroir_chat_searches_total", "meilisearch_chat_searches_total"},
                                {"miroir_chat_prompt_tokens_total", "meilisearch_chat_prompt_tokens_total"},
                                {"miroir_chat_completion_tokens_total", "meilisearch_chat_completion_tokens_total"},
                                {"miroir_chat_tokens_total", "meilisearch_chat_tokens_total"}};

// The lines about what the engine knows too, under its names.
std::string renamed(std::string_view exposition) {
    std::string out;
    while (!exposition.empty()) {
        const std::size_t end = std::min(exposition.find('\n'), exposition.size() - 1);
        std::string line(exposition.substr(0, end + 1));
        exposition.remove_prefix(end + 1);
        for (const Renamed& each : kRenamed) {
            const std::size_t at = line.find(each.ours);
            const std::size_t expected = line.starts_with("# HELP ") || line.starts_with("# TYPE ") ? 7 : 0;
            if (at != expected) continue;
            line.replace(at, each.ours.size(), each.theirs);
            const std::size_t path = line.find("path_template=");
            if (path != std::string::npos) line.replace(path, 14, "path=");
            out += line;
        }
    }
    return out;
}

void append_tasks(Text& text, const quorum::Office::TaskCounts& counts) {
    text.family("meilisearch_nb_tasks", "Meilisearch Number of tasks", "gauge");
    for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
        text.value("{" + label("kind", "statuses") + "," + label("value", protocol::task_status_names()[i]) + "}",
                   std::to_string(counts.by_status[i]));
    }
    for (std::size_t i = 0; i < counts.by_type.size(); ++i) {
        text.value("{" + label("kind", "types") + "," + label("value", protocol::task_type_names()[i]) + "}",
                   std::to_string(counts.by_type[i]));
    }
}

double seconds_since(std::optional<protocol::Instant> then, protocol::Instant now) {
    return then && *then < now ? std::chrono::duration<double>(now - *then).count() : 0;
}

Reply metrics(Visit visit) {
    if (!visit.grant.allows_all()) co_return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::Metrics, "Getting metrics"));
    MIROIR_CO_TRY(const ClusterStats stats, co_await cluster_stats(visit.desk, visit.grant, visit.in.call));
    const quorum::Office::TaskCounts counts = co_await visit.desk.ask(visit.desk.office().task_counts());
    Text text;
    text.gauge("meilisearch_db_size_bytes", "Meilisearch DB Size In Bytes", stats.database_bytes);
    text.gauge("meilisearch_used_db_size_bytes", "Meilisearch Used DB Size In Bytes", stats.used_bytes);
    text.gauge("meilisearch_index_count", "Meilisearch Index Count", visit.desk.catalog()->indexes.size());
    if (!stats.indexes.empty()) text.family("meilisearch_index_docs_count", "Meilisearch Index Docs Count", "gauge");
    for (const auto& [uid, index] : stats.indexes)
        text.value("{" + label("index", uid) + "}", std::to_string(index.documents));
    text.gauge("meilisearch_is_indexing", "Meilisearch Is Indexing", counts.processing() > 0 ? 1 : 0);
    if (stats.last_update) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(*stats.last_update).time_since_epoch().count();
        text.gauge("meilisearch_last_update", "Meilisearch Last Update", static_cast<std::uint64_t>(seconds));
    }
    append_tasks(text, counts);
    text.family("meilisearch_task_queue_latency_seconds", "Meilisearch Task Queue Latency in Seconds", "gauge");
    text.value("", std::to_string(seconds_since(counts.oldest_waiting, visit.desk.env().clock.wall())));
    if (visit.desk.options().metrics_text) text.append(renamed(visit.desk.options().metrics_text()));
    http::Reply reply{.status = 200};
    reply.headers.add("content-type", "text/plain; version=0.0.4");
    reply.body = text.take();
    co_return reply;
}

constexpr Route kRoutes[] = {{"GET", "/metrics", "metrics.get", BodyKind::None, metrics}};

}  // namespace

std::span<const Route> metrics_routes() { return kRoutes; }

}  // namespace miroir::api
