#include "merge/search_reply.h"

#include "json/write.h"

namespace miroir::merge {
namespace {

void append_number(std::string& out, std::string_view key, std::uint64_t number) {
    out.append(",\"").append(key).append("\":").append(std::to_string(number));
}

void append_paging(std::string& out, const ReplyFrame& frame, std::uint64_t total) {
    if (!frame.paged) {
        append_number(out, "limit", frame.limit);
        append_number(out, "offset", frame.offset);
        append_number(out, "estimatedTotalHits", total);
        return;
    }
    const std::uint64_t size = frame.hits_per_page;
    append_number(out, "hitsPerPage", size);
    append_number(out, "page", frame.page);
    append_number(out, "totalPages", total_pages(total, size));
    append_number(out, "totalHits", total);
}

}  // namespace

std::uint64_t total_pages(std::uint64_t total, std::uint64_t size) { return size == 0 ? 0 : (total + size - 1) / size; }

ShownHits write_hits(std::span<const PickedHit> page, const HitShape& shape) {
    ShownHits out;
    std::size_t bytes = 0;
    for (const PickedHit& picked : page) bytes += picked.shown().document.size() + 3;
    out.text.reserve(bytes);
    HitShape own = shape;
    for (const PickedHit& picked : page) {
        if (!out.text.empty()) out.text += ',';
        const Hit& hit = picked.shown();
        own.add_formatted = shape.add_formatted && !hit.formatted;
        own.scores = picked.document != nullptr ? std::string_view(picked.hit->bytes) : shape.scores;
        if (append_document(out.text, hit.document, own)) continue;
        if (is_sound(hit.bytes) && append_hit(out.text, hit.bytes, own)) continue;
        out.broken = &picked;
        break;
    }
    return out;
}

std::string write_search_reply(std::string_view hits, std::span<const NodeAnswer> answers, const MergedHits& merged,
                               std::span<const MergedFacet> facets, const ReplyFrame& frame) {
    constexpr std::size_t kBesides = 512;
    std::string out;
    out.reserve(hits.size() + kBesides);
    out.append("{\"hits\":[").append(hits);
    out += "],\"query\":";
    json::append_string(out, frame.query);
    if (frame.query_vector) {
        for (const NodeAnswer& answer : answers) {
            if (answer.query_vector().empty()) continue;
            out.append(",\"queryVector\":").append(answer.query_vector());
            break;
        }
    }
    append_number(out, "processingTimeMs", frame.processing_ms);
    append_paging(out, frame, merged.total);
    if (frame.facets) {
        out += ",\"facetDistribution\":";
        append_distribution(out, facets);
        out += ",\"facetStats\":";
        append_stats(out, facets);
    }
    out += ",\"requestUid\":";
    json::append_string(out, frame.request_uid);
    if (!frame.metadata.empty()) out.append(",\"metadata\":").append(frame.metadata);
    if (frame.performance) out += ",\"performanceDetails\":{}";
    if (frame.semantic) append_number(out, "semanticHitCount", merged.semantic_hits);
    out += '}';
    return out;
}

}  // namespace miroir::merge
