// Files that clients send: arriving in pieces, also over two lives; refused when they are not what their name says; kept and evicted.
#include "framework/cluster/blob_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Arrival = BlobStore::Arrival;

std::string hash_of(std::string_view bytes) {
  net::ContentHasher hasher;
  hasher.append(bytes);
  return hasher.text();
}

class BlobStoreTest : public ::testing::Test {
 protected:
  BlobStoreTest() : files_(make_memory_file_system()) { EXPECT_TRUE(files_->make_directories("/data").ok()); }

  std::unique_ptr<BlobStore> make(std::uint64_t max_bytes = 1'000) {
    auto store = std::make_unique<BlobStore>(*files_, "/data/files", max_bytes);
    EXPECT_TRUE(store->load().ok());
    return store;
  }
  static BlobStore::Wanted wanted(std::string_view bytes) { return {hash_of(bytes), bytes.size()}; }
  /// All at once.
  static void send(BlobStore& store, const std::string& owner, std::string_view bytes) {
    ASSERT_EQ(store.offer(owner, {wanted(bytes)})->size(), 1u);
    EXPECT_EQ(*store.append(owner, hash_of(bytes), 0, bytes), Arrival::Complete);
  }

  std::unique_ptr<FileSystem> files_;
};

TEST_F(BlobStoreTest, a_file_arrives_in_pieces_and_is_there_for_everybody) {
  const auto store = make();
  const std::string hash = hash_of("one two");
  const auto lacking = *store->offer("ann", {wanted("one two"), wanted("")});
  ASSERT_EQ(lacking.size(), 2u);
  EXPECT_EQ(*store->append("ann", hash, 0, "one "), Arrival::Growing);
  EXPECT_FALSE(files_->exists(store->path_of(hash)));
  // Sent again what is here is skipped.
  EXPECT_EQ(*store->append("ann", hash, 2, "e two"), Arrival::Complete);
  EXPECT_EQ(*store->append("ann", hash_of(""), 0, ""), Arrival::Complete);
  EXPECT_EQ(*read_file(*files_, store->path_of(hash)), "one two");
  EXPECT_THAT(*store->offer("bob", {wanted("one two"), wanted("")}), IsEmpty());
  EXPECT_EQ(store->used_bytes(), 7u);
}

TEST_F(BlobStoreTest, what_is_not_what_its_name_says_is_refused) {
  const auto store = make();
  const std::string hash = hash_of("good");
  ASSERT_EQ(store->offer("ann", {wanted("good")})->size(), 1u);
  EXPECT_EQ(*store->append("ann", hash, 0, "evil"), Arrival::Spoiled);
  EXPECT_FALSE(files_->exists(store->path_of(hash)));
  EXPECT_FALSE(store->pin("run-1", {wanted("good")}).ok());
  // Bytes that nobody asked for, a gap, and more than was offered.
  EXPECT_FALSE(store->append("ann", hash, 0, "good").ok());
  ASSERT_EQ(store->offer("ann", {wanted("good")})->size(), 1u);
  EXPECT_FALSE(store->append("ann", hash, 2, "od").ok());
  EXPECT_FALSE(store->append("ann", hash, 0, "good and more").ok());
  EXPECT_FALSE(store->append("bob", hash, 0, "good").ok());
  EXPECT_EQ(*store->append("ann", hash, 0, "good"), Arrival::Complete);
  // Nobody takes a file for one of another size.
  EXPECT_EQ(store->offer("bob", {{hash, 3}})->size(), 1u);
}

TEST_F(BlobStoreTest, a_broken_upload_goes_on_where_it_was_also_after_a_restart) {
  const std::string text = "one two three";
  const std::string hash = hash_of(text);
  auto store = make();
  ASSERT_TRUE(store->offer("ann", {wanted(text)}).ok());
  EXPECT_EQ(*store->append("ann", hash, 0, "one "), Arrival::Growing);
  store->leave("ann");
  EXPECT_EQ(store->offer("ann", {wanted(text)})->front().have_bytes, 4u);
  EXPECT_EQ(*store->append("ann", hash, 4, "two "), Arrival::Growing);
  store->leave("ann");
  store = make();
  // Of others it has nothing.
  EXPECT_EQ(store->offer("bob", {wanted(text)})->front().have_bytes, 0u);
  EXPECT_EQ(store->offer("ann", {wanted(text)})->front().have_bytes, 8u);
  EXPECT_EQ(*store->append("ann", hash, 8, "three"), Arrival::Complete);
  EXPECT_EQ(*read_file(*files_, store->path_of(hash)), text);
}

TEST_F(BlobStoreTest, what_a_client_that_stays_away_has_left_makes_room) {
  const auto store = make(20);
  ASSERT_TRUE(store->offer("ann", {wanted(std::string(16, 'a'))}).ok());
  EXPECT_EQ(*store->append("ann", hash_of(std::string(16, 'a')), 0, "aaaaaaaaaaaa"), Arrival::Growing);
  store->leave("ann");
  EXPECT_EQ(files_->list("/data/files/arriving")->size(), 1u);
  send(*store, "bob", "bbbbbbbb");
  send(*store, "bob", "cccc");
  EXPECT_THAT(*files_->list("/data/files/arriving"), IsEmpty());
}

TEST_F(BlobStoreTest, files_that_nobody_needs_make_room_and_others_do_not) {
  const auto store = make(20);
  send(*store, "ann", "aaaaaaaa");
  send(*store, "bob", "bbbbbbbb");
  ASSERT_TRUE(store->pin("run-1", {wanted("bbbbbbbb")}).ok());
  store->leave("bob");
  const auto full = store->offer("cy", {wanted("cccccccc")});
  ASSERT_FALSE(full.ok());
  EXPECT_THAT(full.error().message(), HasSubstr("--files-quota"));
  EXPECT_EQ(full.error().fault(), Fault::User);
  store->leave("ann");
  send(*store, "cy", "cccccccc");
  EXPECT_FALSE(files_->exists(store->path_of(hash_of("aaaaaaaa"))));
  EXPECT_TRUE(files_->exists(store->path_of(hash_of("bbbbbbbb"))));
  // What is on its way has its room already.
  store->leave("cy");
  ASSERT_TRUE(store->offer("dan", {wanted("dddddddddddd")}).ok());
  EXPECT_FALSE(store->offer("eve", {wanted("eeee")}).ok());
  store->leave("dan");
  store->unpin("run-1");
  EXPECT_TRUE(store->offer("eve", {wanted(std::string(20, 'e'))}).ok());
  EXPECT_EQ(store->used_bytes(), 0u);
}

TEST_F(BlobStoreTest, a_restart_finds_the_files_and_drops_those_that_a_power_cut_spoiled) {
  send(*make(), "ann", "kept");
  send(*make(), "ann", "torn");
  ASSERT_TRUE(write_file(*files_, "/data/files/" + hash_of("torn"), "to").ok());
  ASSERT_TRUE(write_file(*files_, "/data/files/notes", "of somebody").ok());
  const auto store = make();
  EXPECT_TRUE(store->pin("run-1", {wanted("kept")}).ok());
  EXPECT_FALSE(store->pin("run-1", {wanted("torn")}).ok());
  EXPECT_TRUE(files_->exists("/data/files/notes"));
}

}  // namespace
}  // namespace sinter::cluster
