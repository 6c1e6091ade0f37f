#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> network_routes() { return {}; }
}
