// A dump's outer form: a tar inside gzip, written and read piece by piece.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/files.h"

namespace miroir::dump {

class ArchiveWriter {
public:
    explicit ArchiveWriter(env::FileOut& out);
    ~ArchiveWriter();

    // One file: begin, its bytes in pieces, exactly `size` in all, end.
    Result<void> begin(const std::string& name, std::uint64_t size);
    Result<void> append(std::string_view bytes);
    Result<void> end();
    Result<void> add(const std::string& name, std::string_view content);
    Result<void> finish();

private:
    struct Deflater;
    Result<void> header(const std::string& name, std::uint64_t size, char kind);

    std::unique_ptr<Deflater> deflater_;
    std::uint64_t left_ = 0;     // of the file that is being written
    std::uint64_t written_ = 0;  // of it
};

// Everything that is not a sound archive is MiroirInvalidRequest with what is wrong.
class ArchiveReader {
public:
    explicit ArchiveReader(env::FileIn& in);
    ~ArchiveReader();

    struct Entry {
        std::string name;  // without "./" before it
        std::uint64_t size = 0;
    };
    Result<std::optional<Entry>> next();  // the next file; nothing: the archive has ended as it should
    Result<std::string> read();           // the next piece of it; empty: its end
    Result<std::string> read_all(std::size_t limit);
    Result<std::optional<std::string>> line();  // without its end

private:
    struct Inflater;
    Result<std::string> block();

    std::unique_ptr<Inflater> inflater_;
    std::uint64_t left_ = 0;
    std::uint64_t padding_ = 0;
    std::string rest_;  // the last piece, where lines are read
    std::size_t rest_at_ = 0;
};

}  // namespace miroir::dump
