// One piece of work for all who ask for the same while it is under way. The first who asks does it; who asks within
// `window` of its beginning waits for that answer, never for another. It is given up when nobody waits any more.
// One executor, bounded: beyond the limits everybody works for himself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "env/env.h"
#include "env/task.h"

namespace miroir::scatter {

struct SingleFlightOptions {
    std::chrono::nanoseconds window = std::chrono::milliseconds(50);
    std::size_t followers_max = 1'000;  // of one flight
    std::size_t flights_max = 10'000;   // that can be joined
};

template <class T>
class SingleFlight {
public:
    using Shared = std::shared_ptr<const T>;
    using Work = std::move_only_function<env::Task<T>(env::Cancel)>;

    SingleFlight(env::Env env, SingleFlightOptions options) : env_(env), options_(options) {}

    struct Outcome {
        Shared value;         // null: a follower went away, or the one who worked for him broke down
        bool joined = false;  // another's answer
    };
    // `key` says all that the answer depends on. Outlives what it returns.
    env::Task<Outcome> run(std::string key, env::Cancel cancel, Work work) {
        if (const FlightPtr flight = find(key)) co_return co_await follow(flight, std::move(cancel));
        const FlightPtr flight = std::make_shared<Flight>();
        flight->begun = env_.clock.now();
        const Place place(*this, std::move(key), flight);
        const env::Cancel::Hook hook(cancel, [flight] { flight->leave(); });
        T value = co_await work(flight->cancel);
        flight->value = std::make_shared<const T>(std::move(value));
        co_return Outcome{.value = flight->value};
    }

    std::size_t flights() const { return flights_.size(); }

private:
    struct Flight {
        env::Monotonic begun;
        env::Cancel cancel;
        std::size_t waiting = 1;
        Shared value;
        std::vector<env::OneShot<Shared>> followers;
        void leave() {
            if (--waiting == 0) cancel.request();
        }
    };
    using FlightPtr = std::shared_ptr<Flight>;

    // A flight that can be found, until it ends, however that happens.
    class Place {
    public:
        Place(SingleFlight& all, std::string key, FlightPtr flight)
            : all_(all), key_(std::move(key)), flight_(std::move(flight)) {
            const bool room = all_.flights_.size() < all_.options_.flights_max || all_.flights_.contains(key_);
            if (room) all_.flights_.insert_or_assign(key_, flight_);
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            const auto found = all_.flights_.find(key_);
            if (found != all_.flights_.end() && found->second == flight_) all_.flights_.erase(found);
            for (const env::OneShot<Shared>& follower : flight_->followers) follower.set(flight_->value);
        }

    private:
        SingleFlight& all_;
        std::string key_;
        FlightPtr flight_;
    };

    FlightPtr find(const std::string& key) const {
        const auto found = flights_.find(key);
        if (found == flights_.end()) return nullptr;
        const Flight& flight = *found->second;
        const bool open = env_.clock.now() - flight.begun <= options_.window &&
                          flight.followers.size() < options_.followers_max && !flight.cancel.requested();
        return open ? found->second : nullptr;
    }

    env::Task<Outcome> follow(FlightPtr flight, env::Cancel cancel) {
        const env::OneShot<Shared> answer(env_.executor);
        flight->followers.push_back(answer);
        ++flight->waiting;
        const env::Cancel::Hook hook(cancel, [flight, answer] {
            if (answer.set(nullptr)) flight->leave();
        });
        Shared value = co_await answer;
        co_return Outcome{.value = std::move(value), .joined = true};
    }

    env::Env env_;
    SingleFlightOptions options_;
    std::unordered_map<std::string, FlightPtr> flights_;
};

}  // namespace miroir::scatter
