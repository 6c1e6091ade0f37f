// Whether the server behind a connection is the one that is meant. Names and addresses lead to other servers when
// machines are started again; a connection does not. So a fresh one is asked first, and nothing that is meant for
// somebody else goes over it. Asked on any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/message.h"

namespace miroir::http {

class Introducer {
public:
    struct Question {
        std::string target;  // of a GET, with the authorization of the request that is to follow
        std::function<bool(const Reply&)> is_meant;
    };
    // Nothing: whoever answers may be it.
    virtual std::optional<Question> question(const std::string& peer) const = 0;

protected:
    ~Introducer() = default;
};

}  // namespace miroir::http
