// Two worlds that were told the same: an orchestrator over its nodes, and one node that holds everything. Asked the
// same question they must give the same answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/fakes/embedded_node.h"
#include "sim/fakes/orchestrator.h"
#include "sim/oracle/story.h"
#include "sim/run.h"

namespace miroir::sim {

struct Spoken {
    int status = 0;
    json::Value body;
    std::string exact;  // X-Miroir-Exact
};

// Does Miroir promise hits, their order and totals? Answers that do not are not compared.
bool promises_order(const Spoken& ours);

// Why it does not, and whether it differs then.
std::vector<std::string> doubts_of(const Spoken& ours);
bool differs_in_rest(const Spoken& ours, const Spoken& theirs);

// What differs, in words; nothing when the answers are the same.
std::optional<std::string> difference(const Spoken& ours, const Spoken& theirs);

class Duel;

// Is it no answer, but an error that says so? What the client did wrong is none.
bool is_error(const Spoken& ours);

// Does a document of a plain search stand elsewhere because a rule about words gave it another rank than on one node?
// Words that its node has never indexed do that: docs/exactness.md.
bool ranks_by_other_words(Duel& duel, const Question& question);

class Duel {
public:
    // With `strict`, a cluster that gives no answers from some of its shards only.
    Duel(const Story& story, std::uint64_t seed, bool strict = false);

    // What went wrong while the writes were carried out.
    const std::optional<std::string>& trouble() const { return trouble_; }
    Spoken ask_cluster(const Question& question);
    Spoken ask_alone(const Question& question);
    // Nodes take this long to hear what they are asked. After the answers to the first questions `amid` happens: what
    // is asked then is on its way.
    Spoken ask_cluster_amid(const Question& question, std::chrono::nanoseconds slow, const std::function<void()>& amid);
    // What nodes are asked when the cluster is asked the same so many times at once.
    std::uint64_t requests_for(const Question& question, int times);
    // Told to all servers directly, each for itself, and carried out when this returns, as long as it takes.
    void tell_nodes(const Write& told);
    void kill(std::size_t node) { nodes_[node]->kill(false); }
    // A further write of the index `i`, carried out when this returns.
    void tell(const Write& told);
    // Things go wrong between the orchestrator and its nodes, and with the nodes, until calm() is asked for.
    void disturb();
    void calm();
    // What this node says is nonsense from now on.
    void spoil_replies_of(const std::string& node) { run_.network.spoil(node); }

private:
    void write(const Write& write);
    void wait_for_tasks();
    using Answer = std::shared_ptr<std::optional<http::Reply>>;
    static Answer begin(Host& host, http::Handler& handler, const Question& question);
    Spoken wait_for(const Answer& reply);
    Orchestrator& orchestrator() { return miroir_->app<Orchestrator>(); }

    Run run_;
    std::shared_ptr<KeptStore> store_ = std::make_shared<KeptStore>();
    Host* alone_ = nullptr;
    Host* miroir_ = nullptr;
    std::vector<Host*> nodes_;
    std::optional<std::string> trouble_;
};

}  // namespace miroir::sim
