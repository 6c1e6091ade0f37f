#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> render_routes() { return {}; }
}
