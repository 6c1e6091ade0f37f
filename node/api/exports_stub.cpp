#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> export_routes() { return {}; }
}
