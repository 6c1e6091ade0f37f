#include "http/message.h"

#include <algorithm>

namespace miroir::http {
namespace {

class BytesSource final : public BodySource {
public:
    explicit BytesSource(std::string bytes) : bytes_(std::move(bytes)) {}
    env::Task<Result<std::string>> next() override { co_return std::exchange(bytes_, {}); }

private:
    std::string bytes_;
};

}  // namespace

std::string_view Headers::get(std::string_view name) const {
    for (const Field& field : fields_) {
        if (same_name(field.first, name)) return field.second;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [&](const Field& field) { return same_name(field.first, name); });
}

void Headers::set(std::string_view name, std::string value) {
    erase(name);
    add(std::string(name), std::move(value));
}

void Headers::erase(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
}

env::Task<Result<std::string>> read_all(BodySource& source, std::size_t limit) {
    std::string whole;
    for (;;) {
        Result<std::string> piece = co_await source.next();
        if (!piece) co_return fail(std::move(piece).error());
        if (piece->empty()) co_return whole;
        if (piece->size() > limit - whole.size())
            co_return fail(ErrorCode::PayloadTooLarge, "The provided payload reached the size limit.");
        if (whole.empty()) whole = *std::move(piece);
        else whole += *piece;
    }
}

std::unique_ptr<BodySource> body_of(std::string bytes) { return std::make_unique<BytesSource>(std::move(bytes)); }

}  // namespace miroir::http
