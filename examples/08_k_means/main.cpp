// k-means (Lloyd's algorithm) by rounds: points stay grouped, only the centres move.
#include <vector>

#include "sinter/sinter.hpp"

namespace {

struct Point {
  std::uint32_t id = 0;
  double x = 0, y = 0;
  auto fields() { return std::tie(id, x, y); }
};
struct Centre {
  double x = 0, y = 0;
};
using Centres = std::vector<Centre>;
struct Share {  // of one chunk in the new place of a centre
  double x = 0, y = 0;
  std::uint64_t points = 0;
};

// Points of a chunk come to their task in one order, so the sum of a chunk has the same bits in every run.
constexpr std::uint32_t kChunks = 64;

void by_chunk(const Point& point, sinter::Emitter<std::uint32_t, Point>& out) { out.emit(point.id % kChunks, point); }

double square(double value) { return value * value; }
double distance(const Point& point, const Centre& centre) { return square(point.x - centre.x) + square(point.y - centre.y); }

std::uint32_t nearest(const Point& point, const Centres& centres) {
  std::uint32_t best = 0;
  for (std::uint32_t i = 1; i < centres.size(); ++i)
    if (distance(point, centres[i]) < distance(point, centres[best])) best = i;
  return best;
}

void assign(const std::uint32_t&, sinter::Group<Point>& points, const Centres& centres, sinter::Emitter<std::uint32_t, Share>& out) {
  std::vector<Share> shares(centres.size());
  for (const Point& point : points) {
    Share& share = shares[nearest(point, centres)];
    share = {share.x + point.x, share.y + point.y, share.points + 1};
  }
  for (std::uint32_t i = 0; i < shares.size(); ++i) out.emit(i, shares[i]);
}

void move(const std::uint32_t& centre, sinter::Group<Share>& shares, Centres& next) {
  Share all;
  for (const Share& share : shares) all = {all.x + share.x, all.y + share.y, all.points + share.points};
  const auto points = static_cast<double>(all.points);
  if (all.points > 0) next[centre] = {all.x / points, all.y / points};
}

bool stand_still(const Centres& before, const Centres& after) {
  double moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i) moved += square(after[i].x - before[i].x) + square(after[i].y - before[i].y);
  return moved < 1e-18;
}

void label(const std::uint32_t&, sinter::Group<Point>& points, const Centres& centres, sinter::RowWriter& out) {
  for (const Point& point : points) out.row(point.id, nearest(point, centres));
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("k_means").read(sinter::csv("data/points.csv", {"id", "x", "y"})).map(by_chunk)
      .rounds(sinter::Rounds<Centres>{{{0, 0}, {1, 1}, {2, 2}}, 100, stand_still}, assign, move).reduce(label)
      .write(sinter::csv("labels.csv", {"id", "centre"})).main(argc, argv);
}
