// Values of types with a Boost.Serialization serialize() member. Include it behind job.hpp, where such a value is first emitted, and link
// Boost's serialization library; no other header of sinter sees Boost. Templates without state; any thread.
#pragma once

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <exception>
#include <streambuf>
#include <string>
#include <string_view>

#include "framework/api/value_codec.hpp"

namespace [[gnu::visibility("default")]] sinter {

/// A public `template <class Archive> void serialize(Archive&, unsigned)`, and no codec of sinter's own.
template <class T>
concept BoostValue = std::is_class_v<T> && !PlainValue<T> && !HasFields<T> && !SequenceValue<T> && !IsComposed<T>::value &&
                     requires(T& value, boost::archive::binary_oarchive& archive) { value.serialize(archive, 0u); };

/// Appends to a string.
class StringWriteBuffer final : public std::streambuf {
 public:
  explicit StringWriteBuffer(std::string& out) : out_(out) {}

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    out_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }
  int_type overflow(int_type byte) override {
    if (byte != traits_type::eof()) out_ += static_cast<char>(byte);
    return 0;
  }

 private:
  std::string& out_;
};

/// Reads from borrowed bytes.
class StringReadBuffer final : public std::streambuf {
 public:
  explicit StringReadBuffer(std::string_view bytes) {
    char* const begin = const_cast<char*>(bytes.data());  // nothing is put back
    setg(begin, begin, begin + bytes.size());
  }
  bool at_end() const { return gptr() == egptr(); }
};

/// A binary archive without its header, behind its size. Cost: an archive each way, some hundred nanoseconds; a struct with fields() has
/// none.
template <BoostValue T>
struct ValueCodec<T> {
  static void append(std::string& out, const T& value) {
    std::string bytes;
    StringWriteBuffer buffer(bytes);
    {
      boost::archive::binary_oarchive archive(buffer, boost::archive::no_header);
      archive << value;
    }
    append_sized(out, bytes);
  }
  static bool read(ByteReader& reader, T& value) {
    std::string_view bytes;
    if (!reader.read_sized(bytes)) return false;
    StringReadBuffer buffer(bytes);
    try {
      boost::archive::binary_iarchive archive(buffer, boost::archive::no_header);
      archive >> value;
    } catch (const std::exception&) {
      return false;  // damaged bytes: the caller says so
    }
    return buffer.at_end();
  }
};

}  // namespace sinter
