#include "api/read/marked_fields.h"

#include <algorithm>

#include "api/read/known_fields.h"
#include "plan/keys_first.h"

namespace miroir::api {
namespace {

// The fields to be marked, by name; with a star every node marks.
std::set<std::string> marked_names(const protocol::SearchQuery& query) {
    std::set<std::string> out;
    if (query.attributes_to_highlight) out = *query.attributes_to_highlight;
    for (const std::string& name : query.attributes_to_crop.value_or(std::vector<std::string>()))
        out.insert(name.substr(0, name.rfind(':')));
    return out.contains("*") ? std::set<std::string>() : out;
}

}  // namespace

env::Task<Result<void>> settle_formatted(LegPlace place, SearchOutcome& outcome) {
    const plan::SearchPlan& plan = outcome.plan;
    const std::set<std::string> names = marked_names(plan::shown_in(plan));
    const auto is_formatted = [](const merge::PickedHit& picked) { return picked.shown().formatted; };
    if (plan.alone || names.empty() || std::ranges::all_of(outcome.merged.page, is_formatted)) co_return Result<void>{};
    const auto& given = plan.keys_first ? outcome.documents : outcome.answers;
    bool known = std::ranges::any_of(given, [](const merge::NodeAnswer& answer) {
        return std::ranges::any_of(answer.hits(), &merge::Hit::formatted);
    });
    if (!known) {
        RoundPlace round{
            .desk = place.desk, .topology = plan.topology, .index = plan.index, .seed = place.seed, .call = place.call};
        MIROIR_CO_TRY(const std::set<std::string> found, co_await known_fields(std::move(round), names));
        known = !found.empty();
    }
    outcome.plan.frame.hits.add_formatted = known;
    co_return Result<void>{};
}

}  // namespace miroir::api
