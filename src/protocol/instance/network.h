// The network as the community edition has it: remotes are kept and shown, a leader is refused. Pure.
#pragma once

#include <map>
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
struct NetworkBody {
    Setting<std::map<std::string, Setting<RemoteBody>>> remotes;
    Setting<std::map<std::string, json::Value>> shards;
    Setting<json::Value> previous_shards;
    Setting<std::string> self;
    Setting<std::string> leader;
    Setting<json::Value> previous_remotes;
};
Result<NetworkBody> parse_network(const json::Value& body);

// A stored network is {"self", "remotes", "version"}.
json::Value fresh_network();
// What the body says, laid over what was there.
Result<json::Value> merged_network(json::Value network, const NetworkBody& body);
json::Value network_view(const json::Value& network);

}  // namespace miroir::protocol
