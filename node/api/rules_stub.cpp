#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> rule_routes() { return {}; }
}
