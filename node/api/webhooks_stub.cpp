#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> webhook_routes() { return {}; }
}
