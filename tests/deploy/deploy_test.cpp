// Units, maintainer scripts, container and manifests of deploy/, as far as they can be tried without the machines they are for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/command.hpp"

namespace sinter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kDeploy = std::string(SINTER_SOURCE_DIR) + "/deploy";
const std::string kProgram = std::string(SINTER_BIN_DIR) + "/sinter";

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// The first word is a verb of the program, and it knows each option that follows.
void expect_good_command(const std::vector<std::string>& words, const std::string& where) {
  ASSERT_FALSE(words.empty()) << where;
  const CommandResult help = run_command({kProgram, "help", words.front()});
  EXPECT_EQ(help.exit_code, 0) << where << ": sinter has no verb '" << words.front() << "'";
  for (const std::string& word : words)
    if (word.starts_with("--")) {
      EXPECT_THAT(help.out, HasSubstr(word)) << where;
    }
}

class Units : public ::testing::TestWithParam<const char*> {
 protected:
  std::string text() const { return read_whole_file(kDeploy + "/systemd/" + GetParam()); }
};

TEST_P(Units, are_taken_by_systemd) {
  if (run_command({"systemd-analyze", "--version"}).exit_code != 0) GTEST_SKIP() << "there is no systemd-analyze here";
  const TemporaryDirectory directory;
  // The program is not installed here; systemd asks whether it is there.
  const std::string unit = directory.write(GetParam(), std::regex_replace(text(), std::regex("/usr/bin/sinter"), kProgram));
  const CommandResult verified = run_command({"systemd-analyze", "verify", "--man=no", unit});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT(verified.err, IsEmpty());
}

TEST_P(Units, start_what_the_program_has) {
  const std::string unit = text();
  std::smatch found;
  ASSERT_TRUE(std::regex_search(unit, found, std::regex("\nExecStart=/usr/bin/sinter ([^\n]*)\n")));
  expect_good_command(words_of(found[1]), GetParam());
  EXPECT_THAT(unit, HasSubstr("\nKillMode=mixed\n")) << "workers are the node's to end";
  EXPECT_THAT(unit, HasSubstr("\nRestart=on-failure\n"));
  EXPECT_THAT(unit, HasSubstr("\nUser=sinter\n"));
  // What it may set is what the pages say it may set.
  EXPECT_THAT(unit, HasSubstr("\nEnvironmentFile=-/etc/default/sinter\n"));
}

INSTANTIATE_TEST_SUITE_P(Deploy, Units, ::testing::Values("sinter-tracker.service", "sinter-node.service"));

TEST(Deploy, maintainer_scripts_are_good_sh_and_do_nothing_when_there_is_nothing_to_do) {
  for (const std::string script : {"postinst", "prerm", "postrm"}) {
    const std::string path = kDeploy + "/debian/" + script;
    EXPECT_EQ(run_command({"sh", "-n", path}).exit_code, 0) << script;
    EXPECT_THAT(read_whole_file(path), HasSubstr("\nset -e\n")) << script;
    EXPECT_NE(std::filesystem::status(path).permissions() & std::filesystem::perms::owner_exec, std::filesystem::perms::none) << script;
  }
  for (const std::string script : {"postinst", "prerm"})
    EXPECT_EQ(run_command({kDeploy + "/debian/" + script, "failed-upgrade"}).exit_code, 0) << script;
  EXPECT_THAT(read_whole_file(kDeploy + "/debian/postinst"), ::testing::Not(HasSubstr("systemctl enable"))) << "that is for people";
}

TEST(Deploy, the_container_is_built_by_commands_that_people_use) {
  const std::string text = read_whole_file(kDeploy + "/Containerfile");
  const std::string chores = run_command({std::string(SINTER_SOURCE_DIR) + "/dev", "help"}).out;
  const std::regex dev("\\./dev ([a-z]+)");
  int found = 0;
  for (std::sregex_iterator one(text.begin(), text.end(), dev), end; one != end; ++one, ++found)
    EXPECT_THAT(chores, HasSubstr("./dev " + (*one)[1].str()));
  EXPECT_GT(found, 0);
  const std::size_t file = text.find("--no-install-recommends file ");
  EXPECT_LT(file, text.find(" cpack ")) << "debian:12 has no `file`, without which CPack makes no package";
  // As the first process sinter would leave the children of others unreaped.
  EXPECT_THAT(text, HasSubstr("ENTRYPOINT [\"/usr/bin/tini\", \"--\", \"/usr/bin/sinter\"]"));
  EXPECT_THAT(text, HasSubstr("--no-install-recommends tini "));
  // Short names are for whoever has configured what they stand for.
  const std::regex base("(^|\n)FROM ([^\n]*)");
  for (std::sregex_iterator one(text.begin(), text.end(), base), end; one != end; ++one)
    EXPECT_THAT((*one)[2].str(), StartsWith("docker.io/"));
  EXPECT_THAT(text, HasSubstr("USER sinter\n"));
  EXPECT_THAT(text, HasSubstr("uid 64199")) << "the manifests name it";
}

/// What people look for in the page is what they see: its sentences stand in the sources.
TEST(Operations, name_errors_as_the_program_says_them) {
  std::string sources;
  for (const char* layer : {"base", "shuffle", "framework", "cli"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(SINTER_SOURCE_DIR) + "/" + layer))
      if (entry.path().extension() == ".cpp") sources += read_whole_file(entry.path().string());
  const std::string page = read_whole_file(std::string(SINTER_SOURCE_DIR) + "/docs/operations.md");
  std::istringstream rows(page.substr(page.find("## What to do when")));
  const std::regex quoted("`([^`]+)`");
  int found = 0;
  for (std::string row; std::getline(rows, row);) {
    const std::string seen = row.substr(0, row.find('|', 1));
    for (std::sregex_iterator one(seen.begin(), seen.end(), quoted), end; one != end; ++one)
      for (std::string rest = std::regex_replace((*one)[1].str(), std::regex(" [A-Z]+"), ""); !rest.empty(); ++found) {
        const std::size_t gap = rest.find("...");
        const std::string part = std::regex_replace(rest.substr(0, gap), std::regex("^ +| +$"), "");
        EXPECT_THAT(sources, HasSubstr(part));
        rest = gap == std::string::npos ? "" : rest.substr(gap + 3);
      }
  }
  EXPECT_GT(found, 10);
}

std::vector<YAML::Node> manifests() {
  std::vector<YAML::Node> all;
  for (const auto& entry : std::filesystem::directory_iterator(kDeploy + "/kubernetes"))
    for (const YAML::Node& document : YAML::LoadAllFromFile(entry.path().string())) all.push_back(document);
  return all;
}

std::set<std::string> names_of(const YAML::Node& list) {
  std::set<std::string> names;
  for (const YAML::Node& one : list) names.insert(one["name"].as<std::string>());
  return names;
}

void expect_good_container(const YAML::Node& container, const std::set<std::string>& volumes) {
  const std::string name = container["name"].as<std::string>();
  for (const YAML::Node& mount : container["volumeMounts"]) EXPECT_TRUE(volumes.contains(mount["name"].as<std::string>())) << name;
  EXPECT_FALSE(container["securityContext"]["allowPrivilegeEscalation"].as<bool>()) << name;
  EXPECT_TRUE(container["securityContext"]["readOnlyRootFilesystem"].as<bool>()) << name;
  if (container["command"]) return;  // a shell's; its words are tried below
  std::vector<std::string> words;
  for (const YAML::Node& word : container["args"]) words.push_back(word.as<std::string>());
  expect_good_command(words, name);
}

TEST(Kubernetes, manifests_hang_together) {
  std::set<std::string> kinds;
  std::set<std::string> services;
  for (const YAML::Node& one : manifests()) {
    kinds.insert(one["kind"].as<std::string>());
    EXPECT_TRUE(one["apiVersion"]);
    if (one["kind"].as<std::string>() == "Service") services.insert(one["metadata"]["name"].as<std::string>());
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"Kustomization", "NetworkPolicy", "PersistentVolumeClaim", "Service", "StatefulSet"}));
  for (const YAML::Node& one : manifests()) {
    if (one["kind"].as<std::string>() != "StatefulSet") continue;
    const YAML::Node spec = one["spec"];
    const YAML::Node pod = spec["template"]["spec"];
    EXPECT_TRUE(services.contains(spec["serviceName"].as<std::string>()));
    EXPECT_EQ(spec["selector"]["matchLabels"]["app"].as<std::string>(), spec["template"]["metadata"]["labels"]["app"].as<std::string>());
    EXPECT_TRUE(pod["securityContext"]["runAsNonRoot"].as<bool>());
    EXPECT_EQ(pod["securityContext"]["runAsUser"].as<int>(), 64199) << "the image's user";
    EXPECT_EQ(pod["securityContext"]["fsGroupChangePolicy"].as<std::string>(), "OnRootMismatch") << "key files keep their mode";
    std::set<std::string> volumes = names_of(pod["volumes"]);
    for (const YAML::Node& claim : spec["volumeClaimTemplates"]) volumes.insert(claim["metadata"]["name"].as<std::string>());
    for (const YAML::Node& container : pod["containers"]) expect_good_container(container, volumes);
    for (const YAML::Node& container : pod["initContainers"]) expect_good_container(container, volumes);
  }
}

TEST(Kubernetes, every_file_is_applied) {
  std::set<std::string> listed;
  for (const YAML::Node& one : YAML::LoadFile(kDeploy + "/kubernetes/kustomization.yaml")["resources"])
    listed.insert(one.as<std::string>());
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(kDeploy + "/kubernetes")) present.insert(entry.path().filename().string());
  present.erase("kustomization.yaml");
  EXPECT_EQ(listed, present);
}

/// The words with which a node's pod joins, tried with a program that writes them down.
TEST(Kubernetes, a_node_joins_once) {
  YAML::Node join;
  for (const YAML::Node& one : manifests())
    if (one["kind"].as<std::string>() == "StatefulSet" && one["spec"]["template"]["spec"]["initContainers"])
      join = one["spec"]["template"]["spec"]["initContainers"][0];
  ASSERT_TRUE(join);
  const TemporaryDirectory directory;
  const std::string program = directory.write("bin/sinter", "#!/bin/sh\necho \"$@\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto run = [&] {
    std::vector<std::string> words{"env", "PATH=" + directory / "bin" + ":/usr/bin:/bin", "SINTER_HOME=" + directory.path().string(),
                                   "POD_NAME=sinter-node-0"};
    for (const YAML::Node& word : join["command"]) words.push_back(word.as<std::string>());
    for (const YAML::Node& word : join["args"]) words.push_back(word.as<std::string>());
    return run_command(words);
  };
  const CommandResult first = run();
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "join sinter-tracker:7077 --role node --name sinter-node-0 --token-file /join/token\n");
  expect_good_command(words_of(first.out), "initContainer");
  directory.write("sinter-tracker_7077/tracker", "its key");
  const CommandResult second = run();
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.out, "") << "a key that is there is used";
}

}  // namespace
}  // namespace sinter::testing
