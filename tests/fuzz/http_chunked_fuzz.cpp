// Chunked bodies: the same verdict and the same bytes, whatever the portions they come in.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/wire/chunked.h"

namespace {

struct Verdict {
    std::string body;
    std::size_t taken = 0;
    bool done = false;
    bool failed = false;
    bool operator==(const Verdict&) const = default;
};

Verdict read_all(std::string_view bytes, std::size_t piece) {
    Verdict out;
    miroir::wire::ChunkedReader reader;
    while (out.taken < bytes.size() && !reader.done() && !out.failed) {
        std::string_view now = bytes.substr(out.taken, piece);
        const std::size_t before = now.size();
        const auto run = reader.take(now);
        out.taken += before - now.size();
        out.failed = !run;
        if (run) out.body += *run;
    }
    out.done = reader.done();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Verdict whole = read_all(bytes, std::max<std::size_t>(size, 1));
    if (read_all(bytes, 1) != whole || read_all(bytes, 7) != whole) std::abort();
    if (whole.body.size() > size) std::abort();
    return 0;
}
