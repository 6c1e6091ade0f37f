#include "merge/document_merge.h"

#include <algorithm>

#include "json/lazy.h"
#include "merge/hit_bytes.h"

namespace miroir::merge {

namespace od = json::lazy::od;

struct DocumentsAnswer::Reader {
    std::string body;
    od::parser parser;
    std::vector<RankEntry> arena;
    std::vector<std::size_t> ends;
    std::string_view stamp_field;

    void read_results(DocumentsAnswer& out, od::array results);
    void read_key(od::array values);
};

namespace {

constexpr std::uint64_t kDocumentsMax = UINT32_MAX;  // a node's own numbers of documents have 32 bits

RankEntry entry_of(std::string_view kind, od::object value) {
    RankEntry out;
    out.shape = kind == "geoSort" ? RankEntry::Shape::Distance : RankEntry::Shape::Value;
    out.present = false;
    for (auto member : value) {
        const std::string_view key = member.unescaped_key();
        if (key == "asc") {
            out.ascending = member.value().get_bool();
        } else if (key == "value" || key == "distance") {
            od::value shown = member.value();
            const od::json_type type = shown.type();
            out.present = type == od::json_type::number || type == od::json_type::string;
            out.is_text = type == od::json_type::string;
            if (out.is_text) out.text = shown.get_string();
            else if (out.present) out.number = shown.get_double();
        }
    }
    return out;
}

RankEntry stamp_entry(std::string_view stamp) {
    RankEntry out;
    out.shape = RankEntry::Shape::Value;
    out.ascending = out.is_text = true;
    out.text = stamp;
    return out;
}

}  // namespace

DocumentsAnswer::DocumentsAnswer() = default;
DocumentsAnswer::DocumentsAnswer(DocumentsAnswer&&) noexcept = default;
DocumentsAnswer& DocumentsAnswer::operator=(DocumentsAnswer&&) noexcept = default;
DocumentsAnswer::~DocumentsAnswer() = default;

Result<DocumentsAnswer> DocumentsAnswer::read(std::string body, std::uint64_t most, std::string_view stamp_field) {
    DocumentsAnswer out;
    out.reader_ = std::make_unique<Reader>();
    out.reader_->stamp_field = stamp_field;
    out.reader_->body = std::move(body);
    try {
        bool has_results = false, has_total = false;
        od::document document = out.reader_->parser.iterate(json::lazy::padded(out.reader_->body));
        for (auto member : document.get_object()) {
            const std::string_view key = member.unescaped_key();
            if (key == "total") {
                out.total_ = member.value().get_uint64();
                has_total = out.total_ <= kDocumentsMax;
            }
            if (key != "results") continue;
            out.reader_->read_results(out, member.value().get_array());
            has_results = true;
        }
        const char* behind = nullptr;
        if (!has_results || !has_total || document.current_location().get(behind) == simdjson::SUCCESS)
            return fail(ErrorCode::MiroirNodeBadReply, "the node's answer is no list of documents");
        if (out.documents_.size() > most)
            return fail(ErrorCode::MiroirNodeBadReply, "the node lists more documents than it was asked for");
    } catch (const simdjson::simdjson_error& error) {
        return fail(ErrorCode::MiroirNodeBadReply, std::string("the node's answer cannot be read: ") + error.what());
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i < out.documents_.size(); ++i) {
        const std::size_t end = out.reader_->ends[i];
        if (!is_sound(out.documents_[i].bytes))
            return fail(ErrorCode::MiroirNodeBadReply, "the node lists what is no document");
        if (end == begin)
            return fail(ErrorCode::MiroirNodeBadReply, "the node lists a document without the values it is sorted by");
        out.documents_[i].key = RankKey(out.reader_->arena).subspan(begin, end - begin);
        begin = end;
    }
    return out;
}

void DocumentsAnswer::Reader::read_results(DocumentsAnswer& out, od::array results) {
    for (auto item : results) {
        od::object document = item.get_object();
        const std::string_view bytes = document.raw_json();
        document.reset();
        for (auto field : document) {
            const od::raw_json_string name = field.key();
            if (!stamp_field.empty()) {
                if (name.unsafe_is_equal(stamp_field)) arena.push_back(stamp_entry(field.value().get_string()));
                continue;
            }
            if (!name.unsafe_is_equal("_federation")) continue;
            for (auto member : field.value().get_object()) {
                const std::string_view part = member.unescaped_key();
                if (part == "weightedScoreValues") read_key(member.value().get_array());
            }
        }
        out.documents_.push_back({.bytes = bytes, .key = {}});
        ends.push_back(arena.size());
    }
}

void DocumentsAnswer::Reader::read_key(od::array values) {
    for (auto value : values) {
        for (auto member : value.get_object()) {
            const std::string_view kind = member.unescaped_key();
            arena.push_back(entry_of(kind, member.value().get_object()));
        }
    }
}

std::vector<const ListedDocument*> merge_documents(std::span<const DocumentsAnswer> answers, std::uint64_t skip,
                                                   std::uint64_t take) {
    std::vector<std::size_t> next(answers.size(), 0);
    std::vector<const ListedDocument*> page;
    for (std::uint64_t place = 0; page.size() < take; ++place) {
        const ListedDocument* best = nullptr;
        std::size_t whose = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (next[i] == answers[i].documents().size()) continue;
            const ListedDocument& head = answers[i].documents()[next[i]];
            if (best != nullptr && compare(head.key, best->key) >= 0) continue;
            best = &head;
            whose = i;
        }
        if (best == nullptr) break;
        ++next[whose];
        if (place >= skip) page.push_back(best);
    }
    return page;
}

bool is_complete(std::span<const DocumentsAnswer> answers, std::span<const ListedDocument* const> page,
                 std::uint64_t take) {
    if (take == 0) return true;
    return std::ranges::all_of(answers, [&](const DocumentsAnswer& answer) {
        if (answer.total() <= answer.documents().size()) return true;
        return page.size() == take && !answer.documents().empty() &&
               compare(answer.documents().back().key, page.back()->key) >= 0;
    });
}

void append_documents(std::string& out, std::span<const ListedDocument* const> documents) {
    out += '[';
    for (const ListedDocument* document : documents) {
        if (out.back() != '[') out += ',';
        append_hit(out, document->bytes, {.score = true, .details = true, .drop_field = "_federation", .insert = {}});
    }
    out += ']';
}

}  // namespace miroir::merge
