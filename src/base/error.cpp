#include "base/error.h"

#include <array>

namespace miroir {
namespace {

constexpr auto kRows = std::to_array<ErrorRow>({
#define X(name, wire, status, type) {ErrorCode::name, wire, status, ErrorType::type},
#include "base/error_catalog.inc"
#undef X
});

}  // namespace

const ErrorRow& error_row(ErrorCode code) { return kRows.at(static_cast<std::size_t>(code)); }

ErrorCode error_code_of(std::string_view wire) {
    for (const ErrorRow& row : kRows) {
        if (row.wire == wire) return row.code;
    }
    return ErrorCode::Internal;
}

std::string_view error_type_name(ErrorType type) {
    switch (type) {
        case ErrorType::InvalidRequest: return "invalid_request";
        case ErrorType::Internal: return "internal";
        case ErrorType::Auth: return "auth";
        case ErrorType::System: return "system";
    }
    return "internal";
}

std::string error_link(ErrorCode code) {
    const std::string_view wire = error_row(code).wire;
    const bool ours = wire.starts_with("miroir_");
    return std::string(ours ? "docs/errors.md#" : "https://docs.meilisearch.com/errors#").append(wire);
}

}  // namespace miroir
