// Plain sh, as dash and busybox know it. Tokens come and go by standard input and output, and by files of mode 0600.
#include "cli/hosts/cluster_scripts.hpp"

#include <algorithm>

namespace sinter::cli {
namespace {

std::string id_of(const ClusterPlan& plan) {
  std::string id = plan.address;
  for (char& c : id)
    if (c == ':' || c == '/' || c == '[' || c == ']') c = '_';
  return id;
}

/// What every script begins with: where things are, and `runs PROCESS`, which sets pid. A number alone may be somebody else's by now.
std::string opening(const ClusterPlan& plan) {
  const std::string program = plan.copied_hash.empty() ? shell_quoted(plan.command) : "\"" + copied_program(plan.copied_hash) + "\"";
  return "set -u\numask 077\nbase=\"$HOME/.sinter/cluster/\"" + shell_quoted(id_of(plan)) + "\nsinter=" + program + R"sh(
runs() {
  pid=$(cat "$base/$1.pid" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$base/"; } 2>/dev/null
}
fresh_log() {
  mkdir -p "$base" || exit 1
  if [ -f "$base/$1.log" ]; then mv "$base/$1.log" "$base/$1.log.before"; fi
  : >"$base/$1.log"
}
alive_or_tell() {
  kill -0 "$2" 2>/dev/null && return
  rm -f "$base/$1.pid" "$base/$1.token"
  tail -n 5 "$base/$1.log" >&2
  exit 1
}
)sh";
}

/// For scripts that need the program: stopping and asking do not.
std::string opening_with_program(const ClusterPlan& plan) {
  return opening(plan) + R"sh(command -v "$sinter" >/dev/null 2>&1 || {
  echo "there is no '$sinter' on the PATH of a plain ssh command ($PATH)" >&2
  exit 3
}
)sh";
}

/// `"$sinter" words` in the background, out of the reach of the session's end.
std::string begin(const std::string& process, const std::string& words) {
  const std::string files = "\"$base/" + process;
  return "fresh_log " + process + "\nnohup setsid \"$sinter\" " + words + " >>" + files +
         ".log\" 2>&1 </dev/null &\npid=$!\necho \"$pid\" >" + files + ".pid\"\n";
}

}  // namespace

std::string process_of_node(const HostLine& host) { return "node-" + host.name; }

std::string copied_program(const std::string& hash) { return "$HOME/.sinter/bin/sinter-" + hash; }

std::string address_on_its_host(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  const std::string host = listen.substr(0, colon);
  return host == "0.0.0.0" || host == "[::]" ? "127.0.0.1" + listen.substr(colon) : listen;
}

std::string probe_script(const ClusterPlan& plan, const ProbeRequest& request) {
  std::string script = opening_with_program(plan);
  std::string words = "probe --mark " + shell_quoted(request.mark);
  if (!request.scratch.empty()) words += " --scratch " + shell_quoted(request.scratch);
  for (const std::string& directory : request.shared) words += " --shared " + shell_quoted(directory);
  if (!request.reach.empty()) words += " --reach " + shell_quoted(request.reach);
  if (request.listen.empty()) return script + "exec \"$sinter\" " + words + "\n";
  // A tracker of ours that runs has the port, and answers there.
  script += "if runs " + std::string(kTrackerProcess) + "; then exec \"$sinter\" " + words + "; fi\n";
  return script + "exec \"$sinter\" " + words + " --listen " + shell_quoted(request.listen) + " --await " + std::to_string(request.await) +
         "\n";
}

std::string tracker_script(const ClusterPlan& plan) {
  const std::string here = shell_quoted(address_on_its_host(plan.listen));
  // Who starts nodes that run native code is to bring some.
  const bool native = std::any_of(plan.hosts.begin(), plan.hosts.end(), [](const HostLine& host) { return host.native; });
  const std::string create = "\"$sinter\" token create --for 15m --note cluster-up --cluster " + here;
  return opening_with_program(plan) + "if ! runs tracker; then\n" +
         begin(kTrackerProcess, "tracker --listen " + shell_quoted(plan.listen) + " --data \"$base/data\"") +
         "fi\ntries=0\nuntil token=$(" + create + " --role node --uses " + std::to_string(std::max<std::size_t>(plan.hosts.size(), 1)) +
         R"sh( 2>"$base/tracker.up"); do
  alive_or_tell tracker "$pid"
  tries=$((tries + 1))
  if [ "$tries" -ge 100 ]; then cat "$base/tracker.up" >&2; exit 1; fi
  sleep 0.1
done
echo "node $token"
token=$()sh" +
         create + " --role submit" + (native ? "+native" : "") + ") || exit 1\necho \"submit $token\"\n";
}

std::string node_script(const ClusterPlan& plan, const HostLine& host, const std::string& token) {
  const std::string process = process_of_node(host);
  std::string words =
      "node " + shell_quoted(plan.address) + " --name " + shell_quoted(host.name) + " --token-file \"$base/" + process + ".token\"";
  if (host.slots > 0) words += " --slots " + std::to_string(host.slots);
  if (!host.scratch.empty()) words += " --scratch " + shell_quoted(host.scratch);
  if (host.native) words += " --allow-native";
  return opening_with_program(plan) + "if runs " + process +
         "; then echo \"runs already\"; exit 0; fi\nmkdir -p \"$base\" || exit 1\ncat >\"$base/" + process + ".token\" <<'END'\n" + token +
         "\nEND\n" + begin(process, words) + "tries=0\nuntil grep -q 'joined the tracker' \"$base/" + process +
         ".log\"; do\n  alive_or_tell " + process + R"sh( "$pid"
  tries=$((tries + 1))
  if [ "$tries" -ge 300 ]; then echo "has not joined within 30 s; see $base/)sh" +
         process + R"sh(.log there" >&2; exit 1; fi
  sleep 0.1
done
rm -f "$base/)sh" +
         process + ".token\"\necho started\n";
}

std::string status_script(const ClusterPlan& plan, const std::vector<std::string>& processes) {
  std::string script = opening(plan);
  for (const std::string& process : processes) script += "if runs " + process + "; then echo \"" + process + " $pid\"; fi\n";
  return script + "exit 0\n";
}

std::string stop_script(const ClusterPlan& plan, const std::string& process) {
  // A node would wait on SIGTERM until no job needs it.
  const std::string signal = process == kTrackerProcess ? "TERM" : "INT";
  return opening(plan) + "if ! runs " + process + "; then rm -f \"$base/" + process + R"sh(.pid"; echo "did not run"; exit 0; fi
kill -)sh" + signal + R"sh( "$pid"
tries=0
how=ended
while runs )sh" + process + R"sh(; do
  tries=$((tries + 1))
  if [ "$tries" -eq 200 ]; then kill -KILL "$pid"; how="was killed: it did not end within 20 s"; fi
  if [ "$tries" -ge 300 ]; then echo "process $pid does not end" >&2; exit 1; fi
  sleep 0.1
done
rm -f "$base/)sh" + process + ".pid\"\necho \"$how\"\n";
}

std::string has_copy_script(const std::string& hash) {
  return "umask 077\nmkdir -p \"$HOME/.sinter/bin\" || exit 1\nif [ -x \"" + copied_program(hash) + "\" ]; then echo there; fi\n";
}

std::string take_copy_script(const std::string& hash) {
  const std::string program = "\"" + copied_program(hash);
  return "set -eu\nsum=$(sha256sum <" + program + ".part\")\ncase $sum in\n  " + hash +
         "*) ;;\n  *) echo 'the copy is damaged' >&2; exit 1 ;;\nesac\n" + "chmod 700 " + program + ".part\"\nmv " + program + ".part\" " +
         program + "\"\n";
}

}  // namespace sinter::cli
