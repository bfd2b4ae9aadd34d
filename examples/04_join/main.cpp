// Join of two sources, each with a map of its own: orders (JSON lines) with the customers (CSV) who gave them; customers without orders
// too.
#include "sinter/sinter.hpp"

namespace {

struct Customer {
  std::string id, name, city;
  auto fields() { return std::tie(id, name, city); }
};

struct Order {
  std::string customer;
  std::uint64_t number = 0;
  double total = 0;
  auto fields() { return std::tie(customer, number, total); }
};

// Customers write "C-0042", orders "42".
std::string without_zeros(std::string_view id) { return std::string(id.substr(std::min(id.find_first_not_of("C-0"), id.size()))); }

void by_id(const Customer& customer, sinter::Emitter<std::string, Customer>& out) { out.emit(without_zeros(customer.id), customer); }
void by_customer(const Order& order, sinter::Emitter<std::string, Order>& out) { out.emit(without_zeros(order.customer), order); }

void write_order(const std::string&, const Customer& customer, const Order* order, sinter::RowWriter& out) {
  using Number = std::optional<std::uint64_t>;
  using Total = std::optional<double>;
  out.row(customer.id, customer.name, order ? Number(order->number) : Number(), order ? Total(order->total) : Total());
}

}  // namespace

int main(int argc, char** argv) {
  return sinter::Job("join")
      .read(sinter::csv("data/customers.csv", {"id", "name", "city"})).map(by_id)
      .read(sinter::json_lines("data/orders.jsonl", {"customer.id", "number", "total"})).map(by_customer)
      .left_join(write_order)
      .write(sinter::csv("orders.csv", {"customer", "name", "order", "total"})).main(argc, argv);
}
