#include "sim/oracle/shrink.h"

#include <algorithm>

namespace miroir::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

class Shrinking {
public:
    Shrinking(Case failing, const Fails& fails, int tries) : best_(std::move(failing)), fails_(fails), left_(tries) {}

    Case run() {
        bool smaller = true;
        while (smaller && left_ > 0) {
            smaller = false;
            smaller |= fewer_documents();
            smaller |= fewer_members([](Case& c) -> Value* { return &c.question.body; });
            smaller |= fewer_settings();
            smaller |= fewer_fields();
            smaller |= fewer_nodes();
        }
        return best_;
    }

private:
    bool take(Case smaller) {
        if (left_-- <= 0 || !fails_(smaller)) return false;
        best_ = std::move(smaller);
        return true;
    }

    // Halves first, then quarters, down to single ones.
    template <class Items, class Put>
    bool fewer(Items items, Put put) {
        bool any = false;
        for (std::size_t piece = std::max<std::size_t>(1, items.size() / 2); piece > 0 && left_ > 0; piece /= 2) {
            for (std::size_t begin = 0; begin < items.size() && left_ > 0;) {
                Items rest = items;
                const auto from = rest.begin() + static_cast<std::ptrdiff_t>(begin);
                rest.erase(from, rest.begin() + static_cast<std::ptrdiff_t>(std::min(begin + piece, rest.size())));
                Case smaller = best_;
                put(smaller, rest);
                if (take(std::move(smaller))) items = std::move(rest), any = true;
                else begin += piece;
            }
        }
        return any;
    }

    bool fewer_documents() {
        bool any =
            fewer(best_.story.writes, [](Case& c, const std::vector<Write>& writes) { c.story.writes = writes; });
        for (std::size_t i = 0; i < best_.story.writes.size(); ++i) {
            if (!best_.story.writes[i].body.is_array()) continue;
            any |= fewer(best_.story.writes[i].body.array(), [i](Case& c, const Array& documents) {
                if (!documents.empty()) c.story.writes[i].body = documents;
            });
        }
        return any;
    }

    // Members of an object, and what is in them where they are objects or lists.
    bool fewer_members(const std::function<Value*(Case&)>& place) {
        Value* here = place(best_);
        if (here == nullptr) return false;
        bool any = false;
        if (here->is_array()) {
            any |= fewer(here->array(), [&](Case& c, const Array& items) { *place(c) = items; });
            for (std::size_t i = 0; i < place(best_)->array().size(); ++i) {
                any |= fewer_members([&](Case& c) -> Value* {
                    Value* list = place(c);
                    return list->is_array() && i < list->array().size() ? &list->array()[i] : nullptr;
                });
            }
            return any;
        }
        if (!here->is_object()) return false;
        std::vector<std::string> names;
        for (const json::Member& member : here->object()) names.push_back(member.first);
        for (const std::string& name : names) {
            Case smaller = best_;
            place(smaller)->object().erase(name);
            if (take(std::move(smaller))) any = true;
            else any |= fewer_members([&](Case& c) -> Value* { return place(c)->object().find(name); });
        }
        return any;
    }

    bool fewer_settings() {
        bool any = false;
        std::vector<std::string> names;
        for (const json::Member& member : best_.story.settings) names.push_back(member.first);
        for (const std::string& name : names) {
            Case smaller = best_;
            smaller.story.settings.erase(name);
            if (take(std::move(smaller))) any = true;
            else any |= fewer_members([&](Case& c) -> Value* { return c.story.settings.find(name); });
        }
        return any;
    }

    // Fields of single documents, once there are few.
    bool fewer_fields() {
        bool any = false;
        for (std::size_t i = 0; i < best_.story.writes.size(); ++i) {
            if (!best_.story.writes[i].body.is_array() || best_.story.writes[i].body.array().size() > 12) continue;
            for (std::size_t d = 0; d < best_.story.writes[i].body.array().size(); ++d) {
                const auto document = [i, d](Case& c) -> Value* { return &c.story.writes[i].body.array()[d]; };
                if (document(best_)->is_object()) any |= fewer_members(document);
            }
        }
        return any;
    }

    bool fewer_nodes() {
        bool any = false;
        const auto lower = [&](std::uint32_t Story::* number, std::uint32_t to) {
            if (best_.story.*number <= to) return;
            Case smaller = best_;
            smaller.story.*number = to;
            any |= take(std::move(smaller));
        };
        lower(&Story::replicas, 1);
        lower(&Story::nodes, std::max<std::uint32_t>(2, best_.story.replicas));
        lower(&Story::nodes, 3);
        lower(&Story::shards, 3);
        return any;
    }

    Case best_;
    const Fails& fails_;
    int left_;
};

}  // namespace

Case shrink(Case failing, const Fails& fails, int tries) { return Shrinking(std::move(failing), fails, tries).run(); }

}  // namespace miroir::sim
