// Loads a dump that was found sound into a cluster that holds nothing: indexes and documents as ordinary writes, so
// that they are split and copied as any others; then, once the office is closed, the history of the dump in place of
// our own.
#pragma once

#include "dump/contents.h"
#include "env/files.h"
#include "quorum/office.h"

namespace miroir::dump {

class Loader {
public:
    Loader(env::Env env, quorum::Office& office, const Contents& contents)
        : env_(env), office_(office), contents_(contents) {}

    // All but the history. `file` is the dump again, from its start.
    env::Task<Result<void>> load(env::FileIn& file);
    // Deletes what a load that broke off has left.
    env::Task<Result<void>> undo(std::vector<IndexUid> indexes);

private:
    env::Task<Result<void>> fill_shelves();
    env::Task<Result<void>> make_index(IndexContents index);
    env::Task<Result<void>> fill_index(ArchiveReader& archive, IndexContents index);
    env::Task<Result<void>> add(IndexContents index, std::string lines);
    env::Task<Result<void>> finish(std::size_t most);  // waits until at most so many tasks are open

    env::Env env_;
    quorum::Office& office_;
    const Contents& contents_;
    std::vector<std::uint64_t> open_;
};

// Puts the dump's tasks and the dates of its indexes into the store. No office may be open over it.
env::Task<Result<void>> rewrite_history(tasks::Store& store, const Contents& contents);

// Is there anything that a dump would be mixed with? And the note that a load is under way, which survives a crash.
env::Task<Result<bool>> holds_anything(tasks::Store& store);
env::Task<Result<bool>> is_half_loaded(tasks::Store& store);
env::Task<Result<void>> note_loading(tasks::Store& store, bool loading);

}  // namespace miroir::dump
