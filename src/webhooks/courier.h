// Tells webhooks of tasks that have ended. What is to be told is written down in the commit that ends the task, a
// record for each webhook, and struck out when the webhook has taken it: neither a crash nor a receiver that is away
// loses a notice, but one may come twice. Each webhook is served by itself, the oldest tasks first. Lives on the
// office's executor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "env/env.h"
#include "env/task.h"
#include "http/client.h"
#include "quorum/shelves/shelves.h"
#include "tasks/task_book.h"

namespace miroir::webhooks {

struct CourierOptions {
    json::Value fixed_webhook{};  // the operator's own, as on the shelf "webhooks" under the nil uuid; null: none
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds first_pause = std::chrono::seconds(1);  // before the second try; doubled each time
    int tries = 6;                                                   // then the notices are dropped and logged
    std::size_t tasks_in_one_post = 1'000;
    std::size_t owed_max = 100'000;  // notices that wait for one webhook; more are dropped and logged
};

class Courier final : public tasks::EndWatch {
public:
    using ShelvesSource = std::function<quorum::ShelvesPtr()>;

    // `outside` applies the policy of networks.
    Courier(env::Env env, http::Client& outside, tasks::Store& store, ShelvesSource shelves, CourierOptions options);

    void ending(const protocol::Task& task, tasks::Batch& batch) override;
    void ended() override;

    // Takes up what was owed before a restart, then delivers until `stop`.
    env::Task<void> run(env::Cancel stop);

private:
    struct Hook {
        std::string url;
        http::Headers headers;
    };
    enum class Fate : std::uint8_t { Taken, Again, Hopeless };

    std::optional<json::Value> record_of(const std::string& uuid) const;
    std::optional<Hook> hook_of(const std::string& uuid) const;
    std::vector<std::string> uuids() const;
    env::Task<void> count_owed();
    env::Task<void> serve_hook(std::string uuid, env::Cancel stop);
    env::Task<bool> deliver_some(std::string uuid, env::Cancel stop);
    env::Task<Fate> post_patiently(std::string uuid, std::string body, env::Cancel stop);
    env::Task<Fate> post(std::string uuid, Hook hook, std::string body, env::Cancel stop);

    env::Env env_;
    http::Client& outside_;
    tasks::Store& store_;
    ShelvesSource shelves_;
    CourierOptions options_;
    std::map<std::string, std::size_t> owed_;  // notices written down, by webhook
    std::set<std::string> awake_;              // webhooks that are being served
    std::set<std::string> pending_;            // webhooks for which something new may be there
    env::Cancel wake_;
};

}  // namespace miroir::webhooks
