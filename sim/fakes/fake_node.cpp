#include "sim/fakes/fake_node.h"

#include <utility>

namespace miroir::sim {
namespace {

constexpr std::size_t kBodyLimit = 1 << 20;
constexpr std::string_view kLedger = "ledger";

class FakeNode final : public App, public http::Handler {
public:
    FakeNode(std::shared_ptr<const FakeNodeManner> manner, AppContext context)
        : manner_(std::move(manner)), disk_(context.disk) {
        // A torn last line would swallow the beginning of the next one.
        const std::string kept = disk_.read(kLedger).value_or("");
        if (!kept.empty() && !kept.ends_with('\n')) std::ignore = disk_.truncate(kLedger, kept.rfind('\n') + 1);
    }

    http::Handler* handler() override { return this; }

    env::Task<http::Reply> handle(http::Request request, http::Call) override {
        http::Reply reply;
        if (manner_->foreign) {
            reply.body = "<html><body>It works!</body></html>";
            co_return reply;
        }
        if (manner_->unwell) {
            reply.status = 503;
            co_return reply;
        }
        if (request.target == "/health") {
            reply.body = R"({"status":"available"})";
        } else if (manner_->refuses_key) {
            reply.status = 403;
        } else if (request.target == "/version") {
            reply.body = R"({"commitSha":"0","commitDate":"0","pkgVersion":")" + manner_->version + R"("})";
        } else if (request.target == "/ledger" && request.method == "POST") {
            Result<std::string> body =
                request.body ? co_await http::read_all(*request.body, kBodyLimit) : Result<std::string>("");
            reply.status = body && keep(*body) ? 202 : 500;
        } else if (request.target == "/ledger") {
            reply.body = disk_.read(kLedger).value_or("");
        } else {
            reply.status = 404;
        }
        co_return reply;
    }

private:
    bool keep(const std::string& line) {
        if (!disk_.append(kLedger, line + "\n")) return false;
        return manner_->forgets_to_sync || disk_.sync(kLedger).has_value();
    }

    std::shared_ptr<const FakeNodeManner> manner_;
    node::Disk& disk_;
};

}  // namespace

AppFactory fake_node(std::shared_ptr<const FakeNodeManner> manner) {
    return [manner](AppContext context) { return std::make_unique<FakeNode>(manner, context); };
}

}  // namespace miroir::sim
