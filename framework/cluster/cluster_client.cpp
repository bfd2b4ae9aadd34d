// The client of a cluster: one connection for each call.
#include "framework/cluster/cluster_client.hpp"

#include "framework/cluster/client_connection.hpp"

namespace sinter::cluster {
namespace {

template <class Answer, class Question>
Result<Answer> ask(const ClientOptions& options, const Question& question) {
  ClientConnection client(options);
  SINTER_TRY(client.open());
  return client.ask<Answer>(question);
}

}  // namespace

Result<JobReport> run_on_cluster(ClientConnection& tracker, Submit submit, const std::function<void(const JobProgress&)>& on_progress) {
  submit.watch = true;
  SINTER_ASSIGN(const RunId run, tracker.submit(submit));
  return tracker.watch(run, on_progress);
}

Result<RunId> submit_to_cluster(ClientConnection& tracker, Submit submit) {
  submit.watch = false;
  return tracker.submit(submit);
}

Result<RunLine> cancel_on_cluster(const ClientOptions& options, RunId run) {
  SINTER_ASSIGN(RunList list, ask<RunList>(options, CancelRun{run}));
  if (list.runs.size() != 1) return internal_error("the tracker answered with " + std::to_string(list.runs.size()) + " jobs");
  return std::move(list.runs.front());
}

Result<NodeLine> drain_node(const ClientOptions& options, const std::string& node) {
  SINTER_ASSIGN(NodeList list, ask<NodeList>(options, DrainNode{node}));
  if (list.nodes.size() != 1) return internal_error("the tracker answered with " + std::to_string(list.nodes.size()) + " nodes");
  return std::move(list.nodes.front());
}

Result<std::string> create_token(const ClientOptions& options, const CreateToken& wanted) {
  SINTER_ASSIGN(TokenMade made, ask<TokenMade>(options, wanted));
  return std::move(made.token);
}

Result<AccessList> list_access(const ClientOptions& options) { return ask<AccessList>(options, ListAccess{}); }

Result<AccessList> revoke_access(const ClientOptions& options, const RevokeAccess& revoke) { return ask<AccessList>(options, revoke); }

}  // namespace sinter::cluster
