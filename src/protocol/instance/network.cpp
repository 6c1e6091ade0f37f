#include "protocol/instance/network.h"

#include "protocol/fields/fields.h"

namespace miroir::protocol {

Result<void> read(const json::Value& value, const Place& place, RemoteBody& out) {
    static const auto table =
        FieldTable<RemoteBody>()
            .field("url", ErrorCode::InvalidNetworkUrl, &RemoteBody::url)
            .field("searchApiKey", ErrorCode::InvalidNetworkSearchApiKey, &RemoteBody::search_api_key)
            .field("writeApiKey", ErrorCode::InvalidNetworkWriteApiKey, &RemoteBody::write_api_key);
    return table.read(value, place, out);
}

namespace {

void set_or_keep(json::Value& remote, std::string_view name, const Setting<std::string>& wanted) {
    if (wanted.is_set()) remote[name] = wanted.value;
    if (wanted.is_reset()) remote[name] = json::Value();
}

Result<void> merge_remote(json::Object& remotes, const std::string& name, const Setting<RemoteBody>& wanted) {
    if (wanted.is_reset()) {
        remotes.erase(name);
        return {};
    }
    if (wanted.value.url.is_reset()) {
        return fail(ErrorCode::InvalidNetworkUrl, "Field `.remotes." + name + ".url` cannot be set to `null`");
    }
    if (!remotes.contains(name)) {
        if (!wanted.value.url.is_set()) {
            return fail(ErrorCode::MissingNetworkUrl, "Missing field `.remotes." + name + ".url`");
        }
        remotes.append(name, json::Object{{"url", ""}, {"searchApiKey", nullptr}, {"writeApiKey", nullptr}});
    }
    json::Value& remote = *remotes.find(name);
    set_or_keep(remote, "url", wanted.value.url);
    set_or_keep(remote, "searchApiKey", wanted.value.search_api_key);
    set_or_keep(remote, "writeApiKey", wanted.value.write_api_key);
    return {};
}

}  // namespace

Result<NetworkBody> parse_network(const json::Value& body) {
    static const auto table =
        FieldTable<NetworkBody>()
            .field("remotes", ErrorCode::InvalidNetworkRemotes, &NetworkBody::remotes)
            .field("shards", ErrorCode::InvalidNetworkShards, &NetworkBody::shards)
            .field("previousShards", ErrorCode::InvalidNetworkShards, &NetworkBody::previous_shards)
            .field("self", ErrorCode::InvalidNetworkSelf, &NetworkBody::self)
            .field("leader", ErrorCode::InvalidNetworkLeader, &NetworkBody::leader)
            .field("previousRemotes", ErrorCode::InvalidNetworkRemotes, &NetworkBody::previous_remotes);
    return table.parse(body);
}

json::Value fresh_network() {
    return json::Object{{"self", nullptr}, {"remotes", json::Object()}, {"version", std::string(36, '0')}};
}

json::Value network_view(const json::Value& network) {
    json::Object remotes;
    for (const json::Member& remote : network.find("remotes")->object()) {
        json::Value shown = remote.second;
        shown["status"] = "available";
        remotes.append(remote.first, std::move(shown));
    }
    std::string version = network.find("version")->string();
    for (const std::size_t hyphen : {8, 13, 18, 23}) version[hyphen] = '-';
    return json::Object{{"self", *network.find("self")},
                        {"remotes", std::move(remotes)},
                        {"shards", json::Object()},
                        {"leader", nullptr},
                        {"version", version}};
}

Result<json::Value> merged_network(json::Value network, const NetworkBody& body) {
    if (body.previous_remotes.is_given() || body.previous_shards.is_given()) {
        return fail(ErrorCode::UnexpectedNetworkPreviousRemotes,
                    "Unexpected `previousRemotes` in network call.\n  - Note: `previousRemote` is reserved for "
                    "internal use.");
    }
    if (body.leader.is_set()) {
        return fail(ErrorCode::RequiresEnterpriseEdition,
                    "Meilisearch Enterprise Edition is required to set `network.leader`");
    }
    if (body.self.is_given()) network["self"] = body.self.is_set() ? json::Value(body.self.value) : json::Value();
    json::Object& remotes = network["remotes"].object();
    if (body.remotes.is_reset()) remotes = json::Object();
    for (const auto& [name, wanted] : body.remotes.value) MIROIR_CHECK(merge_remote(remotes, name, wanted));
    return network;
}

}  // namespace miroir::protocol
