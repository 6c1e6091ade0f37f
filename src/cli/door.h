// The way to Miroir's admin API: one request at a time, on the calling thread.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "env/real/reactor.h"
#include "http/wire/client.h"
#include "json/value.h"

namespace miroir::cli {

struct Answer {
    int status = 0;
    json::Value body;
    bool good() const { return status >= 200 && status < 300; }
    std::string message() const;  // of a refusal
};

class Door {
public:
    Door(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)), client_(reactor_) {}

    // No answer at all is an error.
    Result<Answer> ask(std::string method, std::string target, json::Value body = {});
    void pause(std::chrono::milliseconds span);

private:
    std::string url_;
    std::string key_;
    env::Reactor reactor_;
    wire::Client client_;
};

// --key-file, else MIROIR_ADMIN_API_KEY, else the file MIROIR_ADMIN_API_KEY_FILE names; never from the command line,
// where every user of the machine could read it.
Result<std::string> find_key(const std::string& file);

}  // namespace miroir::cli
