// The network as the community edition has it: remotes are kept and shown, a leader is refused.
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

using protocol::Place;
using protocol::Setting;

struct RemoteBody {
    Setting<std::string> url;
    Setting<std::string> search_api_key;
    Setting<std::string> write_api_key;
};

Result<void> read(const json::Value& value, const Place& place, RemoteBody& out) {
    static const auto table =
        protocol::FieldTable<RemoteBody>()
            .field("url", ErrorCode::InvalidNetworkUrl, &RemoteBody::url)
            .field("searchApiKey", ErrorCode::InvalidNetworkSearchApiKey, &RemoteBody::search_api_key)
            .field("writeApiKey", ErrorCode::InvalidNetworkWriteApiKey, &RemoteBody::write_api_key);
    return table.read(value, place, out);
}

struct NetworkBody {
    Setting<std::map<std::string, Setting<RemoteBody>>> remotes;
    Setting<std::map<std::string, json::Value>> shards;
    Setting<json::Value> previous_shards;
    Setting<std::string> self;
    Setting<std::string> leader;
    Setting<json::Value> previous_remotes;
};

Result<NetworkBody> parse_network(const json::Value& body) {
    static const auto table =
        protocol::FieldTable<NetworkBody>()
            .field("remotes", ErrorCode::InvalidNetworkRemotes, &NetworkBody::remotes)
            .field("shards", ErrorCode::InvalidNetworkShards, &NetworkBody::shards)
            .field("previousShards", ErrorCode::InvalidNetworkShards, &NetworkBody::previous_shards)
            .field("self", ErrorCode::InvalidNetworkSelf, &NetworkBody::self)
            .field("leader", ErrorCode::InvalidNetworkLeader, &NetworkBody::leader)
            .field("previousRemotes", ErrorCode::InvalidNetworkRemotes, &NetworkBody::previous_remotes);
    return table.parse(body);
}

constexpr std::string_view kWhat = "Using the /network route";

json::Value stored(Visit& visit) {
    const Shelf& shelf = visit.world().shelf("network");
    const auto found = shelf.find("network");
    if (found != shelf.end()) return found->second;
    return json::Object{{"self", nullptr}, {"remotes", json::Object()}, {"version", std::string(36, '0')}};
}

json::Value view(const json::Value& network) {
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

Result<http::Reply> get(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    return ok(view(stored(visit)));
}

Result<http::Reply> patch(Visit& visit) {
    MIROIR_TRY(const NetworkBody body, parse_network(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    if (body.previous_remotes.is_given() || body.previous_shards.is_given()) {
        return fail(ErrorCode::UnexpectedNetworkPreviousRemotes,
                    "Unexpected `previousRemotes` in network call.\n  - Note: `previousRemote` is reserved for "
                    "internal use.");
    }
    if (body.leader.is_set()) {
        return fail(ErrorCode::RequiresEnterpriseEdition,
                    "Meilisearch Enterprise Edition is required to set `network.leader`");
    }
    json::Value network = stored(visit);
    if (body.self.is_given()) network["self"] = body.self.is_set() ? json::Value(body.self.value) : json::Value();
    json::Object& remotes = network["remotes"].object();
    if (body.remotes.is_reset()) remotes = json::Object();
    for (const auto& [name, wanted] : body.remotes.value) MIROIR_CHECK(merge_remote(remotes, name, wanted));
    network["version"] = visit.desk.draw_uuid();
    visit.desk.put("network", "network", network);
    visit.changed = true;
    return ok(view(network));
}

Result<http::Reply> control(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    return fail(ErrorCode::RequiresEnterpriseEdition,
                "Meilisearch Enterprise Edition is required to call the /network/control route");
}

constexpr Route kRoutes[] = {
    {"GET", "/network", "network.get", BodyKind::None, get},
    {"PATCH", "/network", "network.update", BodyKind::Json, patch},
    {"POST", "/network/control", "network.update", BodyKind::None, control},
};

}  // namespace

std::span<const Route> network_routes() { return kRoutes; }

}  // namespace miroir::node
