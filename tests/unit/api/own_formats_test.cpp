// Readers of one's own: the same records however a file is cut, damage with its place, limits.
#include "framework/api/own_formats.hpp"

#include <gmock/gmock.h>
#include <zstd.h>

#include <cstring>
#include <random>

#include "base/checksum.hpp"
#include "base/limits.hpp"
#include "framework/api/fixed_width.hpp"
#include "framework/plan/plan.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/api/job_fixture.hpp"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kMark("\xF5LOG", 4);

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

/// Mark, size, checksum, text.
std::string log_record(std::string_view text) {
  return std::string(kMark) + bytes_of(static_cast<std::uint32_t>(text.size())) + bytes_of(static_cast<std::uint32_t>(checksum64(text))) +
         std::string(text);
}

struct LogReader {
  Frame next(const Window& window) const {
    if (window.bytes.size() < 12) return Frame::more(12);
    if (!window.bytes.starts_with(kMark)) return Frame::lost("no record begins here");
    const std::size_t size = 12 + std::size_t{number_at(window.bytes, 4)};
    if (window.bytes.size() < size) return Frame::more(size);
    const std::string_view text = window.bytes.substr(12, size - 12);
    if (static_cast<std::uint32_t>(checksum64(text)) != number_at(window.bytes, 8)) return Frame::lost("its checksum is wrong");
    return Frame::record(text, size);
  }
  std::size_t find_start(const Window& window) const {
    const std::size_t at = window.bytes.find(kMark);
    return at == std::string_view::npos ? kNoStart : at;
  }
};

/// Size and text alone: nobody finds a start in the middle.
struct PlainReader {
  Frame next(const Window& window) const {
    if (window.bytes.size() < 4) return Frame::more(4);
    const std::size_t size = 4 + std::size_t{number_at(window.bytes, 0)};
    if (window.bytes.size() < size) return Frame::more(size);
    return Frame::record(window.bytes.substr(4, size - 4), size);
  }
};
std::string plain_record(std::string_view text) { return bytes_of(static_cast<std::uint32_t>(text.size())) + std::string(text); }

/// A sensor's number and a temperature, 8 bytes; the first 8 of a file are its header.
struct BinaryReader {
  Frame next(const Window& window) const {
    if (window.bytes.size() < 8) return Frame::more(8);
    if (window.offset_bytes == 0) return Frame::skip(8);
    if (number_at(window.bytes, 0) == 0) return Frame::bad("sensor 0 does not exist", 8);
    return Frame::record(window.bytes.substr(0, 8), 8);
  }
  std::size_t find_start(const Window& window) const { return (8 - window.offset_bytes % 8) % 8; }
  std::vector<std::string> columns() const { return {"sensor", "celsius", "unit", "note"}; }
  void split(std::string_view record, FieldList& fields) const {
    float celsius = 0;
    std::memcpy(&celsius, record.data() + 4, 4);
    fields.number(number_at(record, 0));
    fields.number(double{celsius});
    fields.copy(std::string(1, 'C'));
    fields.null();
  }
};

struct ReadBack {
  std::string text;
  std::string problem;
  std::uint64_t offset = 0;
  friend bool operator==(const ReadBack&, const ReadBack&) = default;
};
std::ostream& operator<<(std::ostream& out, const ReadBack& one) {
  return out << one.offset << ": " << one.text.substr(0, 100) << one.problem << "\n";
}

/// What files in memory hold for a reader.
class OwnReaderTest : public ::testing::Test {
 protected:
  template <class R>
  InputFile file_of(const std::string& bytes, R reader) {
    EXPECT_TRUE(write_file(*files_, "log", bytes).ok());
    InputFile file;
    file.path = "log";
    file.size_bytes = bytes.size();
    file.format.kind = FormatKind::Records;
    file.format.codec = Codec::None;
    file.format.records = records("log", reader).reader;
    return file;
  }
  Result<std::vector<ReadBack>> read(const InputFile& file, const SplitPiece& piece, std::uint64_t memory_bytes = 512 * kMiB) {
    MemoryBudget budget("test", memory_bytes);
    SINTER_ASSIGN(const auto reader, open_reader(*files_, budget, file, piece, {}));
    std::vector<ReadBack> all;
    while (true) {
      SINTER_ASSIGN(const auto batch, reader->next_batch());
      if (batch.empty()) return all;
      for (const Record& record : batch) {
        EXPECT_EQ(record.line, 0u);
        std::string text;
        for (const FieldView& field : record.fields) text += std::string(field.text) + "|";
        all.push_back({text, std::string(record.problem), record.position.offset_bytes});
      }
    }
  }
  Result<std::vector<ReadBack>> read_whole(const InputFile& file, std::uint64_t memory_bytes = 512 * kMiB) {
    return read(file, {0, 0, file.size_bytes, 1}, memory_bytes);
  }
  Result<std::vector<ReadBack>> read_pieces(const InputFile& file, std::uint64_t split_bytes) {
    SINTER_ASSIGN(const auto splits, plan_splits(*files_, {file}, split_bytes, 2));
    std::vector<ReadBack> all;
    pieces_ = 0;
    for (const Split& split : splits) {
      for (const SplitPiece& piece : split.pieces) {
        SINTER_ASSIGN(const auto found, read(file, piece));
        all.insert(all.end(), found.begin(), found.end());
        ++pieces_;
      }
    }
    return all;
  }

  std::unique_ptr<FileSystem> files_ = make_memory_file_system();
  std::size_t pieces_ = 0;
};

std::string random_log(std::mt19937_64& random, std::size_t records) {
  std::string log;
  for (std::size_t i = 0; i < records; ++i) log += log_record(std::string(random() % 40, static_cast<char>('a' + random() % 26)));
  return log;
}

TEST_F(OwnReaderTest, pieces_of_a_damaged_file_hold_the_records_and_rejects_of_the_whole) {
  std::size_t pieces = 0;
  std::size_t rejects = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string log = random_log(random, 1 + random() % 60);
    for (unsigned damage = seed % 4; damage > 0; --damage) log[random() % log.size()] ^= static_cast<char>(1 + random() % 255);
    if (seed % 5 == 0) log.resize(1 + random() % log.size());
    const InputFile file = file_of(log, LogReader{});
    const auto whole = read_whole(file);
    ASSERT_TRUE(whole.ok()) << whole.error().to_string();
    const auto cut = read_pieces(file, 1 + random() % 200);
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    ASSERT_EQ(*cut, *whole);
    pieces += pieces_;
    for (const ReadBack& one : *whole) rejects += one.problem.empty() ? 0 : 1;
  }
  EXPECT_GT(pieces, 2000u) << "the test must really cut files";
  EXPECT_GT(rejects, 200u) << "the test must really damage files";
}

TEST_F(OwnReaderTest, damage_is_one_reject_up_to_the_next_record) {
  std::string log = log_record("first") + log_record("second") + log_record("third");
  log[17 + 12] ^= 1;
  const auto records = read_whole(file_of(log, LogReader{}));
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  EXPECT_THAT(*records, ElementsAre(ReadBack{"first|", "", 0},
                                    ReadBack{"", "its checksum is wrong; 18 bytes to the next record are set aside", 17},
                                    ReadBack{"third|", "", 35}));
}

/// Knows a start by its whole header only, and loses its way before it has seen that.
struct CautiousReader : LogReader {
  std::size_t find_start(const Window& window) const {
    const std::size_t at = LogReader::find_start(window);
    return at != kNoStart && at + 12 > window.bytes.size() ? kNoStart : at;
  }
  Frame next(const Window& window) const {
    if (window.bytes.size() > 4 && window.bytes[4] == 'x' - 'a') return Frame::lost("odd size");
    return LogReader::next(window);
  }
};

TEST_F(OwnReaderTest, a_start_is_judged_by_as_many_bytes_as_it_may_need) {
  std::string log;
  for (int i = 0; i < 3000; ++i) log += log_record(std::string(i % 40, 'y'));
  const InputFile file = file_of(log, CautiousReader{});
  const auto whole = read_whole(file);
  ASSERT_TRUE(whole.ok()) << whole.error().to_string();
  EXPECT_EQ(whole->size(), 3000u);
  for (const std::uint64_t split_bytes : {100u, 7000u}) {
    const auto cut = read_pieces(file, split_bytes);
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    EXPECT_TRUE(*cut == *whole) << "split size " << split_bytes;
  }
}

TEST_F(OwnReaderTest, many_large_records_come_through_a_sliding_buffer) {
  std::mt19937_64 random(1);
  std::string log;
  std::vector<ReadBack> expected;
  for (int i = 0; i < 60; ++i) {
    const std::string text(random() % 700'000, static_cast<char>('a' + i % 26));
    expected.push_back({text + "|", "", log.size()});
    log += log_record(text);
  }
  const InputFile file = file_of(log, LogReader{});
  for (const std::uint64_t split_bytes : {std::uint64_t{100'000}, std::uint64_t{3'000'000}, std::uint64_t{1} << 40}) {
    const auto records = read_pieces(file, split_bytes);
    ASSERT_TRUE(records.ok()) << records.error().to_string();
    EXPECT_EQ(records->size(), expected.size());
    EXPECT_TRUE(*records == expected) << "split size " << split_bytes;
  }
}

TEST_F(OwnReaderTest, a_record_above_the_limit_is_refused_by_name_and_reading_goes_on) {
  const std::string log = log_record("a") + log_record(std::string(kMaxRecordBytes + 1, 'x')) + log_record("b");
  const auto records = read_whole(file_of(log, LogReader{}));
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  ASSERT_EQ(records->size(), 3u);
  EXPECT_THAT((*records)[1].problem, AllOf(HasSubstr("kMaxRecordBytes"), HasSubstr("67108864"), HasSubstr("67108877")));
  EXPECT_EQ((*records)[1].offset, 13u);
  EXPECT_EQ((*records)[2].text, "b|");
}

TEST_F(OwnReaderTest, without_starts_files_stay_whole_and_damage_names_file_and_byte) {
  std::string log;
  for (int i = 0; i < 100; ++i) log += plain_record("text");
  const auto cut = read_pieces(file_of(log, PlainReader{}), 50);
  ASSERT_TRUE(cut.ok()) << cut.error().to_string();
  EXPECT_EQ(cut->size(), 100u);
  EXPECT_EQ(pieces_, 1u);
  const auto torn = read_whole(file_of(log + std::string("\x05\0\0\0ab", 6), PlainReader{}));
  ASSERT_TRUE(torn.ok()) << torn.error().to_string();
  EXPECT_EQ(torn->size(), 101u);
  const std::string tail("\xFF\xFF\xFF\x7F more", 9);
  const auto broken = read_whole(file_of(log + tail, PlainReader{}));
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().to_string(), AllOf(HasSubstr("'log' byte 800"), HasSubstr("kMaxRecordBytes"), HasSubstr("find_start()")));
}

TEST_F(OwnReaderTest, the_end_of_a_file_inside_a_record_is_a_reject) {
  const auto records = read_whole(file_of(plain_record("abc") + std::string("\x09\0\0\0ab", 6), PlainReader{}));
  ASSERT_TRUE(records.ok()) << records.error().to_string();
  EXPECT_THAT(*records, ElementsAre(ReadBack{"abc|", "", 0}, ReadBack{"", "the file ends inside a record, 6 bytes behind its start", 7}));
}

TEST_F(OwnReaderTest, a_record_that_memory_has_no_room_for_is_an_error_that_says_so) {
  const auto records = read_whole(file_of(plain_record(std::string(20 * kMiB, 'x')), PlainReader{}), 8 * kMiB);
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().to_string(), AllOf(HasSubstr("'log' byte 0"), HasSubstr("execution.memory")));
}

TEST_F(OwnReaderTest, a_reader_that_contradicts_itself_is_told_so) {
  struct Endless {
    Frame next(const Window&) const { return Frame::record({}, 0); }
  };
  EXPECT_THAT(read_whole(file_of("abc", Endless{})).error().to_string(), HasSubstr("a frame has a byte at least"));
  struct Greedy {
    Frame next(const Window& window) const { return Frame::record(window.bytes, window.bytes.size() + 1); }
  };
  EXPECT_THAT(read_whole(file_of("abc", Greedy{})).error().to_string(), HasSubstr("lies in the window"));
  struct WrongStarts : PlainReader {
    std::size_t find_start(const Window&) const { return 1; }
  };
  std::string log;
  for (int i = 0; i < 100; ++i) log += plain_record("text");
  EXPECT_THAT(read_pieces(file_of(log, WrongStarts{}), 100).error().to_string(), HasSubstr("contradicts itself"));
  struct Throws : PlainReader {
    std::size_t find_start(const Window&) const { throw std::runtime_error("no idea"); }
  };
  EXPECT_THAT(read_pieces(file_of(log, Throws{}), 100).error().to_string(), AllOf(HasSubstr("'log'"), HasSubstr("no idea")));
}

TEST_F(OwnReaderTest, a_computed_start_may_lie_behind_the_window) {
  static constexpr std::size_t kBlock = 1'000'000;
  struct Blocks {
    Frame next(const Window& window) const {
      return window.bytes.size() < kBlock ? Frame::more(kBlock) : Frame::record(window.bytes.substr(0, 3), kBlock);
    }
    std::size_t find_start(const Window& window) const { return (kBlock - window.offset_bytes % kBlock) % kBlock; }
  };
  std::string text;
  for (int i = 0; i < 9; ++i) text += std::string(kBlock, static_cast<char>('a' + i));
  const InputFile file = file_of(text + "tail", Blocks{});
  const auto whole = read_whole(file);
  ASSERT_TRUE(whole.ok()) << whole.error().to_string();
  ASSERT_EQ(whole->size(), 10u);
  EXPECT_EQ(whole->back().problem, "the file ends inside a record; 4 bytes to the end of the file are set aside");
  for (const std::uint64_t split_bytes : {300'000u, 1'500'000u}) {
    const auto cut = read_pieces(file, split_bytes);
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    EXPECT_EQ(*cut, *whole);
    EXPECT_GT(pieces_, 3u);
  }
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

struct Celsius {
  std::uint32_t sensor = 0;
  float celsius = 0;
  std::string_view unit;
  std::optional<std::string> note;
  auto fields() { return std::tie(sensor, celsius, unit, note); }
};

class OwnFormatsJobTest : public testing::JobTest {
 protected:
  /// 1000 readings of 7 sensors; one of sensor 0, which does not exist.
  std::string readings() const {
    std::string bytes = "HEADER\1\2";
    for (std::uint32_t i = 0; i < 1000; ++i)
      bytes += bytes_of(i == 500 ? 0 : i % 7 + 1) + bytes_of(static_cast<float>(i) / 4);
    return bytes;
  }
};

TEST_F(OwnFormatsJobTest, rows_are_the_same_however_files_are_cut_or_compressed) {
  directory_.write("plain.bin", readings());
  const testing::TemporaryDirectory packing;
  ASSERT_EQ(testing::run_command({"gzip", packing.write("packed.bin", readings())}).exit_code, 0);
  directory_.write("packed.bin.gz", testing::read_whole_file(packing / "packed.bin.gz"));
  directory_.write("packed.bin.zst", zstd(readings()));
  const auto job = [&](const std::string& name) {
    return Job("hottest").read(records(directory_ / name, BinaryReader{}))
        .map([](const Celsius& row, Emitter<std::uint32_t, float>& out) {
          if (row.unit == "C" && !row.note) out.emit(row.sensor, row.celsius);
        })
        .combine([](float a, float b) { return std::max(a, b); })
        .reduce([](const std::uint32_t& sensor, Group<float>& all, RowWriter& out) {
          float hottest = 0;
          for (const float one : all) hottest = std::max(hottest, one);
          out.row(sensor, hottest);
        })
        .write(out({"sensor", "hottest"}));
  };
  const std::string expected = "sensor,hottest\n1,248.5\n2,248.75\n3,249\n4,249.25\n5,249.5\n6,249.75\n7,248.25\n";
  for (const std::string name : {"plain.bin", "packed.bin.gz", "packed.bin.zst"}) {
    for (const auto& [workers, split_bytes] : {std::pair(1u, 333u), std::pair(2u, 4097u), std::pair(2u, 1u << 20), std::pair(5u, 333u)}) {
      const auto report = testing::run_job(job(name), directory_.files, {.workers = workers, .split_bytes = split_bytes});
      ASSERT_TRUE(report.ok()) << report.error().to_string();
      EXPECT_EQ(report->outputs.at("out.csv"), expected) << name << ", " << workers << " workers, split size " << split_bytes;
      EXPECT_EQ(report->rejects, "{\"rule\":\"reader\",\"reason\":\"sensor 0 does not exist\",\"file\":\"" + (directory_ / name) +
                               "\",\"offset\":4008,\"record\":\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\xEF\xBF\xBD" "B\"}\n");
    }
  }
}

TEST_F(OwnFormatsJobTest, a_map_may_take_the_bytes_or_the_record) {
  directory_.write("log", log_record("b") + log_record("a"));
  const auto bytes = Job("x").read(records(directory_ / "log", LogReader{}))
                         .map([](std::string_view text, Emitter<std::string, Nothing>& out) { out.emit(std::string(text)); })
                         .sort().write(out({"text"}));
  ASSERT_TRUE(run(bytes).ok());
  EXPECT_EQ(output(), "text\na\nb\n");
  const auto whole = Job("x").read(records(directory_ / "log", LogReader{}))
                         .map([](const Record& record, RowWriter& out) { out.row(record.position.offset_bytes, record.fields[0].text); })
                         .write(out({"at", "text"}));
  ASSERT_TRUE(run(whole).ok());
  EXPECT_EQ(output(), "at,text\n0,b\n13,a\n");
}

TEST_F(OwnFormatsJobTest, an_error_names_the_byte_of_its_record) {
  directory_.write("log", log_record("first") + log_record("second"));
  const auto job = Job("x").read(records(directory_ / "log", LogReader{}))
                       .map([](std::string_view text, RowWriter& out) { text == "second" ? out.row(1, 2) : out.row(1); })
                       .write(out({"one"}));
  EXPECT_THAT(run(job).error().to_string(), AllOf(HasSubstr("at byte 17"), HasSubstr("log")));
  struct Throws : LogReader {
    Frame next(const Window&) const { throw std::runtime_error("what a file"); }
  };
  const auto thrown = Job("x").read(records(directory_ / "log", Throws{})).map([](std::string_view, RowWriter&) {}).write(out({"one"}));
  EXPECT_THAT(run(thrown).error().to_string(), HasSubstr("what a file"));
}

TEST_F(OwnFormatsJobTest, explain_tells_how_files_are_read_and_check_what_a_reader_says_of_itself) {
  const auto files = make_memory_file_system();
  ASSERT_TRUE(write_file(*files, "log", log_record("first")).ok());
  const auto explained = [&](const DataFile& file) {
    const auto job = Job("x").read(file).map([](const Record&, RowWriter&) {}).write(out({"one"})).definition();
    EXPECT_TRUE(job.ok());
    std::string text;
    for (const std::string& line : explain(*make_plan(*files, *job, 1), *job)) text += line + "\n";
    return text;
  };
  EXPECT_THAT(explained(records(directory_ / "log", LogReader{})), HasSubstr("own reader)"));
  EXPECT_THAT(explained(records(directory_ / "log", PlainReader{})), HasSubstr("own reader, files whole)"));
  EXPECT_THAT(explained(records(directory_ / "log", BinaryReader{})), HasSubstr("columns: sensor, celsius, unit, note"));
  struct Choosy : LogReader {
    Status check() const { return user_error("never on a Sunday"); }
  };
  const auto job = Job("x").read(records(directory_ / "log", Choosy{})).map([](std::string_view, RowWriter&) {}).write(out({"one"}));
  EXPECT_THAT(job.definition().error().to_string(), AllOf(HasSubstr("never on a Sunday"), HasSubstr("the input")));
  const auto rows = Job("x").read(records(directory_ / "log", BinaryReader{})).map([](std::string_view, RowWriter&) {}).write(out({"one"}));
  EXPECT_THAT(rows.definition().error().to_string(), HasSubstr("the map takes lines"));
}

TEST_F(OwnFormatsJobTest, a_side_input_may_have_a_reader) {
  directory_.write("log", log_record("x"));
  directory_.write("people.txt", "ann  31\nbob   7\n");
  struct Person {
    std::string name;
    int age = 0;
    auto fields() { return std::tie(name, age); }
  };
  const auto job = Job("x").side_input("people", fixed_width(directory_ / "people.txt", {{"name", 0, 4}, {"age", 4, 3}}))
                       .read(records(directory_ / "log", LogReader{}))
                       .map([](std::string_view, RowWriter& out, Context& context) {
                         for (const Person& person : context.side_rows<Person>("people")) out.row(person.name, person.age);
                       })
                       .write(out({"name", "age"}));
  const auto report = run(job);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(output(), "name,age\nann,31\nbob,7\n");
}

}  // namespace
}  // namespace sinter
