// Result<T>: a value or an Error. The only way a failure of the world or of the caller travels between folders.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.h"

namespace miroir {

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected<Error>(Error{.code = code, .message = std::move(message)});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace miroir

// MIROIR_TRY(auto value, expression): binds the value or returns the error from a function returning Result.
// MIROIR_CO_TRY does the same inside a coroutine; the awaited expression must be a named local or a factory call.
#define MIROIR_CAT_(a, b) a##b
#define MIROIR_CAT(a, b) MIROIR_CAT_(a, b)
#define MIROIR_TRY_(ret, tmp, decl, expr)                  \
    auto tmp = (expr);                                     \
    if (!tmp) ret std::unexpected(std::move(tmp).error()); \
    decl = std::move(*tmp)
#define MIROIR_TRY(decl, ...) MIROIR_TRY_(return, MIROIR_CAT(try_, __LINE__), decl, (__VA_ARGS__))
#define MIROIR_CO_TRY(decl, ...) MIROIR_TRY_(co_return, MIROIR_CAT(try_, __LINE__), decl, (__VA_ARGS__))
#define MIROIR_CHECK_(ret, tmp, expr) \
    if (auto tmp = (expr); !tmp) ret std::unexpected(std::move(tmp).error())
#define MIROIR_CHECK(...) MIROIR_CHECK_(return, MIROIR_CAT(chk_, __LINE__), (__VA_ARGS__))
#define MIROIR_CO_CHECK(...) MIROIR_CHECK_(co_return, MIROIR_CAT(chk_, __LINE__), (__VA_ARGS__))
