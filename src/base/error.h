// What goes wrong, in one shape: a code from the catalogue, a sentence for a human, and the node it concerns.
// Values, not exceptions: see base/result.h. Copyable, cheap to move.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace miroir {

enum class ErrorCode : std::uint16_t {
#define X(name, wire, status, type) name,
#include "base/error_catalog.inc"
#undef X
};

enum class ErrorType : std::uint8_t { InvalidRequest, Internal, Auth, System };

struct ErrorRow {
    ErrorCode code;
    std::string_view wire;  // "invalid_search_q"
    int status;             // HTTP
    ErrorType type;
};

// The catalogue row of a code; total, never fails.
const ErrorRow& error_row(ErrorCode code);
// The code with this wire name, or `Internal` if there is none.
ErrorCode error_code_of(std::string_view wire);
std::string_view error_type_name(ErrorType type);  // "invalid_request"
// Where the code is explained: the engine's page for its own codes, ours for miroir_*.
std::string error_link(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::string node;  // name of the node it concerns, or empty
    int status = 0;    // overrides the catalogue's HTTP status when not 0 (a 400 where the engine's table says 404)

    int http_status() const { return status != 0 ? status : error_row(code).status; }
};

}  // namespace miroir
