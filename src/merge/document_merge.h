// Lists of documents of several nodes as the list of one: each document comes with the values it is sorted by, the
// stamp of its insertion last, so that the order is total.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "merge/rank_key.h"

namespace miroir::merge {

struct ListedDocument {
    std::string_view bytes;
    RankKey key;
};

// One node's reply to documents/fetch with the proxy header; views live as long as it does.
class DocumentsAnswer {
public:
    // `most`: so many documents were asked for. `stamp_field`: they are not sorted, and this field of theirs is the
    // key.
    static Result<DocumentsAnswer> read(std::string body, std::uint64_t most = UINT64_MAX,
                                        std::string_view stamp_field = {});

    DocumentsAnswer(DocumentsAnswer&&) noexcept;
    DocumentsAnswer& operator=(DocumentsAnswer&&) noexcept;
    ~DocumentsAnswer();

    const std::vector<ListedDocument>& documents() const { return documents_; }
    std::uint64_t total() const { return total_; }

private:
    struct Reader;
    DocumentsAnswer();

    std::unique_ptr<Reader> reader_;
    std::vector<ListedDocument> documents_;
    std::uint64_t total_ = 0;
};

// The documents from `skip` on, at most `take`.
std::vector<const ListedDocument*> merge_documents(std::span<const DocumentsAnswer> answers, std::uint64_t skip,
                                                   std::uint64_t take);

// Does such a page hold what it should, though nodes may not have shown all of their lists? What they did not show has
// to come after the page.
bool is_complete(std::span<const DocumentsAnswer> answers, std::span<const ListedDocument* const> page,
                 std::uint64_t take);

// Appends `[{…},…]`, without what is ours.
void append_documents(std::string& out, std::span<const ListedDocument* const> documents);

}  // namespace miroir::merge
