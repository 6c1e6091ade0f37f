// The network as the community edition has it: remotes are kept and shown, a leader is refused. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "protocol/fields/read.h"

namespace miroir::protocol {

struct RemoteBody {
    Setting<std::string> url;
    Setting<std::string> search_api_key;
    Setting<std::string> write_api_key;
};
// Who owns a shard: `remotes`, or those before, with some more and without some.
struct NetworkShardBody {
    std::optional<std::set<std::string>> remotes;
    std::optional<std::set<std::string>> add_remotes;
    std::optional<std::set<std::string>> remove_remotes;
};
struct NetworkBody {
    Setting<std::map<std::string, Setting<RemoteBody>>> remotes;
    Setting<std::map<std::string, Setting<NetworkShardBody>>> shards;
    Setting<std::map<std::string, Setting<NetworkShardBody>>> previous_shards;
    Setting<std::string> self;
    Setting<std::string> leader;
    Setting<std::map<std::string, Setting<RemoteBody>>> previous_remotes;
};
Result<NetworkBody> parse_network(const json::Value& body);

// A stored network is {"self", "remotes", "shards", "version"}; those from before shards were kept lack them.
json::Value fresh_network();
// What the body says, laid over what was there.
Result<json::Value> merged_network(json::Value network, const NetworkBody& body);
json::Value network_view(const json::Value& network);
// What a dump holds of it, the engine's or ours.
json::Value network_from_dump(const json::Value& dumped);

}  // namespace miroir::protocol
