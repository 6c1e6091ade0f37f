#include "protocol/instance/network.h"

#include "protocol/fields/fields.h"
#include "protocol/url_fault.h"

namespace miroir::protocol {

Result<void> read(const json::Value& value, const Place& place, RemoteBody& out) {
    static const auto table =
        FieldTable<RemoteBody>()
            .field("url", ErrorCode::InvalidNetworkUrl, &RemoteBody::url)
            .field("searchApiKey", ErrorCode::InvalidNetworkSearchApiKey, &RemoteBody::search_api_key)
            .field("writeApiKey", ErrorCode::InvalidNetworkWriteApiKey, &RemoteBody::write_api_key);
    return table.read(value, place, out);
}

Result<void> read(const json::Value& value, const Place& place, NetworkShardBody& out) {
    static const auto table =
        FieldTable<NetworkShardBody>()
            .field("remotes", ErrorCode::InvalidNetworkRemotes, &NetworkShardBody::remotes)
            .field("addRemotes", ErrorCode::InvalidNetworkRemotes, &NetworkShardBody::add_remotes)
            .field("removeRemotes", ErrorCode::InvalidNetworkRemotes, &NetworkShardBody::remove_remotes);
    return table.read(value, place, out);
}

namespace {

using Owners = std::map<std::string, std::set<std::string>>;  // of each shard

Owners owners_of(const json::Value& network) {
    Owners owners;
    const json::Value* shards = network.find("shards");
    if (shards == nullptr || !shards->is_object()) return owners;
    for (const json::Member& shard : shards->object()) {
        const json::Value* remotes = shard.second.find("remotes");
        if (remotes == nullptr || !remotes->is_array()) continue;
        for (const json::Value& remote : remotes->array())
            if (remote.is_string()) owners[shard.first].insert(remote.string());
    }
    return owners;
}

// A shard that nobody owns is none.
json::Object shards_of(const Owners& owners) {
    json::Object shards;
    for (const auto& [name, remotes] : owners) {
        if (remotes.empty()) continue;
        json::Array list;
        for (const std::string& remote : remotes) list.push_back(json::Value(remote));
        shards.append(name, json::Object{{"remotes", std::move(list)}});
    }
    return shards;
}

void merge_shard(std::set<std::string>& owners, const NetworkShardBody& wanted) {
    if (wanted.remotes) owners = *wanted.remotes;
    if (wanted.add_remotes) owners.insert(wanted.add_remotes->begin(), wanted.add_remotes->end());
    if (!wanted.remove_remotes) return;
    for (const std::string& name : *wanted.remove_remotes) owners.erase(name);
}

Owners merged_owners(Owners owners, const NetworkBody& body) {
    if (body.shards.is_reset()) owners.clear();
    for (const auto& [name, wanted] : body.shards.value) {
        if (wanted.is_set()) merge_shard(owners[name], wanted.value);
        else owners.erase(name);
    }
    for (const auto& [remote, wanted] : body.remotes.value) {
        if (wanted.is_set()) continue;
        for (auto& [name, remotes] : owners) remotes.erase(remote);
    }
    return owners;
}

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
    const std::string& url = wanted.value.url.value;
    if (const auto fault = url_fault(url); fault && wanted.value.url.is_set()) {
        return fail(ErrorCode::InvalidNetworkUrl,
                    "Invalid `.remotes." + name + ".url` (`" + url + "`): " + std::string(*fault));
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
    return json::Object{
        {"self", nullptr}, {"remotes", json::Object()}, {"shards", json::Object()}, {"version", std::string(36, '0')}};
}

json::Value network_view(const json::Value& network) {
    json::Object remotes;
    for (const json::Member& remote : network.find("remotes")->object()) {
        json::Value shown = remote.second;
        shown["status"] = "available";
        remotes.append(remote.first, std::move(shown));
    }
    remotes.sort_keys();
    std::string version = network.find("version")->string();
    for (const std::size_t hyphen : {8, 13, 18, 23}) version[hyphen] = '-';
    return json::Object{{"self", *network.find("self")},
                        {"remotes", std::move(remotes)},
                        {"shards", shards_of(owners_of(network))},
                        {"leader", nullptr},
                        {"version", version}};
}

Result<json::Value> merged_network(json::Value network, const NetworkBody& body) {
    if (body.leader.is_set()) {
        return fail(ErrorCode::RequiresEnterpriseEdition,
                    "Meilisearch Enterprise Edition is required to set `network.leader`");
    }
    if (body.previous_remotes.is_given()) {
        return fail(ErrorCode::UnexpectedNetworkPreviousRemotes,
                    "Unexpected `previousRemotes` in network call.\n  - Note: `previousRemote` is reserved for "
                    "internal use.");
    }
    if (body.self.is_given()) network["self"] = body.self.is_set() ? json::Value(body.self.value) : json::Value();
    json::Object& remotes = network["remotes"].object();
    if (body.remotes.is_reset()) remotes = json::Object();
    for (const auto& [name, wanted] : body.remotes.value) MIROIR_CHECK(merge_remote(remotes, name, wanted));
    network["shards"] = shards_of(merged_owners(owners_of(network), body));
    return network;
}

// Who loads a dump is most often another than made it: as in the engine it does not take over that one's name.
json::Value network_from_dump(const json::Value& dumped) {
    json::Value network = fresh_network();
    const json::Value* version = dumped.find("version");
    if (version != nullptr && version->is_string() &&
        version->string().size() == network.find("version")->string().size())
        network["version"] = *version;
    if (const json::Value* remotes = dumped.find("remotes"); remotes != nullptr && remotes->is_object()) {
        for (const json::Member& remote : remotes->object()) {
            if (!remote.second.is_object()) continue;
            json::Value told = remote.second;
            told.object().erase("status");
            network["remotes"][remote.first] = std::move(told);
        }
    }
    network["shards"] = shards_of(owners_of(dumped));
    return network;
}

}  // namespace miroir::protocol
