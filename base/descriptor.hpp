// Descriptor: a descriptor of the operating system that is closed once. One owner.
#pragma once

namespace sinter {

/// For the .cpp files that speak to the system without a FileSystem.
class Descriptor {
 public:
  /// Below zero: none, as open() says it.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace sinter
