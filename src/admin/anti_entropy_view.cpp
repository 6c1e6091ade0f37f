#include "admin/anti_entropy_view.h"

namespace miroir::admin {
namespace {

json::Array findings_view(const std::deque<quorum::Finding>& findings) {
    json::Array out;
    for (const quorum::Finding& finding : findings) {
        out.emplace_back(
            json::Object{{"at_ms", finding.at_ms},
                         {"index", finding.index.value},
                         {"document", finding.document.empty() ? json::Value() : json::Value(finding.document)},
                         {"node", finding.node.value.empty() ? json::Value() : json::Value(finding.node.value)},
                         {"what", finding.what},
                         {"repaired", finding.repaired}});
    }
    return out;
}

}  // namespace

json::Value anti_entropy_view(const quorum::AntiEntropy& anti_entropy) {
    const quorum::AntiEntropy::Status& status = anti_entropy.status();
    const quorum::AntiEntropyOptions& options = anti_entropy.options();
    const auto every = std::chrono::duration_cast<std::chrono::seconds>(options.every).count();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(status.last_duration).count();
    const bool ever = status.last_completed_ms != 0;
    return json::Object{{"enabled", options.enabled},
                        {"auto_repair", options.auto_repair},
                        {"every_s", every},
                        {"cpu_percent", options.cpu_percent},
                        {"running", status.running},
                        {"passes", status.passes},
                        {"units", status.units},
                        {"units_done", status.units_done},
                        {"shards_scanned", status.shards_scanned},
                        {"shards_passed_over", status.shards_passed_over},
                        {"shards_not_compared", status.shards_not_compared},
                        {"documents_read", status.documents_read},
                        {"mismatches", status.mismatches},
                        {"mismatches_last", status.mismatches_last},
                        {"repaired", status.repaired},
                        {"undecided", status.undecided},
                        {"last_completed_ms", ever ? json::Value(status.last_completed_ms) : json::Value()},
                        {"last_duration_ms", took},
                        {"findings", findings_view(status.findings)}};
}

}  // namespace miroir::admin
