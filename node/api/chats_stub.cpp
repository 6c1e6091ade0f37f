#include "node/api/routes.h"
namespace miroir::node {
std::span<const Route> chat_routes() { return {}; }
}
