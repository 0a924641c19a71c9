// SPDX-License-Identifier: MIT
// Work for a C++ compiler: instances of much of the standard library.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <mimalloc.h>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

template <int N> struct chain {
    std::tuple<int, std::string, chain<N - 1>> value;
    int sum() const {
        return N + std::get<2>(value).sum();
    }
};
template <> struct chain<0> {
    int sum() const {
        return 0;
    }
};

using item = std::variant<int, double, std::string, std::vector<int>>;

struct printer {
    std::ostream &out;
    template <class T> void operator()(const T &value) const {
        out << value;
    }
    void operator()(const std::vector<int> &list) const {
        out << list.size();
    }
};

} // namespace

int main() {
    std::map<std::string, std::vector<item>> table;
    table["one"] = {1, 2.5, std::string("three"), std::vector<int>{1, 2, 3}};
    std::unordered_map<int, std::function<int(int)>> functions;
    for (int i = 0; i < 5; i++)
        functions[i] = [i](int x) { return x * i; };
    for (const auto &value : table["one"])
        std::visit(printer{std::cout}, value);
    void *p = mi_malloc(100);
    mi_free(p);
    return chain<20>().sum() + functions[3](4) + static_cast<int>(mi_version());
}
