// Reads one reply from a connection, step by step: its head, then what has come of its body.
#pragma once

#include <string>

#include "http/wire/chunked.h"
#include "http/wire/exchange.h"
#include "http/wire/head.h"

namespace miroir::wire {

class Reading {
public:
    Reading(Stream& stream, bool head_only, ReplyBounds bounds)
        : stream_(stream), head_only_(head_only), bounds_(bounds) {}

    // Head and body.
    env::Task<Result<http::Reply>> run();

    env::Task<Result<ReplyHead>> read_head();
    bool is_bare(int status) const { return head_only_ || status == 204 || status == 304; }
    // Moves what has arrived to the end of `body`; true when nothing more belongs to it.
    Result<bool> take(const Framing& framing, std::string& body);
    // Waits for more bytes. False: see outcome().
    env::Task<bool> more(std::size_t room);
    // Has the body ended as bodies without a length end?
    bool ended(const Framing& framing) const { return !framing.chunked && !framing.length && outcome_ == Outcome::End; }

    bool heard() const { return heard_; }
    bool whole() const { return whole_; }
    Outcome outcome() const { return outcome_; }

private:
    env::Task<Result<std::string>> read_body(Framing framing);

    Stream& stream_;
    bool head_only_;
    ReplyBounds bounds_;
    ChunkedReader chunks_;
    std::uint64_t taken_ = 0;
    Outcome outcome_ = Outcome::Ok;
    bool heard_ = false;
    bool whole_ = false;
};

// A reply that says it has an encoding which nobody asked for.
bool is_encoded(const ReplyHead& head);

}  // namespace miroir::wire
